/* str_int.h: what the text files of this folder share: buffers of characters, searching, argument helpers, codec internals. */
#ifndef OBJSPACE_STR_INT_H
#define OBJSPACE_STR_INT_H
#include "base/hash.h"
#include "objspace/bytes.h"
#include "objspace/list.h"
#include "objspace/str.h"
#include <string.h>

extern const ob_def ob__str_methods[], ob__bytes_methods[], ob__bytearray_methods[], ob__memoryview_methods[];
extern const ob_getset ob__memoryview_getsets[];

/* ---- arrays of characters of 1, 2 or 4 bytes ---- */
static inline unsigned ob__kind_of(uint32_t max_char) { return max_char < 0x100 ? 1 : max_char < 0x10000 ? 2 : 4; }
static inline uint32_t ob__char_at(const void *data, unsigned kind, size_t i) {
    return kind == 1 ? ((const uint8_t *)data)[i] : kind == 2 ? ((const uint16_t *)data)[i] : ((const uint32_t *)data)[i];
}
static inline void ob__char_put(void *data, unsigned kind, size_t i, uint32_t c) {
    if (kind == 1) ((uint8_t *)data)[i] = (uint8_t)c;
    else if (kind == 2) ((uint16_t *)data)[i] = (uint16_t)c;
    else ((uint32_t *)data)[i] = c;
}
/* Copies n characters between kinds; narrowing must fit. */
void ob__chars_copy(void *dst, unsigned dst_kind, const void *src, unsigned src_kind, size_t n);
/* A character at least as wide as the widest (0x7f, 0xff, 0xffff, 0x10ffff). */
uint32_t ob__chars_widest(const void *data, unsigned kind, size_t n);
/* Offset of the first byte >= 0x80, or n. */
size_t ob__ascii_prefix(const uint8_t *p, size_t n);
ob_val ob__str_from_kind(const void *data, unsigned kind, size_t n);
ob_val ob__str_exact(ob_val s);                          /* s itself, or an exact str of a subclass's characters */
static inline uint32_t ob__str_max(ob_val s) {           /* upper bound of its characters, exact by class */
    return ob_str_is_ascii(s) ? 0x7f : ob_str_kind(s) == 1 ? 0xff : ob_str_kind(s) == 2 ? 0xffff : 0x10ffff;
}
ob_val ob__str_of_type(ob_type *t, ob_val s);            /* a new instance of a subclass with s's characters */

extern base_hash_key ob_hash_key;
void ob_hash_init(const char *seed);
bool ob__str_chars_init(void) MUST_CHECK;
ob_val ob__str_repr(ob_val s);
ob_val ob__builtin(const char *name);                    /* an attribute of the builtins module */
/* Iterators over str and bytes: body ob_seq_iter_body. */
extern const tx_kind ob__seq_iter_kind;
extern const ob_def ob__seq_iter_methods[];
void ob__seq_iter_trace(ob_obj *o, const void *body, ob_tracer *t);
ob_val ob__seq_iter_of(ob_type *t, ob_val seq);

/* ---- builder ---- */
bool ob__strbuf_chars(ob_strbuf *b, const void *data, unsigned kind, size_t n, uint32_t max);
bool ob__strbuf_part(ob_strbuf *b, ob_val s, size_t from, size_t to);
bool ob__strbuf_fill(ob_strbuf *b, uint32_t c, size_t n);

/* ---- searching ---- offsets in characters, -1: not found */
ssize_t ob__chars_find(const void *hay, unsigned hay_kind, size_t n, const void *needle, unsigned needle_kind, size_t m);
ssize_t ob__chars_rfind(const void *hay, unsigned hay_kind, size_t n, const void *needle, unsigned needle_kind, size_t m);
ssize_t ob__mem_find(const uint8_t *hay, size_t n, const uint8_t *needle, size_t m);
ssize_t ob__mem_rfind(const uint8_t *hay, size_t n, const uint8_t *needle, size_t m);

/* ---- methods ---- */
#define METHOD(name) static ob_val m_##name(ob_val self UNUSED, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED)
#define STR_METHOD(name) ob_val ob__str_##name(ob_val self, const ob_val *a, size_t n, ob_val kw)
#define DEFINE_STR_METHOD(name) ob_val ob__str_##name(ob_val self UNUSED, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED)

/* ---- arguments ---- */
/* start/end arguments: OB_NULL and None leave *out alone; TypeError "slice indices must be integers or None or have an __index__ method". */
bool ob__slice_bound(ob_val v, int64_t *out) MUST_CHECK;
/* Both of them, clipped to 0..len as slices are. */
bool ob__clip(ob_val start, ob_val end, size_t len, size_t *from, size_t *to) MUST_CHECK;
static inline bool ob__has_index(ob_val v) { return ob_is_small(v) || ob_type_of(v)->slots.unary[OB_UN_INDEX] != NULL; }
bool ob__ssize_arg(ob_val v, ssize_t *out) MUST_CHECK;   /* a required integer: __index__, OverflowError */
/* Binds raw arguments to names[0..max): missing ones become OB_NULL. TypeErrors in Python's words. */
bool ob__bind(const char *function, const char *const *names, size_t positional_only, size_t required, size_t max,
              const ob_val *a, size_t n, ob_val kw, ob_val *out) MUST_CHECK;

/* Appends to a list that only the caller knows; false also when x is OB_NULL. */
static inline bool ob__list_push(ob_val l, ob_val x) {
    if (UNLIKELY(ob_is_null(x))) return false;
    ob_list_body *b = (ob_list_body *)ob_write(l);
    if (LIKELY(b && b->len < b->cap)) { b->items[b->len++] = x; return true; }
    return b && ob_list_append(l, x);
}

/* ---- one-character facts (unicode.c) ---- */
enum {
    OB_UC_ALPHA = 1 << 0, OB_UC_DECIMAL = 1 << 1, OB_UC_DIGIT = 1 << 2, OB_UC_LOWER = 1 << 3, OB_UC_UPPER = 1 << 4, OB_UC_TITLE = 1 << 5,
    OB_UC_SPACE = 1 << 6, OB_UC_PRINTABLE = 1 << 7, OB_UC_XID_START = 1 << 8, OB_UC_XID_CONTINUE = 1 << 9, OB_UC_NUMERIC = 1 << 10,
    OB_UC_CASED = 1 << 11, OB_UC_CASE_IGNORABLE = 1 << 12, OB_UC_LINEBREAK = 1 << 13
};
extern const uint16_t ob__latin1_flags[256];
uint16_t ob__uc_flags_slow(uint32_t c);
static inline uint16_t ob__uc_flags(uint32_t c) { return c < 256 ? ob__latin1_flags[c] : ob__uc_flags_slow(c); }
int ob__uc_decimal(uint32_t c);                          /* 0..9 or -1 */
int ob__uc_digit(uint32_t c);
bool ob__uc_numeric(uint32_t c, double *out);
typedef enum ob__case { OB__CASE_LOWER, OB__CASE_UPPER, OB__CASE_TITLE, OB__CASE_FOLD } ob__case;
unsigned ob__uc_case(ob__case how, uint32_t c, uint32_t out[3]);   /* full mapping of one character: 1..3 characters */
uint32_t ob__uc_simple(ob__case how, uint32_t c);        /* simple mapping: one character */

/* ---- numbers in text ---- for %-formatting shared by str and bytes */
bool ob__percent_format(ob_strbuf *out, ob_val format, ob_val args, bool bytes) MUST_CHECK;
#endif
