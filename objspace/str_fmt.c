/* str_fmt.c: str.format, str.format_map, the parsing of replacement fields, and str.__format__.
 * Locks: none.
 * A template is read left to right; a field may hold fields in its specification, two levels deep. */
#include "objspace/str_fmt.h"
#include "objspace/dict.h"
#include "objspace/int.h"
#include "objspace/str_methods.h"
#include "objspace/tuple.h"

/* ---- __format__ ---- */
DEFINE_STR_METHOD(format_spec) {
    ob_spec s;
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "__format__() argument must be str, not %.50T", a[0]);
    if (ob_str_len(a[0]) == 0) return ob_is_exact(self, &ob_str_type) ? self : ob_str(self);
    if (!ob_spec_parse(a[0], self, &s, 's', '<')) return OB_NULL;
    if (s.type != 's' && s.type != 0) { ob_spec_unknown(&s, self); return OB_NULL; }
    if (s.sign) return ob_raise(&ob_exc_ValueError, s.sign == ' ' ? "Space not allowed in string format specifier" : "Sign not allowed in string format specifier");
    if (s.no_neg_zero) return ob_raise(&ob_exc_ValueError, "Negative zero coercion (z) not allowed in string format specifier");
    if (s.alternate) return ob_raise(&ob_exc_ValueError, "Alternate form (#) not allowed in string format specifier");
    if (s.align == '=') return ob_raise(&ob_exc_ValueError, "'=' alignment not allowed in string format specifier");
    ob_val text = ob__str_exact(self);
    if (s.precision >= 0 && (size_t)s.precision < ob_str_len(self)) text = ob_str_slice(text, 0, (size_t)s.precision);
    return ob_is_null(text) ? text : ob_spec_pad(&s, text, '<');
}

/* ---- the parts of a template ---- */
/* Finds the end of a field: at is behind '{'. The index of the closing brace; -1: raised. */
static ssize_t field_end(ob_val t, size_t at, size_t end) {
    size_t depth = 1;
    bool bracket = false;
    for (size_t i = at; i < end; i++) {
        uint32_t c = ob_str_at(t, i);
        if (c == '[' ) bracket = true;
        else if (c == ']') bracket = false;
        if (bracket && depth == 1 && c != '[') continue;
        if (c == '{') depth++;
        else if (c == '}' && --depth == 0) return (ssize_t)i;
    }
    return ob_fail_int(ob_raise(&ob_exc_ValueError, "expected '}' before end of string"));
}

/* Splits a field: name up to '!' or ':', the conversion, the specification. */
static bool split_field(ob_val t, size_t at, size_t end, ob_field *f) {
    size_t i = at;
    bool bracket = false;
    f->name_from = at;
    f->conversion = 0;
    for (; i < end; i++) {
        uint32_t c = ob_str_at(t, i);
        if (c == '{' && !bracket) return ob_fail(ob_raise(&ob_exc_ValueError, "unexpected '{' in field name"));
        if (c == '[') { bracket = true; continue; }
        if (c == ']') bracket = false;
        if (!bracket && (c == '!' || c == ':')) break;
    }
    f->name_to = i;
    if (i < end && ob_str_at(t, i) == '!') {
        if (i + 1 >= end) return ob_fail(ob_raise(&ob_exc_ValueError, "unmatched '{' in format spec"));
        f->conversion = ob_str_at(t, i + 1);
        i += 2;
        if (i < end && ob_str_at(t, i) != ':') return ob_fail(ob_raise(&ob_exc_ValueError, "expected ':' after conversion specifier"));
    }
    f->has_spec = i < end;
    f->spec_from = i < end ? i + 1 : end;
    f->spec_to = end;
    f->nested = false;
    for (size_t k = f->spec_from; k < end; k++) if (ob_str_at(t, k) == '{') f->nested = true;
    return true;
}

int ob_template_next(ob_val t, size_t *pos, size_t end, ob_field *f) {
    size_t i = *pos;
    f->text_from = i;
    f->is_field = false;
    for (; i < end; i++) {
        uint32_t c = ob_str_at(t, i);
        if (c != '{' && c != '}') continue;
        if (i + 1 < end && ob_str_at(t, i + 1) == c) {   /* doubled: one of them is text */
            f->text_to = i + 1;
            *pos = i + 2;
            return 1;
        }
        if (c == '}') return ob_fail_int(ob_raise(&ob_exc_ValueError, "Single '}' encountered in format string"));
        if (i + 1 == end) return ob_fail_int(ob_raise(&ob_exc_ValueError, "Single '{' encountered in format string"));
        ssize_t close = field_end(t, i + 1, end);
        if (close < 0 || !split_field(t, i + 1, (size_t)close, f)) return -1;
        f->is_field = true;
        f->text_to = i;
        *pos = (size_t)close + 1;
        return 1;
    }
    f->text_to = i;
    *pos = i;
    return i > f->text_from;
}

/* A decimal index; -1: not a number, -2: raised. */
int64_t ob_field_number(ob_val t, size_t from, size_t to) {
    int64_t n = 0;
    if (from == to) return -1;
    for (size_t i = from; i < to; i++) {
        int d = ob_uc_decimal(ob_str_at(t, i));
        if (d < 0) return -1;
        if (n > (INT64_MAX - d) / 10) { ob_raise(&ob_exc_ValueError, "Too many decimal digits in format string"); return -2; }
        n = n * 10 + d;
    }
    return n;
}

size_t ob_field_first_end(ob_val t, size_t from, size_t to) {
    while (from < to && ob_str_at(t, from) != '.' && ob_str_at(t, from) != '[') from++;
    return from;
}

int ob_field_rest_next(ob_val t, size_t *pos, size_t end, ob_field_step *s) {
    size_t i = *pos;
    if (i >= end) return 0;
    uint32_t c = ob_str_at(t, i++);
    s->attribute = c == '.';
    s->from = i;
    if (c == '.') {
        while (i < end && ob_str_at(t, i) != '.' && ob_str_at(t, i) != '[') i++;
        s->to = *pos = i;
    } else if (c == '[') {
        while (i < end && ob_str_at(t, i) != ']') i++;
        if (i >= end) return ob_fail_int(ob_raise(&ob_exc_ValueError, "Missing ']' in format string"));
        s->to = i;
        *pos = i + 1;
    } else return ob_fail_int(ob_raise(&ob_exc_ValueError, "Only '.' or '[' may follow ']' in format field specifier"));
    if (s->from == s->to) return ob_fail_int(ob_raise(&ob_exc_ValueError, "Empty attribute in format string"));
    return 1;
}

/* ---- str.format ---- */
typedef struct filler {
    const ob_val *args; size_t nargs;    /* positional; NULL for format_map */
    ob_val kwnames; const ob_val *kwvalues;
    ob_val mapping;                      /* format_map's, or OB_NULL */
    enum { AUTO_UNKNOWN, AUTO_YES, AUTO_NO } numbering;
    size_t next;
} filler;

static bool numbering(filler *f, bool automatic) {
    if (f->numbering == AUTO_UNKNOWN) f->numbering = automatic ? AUTO_YES : AUTO_NO;
    if (automatic && f->numbering == AUTO_NO)
        return ob_fail(ob_raise(&ob_exc_ValueError, "cannot switch from manual field specification to automatic field numbering"));
    if (!automatic && f->numbering == AUTO_YES)
        return ob_fail(ob_raise(&ob_exc_ValueError, "cannot switch from automatic field numbering to manual field specification"));
    return true;
}

static ob_val named_argument(filler *f, ob_val name) {
    if (!ob_is_null(f->mapping)) return ob_getitem(f->mapping, name);
    for (size_t i = 0; !ob_is_null(f->kwnames) && i < ob_tuple_len(f->kwnames); i++)
        if (ob_str_equal(ob_tuple_at(f->kwnames, i), name)) return f->kwvalues[i];
    return ob_raise_obj(&ob_exc_KeyError, name);
}

static ob_val first_value(filler *f, ob_val t, size_t from, size_t to) {
    int64_t n = ob_field_number(t, from, to);
    if (n == -2) return OB_NULL;
    if (from == to || n >= 0) {
        if (!numbering(f, from == to)) return OB_NULL;
        if (from == to) n = (int64_t)f->next++;
        if (f->args == NULL) return ob_raise(&ob_exc_ValueError, "Format string contains positional fields");
        if ((size_t)n >= f->nargs) return ob_raise(&ob_exc_IndexError, "Replacement index %lld out of range for positional args tuple", (long long)n);
        return f->args[n];
    }
    ob_val name = ob_str_slice(t, from, to);
    return ob_is_null(name) ? name : named_argument(f, name);
}

static ob_val field_value(filler *f, ob_val t, size_t from, size_t to) {
    size_t pos = ob_field_first_end(t, from, to);
    ob_val v = first_value(f, t, from, pos);
    ob_field_step s;
    int r;
    while (!ob_is_null(v) && (r = ob_field_rest_next(t, &pos, to, &s)) != 0) {
        if (r < 0) return OB_NULL;
        ob_val key = ob_str_slice(t, s.from, s.to);
        if (ob_is_null(key)) return key;
        if (s.attribute) { v = ob_getattr(v, ob_str_intern(key)); continue; }
        int64_t n = ob_field_number(t, s.from, s.to);
        if (n == -2) return OB_NULL;
        v = ob_getitem(v, n >= 0 ? ob_int_from_i64(n) : key);
    }
    return v;
}

static ob_val convert(ob_val v, uint32_t conversion) {
    switch (conversion) {
    case 0: return v;
    case 'r': return ob_repr(v);
    case 's': return ob_str(v);
    case 'a': return ob_ascii(v);
    default:
        return conversion > 32 && conversion < 127 ? ob_raise(&ob_exc_ValueError, "Unknown conversion specifier %c", conversion)
                                                   : ob_raise(&ob_exc_ValueError, "Unknown conversion specifier \\x%x", conversion);
    }
}

static bool fill(filler *f, ob_strbuf *out, ob_val t, size_t from, size_t to, int depth);

static ob_val field_spec(filler *f, ob_val t, const ob_field *field, int depth) {
    if (!field->nested) return ob_str_slice(t, field->spec_from, field->spec_to);
    ob_strbuf b;
    ob_strbuf_init(&b);
    if (!fill(f, &b, t, field->spec_from, field->spec_to, depth - 1)) { ob_strbuf_release(&b); return OB_NULL; }
    return ob_strbuf_finish(&b);
}

static bool fill(filler *f, ob_strbuf *out, ob_val t, size_t from, size_t to, int depth) {
    ob_field field;
    int r;
    if (depth < 0) return ob_fail(ob_raise(&ob_exc_ValueError, "Max string recursion exceeded"));
    while ((r = ob_template_next(t, &from, to, &field)) > 0) {
        if (field.text_to > field.text_from && !ob_strbuf_part(out, t, field.text_from, field.text_to)) return false;
        if (!field.is_field) continue;
        ob_val v = field_value(f, t, field.name_from, field.name_to);
        if (ob_is_null(v) || ob_is_null(v = convert(v, field.conversion))) return false;
        ob_val spec = field_spec(f, t, &field, depth);
        if (ob_is_null(spec)) return false;
        if (!(ob_is_exact(v, &ob_str_type) && ob_str_len(spec) == 0) && ob_is_null(v = ob_format(v, spec))) return false;
        if (!ob_strbuf_str(out, v)) return false;
    }
    return r == 0;
}

static ob_val run(filler *f, ob_val t) {
    ob_strbuf b;
    ob_strbuf_init(&b);
    if (!fill(f, &b, t, 0, ob_str_len(t), 1)) { ob_strbuf_release(&b); return OB_NULL; }
    return ob_strbuf_finish(&b);
}

DEFINE_STR_METHOD(format) {
    static const ob_val none;                            /* so that args is not NULL, which is format_map's */
    filler f = {.args = a ? a : &none, .nargs = n, .kwnames = kw, .kwvalues = a ? a + n : NULL};
    return run(&f, self);
}

DEFINE_STR_METHOD(format_map) {
    filler f = {.mapping = a[0]};
    return run(&f, self);
}
