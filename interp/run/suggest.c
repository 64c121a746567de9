/* suggest.c: "Did you mean", behind NameErrors and AttributeErrors: the name that lies nearest to the one which was not found. */
#include "interp/run/import.h"
#include "interp/run/traceback.h"
#include "objspace/dict.h"
#include "objspace/exc.h"
#include "objspace/list.h"
#include "objspace/str.h"
#include "objspace/tuple.h"

enum { MOVE = 2, CASE = 1, MAX_NAME = 40, MAX_CANDIDATES = 750 };   /* costs: a letter more, less or other; one of other case */

static size_t change(uint32_t a, uint32_t b) {
    if (a == b) return 0;
    bool letters = (a | 32) >= 'a' && (a | 32) <= 'z' && a < 128 && b < 128;
    return letters && (a | 32) == (b | 32) ? CASE : MOVE;
}

/* Edit distance with these costs; anything above `most` may be given as most + 1. */
static size_t distance(ob_val a, ob_val b, size_t most) {
    size_t n = ob_str_len(a), m = ob_str_len(b), row[MAX_NAME + 1];
    if (n > MAX_NAME || m > MAX_NAME || (n > m ? n - m : m - n) * MOVE > most) return most + 1;
    for (size_t j = 0; j <= m; j++) row[j] = j * MOVE;
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];
        row[0] = i * MOVE;
        for (size_t j = 1; j <= m; j++) {
            size_t up = row[j], cost = diagonal + change(ob_str_at(a, i - 1), ob_str_at(b, j - 1));
            if (up + MOVE < cost) cost = up + MOVE;
            row[j] = row[j - 1] + MOVE < cost ? row[j - 1] + MOVE : cost;
            diagonal = up;
        }
    }
    return row[m];
}

/* The nearest of names (an iterable); OB_NULL: none is near, or there are too many. Raises nothing. */
static ob_val nearest(ob_val names, ob_val wrong) {
    ob_val list = ob_is_null(names) ? names : ob_list_of_iterable(names), best = OB_NULL;
    size_t least = SIZE_MAX;
    if (ob_is_null(list) || ob_list_len(list) >= MAX_CANDIDATES) { ob_err_clear(); return OB_NULL; }
    for (size_t i = 0; i < ob_list_len(list); i++) {
        ob_val k = ob_list_at(list, i);
        if (!ob_is_str(k) || ob_str_equal(k, wrong)) continue;
        size_t most = (ob_str_len(k) + ob_str_len(wrong) + 3) * MOVE / 6;
        if (least != SIZE_MAX && most >= least) most = least - 1;
        size_t d = distance(wrong, k, most);
        if (d <= most && d < least) { least = d; best = k; }
    }
    return best;
}

static ob_val for_attribute(ob_val exc, ob_val name) {
    ob_val obj = ob_getattr_opt(exc, ob_str_intern_c("obj"));
    if (ob_is_null(obj) || ob_is_none(obj)) return OB_NULL;
    ob_val dir = ob_dict_get_c(py_builtins, "dir");
    return ob_is_null(dir) ? dir : nearest(ob_call1(dir, obj), name);
}

static ob_val for_name(ob_val exc, ob_val name) {
    ob_val tb = ob_exc_get_traceback(exc);
    const ob_traceback *t = NULL;
    for (; !ob_is_null(tb) && !ob_is_none(tb); tb = t->next) t = (const ob_traceback *)ob_ptr(tb);
    if (!t) return OB_NULL;
    const py_code *c = py_code_ptr(t->code);
    ob_val locals = ob_list_of_iterable(c->varnames), best = OB_NULL;
    if (!ob_is_null(locals) && ob_list_extend(locals, c->cellvars) && ob_list_extend(locals, c->freevars)) best = nearest(locals, name);
    if (ob_is_null(best) && !ob_is_null(t->globals)) best = nearest(t->globals, name);
    return ob_is_null(best) ? nearest(py_builtins, name) : best;
}

ob_val py_suggestion(ob_val exc) {
    bool attribute = ob_is_exact(exc, &ob_exc_AttributeError);
    if (!attribute && !ob_is_exact(exc, &ob_exc_NameError)) return OB_NULL;
    ob_val name = ob_getattr_opt(exc, OB_NAME(plain_name)), best = OB_NULL;
    if (!ob_is_null(name) && ob_is_str(name)) best = attribute ? for_attribute(exc, name) : for_name(exc, name);
    ob_err_clear();
    return ob_is_null(best) ? best : ob_str_format_c(". Did you mean: '%S'?", best);
}
