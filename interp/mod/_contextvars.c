/* _contextvars.c: the module _contextvars: context variables, contexts and tokens.
 * Locks: none of ours. Each thread has a state object (a root while the thread lives) that says which context is current; states, contexts and
 * tokens have flat versioned bodies. A context's dict of values is shared with its copies and duplicated by the first that changes it. */
#include <pthread.h>
#include "interp/mod/modules.h"
#include "base/mem.h"
#include "interp/run/parallel.h"
#include "objspace/contain.h"
#include "objspace/dict.h"
#include "objspace/tuple.h"

typedef struct state_body { ob_val current; } state_body;
typedef struct context_body { ob_val vars /* dict */, previous; uint64_t shared, entered; } context_body;
typedef struct token_body { ob_val context, var, old /* OB_NULL: was missing */; uint64_t used; } token_body;
typedef struct variable { ob_obj o; ob_val name, fallback /* OB_NULL: none */; } variable;

static ob_type state_type, context_type, token_type, variable_type, missing_type;
static ob_val missing;

/* ---- the thread's state ---- */

typedef struct thread_slot { ob_val state; } thread_slot;
static pthread_key_t slot_key;

static void trace_slot(ob_tracer *t, void *arg) { ob_trace_val(t, ((thread_slot *)arg)->state); }
static void slot_free(void *arg) {
    ob_gc_remove_root(trace_slot, arg);
    base_mem_free(arg);
}

static ob_val new_object(ob_type *t, const void *body) {
    tx_handle *h = ob_alloc_mut(t, t->size);
    if (!h) return OB_NULL;
    memcpy(tx_inline_body(h), body, t->size);
    return ob_of(h);
}
static ob_val new_context(ob_val vars, bool shared) {
    if (ob_is_null(vars) && ob_is_null(vars = ob_dict_new())) return vars;
    context_body b = {vars, OB_NULL, shared, 0};
    return new_object(&context_type, &b);
}

static ob_val thread_state(void) {
    if (py_job_refuses()) return OB_NULL;    /* it is for the loop's own thread */
    thread_slot *s = pthread_getspecific(slot_key);
    if (LIKELY(s != NULL)) return s->state;
    state_body b = {OB_NULL};
    if (!(s = base_mem_zeroed(sizeof *s))) return ob_raise_memory();
    s->state = new_object(&state_type, &b);
    if (ob_is_null(s->state) || !ob_gc_add_root(trace_slot, s)) return base_mem_free(s), OB_NULL;
    if (pthread_setspecific(slot_key, s) != 0) return slot_free(s), ob_raise_memory();
    return s->state;
}

static context_body context(ob_val c) { return *(const context_body *)ob_read(c); }

static ob_val current(void) {
    ob_val s = thread_state();
    if (ob_is_null(s)) return s;
    ob_val c = ((const state_body *)ob_read(s))->current;
    if (!ob_is_null(c)) return c;
    if (ob_is_null(c = new_context(OB_NULL, false))) return c;
    state_body *b = ob_write(s);
    if (!b) return OB_NULL;
    return b->current = c;
}
static bool set_current(ob_val c) {
    ob_val s = thread_state();
    state_body *b = ob_is_null(s) ? NULL : ob_write(s);
    if (!b) return false;
    b->current = c;
    return true;
}

/* The dict of c that may be changed. */
static ob_val own_vars(ob_val c) {
    context_body was = context(c);
    if (!was.shared) return was.vars;
    ob_val d = ob_dict_copy(was.vars);
    context_body *b = ob_is_null(d) ? NULL : ob_write(c);
    if (!b) return OB_NULL;
    b->shared = 0;
    return b->vars = d;
}
static ob_val copy_of(ob_val c) {
    context_body *b = ob_write(c);
    if (!b) return OB_NULL;
    b->shared = 1;
    return new_context(b->vars, true);
}

/* ---- ContextVar ---- */

static variable *var_ptr(ob_val v) { return (variable *)ob_ptr(v); }
static void variable_trace(ob_obj *o, ob_tracer *t) { ob_trace_vals(t, &((variable *)o)->name, 2); }

OB_FN(variable_bound) {
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "context variable name must be a str");
    variable *v = ob_alloc(ob_type_ptr(self), sizeof *v);
    if (!v) return OB_NULL;
    v->name = a[0];
    v->fallback = a[1];
    return ob_of(v);
}
static ob_val variable_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    static const ob_def def = {"ContextVar", variable_bound, "name, /, *, default=None", NULL, 0};
    return ob_def_call(&def, ob_type_val(t), a, n, kw);
}
static ob_val variable_repr(ob_val self) {
    variable *v = var_ptr(self);
    if (ob_is_null(v->fallback)) return ob_str_format_c("<ContextVar name=%R at %p>", v->name, (void *)v);
    return ob_str_format_c("<ContextVar name=%R default=%R at %p>", v->name, v->fallback, (void *)v);
}
OB_FN(variable_get) {
    ob_val c = current(), v = ob_is_null(c) ? c : ob_dict_get(context(c).vars, self);
    if (!ob_is_null(v) || ob_failed()) return v;
    if (!ob_is_null(a[0])) return a[0];
    if (!ob_is_null(var_ptr(self)->fallback)) return var_ptr(self)->fallback;
    return ob_raise_obj(&ob_exc_LookupError, self);
}
OB_FN(variable_set) {
    ob_val c = current(), vars = ob_is_null(c) ? c : own_vars(c);
    if (ob_is_null(vars)) return vars;
    ob_val old = ob_dict_get(vars, self);
    token_body b = {c, self, old, 0};
    ob_val token = ob_failed() ? OB_NULL : new_object(&token_type, &b);
    return ob_is_null(token) || !ob_dict_set(vars, self, a[0]) ? OB_NULL : token;
}
OB_FN(variable_reset) {
    ob_val token = a[0];
    if (!ob_is_exact(token, &token_type)) return ob_raise(&ob_exc_TypeError, "expected an instance of Token, got %R", token);
    token_body t = *(const token_body *)ob_read(token);
    if (t.used) return ob_raise(&ob_exc_RuntimeError, "%R has already been used once", token);
    if (!ob_same(t.var, self)) return ob_raise(&ob_exc_ValueError, "%R was created by a different ContextVar", token);
    ob_val c = current();
    if (ob_is_null(c)) return c;
    if (!ob_same(t.context, c)) return ob_raise(&ob_exc_ValueError, "%R was created in a different Context", token);
    token_body *b = ob_write(token);
    ob_val vars = b ? own_vars(c) : OB_NULL;
    if (ob_is_null(vars)) return vars;
    b->used = 1;
    if (!ob_is_null(t.old)) return ob_dict_set(vars, self, t.old) ? OB_NONE : OB_NULL;
    int gone = ob_dict_del(vars, self);
    return gone < 0 ? OB_NULL : gone ? OB_NONE : ob_raise_obj(&ob_exc_LookupError, self);
}
static ob_val variable_name(ob_val self) { return var_ptr(self)->name; }

static const ob_def variable_methods[] = {
    {"get", variable_get, "default=None, /", "Return a value for the context variable for the current context.", 0},
    {"set", variable_set, "value, /", "Call to set a new value for the context variable in the current context.", 0},
    {"reset", variable_reset, "token, /", "Reset the context variable.", 0},
    {"__class_getitem__", ob_class_getitem, "item, /", "See PEP 585", OB_DEF_CLASS},
    {0},
};
static const ob_getset variable_getsets[] = {{"name", variable_name, NULL, NULL}, {0}};
static ob_type variable_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL), .name = "_contextvars.ContextVar", .base = &ob_object_type, .size = sizeof(variable), .has_weakref = true,
    .trace = variable_trace, .slots = {.repr = variable_repr, .make = variable_make}, .methods = variable_methods, .getsets = variable_getsets};

/* ---- Token ---- */

static void token_trace(ob_obj *o, const void *body, ob_tracer *t) { (void)o, ob_trace_vals(t, body, 3); }
static token_body token(ob_val t) { return *(const token_body *)ob_read(t); }
static ob_val token_repr(ob_val self) {
    token_body b = token(self);
    return ob_str_format_c("<Token%s var=%R at %p>", b.used ? " used" : "", b.var, (void *)ob_ptr(self));
}
static ob_val token_var(ob_val self) { return token(self).var; }
static ob_val token_old(ob_val self) {
    ob_val v = token(self).old;
    return ob_is_null(v) ? missing : v;
}
static ob_val token_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    return (void)t, (void)a, (void)n, (void)kw, ob_raise(&ob_exc_RuntimeError, "Tokens can only be created by ContextVars");
}
static const ob_def token_methods[] = {{"__class_getitem__", ob_class_getitem, "item, /", "See PEP 585", OB_DEF_CLASS}, {0}};
static const ob_getset token_getsets[] = {{"var", token_var, NULL, NULL}, {"old_value", token_old, NULL, NULL}, {0}};
static ob_type token_type = {
    OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind), .name = "_contextvars.Token", .base = &ob_object_type, .size = sizeof(token_body), .trace_body = token_trace,
    .slots = {.repr = token_repr, .hash = ob_hash_unhashable, .make = token_make}, .methods = token_methods, .getsets = token_getsets};

static ob_val missing_repr(ob_val self) { return (void)self, ob_str_from_c("<Token.MISSING>"); }
static ob_type missing_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "Token.MISSING", .base = &ob_object_type,
                               .flags = OB_TF_NO_MAKE | OB_TF_LEAF, .size = sizeof(ob_obj), .slots = {.repr = missing_repr}};

/* ---- Context ---- */

static void state_trace(ob_obj *o, const void *body, ob_tracer *t) { (void)o, ob_trace_val(t, ((const state_body *)body)->current); }
static ob_type state_type = {OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind), .name = "_contextvars._state", .base = &ob_object_type,
                             .flags = OB_TF_NO_MAKE, .size = sizeof(state_body), .trace_body = state_trace};
static void context_trace(ob_obj *o, const void *body, ob_tracer *t) { (void)o, ob_trace_vals(t, body, 2); }

static ob_val context_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    (void)t, (void)a;
    if (n || ob_kw_count(kw)) return ob_raise(&ob_exc_TypeError, "Context() does not accept any arguments");
    return new_context(OB_NULL, false);
}
OB_FN(context_run) {
    if (!n) return ob_raise(&ob_exc_TypeError, "run() missing 1 required positional argument");
    if (context(self).entered) return ob_raise(&ob_exc_RuntimeError, "cannot enter context: %R is already entered", self);
    ob_val before = current();
    context_body *b = ob_is_null(before) ? NULL : ob_write(self);
    if (!b) return OB_NULL;
    b->entered = 1;
    if (!set_current(self)) return OB_NULL;
    ob_val r = ob_call_kw(a[0], a + 1, n - 1, kw);
    ob_val failure = ob_err.cond == OB_COND_EXCEPTION ? ob_err_fetch() : OB_NULL;
    bool ok = set_current(before) && (b = ob_write(self)) != NULL;
    if (ok) b->entered = 0;
    if (ok && !ob_is_null(failure)) ob_err_restore(failure);
    return ok ? r : OB_NULL;
}
OB_FN(context_copy) { return copy_of(self); }
static bool check_key(ob_val key) {
    return ob_is_exact(key, &variable_type) || ob_fail(ob_raise(&ob_exc_TypeError, "a ContextVar key was expected, got %R", key));
}
static ob_val context_getitem(ob_val self, ob_val key) {
    ob_val v = check_key(key) ? ob_dict_get(context(self).vars, key) : OB_NULL;
    return !ob_is_null(v) || ob_failed() ? v : ob_raise_obj(&ob_exc_KeyError, key);
}
static int context_contains(ob_val self, ob_val key) { return check_key(key) ? ob_dict_contains(context(self).vars, key) : -1; }
static ssize_t context_len(ob_val self) { return (ssize_t)ob_dict_len(context(self).vars); }
static ob_val context_iter(ob_val self) { return ob_iter(context(self).vars); }
static ob_val context_cmp(ob_val x, ob_val y, ob_cmp_op op) {
    if ((op != OB_EQ && op != OB_NE) || !ob_is_exact(y, &context_type)) return OB_NOT_IMPLEMENTED;
    return ob_compare(op, context(x).vars, context(y).vars);
}
OB_FN(context_get) {
    ob_val v = check_key(a[0]) ? ob_dict_get(context(self).vars, a[0]) : OB_NULL;
    return !ob_is_null(v) || ob_failed() ? v : ob_is_null(a[1]) ? OB_NONE : a[1];
}
OB_FN(context_keys) { return ob_call_method_c(context(self).vars, "keys", NULL, 0); }
OB_FN(context_values) { return ob_call_method_c(context(self).vars, "values", NULL, 0); }
OB_FN(context_items) { return ob_call_method_c(context(self).vars, "items", NULL, 0); }

static const ob_def context_methods[] = {
    {"get", context_get, "key, default=None, /", "Return the value for `key` if `key` has the value in the context object.", 0},
    {"items", context_items, "", "Return all variables and their values in the context object.", 0},
    {"keys", context_keys, "", "Return a list of all variables in the context object.", 0},
    {"values", context_values, "", "Return a list of all variables' values in the context object.", 0},
    {"copy", context_copy, "", "Return a shallow copy of the context object.", 0},
    {"run", context_run, NULL, NULL, 0},
    {0},
};
static ob_type context_type = {
    OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind), .name = "_contextvars.Context", .base = &ob_object_type, .size = sizeof(context_body), .has_weakref = true,
    .trace_body = context_trace, .slots = {.hash = ob_hash_unhashable, .cmp = context_cmp, .len = context_len, .getitem = context_getitem,
                                           .contains = context_contains, .iter = context_iter, .make = context_make},
    .methods = context_methods};

/* ---- the module ---- */

OB_FN(copy_context) {
    ob_val c = current();
    return ob_is_null(c) ? c : copy_of(c);
}

static bool fill(ob_val m) {
    static bool keyed;
    if (!keyed && pthread_key_create(&slot_key, slot_free) != 0) return ob_fail(ob_raise_memory());
    keyed = true;
    if (!ob_type_ready(&state_type) || !ob_type_ready(&missing_type) || !ob_module_add_type(m, &context_type) ||
        !ob_module_add_type(m, &variable_type) || !ob_module_add_type(m, &token_type))
        return false;
    missing = ob_of(ob_alloc(&missing_type, sizeof(ob_obj)));
    return !ob_is_null(missing) && ob_gc_add_static(&missing) && ob_dict_set_c(token_type.dict, "MISSING", missing);
}
static const ob_def defs[] = {{"copy_context", copy_context, "", "Return a copy of the current context.", 0}, {0}};
const ob_module_def py_mod__contextvars = {"_contextvars", "Context Variables", defs, fill};
