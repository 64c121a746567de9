/* codecs_int.h: what the codec files share: running decoders and encoders, and what becomes of an error. */
#ifndef OBJSPACE_CODECS_INT_H
#define OBJSPACE_CODECS_INT_H
#include "base/buf.h"
#include "objspace/codecs.h"
#include "objspace/str_int.h"

/* The handlers that C knows: HANDLER(name); the others come from the registry. */
#define OB__HANDLERS(HANDLER) \
    HANDLER(strict) HANDLER(ignore) HANDLER(replace) HANDLER(backslashreplace) HANDLER(xmlcharrefreplace) HANDLER(namereplace) \
    HANDLER(surrogateescape) HANDLER(surrogatepass)
typedef enum ob__handler {
    OB__H_UNKNOWN,
#define HANDLER(name) OB__H_##name,
    OB__HANDLERS(HANDLER)
#undef HANDLER
    OB__H_REGISTERED
} ob__handler;
ob__handler ob__handler_of(const char *errors);

typedef struct ob__decoder {
    const char *encoding, *errors;
    const uint8_t *p;
    size_t n;
    ob_strbuf out;
    ob_val object;                       /* the bytes object that p belongs to, once a handler has seen it */
    ob__handler handler;
} ob__decoder;
void ob__decoder_init(ob__decoder *d, const char *encoding, const char *errors, const uint8_t *p, size_t n);
/* p[start..end) cannot be decoded: appends what the handler gives, *next is where to go on (p and n may have changed). */
bool ob__decode_error(ob__decoder *d, size_t start, size_t end, const char *reason, size_t *next) MUST_CHECK;
ob_val ob__decoder_finish(ob__decoder *d, bool ok);

typedef struct ob__encoder {
    const char *encoding, *errors;
    ob_val s;
    base_buf out;
    ob__handler handler;
} ob__encoder;
void ob__encoder_init(ob__encoder *e, const char *encoding, const char *errors, ob_val s);
/* s[start..end) cannot be encoded: what the handler gives, a str or bytes; OB_NULL: raised. */
ob_val ob__encode_error(ob__encoder *e, size_t start, size_t end, const char *reason, size_t *next);
ob_val ob__encoder_finish(ob__encoder *e, bool ok);

/* One error by a known handler, on text or bytes. OB_NULL without exception: raise the error itself. */
ob_val ob__handle_decode(ob__handler h, const char *encoding, const uint8_t *p, size_t n, size_t start, size_t end, size_t *next);
ob_val ob__handle_encode(ob__handler h, const char *encoding, ob_val s, size_t start, size_t end, size_t *next);
bool ob__codecs_init(void) MUST_CHECK;
#endif
