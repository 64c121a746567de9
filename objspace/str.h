/* str.h: Unicode strings: latin-1, UCS-2 or UCS-4 by the widest character, so that indexing is O(1). Immutable. */
#ifndef OBJSPACE_STR_H
#define OBJSPACE_STR_H
#include "objspace/call.h"
#include <stdarg.h>

typedef struct ob_str_obj {
    ob_obj o;                            /* aux: bytes a character: 1, 2, 4.  flags: OB_F_ASCII, OB_F_INTERNED */
    _Atomic(uint64_t) hash;              /* 0: not yet computed.  idempotent relaxed store */
    size_t len;                          /* characters */
    uint8_t data[];                      /* len characters and a zero character */
} ob_str_obj;
extern ob_type ob_str_type;

static inline bool ob_is_str(ob_val v) { return ob_is_ptr(v) && v.w && ob_has_tflag(v, OB_TF_STR); }
static inline ob_str_obj *ob_str_ptr(ob_val v) { return (ob_str_obj *)ob_ptr(v); }
static inline size_t ob_str_len(ob_val v) { return ob_str_ptr(v)->len; }
static inline unsigned ob_str_kind(ob_val v) { return ob_str_ptr(v)->o.aux; }
static inline bool ob_str_is_ascii(ob_val v) { return (ob_flags(ob_ptr(v)) & OB_F_ASCII) != 0; }
static inline uint32_t ob_str_at(ob_val v, size_t i) {
    const ob_str_obj *s = ob_str_ptr(v);
    return s->o.aux == 1 ? s->data[i] : s->o.aux == 2 ? ((const uint16_t *)s->data)[i] : ((const uint32_t *)s->data)[i];
}
ob_val ob_str_alloc(size_t len, uint32_t max_char);      /* contents to be filled by the caller; ASCII flag from max_char < 128 */
ob_val ob_str_from_utf8(const char *s, size_t len);      /* strict; surrogates encoded in three bytes are accepted (WTF-8); UnicodeDecodeError */
ob_val ob_str_from_c(const char *s);
ob_val ob_str_from_latin1(const uint8_t *s, size_t len);
ob_val ob_str_from_ucs4(const uint32_t *s, size_t len);
ob_val ob_str_from_char(uint32_t c);                     /* latin-1 ones are shared */
ob_val ob_str_format_c(const char *format, ...);         /* ob_raise's formats */
ob_val ob_str_vformat_c(const char *format, va_list ap);
ob_val ob_str_intern(ob_val s);                          /* the interned equal of an exact str */
ob_val ob_str_intern_c(const char *s);
static inline bool ob_str_interned(ob_val s) { return (ob_flags(ob_ptr(s)) & OB_F_INTERNED) != 0; }
/* UTF-8 of s: NUL-terminated, *len bytes (len may be NULL). ASCII: the string's own memory. Otherwise a leaf block that lives while
 * referenced from the C stack. NULL + UnicodeEncodeError for surrogates. */
const char *ob_str_utf8(ob_val s, size_t *len);
const char *ob_str_wtf8(ob_val s, size_t *len);          /* surrogates as three bytes: never fails but for memory */
const char *ob_str_fsencode(ob_val s, size_t *len);      /* utf-8 with surrogateescape; ValueError on embedded NUL */
ob_val ob_str_fsdecode(const char *s, size_t len);
ob_val ob_fspath(ob_val path);                           /* os.fspath */
bool ob_str_equal(ob_val a, ob_val b);                   /* both str */
bool ob_str_equal_c(ob_val a, const char *ascii);
int ob_str_cmp(ob_val a, ob_val b);                      /* -1 0 1 by code points */
uint64_t ob_str_hash(ob_val s);
ob_val ob_str_concat(ob_val a, ob_val b);
ob_val ob_str_slice(ob_val s, size_t start, size_t end);
ob_val ob_str_join(ob_val sep, const ob_val *items, size_t n);   /* TypeError "sequence item %zd: expected str instance, T found" */
ssize_t ob_str_find(ob_val s, ob_val sub, size_t start, size_t end);   /* -1 */
bool ob_str_is_identifier(ob_val s);
ob_val ob__str_ascii_of(ob_val s);                       /* non-ASCII characters escaped, as ascii() does with a repr */
ob_val ob_str_format_percent(ob_val fmt, ob_val args);
/* Builder: amortised appends, then one str. Lives on the C stack and does not move: block is `local` at first. */
enum { OB_STRBUF_LOCAL = 120 };
typedef struct ob_strbuf { uint8_t *block; size_t len, cap; unsigned kind; bool failed; uint32_t max_char; uint8_t local[OB_STRBUF_LOCAL] __attribute__((aligned(8))); } ob_strbuf;
static inline void ob_strbuf_init(ob_strbuf *b) {
    b->block = b->local;
    b->len = 0;
    b->cap = OB_STRBUF_LOCAL;
    b->kind = 1;
    b->failed = false;
    b->max_char = 0;
}
bool ob_strbuf_char(ob_strbuf *b, uint32_t c);
bool ob_strbuf_str(ob_strbuf *b, ob_val s);
bool ob_strbuf_c(ob_strbuf *b, const char *ascii);
bool ob_strbuf_ascii(ob_strbuf *b, const char *ascii, size_t len);
bool ob_strbuf_chars(ob_strbuf *b, const void *data, unsigned kind, size_t n, uint32_t max);    /* max: at least as wide as the widest of them */
bool ob_strbuf_part(ob_strbuf *b, ob_val s, size_t from, size_t to);
bool ob_strbuf_fill(ob_strbuf *b, uint32_t c, size_t n);
ob_val ob_strbuf_finish(ob_strbuf *b);                   /* OB_NULL if any append failed */

void ob_strbuf_release(ob_strbuf *b);                    /* gives up; finish does it too */

/* Interned names used by C code: OB_NAME(add) is "__add__", OB_ID(x) is "x"; listed in names.def. */
#define NAME(id, text) extern ob_val ob_name_##id;
#include "objspace/names.def"
#undef NAME
#define OB_NAME(id) ob_name_##id
/* Makes them, the empty and the one-character strings, once, when the heap is there and before any type is readied. hash_seed: the text of
 * PYTHONHASHSEED, NULL or "random" for a random key. */
MUST_CHECK bool ob_names_init(const char *hash_seed);
uint64_t ob_hash_of_bytes(const void *p, size_t n);      /* keyed; what hash() of str and bytes is */

/* Format specifications ([[fill]align][sign][#][0][width][,][.precision][type]) shared by str, int, float, complex. */
typedef struct ob_spec {
    uint32_t fill, type;                 /* characters; type 0: none given and no default */
    char align, sign, thousands;         /* 0: not given */
    bool alternate, zero, no_neg_zero;   /* '#', '0', 'z' */
    ssize_t width, precision;            /* -1: not given */
} ob_spec;
bool ob_spec_parse(ob_val spec, ob_val of /* the formatted value, for messages */, ob_spec *out, char default_type, char default_align);   /* ValueError */
bool ob_spec_unknown(const ob_spec *s, ob_val of);       /* raises "Unknown format code …"; false */
ob_val ob_spec_pad(const ob_spec *s, ob_val text, char default_align);

#endif
