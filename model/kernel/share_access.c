#include "share_access.h"

struct flt_sharing flt_sharing_of(ACCESS_MASK granted, ULONG share) {
    return (struct flt_sharing){
        .reads = (granted & (FILE_READ_DATA | FILE_EXECUTE)) != 0,
        .writes = (granted & (FILE_WRITE_DATA | FILE_APPEND_DATA)) != 0,
        .deletes = (granted & DELETE) != 0,
        .shares_read = (share & FILE_SHARE_READ) != 0,
        .shares_write = (share & FILE_SHARE_WRITE) != 0,
        .shares_delete = (share & FILE_SHARE_DELETE) != 0,
    };
}

bool flt_sharing_is_nothing(const struct flt_sharing *sharing) {
    return !sharing->reads && !sharing->writes && !sharing->deletes;
}

NTSTATUS flt_share_access_check(const struct flt_share_row *access,
                                const struct flt_sharing *sharing) {
    if (flt_sharing_is_nothing(sharing))
        return STATUS_SUCCESS;
    /* What it wants must be shared by all that are open; what they do it must share. */
    const bool refused = (sharing->reads && access->shared_read < access->open) ||
                         (sharing->writes && access->shared_write < access->open) ||
                         (sharing->deletes && access->shared_delete < access->open) ||
                         (access->readers && !sharing->shares_read) ||
                         (access->writers && !sharing->shares_write) ||
                         (access->deleters && !sharing->shares_delete);
    return refused ? STATUS_SHARING_VIOLATION : STATUS_SUCCESS;
}

/* By 1, or by -1. */
static void move(struct flt_share_row *access, const struct flt_sharing *sharing, ULONG by) {
    if (flt_sharing_is_nothing(sharing))
        return;
    access->open += by;
    access->readers += sharing->reads ? by : 0;
    access->writers += sharing->writes ? by : 0;
    access->deleters += sharing->deletes ? by : 0;
    access->shared_read += sharing->shares_read ? by : 0;
    access->shared_write += sharing->shares_write ? by : 0;
    access->shared_delete += sharing->shares_delete ? by : 0;
}

void flt_share_access_add(struct flt_share_row *access, const struct flt_sharing *sharing) {
    move(access, sharing, 1);
}

void flt_share_access_remove(struct flt_share_row *access, const struct flt_sharing *sharing) {
    move(access, sharing, (ULONG)-1);
}
