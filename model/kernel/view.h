/* The kernel as the door sees it (model/view.h). `self` is the struct flt_kernel. */
#ifndef FLT_KERNEL_VIEW_H
#define FLT_KERNEL_VIEW_H

#include "../view.h"

extern const struct flt_view_ops flt_kernel_view_ops;

#endif
