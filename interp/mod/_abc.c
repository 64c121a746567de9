/* _abc.c: the module _abc: registries and caches behind abc.ABCMeta.
 * Locks: none. Each abstract class has a data object with three sets of weak references, versioned like any sets; the counter of registrations
 * is versioned too, so that an undone block takes its registrations back.
 * The caches fill by themselves as programs ask; sets merge, so two transactions that learn different things both commit. */
#include "interp/mod/modules.h"
#include "objspace/contain.h"
#include "objspace/dict.h"
#include "objspace/int.h"
#include "objspace/list.h"
#include "objspace/set_table.h"
#include "objspace/tuple.h"
#include "objspace/weakref.h"

/* Sets of weak references to classes.  version: the counter's value when `no` was begun. */
typedef struct abc_body { ob_val registry, yes, no; uint64_t version; } abc_body;
typedef struct counter_body { uint64_t n; } counter_body;

static ob_type data_type, counter_type;
static ob_val counter;                       /* counts registrations, of all classes */
static ob_val name_impl, name_flags, name_isabstract;

static void data_trace(ob_obj *o, const void *body, ob_tracer *t) { (void)o, ob_trace_vals(t, body, 3); }
static uint64_t registrations(void) { return ((const counter_body *)ob_read(counter))->n; }

static ob_val data_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    (void)a;
    if (!ob_args_check("_abc_data", n, kw, 0, 0)) return OB_NULL;
    ob_val registry = ob_set_new(), yes = ob_is_null(registry) ? registry : ob_set_new(), no = ob_is_null(yes) ? yes : ob_set_new();
    tx_handle *h = ob_is_null(no) ? NULL : ob_alloc_mut(t, sizeof(abc_body));
    if (!h) return OB_NULL;
    *(abc_body *)tx_inline_body(h) = (abc_body){registry, yes, no, registrations()};
    return ob_of(h);
}
static ob_type data_type = {OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind), .name = "_abc._abc_data", .base = &ob_object_type, .size = sizeof(abc_body),
                            .trace_body = data_trace, .slots = {.make = data_make}, .doc = "Internal state held by ABC machinery."};
static ob_type counter_type = {OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind), .name = "_abc._counter", .base = &ob_object_type,
                               .flags = OB_TF_NO_MAKE | OB_TF_LEAF, .size = sizeof(counter_body)};

static ob_val data_of(ob_val cls) {
    ob_val d = ob_getattr(cls, name_impl);
    if (!ob_is_null(d) && !ob_is_exact(d, &data_type)) return ob_raise(&ob_exc_TypeError, "_abc_impl is set to a wrong type");
    return d;
}
static abc_body data(ob_val d) { return *(const abc_body *)ob_read(d); }

/* ---- sets of weak references ---- */

/* 1 0 -1.  What cannot be weakly referenced is in no set. */
static int has_ref(ob_val set, ob_val cls) {
    if (!ob_set_len(set)) return 0;
    ob_val ref = ob_weakref_new(cls, OB_NULL);
    if (ob_is_null(ref)) return ob_err_clear_if(&ob_exc_TypeError) ? 0 : -1;
    return ob_set_contains(set, ref);
}

/* Dead references go before the set grows again. */
static bool purge(ob_val set) {
    ob_val dead = ob_list_new(0), x;
    if (ob_is_null(dead)) return false;
    for (size_t pos = 0; ob_set_next(set, &pos, &x, NULL) > 0;)
        if (ob_is_null(ob_weakref_get(x)) && !ob_list_append(dead, x)) return false;
    for (size_t i = 0; i < ob_list_len(dead); i++)
        if (ob_set_discard(set, ob_list_at(dead, i)) < 0) return false;
    return true;
}
static bool add_ref(ob_val set, ob_val cls) {
    ob_val ref = ob_weakref_new(cls, OB_NULL);
    if (ob_is_null(ref)) return false;
    size_t n = ob_set_len(set);
    if (n >= 16 && (n & (n - 1)) == 0 && !purge(set)) return false;
    return ob_set_add(set, ref);
}

/* ---- a class is made ---- */

static int is_abstract(ob_val v) {
    ob_val f = ob_getattr_opt(v, name_isabstract);
    return ob_is_null(f) ? (ob_failed() ? -1 : 0) : ob_truth(f);
}

static bool own_abstracts(ob_val cls, ob_val into) {
    ob_val items = ob_dict_items_list(ob_type_ptr(cls)->dict);
    for (size_t i = 0; !ob_is_null(items) && i < ob_list_len(items); i++) {
        ob_val pair = ob_list_at(items, i);
        int yes = is_abstract(ob_tuple_at(pair, 1));
        if (yes < 0 || (yes && !ob_set_add(into, ob_tuple_at(pair, 0)))) return false;
    }
    return !ob_is_null(items);
}

/* What a base leaves abstract and cls has not replaced. */
static bool inherited_abstracts(ob_val cls, ob_val base, ob_val into) {
    ob_val names = ob_getattr_opt(base, OB_NAME(abstractmethods)), it = ob_is_null(names) ? names : ob_iter(names);
    if (ob_is_null(it)) return !ob_failed();
    for (ob_val name; !ob_is_null(name = ob_next(it));) {
        ob_val v = ob_getattr_opt(cls, name);
        int yes = ob_is_null(v) ? (ob_failed() ? -1 : 0) : is_abstract(v);
        if (yes < 0 || (yes && !ob_set_add(into, name))) return false;
    }
    return !ob_failed();
}

/* __abc_tpflags__ of collections.abc says which patterns of `match` a class takes part in. */
static bool take_flags(ob_val cls) {
    enum { SEQUENCE = 1 << 5, MAPPING = 1 << 6 };
    ob_type *t = ob_type_ptr(cls);
    ob_val v = ob_dict_get_str(t->dict, name_flags);
    if (ob_is_null(v) || !ob_is_int(v)) return !ob_failed();
    int64_t bits = ob_int_clamp(v);
    if ((bits & (SEQUENCE | MAPPING)) == (SEQUENCE | MAPPING))
        return ob_fail(ob_raise(&ob_exc_TypeError, "__abc_tpflags__ cannot be both Py_TPFLAGS_SEQUENCE and Py_TPFLAGS_MAPPING"));
    if (bits & SEQUENCE) t->flags |= OB_TF_SEQUENCE;
    if (bits & MAPPING) t->flags |= OB_TF_MAPPING;
    return ob_dict_del(t->dict, name_flags) >= 0;
}

OB_FN(abc_init) {
    ob_val cls = a[0];
    if (!ob_is_type(cls)) return ob_raise(&ob_exc_TypeError, "_abc_init() argument must be a class, not %.200T", cls);
    ob_val abstracts = ob_set_new(), bases = ob_type_ptr(cls)->bases;
    if (ob_is_null(abstracts) || !own_abstracts(cls, abstracts)) return OB_NULL;
    for (size_t i = 0; i < ob_tuple_len(bases); i++)
        if (!inherited_abstracts(cls, ob_tuple_at(bases, i), abstracts)) return OB_NULL;
    ob_val frozen = ob_frozenset_of_iterable(abstracts);
    if (ob_is_null(frozen) || !ob_setattr(cls, OB_NAME(abstractmethods), frozen)) return OB_NULL;
    ob_val d = data_make(&data_type, NULL, 0, OB_NULL);
    return ob_is_null(d) || !ob_setattr(cls, name_impl, d) || !take_flags(cls) ? OB_NULL : OB_NONE;
}

/* ---- registering ---- */

static void flag_subclasses(ob_type *t, uint32_t flag) {
    if (!(t->flags & OB_TF_HEAP) || (t->flags & flag)) return;    /* built-in types know what they are: str is no sequence to match */
    t->flags = (t->flags & ~(uint32_t)(OB_TF_SEQUENCE | OB_TF_MAPPING)) | flag;
    ob_val subs = ob_call_method_c(ob_type_val(t), "__subclasses__", NULL, 0);
    if (ob_is_null(subs)) return ob_err_clear();
    for (size_t i = 0; i < ob_list_len(subs); i++) flag_subclasses(ob_type_ptr(ob_list_at(subs, i)), flag);
}

OB_FN(abc_register) {
    ob_val cls = a[0], sub = a[1];
    if (!ob_is_type(sub)) return ob_raise(&ob_exc_TypeError, "Can only register classes");
    int already = ob_issubclass(sub, cls);
    if (already) return already < 0 ? OB_NULL : sub;
    int cycle = ob_issubclass(cls, sub);
    if (cycle) return cycle < 0 ? OB_NULL : ob_raise(&ob_exc_RuntimeError, "Refusing to create an inheritance cycle");
    ob_val d = data_of(cls);
    if (ob_is_null(d) || !add_ref(data(d).registry, sub)) return OB_NULL;
    uint64_t now = registrations();
    counter_body *c = ob_write(counter);
    if (!c) return OB_NULL;
    c->n = now + 1;
    uint32_t flag = ob_type_ptr(cls)->flags & (OB_TF_SEQUENCE | OB_TF_MAPPING);
    if (flag) flag_subclasses(ob_type_ptr(sub), flag);
    return sub;
}

/* ---- asking ---- */

static ob_val ask(ob_val cls, ob_val sub) { return ob_call_method(cls, OB_NAME(subclasscheck), &sub, 1); }

OB_FN(abc_instancecheck) {
    ob_val cls = a[0], instance = a[1], d = data_of(cls);
    if (ob_is_null(d)) return d;
    ob_val sub = ob_getattr(instance, OB_NAME(class)), type = ob_type_val(ob_type_of(instance));
    if (ob_is_null(sub)) return sub;
    int yes = has_ref(data(d).yes, sub);
    if (yes) return yes < 0 ? OB_NULL : OB_TRUE;
    if (ob_same(sub, type)) {
        abc_body b = data(d);
        int no = b.version == registrations() ? has_ref(b.no, sub) : 0;
        if (no) return no < 0 ? OB_NULL : OB_FALSE;
        return ask(cls, sub);
    }
    ob_val r = ask(cls, sub);
    int t = ob_is_null(r) ? -1 : ob_truth(r);
    return t < 0 ? OB_NULL : t ? r : ask(cls, type);
}

static ob_val learn(ob_val set, ob_val sub, bool answer) { return add_ref(set, sub) ? ob_bool(answer) : OB_NULL; }

/* Is sub a subclass of something registered?  1 0 -1 */
static int registered(ob_val registry, ob_val sub) {
    ob_val refs = ob_list_of_iterable(registry);
    if (ob_is_null(refs)) return -1;
    for (size_t i = 0; i < ob_list_len(refs); i++) {
        ob_val c = ob_weakref_get(ob_list_at(refs, i));
        int yes = ob_is_null(c) ? 0 : ob_issubclass(sub, c);
        if (yes) return yes;
    }
    return 0;
}
static int of_subclass(ob_val cls, ob_val sub) {
    ob_val subs = ob_call_method_c(cls, "__subclasses__", NULL, 0);
    if (ob_is_null(subs)) return -1;
    if (!ob_is_list(subs)) return ob_fail_int(ob_raise(&ob_exc_TypeError, "__subclasses__() must return a list"));
    for (size_t i = 0; i < ob_list_len(subs); i++) {
        int yes = ob_issubclass(sub, ob_list_at(subs, i));
        if (yes) return yes;
    }
    return 0;
}

OB_FN(abc_subclasscheck) {
    ob_val cls = a[0], sub = a[1];
    if (!ob_is_type(sub)) return ob_raise(&ob_exc_TypeError, "issubclass() arg 1 must be a class");
    ob_val d = data_of(cls);
    if (ob_is_null(d)) return d;
    int r = has_ref(data(d).yes, sub);
    if (r) return r < 0 ? OB_NULL : OB_TRUE;
    uint64_t now = registrations();
    if (data(d).version < now) {
        abc_body *b = ob_write(d);
        ob_val no = b ? b->no : OB_NULL;
        if (!b || !ob__set_clear(no) || !(b = ob_write(d))) return OB_NULL;
        b->version = now;
    } else if ((r = has_ref(data(d).no, sub))) return r < 0 ? OB_NULL : OB_FALSE;
    ob_val hook = ob_call_method(cls, OB_NAME(subclasshook), &sub, 1);
    if (ob_is_null(hook)) return hook;
    if (ob_same(hook, OB_TRUE)) return learn(data(d).yes, sub, true);
    if (ob_same(hook, OB_FALSE)) return learn(data(d).no, sub, false);
    if (!ob_same(hook, OB_NOT_IMPLEMENTED))
        return ob_raise(&ob_exc_AssertionError, "__subclasshook__ must return either False, True, or NotImplemented");
    bool direct = ob_type_is_subtype(ob_type_ptr(sub), ob_type_ptr(cls));
    r = direct ? 1 : registered(data(d).registry, sub);
    if (!r) r = of_subclass(cls, sub);
    if (r < 0) return OB_NULL;
    return r ? learn(data(d).yes, sub, true) : learn(data(d).no, sub, false);
}

/* ---- for tests and singledispatch ---- */

OB_FN(get_cache_token) { return ob_int_from_u64(registrations()); }
OB_FN(reset_registry) {
    ob_val d = data_of(a[0]);
    return ob_is_null(d) || !ob__set_clear(data(d).registry) ? OB_NULL : OB_NONE;
}
OB_FN(reset_caches) {
    ob_val d = data_of(a[0]);
    return ob_is_null(d) || !ob__set_clear(data(d).yes) || !ob__set_clear(data(d).no) ? OB_NULL : OB_NONE;
}
OB_FN(get_dump) {
    ob_val d = data_of(a[0]);
    if (ob_is_null(d)) return d;
    abc_body b = data(d);
    ob_val v[4] = {ob_set_of_iterable(b.registry), ob_set_of_iterable(b.yes), ob_set_of_iterable(b.no), ob_int_from_u64(b.version)};
    for (int i = 0; i < 4; i++)
        if (ob_is_null(v[i])) return OB_NULL;
    return ob_tuple_from(v, 4);
}

static bool fill(ob_val m) {
    (void)m;
    name_impl = ob_str_intern_c("_abc_impl");
    name_flags = ob_str_intern_c("__abc_tpflags__");
    name_isabstract = ob_str_intern_c("__isabstractmethod__");
    if (ob_is_null(name_impl) || ob_is_null(name_flags) || ob_is_null(name_isabstract)) return false;
    if (!ob_gc_add_static(&name_impl) || !ob_gc_add_static(&name_flags) || !ob_gc_add_static(&name_isabstract)) return false;
    if (!ob_type_ready(&data_type) || !ob_type_ready(&counter_type)) return false;
    counter = ob_of(ob_alloc_mut(&counter_type, sizeof(counter_body)));
    return !ob_is_null(counter) && ob_gc_add_static(&counter);
}
static const ob_def defs[] = {
    {"get_cache_token", get_cache_token, "", "Returns the current ABC cache token.", 0},
    {"_abc_init", abc_init, "self, /", NULL, 0},
    {"_abc_register", abc_register, "self, subclass, /", NULL, 0},
    {"_abc_instancecheck", abc_instancecheck, "self, instance, /", NULL, 0},
    {"_abc_subclasscheck", abc_subclasscheck, "self, subclass, /", NULL, 0},
    {"_get_dump", get_dump, "self, /", NULL, 0},
    {"_reset_registry", reset_registry, "self, /", NULL, 0},
    {"_reset_caches", reset_caches, "self, /", NULL, 0},
    {0},
};
const ob_module_def py_mod__abc = {"_abc", "Module contains faster C implementation of abc.ABCMeta", defs, fill};
