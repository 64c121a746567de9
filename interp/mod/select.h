/* select.h: shared by the files of the module select. */
#ifndef INTERP_MOD_SELECT_H
#define INTERP_MOD_SELECT_H
#include "objspace/function.h"

extern ob_type py__epoll_type;
bool py__epoll_fill(ob_val m) MUST_CHECK;
/* int: 0..65535; ValueError/OverflowError as for a C unsigned short. */
bool py__poll_mask(ob_val v, unsigned *out) MUST_CHECK;

#endif
