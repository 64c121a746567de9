/* exc_os.c: OSError, whose constructor chooses the subclass for an errno and sorts its arguments, and which reads like a message of the system.
 * Locks: none. Fields: errno strerror filename winerror filename2 written. */
#include "objspace/exc_int.h"
#include "objspace/int.h"
#include "objspace/dict.h"

enum { ERRNO, STRERROR, FILENAME, WINERROR, FILENAME2, WRITTEN };

static bool os_init(ob_val self, const ob_val *a, size_t n, ob_val kw);

/* A class with an __init__ of its own but no __new__ gets its fields in __init__. */
static bool fields_in_init(const ob_type *t) { return t->slots.init != os_init && t->slots.make == ob__exc_os.make; }

static bool fill(ob_val self, const ob_val *a, size_t n) {
    bool full = n >= 2 && n <= 5;
    ob_val filename = full && n > 2 ? a[2] : OB_NULL;
    bool written = false;
    if (!ob_is_null(filename) && !ob_is_none(filename) && ob_is_a(self, &ob_exc_BlockingIOError) && ob_is_int(filename)) written = true;
    bool trimmed = !ob_is_null(filename) && !ob_is_none(filename) && !written;
    if (!ob__exc_set_args(self, a, trimmed ? 2 : n)) return false;
    ob_exc_body *b = ob_write(self);
    if (!b) return false;
    if (full) {
        b->extra[ERRNO] = a[0];
        b->extra[STRERROR] = a[1];
    }
    if (written) b->extra[WRITTEN] = filename;
    if (!trimmed) return true;
    b->extra[FILENAME] = filename;
    if (n == 5 && !ob_is_none(a[4])) b->extra[FILENAME2] = a[4];
    return true;
}

static bool no_keywords(const ob_type *t, ob_val kw) {
    if (ob_is_null(kw) || ob_tuple_len(kw) == 0) return true;
    return ob_fail(ob_raise(&ob_exc_TypeError, "%s() takes no keyword arguments", t->name));
}

static ob_val os_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    if (fields_in_init(type)) return ob__exc_alloc(type, ob_empty_tuple);
    if (!no_keywords(type, kw)) return OB_NULL;
    if (type == &ob_exc_OSError && n >= 2 && n <= 5 && ob_is_small(a[0])) type = ob_exc_of_errno((int)ob_to_small(a[0]));
    ob_val e = ob__exc_alloc(type, ob_empty_tuple);
    return ob_is_null(e) || !fill(e, a, n) ? OB_NULL : e;
}
static bool os_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    if (!fields_in_init(ob_type_of(self))) return true;
    return no_keywords(ob_type_of(self), kw) && fill(self, a, n);
}

static ob_val os_str(ob_val self) {
    const ob_exc_body *b = ob__exc_body(self);
    ob_val no = ob__or_none(b->extra[ERRNO]), text = ob__or_none(b->extra[STRERROR]), f = b->extra[FILENAME], f2 = b->extra[FILENAME2];
    if (!ob_is_null(f) && !ob_is_null(f2)) return ob_str_format_c("[Errno %S] %S: %R -> %R", no, text, f, f2);
    if (!ob_is_null(f)) return ob_str_format_c("[Errno %S] %S: %R", no, text, f);
    if (!ob_is_null(b->extra[ERRNO]) && !ob_is_null(b->extra[STRERROR])) return ob_str_format_c("[Errno %S] %S", no, text);
    return ob__exc_str(self);
}

static ob_val os_reduce(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    const ob_exc_body *b = ob__exc_body(self);
    ob_val args = b->args, cls = ob_type_val(ob_type_of(self));
    if (ob_tuple_len(args) == 2 && !ob_is_null(b->extra[FILENAME])) {
        ob_val all[5] = {ob_tuple_at(args, 0), ob_tuple_at(args, 1), b->extra[FILENAME], OB_NONE, b->extra[FILENAME2]};
        args = ob_tuple_from(all, ob_is_null(b->extra[FILENAME2]) ? 3 : 5);
        if (ob_is_null(args)) return args;
    }
    ob_val d = ob__exc_body(self)->dict;
    return ob_is_null(d) ? ob_tuple_of2(cls, args) : ob_tuple_of3(cls, args, d);
}

OB_EXC_FIELD(errno_, ERRNO)
OB_EXC_FIELD(strerror, STRERROR)
OB_EXC_FIELD(filename, FILENAME)
OB_EXC_FIELD(filename2, FILENAME2)
static ob_val get_written(ob_val e) {
    ob_val w = ob__exc_extra(e, WRITTEN);
    return ob_is_null(w) ? ob_raise(&ob_exc_AttributeError, "characters_written") : w;
}
static bool set_written(ob_val e, ob_val v) {
    if (ob_is_null(v)) {
        if (ob_is_null(ob__exc_extra(e, WRITTEN))) return ob_fail(ob_raise(&ob_exc_AttributeError, "characters_written"));
        return ob__exc_set_extra(e, WRITTEN, v);
    }
    v = ob_index(v);
    return !ob_is_null(v) && ob__exc_set_extra(e, WRITTEN, v);
}

static const ob_def methods[] = {{"__reduce__", os_reduce, "", NULL, 0}, {0}};
static const ob_getset getsets[] = {{"errno", get_errno_, set_errno_, "POSIX exception code"}, {"strerror", get_strerror, set_strerror, "exception strerror"},
                                    {"filename", get_filename, set_filename, "exception filename"}, {"filename2", get_filename2, set_filename2, "second exception filename"},
                                    {"characters_written", get_written, set_written, NULL}, {0}};
const ob__exc_part ob__exc_os = {&ob_exc_OSError, os_make, os_init, os_str, methods, getsets};
