/* vm_traced.c: the dispatch loop of vm.c once more, for threads that are traced or profiled: it reports calls, lines, returns and exceptions (trace.c).
 * Two copies, so that the plain one pays nothing. */
#define PY_VM_TRACED 1
#include "interp/run/vm.c"
