/* array_methods.c: the methods of array.array, its pickles, and the module array.
 *
 * Locks: none.
 */
#include "interp/mod/array_int.h"
#include "interp/mod/modules.h"
#include "interp/mod/native.h"
#include "objspace/bytes.h"
#include "objspace/error.h"
#include "objspace/float.h"
#include "objspace/int.h"
#include "objspace/kind.h"
#include "objspace/list.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <string.h>

static int64_t count_of(ob_val v) { return (int64_t)py__array_read(v)->len; }

OB_FN(m_append) { return py__array_append(self, a[0]) ? OB_NONE : OB_NULL; }
OB_FN(m_extend) { return py__array_extend(self, a[0]) ? OB_NONE : OB_NULL; }
OB_FN(m_tolist) { return py__array_list(self); }

OB_FN(m_insert) {
    int64_t i;
    if (!ob_index_i64(a[0], &i)) return OB_NULL;
    if (!py__array_append(self, a[1])) return OB_NULL;    /* at the end first: converting may run Python code */
    py__array_body *b = ob_write(self);
    if (!b) return OB_NULL;
    int64_t last = (int64_t)b->len - 1;
    if (i < 0) i = i + last < 0 ? 0 : i + last;
    if (i > last) i = last;
    size_t size = py__array_code_of(self)->size;
    uint8_t item[8];
    memcpy(item, b->data + (size_t)last * size, size);
    memmove(b->data + (size_t)(i + 1) * size, b->data + (size_t)i * size, (size_t)(last - i) * size);
    memcpy(b->data + (size_t)i * size, item, size);
    return OB_NONE;
}

OB_FN(m_pop) {
    int64_t i = -1;
    if (!ob_is_null(a[0]) && !ob_index_i64(a[0], &i)) return OB_NULL;
    if (count_of(self) == 0) return ob_raise(&ob_exc_IndexError, "pop from empty array");
    if (i < 0) i += count_of(self);
    if (i < 0 || i >= count_of(self)) return ob_raise(&ob_exc_IndexError, "pop index out of range");
    ob_val v = py__array_item(self, (size_t)i);
    return !ob_is_null(v) && py__array_splice(self, (size_t)i, 1, 0) ? v : OB_NULL;
}

/* The place of the first item from `start` that equals x; -1 none, -2 an exception. */
static int64_t find(ob_val self, ob_val x, int64_t start, int64_t stop) {
    ob_val item;
    for (int64_t i = start; i < stop && !ob_is_null(item = py__array_item(self, (size_t)i)); i++) {
        int r = ob_eq_quick(item, x);
        if (r) return r < 0 ? -2 : i;
    }
    return ob_failed() ? -2 : -1;
}

OB_FN(m_index) {
    int64_t start = 0, stop = INT64_MAX;
    if (!ob_is_null(a[1]) && !ob_index_clamp(a[1], &start)) return OB_NULL;
    if (!ob_is_null(a[2]) && !ob_index_clamp(a[2], &stop)) return OB_NULL;
    if (start < 0) start = start + count_of(self) < 0 ? 0 : start + count_of(self);
    if (stop < 0) stop += count_of(self);
    int64_t i = find(self, a[0], start, stop);
    if (i == -1) return ob_raise(&ob_exc_ValueError, "array.index(x): x not in array");
    return i < 0 ? OB_NULL : ob_from_small(i);
}

OB_FN(m_remove) {
    int64_t i = find(self, a[0], 0, INT64_MAX);
    if (i == -1) return ob_raise(&ob_exc_ValueError, "array.remove(x): x not in array");
    return i >= 0 && py__array_splice(self, (size_t)i, 1, 0) ? OB_NONE : OB_NULL;
}

OB_FN(m_count) {
    int64_t found = 0, i = -1;
    while ((i = find(self, a[0], i + 1, INT64_MAX)) >= 0) found++;
    return i == -2 ? OB_NULL : ob_from_small(found);
}

OB_FN(m_reverse) {
    py__array_body *b = ob_write(self);
    size_t size = py__array_code_of(self)->size;
    if (!b) return OB_NULL;
    for (size_t i = 0; i < b->len / 2; i++) {
        uint8_t item[8], *x = b->data + i * size, *y = b->data + (b->len - 1 - i) * size;
        memcpy(item, x, size);
        memcpy(x, y, size);
        memcpy(y, item, size);
    }
    return OB_NONE;
}

OB_FN(m_byteswap) {
    py__array_body *b = ob_write(self);
    size_t size = py__array_code_of(self)->size;
    if (!b) return OB_NULL;
    for (uint8_t *p = b->data, *end = p + b->len * size; p < end; p += size)
        for (size_t i = 0; i < size / 2; i++) {
            uint8_t t = p[i];
            p[i] = p[size - 1 - i];
            p[size - 1 - i] = t;
        }
    return OB_NONE;
}

OB_FN(m_buffer_info) {
    const py__array_body *b = py__array_read(self);
    ob_val address = ob_int_from_u64((uint64_t)(uintptr_t)b->data), len = ob_from_small((int64_t)b->len);
    return ob_is_null(address) ? address : ob_tuple_of2(address, len);
}

OB_FN(m_copy) {
    ob_val v = py__array_new(&py__array_type, py__array_code_of(self), 0);
    return !ob_is_null(v) && py__array_extend(v, self) ? v : OB_NULL;
}

OB_FN(m_sizeof) { return ob_from_small((int64_t)(64 + py__array_read(self)->cap * py__array_code_of(self)->size)); }

/* ---- bytes, lists, text, files ---- */

OB_FN(m_tobytes) {
    const py__array_body *b = py__array_read(self);
    return ob_bytes_from(b->data, b->len * py__array_code_of(self)->size);
}

OB_FN(m_frombytes) {
    ob_buffer b;
    if (!ob_buffer_get(a[0], &b, false)) return OB_NULL;
    ob_val copy = ob_bytes_from(b.data, b.len);           /* the buffer may be this array's own */
    ob_buffer_release(&b);
    if (ob_is_null(copy)) return copy;
    return py__array_add_bytes(self, ob_bytes_ptr(copy)->data, ob_bytes_ptr(copy)->len) ? OB_NONE : OB_NULL;
}

OB_FN(m_fromlist) {
    if (!ob_is_list(a[0])) return ob_raise(&ob_exc_TypeError, "arg must be list");
    size_t before = py__array_read(self)->len;
    for (size_t i = 0; i < ob_list_len(a[0]); i++) {
        if (py__array_append(self, ob_list_at(a[0], i))) continue;
        ob_val e = ob_err_fetch();                        /* all or nothing */
        if (ob_is_null(e)) return OB_NULL;
        size_t now = py__array_read(self)->len;
        if (now > before && !py__array_splice(self, before, now - before, 0)) return OB_NULL;
        ob_err_restore(e);
        return OB_NULL;
    }
    return OB_NONE;
}

OB_FN(m_fromunicode) {
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "fromunicode() argument must be str, not %.50T", a[0]);
    if (py__array_code_of(self)->code != 'u') return ob_raise(&ob_exc_ValueError, "fromunicode() may only be called on unicode type arrays");
    return py__array_add_text(self, a[0]) ? OB_NONE : OB_NULL;
}

OB_FN(m_tounicode) {
    if (py__array_code_of(self)->code != 'u') return ob_raise(&ob_exc_ValueError, "tounicode() may only be called on unicode type arrays");
    return py__array_text(self);
}

OB_FN(m_tofile) {
    const size_t block = 64 * 1024;
    size_t size = py__array_code_of(self)->size, total = py__array_read(self)->len * size;
    ob_val write = ob_getattr_c(a[0], "write");
    if (ob_is_null(write)) return write;
    for (size_t at = 0; at < total; at += block) {
        const py__array_body *b = py__array_read(self);
        size_t have = b->len * size, left = have > at ? have - at : 0;
        ob_val bytes = ob_bytes_from(b->data + at, left < block ? left : block);
        if (ob_is_null(bytes) || ob_is_null(ob_call1(write, bytes))) return OB_NULL;
    }
    return OB_NONE;
}

OB_FN(m_fromfile) {
    int64_t n_items, bytes;
    if (!ob_index_i64(a[1], &n_items)) return OB_NULL;
    if (n_items < 0) return ob_raise(&ob_exc_ValueError, "negative count");
    if (__builtin_mul_overflow(n_items, (int64_t)py__array_code_of(self)->size, &bytes)) return ob_raise_memory();
    ob_val arg = ob_int_from_i64(bytes);
    ob_val b = ob_is_null(arg) ? arg : ob_call_method_c(a[0], "read", &arg, 1);
    if (ob_is_null(b)) return b;
    if (!ob_is_bytes(b)) return ob_raise(&ob_exc_TypeError, "read() didn't return bytes");
    if (!py__array_add_bytes(self, ob_bytes_ptr(b)->data, ob_bytes_ptr(b)->len)) return OB_NULL;
    if (ob_bytes_ptr(b)->len != (size_t)bytes) return ob_raise(&ob_exc_EOFError, "read() didn't return enough bytes");
    return OB_NONE;
}

/* ---- pickles ---- */

/* Machine layouts by number: LAYOUT(kind, bytes, big-endian). */
static const struct { char kind; uint8_t size, big; } layouts[] = {
    {'U', 1, 0}, {'S', 1, 0}, {'U', 2, 0}, {'U', 2, 1}, {'S', 2, 0}, {'S', 2, 1}, {'U', 4, 0}, {'U', 4, 1}, {'S', 4, 0}, {'S', 4, 1}, {'U', 8, 0},
    {'U', 8, 1}, {'S', 8, 0}, {'S', 8, 1}, {'F', 4, 0}, {'F', 4, 1}, {'F', 8, 0}, {'F', 8, 1}, {'T', 2, 0}, {'T', 2, 1}, {'T', 4, 0}, {'T', 4, 1},
};

static ob_val module_reconstructor;

OB_FN(m_reduce_ex) {
    int64_t protocol;
    if (!ob_index_i64(a[0], &protocol)) return OB_NULL;
    ob_val dict = ob_getattr_opt(self, OB_NAME(dict)), code = ob_str_from_char((unsigned char)py__array_code_of(self)->code);
    if (ob_failed()) return OB_NULL;
    if (ob_is_null(dict)) dict = OB_NONE;
    ob_val type = ob_type_val(ob_type_of(self));
    if (protocol < 3) {
        ob_val list = py__array_list(self);
        ob_val args = ob_is_null(list) ? list : ob_tuple_of2(code, list);
        return ob_is_null(args) ? args : ob_tuple_of3(type, args, dict);
    }
    ob_val items[] = {type, code, ob_from_small(py__array_code_of(self)->machine), m_tobytes(self, NULL, 0, OB_NULL)};
    ob_val args = ob_is_null(items[3]) ? OB_NULL : ob_tuple_from(items, BASE_LENGTH(items));
    return ob_is_null(args) ? args : ob_tuple_of3(module_reconstructor, args, dict);
}

/* One item of a foreign layout. */
static ob_val foreign_item(const uint8_t *p, unsigned layout) {
    uint8_t b[8] = {0};
    double d;
    float f;
    size_t size = layouts[layout].size;
    for (size_t i = 0; i < size; i++) b[i] = p[layouts[layout].big ? size - 1 - i : i];
    if (layouts[layout].kind != 'F') return ob_int_from_bytes(b, size, true, layouts[layout].kind == 'S');
    if (size == 8) { memcpy(&d, b, 8); return ob_float_from(d); }
    memcpy(&f, b, 4);
    return ob_float_from((double)f);
}

static bool add_foreign(ob_val v, unsigned layout, ob_val bytes) {
    static const char *const encodings[] = {"utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"};
    size_t n = ob_bytes_ptr(bytes)->len, size = layouts[layout].size;
    if (layouts[layout].kind == 'T') {
        ob_val name = ob_str_from_c(encodings[layout - 18]);
        ob_val text = ob_is_null(name) ? name : ob_call_method_c(bytes, "decode", &name, 1);
        return !ob_is_null(text) && py__array_add_text(v, text);
    }
    if (n % size) return ob_fail(ob_raise(&ob_exc_ValueError, "string length not a multiple of item size"));
    for (size_t i = 0; i < n; i += size) {
        ob_val x = foreign_item(ob_bytes_ptr(bytes)->data + i, layout);
        if (ob_is_null(x) || !py__array_append(v, x)) return false;
    }
    return true;
}

OB_FN(reconstruct) {
    int64_t layout;
    if (!ob_is_type(a[0])) return ob_raise(&ob_exc_TypeError, "first argument must be a type object, not %.200T", a[0]);
    if (!ob_type_is_subtype(ob_type_ptr(a[0]), &py__array_type))
        return ob_raise(&ob_exc_TypeError, "%.200s is not a subtype of %.200s", ob_type_ptr(a[0])->name, py__array_type.name);
    if (!ob_is_str(a[1]) || ob_str_len(a[1]) != 1)
        return ob_raise(&ob_exc_TypeError, "_array_reconstructor() argument 2 must be a unicode character, not %.50T", a[1]);
    if (!ob_index_clamp(a[2], &layout)) return OB_NULL;
    const py__array_code *c = py__array_find(ob_str_at(a[1], 0));
    if (!c) {
        ob_err_clear();
        return ob_raise(&ob_exc_ValueError, "second argument must be a valid type code");
    }
    if (layout < 0 || (size_t)layout >= BASE_LENGTH(layouts)) return ob_raise(&ob_exc_ValueError, "third argument must be a valid machine format code.");
    if (!ob_is_bytes(a[3])) return ob_raise(&ob_exc_TypeError, "fourth argument should be bytes, not %.200T", a[3]);
    ob_val v = ob_call1(a[0], a[1]);
    if (ob_is_null(v)) return v;
    if (!py__is_array(v)) return ob_raise(&ob_exc_TypeError, "array expected, not %.200T", v);
    bool ok = layout == c->machine ? py__array_add_bytes(v, ob_bytes_ptr(a[3])->data, ob_bytes_ptr(a[3])->len) : add_foreign(v, (unsigned)layout, a[3]);
    return ok ? v : OB_NULL;
}

const ob_def py__array_methods[] = {
    {"__copy__", m_copy, "", "A copy of the array.", 0},
    {"__deepcopy__", m_copy, "unused, /", "A copy of the array.", 0},
    {"__reduce_ex__", m_reduce_ex, "value, /", NULL, 0},
    {"__sizeof__", m_sizeof, "", "Size in memory, in bytes.", 0},
    {"append", m_append, "v, /", "Adds an item at the end.", 0},
    {"buffer_info", m_buffer_info, "", "The address of the items and their number.", 0},
    {"byteswap", m_byteswap, "", "Reverses the bytes of each item.", 0},
    {"count", m_count, "v, /", "How many items equal v.", 0},
    {"extend", m_extend, "bb, /", "Adds the items of an iterable.", 0},
    {"frombytes", m_frombytes, "buffer, /", "Adds items from their bytes.", 0},
    {"fromfile", m_fromfile, "f, n, /", "Adds n items from a file.", 0},
    {"fromlist", m_fromlist, "list, /", "Adds the items of a list.", 0},
    {"fromunicode", m_fromunicode, "ustr, /", "Adds the characters of a str.", 0},
    {"index", m_index, "v, start=0, stop=sys.maxsize, /", "The place of the first item that equals v.", 0},
    {"insert", m_insert, "i, v, /", "Inserts an item.", 0},
    {"pop", m_pop, "i=-1, /", "Removes an item and returns it.", 0},
    {"remove", m_remove, "v, /", "Removes the first item that equals v.", 0},
    {"reverse", m_reverse, "", "Reverses the order of the items.", 0},
    {"tobytes", m_tobytes, "", "The items' bytes.", 0},
    {"tofile", m_tofile, "f, /", "Writes the items' bytes to a file.", 0},
    {"tolist", m_tolist, "", "The items in a list.", 0},
    {"tounicode", m_tounicode, "", "The characters as a str.", 0},
    {NULL, NULL, NULL, NULL, 0},
};

static const ob_def defs[] = {
    {"_array_reconstructor", reconstruct, "arraytype, typecode, mformat_code, items, /", "Makes an array from its pickle.", 0},
    {NULL, NULL, NULL, NULL, 0},
};

static bool fill(ob_val m) {
    if (!pe_register(&py__array_codec)) return false;
    module_reconstructor = ob_getattr_c(m, "_array_reconstructor");
    return !ob_is_null(module_reconstructor) && ob_gc_add_static(&module_reconstructor) && ob_module_add_type(m, &py__array_type) && py_abc_register(&py__array_type, "MutableSequence") &&
           ob_module_add(m, "ArrayType", ob_type_val(&py__array_type)) && ob_type_ready(&py__array_iter_type) &&
           ob_module_add(m, "typecodes", ob_str_from_c("bBuhHiIlLqQfd"));
}

const ob_module_def py_mod_array = {"array", "Arrays of items of one C type.", defs, fill};
