/* codec.c: see codec.h.
 * Locks: each stream's own, taken inside a blocking region and with no object looked at under it. */
#include "interp/mod/codec.h"
#include "interp/mod/modutil.h"
#include "interp/run/blocking.h"
#include "base/buf.h"
#include "base/mem.h"
#include "objspace/bytes.h"
#include "objspace/int.h"
#include <string.h>

static py_codec_stream *stream_of(ob_val v) { return ((py_codec *)ob_ptr(v))->s; }

static void stream_free(py_codec_stream *s) {
    if (s->end) s->end(s);
    pthread_mutex_destroy(&s->lock);
    base_mem_free(s->kept);
    base_mem_free(s->unused);
    base_mem_free(s);
}
ob_val py_codec_new(ob_type *t, py_codec_stream *s) {
    pthread_mutex_init(&s->lock, NULL);
    s->needs_input = true;
    py_codec *c = ob_alloc_leaf(t, sizeof *c);
    if (!c) return stream_free(s), OB_NULL;
    c->s = s;
    return ob_of(c);
}
void py_codec_free(ob_obj *o) { if (((py_codec *)o)->s) stream_free(((py_codec *)o)->s); }

/* Steps until the input is used up (finish: until the end), `most` bytes at most. */
static py_codec_result pump(py_codec_stream *s, base_buf *out, size_t most, bool finish) {
    py_codec_result r = PY_CODEC_OK;
    while (r == PY_CODEC_OK) {
        size_t want = out->n < 8192 ? 8192 : out->n < (1 << 24) ? out->n : 1 << 24;
        if (want > most - out->n) want = most - out->n;
        if (!base_buf_reserve(out, want + 1)) return PY_CODEC_ERROR;
        size_t in_before = s->in_n;
        s->out = (uint8_t *)out->at + out->n;
        s->out_n = want;
        r = s->step(s, finish);
        size_t got = want - s->out_n;
        out->n += got;
        if (r != PY_CODEC_OK || out->n == most) break;
        if (!finish && s->in_n == 0 && s->out_n > 0) break;
        if (got == 0 && s->in_n == in_before && !finish) break;
    }
    return r;
}
static ob_val result_of(py_codec_stream *s, base_buf *out, py_codec_result r) {
    ob_val v = out->failed ? ob_raise_memory() : r == PY_CODEC_ERROR ? s->raise(s->error) : ob_bytes_from(out->at ? out->at : "", out->n);
    base_buf_release(out);
    return v;
}

static ob_val compress(ob_val self, ob_val data, bool finish) {
    py_codec_stream *s = stream_of(self);
    base_buf out;
    if (!ob_external()) return OB_NULL;
    base_buf_init(&out);
    py_blocking_enter();
    pthread_mutex_lock(&s->lock);
    bool flushed = s->flushed;
    py_codec_result r = PY_CODEC_OK;
    if (!flushed) {
        s->in = finish ? NULL : ob_bytes_ptr(data)->data;
        s->in_n = finish ? 0 : ob_bytes_ptr(data)->len;
        s->flushed = finish;
        r = pump(s, &out, SIZE_MAX / 2, finish);
        s->in = NULL;
    }
    pthread_mutex_unlock(&s->lock);
    py_blocking_leave();
    if (!flushed) return result_of(s, &out, r);
    return ob_raise(&ob_exc_ValueError, finish ? "Repeated call to flush()" : "Compressor has been flushed");
}
ob_val py_codec_compress(ob_val self, const ob_val *a, size_t n UNUSED, ob_val kw UNUSED) {
    ob_val b = py_bytes_of(a[0]);
    return ob_is_null(b) ? b : compress(self, b, false);
}
ob_val py_codec_flush(ob_val self, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED) { return compress(self, OB_NULL, true); }

/* What is left of the input: kept for the next call, or what followed the stream.  false: no memory. */
static bool keep_rest(py_codec_stream *s, bool out_full) {
    uint8_t *rest = s->in_n ? base_mem_alloc(s->in_n) : NULL;
    if (s->in_n && !rest) return false;
    if (rest) memcpy(rest, s->in, s->in_n);
    base_mem_free(s->kept);
    s->kept = NULL;
    s->kept_n = 0;
    s->needs_input = !s->eof && s->in_n == 0 && !out_full;
    if (s->eof) base_mem_free(s->unused), s->unused = rest, s->unused_n = s->in_n;
    else s->kept = rest, s->kept_n = s->in_n;
    return true;
}
static py_codec_result feed(py_codec_stream *s, const ob_bytes_obj *data, base_buf *out, size_t most) {
    uint8_t *joined = NULL;
    if (s->broken) return PY_CODEC_ERROR;
    s->in = data->data;
    s->in_n = data->len;
    if (s->kept_n) {
        if (!(joined = base_mem_alloc(s->kept_n + data->len))) return out->failed = true, PY_CODEC_ERROR;
        memcpy(joined, s->kept, s->kept_n);
        memcpy(joined + s->kept_n, data->data, data->len);
        s->in = joined;
        s->in_n = s->kept_n + data->len;
    }
    py_codec_result r = pump(s, out, most, false);
    if (r == PY_CODEC_END) s->eof = true;
    if (r == PY_CODEC_ERROR) s->in_n = 0;                /* nothing can come of it any more */
    if (!keep_rest(s, out->n == most)) out->failed = true;
    if (r == PY_CODEC_ERROR && !out->failed) {
        s->needs_input = false;
        s->broken = true;
    }
    s->in = NULL;
    base_mem_free(joined);
    return r;
}
ob_val py_codec_decompress(ob_val self, const ob_val *a, size_t n UNUSED, ob_val kw UNUSED) {
    py_codec_stream *s = stream_of(self);
    int64_t most = -1;
    base_buf out;
    ob_val b = py_bytes_of(a[0]);
    if (ob_is_null(b) || (!ob_is_null(a[1]) && !ob_index_i64(a[1], &most)) || !ob_external()) return OB_NULL;
    base_buf_init(&out);
    py_blocking_enter();
    pthread_mutex_lock(&s->lock);
    bool over = s->eof, broken = s->broken;
    py_codec_result r = over ? PY_CODEC_OK : feed(s, ob_bytes_ptr(b), &out, most < 0 ? SIZE_MAX / 2 : (size_t)most);
    pthread_mutex_unlock(&s->lock);
    py_blocking_leave();
    if (broken && !over) return base_buf_release(&out), ob_raise(&ob_exc_ValueError, "Decompressor is unusable after a previous error");
    return over ? ob_raise(&ob_exc_EOFError, "%s", s->over) : result_of(s, &out, r);
}

ob_val py_codec_get_eof(ob_val v) { return ob_bool(stream_of(v)->eof); }
ob_val py_codec_get_needs_input(ob_val v) { return ob_bool(stream_of(v)->needs_input); }
ob_val py_codec_get_unused(ob_val v) {
    py_codec_stream *s = stream_of(v);
    pthread_mutex_lock(&s->lock);
    ob_val b;
    ob_gc_hold();                                        /* no collection waits for us while we hold the lock */
    b = ob_bytes_from(s->unused ? s->unused : (const uint8_t *)"", s->unused_n);
    ob_gc_unhold();
    pthread_mutex_unlock(&s->lock);
    return b;
}
static ob_val no_pickle(ob_val self, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED) { return ob_raise(&ob_exc_TypeError, "cannot pickle '%.200T' object", self); }
const ob_def py_compressor_methods[] = {
    {"compress", py_codec_compress, "data, /", "Takes in data; gives what can be written already.", 0}, {"flush", py_codec_flush, "", "Gives what is still held back.", 0},
    {"__getstate__", no_pickle, "", NULL, 0}, {"__reduce__", no_pickle, "", NULL, 0}, {"__reduce_ex__", no_pickle, "protocol, /", NULL, 0}, {0}};
const ob_def py_decompressor_methods[] = {
    {"decompress", py_codec_decompress, "data, max_length=-1", "Takes in data; gives what it holds, max_length bytes at most.", 0},
    {"__getstate__", no_pickle, "", NULL, 0}, {"__reduce__", no_pickle, "", NULL, 0}, {"__reduce_ex__", no_pickle, "protocol, /", NULL, 0}, {0}};
