/* io_int.h: what the files of the module _io share. */
#ifndef INTERP_MOD_IO_INT_H
#define INTERP_MOD_IO_INT_H
#include "interp/mod/io.h"
#include "interp/mod/native.h"
#include "objspace/kind.h"

#define IO_DEFAULT_BUFFER_SIZE 8192

enum {                                   /* io_head.flags */
    IO_CLOSED = 1, IO_OK = 2 /* __init__ was run */, IO_DETACHED = 4, IO_READABLE = 8, IO_WRITABLE = 16, IO_FINALIZING = 32, IO_APPENDING = 64,
    IO_CREATED = 128, IO_CLOSEFD = 256, IO_FAST = 512 /* the stream below is one of ours, exactly */, IO_SEEKABLE = 1024, IO_LINE_BUFFERING = 2048,
    IO_WRITE_THROUGH = 4096, IO_TELLING = 8192, IO_SEEK_KNOWN = 16384, IO_HAS_READ1 = 32768, IO_TRANSLATE = 65536, IO_UNIVERSAL = 1 << 17,
    IO_WRITE_CRLF = 1 << 18, IO_WRITE_CR = 1 << 19, IO_ENCODING_START = 1 << 20, IO_SEEK_TELL_OK = 1 << 21
};
typedef struct io_head { uint64_t flags; } io_head;                      /* every body begins with it */
static inline uint64_t io_flags(ob_val v) { return ((const io_head *)ob_read(v))->flags; }
static inline MUST_CHECK bool io_flag(ob_val v, uint64_t set, uint64_t clear) {
    io_head *h = ob_write(v);
    if (h == NULL) return false;
    h->flags = (h->flags & ~clear) | set;
    return true;
}

extern ob_type py_iobase_type, py_rawiobase_type, py_bufferediobase_type, py_textiobase_type, py_fileio_type, py_buffered_reader_type, py_buffered_writer_type,
    py_buffered_random_type, py_buffered_pair_type, py_bytesio_type, py_bytesio_buffer_type, py_stringio_type, py_textio_type, py_newline_decoder_type;
extern ob_val py_io_unsupported;         /* the class UnsupportedOperation */

/* io_base.c */
ob_val py_io_raise_unsupported(const char *message);
int py_io_closed(ob_val v);              /* v.closed: 1 0 -1 */
bool py_io_check_open(ob_val v);         /* ValueError "I/O operation on closed file." */
bool py_io_check_able(ob_val v, const char *method, const char *message);/* v.readable() and the like, else UnsupportedOperation */
ob_val py_io_del(ob_val self, const ob_val *a, size_t n, ob_val kw);     /* __del__: closes, and says so by _finalizing */
bool py_io_warn_unclosed(ob_val stream, ob_val source);  /* stream._dealloc_warn(source), if it has that */
bool py_io_base_close(ob_val self);      /* _IOBase.close: flushes and marks as closed */
ob_val py_io_no_pickle(ob_val self, const ob_val *a, size_t n, ob_val kw);
ob_val py_io_get_finalizing(ob_val self);
bool py_io_set_finalizing(ob_val self, ob_val v);
ob_val py_io_readlines(ob_val self, ob_val hint);
bool py_io_finish_close(ob_val self, ob_val pending);    /* after close: raises `pending` again, chained to a newer one */

/* io_file.c: raw access by descriptor. Bytes object of up to n; None: would block; OB_NULL: raised. */
ob_val py_file_read(ob_val file, size_t n);
ob_val py_file_read_all(ob_val file);
ssize_t py_file_write(ob_val file, const uint8_t *p, size_t n);          /* -1 raised, -2 would block */
bool py_io_interrupted(void);             /* after EINTR or a write cut short: signal handlers run. false: one raised */
int64_t py_file_seek(ob_val file, int64_t offset, int whence);           /* -1 raised */

/* io_buffered.c */
ob_val py_buffered_read1(ob_val self, size_t n);         /* bytes, as read1() */
bool py_buffered_write(ob_val self, const uint8_t *p, size_t n);
bool py_buffered_flush(ob_val self);
int py_buffered_closed(ob_val self);     /* of an exact one: 1 0 -1 */
bool py_is_buffered(ob_val v, uint64_t able);            /* exactly one of our buffered types, with IO_READABLE or IO_WRITABLE */

/* io_text.c */
enum { IO_SEEN_CR = 1, IO_SEEN_LF = 2, IO_SEEN_CRLF = 4 };
/* Newlines translated (\r\n and \r become \n) and noted in *seen. */
ob_val py_io_newlines(ob_val text, bool translate, uint64_t *seen);
ob_val py_io_seen_value(uint64_t seen);                  /* None, a str or a tuple */
/* Where the line that begins at `from` ends (behind its newline), -1: not in text. mode: 'u' universal untranslated, 't' translated, 'n' by newline. */
ssize_t py_io_line_end(ob_val text, size_t from, char mode, ob_val newline);
#endif
