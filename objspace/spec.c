/* spec.c: format specifications, and how int, float and complex are formatted by them.
 *
 * Locks: none. localeconv() is read for the type 'n' alone.
 * A number's text is cut into sign, prefix, digits, point and rest; grouping and padding apply between these.
 */
#include "base/mem.h"
#include "objspace/chars.h"
#include "objspace/error.h"
#include "objspace/float_int.h"
#include "objspace/int.h"
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- parsing ---- */

static bool is_align(uint32_t c) { return c == '<' || c == '>' || c == '=' || c == '^'; }

/* A number at *p, or -1 when there is none. */
static bool parse_count(const uint32_t **p, ssize_t *out) {
    const uint32_t *c = *p;
    ssize_t n = 0;
    for (; *c >= '0' && *c <= '9'; c++)
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, (ssize_t)(*c - '0'), &n))
            return ob_fail(ob_raise(&ob_exc_ValueError, "Too many decimal digits in format string"));
    *out = c == *p ? -1 : n;
    *p = c;
    return true;
}

static const uint32_t *parse_align(const uint32_t *p, const uint32_t *end, ob_spec *o, bool *fill_given) {
    if (end - p >= 2 && is_align(p[1])) {
        o->fill = p[0];
        o->align = (char)p[1];
        *fill_given = true;
        return p + 2;
    }
    if (!is_align(*p)) return p;
    o->align = (char)*p;
    return p + 1;
}

static bool parse_thousands(const uint32_t **p, ob_spec *o) {
    for (; **p == ',' || **p == '_'; ++*p) {
        char c = (char)**p;
        if (o->thousands && (o->thousands != c || c == ',')) {
            if (o->thousands == c) break;
            return ob_fail(ob_raise(&ob_exc_ValueError, "Cannot specify both ',' and '_'."));
        }
        if (o->thousands) break;
        o->thousands = c;
    }
    return true;
}

static bool check_thousands(const ob_spec *o) {
    if (!o->thousands || o->type == 0 || (o->type < 128 && strchr("defgEG%F", (int)o->type))) return true;
    if (o->thousands == '_' && o->type < 128 && strchr("boxX", (int)o->type)) return true;
    if (o->type > 32 && o->type < 128) return ob_fail(ob_raise(&ob_exc_ValueError, "Cannot specify '%c' with '%c'.", o->thousands, (int)o->type));
    return ob_fail(ob_raise(&ob_exc_ValueError, "Cannot specify '%c' with '\\x%x'.", o->thousands, (unsigned)o->type));
}

/* p: the specification with a zero behind its end. */
static bool parse(const uint32_t *p, const uint32_t *end, ob_val spec, ob_val of, ob_spec *o, char default_align) {
    bool fill_given = false;
    p = parse_align(p, end, o, &fill_given);
    if (*p == ' ' || *p == '+' || *p == '-') o->sign = (char)*p++;
    if (*p == 'z') { o->no_neg_zero = true; p++; }
    if (*p == '#') { o->alternate = true; p++; }
    if (!fill_given && *p == '0') {
        o->zero = true;
        o->fill = '0';
        if (!o->align && default_align == '>') o->align = '=';
        p++;
    }
    if (!o->align) o->align = default_align;
    if (!parse_count(&p, &o->width) || !parse_thousands(&p, o)) return false;
    if (*p == '.') {
        p++;
        if (!parse_count(&p, &o->precision)) return false;
        if (o->precision < 0) return ob_fail(ob_raise(&ob_exc_ValueError, "Format specifier missing precision"));
    }
    if (end - p > 1) return ob_fail(ob_raise(&ob_exc_ValueError, "Invalid format specifier '%S' for object of type '%.200T'", spec, of));
    if (end - p == 1) o->type = *p;
    return check_thousands(o);
}

bool ob_spec_parse(ob_val s, ob_val of, ob_spec *o, char default_type, char default_align) {
    const ob_str_obj *x = ob_str_ptr(s);
    uint32_t local[32], *text = local;
    *o = (ob_spec){.fill = ' ', .type = (unsigned char)default_type, .width = -1, .precision = -1};
    if (x->len >= BASE_LENGTH(local) && !(text = base_mem_alloc((x->len + 1) * sizeof *text))) return ob_fail(ob_raise_memory());
    for (size_t i = 0; i < x->len; i++) text[i] = ob_char_at(x->data, x->o.aux, i);
    text[x->len] = 0;
    bool ok = parse(text, text + x->len, s, of, o, default_align);
    if (text != local) base_mem_free(text);
    return ok;
}

bool ob_spec_unknown(const ob_spec *s, ob_val of) {
    if (s->type > 32 && s->type < 128)
        return ob_fail(ob_raise(&ob_exc_ValueError, "Unknown format code '%c' for object of type '%.200T'", (int)s->type, of));
    return ob_fail(ob_raise(&ob_exc_ValueError, "Unknown format code '\\x%x' for object of type '%.200T'", (unsigned)s->type, of));
}

/* ---- padding ---- */

typedef struct padding { size_t left, middle, right; } padding;

static padding pad_for(const ob_spec *s, size_t n) {
    padding p = {0, 0, 0};
    if (s->width < 0 || (size_t)s->width <= n) return p;
    size_t total = (size_t)s->width - n;
    switch (s->align) {
    case '<': p.right = total; break;
    case '^': p.left = total / 2; p.right = total - p.left; break;
    case '=': p.middle = total; break;
    default: p.left = total; break;
    }
    return p;
}

ob_val ob_spec_pad(const ob_spec *s, ob_val text, char default_align) {
    ob_spec with = *s;
    if (!with.align) with.align = default_align;
    padding p = pad_for(&with, ob_str_len(text));
    if (p.left + p.middle + p.right == 0 && ob_is_exact(text, &ob_str_type)) return text;
    ob_strbuf b;
    ob_strbuf_init(&b);
    (void)ob_strbuf_fill(&b, s->fill, p.left + p.middle);
    (void)ob_strbuf_str(&b, text);
    (void)ob_strbuf_fill(&b, s->fill, p.right);
    return ob_strbuf_finish(&b);
}

/* ---- a number's parts ---- */

typedef struct number {
    char sign;                           /* 0: none */
    const char *prefix;                  /* "0x" … or "" */
    const char *digits, *rest;           /* before the point; behind it (exponent and '%' too) */
    size_t n_digits, n_rest;
    bool point;
    uint32_t character;                  /* type 'c': instead of rest */
} number;

/* How digits are grouped, and the marks. separator OB_NULL: not at all. */
typedef struct marks { ob_val point, separator; const char *grouping; } marks;

static ob_val locale_text(const char *s) {
    wchar_t wide[8];
    size_t n = mbstowcs(wide, s, 8);
    if (n == (size_t)-1 || n >= 8) return ob_str_from_c(s);
    uint32_t chars[8];
    for (size_t i = 0; i < n; i++) chars[i] = (uint32_t)wide[i];
    return ob_str_from_ucs4(chars, n);
}

static bool find_marks(const ob_spec *s, marks *m) {
    m->grouping = "";
    m->point = m->separator = OB_NULL;
    if (s->type == 'n') {
        const struct lconv *l = localeconv();
        m->point = locale_text(l->decimal_point);
        m->separator = locale_text(l->thousands_sep);
        m->grouping = l->grouping;
        return !ob_is_null(m->point) && !ob_is_null(m->separator);
    }
    m->point = ob_str_from_char('.');
    if (s->thousands) {
        m->grouping = s->type < 128 && s->type && strchr("boxX", (int)s->type) ? "\4" : "\3";
        m->separator = ob_str_from_char((unsigned char)s->thousands);
    }
    return !ob_is_null(m->point) && !ob_failed();
}

/* The sizes of groups from the right, from lconv.grouping: the last repeats, CHAR_MAX ends grouping. 0: no more. */
static size_t next_group(const char **g, size_t last) {
    if (**g == CHAR_MAX) return 0;
    if (**g == 0) return last;
    return (size_t)(unsigned char)*(*g)++;
}

/* Sizes of the groups of `n` digits, zeros included so that they fill min_width characters, into sizes[] from the right.
 * The count of groups; *zeros: how many zeros go in front. sizes NULL: count only. */
static size_t group_digits(const marks *m, size_t n, size_t min_width, size_t *sizes, size_t *zeros) {
    size_t sep = ob_str_len(m->separator), count = 0, last = 0;
    const char *g = m->grouping;
    *zeros = 0;
    for (;;) {
        size_t l = *g || last ? next_group(&g, last) : 0, most = n > min_width ? n : min_width;
        if (most < 1) most = 1;
        bool rest = l == 0;
        last = l;
        if (rest || l > most) l = most;
        *zeros += l > n ? l - n : 0;
        n -= l < n ? l : n;
        min_width -= l < min_width ? l : min_width;
        if (sizes) sizes[count] = l;
        count++;
        if (rest || (n == 0 && min_width == 0)) return count;
        min_width -= sep < min_width ? sep : min_width;
    }
}

static bool put_grouped(ob_strbuf *b, const marks *m, const number *x, const size_t *sizes, size_t groups, size_t zeros) {
    const char *p = x->digits;
    if (!groups) return ob_strbuf_fill(b, '0', zeros) && ob_strbuf_ascii(b, p, x->n_digits);
    for (size_t i = groups; i-- > 0;) {
        size_t from_zeros = zeros < sizes[i] ? zeros : sizes[i];
        (void)ob_strbuf_fill(b, '0', from_zeros);
        zeros -= from_zeros;
        (void)ob_strbuf_ascii(b, p, sizes[i] - from_zeros);
        p += sizes[i] - from_zeros;
        if (i) (void)ob_strbuf_str(b, m->separator);
    }
    return !b->failed;
}

/* Appends x, formatted and padded. */
static bool put_number(ob_strbuf *b, const ob_spec *s, const marks *m, const number *x) {
    char sign = x->sign == '-' ? '-' : s->sign == '+' ? '+' : s->sign == ' ' ? ' ' : 0;
    size_t prefix = strlen(x->prefix), rest = x->character ? 1 : x->n_rest, groups = 0, zeros = 0;
    size_t other = (sign != 0) + prefix + (x->point ? ob_str_len(m->point) : 0) + rest, min_width = 0, grouped = 0;
    size_t local[64], *sizes = local;
    if (s->fill == '0' && s->align == '=' && s->width > 0 && (size_t)s->width > other) min_width = (size_t)s->width - other;
    if (ob_is_null(m->separator)) {
        zeros = x->n_digits && min_width > x->n_digits ? min_width - x->n_digits : 0;
        grouped = x->n_digits + zeros;
    } else if (x->n_digits) {
        groups = group_digits(m, x->n_digits, min_width, NULL, &zeros);
        if (groups > BASE_LENGTH(local) && !(sizes = base_mem_alloc(groups * sizeof *sizes))) return ob_fail(ob_raise_memory());
        (void)group_digits(m, x->n_digits, min_width, sizes, &zeros);
        grouped = x->n_digits + zeros + (groups - 1) * ob_str_len(m->separator);
    }
    padding p = pad_for(s, other + grouped);
    (void)ob_strbuf_fill(b, s->fill, p.left);
    if (sign) (void)ob_strbuf_char(b, (unsigned char)sign);
    (void)ob_strbuf_c(b, x->prefix);
    (void)ob_strbuf_fill(b, s->fill, p.middle);
    (void)put_grouped(b, m, x, sizes, groups, zeros);
    if (x->point) (void)ob_strbuf_str(b, m->point);
    if (x->character) (void)ob_strbuf_char(b, x->character - 1);
    else (void)ob_strbuf_ascii(b, x->rest, x->n_rest);
    (void)ob_strbuf_fill(b, s->fill, p.right);
    if (sizes != local) base_mem_free(sizes);
    return !b->failed;
}

static ob_val finish_number(const ob_spec *s, const number *x) {
    marks m;
    ob_strbuf b;
    if (!find_marks(s, &m)) return OB_NULL;
    ob_strbuf_init(&b);
    (void)put_number(&b, s, &m, x);
    return ob_strbuf_finish(&b);
}

/* ---- int ---- */

static ob_val format_char(ob_val v, const ob_spec *s) {
    int64_t c;
    if (s->sign) return ob_raise(&ob_exc_ValueError, "Sign not allowed with integer format specifier 'c'");
    if (s->alternate) return ob_raise(&ob_exc_ValueError, "Alternate form (#) not allowed with integer format specifier 'c'");
    if (!ob_int_to_i64(v, &c)) return OB_NULL;
    if (c < 0 || c > 0x10ffff) return ob_raise(&ob_exc_OverflowError, "%%c arg not in range(0x110000)");
    number x = {.prefix = "", .rest = "", .character = (uint32_t)c + 1};
    return finish_number(s, &x);
}

static void upper_case(char *s, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (s[i] >= 'a' && s[i] <= 'z') s[i] -= 'a' - 'A';
}

static ob_val format_digits(ob_val v, const ob_spec *s) {
    int base = s->type == 'b' ? 2 : s->type == 'o' ? 8 : s->type == 'x' || s->type == 'X' ? 16 : 10;
    static const char *const prefixes[] = {[2] = "0b", [8] = "0o", [16] = "0x"};
    char local[OB_INT64_DIGITS], *d;
    size_t n;
    if (base == 10 && ob_is_small(v)) {
        d = ob_int64_digits(ob_to_small(v), local + sizeof local);
        n = (size_t)(local + sizeof local - d);
    } else {
        ob_val text = ob_int_to_text(v, base, false);
        if (ob_is_null(text)) return OB_NULL;
        d = (char *)ob_str_ptr(text)->data;               /* ours alone, so that it may be changed */
        n = ob_str_len(text);
    }
    number x = {.prefix = "", .rest = ""};
    if (s->alternate && base != 10) x.prefix = s->type == 'X' ? "0X" : prefixes[base];
    if (s->type == 'X') upper_case(d, n);
    if (*d == '-') { x.sign = '-'; d++; n--; }
    x.digits = d;
    x.n_digits = n;
    return finish_number(s, &x);
}

ob_val ob__format_int(ob_val v, ob_val spec) {
    ob_spec s;
    if (ob_str_len(spec) == 0) return ob_is_exact(v, &ob_int_type) ? ob_int_to_text(v, 10, false) : ob_str(v);
    if (!ob_spec_parse(spec, v, &s, 'd', '>')) return OB_NULL;
    if (s.type && s.type < 128 && strchr("bcdoxXn", (int)s.type)) {
        if (s.precision != -1) return ob_raise(&ob_exc_ValueError, "Precision not allowed in integer format specifier");
        if (s.no_neg_zero) return ob_raise(&ob_exc_ValueError, "Negative zero coercion (z) not allowed in integer format specifier");
        return s.type == 'c' ? format_char(v, &s) : format_digits(v, &s);
    }
    if (s.type && s.type < 128 && strchr("eEfFgG%", (int)s.type)) {
        double d = ob_int_to_double(v);
        if (ob_failed()) return OB_NULL;
        ob_val f = ob_float_from(d);
        return ob_is_null(f) ? f : ob__format_float(f, spec);
    }
    (void)ob_spec_unknown(&s, v);
    return OB_NULL;
}

/* ---- float ---- */

/* d's text as the specification wants it (percent: times 100, with '%'), in small[] if it fits. NULL with exception. */
enum { SMALL_TEXT = 512 };
static char *float_text(const ob_spec *s, double d, bool add_dot_0, char small[SMALL_TEXT]) {
    char type = s->type == 0 ? 'r' : s->type == 'n' ? 'g' : s->type == '%' ? 'f' : (char)s->type;
    ssize_t precision = s->precision;
    if (precision > INT_MAX) return ob_fail_ptr(ob_raise(&ob_exc_ValueError, "precision too big"));
    if (s->type == '%') d *= 100;
    if (precision < 0) precision = 6;
    else if (type == 'r') type = 'g';
    size_t cap = 400 + (s->precision > 0 ? (size_t)s->precision : 0);
    char *buf = small;
    if (cap > SMALL_TEXT && !(buf = base_mem_alloc(cap))) return ob_fail_ptr(ob_raise_memory());
    size_t n = ob_float_format(buf, cap - 2, d, type, (int)precision, s->alternate, add_dot_0);
    if (s->type == '%') buf[n++] = '%';
    buf[n] = 0;
    if (s->no_neg_zero && *buf == '-' && isfinite(d) && strcspn(buf, "123456789") >= strcspn(buf, "eE%")) memmove(buf, buf + 1, n);
    return buf;
}

static void cut(const char *text, number *x) {
    *x = (number){.prefix = "", .digits = text};
    if (*text == '-') { x->sign = '-'; x->digits++; }
    x->n_digits = strspn(x->digits, "0123456789");
    x->rest = x->digits + x->n_digits;
    if (*x->rest == '.') { x->point = true; x->rest++; }
    x->n_rest = strlen(x->rest);
}

ob_val ob__format_float(ob_val v, ob_val spec) {
    ob_spec s;
    number x;
    char small[SMALL_TEXT];
    if (ob_str_len(spec) == 0) return ob_is_exact(v, &ob_float_type) ? ob_float_repr(ob_float_value(v)) : ob_str(v);
    if (!ob_spec_parse(spec, v, &s, 0, '>')) return OB_NULL;
    if (s.type && (s.type > 127 || !strchr("eEfFgGn%", (int)s.type))) { (void)ob_spec_unknown(&s, v); return OB_NULL; }
    char *text = float_text(&s, ob_float_value(v), s.type == 0, small);
    if (text == NULL) return OB_NULL;
    cut(text, &x);
    ob_val r = finish_number(&s, &x);
    if (text != small) base_mem_free(text);
    return r;
}

/* ---- complex ---- */

static ob_val format_parts(const ob_spec *s, double re, double im) {
    bool skip_re = s->type == 0 && re == 0 && !signbit(re), parens = s->type == 0 && !skip_re;
    char small[SMALL_TEXT];
    marks m;
    number x;
    ob_strbuf b;
    ob_spec part = *s;
    if (!find_marks(s, &m)) return OB_NULL;
    part.width = -1;
    ob_strbuf_init(&b);
    if (parens) (void)ob_strbuf_char(&b, '(');
    for (int i = skip_re; i < 2; i++) {
        char *text = float_text(&part, i ? im : re, false, small);
        if (text == NULL) return OB_NULL;
        cut(text, &x);
        if (i && !skip_re) part.sign = '+';
        (void)put_number(&b, &part, &m, &x);
        if (text != small) base_mem_free(text);
    }
    (void)ob_strbuf_char(&b, 'j');
    if (parens) (void)ob_strbuf_char(&b, ')');
    ob_val text = ob_strbuf_finish(&b);
    return ob_is_null(text) ? text : ob_spec_pad(s, text, '>');
}

ob_val ob__format_complex(ob_val v, ob_val spec) {
    ob_spec s;
    if (ob_str_len(spec) == 0) return ob_str(v);
    if (!ob_spec_parse(spec, v, &s, 0, '>')) return OB_NULL;
    if (s.type && (s.type > 127 || !strchr("eEfFgGn", (int)s.type))) { (void)ob_spec_unknown(&s, v); return OB_NULL; }
    if (s.precision > INT_MAX) return ob_raise(&ob_exc_ValueError, "precision too big");
    if (s.fill == '0') return ob_raise(&ob_exc_ValueError, "Zero padding is not allowed in complex format specifier");
    if (s.align == '=') return ob_raise(&ob_exc_ValueError, "'=' alignment flag is not allowed in complex format specifier");
    const ob_complex *c = (const ob_complex *)ob_ptr(v);
    return format_parts(&s, c->re, c->im);
}
