/* The kernel's calls: one function per row of calls.def, flt_kernel_ before its name. */
#ifndef FLT_KERNEL_CALLS_H
#define FLT_KERNEL_CALLS_H

#include "../system.h"

#define A(ckind, wdk, arg) , FLT_C_##ckind wdk
#define C(wdk, arg) , PIO_DRIVER_CREATE_CONTEXT wdk
#define D(wdk, arg) , PVOID wdk
#define H(wdk, arg) , PVOID wdk
#define N()
#define X(wdk) , POBJECT_ATTRIBUTES wdk
#define U(wdk) , POBJECT_ATTRIBUTES wdk
#define O(ckind, wdk, result) , FLT_C_##ckind *wdk
#define P(ckind, wdk, result) , FLT_C_##ckind *wdk
#define S(ckind, wdk, result) , FLT_C_##ckind *wdk
#define F(ctype, wdk, value) , ctype wdk
#define CALL(opcode, type, name, weight, max_irql, parameters)                                     \
    type flt_kernel_##name(struct flt_system *system parameters);
#include "../calls.def"

#endif
