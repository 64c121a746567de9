/* codec.h: compressing and decompressing objects whose state belongs to a library and cannot be copied (bz2, lzma).
 *
 * Their state has no versions: each call is an act on the outside world (ob_external), which makes an atomic block irrevocable, and an undone block does
 * not take it back. */
#ifndef INTERP_MOD_CODEC_H
#define INTERP_MOD_CODEC_H
#include "objspace/function.h"
#include <pthread.h>

typedef enum py_codec_result { PY_CODEC_OK, PY_CODEC_END, PY_CODEC_ERROR /* code: stream->error */ } py_codec_result;
typedef struct py_codec_stream py_codec_stream;
struct py_codec_stream {
    pthread_mutex_t lock;        /* around everything below: one call at a time */
    const uint8_t *in; size_t in_n;      /* of the call: what is left */
    uint8_t *out; size_t out_n;          /* of the call: what room is left */
    uint8_t *kept; size_t kept_n;        /* decompressor: input that the last call left; base_mem */
    uint8_t *unused; size_t unused_n;    /* what followed the stream; base_mem */
    bool eof, needs_input, flushed, broken /* an error was met: the library is not called again */;
    int error;
    /* One step of the library: takes of in, gives to out. finish: there is no more input. */
    py_codec_result (*step)(py_codec_stream *s, bool finish);
    void (*end)(py_codec_stream *s);
    ob_val (*raise)(int error);
    const char *over;            /* message after the end */
    int check;                   /* lzma's */
};
typedef struct py_codec { ob_obj o; py_codec_stream *s; } py_codec;

/* An object of type t around s (base_mem, zeroed, set up by the caller); frees it on failure. */
ob_val py_codec_new(ob_type *t, py_codec_stream *s);
void py_codec_free(ob_obj *o);
ob_val py_codec_compress(ob_val self, const ob_val *a, size_t n, ob_val kw);
ob_val py_codec_flush(ob_val self, const ob_val *a, size_t n, ob_val kw);
ob_val py_codec_decompress(ob_val self, const ob_val *a, size_t n, ob_val kw);
extern const ob_def py_compressor_methods[], py_decompressor_methods[];
ob_val py_codec_get_eof(ob_val v);
ob_val py_codec_get_needs_input(ob_val v);
ob_val py_codec_get_unused(ob_val v);

#endif
