/* str_methods.c: methods of str: the table; searching, stripping, padding, joining, encoding, testing.
 * Locks: none.  Case: str_case.c.  Splitting and replacing: str_split.c.  Formatting: str_fmt.c. */
#include "objspace/codecs.h"
#include "objspace/dict.h"
#include "objspace/int.h"
#include "objspace/str_int.h"
#include "objspace/str_methods.h"
#include "objspace/tuple.h"

/* ---- repr ---- */
static const char hex_digits[] = "0123456789abcdef";

static void add_escaped(ob_strbuf *b, uint32_t c) {
    char e[10] = {'\\'};
    size_t n = c < 0x100 ? 2 : c < 0x10000 ? 4 : 8;
    e[1] = n == 2 ? 'x' : n == 4 ? 'u' : 'U';
    for (size_t i = 0; i < n; i++) e[2 + i] = hex_digits[c >> 4 * (n - 1 - i) & 15];
    ob_strbuf_ascii(b, e, n + 2);
}

static inline bool plain_in_repr(uint32_t c, uint32_t quote) { return c >= ' ' && c < 0x7f && c != quote && c != '\\'; }

ob_val ob__str_repr(ob_val s) {
    size_t n = ob_str_len(s), run = 0;
    bool single = ob_str_kind(s) == 1 ? memchr(ob_str_ptr(s)->data, '\'', n) != NULL : ob_str_find(s, ob_str_from_char('\''), 0, n) >= 0;
    bool both = single && ob_str_find(s, ob_str_from_char('"'), 0, n) >= 0;
    uint32_t quote = single && !both ? '"' : '\'';
    ob_strbuf b;
    ob_strbuf_init(&b);
    ob_strbuf_char(&b, quote);
    for (size_t i = 0; i <= n; i++) {
        uint32_t c = i < n ? ob_str_at(s, i) : 0;
        if (LIKELY(i < n && (plain_in_repr(c, quote) || (c >= 0x7f && ob_uc_flags(c) & OB_UC_PRINTABLE)))) continue;
        if (i > run) ob_strbuf_part(&b, s, run, i);
        run = i + 1;
        if (i == n) break;
        if (c == quote || c == '\\') { char e[2] = {'\\', (char)c}; ob_strbuf_ascii(&b, e, 2); }
        else if (c == '\n') ob_strbuf_ascii(&b, "\\n", 2);
        else if (c == '\t') ob_strbuf_ascii(&b, "\\t", 2);
        else if (c == '\r') ob_strbuf_ascii(&b, "\\r", 2);
        else add_escaped(&b, c);
    }
    ob_strbuf_char(&b, quote);
    return ob_strbuf_finish(&b);
}

ob_val ob__str_ascii_of(ob_val s) {                      /* ascii(): what is not ASCII in a repr is escaped */
    ob_strbuf b;
    if (ob_str_is_ascii(s)) return s;
    ob_strbuf_init(&b);
    for (size_t i = 0; i < ob_str_len(s); i++) {
        uint32_t c = ob_str_at(s, i);
        if (c < 0x80) ob_strbuf_char(&b, c);
        else add_escaped(&b, c);
    }
    return ob_strbuf_finish(&b);
}

/* ---- searching ---- */
static bool find_args(ob_val self, const ob_val *a, size_t *from, size_t *to) {
    if (!ob_is_str(a[0])) return ob_fail(ob_raise(&ob_exc_TypeError, "must be str, not %.100T", a[0]));
    return ob__clip(a[1], a[2], ob_str_len(self), from, to);
}

/* -1: not found, -2: error */
static ssize_t find_any(ob_val self, const ob_val *a, bool right) {
    size_t from, to;
    if (!find_args(self, a, &from, &to)) return -2;
    if (from > to) return -1;
    const ob_str_obj *h = ob_str_ptr(self), *t = ob_str_ptr(a[0]);
    const uint8_t *p = h->data + from * h->o.aux;
    ssize_t i = right ? ob_chars_rfind(p, h->o.aux, to - from, t->data, t->o.aux, t->len) : ob_chars_find(p, h->o.aux, to - from, t->data, t->o.aux, t->len);
    return i < 0 ? -1 : i + (ssize_t)from;
}

static ob_val found(ssize_t i, bool must) {
    if (i == -2) return OB_NULL;
    if (i == -1 && must) return ob_raise(&ob_exc_ValueError, "substring not found");
    return ob_from_small(i);
}

METHOD(find) {
    ob_val v[3];
    return ob__find_args("find", a, n, kw, v) ? found(find_any(self, v, false), false) : OB_NULL;
}
METHOD(rfind) {
    ob_val v[3];
    return ob__find_args("rfind", a, n, kw, v) ? found(find_any(self, v, true), false) : OB_NULL;
}
METHOD(index) {
    ob_val v[3];
    return ob__find_args("index", a, n, kw, v) ? found(find_any(self, v, false), true) : OB_NULL;
}
METHOD(rindex) {
    ob_val v[3];
    return ob__find_args("rindex", a, n, kw, v) ? found(find_any(self, v, true), true) : OB_NULL;
}

size_t ob__str_count(ob_val s, ob_val sub, size_t from, size_t to, size_t limit) {
    const ob_str_obj *x = ob_str_ptr(s), *y = ob_str_ptr(sub);
    size_t m = y->len, k = 0;
    if (from > to) return 0;
    if (m == 0) return to - from + 1 < limit ? to - from + 1 : limit;
    if (x->o.aux == 1 && y->o.aux == 1) return ob_mem_count(x->data + from, to - from, y->data, m, limit);
    for (ssize_t i; k < limit && (i = ob_str_find(s, sub, from, to)) >= 0; k++) from = (size_t)i + m;
    return k;
}

METHOD(count) {
    size_t from, to;
    ob_val v[3];
    if (!ob__find_args("count", a, n, kw, v) || !find_args(self, v, &from, &to)) return OB_NULL;
    return ob_from_small((int64_t)ob__str_count(self, v[0], from, to, SIZE_MAX));
}

static bool matches_at(ob_val s, ob_val part, size_t from, size_t to, bool at_end) {
    size_t m = ob_str_len(part);
    if (from > to || m > to - from) return false;
    size_t at = at_end ? to - m : from;
    const ob_str_obj *x = ob_str_ptr(s), *y = ob_str_ptr(part);
    if (x->o.aux == y->o.aux) return memcmp(x->data + at * x->o.aux, y->data, m * x->o.aux) == 0;
    if (y->o.aux > x->o.aux && m > 0) return false;
    for (size_t i = 0; i < m; i++) if (ob_str_at(s, at + i) != ob_str_at(part, i)) return false;
    return true;
}

static ob_val starts_or_ends(ob_val self, const ob_val *a, bool at_end) {
    const char *name = at_end ? "endswith" : "startswith";
    size_t from, to;
    if (!ob__clip(a[1], a[2], ob_str_len(self), &from, &to)) return OB_NULL;
    if (ob_is_str(a[0])) return ob_bool(matches_at(self, a[0], from, to, at_end));
    if (!ob_is_tuple(a[0])) return ob_raise(&ob_exc_TypeError, "%s first arg must be str or a tuple of str, not %.100T", name, a[0]);
    for (size_t i = 0; i < ob_tuple_len(a[0]); i++) {
        ob_val part = ob_tuple_at(a[0], i);
        if (!ob_is_str(part)) return ob_raise(&ob_exc_TypeError, "tuple for %s must only contain str, not %.100T", name, part);
        if (matches_at(self, part, from, to, at_end)) return OB_TRUE;
    }
    return OB_FALSE;
}

METHOD(startswith) {
    ob_val v[3];
    return ob__find_args("startswith", a, n, kw, v) ? starts_or_ends(self, v, false) : OB_NULL;
}
METHOD(endswith) {
    ob_val v[3];
    return ob__find_args("endswith", a, n, kw, v) ? starts_or_ends(self, v, true) : OB_NULL;
}

METHOD(removeprefix) {
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "removeprefix() argument must be str, not %.50T", a[0]);
    size_t len = ob_str_len(self);
    return matches_at(self, a[0], 0, len, false) ? ob_str_slice(self, ob_str_len(a[0]), len) : ob__str_exact(self);
}

METHOD(removesuffix) {
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "removesuffix() argument must be str, not %.50T", a[0]);
    size_t len = ob_str_len(self);
    return matches_at(self, a[0], 0, len, true) ? ob_str_slice(self, 0, len - ob_str_len(a[0])) : ob__str_exact(self);
}

/* ---- stripping ---- */
static bool in_set(ob_val set, uint32_t c) {
    if (ob_is_null(set)) return ob_uc_flags(c) & OB_UC_SPACE;
    const ob_str_obj *s = ob_str_ptr(set);
    if (s->o.aux == 1) return c < 256 && memchr(s->data, (int)c, s->len) != NULL;
    for (size_t i = 0; i < s->len; i++) if (ob_str_at(set, i) == c) return true;
    return false;
}

static ob_val strip_any(ob_val self, ob_val set, const char *name, bool left, bool right) {
    if (ob_is_null(set) || ob_is_none(set)) set = OB_NULL;
    else if (!ob_is_str(set)) return ob_raise(&ob_exc_TypeError, "%s arg must be None or str", name);
    size_t from = 0, to = ob_str_len(self);
    if (left) while (from < to && in_set(set, ob_str_at(self, from))) from++;
    if (right) while (to > from && in_set(set, ob_str_at(self, to - 1))) to--;
    return ob_str_slice(self, from, to);
}

METHOD(strip) { return strip_any(self, a[0], "strip", true, true); }
METHOD(lstrip) { return strip_any(self, a[0], "lstrip", true, false); }
METHOD(rstrip) { return strip_any(self, a[0], "rstrip", false, true); }

/* ---- padding ---- */
static ob_val pad(ob_val self, size_t left, size_t right, uint32_t fill) {
    if (left == 0 && right == 0) return ob__str_exact(self);
    size_t n = ob_str_len(self);
    if (left > SIZE_MAX / 16 || right > SIZE_MAX / 16) return ob_raise(&ob_exc_OverflowError, "padded string is too long");
    uint32_t max = ob_str_max(self);
    ob_val r = ob_str_alloc(left + n + right, max > fill ? max : fill);
    if (ob_is_null(r)) return r;
    unsigned kind = ob_str_kind(r);
    uint8_t *p = ob_str_ptr(r)->data;
    if (kind == 1) { memset(p, (int)fill, left); memset(p + left + n, (int)fill, right); }
    else {
        for (size_t i = 0; i < left; i++) ob_char_put(p, kind, i, fill);
        for (size_t i = 0; i < right; i++) ob_char_put(p, kind, left + n + i, fill);
    }
    ob_chars_copy(p + left * kind, kind, ob_str_ptr(self)->data, ob_str_kind(self), n);
    return r;
}

/* how: '<' ljust, '>' rjust, '^' center */
static ob_val justify(ob_val self, const ob_val *a, char how) {
    ssize_t width;
    uint32_t fill = ' ';
    if (!ob__ssize_arg(a[0], &width)) return OB_NULL;
    if (!ob_is_null(a[1])) {
        if (!ob_is_str(a[1])) return ob_raise(&ob_exc_TypeError, "The fill character must be a unicode character, not %.100T", a[1]);
        if (ob_str_len(a[1]) != 1) return ob_raise(&ob_exc_TypeError, "The fill character must be exactly one character long");
        fill = ob_str_at(a[1], 0);
    }
    ssize_t len = (ssize_t)ob_str_len(self);
    if (width <= len) return ob__str_exact(self);
    size_t more = (size_t)(width - len), left = how == '<' ? 0 : how == '>' ? more : more / 2 + (more & (size_t)width & 1);
    return pad(self, left, more - left, fill);
}

METHOD(ljust) { return justify(self, a, '<'); }
METHOD(rjust) { return justify(self, a, '>'); }
METHOD(center) { return justify(self, a, '^'); }

METHOD(zfill) {
    ssize_t width, len = (ssize_t)ob_str_len(self);
    if (!ob__ssize_arg(a[0], &width)) return OB_NULL;
    if (width <= len) return ob__str_exact(self);
    size_t zeros = (size_t)(width - len);
    ob_val r = pad(self, zeros, 0, '0');
    if (ob_is_null(r) || len == 0) return r;
    uint32_t sign = ob_str_at(self, 0);
    if (sign == '+' || sign == '-') {
        ob_char_put(ob_str_ptr(r)->data, ob_str_kind(r), 0, sign);
        ob_char_put(ob_str_ptr(r)->data, ob_str_kind(r), zeros, '0');
    }
    return r;
}

METHOD(expandtabs) {
    int64_t tab = 8;
    if (!ob_is_null(a[0]) && !ob_index_i64(a[0], &tab)) return OB_NULL;
    if (ob_str_find(self, ob_str_from_char('\t'), 0, SIZE_MAX) < 0) return ob__str_exact(self);
    ob_strbuf b;
    size_t column = 0;
    ob_strbuf_init(&b);
    for (size_t i = 0; i < ob_str_len(self); i++) {
        uint32_t c = ob_str_at(self, i);
        if (c == '\t') {
            if (tab > 0) {
                size_t fill = (size_t)tab - column % (size_t)tab;
                column += fill;
                if (!ob_strbuf_fill(&b, ' ', fill)) break;
            }
            continue;
        }
        column = c == '\n' || c == '\r' ? 0 : column + 1;
        ob_strbuf_char(&b, c);
    }
    return ob_strbuf_finish(&b);
}

/* ---- joining ---- */
METHOD(join) {
    ob_val it = a[0];
    if (ob_is_exact(it, &ob_list_type)) {
        size_t count;
        const ob_val *items = ob_list_whole(it, &count);
        return items || !count ? ob_str_join(self, items, count) : OB_NULL;
    }
    if (!ob_is_tuple(it)) {
        if (ob_type_of(it)->slots.iter == NULL && ob_type_of(it)->slots.getitem == NULL) return ob_raise(&ob_exc_TypeError, "can only join an iterable");
        it = ob_tuple_of_iterable(it);
        if (ob_is_null(it)) return OB_NULL;
    }
    return ob_str_join(self, ob_tuple_ptr(it)->items, ob_tuple_len(it));
}

METHOD(encode) {
    const char *enc = NULL, *err = NULL;
    if (!ob_is_null(a[0])) {
        if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "encode() argument 'encoding' must be str, not %.50T", a[0]);
        if (!(enc = ob_str_utf8(a[0], NULL))) return OB_NULL;
        if (strlen(enc) != ob_str_len(a[0]) && ob_str_is_ascii(a[0])) return ob_raise(&ob_exc_ValueError, "embedded null character");
    }
    if (!ob_is_null(a[1])) {
        if (!ob_is_str(a[1])) return ob_raise(&ob_exc_TypeError, "encode() argument 'errors' must be str, not %.50T", a[1]);
        if (!(err = ob_str_utf8(a[1], NULL))) return OB_NULL;
    }
    return ob_codec_encode_value(self, enc, err);
}

/* ---- tests ---- */
static ob_val all_have(ob_val self, uint16_t flag, bool of_empty) {
    const ob_str_obj *s = ob_str_ptr(self);
    if (s->len == 0) return ob_bool(of_empty);
    for (size_t i = 0; i < s->len; i++) if (!(ob_uc_flags(ob_str_at(self, i)) & flag)) return OB_FALSE;
    return OB_TRUE;
}

METHOD(isalnum) { return all_have(self, OB_UC_ALPHA | OB_UC_DECIMAL | OB_UC_DIGIT | OB_UC_NUMERIC, false); }
METHOD(isalpha) { return all_have(self, OB_UC_ALPHA, false); }
METHOD(isascii) { return ob_bool(ob_str_is_ascii(self)); }
METHOD(isdecimal) { return all_have(self, OB_UC_DECIMAL, false); }
METHOD(isdigit) { return all_have(self, OB_UC_DIGIT | OB_UC_DECIMAL, false); }
METHOD(isnumeric) { return all_have(self, OB_UC_NUMERIC | OB_UC_DIGIT | OB_UC_DECIMAL, false); }
METHOD(isprintable) {
    for (size_t i = 0; i < ob_str_len(self); i++) {
        uint32_t c = ob_str_at(self, i);
        if (!(ob_uc_flags(c) & OB_UC_PRINTABLE) && c != ' ') return OB_FALSE;
    }
    return OB_TRUE;
}
METHOD(isspace) { return all_have(self, OB_UC_SPACE, false); }

bool ob_str_is_identifier(ob_val s) {
    size_t len = ob_str_len(s);
    if (len == 0) return false;
    for (size_t i = 0; i < len; i++) {
        uint32_t c = ob_str_at(s, i);
        if (c != '_' && !(ob_uc_flags(c) & (i ? OB_UC_XID_CONTINUE : OB_UC_XID_START))) return false;
    }
    return true;
}
METHOD(isidentifier) { return ob_bool(ob_str_is_identifier(self)); }

static ob_val one_case(ob_val self, uint16_t wanted, uint16_t other) {
    bool some = false;
    for (size_t i = 0; i < ob_str_len(self); i++) {
        uint16_t f = ob_uc_flags(ob_str_at(self, i));
        if (f & (other | OB_UC_TITLE)) return OB_FALSE;
        if (f & wanted) some = true;
    }
    return ob_bool(some);
}
METHOD(islower) { return one_case(self, OB_UC_LOWER, OB_UC_UPPER); }
METHOD(isupper) { return one_case(self, OB_UC_UPPER, OB_UC_LOWER); }

METHOD(istitle) {
    bool cased = false, some = false;
    for (size_t i = 0; i < ob_str_len(self); i++) {
        uint16_t f = ob_uc_flags(ob_str_at(self, i));
        if (f & (OB_UC_UPPER | OB_UC_TITLE)) {
            if (cased) return OB_FALSE;
            cased = some = true;
        } else if (f & OB_UC_LOWER) {
            if (!cased) return OB_FALSE;
            some = true;
        } else cased = false;
    }
    return ob_bool(some);
}

METHOD(getnewargs) {
    ob_val copy = ob__str_of_type(&ob_str_type, self);
    return ob_is_null(copy) ? copy : ob_tuple_of1(copy);
}
METHOD(size_of) { return ob_from_small((int64_t)(sizeof(ob_str_obj) + (ob_str_len(self) + 1) * ob_str_kind(self))); }

const ob_def ob__str_methods[] = {
    {"__format__", ob__str_format_spec, "format_spec, /", "The text padded and cut as the specification says.", 0},
    {"__getnewargs__", m_getnewargs, "", NULL, 0},
    {"__sizeof__", m_size_of, "", "Bytes of memory.", 0},
    {"capitalize", ob__str_capitalize, "", "The first character in title case, the rest in lower case.", 0},
    {"casefold", ob__str_casefold, "", "A form for comparing without regard to case.", 0},
    {"center", m_center, "width, fillchar=' ', /", "Centred in a string of that width.", 0},
    {"count", m_count, "*args", "Number of non-overlapping occurrences of sub in s[start:end].", 0},
    {"encode", m_encode, "encoding='utf-8', errors='strict'", "The text as bytes in that encoding.", 0},
    {"endswith", m_endswith, "*args", "Whether s[start:end] ends with suffix (or one of a tuple).", 0},
    {"expandtabs", m_expandtabs, "tabsize=8", "Tabs replaced by spaces up to the next multiple of tabsize.", 0},
    {"find", m_find, "*args", "Lowest index of sub in s[start:end], or -1.", 0},
    {"format", ob__str_format, "*args, **kwargs", "The fields in braces replaced by the arguments.", 0},
    {"format_map", ob__str_format_map, "mapping, /", "The fields in braces replaced by entries of the mapping.", 0},
    {"index", m_index, "*args", "Lowest index of sub in s[start:end]; ValueError if there is none.", 0},
    {"isalnum", m_isalnum, "", "Are all characters letters or numbers, and is there one?", 0},
    {"isalpha", m_isalpha, "", "Are all characters letters, and is there one?", 0},
    {"isascii", m_isascii, "", "Are all characters below 128?", 0},
    {"isdecimal", m_isdecimal, "", "Are all characters decimal digits, and is there one?", 0},
    {"isdigit", m_isdigit, "", "Are all characters digits, and is there one?", 0},
    {"isidentifier", m_isidentifier, "", "Is it a valid identifier?", 0},
    {"islower", m_islower, "", "Are all cased characters lower case, and is there one?", 0},
    {"isnumeric", m_isnumeric, "", "Are all characters numeric, and is there one?", 0},
    {"isprintable", m_isprintable, "", "Would repr() show all characters as they are?", 0},
    {"isspace", m_isspace, "", "Are all characters white space, and is there one?", 0},
    {"istitle", m_istitle, "", "Does each word begin in upper case and go on in lower case?", 0},
    {"isupper", m_isupper, "", "Are all cased characters upper case, and is there one?", 0},
    {"join", m_join, "iterable, /", "The strings of the iterable with this one between them.", 0},
    {"ljust", m_ljust, "width, fillchar=' ', /", "Left-justified in a string of that width.", 0},
    {"lower", ob__str_lower, "", "In lower case.", 0},
    {"lstrip", m_lstrip, "chars=None, /", "Without leading white space, or characters of chars.", 0},
    {"maketrans", ob__str_maketrans, "x, y=None, z=None, /", "A table for translate().", OB_DEF_STATIC},
    {"partition", ob__str_partition, "sep, /", "The parts before, of, and behind the first sep.", 0},
    {"removeprefix", m_removeprefix, "prefix, /", "Without that prefix.", 0},
    {"removesuffix", m_removesuffix, "suffix, /", "Without that suffix.", 0},
    {"replace", ob__str_replace, "old, new, count=-1, /", "With all occurrences of old (or the first count) replaced by new.", 0},
    {"rfind", m_rfind, "*args", "Highest index of sub in s[start:end], or -1.", 0},
    {"rindex", m_rindex, "*args", "Highest index of sub in s[start:end]; ValueError if there is none.", 0},
    {"rjust", m_rjust, "width, fillchar=' ', /", "Right-justified in a string of that width.", 0},
    {"rpartition", ob__str_rpartition, "sep, /", "The parts before, of, and behind the last sep.", 0},
    {"rsplit", ob__str_rsplit, "sep=None, maxsplit=-1", "The words, split at sep from the right.", 0},
    {"rstrip", m_rstrip, "chars=None, /", "Without trailing white space, or characters of chars.", 0},
    {"split", ob__str_split, "sep=None, maxsplit=-1", "The words, split at sep.", 0},
    {"splitlines", ob__str_splitlines, "keepends=False", "The lines.", 0},
    {"startswith", m_startswith, "*args", "Whether s[start:end] begins with prefix (or one of a tuple).", 0},
    {"strip", m_strip, "chars=None, /", "Without white space, or characters of chars, at both ends.", 0},
    {"swapcase", ob__str_swapcase, "", "With upper and lower case exchanged.", 0},
    {"title", ob__str_title, "", "With each word in title case.", 0},
    {"translate", ob__str_translate, "table, /", "With each character mapped through the table.", 0},
    {"upper", ob__str_upper, "", "In upper case.", 0},
    {"zfill", m_zfill, "width, /", "Padded with zeros on the left, behind a sign.", 0},
    {0},
};
