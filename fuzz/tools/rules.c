/* fltfuzz-rules: the rules and the switches of the tables, as one JSON object. */
#include <stdio.h>
#include <string.h>

#include "../../model/call.h"
#include "files.h"

static const char usage[] = "usage: fltfuzz-rules\n"
                            "  prints the contract's rules and the switches as one JSON object\n"
                            "example: fltfuzz-rules | python3 -m json.tool\n";

static void member(const char *name, const char *value, const char *end) {
    printf("\"%s\": ", name);
    flt_json_string(value, stdout);
    fputs(end, stdout);
}

static void print_rules(void) {
    for (int i = 1; i < FLT_RULE_COUNT; i++) {
        const struct flt_rule_info *rule = &flt_rules[i];
        printf("%s    {", i > 1 ? ",\n" : "");
        member("id", rule->id, ", ");
        member("kind", rule->kind, ", ");
        member("sure", rule->sure, ", ");
        member("needs", rule->needs, ", ");
        member("action", rule->action, ", ");
        member("source", rule->source, ", ");
        member("sentence", rule->sentence, "}");
    }
}

static void print_switch(enum flt_switch which) {
    printf("    {");
    member("name", flt_switch_name(which), ", ");
    member("meaning", flt_switch_meaning(which), ", \"choices\": [");
    const char *choice;
    for (uint8_t value = 0; (choice = flt_choice_name(which, value)) != NULL; value++)
        printf("%s\"%s\"", value ? ", " : "", choice);
    printf("], \"profiles\": {");
    for (int profile = 0; profile < FLT_PROFILE_COUNT; profile++) {
        struct flt_switches switches;
        flt_switches_from_profile(&switches, (enum flt_profile)profile);
        printf("%s\"%s\": \"%s\"", profile ? ", " : "", flt_profile_name((enum flt_profile)profile),
               flt_choice_name(which, switches.value[which]));
    }
    printf("}}");
}

int main(int argc, char **argv) {
    if (argc > 1) {
        const int help = strcmp(argv[1], "--help") == 0;
        fputs(usage, help ? stdout : stderr);
        return help ? 0 : 2;
    }
    printf("{\n  \"rules\": [\n");
    print_rules();
    printf("\n  ],\n  \"switches\": [\n");
    for (int i = 0; i < FLT_SWITCH_COUNT; i++) {
        if (i > 0)
            printf(",\n");
        print_switch((enum flt_switch)i);
    }
    printf("\n  ]\n}\n");
    return 0;
}
