/* What an exploration has found, in a folder: for each length a file of the states whose shortest
 * sequence is that long, in the order in which they were found, and the checkpoint, which says how
 * much of it counts. What a killed run wrote after its last checkpoint is cut off. */
#ifndef FLT_EXPLORE_STORE_H
#define FLT_EXPLORE_STORE_H

#include "scope.h"

/* As far as it got. */
struct flt_progress {
    uint64_t scope;                       /* its hash */
    size_t length;                        /* the states of this length are being expanded */
    uint64_t next;                        /* the first of them that is not expanded */
    uint64_t found[FLT_SCOPE_LENGTH + 1]; /* states by length */
    uint64_t uncounted; /* successors of the last length that found no room: their states are not
                           told apart, though each was checked */
    uint64_t transitions, loops, stops, violations;
    double seconds;
    double processor; /* seconds of all processes: what the machine's other work has no part in */
};

struct flt_state {
    uint64_t hash;
    uint8_t move[FLT_SCOPE_LENGTH]; /* the shortest sequence, or one of them */
};

struct flt_store;

/* Makes the folder; one process at a time has it. NULL: one line on stderr says why. */
struct flt_store *flt_store_open(const char *folder);
void flt_store_close(struct flt_store *store);

/* False: there is none, or it is another scope's; the line says which. */
bool flt_store_resume(struct flt_store *store, struct flt_progress *progress);
/* Nothing is found yet. */
bool flt_store_start(struct flt_store *store);
/* Everything that was added so far, and the progress, survives a kill and a power cut. */
bool flt_store_checkpoint(struct flt_store *store, const struct flt_progress *progress);

/* A state as it lies in its file: its hash, then `length` moves. */
enum { FLT_STORED_LIMIT = 8 + FLT_SCOPE_LENGTH };
size_t flt_stored_size(size_t length);
void flt_stored_pack(const struct flt_state *state, size_t length, uint8_t *stored);
void flt_stored_unpack(const uint8_t *stored, size_t length, struct flt_state *state);

/* Adds states of that length that are packed one after the other. */
bool flt_store_add(struct flt_store *store, size_t length, const uint8_t *stored, size_t size);
/* Up to `room` states from that one on; how many. Processes may read at the same time. */
size_t flt_store_read(const struct flt_store *store, size_t length, uint64_t first, size_t room,
                      struct flt_state *state);

#endif
