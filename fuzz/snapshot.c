#include <stdlib.h>
#include <string.h>

#include "moves.h"

/* As many rows as there are, and one to spare: there is always an array. */
static bool make_room(void **rows, size_t *room, uint64_t wanted, size_t size) {
    if (wanted < *room)
        return true;
    const size_t more = (size_t)wanted * 2 + 16;
    void *grown = realloc(*rows, more * size);
    if (!grown)
        return false;
    *rows = grown;
    *room = more;
    return true;
}

static int by_token(const void *a, const void *b) {
    const struct flt_object_row *one = a, *other = b;
    return (one->token > other->token) - (one->token < other->token);
}

bool flt_snapshot_take(struct flt_snapshot *snapshot, const struct flt_contract *contract) {
    const struct flt_view view = flt_contract_view(contract);
    size_t handles = 0, objects = 0;
    view.ops->totals(view.self, &snapshot->totals);
    if (!make_room((void **)&snapshot->handle, &snapshot->handle_room, snapshot->totals.handles,
                   sizeof *snapshot->handle) ||
        !make_room((void **)&snapshot->object, &snapshot->object_room, snapshot->totals.objects,
                   sizeof *snapshot->object))
        return false;
    snapshot->handles =
        view.ops->handles(view.self, &handles, snapshot->handle, snapshot->handle_room);
    snapshot->objects =
        view.ops->objects(view.self, &objects, snapshot->object, snapshot->object_room);
    qsort(snapshot->object, snapshot->objects, sizeof *snapshot->object, by_token);
    memcpy(snapshot->name, view.ops->names(view.self), sizeof snapshot->name);
    flt_contract_summary(contract, &snapshot->summary);
    return true;
}

void flt_snapshot_free(struct flt_snapshot *snapshot) {
    free(snapshot->handle);
    free(snapshot->object);
}

bool flt_snapshot_has(const struct flt_snapshot *snapshot, uint64_t token) {
    const struct flt_object_row key = {.token = token};
    return bsearch(&key, snapshot->object, snapshot->objects, sizeof key, by_token) != NULL;
}
