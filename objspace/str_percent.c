/* str_percent.c: the % operator of str and bytes.
 * Locks: none.
 * Bytes are formatted as text whose characters are their numbers (below 256). */
#include "objspace/bytes_int.h"
#include "objspace/codecs.h"
#include "objspace/dict.h"
#include "objspace/float.h"
#include "objspace/int.h"
#include "objspace/tuple.h"

typedef struct percent {
    ob_strbuf *out;
    ob_val format, args;
    size_t pos, len;
    bool bytes;
    ob_val dict;                         /* for %(name)s, or OB_NULL */
    size_t next, count;                  /* of positional arguments; count SIZE_MAX: args is the only one, and not taken yet */
    bool single;
} percent;

typedef struct spec { bool minus, plus, space, alternate, zero; ssize_t width, precision; uint32_t type; size_t at; } spec;

static ob_val next_arg(percent *p) {
    if (p->single) {
        if (p->next++ == 0) return p->args;
    } else if (p->next < p->count) return ob_tuple_at(p->args, p->next++);
    return ob_raise(&ob_exc_TypeError, "not enough arguments for format string");
}

static bool incomplete(void) { return ob_fail(ob_raise(&ob_exc_ValueError, "incomplete format")); }

/* %(name): the argument becomes the dict's entry. */
static bool parse_key(percent *p) {
    size_t depth = 1, from = ++p->pos;
    if (ob_is_null(p->dict)) return ob_fail(ob_raise(&ob_exc_TypeError, "format requires a mapping"));
    while (p->pos < p->len && depth > 0) {
        uint32_t c = ob_str_at(p->format, p->pos++);
        depth += c == '(';
        depth -= c == ')';
    }
    if (depth > 0) return ob_fail(ob_raise(&ob_exc_ValueError, "incomplete format key"));
    ob_val key = ob_str_slice(p->format, from, p->pos - 1);
    if (!ob_is_null(key) && p->bytes) key = ob_latin1_encode(key, NULL);
    ob_val v = ob_is_null(key) ? key : ob_getitem(p->dict, key);
    if (ob_is_null(v)) return false;
    p->args = v;
    p->single = true;
    p->next = 0;
    return true;
}

static bool parse_number(percent *p, ssize_t *out, const char *what) {
    uint32_t c = p->pos < p->len ? ob_str_at(p->format, p->pos) : 0;
    if (c == '*') {
        p->pos++;
        ob_val v = next_arg(p);
        if (ob_is_null(v)) return false;
        if (!ob_is_int(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "* wants int"));
        int64_t i = ob_int_clamp(v);
        if (i > INT32_MAX || i < -INT32_MAX)
            return ob_fail(what[0] == 'w' ? ob_raise(&ob_exc_OverflowError, "Python int too large to convert to C ssize_t") : ob_raise(&ob_exc_OverflowError, "Python int too large to convert to C int"));
        *out = i;
        return true;
    }
    ssize_t n = 0;
    for (; p->pos < p->len && (c = ob_str_at(p->format, p->pos)) - '0' < 10; p->pos++) {
        if (n > (INT32_MAX - 9) / 10) return ob_fail(ob_raise(&ob_exc_ValueError, "%s too big", what));
        n = n * 10 + (ssize_t)(c - '0');
    }
    *out = n;
    return true;
}

static bool parse_spec(percent *p, spec *s) {
    *s = (spec){.width = -1, .precision = -1};
    if (p->pos < p->len && ob_str_at(p->format, p->pos) == '(' && !parse_key(p)) return false;
    for (; p->pos < p->len; p->pos++) {
        uint32_t c = ob_str_at(p->format, p->pos);
        if (c == '-') s->minus = true;
        else if (c == '+') s->plus = true;
        else if (c == ' ') s->space = true;
        else if (c == '#') s->alternate = true;
        else if (c == '0') s->zero = true;
        else break;
    }
    if (p->pos < p->len) {
        uint32_t c = ob_str_at(p->format, p->pos);
        if (c == '*' || c - '0' < 10) {
            if (!parse_number(p, &s->width, "width")) return false;
            if (s->width < 0) { s->minus = true; s->width = -s->width; }
        }
    }
    if (p->pos < p->len && ob_str_at(p->format, p->pos) == '.') {
        p->pos++;
        if (!parse_number(p, &s->precision, "precision")) return false;
        if (s->precision < 0) s->precision = 0;
    }
    while (p->pos < p->len && strchr("hlL", (int)ob_str_at(p->format, p->pos)) && ob_str_at(p->format, p->pos) < 128 && ob_str_at(p->format, p->pos)) p->pos++;
    if (p->pos >= p->len) return incomplete();
    s->at = p->pos;
    s->type = ob_str_at(p->format, p->pos++);
    return true;
}

/* ---- output ---- */
/* text padded to the width; prefix is a sign or 0x, zeros go between it and the rest. */
static bool emit(percent *p, const spec *s, const char *prefix, ob_val text, bool number) {
    size_t n = ob_str_len(text) + strlen(prefix), fill = s->width > 0 && (size_t)s->width > n ? (size_t)s->width - n : 0;
    bool zeros = number && s->zero && !s->minus;
    if (fill && !s->minus && !zeros && !ob_strbuf_fill(p->out, ' ', fill)) return false;
    if (!ob_strbuf_c(p->out, prefix) || (zeros && !ob_strbuf_fill(p->out, '0', fill)) || !ob_strbuf_str(p->out, text)) return false;
    return !fill || !s->minus || ob_strbuf_fill(p->out, ' ', fill);
}

static ob_val cut(const spec *s, ob_val text) {
    if (s->precision >= 0 && (size_t)s->precision < ob_str_len(text)) return ob_str_slice(text, 0, (size_t)s->precision);
    return text;
}

/* bytes %b and %s: a buffer or __bytes__. */
static ob_val bytes_argument(ob_val v) {
    ob_buffer b;
    if (ob_is_bytes(v)) return ob_str_from_latin1(ob_bytes_ptr(v)->data, ob_bytes_ptr(v)->len);
    if (ob_is_buffer(v)) {
        if (!ob_buffer_get(v, &b, false)) return OB_NULL;
        ob_val s = ob_str_from_latin1(b.data, b.len);
        ob_buffer_release(&b);
        return s;
    }
    ob_val m = ob_lookup_special(v, OB_NAME(bytes)), r;
    if (ob_is_null(m)) return ob_failed() ? m : ob_raise(&ob_exc_TypeError, "%%b requires a bytes-like object, or an object that implements __bytes__, not '%.100T'", v);
    if (ob_is_null(r = ob_call0(m))) return r;
    if (!ob_is_bytes(r)) return ob_raise(&ob_exc_TypeError, "__bytes__ returned non-bytes (type %.200T)", r);
    return ob_str_from_latin1(ob_bytes_ptr(r)->data, ob_bytes_ptr(r)->len);
}

static bool emit_text(percent *p, const spec *s, ob_val v) {
    ob_val text;
    if (p->bytes) text = s->type == 's' || s->type == 'b' ? bytes_argument(v) : ob_ascii(v);
    else text = s->type == 's' ? ob_is_exact(v, &ob_str_type) ? v : ob_str(v) : s->type == 'r' ? ob_repr(v) : ob_ascii(v);
    if (ob_is_null(text) || ob_is_null(text = cut(s, text))) return false;
    return emit(p, s, "", text, false);
}

static bool emit_char(percent *p, const spec *s, ob_val v) {
    int64_t c = -1;
    if (p->bytes) {
        size_t n = 0;
        const uint8_t *d = ob_is_bytes(v) || ob__is_bytearray(v) ? ob__bytes_data(v, &n) : NULL;
        if (d && n == 1) c = *d;
        else if (d || !ob__has_index(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "%%c requires an integer in range(256) or a single byte"));
        else if (ob_is_null(v = ob_index(v))) return false;
        else if ((c = ob_int_clamp(v)) < 0 || c > 255) return ob_fail(ob_raise(&ob_exc_OverflowError, "%%c arg not in range(256)"));
    } else if (ob_is_str(v)) {
        if (ob_str_len(v) != 1) return ob_fail(ob_raise(&ob_exc_TypeError, "%%c requires int or char"));
        c = ob_str_at(v, 0);
    } else {
        if (!ob__has_index(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "%%c requires int or char"));
        if (ob_is_null(v = ob_index(v))) return false;
        if ((c = ob_int_clamp(v)) < 0 || c > 0x10ffff) return ob_fail(ob_raise(&ob_exc_OverflowError, "%%c arg not in range(0x110000)"));
    }
    ob_val text = ob_str_from_char((uint32_t)c);
    return !ob_is_null(text) && emit(p, s, "", text, false);
}

/* The int of a %d or %x argument. */
static ob_val integer_argument(const spec *s, ob_val v) {
    bool decimal = s->type == 'd' || s->type == 'i' || s->type == 'u';
    if (ob_is_int(v)) return v;
    ob_type *t = ob_type_of(v);
    if (decimal ? t->slots.unary[OB_UN_INT] || t->slots.unary[OB_UN_INDEX] || t->slots.unary[OB_UN_FLOAT] : t->slots.unary[OB_UN_INDEX] != NULL) {
        ob_val r = decimal ? ob_int_of(v) : ob_index(v);
        if (!ob_is_null(r) || !ob_err_clear_if(&ob_exc_TypeError)) return r;
    }
    return decimal ? ob_raise(&ob_exc_TypeError, "%%%c format: a real number is required, not %.200T", s->type, v)
                   : ob_raise(&ob_exc_TypeError, "%%%c format: an integer is required, not %.200T", s->type, v);
}

static bool emit_integer(percent *p, const spec *s, ob_val v) {
    int base = s->type == 'x' || s->type == 'X' ? 16 : s->type == 'o' ? 8 : 10;
    char prefix[4] = "";
    ob_val i = integer_argument(s, v);
    if (ob_is_null(i)) return false;
    ob_val text = ob_int_to_text(i, base, false);
    if (ob_is_null(text)) return false;
    bool negative = ob_str_len(text) && ob_str_at(text, 0) == '-';
    if (negative) text = ob_str_slice(text, 1, ob_str_len(text));
    size_t k = 0;
    if (negative || s->plus || s->space) prefix[k++] = negative ? '-' : s->plus ? '+' : ' ';
    if (s->alternate && base != 10) { prefix[k++] = '0'; prefix[k++] = (char)s->type; }
    prefix[k] = 0;
    if (s->type == 'X' && !ob_is_null(text)) text = ob_call_method_c(text, "upper", NULL, 0);
    if (!ob_is_null(text) && s->precision >= 0 && (size_t)s->precision > ob_str_len(text)) {
        ob_strbuf b;
        ob_strbuf_init(&b);
        ob_strbuf_fill(&b, '0', (size_t)s->precision - ob_str_len(text));
        ob_strbuf_str(&b, text);
        text = ob_strbuf_finish(&b);
    }
    return !ob_is_null(text) && emit(p, s, prefix, text, true);
}

static bool emit_float(percent *p, const spec *s, ob_val v) {
    double d;
    char small[512], *buf = small, prefix[2] = "";
    int precision = s->precision < 0 ? 6 : (int)s->precision;
    if (!ob_to_double(v, &d)) {
        if (ob_err_clear_if(&ob_exc_TypeError)) ob_raise(&ob_exc_TypeError, "must be real number, not %.200T", v);
        return false;
    }
    size_t room = (size_t)precision + 400;
    if (room > sizeof small && (buf = ob_block_alloc(room)) == NULL) return false;
    size_t n = ob_float_format(buf, room, d, (char)s->type, precision, s->alternate, false);
    char *text = buf;
    if (*text == '-') { prefix[0] = '-'; text++; n--; }
    else if (s->plus || s->space) prefix[0] = s->plus ? '+' : ' ';
    ob_val str = ob_str_from_latin1((const uint8_t *)text, n);
    if (buf != small) ob_block_free(buf, room);
    return !ob_is_null(str) && emit(p, s, prefix, str, true);
}

/* %s and %d as they mostly are: without flags, of a str or small int. 0: another kind of conversion. */
static int emit_plain(percent *p) {
    uint32_t type = ob_str_at(p->format, p->pos);
    if ((type != 's' && type != 'd') || p->bytes || p->single || p->next >= p->count) return 0;
    ob_val v = ob_tuple_at(p->args, p->next);
    bool ok;
    if (ob_is_small(v)) {
        char digits[OB_INT64_DIGITS], *end = digits + sizeof digits, *from = ob_int64_digits(ob_to_small(v), end);
        ok = ob_strbuf_ascii(p->out, from, (size_t)(end - from));
    } else if (type == 's' && ob_is_exact(v, &ob_str_type)) ok = ob_strbuf_str(p->out, v);
    else return 0;
    p->next++;
    p->pos++;
    return ok ? 1 : -1;
}

static bool emit_one(percent *p) {
    spec s;
    int plain = emit_plain(p);
    if (plain) return plain > 0;
    if (!parse_spec(p, &s)) return false;
    ob_val v = next_arg(p);
    if (ob_is_null(v)) return false;
    switch (s.type) {
    case 's': case 'r': case 'a': return emit_text(p, &s, v);
    case 'b': if (p->bytes) return emit_text(p, &s, v); break;
    case 'c': return emit_char(p, &s, v);
    case 'd': case 'i': case 'u': case 'o': case 'x': case 'X': return emit_integer(p, &s, v);
    case 'e': case 'E': case 'f': case 'F': case 'g': case 'G': return emit_float(p, &s, v);
    default: break;
    }
    return ob_fail(ob_raise(&ob_exc_ValueError, "unsupported format character '%c' (0x%x) at index %zd",
                            s.type > 31 && s.type < 127 ? s.type : '?', s.type, (ssize_t)s.at));
}

bool ob__percent_format(ob_strbuf *out, ob_val format, ob_val args, bool bytes) {
    percent p = {.out = out, .format = format, .args = args, .len = ob_str_len(format), .bytes = bytes, .single = !ob_is_tuple(args),
                 .count = ob_is_tuple(args) ? ob_tuple_len(args) : 1};
    bool mapping = !ob_is_tuple(args) && !ob_is_str(args) && !ob_is_bytes(args) && ob_type_of(args)->slots.getitem != NULL;
    if (bytes && mapping && ob__is_bytearray(args)) mapping = false;
    if (mapping) p.dict = args;
    bool keyed = false;
    while (p.pos < p.len) {
        size_t from = p.pos;
        const ob_str_obj *f = ob_str_ptr(format);
        if (f->o.aux == 1) {
            const uint8_t *hit = memchr(f->data + from, '%', p.len - from);
            p.pos = hit ? (size_t)(hit - f->data) : p.len;
        } else while (p.pos < p.len && ob_str_at(format, p.pos) != '%') p.pos++;
        if (p.pos > from && !ob_strbuf_part(out, format, from, p.pos)) return false;
        if (p.pos == p.len) break;
        if (++p.pos == p.len) return incomplete();
        if (ob_str_at(format, p.pos) == '(') keyed = true;
        if (ob_str_at(format, p.pos) == '%') { p.pos++; if (!ob_strbuf_char(out, '%')) return false; continue; }
        if (!emit_one(&p)) return false;
        if (keyed && mapping) { p.args = args; p.single = true; p.next = 1; }
    }
    bool all = p.single ? p.next > 0 : p.next >= p.count;
    if (!all && ob_is_null(p.dict))
        return ob_fail(ob_raise(&ob_exc_TypeError, bytes ? "not all arguments converted during bytes formatting" : "not all arguments converted during string formatting"));
    return true;
}

ob_val ob_str_format_percent(ob_val format, ob_val args) {
    ob_strbuf b;
    ob_strbuf_init(&b);
    if (!ob__percent_format(&b, format, args, false)) { ob_strbuf_release(&b); return OB_NULL; }
    return ob_strbuf_finish(&b);
}
