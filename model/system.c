/* What every system needs: reporting to its host, and saying what it can do. */
#include "system.h"

#include <stdlib.h>

void flt_system_event(struct flt_system *system, enum flt_event_kind kind, enum flt_process process,
                      const void *object) {
    if (!system->host.event)
        return;
    const struct flt_event event = {
        .kind = (uint8_t)kind, .process = (uint8_t)process, .token = (uint64_t)(uintptr_t)object};
    system->host.event(system->host.context, &event);
}

void flt_system_bugcheck(struct flt_system *system, uint32_t code, uint64_t p1, uint64_t p2,
                         uint64_t p3, uint64_t p4) {
    const struct flt_bugcheck bugcheck = {code, {p1, p2, p3, p4}};
    if (system->host.bugcheck)
        system->host.bugcheck(system->host.context, &bugcheck);
    abort(); /* a host that returns has broken its promise; there is no state to go on from */
}

bool flt_system_can(const struct flt_system *system, uint8_t opcode) {
    switch (opcode) {
#define CALL(op, type, name, weight, max_irql, parameters)                                         \
    case op:                                                                                       \
        return system->ops->name != NULL;
#include "calls.def"
    default:
        return false;
    }
}
