/* bytes_split.c: split, partition, splitlines, replace and translate of bytes and bytearray.
 * Locks: none.  Offsets are kept instead of pointers, for making a piece of a bytearray allocates. */
#include "objspace/bytes_methods.h"
#include "objspace/list.h"
#include "objspace/tuple.h"

static bool is_space(uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* Signals are looked at where no handler can change what is being split. */
static bool push(ob_val l, ob_val self, const uint8_t *p, size_t from, size_t to) {
    return ob__list_push(l, ob__bytes_like(self, p + from, to - from)) && (!ob_is_bytes(self) || !ob_interrupted());
}

static bool split_space(ob_val l, ob_val self, const uint8_t *p, size_t n, size_t max) {
    for (size_t i = 0, k = 0;; k++) {
        while (i < n && is_space(p[i])) i++;
        if (i == n) return true;
        size_t start = i;
        if (k == max) return push(l, self, p, start, n);
        while (i < n && !is_space(p[i])) i++;
        if (!push(l, self, p, start, i)) return false;
    }
}

static bool split_sep(ob_val l, ob_val self, const uint8_t *p, size_t n, const ob_buffer *sep, size_t max) {
    size_t at = 0;
    ssize_t i;
    for (size_t k = 0; k < max && (i = ob_mem_find(p + at, n - at, sep->data, sep->len)) >= 0; k++) {
        if (!push(l, self, p, at, at + (size_t)i)) return false;
        at += (size_t)i + sep->len;
    }
    return push(l, self, p, at, n);
}

static bool rsplit_space(ob_val l, ob_val self, const uint8_t *p, size_t n, size_t max) {
    for (size_t i = n, k = 0;; k++) {
        while (i > 0 && is_space(p[i - 1])) i--;
        if (i == 0) return true;
        size_t end = i;
        if (k == max) return push(l, self, p, 0, end);
        while (i > 0 && !is_space(p[i - 1])) i--;
        if (!push(l, self, p, i, end)) return false;
    }
}

static bool rsplit_sep(ob_val l, ob_val self, const uint8_t *p, size_t n, const ob_buffer *sep, size_t max) {
    ssize_t i;
    for (size_t k = 0; k < max && (i = ob_mem_rfind(p, n, sep->data, sep->len)) >= 0; k++) {
        if (!push(l, self, p, (size_t)i + sep->len, n)) return false;
        n = (size_t)i;
    }
    return push(l, self, p, 0, n);
}

static void reverse(ob_val l) {
    ob_list_body *b = ob_write(l);
    for (size_t i = 0, j = b ? b->len : 0; i + 1 < j; i++) {
        ob_val x = b->items[i];
        b->items[i] = b->items[--j];
        b->items[j] = x;
    }
}

static ob_val split_any(ob_val self, const ob_val *a, bool right) {
    ssize_t count = -1;
    ob_buffer sep = {.owner = OB_NULL};
    bool given = !ob_is_null(a[0]) && !ob_is_none(a[0]), ok;
    if (!ob_is_null(a[1]) && !ob__ssize_arg(a[1], &count)) return OB_NULL;
    if (given && !ob_buffer_get(a[0], &sep, false)) return OB_NULL;
    size_t n, max = count < 0 ? SIZE_MAX : (size_t)count;
    const uint8_t *p = ob__bytes_data(self, &n);
    ob_val l = ob_list_new(8);
    if (ob_is_null(l)) ok = false;
    else if (given && sep.len == 0) ok = ob_fail(ob_raise(&ob_exc_ValueError, "empty separator"));
    else if (given) ok = right ? rsplit_sep(l, self, p, n, &sep, max) : split_sep(l, self, p, n, &sep, max);
    else ok = right ? rsplit_space(l, self, p, n, max) : split_space(l, self, p, n, max);
    if (given) ob_buffer_release(&sep);
    if (ok && right) reverse(l);
    return ok ? l : OB_NULL;
}
DEFINE_BYTES_METHOD(bytes_split) { return split_any(self, a, false); }
DEFINE_BYTES_METHOD(bytes_rsplit) { return split_any(self, a, true); }

DEFINE_BYTES_METHOD(bytes_splitlines) {
    int keep = ob_is_null(a[0]) ? 0 : ob_truth(a[0]);
    size_t len;
    ob_val l = keep < 0 ? OB_NULL : ob_list_new(8);
    if (ob_is_null(l)) return l;
    const uint8_t *p = ob__bytes_data(self, &len);
    for (size_t i = 0; i < len;) {
        size_t start = i;
        while (i < len && p[i] != '\n' && p[i] != '\r') i++;
        size_t end = i;
        if (i < len) i += p[i] == '\r' && i + 1 < len && p[i + 1] == '\n' ? 2 : 1;
        if (!push(l, self, p, start, keep ? i : end)) return OB_NULL;
    }
    return l;
}

static ob_val partition_any(ob_val self, ob_val sep, bool right) {
    ob_buffer b;
    size_t n;
    if (!ob_buffer_get(sep, &b, false)) return OB_NULL;
    if (b.len == 0) { ob_buffer_release(&b); return ob_raise(&ob_exc_ValueError, "empty separator"); }
    const uint8_t *p = ob__bytes_data(self, &n);
    ssize_t i = right ? ob_mem_rfind(p, n, b.data, b.len) : ob_mem_find(p, n, b.data, b.len);
    ob_val x, y, z;
    if (i < 0) {
        x = right ? ob__bytes_like(self, "", 0) : ob__bytes_same(self);
        y = ob__bytes_like(self, "", 0);
        z = right ? ob__bytes_same(self) : ob__bytes_like(self, "", 0);
    } else {
        x = ob__bytes_like(self, p, (size_t)i);
        y = ob_is_bytes(self) && ob_is_exact(sep, &ob_bytes_type) ? sep : ob__bytes_like(self, b.data, b.len);
        z = ob__bytes_like(self, p + (size_t)i + b.len, n - (size_t)i - b.len);
    }
    ob_buffer_release(&b);
    return ob_is_null(x) || ob_is_null(y) || ob_is_null(z) ? OB_NULL : ob_tuple_of3(x, y, z);
}
DEFINE_BYTES_METHOD(bytes_partition) { return partition_any(self, a[0], false); }
DEFINE_BYTES_METHOD(bytes_rpartition) { return partition_any(self, a[0], true); }

/* ---- replace ---- */
static size_t count_hits(const uint8_t *p, size_t n, const ob_buffer *old, size_t limit) {
    if (old->len == 0) return n + 1 < limit ? n + 1 : limit;
    return ob_mem_count(p, n, old->data, old->len, limit);
}

static ob_val replace_with(ob_val self, const ob_buffer *old, const ob_buffer *with, size_t limit) {
    size_t n, at = 0, total;
    uint8_t *out;
    const uint8_t *p = ob__bytes_data(self, &n);
    size_t hits = count_hits(p, n, old, limit);
    if (hits == 0) return ob__bytes_same(self);
    if (with->len > old->len && __builtin_mul_overflow(hits, with->len - old->len, &total)) return ob_raise(&ob_exc_OverflowError, "replace bytes is too long");
    total = n + hits * with->len - hits * old->len;
    ob_val r = ob__bytes_new_like(self, total, &out);
    if (ob_is_null(r)) return r;
    for (size_t k = 0; k < hits; k++) {
        size_t to = old->len ? at + (size_t)ob_mem_find(p + at, n - at, old->data, old->len) : at;
        memcpy(out, p + at, to - at);
        out += to - at;
        memcpy(out, with->data, with->len);
        out += with->len;
        at = to + old->len;
        if (old->len == 0 && at < n && k + 1 <= hits) *out++ = p[at++];
    }
    memcpy(out, p + at, n - at);
    return r;
}

DEFINE_BYTES_METHOD(bytes_replace) {
    ssize_t count = -1;
    ob_buffer old, with;
    if (!ob_is_null(a[2]) && !ob__ssize_arg(a[2], &count)) return OB_NULL;
    if (!ob_buffer_get(a[0], &old, false)) return OB_NULL;
    if (!ob_buffer_get(a[1], &with, false)) { ob_buffer_release(&old); return OB_NULL; }
    ob_val r = replace_with(self, &old, &with, count < 0 ? SIZE_MAX : (size_t)count);
    ob_buffer_release(&with);
    ob_buffer_release(&old);
    return r;
}

/* ---- translate ---- */
DEFINE_BYTES_METHOD(bytes_translate) {
    ob_buffer table = {.owner = OB_NULL}, del = {.owner = OB_NULL};
    bool has_table = !ob_is_none(a[0]), has_del = !ob_is_null(a[1]), drop[256] = {0};
    size_t len, k = 0;
    ob_val r = OB_NULL;
    if (has_table && !ob_buffer_get(a[0], &table, false)) return OB_NULL;
    if (has_table && table.len != 256) { ob_raise(&ob_exc_ValueError, "translation table must be 256 characters long"); has_del = false; goto out; }
    if (has_del && !ob_buffer_get(a[1], &del, false)) { has_del = false; goto out; }
    for (size_t i = 0; has_del && i < del.len; i++) drop[del.data[i]] = true;
    const uint8_t *p = ob__bytes_data(self, &len);
    uint8_t *block = ob_block_alloc(len + 1);
    if (block == NULL) goto out;
    for (size_t i = 0; i < len; i++) if (!drop[p[i]]) block[k++] = has_table ? table.data[p[i]] : p[i];
    r = ob__bytes_like(self, block, k);
    ob_block_free(block, len + 1);
out:
    if (has_table) ob_buffer_release(&table);
    if (has_del) ob_buffer_release(&del);
    return r;
}

DEFINE_BYTES_METHOD(bytes_maketrans) {
    ob_buffer from, to;
    uint8_t table[256];
    if (!ob_buffer_get(a[0], &from, false)) return OB_NULL;
    if (!ob_buffer_get(a[1], &to, false)) { ob_buffer_release(&from); return OB_NULL; }
    bool ok = from.len == to.len;
    for (unsigned i = 0; i < 256; i++) table[i] = (uint8_t)i;
    for (size_t i = 0; ok && i < from.len; i++) table[from.data[i]] = to.data[i];
    ob_buffer_release(&from);
    ob_buffer_release(&to);
    return ok ? ob_bytes_from(table, 256) : ob_raise(&ob_exc_ValueError, "maketrans arguments must have same length");
}
