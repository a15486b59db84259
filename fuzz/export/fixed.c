/* Parameters that sequences do not vary. */
#include <string.h>

#include "emitter.h"

struct real {
    const char *call, *wdk; /* call NULL: any call that has such a parameter */
    const char *expression;
    enum flt_local local;
};

/* Our system looks at none of these. */
static const struct real reals[] = {
    {NULL, "IoStatusBlock", "&iosb", FLT_LOCAL_IOSB},
    {NULL, "ByteOffset", "&offset", FLT_LOCAL_OFFSET},
    {NULL, "MaximumSize", "&sectionSize", FLT_LOCAL_SECTION_SIZE},
    {NULL, "DefaultTimeout", "&timeout", FLT_LOCAL_TIMEOUT},
    {"FltQueryInformationFile", "FileInformation", "&standard", FLT_LOCAL_STANDARD},
    {"FltQueryInformationFile", "Length", "sizeof(standard)", FLT_LOCAL_STANDARD},
    {"ZwQueryInformationFile", "FileInformation", "&standard", FLT_LOCAL_STANDARD},
    {"ZwQueryInformationFile", "Length", "sizeof(standard)", FLT_LOCAL_STANDARD},
    {"FltSetInformationFile", "Length", "sizeof(disposition)", FLT_LOCAL_DISPOSITION},
    {NULL, "ObjectInformationLength", "sizeof(handleFlags)", FLT_LOCAL_HANDLE_FLAGS},
    /* In no header of the WDK. */
    {NULL, "ObjectInformationClass", "(OBJECT_INFORMATION_CLASS)4", FLT_LOCAL_HANDLE_FLAGS},
};

void flt_emit_fixed(struct flt_emitter *emitter, const char *type, const char *wdk,
                    const char *value, FILE *out) {
    const char *call = flt_calls[emitter->step->opcode].name;
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++)
        if (strcmp(reals[i].wdk, wdk) == 0 &&
            (!reals[i].call || strcmp(reals[i].call, call) == 0)) {
            emitter->local[reals[i].local] = true;
            fputs(reals[i].expression, out);
            return;
        }
    if (strcmp(type, "PRKAPC_STATE") == 0) {
        emitter->local[FLT_LOCAL_APC_STATE] = true;
        fprintf(out, "&apcState[%u]", emitter->attached);
    } else if (strstr(type, "FLT_REGISTRATION")) {
        emitter->registration = true;
        fputs("Registration", out);
    } else {
        fputs(value, out);
    }
}
