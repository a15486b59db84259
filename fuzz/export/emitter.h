/* What the parts of the export share: the step that is written, and what was used so far, which is
 * declared before it. */
#ifndef FLT_EMITTER_H
#define FLT_EMITTER_H

#include <stdio.h>

#include "../sequence/sequence.h"

/* Variables of the function, declared where they are used. */
enum flt_local {
    FLT_LOCAL_STATUS,
    FLT_LOCAL_ATTRIBUTES,
    FLT_LOCAL_IOSB,
    FLT_LOCAL_CONTEXT,
    FLT_LOCAL_DISPOSITION,
    FLT_LOCAL_HANDLE_FLAGS,
    FLT_LOCAL_OLD_IRQL,
    FLT_LOCAL_NO_FILTER,
    FLT_LOCAL_APC_STATE,
    FLT_LOCAL_OFFSET,
    FLT_LOCAL_SECTION_SIZE,
    FLT_LOCAL_TIMEOUT,
    FLT_LOCAL_STANDARD,
    FLT_LOCAL_KEY_NAME,
    FLT_LOCAL_COUNT
};

/* What an object variable is declared as. */
enum flt_object_type { FLT_OBJECT_NONE, FLT_OBJECT_FILE, FLT_OBJECT_ECP, FLT_OBJECT_ANY };

struct flt_emitter {
    FILE *out; /* the function's body */
    const struct flt_step *step;
    bool local[FLT_LOCAL_COUNT];
    bool name[FLT_NAME_LIMIT];
    bool filter[FLT_FILTER_COUNT], driver[FLT_FILTER_COUNT], instance[FLT_INSTANCE_COUNT];
    bool process[FLT_PROCESS_COUNT], process_handle[FLT_PROCESS_HANDLE_COUNT];
    bool registration, set_information_object, section_type;
    uint64_t handles, objects;      /* bit per variable that is used */
    uint8_t object[FLT_SLOT_COUNT]; /* enum flt_object_type */
    /* Of the thread, as the calls that are written leave it. */
    unsigned irql, critical, guarded, attached, deepest;
    bool top_level_irp;
};

/* calls.c: the call of the step, with what must be set up before it. */
void flt_emit_call(struct flt_emitter *emitter);
/* As what the call hands out its object; FLT_OBJECT_NONE when it hands out none. */
enum flt_object_type flt_object_handed_out(uint8_t opcode);

/* values.c: arguments and outputs as C expressions, by the C kind of calls.def. */
#define FLT_EACH_INPUT(INPUT)                                                                      \
    INPUT(ULONG)                                                                                   \
    INPUT(NTSTATUS)                                                                                \
    INPUT(DRIVER)                                                                                  \
    INPUT(PROCESS_HANDLE)                                                                          \
    INPUT(PROCESS_OBJECT)                                                                          \
    INPUT(FILE_OBJECT)                                                                             \
    INPUT(IRP)                                                                                     \
    INPUT(PROCESS)                                                                                 \
    INPUT(FILTER)                                                                                  \
    INPUT(INSTANCE)                                                                                \
    INPUT(ACCESS_MASK)                                                                             \
    INPUT(HANDLE)                                                                                  \
    INPUT(OBJECT)                                                                                  \
    INPUT(OBJECT_TYPE)                                                                             \
    INPUT(MODE)                                                                                    \
    INPUT(IRQL)                                                                                    \
    INPUT(ECP_LIST)                                                                                \
    INPUT(PIPE_TYPE)                                                                               \
    INPUT(PIPE_MODE)                                                                               \
    INPUT(INFORMATION_CLASS)
#define FLT_EACH_OUTPUT(OUTPUT)                                                                    \
    OUTPUT(HANDLE)                                                                                 \
    OUTPUT(OBJECT)                                                                                 \
    OUTPUT(FILE_OBJECT)                                                                            \
    OUTPUT(IO_STATUS_BLOCK)                                                                        \
    OUTPUT(IRQL)                                                                                   \
    OUTPUT(FILTER)                                                                                 \
    OUTPUT(ECP_LIST)

#define FLT_DECLARE_INPUT(kind)                                                                    \
    void flt_emit_##kind(struct flt_emitter *emitter, enum flt_arg arg, FILE *out);
#define FLT_DECLARE_OUTPUT(kind)                                                                   \
    void flt_emit_to_##kind(struct flt_emitter *emitter, enum flt_result result, FILE *out);
FLT_EACH_INPUT(FLT_DECLARE_INPUT)
FLT_EACH_OUTPUT(FLT_DECLARE_OUTPUT)

/* fixed.c: a parameter that sequences do not vary. Where calls.def has NULL for what a real system
 * needs, this has something real. */
void flt_emit_fixed(struct flt_emitter *emitter, const char *type, const char *wdk,
                    const char *value, FILE *out);

/* declare.c: what stands before the body, once the body is known. */
void flt_emit_locals(const struct flt_emitter *emitter, FILE *out);
void flt_emit_parameters(const struct flt_emitter *emitter, FILE *out);
void flt_emit_world(const struct flt_emitter *emitter, FILE *out);
/* The characters between the quotes of a C string. */
void flt_emit_escaped(const char *text, FILE *out);

#endif
