/* Filters and instances: when they are there, what they may open, and what must be closed by the
 * time that they go. */
#include "../include/wdm.h"
#include "predict.h"

/* ---- what is there --------------------------------------------------------------------------- */

static bool is_filter(const struct flt_contract *contract, uint64_t filter) {
    return filter != FLT_FILTER_NULL && filter < FLT_FILTER_COUNT &&
           contract->world.filter[filter] != FLT_FILTER_GONE;
}

static bool is_instance(const struct flt_contract *contract, uint64_t instance) {
    return instance != FLT_INSTANCE_NULL && instance < FLT_INSTANCE_COUNT &&
           contract->world.instance[instance].state != FLT_INSTANCE_GONE;
}

static uint8_t filter_of(const struct flt_call *call) {
    return (uint8_t)(call->arg[FLT_ARG_filter] % FLT_FILTER_COUNT);
}

static uint8_t instance_of(const struct flt_call *call) {
    return (uint8_t)(call->arg[FLT_ARG_instance] % FLT_INSTANCE_COUNT);
}

/* The filter that the open is made for: FltOpenVolume names its instance only. */
static uint8_t opening_filter(const struct flt_contract *contract, const struct flt_call *call) {
    return call->opcode == FLT_OP_FltOpenVolume ? contract->world.instance[instance_of(call)].filter
                                                : filter_of(call);
}

void flt_start_world(struct flt_contract *contract) {
    contract->world = (struct flt_filter_rows){
        .filter = {[FLT_FILTER_F0] = FLT_FILTER_STARTED},
        .instance = {[FLT_INSTANCE_I0] = {FLT_INSTANCE_ATTACHED, FLT_FILTER_F0}}};
    for (int i = 0; i < FLT_FILTER_COUNT; i++) {
        contract->unloading[i] = FLT_NOT_UNLOADING;
        contract->registration[i] = 0;
    }
}

enum flt_instance_state flt_state_of_instance(const struct flt_contract *contract,
                                              const struct flt_call *call) {
    return (enum flt_instance_state)contract->world.instance[instance_of(call)].state;
}

bool flt_is_going_away(const struct flt_contract *contract, const struct flt_call *call) {
    return contract->unloading[opening_filter(contract, call)] != FLT_NOT_UNLOADING ||
           flt_state_of_instance(contract, call) == FLT_INSTANCE_TEARING_DOWN;
}

/* ---- breaches -------------------------------------------------------------------------------- */

/* What a call may only be given while it is there. */
enum { LIVE_FILTER = 1, LIVE_INSTANCE = 2, ITS_INSTANCE = 4, KNOWN_DRIVER = 8 };

static const uint8_t needs[FLT_OP_LIMIT] = {
    [FLT_OP_FltCreateFile] = LIVE_FILTER | LIVE_INSTANCE | ITS_INSTANCE,
    [FLT_OP_FltCreateFileEx] = LIVE_FILTER | LIVE_INSTANCE | ITS_INSTANCE,
    [FLT_OP_FltCreateFileEx2] = LIVE_FILTER | LIVE_INSTANCE | ITS_INSTANCE,
    [FLT_OP_FltCreateNamedPipeFile] = LIVE_FILTER | LIVE_INSTANCE | ITS_INSTANCE,
    [FLT_OP_FltCreateMailslotFile] = LIVE_FILTER | LIVE_INSTANCE | ITS_INSTANCE,
    [FLT_OP_FltOpenVolume] = LIVE_INSTANCE,
    [FLT_OP_FltReadFile] = LIVE_INSTANCE,
    [FLT_OP_FltWriteFile] = LIVE_INSTANCE,
    [FLT_OP_FltQueryInformationFile] = LIVE_INSTANCE,
    [FLT_OP_FltCancelFileOpen] = LIVE_INSTANCE,
    [FLT_OP_FltAllocateExtraCreateParameterList] = LIVE_FILTER,
    [FLT_OP_FltFreeExtraCreateParameterList] = LIVE_FILTER,
    [FLT_OP_FltSetInformationFile] = LIVE_INSTANCE,
    [FLT_OP_FltRegisterFilter] = KNOWN_DRIVER,
    [FLT_OP_FltStartFiltering] = LIVE_FILTER,
    [FLT_OP_FltUnregisterFilter] = LIVE_FILTER,
};

void flt_find_filter_breaches(const struct flt_contract *contract, const struct flt_call *call,
                              struct flt_prediction *prediction) {
    const uint8_t need = needs[call->opcode];
    const uint64_t filter = call->arg[FLT_ARG_filter], instance = call->arg[FLT_ARG_instance];
    if (need & LIVE_FILTER && !is_filter(contract, filter))
        flt_breach(prediction, FLT_RULE_filter_live);
    if (need & KNOWN_DRIVER && (filter == FLT_FILTER_NULL || filter >= FLT_FILTER_COUNT))
        flt_breach(prediction, FLT_RULE_filter_live);
    if (!(need & LIVE_INSTANCE) || instance == FLT_INSTANCE_NULL)
        return;
    if (!is_instance(contract, instance))
        flt_breach(prediction, FLT_RULE_instance_live);
    else if (need & ITS_INSTANCE && is_filter(contract, filter) &&
             contract->world.instance[instance].filter != filter)
        flt_breach(prediction, FLT_RULE_instance_of_its_filter);
}

/* ---- what they own --------------------------------------------------------------------------- */

/* The record may have been another open's first guess: what that left is overwritten. */
void flt_own_object(struct flt_contract *contract, const struct flt_call *call, uint32_t object) {
    struct flt_object_record *record = &contract->object[object];
    record->by_flt = flt_is_flt_open(call->opcode);
    record->filter = record->by_flt ? opening_filter(contract, call) : FLT_FILTER_NULL;
    record->instance = record->by_flt ? instance_of(call) : FLT_INSTANCE_NULL;
    record->registration = contract->registration[record->filter];
    /* Calls within the open may have torn the instance down. */
    if (contract->world.instance[record->instance].state == FLT_INSTANCE_GONE)
        record->instance = FLT_INSTANCE_NULL;
}

/* Calls within the open may have unregistered the filter, too. */
bool flt_owner_is_gone(const struct flt_contract *contract,
                       const struct flt_object_record *object) {
    return object->filter != FLT_FILTER_NULL &&
           (contract->world.filter[object->filter] == FLT_FILTER_GONE ||
            object->registration != contract->registration[object->filter]);
}

/* Objects of some instances, or of a filter. */
struct owner {
    uint32_t instances; /* bit per instance */
    uint8_t filter;     /* FLT_FILTER_NULL: of none */
};

static bool owns(const struct owner *owner, const struct flt_object_record *object) {
    if (object->instance != FLT_INSTANCE_NULL && owner->instances >> object->instance & 1)
        return true;
    return owner->filter != FLT_FILTER_NULL && object->filter == owner->filter &&
           !object->abandoned;
}

/* A handle that the owner's open made, and not a duplicate of it. */
static bool has_handles(const struct flt_contract *contract, const struct owner *owner) {
    for (uint32_t i = 0; i < contract->live_handles.count; i++) {
        const struct flt_handle_record *handle = &contract->handle[contract->live_handles.at[i]];
        if (flt_is_flt_open(handle->opener) && owns(owner, &contract->object[handle->object]))
            return true;
    }
    return false;
}

static bool has_references(const struct flt_contract *contract, const struct owner *owner) {
    for (uint32_t i = 0; i < contract->live_objects.count; i++) {
        const struct flt_object_record *object = &contract->object[contract->live_objects.at[i]];
        if (object->references > 0 && owns(owner, object))
            return true;
    }
    return false;
}

static void find_left(const struct flt_contract *contract, const struct owner *owner,
                      enum flt_rule handle_rule, enum flt_rule reference_rule,
                      struct flt_prediction *prediction) {
    if (has_handles(contract, owner))
        flt_breach(prediction, handle_rule);
    if (has_references(contract, owner))
        flt_breach(prediction, reference_rule);
}

static void find_left_at_teardown(const struct flt_contract *contract, uint32_t instances,
                                  struct flt_prediction *prediction) {
    const struct owner owner = {instances, FLT_FILTER_NULL};
    if (instances != 0)
        find_left(contract, &owner, FLT_RULE_handle_left_at_teardown,
                  FLT_RULE_reference_left_at_teardown, prediction);
}

static uint32_t instances_of(const struct flt_contract *contract, uint8_t filter) {
    uint32_t instances = 0;
    for (uint32_t i = 1; i < FLT_INSTANCE_COUNT; i++)
        if (contract->world.instance[i].state != FLT_INSTANCE_GONE &&
            contract->world.instance[i].filter == filter)
            instances |= 1u << i;
    return instances;
}

/* The instances are gone; what was opened on them belongs to none from now on. */
static void detach(struct flt_contract *contract, uint32_t instances) {
    for (uint32_t i = 0; i < FLT_INSTANCE_COUNT; i++)
        if (instances >> i & 1)
            contract->world.instance[i] =
                (struct flt_instance_row){FLT_INSTANCE_GONE, FLT_FILTER_NULL};
    for (uint32_t i = 0; instances != 0 && i < contract->live_objects.count; i++) {
        struct flt_object_record *object = &contract->object[contract->live_objects.at[i]];
        if (instances >> object->instance & 1)
            object->instance = FLT_INSTANCE_NULL;
    }
}

static void unregister(struct flt_contract *contract, uint8_t filter) {
    detach(contract, instances_of(contract, filter));
    contract->world.filter[filter] = FLT_FILTER_GONE;
}

/* ---- FltRegisterFilter, FltStartFiltering, FltUnregisterFilter ------------------------------- */

FLT_PREDICT(FltRegisterFilter) {
    const bool gone = contract->world.filter[filter_of(call)] == FLT_FILTER_GONE;
    flt_expect(prediction, FLT_RULE_register_filter,
               gone ? (uint32_t)STATUS_SUCCESS : (uint32_t)STATUS_OBJECT_NAME_COLLISION);
}

FLT_OBSERVE(FltRegisterFilter) {
    const uint8_t filter = filter_of(call);
    if (!flt_success(outcome->status))
        return;
    if (flt_wants(call, FLT_RESULT_filter) && outcome->out[FLT_RESULT_filter] != filter)
        flt_violate(violation, FLT_RULE_register_filter,
                    "FltRegisterFilter succeeded and did not hand out %s",
                    flt_constant_name(FLT_GROUP_FILTER, filter));
    if (contract->world.filter[filter] != FLT_FILTER_GONE)
        return;
    contract->world.filter[filter] = FLT_FILTER_REGISTERED;
    contract->registration[filter]++;
}

FLT_PREDICT(FltStartFiltering) {
    const bool started = contract->world.filter[filter_of(call)] == FLT_FILTER_STARTED;
    flt_expect(prediction, FLT_RULE_start_filtering,
               started ? (uint32_t)STATUS_INVALID_PARAMETER : (uint32_t)STATUS_SUCCESS);
}

FLT_OBSERVE(FltStartFiltering) {
    (void)violation;
    if (flt_success(outcome->status))
        contract->world.filter[filter_of(call)] = FLT_FILTER_STARTED;
}

FLT_PREDICT(FltUnregisterFilter) {
    find_left_at_teardown(contract, instances_of(contract, filter_of(call)), prediction);
    flt_expect_quiet(prediction);
}

/* Calls within this one may have unregistered it since it was let through. */
FLT_OBSERVE(FltUnregisterFilter) {
    (void)outcome, (void)violation;
    if (is_filter(contract, filter_of(call)))
        unregister(contract, filter_of(call));
}

/* ---- AttachInstance, TeardownStart, TeardownComplete ----------------------------------------- */

FLT_PREDICT(AttachInstance) {
    (void)contract, (void)call;
    flt_expect_quiet(prediction);
}

FLT_OBSERVE(AttachInstance) {
    (void)outcome, (void)violation;
    const uint8_t filter = filter_of(call), instance = instance_of(call);
    if (instance != FLT_INSTANCE_NULL && !is_instance(contract, instance) &&
        contract->world.filter[filter] == FLT_FILTER_STARTED &&
        contract->unloading[filter] == FLT_NOT_UNLOADING)
        contract->world.instance[instance] =
            (struct flt_instance_row){FLT_INSTANCE_ATTACHED, filter};
}

FLT_PREDICT(TeardownStart) {
    (void)contract, (void)call;
    flt_expect_quiet(prediction);
}

FLT_OBSERVE(TeardownStart) {
    (void)outcome, (void)violation;
    struct flt_instance_row *row = &contract->world.instance[instance_of(call)];
    if (row->state == FLT_INSTANCE_ATTACHED)
        row->state = FLT_INSTANCE_TEARING_DOWN;
}

/* The instances that the call ends. */
static uint32_t torn_down(const struct flt_contract *contract, const struct flt_call *call) {
    return flt_state_of_instance(contract, call) == FLT_INSTANCE_TEARING_DOWN
               ? 1u << instance_of(call)
               : 0;
}

FLT_PREDICT(TeardownComplete) {
    find_left_at_teardown(contract, torn_down(contract, call), prediction);
    flt_expect_quiet(prediction);
}

FLT_OBSERVE(TeardownComplete) {
    (void)outcome, (void)violation;
    detach(contract, torn_down(contract, call));
}

/* ---- UnloadFilter, UnloadComplete ------------------------------------------------------------ */

FLT_PREDICT(UnloadFilter) {
    (void)contract, (void)call;
    flt_expect_quiet(prediction);
}

FLT_OBSERVE(UnloadFilter) {
    (void)outcome, (void)violation;
    const uint8_t filter = filter_of(call);
    if (!is_filter(contract, filter) || contract->unloading[filter] != FLT_NOT_UNLOADING)
        return;
    contract->unloading[filter] = call->arg[FLT_ARG_unload] == FLT_UNLOAD_MANDATORY
                                      ? FLT_UNLOADING_MANDATORY
                                      : FLT_UNLOADING_OPTIONAL;
}

/* Only an optional unload may be refused. */
static bool unloads(const struct flt_contract *contract, const struct flt_call *call) {
    const uint8_t unloading = contract->unloading[filter_of(call)];
    return unloading == FLT_UNLOADING_MANDATORY ||
           (unloading == FLT_UNLOADING_OPTIONAL &&
            flt_success((uint32_t)call->arg[FLT_ARG_answer]));
}

FLT_PREDICT(UnloadComplete) {
    const uint8_t filter = filter_of(call);
    flt_expect_quiet(prediction);
    if (!unloads(contract, call))
        return;
    const struct owner owner = {0, filter};
    if (is_filter(contract, filter)) {
        flt_breach(prediction, FLT_RULE_unregister_before_unload);
        find_left_at_teardown(contract, instances_of(contract, filter), prediction);
    }
    find_left(contract, &owner, FLT_RULE_handle_left_at_unload, FLT_RULE_reference_left_at_unload,
              prediction);
}

FLT_OBSERVE(UnloadComplete) {
    (void)outcome, (void)violation;
    const uint8_t filter = filter_of(call);
    const struct owner owner = {0, filter};
    if (unloads(contract, call)) {
        if (is_filter(contract, filter))
            unregister(contract, filter);
        for (uint32_t i = 0; i < contract->live_objects.count; i++) {
            struct flt_object_record *object = &contract->object[contract->live_objects.at[i]];
            object->abandoned |= owns(&owner, object);
        }
    }
    contract->unloading[filter] = FLT_NOT_UNLOADING;
}
