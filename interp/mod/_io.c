/* _io.c: the module _io: open() and the table of the module.
 * Locks: none. */
#include "interp/mod/io_int.h"
#include "interp/mod/io_pending.h"
#include "base/buf.h"
#include "interp/mod/modules.h"
#include "interp/run/options.h"
#include "objspace/dict.h"
#include "objspace/inst.h"
#include <unistd.h>

ob_val py_io_unsupported;

/* ---- open ---- */
typedef struct mode_bits { bool creating, reading, writing, appending, updating, text, binary; char raw[4]; } mode_bits;

static bool bad(const char *message) { return ob_fail(ob_raise(&ob_exc_ValueError, "%s", message)); }

static bool parse_mode(const char *mode, mode_bits *m) {
    *m = (mode_bits){0};
    for (const char *p = mode; *p; p++) {
        bool *bit = *p == 'x' ? &m->creating : *p == 'r' ? &m->reading : *p == 'w' ? &m->writing : *p == 'a' ? &m->appending : *p == '+' ? &m->updating
                  : *p == 't' ? &m->text : *p == 'b' ? &m->binary : NULL;
        if (bit == NULL || *bit) return ob_fail(ob_raise(&ob_exc_ValueError, "invalid mode: '%s'", mode));
        *bit = true;
    }
    char *r = m->raw;
    if (m->creating) *r++ = 'x';
    if (m->reading) *r++ = 'r';
    if (m->writing) *r++ = 'w';
    if (m->appending && r < m->raw + 2) *r++ = 'a';
    if (m->updating && r < m->raw + 3) *r++ = '+';
    if (m->text && m->binary) return bad("can't have text and binary mode at once");
    if (m->creating + m->reading + m->writing + m->appending > 1) return bad("must have exactly one of create/read/write/append mode");
    return true;
}

static bool check_binary(const mode_bits *m, const ob_val *a) {
    if (!m->binary) return true;
    if (!py_absent(a[3])) return bad("binary mode doesn't take an encoding argument");
    if (!py_absent(a[4])) return bad("binary mode doesn't take an errors argument");
    if (!py_absent(a[5])) return bad("binary mode doesn't take a newline argument");
    return true;
}

/* The streams over raw; OB_NULL: raised, raw is to be closed. */
static ob_val wrap(ob_val raw, const mode_bits *m, int64_t buffering, const char *mode, const ob_val *a) {
    ob_val tty = buffering < 0 ? py_call_method0(raw, "isatty") : OB_FALSE, args[6];
    if (ob_is_null(tty)) return tty;
    bool line = buffering == 1 || (buffering < 0 && ob_same(tty, OB_TRUE));
    if (buffering == 1 && m->binary) buffering = -1;
    if (buffering < 0 || (buffering == 1 && !m->binary)) {
        ob_val size = ob_getattr_c(raw, "_blksize");
        if (ob_is_null(size) || !py_int_arg(size, &buffering)) return OB_NULL;
        if (buffering <= 1) buffering = IO_DEFAULT_BUFFER_SIZE;
    }
    if (buffering == 0) return m->binary ? raw : ob_raise(&ob_exc_ValueError, "can't have unbuffered text I/O");
    ob_type *t = m->updating ? &py_buffered_random_type : m->reading ? &py_buffered_reader_type : &py_buffered_writer_type;
    args[0] = raw;
    args[1] = ob_int_from_i64(buffering);
    ob_val buffer = ob_call(ob_type_val(t), args, 2);
    if (ob_is_null(buffer) || m->binary) return buffer;
    args[0] = buffer;
    args[1] = ob_is_null(a[3]) ? OB_NONE : a[3];
    args[2] = ob_is_null(a[4]) ? OB_NONE : a[4];
    args[3] = ob_is_null(a[5]) ? OB_NONE : a[5];
    args[4] = ob_bool(line);
    ob_val text = ob_call(ob_type_val(&py_textio_type), args, 5);
    if (!ob_is_null(text) && ob_setattr(text, OB_NAME(mode), ob_str_from_c(mode))) return text;
    ob_val pending = ob_err_fetch();                     /* raw is closed through the buffer, so that both are */
    if (!ob_is_null(pending) && ob_is_null(py_call_method0(buffer, "close"))) ob_err_clear();
    if (!ob_is_null(pending)) ob_err_restore(pending);
    return OB_NULL;
}

static bool note_writer(ob_val stream, ob_val raw, const mode_bits *m) {
    if ((m->reading && !m->updating) || ob_same(stream, raw) || !ob_is_exact(raw, &py_fileio_type)) return true;
    int64_t fd;
    ob_val no = py_call_method0(raw, "fileno");
    return !ob_is_null(no) && ob_int_to_i64(no, &fd) && py_io_writer_opened(stream, (int)fd);
}

METHOD(open) {
    mode_bits m;
    int64_t buffering = -1;
    const char *mode = ob_is_null(a[1]) ? "r" : py_text_arg(a[1], "open() argument 'mode'");
    ob_val file = a[0];
    if (mode == NULL || (!ob_is_null(a[2]) && !py_int_arg(a[2], &buffering))) return OB_NULL;
    for (int i = 3; i < 6; i++) {
        static const char *const names[] = {"encoding", "errors", "newline"};
        if (!py_absent(a[i]) && !ob_is_str(a[i])) return ob_raise(&ob_exc_TypeError, "open() argument '%s' must be str or None, not %.50T", names[i - 3], a[i]);
    }
    if (!ob_is_int(file)) {
        file = ob_fspath(file);
        if (ob_is_null(file)) return file;
    }
    if (!parse_mode(mode, &m) || !check_binary(&m, a)) return OB_NULL;
    ob_val args[4] = {file, ob_str_from_c(m.raw), ob_is_null(a[6]) ? OB_TRUE : a[6], ob_is_null(a[7]) ? OB_NONE : a[7]};
    ob_val raw = ob_call(ob_type_val(&py_fileio_type), args, 4);
    if (ob_is_null(raw)) return raw;
    ob_val r = wrap(raw, &m, buffering, mode, a);
    if (!ob_is_null(r) && note_writer(r, raw, &m)) return r;
    ob_val pending = ob_err_fetch();                     /* what was opened is closed again */
    if (ob_is_null(pending)) return OB_NULL;
    if (ob_is_null(py_call_method0(raw, "close"))) ob_err_clear();
    ob_err_restore(pending);
    return OB_NULL;
}

ob_val py_io_open(ob_val file, const char *mode, const char *encoding) {
    ob_val a[8] = {file, ob_str_from_c(mode), OB_NULL, encoding ? ob_str_from_c(encoding) : OB_NULL};
    return m_open(OB_NULL, a, 8, OB_NULL);
}

METHOD(open_code) {
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "open_code() argument 'path' must be str, not %.50T", a[0]);
    return py_io_open(a[0], "rb", NULL);
}

METHOD(text_encoding) {
    int64_t level = 2;
    if (!py_absent(a[0])) return a[0];
    if (!ob_is_null(a[1]) && !py_int_arg(a[1], &level)) return OB_NULL;
    if (py_opts.warn_default_encoding && !ob_warn(&ob_exc_EncodingWarning, (int)level, "'encoding' argument not specified")) return OB_NULL;
    return ob_str_intern_c(py_opts.utf8_mode ? "utf-8" : "locale");
}

/* ---- standard streams ---- */
ob_val py_io_open_std(int fd, const char *name, const char *mode, const char *errors, bool unbuffered) {
    bool writing = mode[0] == 'w';
    ob_val args[6] = {ob_from_small(fd), ob_str_from_c(writing ? "wb" : "rb"), OB_FALSE};
    ob_val raw = ob_call(ob_type_val(&py_fileio_type), args, 3);
    if (ob_is_null(raw) || !ob_setattr(raw, OB_NAME(plain_name), ob_str_from_c(name))) return OB_NULL;
    ob_val tty = py_call_method0(raw, "isatty"), buffer = raw;
    if (ob_is_null(tty)) return tty;
    if (!(unbuffered && writing)) {
        args[0] = raw;
        buffer = ob_call(ob_type_val(writing ? &py_buffered_writer_type : &py_buffered_reader_type), args, 1);
        if (ob_is_null(buffer)) return buffer;
    }
    bool line = ob_same(tty, OB_TRUE) || !strcmp(name, "<stderr>");
    args[0] = buffer;
    args[1] = ob_str_intern_c("utf-8");
    args[2] = ob_str_from_c(errors);
    args[3] = ob_str_from_char(10);
    args[4] = ob_bool(line);
    args[5] = ob_bool(writing && unbuffered);
    ob_val text = ob_call(ob_type_val(&py_textio_type), args, 6);
    if (ob_is_null(text) || !ob_setattr(text, OB_NAME(mode), ob_str_from_c(mode))) return OB_NULL;
    return text;
}

/* ---- at exit ---- */
static void collect(ob_obj *o, void *arg) {
    base_buf *found = arg;                               /* malloc'ed: the world is stopped, and what is found is alive */
    if (o->type == &py_textio_type || o->type == &py_buffered_writer_type || o->type == &py_buffered_random_type) base_buf_add(found, &o, sizeof o);
}

void py_io_flush_all(void) {
    base_buf found;
    base_buf_init(&found);
    ob_heap_each(collect, &found);
    for (int text = 1; text >= 0; text--)                /* text streams first: they write into the others */
        for (size_t i = 0; i < found.n / sizeof(ob_obj *); i++) {
            ob_obj *o = ((ob_obj **)(void *)found.at)[i];
            if ((o->type == &py_textio_type) != text || !(io_flags(ob_of(o)) & IO_OK) || io_flags(ob_of(o)) & IO_DETACHED) continue;
            int closed = py_io_closed(ob_of(o));
            if (closed != 0 || ob_is_null(py_call_method0(ob_of(o), "flush"))) ob_err_clear();
        }
    base_buf_release(&found);
}

/* ---- the module ---- */
static ob_type *const types[] = {&py_iobase_type, &py_rawiobase_type, &py_bufferediobase_type, &py_textiobase_type, &py_fileio_type, &py_bytesio_type, &py_bytesio_buffer_type,
                                 &py_stringio_type, &py_buffered_reader_type, &py_buffered_writer_type, &py_buffered_random_type, &py_buffered_pair_type, &py_textio_type,
                                 &py_newline_decoder_type};

bool py_io_ready(void) {
    if (!ob_is_null(py_io_unsupported)) return true;
    if (!py_io_pending_init()) return false;
    for (size_t i = 0; i < BASE_LENGTH(types); i++) if (!ob_type_ready(types[i])) return false;
    ob_val ns = ob_dict_new(), bases = ob_tuple_of2(ob_type_val(&ob_exc_OSError), ob_type_val(&ob_exc_ValueError));
    if (ob_is_null(ns) || ob_is_null(bases) || !ob_dict_set(ns, OB_NAME(module), ob_str_intern_c("io"))) return false;
    if (!ob_gc_add_static(&py_io_unsupported)) return false;
    py_io_unsupported = ob_type_new_class(&ob_type_type, ob_str_intern_c("UnsupportedOperation"), bases, ns, NULL, OB_NULL);
    return !ob_is_null(py_io_unsupported);
}

static bool fill(ob_val m) {
    if (!py_io_ready()) return false;
    for (size_t i = 0; i < BASE_LENGTH(types); i++) if (!ob_module_add_type(m, types[i])) return false;
    return ob_module_add_int(m, "DEFAULT_BUFFER_SIZE", IO_DEFAULT_BUFFER_SIZE) && ob_module_add(m, "UnsupportedOperation", py_io_unsupported)
        && ob_module_add(m, "BlockingIOError", ob_type_val(&ob_exc_BlockingIOError));
}

static const ob_def defs[] = {
    {"open", m_open, "file, mode='r', buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None", "Opens a file as a stream.", 0},
    {"open_code", m_open_code, "path", "Opens a file of code.", 0},
    {"text_encoding", m_text_encoding, "encoding, stacklevel=2, /", "The encoding, or \"locale\".", 0},
    {0},
};
const ob_module_def py_mod__io = {"_io", "Streams of bytes and text.", defs, fill};
