/* str_cfmt.c: the formats of ob_raise and ob_str_format_c, and small helpers for the arguments of native functions.
 * Locks: none. */
#include "objspace/int.h"
#include "objspace/str_int.h"
#include "objspace/tuple.h"
#include "base/utf8.h"
#include <ctype.h>
#include <stdio.h>

typedef struct directive { char text[32]; long precision; char length[3]; char conversion; } directive;

/* Parses what follows a '%'; the place behind it. */
static const char *parse_directive(const char *p, directive *d) {
    size_t n = 0;
    *d = (directive){.precision = -1};
    d->text[n++] = '%';
    while (*p && strchr("-+ #0", *p) && n < 8) d->text[n++] = *p++;
    while (isdigit((unsigned char)*p) && n < 16) d->text[n++] = *p++;
    if (*p == '.') {
        d->precision = 0;
        d->text[n++] = *p++;
        while (isdigit((unsigned char)*p) && n < 24) {
            d->precision = d->precision * 10 + (*p - '0');
            d->text[n++] = *p++;
        }
    }
    for (size_t k = 0; *p && strchr("lzhjt", *p) && k < 2; p++) d->length[k++] = d->text[n++] = *p;
    d->conversion = d->text[n] = *p;
    return *p ? p + 1 : p;
}

static bool add_text(ob_strbuf *b, const char *s, long precision) {
    if (s == NULL) s = "(null)";
    size_t n = precision >= 0 ? strnlen(s, (size_t)precision) : strlen(s);
    if (ob_ascii_prefix((const uint8_t *)s, n) == n) return ob_strbuf_ascii(b, s, n);
    for (size_t i = 0, used; i < n; i += used) {
        uint32_t c;
        used = base_utf8_decode(s + i, n - i, true, &c, NULL);
        if (used == 0) { used = 1; c = 0xfffd; }
        if (!ob_strbuf_char(b, c)) return false;
    }
    return true;
}

static bool add_value(ob_strbuf *b, ob_val s, long precision) {
    if (ob_is_null(s)) { b->failed = true; return false; }
    size_t n = ob_str_len(s);
    return ob_strbuf_part(b, s, 0, precision >= 0 && (size_t)precision < n ? (size_t)precision : n);
}

static bool add_number(ob_strbuf *b, const directive *d, va_list *ap) {
    char out[128];
    int n;
    if (d->conversion == 'p') n = snprintf(out, sizeof out, d->text, va_arg(*ap, void *));
    else if (strchr("fgeFGE", d->conversion)) n = snprintf(out, sizeof out, d->text, va_arg(*ap, double));
    else if (!strcmp(d->length, "l")) n = snprintf(out, sizeof out, d->text, va_arg(*ap, long));
    else if (!strcmp(d->length, "ll") || d->length[0] == 'j') n = snprintf(out, sizeof out, d->text, va_arg(*ap, long long));
    else if (d->length[0] == 'z' || d->length[0] == 't') n = snprintf(out, sizeof out, d->text, va_arg(*ap, size_t));
    else n = snprintf(out, sizeof out, d->text, va_arg(*ap, int));
    if (n >= (int)sizeof out) n = (int)sizeof out - 1;
    return ob_strbuf_ascii(b, out, (size_t)n);
}

static bool add_directive(ob_strbuf *b, const directive *d, va_list *ap) {
    ob_val v;
    switch (d->conversion) {
    case '%': return ob_strbuf_char(b, '%');
    case 'c': return ob_strbuf_char(b, va_arg(*ap, unsigned));
    case 's': return add_text(b, va_arg(*ap, const char *), d->precision);
    case 'R': return add_value(b, ob_repr(va_arg(*ap, ob_val)), d->precision);
    case 'A': return add_value(b, ob_ascii(va_arg(*ap, ob_val)), d->precision);
    case 'S': v = va_arg(*ap, ob_val); return add_value(b, ob_is_exact(v, &ob_str_type) ? v : ob_str(v), d->precision);
    case 'T': return add_text(b, ob_type_of(va_arg(*ap, ob_val))->name, d->precision);
    case 'N': return add_text(b, va_arg(*ap, ob_type *)->name, d->precision);
    case 0: return true;
    default: return add_number(b, d, ap);
    }
}

ob_val ob_str_vformat_c(const char *format, va_list args) {
    ob_strbuf b;
    va_list ap;
    directive d;
    ob_strbuf_init(&b);
    va_copy(ap, args);
    while (*format) {
        const char *p = strchrnul(format, '%');
        if (p != format && !add_text(&b, format, p - format)) break;
        if (*(format = p) == 0) break;
        format = parse_directive(format + 1, &d);
        if (!add_directive(&b, &d, &ap)) break;
    }
    va_end(ap);
    return ob_strbuf_finish(&b);
}

ob_val ob_str_format_c(const char *format, ...) {
    va_list ap;
    va_start(ap, format);
    ob_val s = ob_str_vformat_c(format, ap);
    va_end(ap);
    return s;
}

/* ---- arguments ---- */
bool ob__slice_bound(ob_val v, int64_t *out) {
    if (ob_is_null(v) || ob_is_none(v)) return true;
    if (ob_is_small(v)) { *out = ob_to_small(v); return true; }
    if (!ob__has_index(v))
        return ob_fail(ob_raise(&ob_exc_TypeError, "slice indices must be integers or None or have an __index__ method"));
    return ob_index_clamp(v, out);
}

bool ob__clip(ob_val start, ob_val end, size_t len, size_t *from, size_t *to) {
    int64_t n = (int64_t)len, a = 0, b = n;
    if (!ob__slice_bound(start, &a) || !ob__slice_bound(end, &b)) return false;
    if (b > n) b = n;
    else if (b < 0 && (b += n) < 0) b = 0;
    if (a < 0 && (a += n) < 0) a = 0;
    *from = (size_t)a;
    *to = (size_t)b;
    return true;
}

bool ob__find_args(const char *name, const ob_val *a, size_t n, ob_val kw, ob_val out[3]) {
    if (!ob_is_null(kw) && ob_tuple_len(kw) > 0) return ob_fail(ob_raise(&ob_exc_TypeError, "%s() takes no keyword arguments", name));
    if (n < 1) return ob_fail(ob_raise(&ob_exc_TypeError, "%s() takes at least 1 argument (0 given)", name));
    if (n > 3) return ob_fail(ob_raise(&ob_exc_TypeError, "%s() takes at most 3 arguments (%zu given)", name, n));
    for (size_t i = 0; i < 3; i++) out[i] = i < n ? a[i] : OB_NULL;
    return true;
}

bool ob__ssize_arg(ob_val v, ssize_t *out) {
    int64_t i;
    if (ob_is_small(v)) { *out = ob_to_small(v); return true; }
    if (!ob_index_i64(v, &i)) {
        if (ob_err_matches(&ob_exc_IndexError) && ob_err_clear_if(&ob_exc_IndexError))
            ob_raise(&ob_exc_OverflowError, "Python int too large to convert to C ssize_t");
        return false;
    }
    *out = i;
    return true;
}

static bool bind_keyword(const char *function, const char *const *names, size_t positional_only, size_t max, ob_val name, ob_val v, ob_val *out) {
    for (size_t i = positional_only; i < max; i++)
        if (ob_str_equal_c(name, names[i])) {
            if (!ob_is_null(out[i]))
                return ob_fail(ob_raise(&ob_exc_TypeError, "argument for %s() given by name ('%s') and position (%zu)", function, names[i], i + 1));
            out[i] = v;
            return true;
        }
    return ob_fail(ob_raise(&ob_exc_TypeError, "'%S' is an invalid keyword argument for %s()", name, function));
}

bool ob__bind(const char *function, const char *const *names, size_t positional_only, size_t required, size_t max,
              const ob_val *a, size_t n, ob_val kw, ob_val *out) {
    size_t nkw = ob_is_null(kw) ? 0 : ob_tuple_len(kw);
    if (n + nkw > max)
        return ob_fail(max == 0 ? ob_raise(&ob_exc_TypeError, "%s() takes no arguments", function)
                                : ob_raise(&ob_exc_TypeError, "%s() takes at most %zu argument%s (%zu given)", function, max, max == 1 ? "" : "s", n + nkw));
    for (size_t i = 0; i < max; i++) out[i] = i < n ? a[i] : OB_NULL;
    for (size_t i = 0; i < nkw; i++)
        if (!bind_keyword(function, names, positional_only, max, ob_tuple_at(kw, i), a[n + i], out)) return false;
    for (size_t i = 0; i < required; i++)
        if (ob_is_null(out[i]))
            return ob_fail(ob_raise(&ob_exc_TypeError, "%s() missing required argument '%s' (pos %zu)", function, names[i], i + 1));
    return true;
}
