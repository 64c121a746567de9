/* unicodedata.c: the module unicodedata, over libunistring (Unicode 14).
 * Locks: none.  ucd_3_2_0 gives 3.2's facts only in so far as that characters that did not exist then are unassigned. */
#include "base/mem.h"
#include "interp/mod/modules.h"
#include "interp/mod/native.h"
#include "objspace/chars.h"
#include "objspace/float.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <uniname.h>
#include <uninorm.h>
#include <uniwidth.h>

/* The data base of 3.2 is an instance of this type; the module's own functions have self OB_NULL or the module. */
typedef struct old_base { ob_obj o; } old_base;
static ob_type old_type;
static bool char_arg(ob_val v, const char *name, uint32_t *c) {
    if (!ob_is_str(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "%s() argument must be a unicode character, not %.50T", name, v));
    if (ob_str_len(v) != 1) return ob_fail(ob_raise(&ob_exc_TypeError, "%s() argument must be a unicode character, not str", name));
    *c = ob_str_at(v, 0);
    return true;
}
static bool char_arg1(ob_val v, const char *name, uint32_t *c) {
    if (!ob_is_str(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "%s() argument 1 must be a unicode character, not %.50T", name, v));
    if (ob_str_len(v) != 1) return ob_fail(ob_raise(&ob_exc_TypeError, "%s() argument 1 must be a unicode character, not str", name));
    *c = ob_str_at(v, 0);
    return true;
}

METHOD(category) {
    uint32_t c;
    return char_arg(a[0], "category", &c) ? ob_str_intern_c(uc_general_category_name(uc_general_category(c))) : OB_NULL;
}

METHOD(bidirectional) {
    uint32_t c;
    if (!char_arg(a[0], "bidirectional", &c)) return OB_NULL;
    if (uc_is_general_category(c, UC_UNASSIGNED)) return OB_NAME(empty);
    static const char isolates[][4] = {"LRI", "RLI", "FSI", "PDI"};      /* libunistring has no names for them */
    if (c >= 0x2066 && c <= 0x2069) return ob_str_intern_c(isolates[c - 0x2066]);
    const char *name = uc_bidi_class_name(uc_bidi_class(c));
    return name ? ob_str_intern_c(name) : OB_NAME(empty);
}

METHOD(combining) {
    uint32_t c;
    return char_arg(a[0], "combining", &c) ? ob_from_small(uc_combining_class(c)) : OB_NULL;
}
typedef struct range { uint32_t from, to; } range;
static const range mirrored[] = {
#include "interp/mod/unicodedata_mirror.def"
};
METHOD(mirrored) {
    uint32_t c;
    if (!char_arg(a[0], "mirrored", &c)) return OB_NULL;
    size_t low = 0, high = BASE_LENGTH(mirrored);
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (mirrored[mid].to < c) low = mid + 1;
        else high = mid;
    }
    return ob_from_small(low < BASE_LENGTH(mirrored) && mirrored[low].from <= c);
}

METHOD(decimal) {
    uint32_t c;
    if (!char_arg1(a[0], "decimal", &c)) return OB_NULL;
    int d = ob_uc_decimal(c);
    return d >= 0 ? ob_from_small(d) : !ob_is_null(a[1]) ? a[1] : ob_raise(&ob_exc_ValueError, "not a decimal");
}
METHOD(digit) {
    uint32_t c;
    if (!char_arg1(a[0], "digit", &c)) return OB_NULL;
    int d = ob_uc_digit(c);
    return d >= 0 ? ob_from_small(d) : !ob_is_null(a[1]) ? a[1] : ob_raise(&ob_exc_ValueError, "not a digit");
}
METHOD(numeric) {
    uint32_t c;
    double d;
    if (!char_arg1(a[0], "numeric", &c)) return OB_NULL;
    return ob_uc_numeric(c, &d) ? ob_float_from(d) : !ob_is_null(a[1]) ? a[1] : ob_raise(&ob_exc_ValueError, "not a numeric character");
}

/* East Asian width by uc_width and the ambiguous and half-width classes is not in libunistring's interface; ranges (Unicode 14). */
typedef struct width_range { uint32_t from, to; char w[3]; } width_range;
static const width_range widths[] = {
#include "interp/mod/unicodedata_width.def"
};
METHOD(east_asian_width) {
    uint32_t c;
    if (!char_arg(a[0], "east_asian_width", &c)) return OB_NULL;
    size_t low = 0, high = BASE_LENGTH(widths);
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (widths[mid].to < c) low = mid + 1;
        else if (widths[mid].from > c) high = mid;
        else return ob_str_intern_c(widths[mid].w);
    }
    return ob_str_intern_c("N");
}

/* ---- names ---- */
METHOD(name) {
    uint32_t c;
    char text[256];
    if (!char_arg1(a[0], "name", &c)) return OB_NULL;
    if (ob_char_name(c, text)) return ob_str_from_c(text);
    return !ob_is_null(a[1]) ? a[1] : ob_raise(&ob_exc_ValueError, "no such name");
}
METHOD(lookup) {
    size_t len;
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "lookup() argument must be str, not %.50T", a[0]);
    const char *s = ob_str_wtf8(a[0], &len);
    if (s == NULL) return OB_NULL;
    if (len > 256) return ob_raise(&ob_exc_KeyError, "name too long");
    uint32_t c = ob_char_by_name(s, len);
    return c == UINT32_MAX ? ob_raise(&ob_exc_KeyError, "undefined character name '%s'", s) : ob_str_from_char(c);
}

/* ---- decomposition and normal forms ---- */
METHOD(decomposition) {
    static const char *const tags[] = {NULL, "font", "noBreak", "initial", "medial", "final", "isolated", "circle", "super", "sub", "vertical", "wide", "narrow", "small", "square", "fraction", "compat"};
    uint32_t c;
    int tag;
    ucs4_t out[UC_DECOMPOSITION_MAX_LENGTH];
    char text[16];
    ob_strbuf b;
    if (!char_arg(a[0], "decomposition", &c)) return OB_NULL;
    int k = c >= 0xac00 && c < 0xd7a4 ? -1 : uc_decomposition(c, &tag, out);
    if (k < 0) return OB_NAME(empty);
    ob_strbuf_init(&b);
    if (tag > 0 && tag < (int)BASE_LENGTH(tags)) {
        ob_strbuf_char(&b, '<');
        ob_strbuf_c(&b, tags[tag]);
        ob_strbuf_char(&b, '>');
    }
    for (int i = 0; i < k; i++) {
        int n_text = snprintf(text, sizeof text, "%s%04X", b.len ? " " : "", (unsigned)out[i]);
        ob_strbuf_ascii(&b, text, (size_t)n_text);
    }
    return ob_strbuf_finish(&b);
}

static uninorm_t form_of(ob_val v, bool *ok) {
    *ok = true;
    if (ob_str_equal_c(v, "NFC")) return UNINORM_NFC;
    if (ob_str_equal_c(v, "NFD")) return UNINORM_NFD;
    if (ob_str_equal_c(v, "NFKC")) return UNINORM_NFKC;
    if (ob_str_equal_c(v, "NFKD")) return UNINORM_NFKD;
    *ok = false;
    return UNINORM_NFC;
}

/* u32_normalize refuses surrogates: text between them is normalised. */
static bool normalize_run(ob_strbuf *b, uninorm_t form, const uint32_t *p, size_t n) {
    size_t k = 0;
    if (n == 0) return true;
    uint32_t *r = u32_normalize(form, p, n, NULL, &k);
    if (r == NULL) return ob_fail(ob_raise_memory());
    bool ok = ob_strbuf_chars(b, r, 4, k, ob_chars_widest(r, 4, k));
    free(r);
    return ok;
}

static ob_val normalized(ob_val s, uninorm_t form) {
    size_t len = ob_str_len(s), from = 0;
    uint32_t *p = base_mem_alloc((len + 1) * sizeof *p);
    if (p == NULL) return ob_raise_memory();
    ob_chars_copy(p, 4, ob_str_ptr(s)->data, ob_str_kind(s), len);
    ob_strbuf b;
    bool ok = true;
    ob_strbuf_init(&b);
    for (size_t i = 0; ok && i <= len; i++) {
        if (i < len && (p[i] < 0xd800 || p[i] > 0xdfff)) continue;
        ok = normalize_run(&b, form, p + from, i - from) && (i == len || ob_strbuf_char(&b, p[i]));
        from = i + 1;
    }
    base_mem_free(p);
    if (!ok) { ob_strbuf_release(&b); return OB_NULL; }
    return ob_strbuf_finish(&b);
}

static bool form_args(const ob_val *a, const char *name, uninorm_t *form) {
    bool ok;
    for (int i = 0; i < 2; i++)
        if (!ob_is_str(a[i])) return ob_fail(ob_raise(&ob_exc_TypeError, "%s() argument %d must be str, not %.50T", name, i + 1, a[i]));
    *form = form_of(a[0], &ok);
    return ok || ob_str_len(a[1]) == 0 || ob_fail(ob_raise(&ob_exc_ValueError, "invalid normalization form"));
}
METHOD(normalize) {
    uninorm_t form;
    if (!form_args(a, "normalize", &form)) return OB_NULL;
    return ob_str_is_ascii(a[1]) ? a[1] : normalized(a[1], form);
}
METHOD(is_normalized) {
    uninorm_t form;
    if (!form_args(a, "is_normalized", &form)) return OB_NULL;
    if (ob_str_is_ascii(a[1])) return OB_TRUE;
    ob_val r = normalized(a[1], form);
    return ob_is_null(r) ? r : ob_bool(ob_str_equal(r, a[1]));
}

static const ob_def defs[] = {
    {"bidirectional", m_bidirectional, "chr, /", "The bidirectional class.", 0}, {"category", m_category, "chr, /", "The general category.", 0},
    {"combining", m_combining, "chr, /", "The combining class.", 0}, {"decimal", m_decimal, "chr, default=None, /", "The decimal value.", 0},
    {"decomposition", m_decomposition, "chr, /", "The decomposition mapping.", 0}, {"digit", m_digit, "chr, default=None, /", "The digit value.", 0},
    {"east_asian_width", m_east_asian_width, "chr, /", "The East Asian width class.", 0}, {"is_normalized", m_is_normalized, "form, unistr, /", "Is it in that normal form?", 0},
    {"lookup", m_lookup, "name, /", "The character of that name.", 0}, {"mirrored", m_mirrored, "chr, /", "1 for mirrored characters.", 0},
    {"name", m_name, "chr, default=None, /", "The name.", 0}, {"normalize", m_normalize, "form, unistr, /", "The text in that normal form.", 0},
    {"numeric", m_numeric, "chr, default=None, /", "The numeric value.", 0}, {0},
};
static ob_val old_version(ob_val self) { (void)self; return ob_str_intern_c("3.2.0"); }
static const ob_getset old_getsets[] = {{"unidata_version", old_version, NULL, NULL}, {0}};
static ob_type old_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL), .name = "unicodedata.UCD", .base = &ob_object_type, .flags = OB_TF_NO_MAKE, .size = sizeof(old_base), .methods = defs,
    .getsets = old_getsets,
};

static bool fill(ob_val m) {
    if (!ob_type_ready(&old_type)) return false;
    old_base *o = ob_alloc(&old_type, sizeof *o);
    return o && ob_module_add(m, "ucd_3_2_0", ob_of(o)) && ob_module_add(m, "unidata_version", ob_str_intern_c("14.0.0")) && ob_module_add(m, "UCD", ob_type_val(&old_type));
}
const ob_module_def py_mod_unicodedata = {"unicodedata", "The Unicode Character Database.", defs, fill};
