/* atexit.c: the module atexit: functions to call when the program ends.
 * Locks: none. The list of (function, args, kwargs) is an ordinary list, versioned: an undone block takes its registrations back. */
#include "interp/mod/modules.h"
#include "objspace/contain.h"
#include "objspace/dict.h"
#include "objspace/list.h"
#include "objspace/tuple.h"
#include "interp/mod/atexit.h"

static ob_val callbacks;                     /* list; OB_NULL before the first import */

OB_FN(atexit_register) {
    if (!n) return ob_raise(&ob_exc_TypeError, "register() takes at least 1 argument (0 given)");
    if (!ob_is_callable(a[0])) return ob_raise(&ob_exc_TypeError, "the first argument must be callable");
    ob_val args = ob_tuple_from(a + 1, n - 1), names = OB_NONE;
    if (ob_kw_count(kw)) {
        if (ob_is_null(names = ob_dict_new())) return names;
        for (size_t i = 0; i < ob_kw_count(kw); i++)
            if (!ob_dict_set(names, ob_tuple_at(kw, i), a[n + i])) return OB_NULL;
    }
    ob_val entry = ob_is_null(args) ? args : ob_tuple_of3(a[0], args, names);
    return ob_is_null(entry) || !ob_list_append(callbacks, entry) ? OB_NULL : a[0];
}

/* Last registered first; each is gone from the list before it runs, so that what they register runs too. */
void py_atexit_run(void) {
    while (!ob_is_null(callbacks) && ob_list_len(callbacks)) {
        ob_val e = ob_list_pop(callbacks, -1);
        if (ob_is_null(e)) return ob_err_unraisable(OB_NONE);
        ob_val names = ob_tuple_at(e, 2);
        if (ob_is_null(ob_call_ex(ob_tuple_at(e, 0), ob_tuple_at(e, 1), ob_is_none(names) ? OB_NULL : names))) ob_err_unraisable(ob_tuple_at(e, 0));
    }
}

OB_FN(atexit_run) {
    py_atexit_run();
    return ob_failed() ? OB_NULL : OB_NONE;
}
OB_FN(atexit_clear) { return ob_list_splice(callbacks, 0, ob_list_len(callbacks), NULL, 0) ? OB_NONE : OB_NULL; }
OB_FN(atexit_count) { return ob_from_small((int64_t)ob_list_len(callbacks)); }
OB_FN(atexit_unregister) {
    for (size_t i = 0; i < ob_list_len(callbacks);) {
        ob_val e = ob_list_at(callbacks, i);
        int eq = ob_eq(a[0], ob_tuple_at(e, 0));
        if (eq < 0) return OB_NULL;
        if (eq && i < ob_list_len(callbacks) && ob_same(ob_list_at(callbacks, i), e)) {
            if (!ob_list_splice(callbacks, i, 1, NULL, 0)) return OB_NULL;
        } else i++;
    }
    return OB_NONE;
}

static bool fill(ob_val m) {
    (void)m;
    if (!ob_is_null(callbacks)) return true;
    callbacks = ob_list_new(0);
    return !ob_is_null(callbacks) && ob_gc_add_static(&callbacks);
}
static const ob_def defs[] = {
    {"register", atexit_register, NULL, "register(func, *args, **kwargs) -> func\n\nRegister a function to be executed upon normal program termination.", 0},
    {"_clear", atexit_clear, "", "_clear() -> None\n\nClear the list of previously registered exit functions.", 0},
    {"unregister", atexit_unregister, "func, /", "unregister(func) -> None\n\nUnregister an exit function which was previously registered using\natexit.register", 0},
    {"_run_exitfuncs", atexit_run, "", "_run_exitfuncs() -> None\n\nRun all registered exit functions.", 0},
    {"_ncallbacks", atexit_count, "", "_ncallbacks() -> int\n\nReturn the number of registered exit functions.", 0},
    {0},
};
const ob_module_def py_mod_atexit = {"atexit", "allow programmer to define multiple exit functions to be executed\nupon normal program termination.", defs, fill};
