/* faulthandler.h: stacks of Python functions when the process is in trouble. */
#ifndef INTERP_MOD_FAULTHANDLER_H
#define INTERP_MOD_FAULTHANDLER_H
#include <stdbool.h>

bool py_fault_enable(int fd, bool all_threads);      /* -X faulthandler; false: errno */

#endif
