/* bytes_methods.c: methods and operators that bytes and bytearray share: searching, stripping, padding, joining, case, tests.
 * Locks: none.  Splitting and replacing: bytes_split.c.
 * BM1  Arguments that may run Python code are converted before the data pointer of self is fetched.   (every function here) */
#include "objspace/bytes_methods.h"
#include "base/mem.h"
#include "objspace/codecs.h"
#include "objspace/dict.h"
#include "objspace/int.h"
#include "objspace/tuple.h"

ob_val ob__bytes_like(ob_val self, const void *p, size_t n) {
    return ob_is_bytes(self) ? ob_bytes_from(p, n) : ob_bytearray_from(p, n);
}

/* Uninitialised bytes of self's kind; *data to be filled. */
ob_val ob__bytes_new_like(ob_val self, size_t n, uint8_t **data) {
    ob_val r;
    if (ob_is_bytes(self)) {
        r = ob_bytes_alloc(n);
        if (!ob_is_null(r)) *data = ob_bytes_ptr(r)->data;
        return r;
    }
    r = ob_bytearray_from(NULL, n);
    if (!ob_is_null(r)) *data = ((ob_bytearray_body *)ob_write(r))->data;
    return r;
}

ob_val ob__bytes_same(ob_val self) {                     /* the whole of self as a result */
    size_t n;
    if (ob_is_exact(self, &ob_bytes_type)) return self;
    const uint8_t *p = ob__bytes_data(self, &n);
    return ob__bytes_like(self, p, n);
}

/* ---- operators ---- */
ob_val ob__bytes_slot_cmp(ob_val a, ob_val b, ob_cmp_op op) {
    ob_buffer y;
    size_t n;
    if (!ob_is_bytes(b) && (ob_is_bytes(a) || ob_is_str(b) || !ob_is_buffer(b))) return OB_NOT_IMPLEMENTED;   /* bytearray and memoryview know bytes, not the reverse */
    if (!ob_buffer_get(b, &y, false)) { ob_err_clear(); return ob_failed() ? OB_NULL : OB_NOT_IMPLEMENTED; }
    const uint8_t *p = ob__bytes_data(a, &n);
    int c;
    if ((op == OB_EQ || op == OB_NE) && n != y.len) c = 1;
    else {
        c = memcmp(p, y.data, n < y.len ? n : y.len);
        if (c == 0) c = n < y.len ? -1 : n > y.len;
    }
    ob_buffer_release(&y);
    switch (op) {
    case OB_EQ: return ob_bool(c == 0);
    case OB_NE: return ob_bool(c != 0);
    case OB_LT: return ob_bool(c < 0);
    case OB_LE: return ob_bool(c <= 0);
    case OB_GT: return ob_bool(c > 0);
    default: return ob_bool(c >= 0);
    }
}

int ob__bytes_slot_contains(ob_val s, ob_val x) {
    int64_t i;
    size_t n;
    if (ob__has_index(x)) {
        if (!ob__byte_value(x, &i, "byte must be in range(0, 256)")) return -1;
        const uint8_t *p = ob__bytes_data(s, &n);
        return memchr(p, (int)i, n) != NULL;
    }
    ob_buffer b;
    if (!ob_buffer_get(x, &b, false)) return -1;
    const uint8_t *p = ob__bytes_data(s, &n);
    int r = ob_mem_find(p, n, b.data, b.len) >= 0;
    ob_buffer_release(&b);
    return r;
}

static bool is_ours(ob_val v) { return ob_is_bytes(v) || ob__is_bytearray(v); }

ob_val ob__bytes_slot_add(ob_val a, ob_val b) {
    ob_buffer y;
    uint8_t *out;
    size_t n;
    if (!is_ours(a)) return OB_NOT_IMPLEMENTED;
    if (!ob_is_bytes(b) && !ob_is_buffer(b)) {
        ob_val (*f)(ob_val, ob_val) = ob_type_of(b)->slots.binary[OB_BIN_ADD];
        ob_val r = f && f != ob__bytes_slot_add ? f(a, b) : OB_NOT_IMPLEMENTED;
        if (!ob_same(r, OB_NOT_IMPLEMENTED)) return r;
        return ob_raise(&ob_exc_TypeError, "can't concat %.100T to %.100T", b, a);
    }
    if (!ob_buffer_get(b, &y, false)) return OB_NULL;
    const uint8_t *p = ob__bytes_data(a, &n);
    ob_val r;
    if (y.len == 0 && ob_is_exact(a, &ob_bytes_type)) r = a;
    else if (n == 0 && ob_is_exact(a, &ob_bytes_type) && ob_is_exact(b, &ob_bytes_type)) r = b;
    else if (!ob_is_null(r = ob__bytes_new_like(a, n + y.len, &out))) {
        memcpy(out, p, n);
        memcpy(out + n, y.data, y.len);
    }
    ob_buffer_release(&y);
    return r;
}

bool ob__repeat_count(ob_val v, int64_t *times) {
    if (ob_index_i64(v, times)) return true;
    if (ob_err_clear_if(&ob_exc_IndexError)) ob_raise(&ob_exc_OverflowError, "cannot fit '%.200T' into an index-sized integer", v);
    return false;
}

void ob__fill_repeated(uint8_t *out, const uint8_t *unit, size_t n, size_t total) {
    if (n == 1) { memset(out, *unit, total); return; }
    if (total == 0) return;
    memcpy(out, unit, n);
    for (size_t done = n; done < total;) {
        size_t more = done < total - done ? done : total - done;
        memcpy(out + done, out, more);
        done += more;
    }
}

ob_val ob__bytes_slot_mul(ob_val a, ob_val b) {
    int64_t times;
    size_t n, total;
    uint8_t *out;
    if (!is_ours(a)) { ob_val t = a; a = b; b = t; }
    if (!ob_is_int(b)) {
        ob_val (*f)(ob_val, ob_val) = ob_type_of(b)->slots.binary[OB_BIN_MUL];
        ob_val r = f && !ob__repeats(b) ? f(a, b) : OB_NOT_IMPLEMENTED;
        if (!ob_same(r, OB_NOT_IMPLEMENTED)) return r;
        if (!ob__has_index(b)) return ob_raise(&ob_exc_TypeError, "can't multiply sequence by non-int of type '%.200T'", b);
    }
    if (!ob__repeat_count(b, &times)) return OB_NULL;
    const uint8_t *p = ob__bytes_data(a, &n);
    if (times < 0) times = 0;
    if (times == 1 && ob_is_exact(a, &ob_bytes_type)) return a;
    if (__builtin_mul_overflow(n, (size_t)times, &total)) return ob_is_bytes(a) ? ob_raise(&ob_exc_OverflowError, "repeated bytes are too long") : ob_raise_memory();
    ob_val r = ob__bytes_new_like(a, total, &out);
    if (!ob_is_null(r)) ob__fill_repeated(out, p, n, total);
    return r;
}

ob_val ob__bytes_slot_mod(ob_val a, ob_val b) {
    ob_strbuf out;
    size_t n;
    if (!is_ours(a)) return OB_NOT_IMPLEMENTED;
    const uint8_t *p = ob__bytes_data(a, &n);
    ob_val format = ob_str_from_latin1(p, n);            /* bytes as the characters of the same number */
    if (ob_is_null(format)) return format;
    ob_strbuf_init(&out);
    if (!ob__percent_format(&out, format, b, true)) { ob_strbuf_release(&out); return OB_NULL; }
    ob_val r = ob__bytes_like(a, out.block, out.len);
    ob_strbuf_release(&out);
    return r;
}

/* ---- joining ---- */
/* The bytes of items with sep between them. Items are re-fetched, as a bytearray among them cannot change meanwhile: no Python code runs. */
ob_val ob__join_buffers(const uint8_t *sep, size_t sep_len, const ob_val *items, size_t n, bool bytearray) {
    ob_buffer b;
    size_t total = 0;
    for (size_t i = 0; i < n; i++) {
        if (!ob_is_bytes(items[i]) && !ob_is_buffer(items[i]))
            return ob_raise(&ob_exc_TypeError, "sequence item %zd: expected a bytes-like object, %.80T found", (ssize_t)i, items[i]);
        if (!ob_buffer_get(items[i], &b, false)) return OB_NULL;
        total += b.len + (i ? sep_len : 0);
        ob_buffer_release(&b);
    }
    uint8_t *out;
    ob_val r = ob__bytes_new_like(bytearray ? OB_NONE : ob_bytes_from("", 0), total, &out);
    if (ob_is_null(r)) return r;
    for (size_t i = 0; i < n; i++) {
        if (!ob_buffer_get(items[i], &b, false)) return OB_NULL;
        if (i) { memcpy(out, sep, sep_len); out += sep_len; }
        memcpy(out, b.data, b.len);
        out += b.len;
        ob_buffer_release(&b);
    }
    return r;
}

METHOD(join) {
    ob_val it = a[0];
    size_t len;
    if (!ob_is_tuple(it)) {
        if (ob_type_of(it)->slots.iter == NULL && ob_type_of(it)->slots.getitem == NULL) return ob_raise(&ob_exc_TypeError, "can only join an iterable");
        it = ob_tuple_of_iterable(it);
        if (ob_is_null(it)) return OB_NULL;
    }
    const ob_tuple_obj *t = ob_tuple_ptr(it);
    if (ob_is_bytes(self)) return ob_bytes_join(self, t->items, t->n);
    const uint8_t *sep = ob__bytes_data(self, &len);
    return ob__join_buffers(sep, len, t->items, t->n, true);
}

/* ---- searching ---- */
/* A needle: a byte given as an integer, or bytes-like. */
bool ob__needle_get(ob_val v, ob__needle *out) {
    int64_t i;
    if (!ob_is_buffer(v) && ob__has_index(v)) {
        if (!ob__byte_value(v, &i, "byte must be in range(0, 256)")) return false;
        out->byte = (uint8_t)i;
        out->b = (ob_buffer){.data = &out->byte, .len = 1, .owner = OB_NULL};
        return true;
    }
    if (!ob_is_buffer(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "argument should be integer or bytes-like object, not '%.200T'", v));
    return ob_buffer_get(v, &out->b, false);
}
void ob__needle_release(ob__needle *s) { if (!ob_is_null(s->b.owner)) ob_buffer_release(&s->b); }

/* what: 'f' find, 'r' rfind, 'c' count. -2: error */
static ssize_t search(ob_val self, const ob_val *a, char what) {
    ob__needle s;
    int64_t start = 0, end = INT64_MAX;
    if (!ob__slice_bound(a[1], &start) || !ob__slice_bound(a[2], &end) || !ob__needle_get(a[0], &s)) return -2;
    size_t n, from, to;
    const uint8_t *p = ob__bytes_data(self, &n);
    ssize_t r = what == 'c' ? 0 : -1;
    if (!ob__clip(ob_int_from_i64(start), ob_int_from_i64(end), n, &from, &to)) r = -2;
    else if (from <= to) {
        if (what == 'c' && s.b.len == 0) r = (ssize_t)(to - from) + 1;
        else if (what == 'c')
            for (ssize_t i; (i = ob_mem_find(p + from, to - from, s.b.data, s.b.len)) >= 0; r++) from += (size_t)i + s.b.len;
        else {
            r = what == 'f' ? ob_mem_find(p + from, to - from, s.b.data, s.b.len) : ob_mem_rfind(p + from, to - from, s.b.data, s.b.len);
            if (r >= 0) r += (ssize_t)from;
        }
    }
    ob__needle_release(&s);
    return r;
}

static ob_val found(ssize_t i, bool must) {
    if (i == -2) return OB_NULL;
    return i == -1 && must ? ob_raise(&ob_exc_ValueError, "subsection not found") : ob_from_small(i);
}
METHOD(find) {
    ob_val v[3];
    return ob__find_args("find", a, n, kw, v) ? found(search(self, v, 'f'), false) : OB_NULL;
}
METHOD(rfind) {
    ob_val v[3];
    return ob__find_args("rfind", a, n, kw, v) ? found(search(self, v, 'r'), false) : OB_NULL;
}
METHOD(index) {
    ob_val v[3];
    return ob__find_args("index", a, n, kw, v) ? found(search(self, v, 'f'), true) : OB_NULL;
}
METHOD(rindex) {
    ob_val v[3];
    return ob__find_args("rindex", a, n, kw, v) ? found(search(self, v, 'r'), true) : OB_NULL;
}
METHOD(count) {
    ob_val v[3];
    return ob__find_args("count", a, n, kw, v) ? found(search(self, v, 'c'), false) : OB_NULL;
}

/* 1 0 -1 */
static int matches_at(ob_val self, ob_val part, int64_t start, int64_t end, bool at_end) {
    ob_buffer b;
    size_t n, from, to;
    if (!ob_buffer_get(part, &b, false)) return -1;
    const uint8_t *p = ob__bytes_data(self, &n);
    int r = -1;
    if (ob__clip(ob_int_from_i64(start), ob_int_from_i64(end), n, &from, &to))
        r = from <= to && b.len <= to - from && memcmp(p + (at_end ? to - b.len : from), b.data, b.len) == 0;
    ob_buffer_release(&b);
    return r;
}

static ob_val starts_or_ends(ob_val self, const ob_val *a, bool at_end) {
    int64_t start = 0, end = INT64_MAX;
    int r = 0;
    if (!ob__slice_bound(a[1], &start) || !ob__slice_bound(a[2], &end)) return OB_NULL;
    if (ob_is_tuple(a[0])) {
        for (size_t i = 0; r == 0 && i < ob_tuple_len(a[0]); i++) r = matches_at(self, ob_tuple_at(a[0], i), start, end, at_end);
        return r < 0 ? OB_NULL : ob_bool(r);
    }
    if (!ob_is_buffer(a[0]))
        return ob_raise(&ob_exc_TypeError, "%s first arg must be bytes or a tuple of bytes, not %.100T", at_end ? "endswith" : "startswith", a[0]);
    r = matches_at(self, a[0], start, end, at_end);
    return r < 0 ? OB_NULL : ob_bool(r);
}
METHOD(startswith) {
    ob_val v[3];
    return ob__find_args("startswith", a, n, kw, v) ? starts_or_ends(self, v, false) : OB_NULL;
}
METHOD(endswith) {
    ob_val v[3];
    return ob__find_args("endswith", a, n, kw, v) ? starts_or_ends(self, v, true) : OB_NULL;
}

static ob_val remove_affix(ob_val self, ob_val part, bool at_end) {
    ob_buffer b;
    size_t n;
    if (!ob_buffer_get(part, &b, false)) return OB_NULL;
    const uint8_t *p = ob__bytes_data(self, &n);
    bool hit = b.len > 0 && b.len <= n && memcmp(p + (at_end ? n - b.len : 0), b.data, b.len) == 0;
    ob_val r = hit ? ob__bytes_like(self, p + (at_end ? 0 : b.len), n - b.len) : ob__bytes_same(self);
    ob_buffer_release(&b);
    return r;
}
METHOD(removeprefix) { return remove_affix(self, a[0], false); }
METHOD(removesuffix) { return remove_affix(self, a[0], true); }

/* ---- classes of ASCII ---- */
static bool is_lower(uint8_t c) { return (uint8_t)(c - 'a') < 26; }
static bool is_upper(uint8_t c) { return (uint8_t)(c - 'A') < 26; }
static bool is_digit(uint8_t c) { return (uint8_t)(c - '0') < 10; }
static bool is_alpha(uint8_t c) { return is_lower(c | 0x20) ; }
static bool is_alnum(uint8_t c) { return is_alpha(c) || is_digit(c); }
static bool is_space(uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
static bool is_ascii(uint8_t c) { return c < 128; }

static ob_val all_are(ob_val self, bool (*test)(uint8_t), bool of_empty) {
    size_t n;
    const uint8_t *p = ob__bytes_data(self, &n);
    if (n == 0) return ob_bool(of_empty);
    for (size_t i = 0; i < n; i++) if (!test(p[i])) return OB_FALSE;
    return OB_TRUE;
}
METHOD(isalnum) { return all_are(self, is_alnum, false); }
METHOD(isalpha) { return all_are(self, is_alpha, false); }
METHOD(isascii) { return all_are(self, is_ascii, true); }
METHOD(isdigit) { return all_are(self, is_digit, false); }
METHOD(isspace) { return all_are(self, is_space, false); }

static ob_val one_case(ob_val self, bool (*wanted)(uint8_t), bool (*other)(uint8_t)) {
    size_t n;
    bool some = false;
    const uint8_t *p = ob__bytes_data(self, &n);
    for (size_t i = 0; i < n; i++) {
        if (other(p[i])) return OB_FALSE;
        some |= wanted(p[i]);
    }
    return ob_bool(some);
}
METHOD(islower) { return one_case(self, is_lower, is_upper); }
METHOD(isupper) { return one_case(self, is_upper, is_lower); }

METHOD(istitle) {
    size_t len;
    bool cased = false, some = false;
    const uint8_t *p = ob__bytes_data(self, &len);
    for (size_t i = 0; i < len; i++) {
        if ((is_upper(p[i]) && cased) || (is_lower(p[i]) && !cased)) return OB_FALSE;
        cased = is_alpha(p[i]);
        some |= cased;
    }
    return ob_bool(some);
}

/* how: 'l' lower, 'u' upper, 's' swapcase, 't' title, 'c' capitalize */
static ob_val change_case(ob_val self, char how) {
    size_t n;
    uint8_t *out;
    const uint8_t *p = ob__bytes_data(self, &n);
    ob_val r = ob__bytes_new_like(self, n, &out);
    bool inside = false;
    for (size_t i = 0; !ob_is_null(r) && i < n; i++) {
        uint8_t c = p[i];
        bool up = how == 'u' || (how == 's' && is_lower(c)) || (how == 't' && !inside) || (how == 'c' && i == 0);
        inside = is_alpha(c);
        out[i] = up ? is_lower(c) ? c ^ 0x20 : c : is_upper(c) ? c ^ 0x20 : c;
    }
    return r;
}
METHOD(lower) { return change_case(self, 'l'); }
METHOD(upper) { return change_case(self, 'u'); }
METHOD(swapcase) { return change_case(self, 's'); }
METHOD(title) { return change_case(self, 't'); }
METHOD(capitalize) { return change_case(self, 'c'); }

/* ---- stripping and padding ---- */
static ob_val strip_any(ob_val self, ob_val set, bool left, bool right) {
    ob_buffer b = {.data = (uint8_t *)" \t\n\r\v\f", .len = 6, .owner = OB_NULL};
    bool given = !ob_is_null(set) && !ob_is_none(set);
    if (given && !ob_buffer_get(set, &b, false)) return OB_NULL;
    size_t from = 0, n;
    const uint8_t *p = ob__bytes_data(self, &n);
    size_t to = n;
    if (left) while (from < to && memchr(b.data, p[from], b.len)) from++;
    if (right) while (to > from && memchr(b.data, p[to - 1], b.len)) to--;
    ob_val r = from == 0 && to == n ? ob__bytes_same(self) : ob__bytes_like(self, p + from, to - from);
    if (given) ob_buffer_release(&b);
    return r;
}
METHOD(strip) { return strip_any(self, a[0], true, true); }
METHOD(lstrip) { return strip_any(self, a[0], true, false); }
METHOD(rstrip) { return strip_any(self, a[0], false, true); }

static ob_val pad(ob_val self, size_t left, size_t right, uint8_t fill) {
    size_t n;
    uint8_t *out;
    if (left + right == 0) return ob__bytes_same(self);
    ob__bytes_data(self, &n);
    ob_val r = ob__bytes_new_like(self, left + n + right, &out);
    if (ob_is_null(r)) return r;
    memset(out, fill, left);
    memcpy(out + left, ob__bytes_data(self, &n), n);
    memset(out + left + n, fill, right);
    return r;
}

static ob_val justify(ob_val self, const ob_val *a, char how, const char *name) {
    ssize_t width;
    size_t n;
    uint8_t fill = ' ';
    if (!ob__ssize_arg(a[0], &width)) return OB_NULL;
    if (!ob_is_null(a[1])) {
        const uint8_t *f = is_ours(a[1]) ? ob__bytes_data(a[1], &n) : NULL;
        if (f == NULL || n != 1) return ob_raise(&ob_exc_TypeError, "%s() argument 2 must be a byte string of length 1, not %.50T", name, a[1]);
        fill = *f;
    }
    ob__bytes_data(self, &n);
    if (width <= (ssize_t)n) return ob__bytes_same(self);
    size_t more = (size_t)width - n, left = how == '<' ? 0 : how == '>' ? more : more / 2 + (more & (size_t)width & 1);
    return pad(self, left, more - left, fill);
}
METHOD(ljust) { return justify(self, a, '<', "ljust"); }
METHOD(rjust) { return justify(self, a, '>', "rjust"); }
METHOD(center) { return justify(self, a, '^', "center"); }

METHOD(zfill) {
    ssize_t width;
    size_t len;
    if (!ob__ssize_arg(a[0], &width)) return OB_NULL;
    const uint8_t *p = ob__bytes_data(self, &len);
    if (width <= (ssize_t)len) return ob__bytes_same(self);
    uint8_t sign = len && (*p == '+' || *p == '-') ? *p : 0;
    ob_val r = pad(self, (size_t)width - len, 0, '0');
    if (ob_is_null(r) || !sign) return r;
    uint8_t *q = ob_is_bytes(r) ? ob_bytes_ptr(r)->data : ((ob_bytearray_body *)ob_write(r))->data;
    q[0] = sign;
    q[(size_t)width - len] = '0';
    return r;
}

METHOD(expandtabs) {
    int64_t tab = 8;
    size_t len, column = 0;
    ob_strbuf b;
    if (!ob_is_null(a[0]) && !ob_index_i64(a[0], &tab)) return OB_NULL;
    const uint8_t *p = ob__bytes_data(self, &len);
    ob_strbuf_init(&b);
    for (size_t i = 0; i < len; i++) {
        if (p[i] == '\t') {
            size_t fill = tab > 0 ? (size_t)tab - column % (size_t)tab : 0;
            column += fill;
            if (!ob_strbuf_fill(&b, ' ', fill)) break;
            continue;
        }
        column = p[i] == '\n' || p[i] == '\r' ? 0 : column + 1;
        ob_strbuf_char(&b, p[i]);
    }
    ob_val r = b.failed ? OB_NULL : ob__bytes_like(self, b.block, b.len);
    ob_strbuf_release(&b);
    return r;
}

/* ---- text ---- */
METHOD(decode) {
    const char *enc = NULL, *err = NULL;
    size_t len;
    for (int i = 0; i < 2; i++) {
        if (ob_is_null(a[i])) continue;
        if (!ob_is_str(a[i])) return ob_raise(&ob_exc_TypeError, "decode() argument '%s' must be str, not %.50T", i ? "errors" : "encoding", a[i]);
        const char *s = ob_str_utf8(a[i], &len);
        if (s == NULL) return OB_NULL;
        if (strlen(s) != len) return ob_raise(&ob_exc_ValueError, "embedded null character");
        *(i ? &err : &enc) = s;
    }
    return ob_codec_decode_value(self, enc, err);
}

/* A separator for hex(): its character, -1: error. */
static int hex_separator(ob_val v) {
    size_t n;
    uint32_t c;
    if (ob_is_str(v)) {
        if (ob_str_len(v) != 1) return ob_fail_int(ob_raise(&ob_exc_ValueError, "sep must be length 1."));
        c = ob_str_at(v, 0);
    } else if (ob_is_bytes(v)) {
        const uint8_t *p = ob__bytes_data(v, &n);
        if (n != 1) return ob_fail_int(ob_raise(&ob_exc_ValueError, "sep must be length 1."));
        c = *p;
    } else {
        ssize_t len = ob_len(v);
        if (len < 0) return -1;
        return ob_fail_int(len != 1 ? ob_raise(&ob_exc_ValueError, "sep must be length 1.") : ob_raise(&ob_exc_TypeError, "sep must be str or bytes."));
    }
    return c < 128 ? (int)c : ob_fail_int(ob_raise(&ob_exc_ValueError, "sep must be ASCII."));
}

ob_val ob__hex_of(const uint8_t *p, size_t n, ob_val sep, ob_val per) {
    static const char digits[] = "0123456789abcdef";
    int64_t group = 1;
    int s = -1;
    if (!ob_is_null(sep) && (s = hex_separator(sep)) < 0) return OB_NULL;
    if (!ob_is_null(per) && !ob_index_i64(per, &group)) return OB_NULL;
    size_t step = group < 0 ? (size_t)-group : (size_t)group;
    size_t seps = s >= 0 && step && n ? (n - 1) / step : 0;
    if (n == 0) return OB_NAME(empty);
    ob_val r = ob_str_alloc(n * 2 + seps, 0x7f);
    if (ob_is_null(r)) return r;
    uint8_t *q = ob_str_ptr(r)->data;
    for (size_t i = 0; i < n; i++) {
        size_t left = group > 0 ? n - i : i;             /* positive: groups are counted from the right */
        if (i && seps && left % step == 0) *q++ = (uint8_t)s;
        *q++ = (uint8_t)digits[p[i] >> 4];
        *q++ = (uint8_t)digits[p[i] & 15];
    }
    return r;
}

METHOD(hex) {
    size_t len;
    const uint8_t *p = ob__bytes_data(self, &len);
    return ob__hex_of(p, len, a[0], a[1]);
}

static int hex_digit(uint32_t c) { return c - '0' < 10 ? (int)(c - '0') : (c | 0x20) - 'a' < 6 && c < 128 ? (int)((c | 0x20) - 'a' + 10) : -1; }

METHOD(fromhex) {
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "fromhex() argument must be str, not %.50T", a[0]);
    size_t len = ob_str_len(a[0]), k = 0;
    ob_val b = ob_bytes_alloc(len / 2 + 1);
    if (ob_is_null(b)) return b;
    uint8_t *out = ob_bytes_ptr(b)->data;
    for (size_t i = 0; i < len; i++) {
        uint32_t c = ob_str_at(a[0], i);
        if (c < 128 && is_space((uint8_t)c)) continue;
        int high = hex_digit(c), low = high >= 0 && i + 1 < len ? hex_digit(ob_str_at(a[0], i + 1)) : -1;
        if (low < 0) return ob_raise(&ob_exc_ValueError, "non-hexadecimal number found in fromhex() arg at position %zd", (ssize_t)(high < 0 ? i : i + 1));
        out[k++] = (uint8_t)(high << 4 | low);
        i++;
    }
    bool array = ob_type_is_subtype(ob_type_ptr(self), &ob_bytearray_type);
    ob_val r = array ? ob_bytearray_from(out, k) : ob_bytes_from(out, k);
    if (ob_is_null(r) || ob_type_ptr(self) == &ob_bytes_type || ob_type_ptr(self) == &ob_bytearray_type) return r;
    return ob_call1(self, r);
}

METHOD(getnewargs) { return ob_tuple_of1(ob__bytes_exact(self)); }
METHOD(as_bytes) { return ob__bytes_exact(self); }
METHOD(size_of) {
    size_t len;
    ob__bytes_data(self, &len);
    return ob_from_small((int64_t)(sizeof(ob_bytes_obj) + len + 1));
}

#define SHARED_METHODS \
    {"__sizeof__", m_size_of, "", "Bytes of memory.", 0}, \
    {"capitalize", m_capitalize, "", "The first byte in upper case, the rest in lower case (ASCII).", 0}, \
    {"center", m_center, "width, fillchar=b' ', /", "Centred in that width.", 0}, \
    {"count", m_count, "*args", "Number of non-overlapping occurrences of sub.", 0}, \
    {"decode", m_decode, "encoding='utf-8', errors='strict'", "The text that these bytes are in that encoding.", 0}, \
    {"endswith", m_endswith, "*args", "Whether it ends with suffix (or one of a tuple).", 0}, \
    {"expandtabs", m_expandtabs, "tabsize=8", "Tabs replaced by spaces.", 0}, \
    {"find", m_find, "*args", "Lowest index of sub, or -1.", 0}, \
    {"fromhex", m_fromhex, "string, /", "From pairs of hexadecimal digits.", OB_DEF_CLASS}, \
    {"hex", m_hex, "sep=None, bytes_per_sep=1", "As hexadecimal digits.\n\n>>> bytes(b'ab').hex(':')\n'61:62'", 0}, \
    {"index", m_index, "*args", "Lowest index of sub; ValueError if there is none.", 0}, \
    {"isalnum", m_isalnum, "", "Are all bytes ASCII letters or digits?", 0}, \
    {"isalpha", m_isalpha, "", "Are all bytes ASCII letters?", 0}, \
    {"isascii", m_isascii, "", "Are all bytes below 128?", 0}, \
    {"isdigit", m_isdigit, "", "Are all bytes ASCII digits?", 0}, \
    {"islower", m_islower, "", "Are all cased bytes lower case?", 0}, \
    {"isspace", m_isspace, "", "Are all bytes ASCII white space?", 0}, \
    {"istitle", m_istitle, "", "Does each word begin in upper case?", 0}, \
    {"isupper", m_isupper, "", "Are all cased bytes upper case?", 0}, \
    {"join", m_join, "iterable_of_bytes, /", "The items with these bytes between them.", 0}, \
    {"ljust", m_ljust, "width, fillchar=b' ', /", "Left-justified in that width.", 0}, \
    {"lower", m_lower, "", "In lower case (ASCII).", 0}, \
    {"lstrip", m_lstrip, "bytes=None, /", "Without leading white space, or the given bytes.", 0}, \
    {"maketrans", ob__bytes_maketrans, "frm, to, /", "A table for translate().", OB_DEF_STATIC}, \
    {"partition", ob__bytes_partition, "sep, /", "The parts before, of, and behind the first sep.", 0}, \
    {"removeprefix", m_removeprefix, "prefix, /", "Without that prefix.", 0}, \
    {"removesuffix", m_removesuffix, "suffix, /", "Without that suffix.", 0}, \
    {"replace", ob__bytes_replace, "old, new, count=-1, /", "With old replaced by new.", 0}, \
    {"rfind", m_rfind, "*args", "Highest index of sub, or -1.", 0}, \
    {"rindex", m_rindex, "*args", "Highest index of sub; ValueError if there is none.", 0}, \
    {"rjust", m_rjust, "width, fillchar=b' ', /", "Right-justified in that width.", 0}, \
    {"rpartition", ob__bytes_rpartition, "sep, /", "The parts before, of, and behind the last sep.", 0}, \
    {"rsplit", ob__bytes_rsplit, "sep=None, maxsplit=-1", "Split at sep from the right.", 0}, \
    {"rstrip", m_rstrip, "bytes=None, /", "Without trailing white space, or the given bytes.", 0}, \
    {"split", ob__bytes_split, "sep=None, maxsplit=-1", "Split at sep.", 0}, \
    {"splitlines", ob__bytes_splitlines, "keepends=False", "The lines.", 0}, \
    {"startswith", m_startswith, "*args", "Whether it begins with prefix (or one of a tuple).", 0}, \
    {"strip", m_strip, "bytes=None, /", "Without white space, or the given bytes, at both ends.", 0}, \
    {"swapcase", m_swapcase, "", "With upper and lower case exchanged (ASCII).", 0}, \
    {"title", m_title, "", "With each word in title case (ASCII).", 0}, \
    {"translate", ob__bytes_translate, "table, /, delete=b''", "Without the bytes in delete, the others mapped by table.", 0}, \
    {"upper", m_upper, "", "In upper case (ASCII).", 0}, \
    {"zfill", m_zfill, "width, /", "Padded with zeros on the left, behind a sign.", 0}

const ob_def ob__bytes_methods[] = {
    {"__bytes__", m_as_bytes, "", "As exact bytes.", 0},
    {"__getnewargs__", m_getnewargs, "", NULL, 0},
    SHARED_METHODS,
    {0},
};

const ob_def ob__bytearray_methods[] = {
    {"__alloc__", ob__bytearray_alloc, "", "Bytes allocated.", 0},
    {"__reduce__", ob__bytearray_reduce, "", "State for pickling.", 0},
    {"__reduce_ex__", ob__bytearray_reduce_ex, "proto=0, /", "State for pickling.", 0},
    {"append", ob__bytearray_append, "item, /", "Appends one byte.", 0},
    {"clear", ob__bytearray_clear, "", "Removes all bytes.", 0},
    {"copy", ob__bytearray_copy, "", "A copy.", 0},
    {"extend", ob__bytearray_extend, "iterable_of_ints, /", "Appends all bytes of the iterable.", 0},
    {"insert", ob__bytearray_insert, "index, item, /", "Inserts one byte before that index.", 0},
    {"pop", ob__bytearray_pop, "index=-1, /", "Removes the byte at index and returns it.", 0},
    {"remove", ob__bytearray_remove, "value, /", "Removes the first occurrence of that byte.", 0},
    {"reverse", ob__bytearray_reverse, "", "Reverses the order in place.", 0},
    SHARED_METHODS,
    {0},
};
