#include "scripted_system_fixture.h"

#include <string.h>

#include "marshal.h"

static const struct flt_answer past_the_end = {.status = (uint32_t)STATUS_NOT_IMPLEMENTED};

static const struct flt_answer *next_answer(struct flt_system *system) {
    struct flt_scripted *scripted = (struct flt_scripted *)system;
    scripted->calls++;
    scripted->fault = system->fault;
    return scripted->played < scripted->answers ? &scripted->answer[scripted->played++]
                                                : &past_the_end;
}

static void play(struct flt_system *system, const struct flt_answer *answer) {
    for (size_t i = 0; i < answer->events; i++)
        flt_system_event(system, (enum flt_event_kind)answer->event[i].kind,
                         (enum flt_process)answer->event[i].process,
                         flt_pointer(answer->event[i].token));
    if (answer->during)
        answer->during(answer->context);
    if (answer->kind == FLT_BUGCHECK)
        flt_system_bugcheck(system, answer->status, answer->out[0], answer->out[1], 0, 0);
}

/* ---- one function per row -------------------------------------------------------------------- */

/* Each function hands all its outputs to the script. A row names only the outputs it has: the
 * parameters are called by kind and result, and for those that a row lacks the names below stand
 * in. */
static HANDLE *const HANDLE_handle = NULL;
static PVOID *const OBJECT_object = NULL;
static PFILE_OBJECT *const FILE_OBJECT_object = NULL;
static PIO_STATUS_BLOCK const IO_STATUS_BLOCK_iosb = NULL;
static PKIRQL const IRQL_irql = NULL;
static PFLT_FILTER *const FILTER_filter = NULL;
static PECP_LIST *const ECP_LIST_object = NULL;

static uint32_t answer_call(struct flt_system *system, HANDLE *handle, PVOID *object,
                            PFILE_OBJECT *file_object, PIO_STATUS_BLOCK iosb, PKIRQL irql,
                            PFLT_FILTER *filter, PECP_LIST *list) {
    const struct flt_answer *answer = next_answer(system);
    play(system, answer);
    if (handle && answer->writes & 1u << FLT_RESULT_handle)
        *handle = flt_pointer(answer->out[FLT_RESULT_handle]);
    if (object && answer->writes & 1u << FLT_RESULT_object)
        *object = flt_pointer(answer->out[FLT_RESULT_object]);
    if (file_object && answer->writes & 1u << FLT_RESULT_object)
        *file_object = flt_pointer(answer->out[FLT_RESULT_object]);
    if (list && answer->writes & 1u << FLT_RESULT_object)
        *list = flt_pointer(answer->out[FLT_RESULT_object]);
    if (filter && answer->writes & 1u << FLT_RESULT_filter)
        *filter = flt_pointer(answer->out[FLT_RESULT_filter]);
    if (irql && answer->writes & 1u << FLT_RESULT_irql)
        *irql = (KIRQL)answer->out[FLT_RESULT_irql];
    if (iosb && answer->writes & 1u << FLT_RESULT_iosb) {
        iosb->Status = (NTSTATUS)answer->iosb_status;
        iosb->Information = (ULONG_PTR)answer->out[FLT_RESULT_iosb];
    }
    return answer->status;
}

#pragma GCC diagnostic ignored "-Wshadow" /* the point of the names above */
#define UNUSED __attribute__((unused))
#define RETURN_NTSTATUS return (NTSTATUS)
#define RETURN_VOID (void)
#define A(ckind, wdk, argument) , UNUSED FLT_C_##ckind wdk
#define C(wdk, argument) , UNUSED PIO_DRIVER_CREATE_CONTEXT wdk
#define D(wdk, argument) , UNUSED PVOID wdk
#define H(wdk, argument) , UNUSED PVOID wdk
#define N()
#define X(wdk) , UNUSED POBJECT_ATTRIBUTES wdk
#define U(wdk) , UNUSED POBJECT_ATTRIBUTES wdk
#define O(ckind, wdk, result) , FLT_C_##ckind *ckind##_##result
#define P(ckind, wdk, result) , FLT_C_##ckind *ckind##_##result
#define S(ckind, wdk, result) , FLT_C_##ckind *ckind##_##result
#define F(ctype, wdk, value) , UNUSED ctype wdk
#define CALL(opcode, type, name, weight, max_irql, parameters)                                     \
    static type scripted_##name(struct flt_system *system parameters) {                            \
        RETURN_##type answer_call(system, HANDLE_handle, OBJECT_object, FILE_OBJECT_object,        \
                                  IO_STATUS_BLOCK_iosb, IRQL_irql, FILTER_filter,                  \
                                  ECP_LIST_object);                                                \
    }
#include "calls.def"

static const struct flt_ops scripted_ops = {
#define CALL(opcode, type, name, weight, max_irql, parameters) .name = scripted_##name,
#include "calls.def"
};

/* ---- the view: the truth, and at most one lie ------------------------------------------------ */

static bool show_handle(const struct flt_scripted *scripted, struct flt_handle_row *row) {
    if (scripted->lie == FLT_TELL_VALUE && row->value == 0)
        row->value = scripted->key;
    if (row->value != scripted->key)
        return true;
    if (scripted->lie == FLT_LIE_ACCESS)
        row->access ^= 1;
    return scripted->lie != FLT_LIE_HIDE_HANDLE;
}

static bool show_object(const struct flt_scripted *scripted, struct flt_object_row *row) {
    if (row->token != scripted->key)
        return true;
    if (scripted->lie == FLT_LIE_HANDLE_COUNT)
        row->handles++;
    if (scripted->lie == FLT_LIE_REFERENCE_COUNT)
        row->references++;
    if (scripted->lie == FLT_LIE_PHASE)
        row->phase = row->phase == FLT_PHASE_CLEANED ? FLT_PHASE_IN_USE : FLT_PHASE_CLEANED;
    return scripted->lie != FLT_LIE_HIDE_OBJECT;
}

/* One row at a time; the extra row comes last, under a cursor that the truth never reaches. */
static size_t handles(const void *self, size_t *cursor, struct flt_handle_row *rows, size_t room) {
    const struct flt_scripted *scripted = self;
    const struct flt_view *truth = &scripted->truth;
    (void)room;
    if (*cursor == SIZE_MAX)
        return 0;
    while (truth->ops->handles(truth->self, cursor, rows, 1) > 0)
        if (show_handle(scripted, rows))
            return 1;
    *cursor = SIZE_MAX;
    if (scripted->lie == FLT_LIE_TWICE)
        return truth->ops->find_handle(truth->self, scripted->table, scripted->key, rows);
    if (scripted->lie != FLT_LIE_EXTRA_HANDLE)
        return 0;
    *rows = (struct flt_handle_row){
        .value = scripted->key, .table = scripted->table, .type = FLT_TYPE_FILE, .token = 1};
    return 1;
}

static size_t objects(const void *self, size_t *cursor, struct flt_object_row *rows, size_t room) {
    const struct flt_scripted *scripted = self;
    const struct flt_view *truth = &scripted->truth;
    (void)room;
    if (*cursor == SIZE_MAX)
        return 0;
    while (truth->ops->objects(truth->self, cursor, rows, 1) > 0)
        if (show_object(scripted, rows))
            return 1;
    *cursor = SIZE_MAX;
    if (scripted->lie != FLT_LIE_EXTRA_OBJECT)
        return 0;
    *rows = (struct flt_object_row){.token = scripted->key, .type = FLT_TYPE_FILE};
    return 1;
}

static bool find_handle(const void *self, uint8_t table, uint64_t value,
                        struct flt_handle_row *row) {
    const struct flt_scripted *scripted = self;
    const struct flt_view *truth = &scripted->truth;
    if (scripted->lie == FLT_LIE_EXTRA_HANDLE && table == scripted->table &&
        value == scripted->key) {
        *row = (struct flt_handle_row){.value = value, .table = table, .type = FLT_TYPE_FILE};
        return true;
    }
    return truth->ops->find_handle(truth->self, table, value, row) && show_handle(scripted, row);
}

static bool find_object(const void *self, uint64_t token, struct flt_object_row *row) {
    const struct flt_scripted *scripted = self;
    const struct flt_view *truth = &scripted->truth;
    if (scripted->lie == FLT_LIE_EXTRA_OBJECT && token == scripted->key) {
        *row = (struct flt_object_row){.token = token, .type = FLT_TYPE_FILE};
        return true;
    }
    return truth->ops->find_object(truth->self, token, row) && show_object(scripted, row);
}

static const struct flt_name_row *names(const void *self) {
    static struct flt_name_row rows[FLT_NAME_LIMIT];
    const struct flt_scripted *scripted = self;
    memcpy(rows, scripted->truth.ops->names(scripted->truth.self), sizeof rows);
    if (scripted->lie == FLT_LIE_SHARE)
        rows[scripted->key].share.shared_delete++;
    if (scripted->lie == FLT_LIE_NAME)
        rows[scripted->key].there = FLT_NAME_NOTHING;
    if (scripted->lie == FLT_LIE_ATTRIBUTES)
        rows[scripted->key].attributes ^= FILE_ATTRIBUTE_ARCHIVE;
    if (scripted->lie == FLT_LIE_MARK)
        rows[scripted->key].deleting ^= 1;
    if (scripted->lie == FLT_LIE_OPLOCK)
        rows[scripted->key].oplocked ^= 1;
    return rows;
}

static void totals(const void *self, struct flt_totals *totals) {
    const struct flt_scripted *scripted = self;
    scripted->truth.ops->totals(scripted->truth.self, totals);
    totals->handles += (uint64_t)(scripted->lie == FLT_LIE_EXTRA_HANDLE);
    totals->handles -= (uint64_t)(scripted->lie == FLT_LIE_HIDE_HANDLE);
    totals->objects += (uint64_t)(scripted->lie == FLT_LIE_EXTRA_OBJECT);
    totals->objects -= (uint64_t)(scripted->lie == FLT_LIE_HIDE_OBJECT);
    totals->shows_filters &= scripted->lie != FLT_HIDE_FILTERS;
    if (scripted->lie == FLT_LIE_FILTER)
        totals->world.filter[FLT_FILTER_F1] = FLT_FILTER_STARTED;
    if (scripted->lie == FLT_LIE_INSTANCE)
        totals->world.instance[FLT_INSTANCE_I0].filter = FLT_FILTER_F1;
}

static const struct flt_view_ops view_ops[] = {
    [FLT_VIEW_NONE] = {.level = FLT_VIEW_NONE},
    [FLT_VIEW_COUNTS] = {.level = FLT_VIEW_COUNTS, .totals = totals},
    [FLT_VIEW_FULL] = {FLT_VIEW_FULL, totals, handles, objects, find_handle, find_object, names,
                       NULL},
};

/* ---- the system ------------------------------------------------------------------------------ */

static void reset(struct flt_system *system, const struct flt_switches *switches) {
    struct flt_scripted *scripted = (struct flt_scripted *)system;
    (void)switches;
    scripted->played = scripted->calls = 0;
}

void flt_scripted_init(struct flt_scripted *scripted, enum flt_view_level level) {
    memset(scripted, 0, sizeof *scripted);
    scripted->system.name = "scripted";
    scripted->system.ops = &scripted_ops;
    scripted->system.view = (struct flt_view){&view_ops[level], scripted};
    scripted->system.reset = reset;
    scripted->system.injects = true; /* what it is told to do is for the script to obey */
}

struct flt_answer *flt_scripted_answer(struct flt_scripted *scripted, uint32_t status) {
    struct flt_answer *answer = &scripted->answer[scripted->answers++];
    memset(answer, 0, sizeof *answer);
    answer->status = status;
    return answer;
}
