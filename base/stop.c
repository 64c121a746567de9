/* stop.c: the hook of the named stop points.  Locks: none; set before threads start. */
#include "base/stop.h"

#ifdef APO_DEBUG
void (*base_stop_hook)(base_stop_name name);

const char *base_stop_text(base_stop_name name) {
    static const char *const names[] = {
#define X(n, doc) #n,
        BASE_STOPS(X)
#undef X
    };
    return names[name];
}
#else
typedef int base_stop_nothing; /* ISO C wants one declaration */
#endif
