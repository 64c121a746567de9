/* weakref.h: weak references. The table from referent to references is the collector's; entries die with either side. */
#ifndef OBJSPACE_WEAKREF_H
#define OBJSPACE_WEAKREF_H
#include "objspace/call.h"

extern ob_type ob_weakref_type /* weakref.ref */, ob_proxy_type, ob_callable_proxy_type;
ob_val ob_weakref_new(ob_val target, ob_val callback /* or OB_NULL */);   /* shares one when there is no callback; TypeError "cannot create weak reference to 'T' object" */
ob_val ob_weakref_get(ob_val ref);                       /* the target, or OB_NULL without exception when dead */

ob_val ob_proxy_new(ob_val target, ob_val callback);
size_t ob_weakref_count(ob_val target);                  /* live references and proxies to it */
ob_val ob_weakref_list(ob_val target);                   /* a list of them */

#endif
