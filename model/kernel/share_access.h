/* The share access of a file: seven counters over its opens. Pages: IoCheckShareAccess,
 * IoUpdateShareAccess, IoRemoveShareAccess (wdm). */
#ifndef FLT_SHARE_ACCESS_H
#define FLT_SHARE_ACCESS_H

#include <stdbool.h>

#include "../include/wdm.h"
#include "../view.h"

/* What an open reads, writes and deletes, and what it lets others do. */
struct flt_sharing {
    bool reads, writes, deletes;
    bool shares_read, shares_write, shares_delete;
};

struct flt_sharing flt_sharing_of(ACCESS_MASK granted, ULONG share);
/* The open neither minds others nor do they mind it. */
bool flt_sharing_is_nothing(const struct flt_sharing *sharing);
/* STATUS_SUCCESS or STATUS_SHARING_VIOLATION. */
NTSTATUS flt_share_access_check(const struct flt_share_row *access,
                                const struct flt_sharing *sharing);
void flt_share_access_add(struct flt_share_row *access, const struct flt_sharing *sharing);
/* The exact inverse. */
void flt_share_access_remove(struct flt_share_row *access, const struct flt_sharing *sharing);

#endif
