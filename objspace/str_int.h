/* str_int.h: what the text files of this folder share: buffers of characters, searching, argument helpers, codec internals. */
#ifndef OBJSPACE_STR_INT_H
#define OBJSPACE_STR_INT_H
#include "base/hash.h"
#include "objspace/bytes.h"
#include "objspace/chars.h"
#include "objspace/list.h"
#include "objspace/str.h"
#include <string.h>

extern const ob_def ob__str_methods[], ob__bytes_methods[], ob__bytearray_methods[], ob__memoryview_methods[];
extern const ob_getset ob__memoryview_getsets[];

ob_val ob__str_exact(ob_val s);                          /* s itself, or an exact str of a subclass's characters */
ob_val ob__str_of_type(ob_type *t, ob_val s);            /* a new instance of a subclass with s's characters */

extern base_hash_key ob_hash_key;
void ob_hash_init(const char *seed);
bool ob__str_chars_init(void) MUST_CHECK;
ob_val ob__str_repr(ob_val s);
/* Iterators over str and bytes: body ob_seq_iter_body. */
extern const tx_kind ob__seq_iter_kind;
extern const ob_def ob__seq_iter_methods[];
void ob__seq_iter_trace(ob_obj *o, const void *body, ob_tracer *t);
ob_val ob__seq_iter_of(ob_type *t, ob_val seq);

/* sub, start, end of find() and its kin, taken raw for their own messages; missing ones OB_NULL. */
bool ob__find_args(const char *name, const ob_val *a, size_t n, ob_val kw, ob_val out[3]) MUST_CHECK;

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
/* Does v multiply as sequences do (asking it first would end where one began)? */
static inline bool ob__repeats(ob_val v) { return ob_has_tflag(v, OB_TF_STR | OB_TF_BYTES | OB_TF_LIST | OB_TF_TUPLE) || ob_is_a(v, &ob_bytearray_type); }
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

/* ---- numbers in text ---- for %-formatting shared by str and bytes */
bool ob__percent_format(ob_strbuf *out, ob_val format, ob_val args, bool bytes) MUST_CHECK;
#endif
