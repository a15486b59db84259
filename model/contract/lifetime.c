/* The state as a whole: made, emptied, freed. */
#include "state.h"

#include <stdlib.h>

#include "leaks.h"

struct flt_contract *flt_contract_new(void) {
    struct flt_contract *contract = calloc(1, sizeof *contract);
    if (!contract)
        return NULL;
    contract->acts = calloc(1, sizeof *contract->acts);
    contract->leaks = calloc(1, sizeof *contract->leaks);
    const bool handles = flt_index_init(&contract->handle_index);
    const bool tokens = flt_index_init(&contract->token_index);
    const bool names = flt_names_init(contract);
    if (!contract->acts || !contract->leaks || !handles || !tokens || !names) {
        flt_contract_free(contract);
        return NULL;
    }
    struct flt_switches switches;
    flt_switches_from_profile(&switches, FLT_PROFILE_documented);
    flt_contract_reset(contract, &switches);
    return contract;
}

void flt_contract_free(struct flt_contract *contract) {
    if (!contract)
        return;
    flt_index_free(&contract->handle_index);
    flt_index_free(&contract->token_index);
    flt_names_free(contract);
    free(contract->handle);
    free(contract->live_handles.at);
    free(contract->object);
    free(contract->live_objects.at);
    free(contract->provisional.at);
    free(contract->touched.at);
    free(contract->changed.at);
    free(contract->take);
    free(contract->acts);
    if (contract->leaks)
        free(contract->leaks->leak);
    free(contract->leaks);
    free(contract);
}

/* The arrays keep their memory and their old content: only the counts say what is in use. */
void flt_contract_reset(struct flt_contract *contract, const struct flt_switches *switches) {
    contract->switches = *switches;
    contract->generation++;
    for (int i = 0; i < FLT_THREAD_COUNT; i++)
        contract->thread[i] = (struct flt_thread){.process = FLT_PROCESS_P1};
    for (int i = 0; i < FLT_TABLE_COUNT; i++)
        contract->table[i] = (struct flt_table){0};
    for (int i = 0; i < FLT_PROCESS_COUNT; i++)
        contract->exited[i] = false;
    flt_start_world(contract);
    flt_forget_names(contract);

    contract->handles = 0;
    contract->live_handles.count = 0;
    flt_index_clear(&contract->handle_index);
    contract->unconfirmed = contract->nameless = FLT_NOWHERE;

    contract->objects = 0;
    contract->live_objects.count = 0;
    contract->provisional.count = 0;
    contract->touched.count = 0;
    contract->free_object = FLT_NOWHERE;
    contract->numbered = 0;
    flt_index_clear(&contract->token_index);

    contract->sums = (struct flt_sums){0};
    contract->changed.count = 0;
    contract->unsummed = false;

    contract->takes = 0;
    contract->free_take = FLT_NOWHERE;
    contract->taken = 0;
    contract->acts->count = 0;

    contract->untaken.record = FLT_NOWHERE;
    contract->handle_slots.bound = contract->handle_slots.failed = 0;
    contract->object_slots.bound = contract->object_slots.failed = 0;
}

uint64_t flt_contract_generation(const struct flt_contract *contract) {
    return contract->generation;
}

enum flt_process flt_contract_process(const struct flt_contract *contract, uint8_t thread) {
    return (enum flt_process)flt_process_of(&contract->thread[thread % FLT_THREAD_COUNT]);
}
