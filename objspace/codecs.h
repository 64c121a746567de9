/* codecs.h: character encodings in C, their error handlers, and the registry of codecs and handlers made in Python.
 *
 * errors is NULL for "strict", or the name of a handler.  Decoders take `consumed`: NULL means that the input ends here (an incomplete
 * character is an error), otherwise an incomplete tail is left and *consumed says how many bytes were used.
 */
#ifndef OBJSPACE_CODECS_H
#define OBJSPACE_CODECS_H
#include "objspace/str.h"

ob_val ob_utf8_decode(const uint8_t *p, size_t n, const char *errors, size_t *consumed);
ob_val ob_utf8_encode(ob_val s, const char *errors);
/* *order: -1 little, 1 big, 0 look for a byte order mark and store what was found. */
ob_val ob_utf16_decode(const uint8_t *p, size_t n, const char *errors, int *order, size_t *consumed);
ob_val ob_utf32_decode(const uint8_t *p, size_t n, const char *errors, int *order, size_t *consumed);
ob_val ob_utf16_encode(ob_val s, const char *errors, int order);    /* 0: native with a mark */
ob_val ob_utf32_encode(ob_val s, const char *errors, int order);
ob_val ob_utf7_decode(const uint8_t *p, size_t n, const char *errors, size_t *consumed);
ob_val ob_utf7_encode(ob_val s, const char *errors);
ob_val ob_latin1_decode(const uint8_t *p, size_t n);
ob_val ob_latin1_encode(ob_val s, const char *errors);
ob_val ob_ascii_decode(const uint8_t *p, size_t n, const char *errors);
ob_val ob_ascii_encode(ob_val s, const char *errors);
/* bad_escape: where the first escape stands that is none, -1 if all are; NULL: warn of it. */
ob_val ob_unicode_escape_decode(const uint8_t *p, size_t n, const char *errors, size_t *consumed, ssize_t *bad_escape);
ob_val ob_unicode_escape_encode(ob_val s);
ob_val ob_raw_unicode_escape_decode(const uint8_t *p, size_t n, const char *errors, size_t *consumed);
ob_val ob_raw_unicode_escape_encode(ob_val s);
ob_val ob_bytes_escape_decode(const uint8_t *p, size_t n, const char *errors, ssize_t *bad_escape);   /* backslashes in bytes literals */
ob_val ob_charmap_decode(const uint8_t *p, size_t n, const char *errors, ob_val mapping /* or OB_NULL: latin-1 */);
ob_val ob_charmap_encode(ob_val s, const char *errors, ob_val mapping);

/* Whether names of encodings and error handlers are looked at where nothing needs them (-X dev). Set at the start. */
extern bool ob_codec_checks;
bool ob_codec_check_names(const char *encoding, const char *errors) MUST_CHECK;   /* either may be NULL; LookupError */
/* By name: known encodings directly, others through the registry. NULL: utf-8. What decoders and encoders must give is checked. */
ob_val ob_codec_decode_value(ob_val buffer, const char *encoding, const char *errors);
ob_val ob_codec_decode_bytes(const uint8_t *p, size_t n, const char *encoding, const char *errors);
ob_val ob_codec_encode_value(ob_val s, const char *encoding, const char *errors);
/* Any codec: codecs.encode / codecs.decode. */
ob_val ob_codec_call(ob_val object, ob_val encoding, ob_val errors /* or OB_NULL */, bool encode);

/* The registry. */
bool ob_codec_register(ob_val search_function);
bool ob_codec_unregister(ob_val search_function);
ob_val ob_codec_lookup(ob_val encoding);                 /* the 4-tuple; LookupError */
bool ob_codec_register_error(ob_val name, ob_val handler);
ob_val ob_codec_lookup_error(const char *name);          /* LookupError "unknown error handler name '%s'" */

ob_val ob_raise_encode_error(const char *encoding, ob_val s, size_t start, size_t end, const char *reason);
ob_val ob_raise_decode_error(const char *encoding, const uint8_t *p, size_t n, size_t start, size_t end, const char *reason);

#endif
