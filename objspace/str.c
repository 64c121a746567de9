/* str.c: strings: creation, conversion, hashing, comparison, searching, concatenation, and the type object.
 * Locks: none; strings are immutable.  hash is filled idempotently.
 * S1  A string's kind is the narrowest that holds its characters, OB_F_ASCII is set exactly when all are < 128, so equal strings have equal
 *     memory.                                                                                         (ob_str_alloc's callers) */
#include "objspace/str.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/utf8.h"
#include "objspace/codecs.h"
#include "objspace/int.h"
#include "objspace/iter.h"
#include "objspace/str_int.h"
#include "objspace/tuple.h"
#include "objspace/type_make.h"
#include <stdlib.h>

static ob_val latin1_chars[256];         /* shared one-character strings; traced by chars_root */
base_hash_key ob_hash_key;

/* ---- creation ---- */
static ob_val alloc_of(ob_type *t, size_t len, uint32_t max_char) {
    unsigned kind = ob_char_kind(max_char);
    size_t total;
    if (UNLIKELY(!base_mem_size(len, kind, sizeof(ob_str_obj) + kind, &total))) return ob_raise_memory();
    ob_str_obj *s = ob_alloc_leaf_as(t, total, max_char < 0x80 ? OB_F_ASCII : 0, kind);
    if (UNLIKELY(s == NULL)) return OB_NULL;
    atomic_store_explicit(&s->hash, 0, memory_order_relaxed);
    s->len = len;
    ob_char_put(s->data, kind, len, 0);
    return ob_of(s);
}

ob_val ob_str_alloc(size_t len, uint32_t max_char) { return alloc_of(&ob_str_type, len, max_char); }

void ob_chars_copy(void *dst, unsigned dk, const void *src, unsigned sk, size_t n) {
    if (dk == sk) { memcpy(dst, src, n * dk); return; }
#define COPY(D, S) for (size_t i = 0; i < n; i++) ((D *)dst)[i] = (D)((const S *)src)[i]
    if (dk == 2 && sk == 1) COPY(uint16_t, uint8_t);
    else if (dk == 4 && sk == 1) COPY(uint32_t, uint8_t);
    else if (dk == 4 && sk == 2) COPY(uint32_t, uint16_t);
    else if (dk == 1 && sk == 2) COPY(uint8_t, uint16_t);
    else if (dk == 1 && sk == 4) COPY(uint8_t, uint32_t);
    else COPY(uint16_t, uint32_t);
#undef COPY
}

size_t ob_ascii_prefix(const uint8_t *p, size_t n) {
    size_t i = 0;
    uint64_t a, b;
    for (; i + 16 <= n; i += 16) {
        memcpy(&a, p + i, 8);
        memcpy(&b, p + i + 8, 8);
        if ((a | b) & UINT64_C(0x8080808080808080)) break;
    }
    while (i < n && p[i] < 0x80) i++;
    return i;
}

uint32_t ob_chars_widest(const void *data, unsigned kind, size_t n) {
    uint32_t all = 0;
    if (kind == 1) return ob_ascii_prefix(data, n) == n ? 0x7f : 0xff;
    if (kind == 2) {
        uint16_t bits = 0;
        for (size_t i = 0; i < n; i++) bits |= ((const uint16_t *)data)[i];
        all = bits;
    } else
        for (size_t i = 0; i < n; i++) all |= ((const uint32_t *)data)[i];
    return all < 0x80 ? 0x7f : all < 0x100 ? 0xff : all < 0x10000 ? 0xffff : 0x10ffff;
}

ob_val ob_str_from_kind(const void *data, unsigned kind, size_t n) {
    if (n == 0) return OB_NAME(empty);
    if (n == 1) return ob_str_from_char(ob_char_at(data, kind, 0));
    uint32_t widest = ob_chars_widest(data, kind, n);
    ob_val s = ob_str_alloc(n, widest);
    if (!ob_is_null(s)) ob_chars_copy(ob_str_ptr(s)->data, ob_char_kind(widest), data, kind, n);
    return s;
}

ob_val ob_str_from_latin1(const uint8_t *p, size_t n) { return ob_str_from_kind(p, 1, n); }
ob_val ob_str_from_ucs4(const uint32_t *p, size_t n) { return ob_str_from_kind(p, 4, n); }

ob_val ob_str_from_char(uint32_t c) {
    if (LIKELY(c < 256 && !ob_is_null(latin1_chars[c]))) return latin1_chars[c];
    ob_val s = ob_str_alloc(1, c);
    if (!ob_is_null(s)) ob_char_put(ob_str_ptr(s)->data, ob_str_kind(s), 0, c);
    return s;
}

/* Non-ASCII but well-formed (surrogates allowed). */
static ob_val from_wide_utf8(const char *p, size_t n) {
    uint32_t widest, c;
    size_t len = base_utf8_count(p, n, &widest);
    ob_val s = ob_str_alloc(len, widest);
    if (ob_is_null(s)) return s;
    unsigned kind = ob_str_kind(s);
    void *data = ob_str_ptr(s)->data;
    for (size_t i = 0, at = 0; at < n; i++) {
        if (!((uint8_t)p[at] & 0x80)) c = (uint8_t)p[at++];
        else at += base_utf8_decode(p + at, n - at, true, &c, NULL);
        ob_char_put(data, kind, i, c);
    }
    return s;
}

ob_val ob_str_from_utf8(const char *p, size_t n) {
    if (n == 0) return OB_NAME(empty);
    if (n == 1 && !((uint8_t)*p & 0x80)) return ob_str_from_char((uint8_t)*p);
    size_t ascii = ob_ascii_prefix((const uint8_t *)p, n);
    if (LIKELY(ascii == n)) {
        ob_val s = ob_str_alloc(n, 0x7f);
        if (!ob_is_null(s)) ob_bytes_copy(ob_str_ptr(s)->data, (const uint8_t *)p, n);
        return s;
    }
    if (base_utf8_check(p, n, true) != n) return ob_utf8_decode((const uint8_t *)p, n, NULL, NULL);
    ob_val s = from_wide_utf8(p, n);
    return !ob_is_null(s) && ob_str_len(s) == 1 ? ob_str_from_char(ob_str_at(s, 0)) : s;
}

ob_val ob_str_from_c(const char *s) { return ob_str_from_utf8(s, strlen(s)); }

ob_val ob__str_of_type(ob_type *t, ob_val s) {
    ob_val r = alloc_of(t, ob_str_len(s), ob_str_max(s));
    if (!ob_is_null(r)) memcpy(ob_str_ptr(r)->data, ob_str_ptr(s)->data, ob_str_len(s) * ob_str_kind(s));
    return r;
}

ob_val ob__str_exact(ob_val s) {
    if (LIKELY(ob_is_exact(s, &ob_str_type))) return s;
    return ob_str_from_kind(ob_str_ptr(s)->data, ob_str_kind(s), ob_str_len(s));
}

/* ---- to UTF-8 ---- */
/* which: 's' strict, 'w' surrogates as three bytes, 'e' surrogateescape */
static const char *to_utf8(ob_val v, size_t *len, char which) {
    const ob_str_obj *s = ob_str_ptr(v);
    if (LIKELY(ob_str_is_ascii(v))) {
        if (len) *len = s->len;
        return (const char *)s->data;
    }
    size_t need = 1, at = 0;
    for (size_t i = 0; i < s->len; i++) need += base_utf8_length(ob_str_at(v, i));
    char *out = ob_block_alloc(need);
    if (out == NULL) return NULL;
    for (size_t i = 0; i < s->len; i++) {
        uint32_t c = ob_str_at(v, i);
        if (UNLIKELY(c >= 0xd800 && c < 0xe000 && which != 'w')) {
            if (which == 'e' && c >= 0xdc80 && c <= 0xdcff) { out[at++] = (char)(c - 0xdc00); continue; }
            return ob_fail_ptr(ob_raise_encode_error("utf-8", v, i, i + 1, "surrogates not allowed"));
        }
        at += base_utf8_encode(c, out + at);
    }
    out[at] = 0;
    if (len) *len = at;
    return out;
}

const char *ob_str_utf8(ob_val s, size_t *len) { return to_utf8(s, len, 's'); }
const char *ob_str_wtf8(ob_val s, size_t *len) { return to_utf8(s, len, 'w'); }

const char *ob_str_fsencode(ob_val s, size_t *len) {
    size_t n;
    const char *p = to_utf8(s, &n, 'e');
    if (p == NULL) return NULL;
    if (memchr(p, 0, n)) return ob_fail_ptr(ob_raise(&ob_exc_ValueError, "embedded null byte"));
    if (len) *len = n;
    return p;
}

ob_val ob_str_fsdecode(const char *s, size_t len) { return ob_utf8_decode((const uint8_t *)s, len, "surrogateescape", NULL); }

ob_val ob_fspath(ob_val path) {
    if (ob_is_str(path) || ob_is_bytes(path)) return path;
    ob_val m = ob_lookup_special(path, OB_NAME(fspath));
    if (ob_is_null(m))
        return ob_failed() ? OB_NULL : ob_raise(&ob_exc_TypeError, "expected str, bytes or os.PathLike object, not %.200T", path);
    ob_val r = ob_call0(m);
    if (ob_is_null(r) || ob_is_str(r) || ob_is_bytes(r)) return r;
    return ob_raise(&ob_exc_TypeError, "expected %.200T.__fspath__() to return str or bytes, not %.200T", path, r);
}

/* ---- hash and comparison ---- */
/* PYTHONHASHSEED numbers expand by the linear congruential generator that makes sets print in the same order as python3's. */
void ob_hash_init(const char *seed) {
    char *end;
    unsigned long n = seed && *seed && strcmp(seed, "random") ? strtoul(seed, &end, 10) : 0;
    if (seed == NULL || !*seed || !strcmp(seed, "random")) {
        base_rand_entropy(&ob_hash_key, sizeof ob_hash_key);
        return;
    }
    uint32_t x = (uint32_t)n;
    uint8_t bytes[16] = {0};
    for (size_t i = 0; n != 0 && i < sizeof bytes; i++) {
        x = x * 214013u + 2531011u;
        bytes[i] = (uint8_t)(x >> 16);
    }
    memcpy(&ob_hash_key, bytes, sizeof ob_hash_key);
}

uint64_t ob_hash_of_bytes(const void *p, size_t n) {
    if (n == 0) return 0;
    uint64_t h = base_hash_bytes(&ob_hash_key, p, n);
    return UNLIKELY(h == UINT64_MAX) ? UINT64_MAX - 1 : h;
}

uint64_t ob_str_hash(ob_val v) {
    ob_str_obj *s = ob_str_ptr(v);
    uint64_t h = atomic_load_explicit(&s->hash, memory_order_relaxed);
    if (LIKELY(h != 0)) return h;
    h = ob_hash_of_bytes(s->data, s->len * s->o.aux);
    atomic_store_explicit(&s->hash, h, memory_order_relaxed);
    return h;
}

bool ob_str_equal(ob_val a, ob_val b) {
    if (ob_same(a, b)) return true;
    const ob_str_obj *x = ob_str_ptr(a), *y = ob_str_ptr(b);
    if (x->len != y->len || x->o.aux != y->o.aux) return false;
    if (ob_flags(x) & ob_flags(y) & OB_F_INTERNED) return false;
    return memcmp(x->data, y->data, x->len * x->o.aux) == 0;
}

bool ob_str_equal_c(ob_val a, const char *ascii) {
    const ob_str_obj *s = ob_str_ptr(a);
    return s->o.aux == 1 && strlen(ascii) == s->len && memcmp(s->data, ascii, s->len) == 0;
}

int ob_str_cmp(ob_val a, ob_val b) {
    const ob_str_obj *x = ob_str_ptr(a), *y = ob_str_ptr(b);
    size_t n = x->len < y->len ? x->len : y->len;
    if (x->o.aux == 1 && y->o.aux == 1) {
        int c = memcmp(x->data, y->data, n);
        if (c) return c < 0 ? -1 : 1;
    } else
        for (size_t i = 0; i < n; i++) {
            uint32_t c = ob_str_at(a, i), d = ob_str_at(b, i);
            if (c != d) return c < d ? -1 : 1;
        }
    return x->len < y->len ? -1 : x->len > y->len;
}

/* ---- searching ---- */
/* Candidates are where the first byte stands; when those mislead too often, memmem's linear search takes over. */
ssize_t ob_mem_find(const uint8_t *hay, size_t n, const uint8_t *needle, size_t m) {
    if (m == 0) return 0;
    if (m > n) return -1;
    const uint8_t *p = hay, *last = hay + (n - m);
    for (unsigned misses = 0; misses < 16; misses++, p++) {
        if (p > last || (p = memchr(p, *needle, (size_t)(last - p) + 1)) == NULL) return -1;
        if (m == 1 || (p[m - 1] == needle[m - 1] && memcmp(p + 1, needle + 1, m - 1) == 0)) return p - hay;
    }
    p = memmem(p, n - (size_t)(p - hay), needle, m);
    return p ? p - hay : -1;
}

ssize_t ob_mem_rfind(const uint8_t *hay, size_t n, const uint8_t *needle, size_t m) {
    if (m > n) return -1;
    if (m == 0) return (ssize_t)n;
    for (size_t left = n - m + 1; left > 0;) {           /* candidates for the first byte: hay[0..left) */
        const uint8_t *p = memrchr(hay, *needle, left);
        if (p == NULL) return -1;
        if (m == 1 || memcmp(p + 1, needle + 1, m - 1) == 0) return p - hay;
        left = (size_t)(p - hay);
    }
    return -1;
}

size_t ob_mem_count(const uint8_t *hay, size_t n, const uint8_t *needle, size_t m, size_t limit) {
    size_t hits = 0, at = 0;
    ssize_t i;
    if (m == 1) {
        for (size_t k = 0; k < n; k++) hits += hay[k] == *needle;
        return hits < limit ? hits : limit;
    }
    for (; hits < limit && (i = ob_mem_find(hay + at, n - at, needle, m)) >= 0; hits++) at += (size_t)i + m;
    return hits;
}

/* The needle in the hay's kind; NULL: it cannot occur. buf: for short ones. *heap: to be freed. */
static const void *widen_needle(const void *needle, unsigned nk, size_t m, unsigned hk, void *buf, size_t room, void **heap) {
    if (nk == hk) return needle;
    if (nk > hk) return NULL;
    void *to = m * hk <= room ? buf : (*heap = base_mem_alloc(m * hk));
    if (to) ob_chars_copy(to, hk, needle, nk, m);
    return to;
}

static ssize_t wide_find(const uint8_t *hay, unsigned kind, size_t n, const uint8_t *needle, size_t m) {
    if (m == 1) {
        uint32_t c = ob_char_at(needle, kind, 0);
        for (size_t i = 0; i < n; i++) if (ob_char_at(hay, kind, i) == c) return (ssize_t)i;
        return -1;
    }
    const uint8_t *p = hay, *end = hay + n * kind;
    while ((p = memmem(p, (size_t)(end - p), needle, m * kind)) != NULL) {
        if ((size_t)(p - hay) % kind == 0) return (p - hay) / (ssize_t)kind;
        p++;
    }
    return -1;
}

ssize_t ob_chars_find(const void *hay, unsigned hk, size_t n, const void *needle, unsigned nk, size_t m) {
    if (m > n) return -1;
    if (m == 0) return 0;
    if (LIKELY(hk == 1 && nk == 1)) return ob_mem_find(hay, n, needle, m);
    uint32_t small[64];
    void *heap = NULL;
    const void *same = widen_needle(needle, nk, m, hk, small, sizeof small, &heap);
    ssize_t r = same ? wide_find(hay, hk, n, same, m) : -1;
    base_mem_free(heap);
    return r;
}

ssize_t ob_chars_rfind(const void *hay, unsigned hk, size_t n, const void *needle, unsigned nk, size_t m) {
    if (m > n) return -1;
    if (m == 0) return (ssize_t)n;
    if (LIKELY(hk == 1 && nk == 1)) return ob_mem_rfind(hay, n, needle, m);
    uint32_t small[64];
    void *heap = NULL;
    const void *same = widen_needle(needle, nk, m, hk, small, sizeof small, &heap);
    ssize_t r = -1;
    if (same)
        for (size_t i = n - m + 1; i-- > 0;)
            if (memcmp((const char *)hay + i * hk, same, m * hk) == 0) { r = (ssize_t)i; break; }
    base_mem_free(heap);
    return r;
}

ssize_t ob_str_find(ob_val s, ob_val sub, size_t start, size_t end) {
    const ob_str_obj *h = ob_str_ptr(s), *t = ob_str_ptr(sub);
    if (end > h->len) end = h->len;
    if (start > end) return -1;
    ssize_t i = ob_chars_find(h->data + start * h->o.aux, h->o.aux, end - start, t->data, t->o.aux, t->len);
    return i < 0 ? -1 : i + (ssize_t)start;
}

/* ---- putting together and cutting ---- */
ob_val ob_str_concat(ob_val a, ob_val b) {
    const ob_str_obj *x = ob_str_ptr(a), *y = ob_str_ptr(b);
    if (x->len == 0) return ob__str_exact(b);
    if (y->len == 0) return ob__str_exact(a);
    uint32_t ma = ob_str_max(a), mb = ob_str_max(b);
    ob_val r = ob_str_alloc(x->len + y->len, ma > mb ? ma : mb);
    if (UNLIKELY(ob_is_null(r))) return r;
    ob_str_obj *z = ob_str_ptr(r);
    if (LIKELY(z->o.aux == 1)) {
        ob_bytes_copy(z->data, x->data, x->len);
        ob_bytes_copy(z->data + x->len, y->data, y->len);
    } else {
        ob_chars_copy(z->data, z->o.aux, x->data, x->o.aux, x->len);
        ob_chars_copy(z->data + x->len * z->o.aux, z->o.aux, y->data, y->o.aux, y->len);
    }
    return r;
}

ob_val ob_str_slice(ob_val s, size_t start, size_t end) {
    const ob_str_obj *x = ob_str_ptr(s);
    if (end > x->len) end = x->len;
    if (start >= end) return OB_NAME(empty);
    size_t n = end - start;
    if (n == x->len) return ob__str_exact(s);
    if (n == 1) return ob_str_from_char(ob_str_at(s, start));
    if (LIKELY(ob_str_is_ascii(s))) {
        ob_val r = ob_str_alloc(n, 0x7f);
        if (!ob_is_null(r)) ob_bytes_copy(ob_str_ptr(r)->data, x->data + start, n);
        return r;
    }
    return ob_str_from_kind(x->data + start * x->o.aux, x->o.aux, n);
}

/* Length and width of a join; false: TypeError or too long. */
static bool join_measure(ob_val sep, const ob_val *items, size_t n, size_t *total, uint32_t *max) {
    size_t len = 0;
    *max = n > 1 ? ob_str_max(sep) : 0;
    for (size_t i = 0; i < n; i++) {
        if (UNLIKELY(!ob_is_str(items[i])))
            return ob_fail(ob_raise(&ob_exc_TypeError, "sequence item %zd: expected str instance, %.80T found", (ssize_t)i, items[i]));
        uint32_t m = ob_str_max(items[i]);
        if (m > *max) *max = m;
        len += ob_str_len(items[i]);
    }
    size_t seps;
    if (n > 1 && (__builtin_mul_overflow(n - 1, ob_str_len(sep), &seps) || __builtin_add_overflow(len, seps, &len) || len > SIZE_MAX / 8))
        return ob_fail(ob_raise(&ob_exc_OverflowError, "join() result is too long for a Python string"));
    *total = len;
    return true;
}

static uint8_t *join_wide(uint8_t *p, unsigned kind, const ob_str_obj *x) {
    ob_chars_copy(p, kind, x->data, x->o.aux, x->len);
    return p + x->len * kind;
}

ob_val ob_str_join(ob_val sep, const ob_val *items, size_t n) {
    size_t total;
    uint32_t max;
    if (n == 0) return OB_NAME(empty);
    if (n == 1 && ob_is_exact(items[0], &ob_str_type)) return items[0];
    if (!join_measure(sep, items, n, &total, &max)) return OB_NULL;
    if (total == 0) return OB_NAME(empty);
    ob_val r = ob_str_alloc(total, max);
    if (ob_is_null(r)) return r;
    const ob_str_obj *s = ob_str_ptr(sep), *x;
    unsigned kind = ob_str_kind(r);
    uint8_t *p = ob_str_ptr(r)->data;
    if (kind > 1) {
        for (size_t i = 0; i < n; i++) {
            if (i && s->len) p = join_wide(p, kind, s);
            p = join_wide(p, kind, ob_str_ptr(items[i]));
        }
        return r;
    }
    for (size_t i = 0; i < n; i++, p += x->len) {
        if (i && s->len) {
            ob_bytes_copy(p, s->data, s->len);
            p += s->len;
        }
        x = ob_str_ptr(items[i]);
        ob_bytes_copy(p, x->data, x->len);
    }
    return r;
}

static ob_val repeat(ob_val s, int64_t times) {
    const ob_str_obj *x = ob_str_ptr(s);
    if (times <= 0 || x->len == 0) return OB_NAME(empty);
    if (times == 1) return ob__str_exact(s);
    size_t n;
    if (__builtin_mul_overflow(x->len, (size_t)times, &n) || n > SIZE_MAX / 8)
        return ob_raise(&ob_exc_OverflowError, "repeated string is too long");
    ob_val r = ob_str_alloc(n, ob_str_max(s));
    if (ob_is_null(r)) return r;
    uint8_t *p = ob_str_ptr(r)->data;
    size_t unit = x->len * x->o.aux, all = n * x->o.aux;
    if (unit == 1) { memset(p, x->data[0], all); return r; }
    memcpy(p, x->data, unit);
    for (size_t done = unit; done < all;) {
        size_t more = done < all - done ? done : all - done;
        memcpy(p + done, p, more);
        done += more;
    }
    return r;
}

/* ---- slots ---- */
static bool slot_hash(ob_val s, uint64_t *out) { *out = ob_str_hash(s); return true; }
static ssize_t slot_len(ob_val s) { return (ssize_t)ob_str_len(s); }
static int slot_truth(ob_val s) { return ob_str_len(s) != 0; }
static ob_val slot_str(ob_val s) { return ob__str_exact(s); }

static ob_val slot_cmp(ob_val a, ob_val b, ob_cmp_op op) {
    if (!ob_is_str(b)) return OB_NOT_IMPLEMENTED;
    if (op == OB_EQ) return ob_bool(ob_str_equal(a, b));
    if (op == OB_NE) return ob_bool(!ob_str_equal(a, b));
    int c = ob_same(a, b) ? 0 : ob_str_cmp(a, b);
    return ob_bool(op == OB_LT ? c < 0 : op == OB_LE ? c <= 0 : op == OB_GT ? c > 0 : c >= 0);
}

/* count characters from start on, every step-th. */
static ob_val stepped(ob_val s, int64_t start, int64_t step, size_t count) {
    const ob_str_obj *x = ob_str_ptr(s);
    if (count == 1) return ob_str_from_char(ob_str_at(s, (size_t)start));
    ob_val r = ob_str_alloc(count, ob_str_max(s));
    if (ob_is_null(r)) return r;
    uint8_t *to = ob_str_ptr(r)->data;
#define EVERY(T) for (size_t i = 0; i < count; i++, start += step) ((T *)to)[i] = ((const T *)x->data)[start]
    if (x->o.aux == 1) EVERY(uint8_t);
    else if (x->o.aux == 2) EVERY(uint16_t);
    else EVERY(uint32_t);
#undef EVERY
    return ob_str_is_ascii(s) ? r : ob_str_from_kind(to, x->o.aux, count);
}

static ob_val slot_getitem(ob_val s, ob_val key) {
    int64_t i, start, stop, step;
    size_t len = ob_str_len(s), count;
    if (LIKELY(ob_is_small(key))) i = ob_to_small(key);
    else if (ob_is_exact(key, &ob_slice_type)) {
        if (!ob_slice_indices(key, len, &start, &stop, &step, &count)) return OB_NULL;
        if (step == 1) return ob_str_slice(s, (size_t)start, (size_t)start + count);
        return count ? stepped(s, start, step, count) : OB_NAME(empty);
    } else if (!ob__has_index(key))
        return ob_raise(&ob_exc_TypeError, "string indices must be integers, not '%.200T'", key);
    else if (!ob_index_i64(key, &i)) return OB_NULL;
    if (i < 0) i += (int64_t)len;
    if (UNLIKELY(i < 0 || (uint64_t)i >= len)) return ob_raise(&ob_exc_IndexError, "string index out of range");
    return ob_str_from_char(ob_str_at(s, (size_t)i));
}

static int slot_contains(ob_val s, ob_val x) {
    if (!ob_is_str(x)) return ob_fail_int(ob_raise(&ob_exc_TypeError, "'in <string>' requires string as left operand, not %.100T", x));
    const ob_str_obj *h = ob_str_ptr(s), *t = ob_str_ptr(x);
    if (t->len == 1 && h->o.aux == 1 && t->o.aux == 1) return memchr(h->data, t->data[0], h->len) != NULL;
    return ob_str_find(s, x, 0, ob_str_len(s)) >= 0;
}

/* The other operand's own operator: a sequence's + and * come last, as in CPython. OB_NOT_IMPLEMENTED: it has none. */
static ob_val other_first(ob_bin_op op, ob_val a, ob_val b) {
    ob_val (*f)(ob_val, ob_val) = ob_type_of(b)->slots.binary[op];
    return f && f != ob_type_of(a)->slots.binary[op] ? f(a, b) : OB_NOT_IMPLEMENTED;
}

static ob_val slot_add(ob_val a, ob_val b) {
    if (LIKELY(ob_is_str(a) && ob_is_str(b))) return ob_str_concat(a, b);
    if (!ob_is_str(a)) return OB_NOT_IMPLEMENTED;
    ob_val r = other_first(OB_BIN_ADD, a, b);
    if (!ob_same(r, OB_NOT_IMPLEMENTED)) return r;
    return ob_raise(&ob_exc_TypeError, "can only concatenate str (not \"%.200T\") to str", b);
}

static ob_val slot_mul(ob_val a, ob_val b) {
    int64_t n;
    if (!ob_is_str(a)) { ob_val t = a; a = b; b = t; }
    if (LIKELY(ob_is_small(b))) return repeat(a, ob_to_small(b));
    if (!ob_is_int(b)) {
        ob_val r = ob__repeats(b) ? OB_NOT_IMPLEMENTED : other_first(OB_BIN_MUL, a, b);
        if (!ob_same(r, OB_NOT_IMPLEMENTED)) return r;
        if (!ob__has_index(b)) return ob_raise(&ob_exc_TypeError, "can't multiply sequence by non-int of type '%.200T'", b);
    }
    if (!ob_index_i64(b, &n)) {
        if (ob_err_clear_if(&ob_exc_IndexError)) ob_raise(&ob_exc_OverflowError, "cannot fit '%.200T' into an index-sized integer", b);
        return OB_NULL;
    }
    return repeat(a, n);
}

static ob_val slot_mod(ob_val a, ob_val b) { return ob_is_str(a) ? ob_str_format_percent(a, b) : OB_NOT_IMPLEMENTED; }

static ob_val make_from(ob_val object, ob_val encoding, ob_val errors) {
    if (ob_is_null(object)) return OB_NAME(empty);
    if (ob_is_null(encoding) && ob_is_null(errors)) return ob_str(object);
    const char *enc = NULL, *err = NULL;
    if (!ob_is_null(encoding) && (!ob_is_str(encoding) || !(enc = ob_str_utf8(encoding, NULL))))
        return ob_failed() ? OB_NULL : ob_raise(&ob_exc_TypeError, "str() argument 'encoding' must be str, not %.200T", encoding);
    if (!ob_is_null(errors) && (!ob_is_str(errors) || !(err = ob_str_utf8(errors, NULL))))
        return ob_failed() ? OB_NULL : ob_raise(&ob_exc_TypeError, "str() argument 'errors' must be str, not %.200T", errors);
    if (ob_is_str(object)) return ob_raise(&ob_exc_TypeError, "decoding str is not supported");
    if (!ob_is_buffer(object)) return ob_raise(&ob_exc_TypeError, "decoding to str: need a bytes-like object, %.80T found", object);
    return ob_codec_decode_value(object, enc, err);
}

static ob_val slot_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    static const char *const names[] = {"object", "encoding", "errors"};
    ob_val v[3];
    if (t == &ob_str_type && n == 1 && ob_is_null(kw)) return ob_str(a[0]);
    if (!ob__bind("str", names, 0, 0, 3, a, n, kw, v)) return OB_NULL;
    ob_val s = make_from(v[0], v[1], v[2]);
    if (ob_is_null(s) || t == &ob_str_type) return s;
    return ob__str_of_type(t, s);
}

/* ---- iterator ---- */
static size_t seq_iter_size(const tx_handle *h) { (void)h; return sizeof(ob_seq_iter_body); }
static void seq_iter_visit(const tx_handle *h, const void *body, void (*visit)(void *, uint64_t), void *arg) {
    (void)h;
    visit(arg, ((const ob_seq_iter_body *)body)->seq.w);
}
void ob__seq_iter_trace(ob_obj *o, const void *body, ob_tracer *t) { (void)o; ob_trace_val(t, ((const ob_seq_iter_body *)body)->seq); }
const tx_kind ob__seq_iter_kind = {.name = "sequence iterator", .body_size = seq_iter_size, .trace = seq_iter_visit};

ob_val ob__seq_iter_of(ob_type *t, ob_val seq) {
    tx_handle *h = ob_alloc_mut(t, sizeof(ob_seq_iter_body));
    if (h == NULL) return OB_NULL;
    ((ob_seq_iter_body *)tx_inline_body(h))->seq = seq;
    return ob_of(h);
}

static ob_val slot_iter(ob_val s) { return ob__seq_iter_of(&ob_str_iter_type, s); }
static ob_val self_iter(ob_val it) { return it; }

static ob_val str_next(ob_val it) {
    ob_seq_iter_body *w = ob_write(it);
    if (w == NULL || ob_is_null(w->seq)) return OB_NULL;
    ob_val seq = w->seq;
    if (UNLIKELY(w->i >= ob_str_len(seq))) { w->seq = OB_NULL; return OB_NULL; }
    return ob_str_from_char(ob_str_at(seq, w->i++));
}

static ob_val iter_length_hint(ob_val it, const ob_val *a, size_t n, ob_val kw) {
    (void)a; (void)n; (void)kw;
    const ob_seq_iter_body *r = ob_read(it);
    if (ob_is_null(r->seq)) return ob_from_small(0);
    size_t i = r->i;
    ssize_t len = ob_len(r->seq);
    return len < 0 ? OB_NULL : ob_from_small((size_t)len > i ? len - (ssize_t)i : 0);
}

static ob_val iter_reduce(ob_val it, const ob_val *a, size_t n, ob_val kw) {
    (void)a; (void)n; (void)kw;
    ob_val f = ob__from_builtins("iter");                     /* may run Python that advances us */
    if (ob_is_null(f)) return OB_NULL;
    ob_seq_iter_body r = *(const ob_seq_iter_body *)ob_read(it);
    if (ob_is_null(r.seq)) return ob_tuple_of2(f, ob_tuple_of1(ob_is_exact(it, &ob_str_iter_type) ? OB_NAME(empty) : ob_empty_tuple));
    return ob_tuple_of3(f, ob_tuple_of1(r.seq), ob_from_small((int64_t)r.i));
}

static ob_val iter_setstate(ob_val it, const ob_val *a, size_t n, ob_val kw) {
    (void)n; (void)kw;
    int64_t i;
    if (!ob_index_i64(a[0], &i)) return OB_NULL;
    ob_seq_iter_body *w = ob_write(it);
    if (w == NULL) return OB_NULL;
    if (!ob_is_null(w->seq)) w->i = i < 0 ? 0 : (size_t)i;
    return OB_NONE;
}

const ob_def ob__seq_iter_methods[] = {
    {"__length_hint__", iter_length_hint, "", "Private method returning an estimate of len(list(it)).", 0},
    {"__reduce__", iter_reduce, "", "Return state information for pickling.", 0},
    {"__setstate__", iter_setstate, "state, /", "Set state information for unpickling.", 0},
    {0},
};

ob_type ob_str_iter_type = {
    OB_TYPE_HEAD(&ob_type_type, &ob__seq_iter_kind), .name = "str_ascii_iterator", .base = &ob_object_type, .flags = OB_TF_NO_MAKE,
    .size = sizeof(ob_seq_iter_body), .slots = {.iter = self_iter, .next = str_next}, .trace_body = ob__seq_iter_trace,
    .methods = ob__seq_iter_methods,
};

ob_type ob_str_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL), .name = "str", .base = &ob_object_type, .flags = OB_TF_BASE | OB_TF_LEAF | OB_TF_STR,
    .size = sizeof(ob_str_obj),
    .slots = {.repr = ob__str_repr, .str = slot_str, .hash = slot_hash, .cmp = slot_cmp, .truth = slot_truth, .len = slot_len,
              .getitem = slot_getitem, .contains = slot_contains, .iter = slot_iter, .make = slot_make,
              .binary = {[OB_BIN_ADD] = slot_add, [OB_BIN_MUL] = slot_mul, [OB_BIN_MOD] = slot_mod}},
    .methods = ob__str_methods,
    .doc = "str(object='') -> str\nstr(bytes_or_buffer[, encoding[, errors]]) -> str\n\n"
           "Text: a sequence of Unicode characters. A bytes-like object is decoded if encoding or errors is given;\n"
           "any other object is turned into text by its __str__ or else its __repr__.",
};

/* ---- start ---- */
static void chars_root(ob_tracer *t, void *arg) {
    (void)arg;
    ob_trace_vals(t, latin1_chars, 256);
}

bool ob__str_chars_init(void) {
    if (!ob_gc_add_root(chars_root, NULL)) return false;
    for (uint32_t c = 0; c < 256; c++) {
        ob_val s = ob_str_alloc(1, c);
        if (ob_is_null(s)) return false;
        ob_str_ptr(s)->data[0] = (uint8_t)c;
        if (c < 128) s = ob_str_intern(s);
        if (ob_is_null(s)) return false;
        latin1_chars[c] = s;
    }
    return true;
}
