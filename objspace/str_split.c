/* str_split.c: split, rsplit, splitlines, partition, rpartition.
 * Locks: none; the result lists are private until they are returned. */
#include "objspace/int.h"
#include "objspace/str_methods.h"
#include "objspace/tuple.h"

static bool is_space(ob_val s, size_t i) { return ob_uc_flags(ob_str_at(s, i)) & OB_UC_SPACE; }

static bool push(ob_val l, ob_val piece) { return ob__list_push(l, piece) && !ob_interrupted(); }

/* The next character from i on that is a space, or is none. */
static inline size_t scan(ob_val s, size_t i, size_t n, bool space) {
    if (LIKELY(ob_str_kind(s) == 1)) {
        const uint8_t *p = ob_str_ptr(s)->data;
        while (i < n && !(ob_latin1_flags[p[i]] & OB_UC_SPACE) == space) i++;
    } else while (i < n && is_space(s, i) != space) i++;
    return i;
}

static ob_val split_space(ob_val s, size_t max) {
    ob_val l = ob_list_new(8);
    if (ob_is_null(l)) return l;
    size_t n = ob_str_len(s), i = 0;
    for (size_t k = 0;; k++) {
        size_t start = scan(s, i, n, false);
        if (start == n) return l;
        i = k == max ? n : scan(s, start, n, true);
        if (!push(l, ob_str_slice(s, start, i))) return OB_NULL;
        if (k == max) return l;
    }
}

static ob_val split_byte(ob_val s, uint8_t sep, size_t max) {
    ob_val l = ob_list_new(8);
    if (ob_is_null(l)) return l;
    const uint8_t *p = ob_str_ptr(s)->data;
    for (size_t at = 0, n = ob_str_len(s);; max--) {
        size_t i = max ? ob_mem_next(p, at, n, sep) : n;
        if (!push(l, ob_str_slice(s, at, i))) return OB_NULL;
        if (i == n) return l;
        at = i + 1;
    }
}

static ob_val split_sep(ob_val s, ob_val sep, size_t max) {
    size_t at = 0, n = ob_str_len(s), m = ob_str_len(sep);
    if (m == 1 && ob_str_kind(s) == 1 && ob_str_kind(sep) == 1) return split_byte(s, ob_str_ptr(sep)->data[0], max);
    ob_val l = ob_list_new(8);
    if (ob_is_null(l)) return l;
    ssize_t i;
    for (size_t k = 0; k < max && (i = ob_str_find(s, sep, at, n)) >= 0; k++) {
        if (!push(l, ob_str_slice(s, at, (size_t)i))) return OB_NULL;
        at = (size_t)i + m;
    }
    return push(l, ob_str_slice(s, at, n)) ? l : OB_NULL;
}

static ob_val reversed(ob_val l) {
    ob_list_body *b = ob_write(l);
    if (b == NULL) return OB_NULL;
    for (size_t i = 0, j = b->len; i + 1 < j; i++) {
        ob_val x = b->items[i];
        b->items[i] = b->items[--j];
        b->items[j] = x;
    }
    return l;
}

static ob_val rsplit_space(ob_val s, size_t max) {
    ob_val l = ob_list_new(8);
    if (ob_is_null(l)) return l;
    size_t i = ob_str_len(s);
    for (size_t k = 0;; k++) {
        while (i > 0 && is_space(s, i - 1)) i--;
        if (i == 0) return reversed(l);
        size_t end = i;
        if (k == max) return push(l, ob_str_slice(s, 0, end)) ? reversed(l) : OB_NULL;
        while (i > 0 && !is_space(s, i - 1)) i--;
        if (!push(l, ob_str_slice(s, i, end))) return OB_NULL;
    }
}

static ob_val rsplit_sep(ob_val s, ob_val sep, size_t max) {
    ob_val l = ob_list_new(8);
    if (ob_is_null(l)) return l;
    const ob_str_obj *x = ob_str_ptr(s), *y = ob_str_ptr(sep);
    size_t end = x->len;
    ssize_t i;
    for (size_t k = 0; k < max && (i = ob_chars_rfind(x->data, x->o.aux, end, y->data, y->o.aux, y->len)) >= 0; k++) {
        if (!push(l, ob_str_slice(s, (size_t)i + y->len, end))) return OB_NULL;
        end = (size_t)i;
    }
    return push(l, ob_str_slice(s, 0, end)) ? reversed(l) : OB_NULL;
}

static ob_val split_any(ob_val self, const ob_val *a, bool right) {
    ssize_t count = -1;
    if (!ob_is_null(a[1]) && !ob__ssize_arg(a[1], &count)) return OB_NULL;
    size_t max = count < 0 ? SIZE_MAX : (size_t)count;
    if (ob_is_null(a[0]) || ob_is_none(a[0])) return right ? rsplit_space(self, max) : split_space(self, max);
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "must be str or None, not %.100T", a[0]);
    if (ob_str_len(a[0]) == 0) return ob_raise(&ob_exc_ValueError, "empty separator");
    return right ? rsplit_sep(self, a[0], max) : split_sep(self, a[0], max);
}

DEFINE_STR_METHOD(split) { return split_any(self, a, false); }
DEFINE_STR_METHOD(rsplit) { return split_any(self, a, true); }

DEFINE_STR_METHOD(splitlines) {
    int keep = 0;
    if (!ob_is_null(a[0]) && (keep = ob_truth(a[0])) < 0) return OB_NULL;
    ob_val l = ob_list_new(8);
    if (ob_is_null(l)) return l;
    size_t len = ob_str_len(self);
    for (size_t i = 0; i < len;) {
        size_t start = i;
        while (i < len && !(ob_uc_flags(ob_str_at(self, i)) & OB_UC_LINEBREAK)) i++;
        size_t end = i;
        if (i < len) i += ob_str_at(self, i) == '\r' && i + 1 < len && ob_str_at(self, i + 1) == '\n' ? 2 : 1;
        if (!push(l, ob_str_slice(self, start, keep ? i : end))) return OB_NULL;
    }
    return l;
}

static ob_val partition_any(ob_val self, ob_val sep, bool right) {
    if (!ob_is_str(sep)) return ob_raise(&ob_exc_TypeError, "must be str, not %.100T", sep);
    const ob_str_obj *x = ob_str_ptr(self), *y = ob_str_ptr(sep);
    if (y->len == 0) return ob_raise(&ob_exc_ValueError, "empty separator");
    ssize_t i = right ? ob_chars_rfind(x->data, x->o.aux, x->len, y->data, y->o.aux, y->len)
                      : ob_chars_find(x->data, x->o.aux, x->len, y->data, y->o.aux, y->len);
    if (i < 0) {
        ob_val all = ob__str_exact(self), none = OB_NAME(empty);
        if (ob_is_null(all)) return all;
        return right ? ob_tuple_of3(none, none, all) : ob_tuple_of3(all, none, none);
    }
    ob_val before = ob_str_slice(self, 0, (size_t)i), behind = ob_str_slice(self, (size_t)i + y->len, x->len), middle = ob__str_exact(sep);
    return ob_is_null(before) || ob_is_null(behind) || ob_is_null(middle) ? OB_NULL : ob_tuple_of3(before, middle, behind);
}

DEFINE_STR_METHOD(partition) { return partition_any(self, a[0], false); }
DEFINE_STR_METHOD(rpartition) { return partition_any(self, a[0], true); }
