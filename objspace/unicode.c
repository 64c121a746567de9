/* unicode.c: facts about characters: categories, case mappings, numeric values, from libunistring (Unicode 14).
 * Locks: none.  Facts beyond latin-1 are computed page by page on first use; a page is published by one compare-and-swap and stays.
 * Python's own definitions (isspace, isprintable, isnumeric …) are composed here. */
#include "base/mem.h"
#include "objspace/str_int.h"
#include <unicase.h>
#include <unictype.h>

const uint16_t ob_latin1_flags[256] = {
    0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0040, 0x2040, 0x2040, 0x2040, 0x2040, 0x0000, 0x0000,
    0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x2040, 0x2040, 0x2040, 0x0040,
    0x00c0, 0x0080, 0x0080, 0x0080, 0x0080, 0x0080, 0x0080, 0x1080, 0x0080, 0x0080, 0x0080, 0x0080, 0x0080, 0x0080, 0x1080, 0x0080,
    0x0686, 0x0686, 0x0686, 0x0686, 0x0686, 0x0686, 0x0686, 0x0686, 0x0686, 0x0686, 0x1080, 0x0080, 0x0080, 0x0080, 0x0080, 0x0080,
    0x0080, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91,
    0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0080, 0x0080, 0x0080, 0x1080, 0x0380,
    0x1080, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89,
    0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0080, 0x0080, 0x0080, 0x0080, 0x0000,
    0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x2040, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
    0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
    0x0040, 0x0080, 0x0080, 0x0080, 0x0080, 0x0080, 0x0080, 0x0080, 0x1080, 0x0080, 0x0b89, 0x0080, 0x0080, 0x1000, 0x0080, 0x1080,
    0x0080, 0x0080, 0x0484, 0x0484, 0x1080, 0x0b89, 0x0080, 0x1280, 0x1080, 0x0484, 0x0b89, 0x0080, 0x0480, 0x0480, 0x0480, 0x0080,
    0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91,
    0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0080, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b91, 0x0b89,
    0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89,
    0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0080, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89, 0x0b89,
};

/* ---- pages of 256 characters ---- */
typedef struct page {
    uint16_t flags[256];
    uint32_t map[4][256];                /* by ob_case; MANY: the mapping is more than one character */
} page;
#define MANY UINT32_C(0x80000000)
static _Atomic(page *) pages[0x1100];    /* MO: UCPAGE */

/* Characters with a numeric value that only the Unihan data base gives: kPrimaryNumeric, kAccountingNumeric, kOtherNumeric. */
typedef struct han_number { uint32_t c; double value; } han_number;
static const han_number han_numbers[] = {
#include "objspace/unicode_han.def"
};

static const han_number *han_find(uint32_t c) {
    size_t low = 0, high = BASE_LENGTH(han_numbers);
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (han_numbers[mid].c == c) return &han_numbers[mid];
        if (han_numbers[mid].c < c) low = mid + 1;
        else high = mid;
    }
    return NULL;
}

static bool is_space(uint32_t c, uc_general_category_t cat) {
    int bidi = uc_bidi_class(c);
    return uc_is_general_category(c, UC_SPACE_SEPARATOR) || (!uc_is_general_category(c, UC_UNASSIGNED) && (bidi == UC_BIDI_WS || bidi == UC_BIDI_B || bidi == UC_BIDI_S))
        || (cat.bitmask & UC_CATEGORY_MASK_Zs);
}

static uint16_t compute_flags(uint32_t c) {
    uc_general_category_t cat = uc_general_category(c);
    uint32_t m = cat.bitmask;
    uint16_t f = 0;
    if (m & UC_CATEGORY_MASK_L) f |= OB_UC_ALPHA;
    if (uc_decimal_value(c) >= 0) f |= OB_UC_DECIMAL;
    if (uc_digit_value(c) >= 0) f |= OB_UC_DIGIT;
    if (uc_numeric_value(c).denominator != 0 || han_find(c)) f |= OB_UC_NUMERIC;
    if (uc_is_property_lowercase(c)) f |= OB_UC_LOWER;
    if (uc_is_property_uppercase(c)) f |= OB_UC_UPPER;
    if (m & UC_CATEGORY_MASK_Lt) f |= OB_UC_TITLE;
    if (is_space(c, cat)) f |= OB_UC_SPACE;
    if (!(m & (UC_CATEGORY_MASK_C | UC_CATEGORY_MASK_Z))) f |= OB_UC_PRINTABLE;
    if (uc_is_property_xid_start(c)) f |= OB_UC_XID_START;
    if (uc_is_property_xid_continue(c)) f |= OB_UC_XID_CONTINUE;
    if (uc_is_property_cased(c)) f |= OB_UC_CASED;
    if (uc_is_property_case_ignorable(c)) f |= OB_UC_CASE_IGNORABLE;
    if (c == 0x2028 || c == 0x2029) f |= OB_UC_LINEBREAK;
    return f;
}

/* The full mapping by libunistring, of one character without context. */
static unsigned full_case(ob_case how, uint32_t c, uint32_t out[3]) {
    uint32_t room[8], *r;
    size_t n = BASE_LENGTH(room);
    switch (how) {
    case OB_CASE_LOWER: r = u32_tolower(&c, 1, NULL, NULL, room, &n); break;
    case OB_CASE_UPPER: r = u32_toupper(&c, 1, NULL, NULL, room, &n); break;
    case OB_CASE_TITLE: r = u32_totitle(&c, 1, NULL, NULL, room, &n); break;
    default: r = u32_casefold(&c, 1, NULL, NULL, room, &n); break;
    }
    if (r != room || n == 0 || n > 3) { out[0] = c; return 1; }
    memcpy(out, r, n * sizeof *out);
    return (unsigned)n;
}

static page *page_make(uint32_t number) {
    page *p = base_mem_zeroed(sizeof *p), *other = NULL;
    if (p == NULL) return NULL;
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = number * 256 + i, out[3];
        p->flags[i] = c < 256 ? ob_latin1_flags[c] : compute_flags(c);
        for (int how = 0; how < 4; how++) p->map[how][i] = c >= 0xd800 && c < 0xe000 ? c : full_case((ob_case)how, c, out) == 1 ? out[0] : MANY;
    }
    if (atomic_compare_exchange_strong_explicit(&pages[number], &other, p, memory_order_acq_rel, memory_order_acquire)) return p; /* MO: UCPAGE acq_rel */
    base_mem_free(p);
    return other;
}

/* NULL: out of memory. */
static const page *page_of(uint32_t c) {
    page *p = atomic_load_explicit(&pages[c >> 8], memory_order_acquire); /* MO: UCPAGE acquire */
    return LIKELY(p != NULL) ? p : page_make(c >> 8);
}

uint16_t ob_uc_flags_slow(uint32_t c) {
    if (c > 0x10ffff) return 0;
    const page *p = page_of(c);
    return p ? p->flags[c & 255] : compute_flags(c);
}

unsigned ob_uc_case(ob_case how, uint32_t c, uint32_t out[3]) {
    if (c < 128) {
        bool change = how == OB_CASE_LOWER || how == OB_CASE_FOLD ? c - 'A' < 26 : c - 'a' < 26;
        out[0] = change ? c ^ 0x20 : c;
        return 1;
    }
    const page *p = page_of(c);
    if (LIKELY(p && p->map[how][c & 255] != MANY)) { out[0] = p->map[how][c & 255]; return 1; }
    return full_case(how, c, out);
}

uint32_t ob_uc_simple(ob_case how, uint32_t c) {
    uint32_t out[3];
    ob_uc_case(how, c, out);
    return out[0];
}

int ob_uc_decimal(uint32_t c) {
    if (c < 128) return c - '0' < 10 ? (int)(c - '0') : -1;
    return ob_uc_flags(c) & OB_UC_DECIMAL ? uc_decimal_value(c) : -1;
}

int ob_uc_digit(uint32_t c) {
    if (c < 128) return c - '0' < 10 ? (int)(c - '0') : -1;
    return ob_uc_flags(c) & OB_UC_DIGIT ? uc_digit_value(c) : -1;
}

bool ob_uc_numeric(uint32_t c, double *out) {
    uc_fraction_t f = uc_numeric_value(c);
    const han_number *h = han_find(c);
    if (h) *out = h->value;
    else if (f.denominator != 0) *out = (double)f.numerator / (double)f.denominator;
    else return false;
    return true;
}
