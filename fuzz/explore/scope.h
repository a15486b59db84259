/* A scope: the moves that an exploration tries in every state. It is a file in the language of
 * sequences, a move to a line; its header, if it has one, says whose Windows. */
#ifndef FLT_EXPLORE_SCOPE_H
#define FLT_EXPLORE_SCOPE_H

#include "../../model/variables.h"
#include "../run.h"
#include "../sequence/text.h"

enum {
    FLT_SCOPE_MOVES = 256, /* a move's number is a byte */
    FLT_SCOPE_LENGTH = 16  /* moves in a sequence, at most */
};

struct flt_scope {
    struct flt_text text; /* text.sequence.step: the moves */
    char name[64];
    size_t moves;
    uint64_t hash;                  /* of the header and the moves, as they print */
    struct flt_variables variables; /* that the moves use: slots, and raw handle values */
};

/* False: one line on stderr says what is wrong with the file. The name is the file's, without its
 * folder and its ending. */
bool flt_scope_load(const char *path, struct flt_scope *scope);
void flt_scope_free(struct flt_scope *scope);
/* Every move with its number, under the header. */
void flt_scope_print(const struct flt_scope *scope, FILE *out);
/* The move that makes that call, or FLT_SCOPE_MOVES. */
size_t flt_scope_find(const struct flt_scope *scope, const struct flt_step *step);

/* The sequence, which has room, becomes those moves under the scope's header. */
void flt_scope_sequence(const struct flt_scope *scope, const uint8_t *move, size_t count,
                        struct flt_sequence *sequence);
void flt_scope_append(const struct flt_scope *scope, uint8_t move, struct flt_sequence *sequence);

/* The whole state that the run is in, kernel and contract, up to renaming:
 * model/kernel/state_hash.h and model/contract/state_hash.h say what is in it. Never 0. False: too
 * large to be hashed. */
bool flt_scope_state(const struct flt_scope *scope, const struct flt_runner *runner,
                     uint64_t *hash);

#endif
