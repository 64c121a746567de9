/* core_objects.c: types, classes, attributes, native functions and exceptions, without the machine that runs Python. */
#include "base/mono.h"
#include "objspace/call.h"
#include "objspace/dict.h"
#include "objspace/exc.h"
#include "objspace/exc_group.h"
#include "objspace/function.h"
#include "objspace/generic.h"
#include "objspace/init.h"
#include "objspace/inst.h"
#include "objspace/int.h"
#include "objspace/list.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include "tests/unit/unit.h"
#include <string.h>

static ob_val S(const char *s) { return ob_str_intern_c(s); }
static ob_val I(int64_t i) { return ob_int_from_i64(i); }
static bool is(ob_val v, const char *text) {
    if (ob_is_null(v)) v = ob_err_fetch();
    ob_val r = ob_is_null(v) ? v : ob_repr(v);
    const char *s = ob_is_null(r) ? "(failed)" : ob_str_wtf8(r, NULL);
    if (s && strcmp(s, text) == 0) return true;
    printf("\n  got  %s\n  want %s\n", s ? s : "(null)", text);
    return false;
}
/* Did the call fail with this exception and text? */
static bool raised(ob_type *t, const char *text) {
    ob_val e = ob_err_fetch();
    if (ob_is_null(e)) { printf("\n  nothing was raised; want %s\n", text); return false; }
    ob_val s = ob_str(e);
    const char *got = ob_is_null(s) ? "(no text)" : ob_str_wtf8(s, NULL);
    if (ob_type_of(e) == t && strcmp(got, text) == 0) return true;
    printf("\n  got  %s: %s\n  want %s: %s\n", ob_type_of(e)->name, got, t->name, text);
    return false;
}
#define FAILS(x, exc, text) CHECK(!(x) && raised(&ob_exc_##exc, text))
#define FAILS_VAL(x, exc, text) FAILS(!ob_is_null(x), exc, text)

static ob_val new_class(const char *name, ob_val bases, ob_val ns) {
    return ob_type_new_class(&ob_type_type, S(name), bases, ob_is_null(ns) ? ob_dict_new() : ns, NULL, OB_NULL);
}
static ob_val plain(const char *name) { return new_class(name, ob_empty_tuple, OB_NULL); }
static ob_val sub(const char *name, ob_type *base) { return new_class(name, ob_tuple_of1(ob_type_val(base)), OB_NULL); }

/* A Python method stands in as a classless callable: a static method is not given self. */
static ob_val static_native(const ob_def *d) { return ob_staticmethod_new(ob_native_new(d, OB_NULL, OB_NULL)); }

TEST(start_up_is_fast) {
    uint64_t before = base_mono_ns();
    CHECK_FATAL(ob_init());
    printf("(start: %llu us) ", (unsigned long long)(base_mono_ns() - before) / 1000);
}

TEST(singletons_have_their_reprs) {
    CHECK(is(OB_NONE, "None"));
    CHECK(is(OB_ELLIPSIS, "Ellipsis"));
    CHECK(is(OB_NOT_IMPLEMENTED, "NotImplemented"));
    CHECK(is(ob_type_val(&ob_list_type), "<class 'list'>"));
    CHECK(is(ob_type_val(&ob_exc_Conflict), "<class 'apodora.Conflict'>"));
    CHECK(is(ob_type_val(&ob_none_type), "<class 'NoneType'>"));
    CHECK(is(ob_call0(ob_type_val(&ob_none_type)), "None"));
}

TEST(native_methods_bind_and_complain_as_cpython_does) {
    ob_val l = ob_list_from((ob_val[]){I(3), I(1), I(2)}, 3);
    CHECK(is(ob_call_method_c(l, "append", (ob_val[]){I(9)}, 1), "None"));
    CHECK(is(l, "[3, 1, 2, 9]"));
    FAILS_VAL(ob_call_method_c(l, "append", NULL, 0), TypeError, "list.append() takes exactly one argument (0 given)");
    FAILS_VAL(ob_call_method_c(l, "clear", (ob_val[]){I(1)}, 1), TypeError, "list.clear() takes no arguments (1 given)");
    FAILS_VAL(ob_call_method_c(l, "pop", (ob_val[]){I(1), I(2)}, 2), TypeError, "pop expected at most 1 argument, got 2");
    FAILS_VAL(ob_call0(ob_getattr_c(ob_type_val(&ob_list_type), "append")), TypeError, "unbound method list.append() needs an argument");
    FAILS_VAL(ob_call1(ob_getattr_c(ob_type_val(&ob_list_type), "append"), I(1)), TypeError, "descriptor 'append' for 'list' objects doesn't apply to a 'int' object");
    FAILS_VAL(ob_call1(ob_getattr_c(ob_type_val(&ob_list_type), "__len__"), I(1)), TypeError, "descriptor '__len__' requires a 'list' object but received a 'int'");
    CHECK(is(ob_call1(ob_getattr_c(ob_type_val(&ob_list_type), "__len__"), l), "4"));
    CHECK(is(ob_getattr_c(ob_type_val(&ob_list_type), "append"), "<method 'append' of 'list' objects>"));
    CHECK(is(ob_getattr_c(ob_getattr_c(l, "append"), "__qualname__"), "'list.append'"));
    CHECK(is(ob_getattr_c(ob_getattr_c(l, "sort"), "__text_signature__"), "'($self, /, *, key=None, reverse=False)'"));
    FAILS_VAL(ob_call_kw(ob_getattr_c(l, "sort"), (ob_val[]){I(1)}, 0, ob_tuple_of1(S("foo"))), TypeError, "'foo' is an invalid keyword argument for sort()");
    CHECK(is(ob_call_kw(ob_getattr_c(l, "sort"), (ob_val[]){OB_TRUE}, 0, ob_tuple_of1(S("reverse"))), "None"));
    CHECK(is(l, "[9, 3, 2, 1]"));
}

TEST(instances_take_attributes_in_order) {
    ob_val c = plain("Point"), p = ob_call0(c);
    CHECK_FATAL(!ob_is_null(p));
    CHECK(ob_setattr_c(p, "x", I(1)) && ob_setattr_c(p, "y", I(2)));
    CHECK(is(ob_getattr_c(p, "x"), "1"));
    CHECK(is(ob_getattr_c(p, "y"), "2"));
    FAILS_VAL(ob_getattr_c(p, "z"), AttributeError, "'Point' object has no attribute 'z'");
    FAILS(ob_setattr_c(p, "z", OB_NULL), AttributeError, "'Point' object has no attribute 'z'");
    CHECK(ob_setattr(c, S("z"), I(5)));
    CHECK(is(ob_getattr_c(p, "z"), "5"));
    ob_attr_place place;
    ob_attr_resolve(p, S("y"), &place);
    CHECK(place.where == OB_AT_SLOT && place.slot == 1);
    ob_attr_resolve_store(p, S("w"), &place);
    CHECK(place.where == OB_AT_SLOT && place.slot == 2 && place.shape2 != place.shape);
    CHECK(is(ob_getattr_c(p, "__dict__"), "{'x': 1, 'y': 2}"));
    CHECK(ob_setattr_c(p, "w", I(3)));
    CHECK(is(ob_attr_dict(p), "{'x': 1, 'y': 2, 'w': 3}"));
    CHECK(ob_setattr_c(p, "x", OB_NULL));
    CHECK(is(ob_attr_dict(p), "{'y': 2, 'w': 3}"));
    for (int i = 0; i < 100; i++) {
        char name[8];
        snprintf(name, sizeof name, "a%d", i);
        ob_val q = ob_call0(c);
        for (int j = 0; j <= i; j++) {
            snprintf(name, sizeof name, "a%d", j);
            if (!ob_setattr_c(q, name, I(j))) CHECK(false);
        }
        if (!ob_same(ob_getattr_c(q, name), I(i)) || !ob_same(ob_getattr_c(q, "a0"), I(0))) CHECK(false);
        if (i > 3) {
            CHECK(ob_setattr_c(q, "a2", OB_NULL));
            if (ob_dict_len(ob_attr_dict(q)) != (size_t)i) CHECK(false);
        }
    }
}

TEST(slots_hold_values_and_refuse_others) {
    ob_val ns = ob_dict_new();
    CHECK(ob_dict_set_c(ns, "__slots__", ob_tuple_of2(S("b"), S("a"))));
    ob_val c = new_class("S", ob_empty_tuple, ns), v = ob_call0(c);
    CHECK_FATAL(!ob_is_null(v));
    FAILS_VAL(ob_getattr_c(v, "a"), AttributeError, "'S' object has no attribute 'a'");
    CHECK(ob_setattr_c(v, "a", I(1)) && ob_setattr_c(v, "b", I(2)));
    CHECK(is(ob_getattr_c(v, "a"), "1"));
    FAILS(ob_setattr_c(v, "q", I(1)), AttributeError, "'S' object has no attribute 'q'");
    FAILS_VAL(ob_getattr_c(v, "__dict__"), AttributeError, "'S' object has no attribute '__dict__'");
    ob_val d = sub("D", ob_type_ptr(c)), w = ob_call0(d);
    CHECK(ob_setattr_c(w, "a", I(7)) && ob_setattr_c(w, "q", I(8)));
    CHECK(is(ob_attr_dict(w), "{'q': 8}"));
    CHECK(is(ob_getattr_c(w, "a"), "7"));
    ns = ob_dict_new();
    CHECK(ob_dict_set_c(ns, "__slots__", S("z")));
    ob_val other = new_class("O", ob_empty_tuple, ns);
    FAILS_VAL(new_class("X", ob_tuple_of2(c, other), OB_NULL), TypeError, "multiple bases have instance lay-out conflict");
    ns = ob_dict_new();
    CHECK(ob_dict_set_c(ns, "__slots__", S("z")));
    FAILS_VAL(new_class("X", ob_tuple_of1(ob_type_val(&ob_int_type)), ns), TypeError, "nonempty __slots__ not supported for subtype of 'int'");
}

TEST(subclasses_of_natives_have_attributes) {
    ob_val c = sub("L", &ob_list_type), v = ob_call1(c, ob_list_from((ob_val[]){I(1)}, 1));
    CHECK(is(v, "[1]"));
    CHECK(ob_setattr_c(v, "tag", S("t")));
    CHECK(is(ob_getattr_c(v, "tag"), "'t'"));
    CHECK(is(ob_attr_dict(v), "{'tag': 't'}"));
    CHECK(is(ob_call1(sub("E", &ob_exc_ValueError), I(3)), "E(3)"));
    ob_val e = ob_call1(sub("E", &ob_exc_ValueError), I(3));
    CHECK(ob_setattr_c(e, "code", I(4)));
    CHECK(is(ob_getattr_c(e, "code"), "4"));
    ob_val n = ob_call1(sub("N", &ob_int_type), I(41));
    CHECK(is(ob_binary(OB_BIN_ADD, n, I(1)), "42"));
    CHECK(ob_setattr_c(n, "unit", S("m")));
    ob_val t = ob_call1(sub("T", &ob_tuple_type), ob_list_from((ob_val[]){I(1), I(2)}, 2));
    CHECK(is(t, "(1, 2)") && ob_setattr_c(t, "q", I(1)));
    ob_val d = ob_call0(sub("D", &ob_dict_type));
    CHECK(ob_setitem(d, S("k"), I(1)) && ob_setattr_c(d, "q", I(1)) && is(d, "{'k': 1}"));
    ob_gc_collect();
    CHECK(is(ob_getattr_c(v, "tag"), "'t'"));
    CHECK(is(ob_getattr_c(n, "unit"), "'m'"));
}

TEST(orders_are_linear_or_refused) {
    ob_val a = plain("A"), b = sub("B", ob_type_ptr(a)), c = sub("C", ob_type_ptr(a)), d = new_class("D", ob_tuple_of2(b, c), OB_NULL);
    ob_val names = ob_list_new(0);
    for (size_t i = 0; i < ob_tuple_len(ob_type_ptr(d)->mro); i++) CHECK(ob_list_append(names, ob_type_name_val(ob_type_ptr(ob_tuple_at(ob_type_ptr(d)->mro, i)))));
    CHECK(is(names, "['D', 'B', 'C', 'A', 'object']"));
    FAILS_VAL(new_class("E", ob_tuple_of2(a, b), OB_NULL), TypeError, "Cannot create a consistent method resolution\norder (MRO) for bases A, B");
    FAILS_VAL(new_class("E", ob_tuple_of2(a, a), OB_NULL), TypeError, "duplicate base class A");
    FAILS_VAL(new_class("E", ob_tuple_of2(ob_type_val(&ob_int_type), ob_type_val(&ob_str_type)), OB_NULL), TypeError, "multiple bases have instance lay-out conflict");
    FAILS_VAL(sub("E", &ob_bool_type), TypeError, "type 'bool' is not an acceptable base type");
    CHECK(is(ob_call_method_c(a, "__subclasses__", NULL, 0), "[<class 'B'>, <class 'C'>]"));
    CHECK(ob_issubclass(d, a) == 1 && ob_issubclass(a, d) == 0 && ob_isinstance(ob_call0(d), ob_tuple_of2(ob_type_val(&ob_int_type), a)) == 1);
}

static ob_val answer(ob_val self, const ob_val *a, size_t n, ob_val kw) { (void)self, (void)a, (void)n, (void)kw; return I(42); }
static const ob_def answer_def = {"answer", answer, NULL, NULL, 0};

TEST(special_methods_of_classes_become_slots) {
    ob_val c = plain("C"), v = ob_call0(c);
    FAILS(ob_len(v) >= 0, TypeError, "object of type 'C' has no len()");
    CHECK(ob_setattr_c(c, "__len__", static_native(&answer_def)));
    CHECK(ob_len(v) == 42 && ob_truth(v) == 1);
    ob_val d = sub("D", ob_type_ptr(c)), w = ob_call0(d);
    CHECK(ob_len(w) == 42);
    CHECK(ob_setattr_c(c, "__add__", static_native(&answer_def)));
    CHECK(is(ob_binary(OB_BIN_ADD, w, I(1)), "42"));
    FAILS_VAL(ob_binary(OB_BIN_SUB, w, I(1)), TypeError, "unsupported operand type(s) for -: 'D' and 'int'");
    CHECK(ob_setattr_c(c, "__len__", OB_NULL));
    FAILS(ob_len(w) >= 0, TypeError, "object of type 'D' has no len()");
    CHECK(ob_truth(w) == 1);
    CHECK(ob_setattr_c(d, "__call__", static_native(&answer_def)));
    CHECK(is(ob_call0(w), "42") && ob_is_callable(w) && !ob_is_callable(v));
    FAILS_VAL(ob_call0(v), TypeError, "'C' object is not callable");
    FAILS_VAL(ob_getitem(v, I(0)), TypeError, "'C' object is not subscriptable");
    FAILS_VAL(ob_getitem(ob_type_val(&ob_int_type), I(0)), TypeError, "type 'int' is not subscriptable");
    FAILS(ob_setattr_c(ob_type_val(&ob_int_type), "x", I(0)), TypeError, "cannot set 'x' attribute of immutable type 'int'");
    FAILS_VAL(ob_compare(OB_LT, v, w), TypeError, "'<' not supported between instances of 'C' and 'D'");
    FAILS_VAL(ob_binary(OB_BIN_ADD, ob_list_new(0), I(1)), TypeError, "can only concatenate list (not \"int\") to list");
}

TEST(metaclasses_win_or_conflict) {
    ob_val m1 = sub("M1", &ob_type_type), m2 = sub("M2", &ob_type_type);
    CHECK_FATAL(!ob_is_null(m1) && !ob_is_null(m2));
    ob_val a = ob_call3(m1, S("A"), ob_empty_tuple, ob_dict_new()), b = ob_call3(m2, S("B"), ob_empty_tuple, ob_dict_new());
    CHECK(ob_type_of(a) == ob_type_ptr(m1));
    ob_val c = ob_call3(ob_type_val(&ob_type_type), S("C"), ob_tuple_of1(a), ob_dict_new());
    CHECK(ob_type_of(c) == ob_type_ptr(m1));
    FAILS_VAL(ob_call3(ob_type_val(&ob_type_type), S("D"), ob_tuple_of2(a, b), ob_dict_new()), TypeError,
              "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases");
    CHECK(ob_setattr_c(m1, "hello", I(5)));
    CHECK(is(ob_getattr_c(c, "hello"), "5"));
    FAILS_VAL(ob_getattr_c(ob_call0(c), "hello"), AttributeError, "'C' object has no attribute 'hello'");
    FAILS_VAL(ob_call_kw(ob_type_val(&ob_type_type), (ob_val[]){S("x"), ob_empty_tuple, ob_dict_new(), I(1)}, 3, ob_tuple_of1(S("k"))), TypeError,
              "x.__init_subclass__() takes no keyword arguments");
}

TEST(exceptions_read_as_cpythons) {
    CHECK(is(ob_exc_new(&ob_exc_ValueError, NULL, 0), "ValueError()"));
    CHECK(is(ob_exc_new(&ob_exc_ValueError, (ob_val[]){I(1), I(2)}, 2), "ValueError(1, 2)"));
    ob_val a[3] = {I(2), S("No such file or directory"), S("f")};
    ob_val e = ob_call(ob_type_val(&ob_exc_OSError), a, 3);
    CHECK(ob_type_of(e) == &ob_exc_FileNotFoundError);
    CHECK(is(ob_str(e), "\"[Errno 2] No such file or directory: 'f'\""));
    CHECK(is(e, "FileNotFoundError(2, 'No such file or directory')"));
    CHECK(is(ob_getattr_c(e, "errno"), "2") && is(ob_getattr_c(e, "filename"), "'f'"));
    CHECK(is(ob_str(ob_exc_new(&ob_exc_KeyError, (ob_val[]){S("k")}, 1)), "\"'k'\""));
    CHECK(is(ob_getattr_c(ob_exc_new(&ob_exc_StopIteration, (ob_val[]){I(7)}, 1), "value"), "7"));
    ob_val u[5] = {S("ascii"), ob_str_from_utf8("\303\244", 2), I(0), I(1), S("ordinal not in range(128)")};
    CHECK(is(ob_str(ob_exc_new(&ob_exc_UnicodeEncodeError, u, 5)), "\"'ascii' codec can't encode character '\\\\xe4' in position 0: ordinal not in range(128)\""));
    ob_val info[4] = {S("dir/f.py"), I(3), I(1), S("x")};
    CHECK(is(ob_str(ob_exc_new(&ob_exc_SyntaxError, (ob_val[]){S("bad"), ob_tuple_from(info, 4)}, 2)), "'bad (f.py, line 3)'"));
    FAILS_VAL(ob_raise_value(I(3)), TypeError, "exceptions must derive from BaseException");
    FAILS_VAL(ob_raise_errno(13, S("x")), PermissionError, "[Errno 13] Permission denied: 'x'");
    FAILS_VAL(ob_call_kw(ob_type_val(&ob_exc_ValueError), (ob_val[]){I(1)}, 0, ob_tuple_of1(S("x"))), TypeError, "ValueError() takes no keyword arguments");
    CHECK(is(ob_call_kw(ob_type_val(&ob_exc_ImportError), (ob_val[]){S("m"), S("n")}, 1, ob_tuple_of1(S("name"))), "ImportError('m')"));
    CHECK(is(ob_call_method_c(e, "add_note", (ob_val[]){S("note")}, 1), "None") && is(ob_getattr_c(e, "__notes__"), "['note']"));
    (void)ob_getattr_c(e, "nothing");
    ob_val missing = ob_err_fetch();
    CHECK(is(ob_getattr_c(missing, "name"), "'nothing'") && ob_same(ob_getattr_c(missing, "obj"), e));
}

TEST(groups_split) {
    ob_val v = ob_exc_new(&ob_exc_ValueError, (ob_val[]){I(1)}, 1), k = ob_exc_new(&ob_exc_KeyError, (ob_val[]){I(2)}, 1);
    ob_val inner = ob_call2(ob_type_val(&ob_exc_ExceptionGroup), S("in"), ob_list_from((ob_val[]){k, v}, 2));
    ob_val g = ob_call2(ob_type_val(&ob_exc_BaseExceptionGroup), S("out"), ob_list_from((ob_val[]){v, inner}, 2)), m, rest;
    CHECK(ob_type_of(g) == &ob_exc_ExceptionGroup && is(ob_str(g), "'out (2 sub-exceptions)'"));
    CHECK(ob_exc_group_split(g, ob_type_val(&ob_exc_KeyError), OB_MATCH_TYPES, true, &m, &rest));
    CHECK(is(m, "ExceptionGroup('out', [ExceptionGroup('in', [KeyError(2)])])"));
    CHECK(is(rest, "ExceptionGroup('out', [ValueError(1), ExceptionGroup('in', [ValueError(1)])])"));
    CHECK(is(ob_exc_group_match(v, ob_type_val(&ob_exc_ValueError), &rest), "ExceptionGroup('', (ValueError(1),))") && ob_is_none(rest));
    FAILS_VAL(ob_call2(ob_type_val(&ob_exc_ExceptionGroup), S("x"), ob_list_new(0)), ValueError, "second argument (exceptions) must be a non-empty sequence");
    FAILS_VAL(ob_call2(ob_type_val(&ob_exc_ExceptionGroup), S("x"), ob_list_from((ob_val[]){ob_exc_new(&ob_exc_KeyboardInterrupt, NULL, 0)}, 1)), TypeError,
              "Cannot nest BaseExceptions in an ExceptionGroup");
}

static ob_val handled;
static ob_val handled_now(void) { return handled; }
TEST(raising_chains_contexts_without_cycles) {
    ob_err_set_handled_hook(handled_now);
    ob_val a = ob_exc_new(&ob_exc_ValueError, NULL, 0), b = ob_exc_new(&ob_exc_KeyError, NULL, 0);
    handled = a;
    ob_raise_value(b);
    CHECK(ob_same(ob_err_fetch(), b) && ob_same(ob_getattr_c(b, "__context__"), a));
    handled = b;
    ob_raise_value(a);
    CHECK(ob_same(ob_err_fetch(), a) && ob_same(ob_getattr_c(a, "__context__"), b) && ob_is_none(ob_getattr_c(b, "__context__")));
    handled = OB_NULL;
}

TEST(properties_and_wrappers_work_as_descriptors) {
    ob_val c = plain("C"), v = ob_call0(c);
    CHECK(ob_is_null(ob_call_method_c(ob_type_val(&ob_int_type), "__getattribute__", (ob_val[]){S("__doc__")}, 1)) && ob_err_clear_if(&ob_exc_TypeError));
    ob_val p = ob_call1(ob_type_val(&ob_property_type), ob_type_val(&ob_type_type));
    CHECK(ob_setattr_c(c, "cls", p));
    CHECK(is(ob_getattr_c(v, "cls"), "<class 'C'>"));
    FAILS(ob_setattr_c(v, "cls", I(1)), AttributeError, "property of 'C' object has no setter");
    CHECK(is(ob_call_method_c(p, "__set_name__", (ob_val[]){c, S("cls")}, 2), "None"));
    FAILS(ob_setattr_c(v, "cls", OB_NULL), AttributeError, "property 'cls' of 'C' object has no deleter");
    ob_attr_place place;
    ob_attr_resolve(v, S("cls"), &place);
    CHECK(place.where == OB_AT_PROPERTY && ob_same(place.value, p));
    CHECK(ob_setattr_c(c, "kind", ob_classmethod_new(ob_type_val(&ob_list_type))));
    FAILS_VAL(ob_call0(ob_getattr_c(v, "kind")), TypeError, "'type' object is not iterable");
    CHECK(is(ob_call2(ob_type_val(&ob_super_type), c, v), "<super: <class 'C'>, <C object>>"));
    ob_val e = sub("E", ob_type_ptr(c));
    CHECK(ob_setattr_c(c, "x", I(1)) && ob_setattr_c(e, "x", I(2)));
    CHECK(is(ob_getattr_c(ob_call2(ob_type_val(&ob_super_type), e, ob_call0(e)), "x"), "1"));
    FAILS_VAL(ob_call2(ob_type_val(&ob_super_type), ob_type_val(&ob_int_type), S("a")), TypeError, "super(type, obj): obj must be an instance or subtype of type");
}

TEST(the_rest_of_object) {
    ob_val c = plain("C"), v = ob_call0(c);
    FAILS_VAL(ob_call1(c, I(1)), TypeError, "C() takes no arguments");
    FAILS_VAL(ob_call1(ob_type_val(&ob_object_type), I(1)), TypeError, "object() takes no arguments");
    FAILS_VAL(ob_call1(ob_getattr_c(ob_type_val(&ob_object_type), "__new__"), ob_type_val(&ob_list_type)), TypeError, "object.__new__(list) is not safe, use list.__new__()");
    FAILS_VAL(ob_call1(ob_getattr_c(ob_type_val(&ob_list_type), "__new__"), ob_type_val(&ob_int_type)), TypeError, "list.__new__(int): int is not a subtype of list");
    FAILS_VAL(ob_format(v, S("x")), TypeError, "unsupported format string passed to C.__format__");
    FAILS(ob_setattr_c(v, "__class__", I(1)), TypeError, "__class__ must be set to a class, not 'int' object");
    FAILS(ob_setattr_c(v, "__class__", ob_type_val(&ob_int_type)), TypeError, "__class__ assignment only supported for mutable types or ModuleType subclasses");
    ob_val d = plain("D");
    CHECK(ob_setattr_c(v, "x", I(1)) && ob_setattr_c(v, "__class__", d) && ob_type_of(v) == ob_type_ptr(d));
    CHECK(is(ob_getattr_c(v, "x"), "1") && ob_setattr_c(v, "y", I(2)) && is(ob_attr_dict(v), "{'x': 1, 'y': 2}"));
    CHECK(ob_eq(v, v) == 1 && ob_eq(v, ob_call0(d)) == 0 && is(ob_compare(OB_NE, v, v), "False"));
    CHECK(is(ob_generic_alias_new(ob_type_val(&ob_list_type), ob_type_val(&ob_int_type)), "list[int]"));
    CHECK(is(ob_getitem(ob_type_val(&ob_dict_type), ob_tuple_of2(ob_type_val(&ob_str_type), OB_ELLIPSIS)), "dict[str, ...]"));
    CHECK(is(ob_binary(OB_BIN_OR, ob_type_val(&ob_int_type), OB_NONE), "int | None"));
    ob_val u = ob_binary(OB_BIN_OR, ob_type_val(&ob_int_type), ob_type_val(&ob_str_type));
    CHECK(ob_isinstance(I(1), u) == 1 && ob_isinstance(OB_NONE, u) == 0);
    ob_val ns = ob_call_kw(ob_type_val(&ob_namespace_type), (ob_val[]){I(1), I(2)}, 0, ob_tuple_of2(S("b"), S("a")));
    CHECK(is(ns, "namespace(b=1, a=2)"));
    ob_val m = ob_module_new(S("mod"));
    CHECK(is(m, "<module 'mod'>") && ob_setattr_c(m, "x", I(1)) && is(ob_getattr_c(m, "x"), "1"));
    FAILS_VAL(ob_getattr_c(m, "nope"), AttributeError, "module 'mod' has no attribute 'nope'");
    ob_val l = ob_list_new(1);
    CHECK(ob_list_append(l, l) && is(l, "[[...]]"));
}

static ob_val deep(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    return ob_call0(ob_native_new(&(const ob_def){"deep", deep, NULL, NULL, 0}, self, OB_NULL));
}
TEST(recursion_in_c_ends_in_an_exception) {
    FAILS_VAL(deep(OB_NULL, NULL, 0, OB_NULL), RecursionError, "maximum recursion depth exceeded");
}

TEST(a_collection_keeps_what_classes_need) {
    ob_val list = ob_list_new(0);
    for (int i = 0; i < 300; i++) {
        ob_val c = plain("Temp"), v = ob_call0(c);
        if (!ob_setattr_c(v, "attribute_of_temp", I(i)) || (i % 3 == 0 && !ob_list_append(list, v))) CHECK(false);
        if (i % 100 == 0) ob_gc_collect();
    }
    ob_gc_collect();
    for (size_t i = 0; i < ob_list_len(list); i++)
        if (!ob_same(ob_getattr_c(ob_list_at(list, i), "attribute_of_temp"), I((int64_t)i * 3))) CHECK(false);
}

int main(void) { return unit_run(); }
