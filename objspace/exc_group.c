/* exc_group.c: exception groups: making, splitting by a condition, and what `except*` leaves to be raised.
 * Locks: none. Fields: message exceptions (a tuple). */
#include "objspace/exc_group.h"
#include "objspace/dict.h"
#include "objspace/contain.h"
#include "objspace/exc_int.h"
#include "objspace/generic.h"
#include "objspace/list.h"
#include "objspace/set.h"

enum { MESSAGE, EXCEPTIONS };

static bool is_group(ob_val e) { return ob_is_a(e, &ob_exc_BaseExceptionGroup); }
static ob_val exceptions_of(ob_val g) { return ob__exc_extra(g, EXCEPTIONS); }

/* ---- making ---- */
static bool check_items(ob_val t, bool *all_plain) {
    *all_plain = true;
    if (ob_tuple_len(t) == 0) return ob_fail(ob_raise(&ob_exc_ValueError, "second argument (exceptions) must be a non-empty sequence"));
    for (size_t i = 0; i < ob_tuple_len(t); i++) {
        ob_val e = ob_tuple_at(t, i);
        if (!ob_is_exception(e)) return ob_fail(ob_raise(&ob_exc_ValueError, "Item %zu of second argument (exceptions) is not an exception", i));
        if (!ob_is_a(e, &ob_exc_Exception)) *all_plain = false;
    }
    return true;
}

static ob_val group_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    (void)kw;
    if (n != 2) return ob_raise(&ob_exc_TypeError, "BaseExceptionGroup.__new__() takes exactly 2 arguments (%zu given)", n);
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "argument 1 must be str, not %T", a[0]);
    if (!ob_type_of(a[1])->slots.getitem || ob_is_dict(a[1])) return ob_raise(&ob_exc_TypeError, "second argument (exceptions) must be a sequence");
    ob_val t = ob_tuple_of_iterable(a[1]);
    bool plain;
    if (ob_is_null(t) || !check_items(t, &plain)) return OB_NULL;
    if (type == &ob_exc_BaseExceptionGroup && plain) type = &ob_exc_ExceptionGroup;
    if (!plain && type == &ob_exc_ExceptionGroup) return ob_raise(&ob_exc_TypeError, "Cannot nest BaseExceptions in an ExceptionGroup");
    if (!plain && ob_type_is_subtype(type, &ob_exc_Exception)) return ob_raise(&ob_exc_TypeError, "Cannot nest BaseExceptions in '%s'", type->name);
    ob_val g = ob__exc_make(type, a, n, OB_NULL);
    return ob_is_null(g) || !ob__exc_set_extra(g, MESSAGE, a[0]) || !ob__exc_set_extra(g, EXCEPTIONS, t) ? OB_NULL : g;
}
static bool group_init(ob_val self, const ob_val *a, size_t n, ob_val kw) { return ob__exc_init(self, a, n, kw); }

static ob_val group_str(ob_val self) {
    size_t n = ob_tuple_len(exceptions_of(self));
    return ob_str_format_c("%S (%zu sub-exception%s)", ob__exc_extra(self, MESSAGE), n, n == 1 ? "" : "s");
}

/* ---- splitting ---- */
/* Is e matched?  1 0 -1 */
static int matches(ob_val e, ob_val condition, ob_match kind) {
    if (kind == OB_MATCH_TYPES) return ob_isinstance(e, condition);
    if (kind == OB_MATCH_CALL) {
        ob_val r = ob_call1(condition, e);
        return ob_is_null(r) ? -1 : ob_truth(r);
    }
    if (is_group(e)) return 0;                          /* OB_MATCH_LEAVES: a set of ids */
    return ob_set_contains(condition, ob_from_small((int64_t)(e.w >> 4)));
}

/* A group like g of the exceptions in list; OB_NONE for an empty one. Keeps traceback, context, cause and notes. */
static ob_val part_of(ob_val g, ob_val list) {
    if (ob_list_len(list) == 0) return OB_NONE;
    ob_val p = ob_call_method_c(g, "derive", &list, 1);
    if (ob_is_null(p)) return p;
    if (!is_group(p)) return ob_raise(&ob_exc_TypeError, "derive must return an instance of BaseExceptionGroup");
    const ob_exc_body *b = ob__exc_body(g);
    ob_val tb = b->traceback, context = b->context, cause = b->cause;
    bool suppress = b->suppress_context;
    ob_exc_body *w = ob_write(p);
    if (!w) return OB_NULL;
    w->traceback = tb;
    w->context = context;
    w->cause = cause;
    w->suppress_context = suppress;
    ob_val name = ob_str_intern_c("__notes__"), notes = ob_is_null(name) ? name : ob_getattr_opt(g, name);
    if (ob_is_null(notes)) return ob_failed() ? OB_NULL : p;
    notes = ob_is_list(notes) || ob_is_tuple(notes) ? ob_list_of_iterable(notes) : OB_NULL;
    if (ob_is_null(notes)) return ob_failed() ? OB_NULL : p;
    return ob_setattr(p, name, notes) ? p : OB_NULL;
}

static bool split_members(ob_val e, ob_val condition, ob_match kind, bool want_rest, ob_val *match, ob_val *rest);

bool ob_exc_group_split(ob_val e, ob_val condition, ob_match kind, bool want_rest, ob_val *match, ob_val *rest) {
    *match = *rest = OB_NONE;
    int r = matches(e, condition, kind);
    if (r < 0) return false;
    if (r) { *match = e; return true; }
    if (!is_group(e)) { *rest = e; return true; }
    if (!ob__level_enter("in exceptiongroup_split_recursive")) return false;
    bool ok = split_members(e, condition, kind, want_rest, match, rest);
    ob__level_leave();
    return ok;
}

static bool split_members(ob_val e, ob_val condition, ob_match kind, bool want_rest, ob_val *match, ob_val *rest) {
    ob_val in = ob_list_new(0), out = ob_list_new(0), all = exceptions_of(e);
    if (ob_is_null(in) || ob_is_null(out)) return false;
    for (size_t i = 0; i < ob_tuple_len(all); i++) {
        ob_val m, q;
        if (!ob_exc_group_split(ob_tuple_at(all, i), condition, kind, want_rest, &m, &q)) return false;
        if (!ob_is_none(m) && !ob_list_append(in, m)) return false;
        if (!ob_is_none(q) && !ob_list_append(out, q)) return false;
    }
    *match = part_of(e, in);
    if (ob_is_null(*match)) return false;
    if (want_rest) *rest = part_of(e, out);
    return !ob_is_null(*rest);
}

static bool condition_kind(ob_val c, ob_match *kind) {
    *kind = OB_MATCH_TYPES;
    bool types = ob_is_exception_class(c);
    if (ob_is_tuple(c)) {
        types = true;
        for (size_t i = 0; i < ob_tuple_len(c); i++) types = types && ob_is_exception_class(ob_tuple_at(c, i));
    }
    if (types) return true;
    *kind = OB_MATCH_CALL;
    if (ob_is_exact(c, &ob_function_type) || (ob_is_callable(c) && !ob_is_type(c))) return true;
    return ob_fail(ob_raise(&ob_exc_TypeError, "expected a function, exception type or tuple of exception types"));
}

static ob_val group_split(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)n, (void)kw;
    ob_match kind;
    ob_val m, r;
    if (!condition_kind(a[0], &kind) || !ob_exc_group_split(self, a[0], kind, true, &m, &r)) return OB_NULL;
    return ob_tuple_of2(m, r);
}
static ob_val group_subgroup(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)n, (void)kw;
    ob_match kind;
    ob_val m, r;
    return condition_kind(a[0], &kind) && ob_exc_group_split(self, a[0], kind, false, &m, &r) ? m : OB_NULL;
}
static ob_val group_derive(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)n, (void)kw;
    return ob_call2(ob_type_val(&ob_exc_BaseExceptionGroup), ob__exc_extra(self, MESSAGE), a[0]);
}
static ob_val get_message(ob_val e) { return ob__or_none(ob__exc_extra(e, MESSAGE)); }
static ob_val get_exceptions(ob_val e) { return ob__or_none(ob__exc_extra(e, EXCEPTIONS)); }

static const ob_def methods[] = {{"split", group_split, "matcher_value, /", NULL, 0}, {"subgroup", group_subgroup, "matcher_value, /", NULL, 0},
                                 {"derive", group_derive, "excs, /", NULL, 0}, {"__class_getitem__", ob_class_getitem, "item, /", NULL, OB_DEF_CLASS}, {0}};
static const ob_getset getsets[] = {{"message", get_message, ob_readonly_member, "exception message"}, {"exceptions", get_exceptions, ob_readonly_member, "nested exceptions"}, {0}};
const ob__exc_part ob__exc_group = {&ob_exc_BaseExceptionGroup, group_make, group_init, group_str, methods, getsets};

/* ---- except* ---- */
static bool collect_leaves(ob_val e, ob_val set) {
    if (ob_is_none(e)) return true;
    if (!is_group(e)) return ob_set_add(set, ob_from_small((int64_t)(e.w >> 4)));
    if (!ob_c_enter()) return false;
    ob_val all = exceptions_of(e);
    for (size_t i = 0; i < ob_tuple_len(all); i++)
        if (!collect_leaves(ob_tuple_at(all, i), set)) return false;
    return true;
}

/* Did e come from orig by splitting, so that it is raised again rather than anew? */
static bool same_origin(ob_val e, ob_val orig) {
    if (!is_group(e) || !is_group(orig)) return false;
    const ob_exc_body *x = ob__exc_body(e), *y = ob__exc_body(orig);
    return ob_same(x->traceback, y->traceback) && ob_same(x->cause, y->cause) && ob_same(x->context, y->context);
}

static bool check_clause(ob_val types) {
    if (ob_is_tuple(types)) {
        for (size_t i = 0; i < ob_tuple_len(types); i++)
            if (!check_clause(ob_tuple_at(types, i))) return false;
        return true;
    }
    if (!ob_is_exception_class(types))
        return ob_fail(ob_raise(&ob_exc_TypeError, "catching classes that do not inherit from BaseException is not allowed"));
    if (ob_type_is_subtype(ob_type_ptr(types), &ob_exc_BaseExceptionGroup))
        return ob_fail(ob_raise(&ob_exc_TypeError, "catching ExceptionGroup with except* is not allowed. Use except instead."));
    return true;
}

ob_val ob_exc_group_match(ob_val e, ob_val types, ob_val *rest) {
    if (!check_clause(types)) return OB_NULL;
    *rest = e;
    int r = ob_isinstance(e, types);
    if (r < 0) return OB_NULL;
    if (r) {
        *rest = OB_NONE;
        if (is_group(e)) return e;
        ob_val a[2] = {OB_NAME(empty), ob_tuple_of1(e)}, tb = ob_exc_get_traceback(e);
        ob_val g = ob_is_null(a[1]) ? OB_NULL : ob_exc_new(&ob_exc_BaseExceptionGroup, a, 2);
        return ob_is_null(g) || !ob_exc_set_traceback(g, tb) ? OB_NULL : g;
    }
    if (!is_group(e)) return OB_NONE;
    ob_val m;
    return ob_exc_group_split(e, types, OB_MATCH_TYPES, true, &m, rest) ? m : OB_NULL;
}

ob_val ob_exc_group_rest(ob_val orig, ob_val list) {
    size_t n = ob_list_len(list);
    ob_val raised = ob_list_new(0), leaves = ob_set_new();
    bool again = false;
    if (ob_is_null(raised) || ob_is_null(leaves)) return OB_NULL;
    if (!is_group(orig)) {                              /* a naked exception: at most one clause ran */
        for (size_t i = 0; i < n; i++)
            if (!ob_is_none(ob_list_at(list, i))) return ob_list_at(list, i);
        return OB_NONE;
    }
    for (size_t i = 0; i < n; i++) {
        ob_val e = ob_list_at(list, i);
        if (ob_is_none(e)) continue;
        if (same_origin(e, orig)) {
            again = true;
            if (!collect_leaves(e, leaves)) return OB_NULL;
        } else if (!ob_list_append(raised, e)) {
            return OB_NULL;
        }
    }
    ob_val kept = OB_NONE, unused;
    if (again && !ob_exc_group_split(orig, leaves, OB_MATCH_LEAVES, false, &kept, &unused)) return OB_NULL;
    if (ob_list_len(raised) == 0) return kept;
    if (!ob_is_none(kept) && !ob_list_append(raised, kept)) return OB_NULL;
    return ob_exc_new(&ob_exc_BaseExceptionGroup, (ob_val[]){OB_NAME(empty), raised}, 2);
}
