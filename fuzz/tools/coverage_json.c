#include "coverage_json.h"

#include <inttypes.h>

#include "../call_classes.h"
#include "../occasions.h"

static const char *separator(bool *first) {
    const char *text = *first ? "\n" : ",\n";
    *first = false;
    return text;
}

static void print_cell(const struct flt_cell *cell, int rule, uint8_t opcode, int outcome,
                       bool *first, FILE *out) {
    if (cell->tried + cell->allowed + cell->answered == 0)
        return;
    fprintf(out, "%s      [\"%s\", \"%s\", \"%s\", %" PRIu64 ", %" PRIu64 ", %" PRIu64 "]",
            separator(first), flt_rules[rule].id, flt_calls[opcode].name, flt_outcome_word(outcome),
            cell->tried, cell->allowed, cell->answered);
}

static void print_cells(const struct flt_coverage *coverage, FILE *out) {
    bool first = true;
    fprintf(out, "    \"cells\": [");
    for (int rule = 1; rule < FLT_RULE_COUNT; rule++)
        for (const uint8_t *op = flt_opcodes; *op != FLT_OP_NONE; op++)
            for (int outcome = 0; outcome < FLT_OUTCOME_COUNT; outcome++)
                print_cell(flt_coverage_cell(coverage, rule, *op, outcome), rule, *op, outcome,
                           &first, out);
    fprintf(out, "\n    ],\n");
}

static void print_moves(const struct flt_coverage *coverage, FILE *out) {
    bool first = true;
    fprintf(out, "    \"transitions\": [");
    for (const uint8_t *op = flt_opcodes; *op != FLT_OP_NONE; op++)
        for (int move = 0; move < FLT_MOVE_COUNT; move++) {
            const uint64_t times = flt_coverage_move(coverage, *op, move);
            if (times > 0)
                fprintf(out, "%s      [\"%s\", \"%s\", %" PRIu64 "]", separator(&first),
                        flt_calls[*op].name, flt_moves[move].name, times);
        }
    fprintf(out, "\n    ],\n");
}

static void print_tightness(const struct flt_coverage *coverage, FILE *out) {
    bool first = true;
    fprintf(out, "    \"tightness\": {");
    for (const uint8_t *op = flt_opcodes; *op != FLT_OP_NONE; op++) {
        const struct flt_tightness *tightness = flt_coverage_tightness(coverage, *op);
        if (tightness->calls > 0)
            fprintf(out,
                    "%s      \"%s\": {\"calls\": %" PRIu64 ", \"allowed\": %" PRIu64
                    ", \"single\": %" PRIu64 "}",
                    separator(&first), flt_calls[*op].name, tightness->calls, tightness->allowed,
                    tightness->single);
    }
    fprintf(out, "\n    }\n");
}

void flt_coverage_print(const char *name, const struct flt_coverage *coverage, FILE *out) {
    fprintf(out, ",\n  \"%s\": {\n", name);
    print_cells(coverage, out);
    print_moves(coverage, out);
    print_tightness(coverage, out);
    fprintf(out, "  }");
}

/* "name": ["FltCreateFile", ...] without its braces: the calls of which `may` is true. */
static void print_calls(bool (*may)(int which, uint8_t opcode), int which, FILE *out) {
    const char *comma = "";
    for (const uint8_t *op = flt_opcodes; *op != FLT_OP_NONE; op++)
        if (may(which, *op)) {
            fprintf(out, "%s\"%s\"", comma, flt_calls[*op].name);
            comma = ", ";
        }
}

static bool every(int which, uint8_t opcode) {
    (void)which, (void)opcode;
    return true;
}

static bool may_move(int move, uint8_t opcode) {
    return (flt_moves[move].calls & flt_call_classes(opcode)) != 0;
}

static void print_possible_moves(FILE *out) {
    bool first = true;
    fprintf(out, ",\n  \"moves\": [");
    for (int move = 0; move < FLT_MOVE_COUNT; move++) {
        fprintf(out, "%s    {\"name\": \"%s\", \"words\": \"%s\", \"calls\": [", separator(&first),
                flt_moves[move].name, flt_moves[move].words);
        print_calls(may_move, move, out);
        fprintf(out, "]}");
    }
    fprintf(out, "\n  ]");
}

void flt_coverage_print_possible(FILE *out) {
    bool first = true;
    fprintf(out, ",\n  \"calls\": [");
    print_calls(every, 0, out);
    fprintf(out, "]");
    print_possible_moves(out);
    fprintf(out, ",\n  \"occasions\": {");
    for (int rule = 1; rule < FLT_RULE_COUNT; rule++) {
        if (!flt_rule_has_occasion(rule))
            continue;
        fprintf(out, "%s    \"%s\": [", separator(&first), flt_rules[rule].id);
        print_calls(flt_rule_may_have_occasion, rule, out);
        fprintf(out, "]");
    }
    fprintf(out, "\n  }");
}
