/* _csv.c: the module _csv: readers and writers of separated values.
 * Locks: none.  Dialects are immutable; a reader's state between lines is in a versioned body; the registry is an ordinary dict of the module. */
#include "interp/mod/modules.h"
#include "interp/mod/modutil.h"
#include "interp/mod/native.h"
#include "objspace/dict.h"
#include "objspace/float.h"
#include "objspace/kind.h"

enum { QUOTE_MINIMAL, QUOTE_ALL, QUOTE_NONNUMERIC, QUOTE_NONE };
#define NONE UINT32_MAX                  /* no such character */

static ob_val csv_error, dialects;
static _Atomic(int64_t) field_limit = 128 * 1024;

/* ---- Dialect ---- */
typedef struct dialect { ob_obj o; ob_val lineterminator; uint32_t delimiter, quotechar, escapechar; int quoting; bool doublequote, skipinitialspace, strict; } dialect;
static ob_type dialect_type;
static void dialect_trace(ob_obj *o, ob_tracer *t) { ob_trace_val(t, ((dialect *)o)->lineterminator); }
static const dialect *dia(ob_val v) { return (const dialect *)ob_ptr(v); }

static bool set_char(const char *name, ob_val v, uint32_t otherwise, bool none_ok, uint32_t *out) {
    *out = otherwise;
    if (ob_is_null(v)) return true;
    if (none_ok && ob_is_none(v)) { *out = NONE; return true; }
    if (!ob_is_str(v)) return ob_fail(ob_raise(&ob_exc_TypeError, none_ok ? "\"%s\" must be string or None, not %.200T" : "\"%s\" must be string, not %.200T", name, v));
    if (ob_str_len(v) != 1) {
        return ob_fail(ob_raise(&ob_exc_TypeError, "\"%s\" must be a 1-character string", name));
    }
    *out = ob_str_at(v, 0);
    return true;
}

static bool set_quoting(ob_val v, int *out) {
    int64_t i;
    *out = QUOTE_MINIMAL;
    if (ob_is_null(v)) return true;
    if (!ob_is_small(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "\"quoting\" must be an integer"));
    i = ob_to_small(v);
    if (i < 0 || i > QUOTE_NONE) return ob_fail(ob_raise(&ob_exc_TypeError, "bad \"quoting\" value"));
    *out = (int)i;
    return true;
}

static ob_val get_dialect(ob_val name) {
    ob_val d = ob_dict_get(dialects, name);
    return !ob_is_null(d) || ob_failed() ? d : ob_raise_value(ob_call1(csv_error, ob_str_from_c("unknown dialect")));
}

enum { D_DIALECT, D_DELIMITER, D_DOUBLEQUOTE, D_ESCAPECHAR, D_LINETERMINATOR, D_QUOTECHAR, D_QUOTING, D_SKIP, D_STRICT, D_COUNT };
#define DIALECT_SIG "dialect=None, delimiter=None, doublequote=None, escapechar=None, lineterminator=None, quotechar=None, quoting=None, skipinitialspace=None, strict=None"
static const char *const field_names[] = {"dialect", "delimiter", "doublequote", "escapechar", "lineterminator", "quotechar", "quoting", "skipinitialspace", "strict"};

static ob_val dialect_of(ob_val cls, const ob_val *a, size_t n, ob_val kw) {
    (void)n; (void)kw; (void)cls;
    ob_val v[D_COUNT];
    memcpy(v, a, sizeof v);
    bool given = false;
    for (int i = 1; i < D_COUNT; i++) given |= !ob_is_null(v[i]);
    if (!py_absent(v[0])) {
        if (ob_is_str(v[0]) && ob_is_null(v[0] = get_dialect(v[0]))) return OB_NULL;
        if (!given && ob_is_exact(v[0], &dialect_type)) return v[0];
        for (int i = 1; i < D_COUNT; i++)
            if (ob_is_null(v[i]) && ob_is_null(v[i] = ob_getattr_opt(v[0], ob_str_intern_c(field_names[i]))) && ob_failed()) return OB_NULL;
    }
    dialect *d = ob_alloc(&dialect_type, sizeof *d);
    if (d == NULL) return OB_NULL;
    if (!set_char("delimiter", v[D_DELIMITER], ',', false, &d->delimiter) || !py_bool_arg(v[D_DOUBLEQUOTE], true, &d->doublequote)
        || !set_char("escapechar", v[D_ESCAPECHAR], NONE, true, &d->escapechar)) return OB_NULL;
    d->lineterminator = ob_is_null(v[D_LINETERMINATOR]) ? ob_str_from_c("\r\n") : v[D_LINETERMINATOR];
    if (ob_is_null(d->lineterminator)) return OB_NULL;
    if (!ob_is_str(d->lineterminator)) return ob_raise(&ob_exc_TypeError, "\"lineterminator\" must be a string");
    if (!set_char("quotechar", v[D_QUOTECHAR], '"', true, &d->quotechar) || !set_quoting(v[D_QUOTING], &d->quoting)
        || !py_bool_arg(v[D_SKIP], false, &d->skipinitialspace) || !py_bool_arg(v[D_STRICT], false, &d->strict)) return OB_NULL;
    if (d->quotechar == NONE && ob_is_null(v[D_QUOTING])) d->quoting = QUOTE_NONE;
    if (d->quoting != QUOTE_NONE && d->quotechar == NONE) return ob_raise(&ob_exc_TypeError, "quotechar must be set if quoting enabled");
    return ob_of(d);
}
static ob_val dialect_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) { return PY_BIND_CALL(dialect_of, "Dialect", DIALECT_SIG, ob_type_val(t), a, n, kw); }
static bool dialect_init(ob_val self, const ob_val *a, size_t n, ob_val kw) { (void)self; (void)a; (void)n; (void)kw; return true; }

static ob_val char_value(uint32_t c) { return c == NONE ? OB_NONE : ob_str_from_char(c); }
GETTER(delimiter) { return char_value(dia(self)->delimiter); }
GETTER(escapechar) { return char_value(dia(self)->escapechar); }
GETTER(quotechar) { return char_value(dia(self)->quotechar); }
GETTER(lineterminator) { return dia(self)->lineterminator; }
GETTER(quoting) { return ob_from_small(dia(self)->quoting); }
GETTER(doublequote) { return ob_bool(dia(self)->doublequote); }
GETTER(skipinitialspace) { return ob_bool(dia(self)->skipinitialspace); }
GETTER(strict) { return ob_bool(dia(self)->strict); }
METHOD(no_pickle) { return ob_raise(&ob_exc_TypeError, "cannot pickle '%.100T' instances", self); }
static const ob_def dialect_methods[] = {{"__reduce__", m_no_pickle, "*args", NULL, 0}, {"__reduce_ex__", m_no_pickle, "*args", NULL, 0}, {0}};
static const ob_getset dialect_getsets[] = {
    {"delimiter", get_delimiter, NULL, NULL}, {"doublequote", get_doublequote, NULL, NULL}, {"escapechar", get_escapechar, NULL, NULL},
    {"lineterminator", get_lineterminator, NULL, NULL}, {"quotechar", get_quotechar, NULL, NULL}, {"quoting", get_quoting, NULL, NULL},
    {"skipinitialspace", get_skipinitialspace, NULL, NULL}, {"strict", get_strict, NULL, NULL}, {0},
};
static ob_type dialect_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL), .name = "_csv.Dialect", .base = &ob_object_type, .flags = OB_TF_BASE, .size = sizeof(dialect),
    .slots = {.make = dialect_make, .init = dialect_init}, .trace = dialect_trace, .methods = dialect_methods, .getsets = dialect_getsets, .doc = "A dialect of separated values.",
};

static ob_val raise_error(const char *message) { return ob_raise_value(ob_call1(csv_error, ob_str_from_c(message))); }

/* ---- Reader ---- */
typedef enum state { START_RECORD, START_FIELD, ESCAPED, IN_FIELD, IN_QUOTED, ESCAPED_QUOTED, QUOTE_IN_QUOTED, EAT_NEWLINE, AFTER_ESCAPED_NEWLINE } state;
typedef struct reader_body { ob_val input, dialect; uint64_t line; } reader_body;
static void reader_trace(ob_obj *o, const void *body, ob_tracer *t) {
    (void)o;
    ob_trace_val(t, ((const reader_body *)body)->input);
    ob_trace_val(t, ((const reader_body *)body)->dialect);
}
static OB_KIND(reader_kind);
static ob_type reader_type;

typedef struct record { const dialect *d; state s; bool numeric; ob_strbuf field; ob_val fields; } record;

static bool save_field(record *r) {
    ob_val v = ob_strbuf_finish(&r->field);
    ob_strbuf_init(&r->field);
    if (ob_is_null(v)) return false;
    if (r->numeric) {
        r->numeric = false;
        if (ob_is_null(v = ob_float_of(v))) return false;
    }
    return ob_list_append(r->fields, v);
}

static bool add_char(record *r, uint32_t c) {
    if ((int64_t)r->field.len >= atomic_load_explicit(&field_limit, memory_order_relaxed)) {
        ob_val text = ob_str_format_c("field larger than field limit (%lld)", (long long)atomic_load_explicit(&field_limit, memory_order_relaxed));
        return ob_fail(ob_is_null(text) ? text : ob_raise_value(ob_call1(csv_error, text)));
    }
    return ob_strbuf_char(&r->field, c);
}

static bool ends_line(uint32_t c) { return c == '\n' || c == '\r' || c == NONE; }

static bool start_field(record *r, uint32_t c) {
    const dialect *d = r->d;
    if (ends_line(c)) {
        if (!save_field(r)) return false;
        r->s = c == NONE ? START_RECORD : EAT_NEWLINE;
    } else if (c == d->quotechar && d->quoting != QUOTE_NONE) r->s = IN_QUOTED;
    else if (c == d->escapechar) r->s = ESCAPED;
    else if (c == ' ' && d->skipinitialspace) return true;
    else if (c == d->delimiter) return save_field(r);
    else {
        if (d->quoting == QUOTE_NONNUMERIC) r->numeric = true;
        r->s = IN_FIELD;
        return add_char(r, c);
    }
    return true;
}

static bool in_field(record *r, uint32_t c) {
    const dialect *d = r->d;
    if (ends_line(c)) {
        if (!save_field(r)) return false;
        r->s = c == NONE ? START_RECORD : EAT_NEWLINE;
    } else if (c == d->escapechar) r->s = ESCAPED;
    else if (c == d->delimiter) { r->s = START_FIELD; return save_field(r); }
    else return add_char(r, c);
    return true;
}

/* One character; NONE: the end of a line's text. */
static bool take_char(record *r, uint32_t c) {
    const dialect *d = r->d;
    switch (r->s) {
    case START_RECORD:
        if (c == NONE) return true;
        if (c == '\n' || c == '\r') { r->s = EAT_NEWLINE; return true; }
        r->s = START_FIELD;
        return start_field(r, c);
    case START_FIELD: return start_field(r, c);
    case ESCAPED:
        if (c == '\n' || c == '\r') { r->s = AFTER_ESCAPED_NEWLINE; return add_char(r, c); }
        r->s = IN_FIELD;
        return add_char(r, c == NONE ? '\n' : c);
    case AFTER_ESCAPED_NEWLINE:
        if (c == NONE) return true;
        r->s = IN_FIELD;
        return in_field(r, c);
    case IN_FIELD: return in_field(r, c);
    case IN_QUOTED:
        if (c == NONE) return true;
        if (c == d->escapechar) r->s = ESCAPED_QUOTED;
        else if (c == d->quotechar && d->quoting != QUOTE_NONE) r->s = d->doublequote ? QUOTE_IN_QUOTED : IN_FIELD;
        else return add_char(r, c);
        return true;
    case ESCAPED_QUOTED:
        r->s = IN_QUOTED;
        return add_char(r, c == NONE ? '\n' : c);
    case QUOTE_IN_QUOTED:
        if (d->quoting != QUOTE_NONE && c == d->quotechar) { r->s = IN_QUOTED; return add_char(r, c); }
        if (c == d->delimiter) { r->s = START_FIELD; return save_field(r); }
        if (ends_line(c)) { r->s = c == NONE ? START_RECORD : EAT_NEWLINE; return save_field(r); }
        if (!d->strict) { r->s = IN_FIELD; return add_char(r, c); }
        return ob_fail(ob_raise_value(ob_call1(csv_error, ob_str_format_c("'%c' expected after '%c'", d->delimiter, d->quotechar))));
    case EAT_NEWLINE:
        if (c == '\n' || c == '\r') return true;
        if (c == NONE) { r->s = START_RECORD; return true; }
        return ob_fail(raise_error("new-line character seen in unquoted field - do you need to open the file in universal-newline mode?"));
    }
    return true;
}

static bool take_line(record *r, ob_val line) {
    for (size_t i = 0, n = ob_str_len(line); i < n; i++) if (!take_char(r, ob_str_at(line, i))) return false;
    return take_char(r, NONE);
}

static ob_val reader_next(ob_val self) {
    reader_body b = *(const reader_body *)ob_read(self);
    record r = {.d = dia(b.dialect), .fields = ob_list_new(0)};
    if (ob_is_null(r.fields)) return OB_NULL;
    ob_strbuf_init(&r.field);
    do {
        ob_val line = ob_next(b.input);
        if (ob_is_null(line)) {
            if (ob_failed()) goto failed;
            if (r.field.len == 0 && r.s != IN_QUOTED) goto failed;   /* the end, between records or behind a blank one */
            if (r.d->strict) { raise_error("unexpected end of data"); goto failed; }
            if (!save_field(&r)) goto failed;
            break;
        }
        if (!ob_is_str(line)) {
            ob_val text = ob_str_format_c("iterator should return strings, not %.200T (the file should be opened in text mode)", line);
            if (!ob_is_null(text)) ob_raise_value(ob_call1(csv_error, text));
            goto failed;
        }
        reader_body *w = ob_write(self);
        if (w == NULL) goto failed;
        w->line++;
        if (!take_line(&r, line)) goto failed;
    } while (r.s != START_RECORD);
    ob_strbuf_release(&r.field);
    return r.fields;
failed:
    ob_strbuf_release(&r.field);
    return OB_NULL;
}

static ob_val self_iter(ob_val it) { return it; }
GETTER(reader_dialect) { return ((const reader_body *)ob_read(self))->dialect; }
GETTER(line_num) { return ob_from_small((int64_t)((const reader_body *)ob_read(self))->line); }
static const ob_getset reader_getsets[] = {{"dialect", get_reader_dialect, NULL, NULL}, {"line_num", get_line_num, NULL, NULL}, {0}};
static ob_type reader_type = {
    OB_TYPE_HEAD(&ob_type_type, &reader_kind), .name = "_csv.reader", .base = &ob_object_type, .flags = OB_TF_NO_MAKE, .size = sizeof(reader_body),
    .slots = {.iter = self_iter, .next = reader_next}, .trace_body = reader_trace, .getsets = reader_getsets, .doc = "A reader of records.",
};

/* The dialect from the arguments behind the first: (dialect=…, **fields). */
static ob_val dialect_from(const ob_val *a, size_t n, ob_val kw) { return ob_call_kw(ob_type_val(&dialect_type), a + 1, n - 1, kw); }

METHOD(reader) {
    if (n < 1) return ob_raise(&ob_exc_TypeError, " expected at least 1 argument, got 0");
    ob_val it = ob_iter(a[0]), d = ob_is_null(it) ? it : dialect_from(a, n, kw);
    tx_handle *h = ob_is_null(d) ? NULL : ob_alloc_mut(&reader_type, sizeof(reader_body));
    if (h == NULL) return OB_NULL;
    *(reader_body *)tx_inline_body(h) = (reader_body){.input = it, .dialect = d};
    return ob_of(h);
}

/* ---- Writer ---- */
typedef struct writer { ob_obj o; ob_val write, dialect; } writer;
static void writer_trace(ob_obj *o, ob_tracer *t) { ob_trace_vals(t, &((writer *)o)->write, 2); }

static bool special(const dialect *d, uint32_t c) {
    return c == d->delimiter || c == d->escapechar || c == d->quotechar || ob_str_find(d->lineterminator, ob_str_from_char(c), 0, SIZE_MAX) >= 0;
}

/* Must the field be quoted? quoted: it must anyway. */
static bool needs_quotes(const dialect *d, ob_val text, bool quoted) {
    for (size_t i = 0; !quoted && d->quoting != QUOTE_NONE && i < ob_str_len(text); i++) {
        uint32_t c = ob_str_at(text, i);
        if (!special(d, c)) continue;
        if (c == d->quotechar ? d->doublequote : c != d->escapechar) quoted = true;
    }
    return quoted;
}

static bool add_field(ob_strbuf *b, const dialect *d, ob_val text, bool quoted) {
    quoted = needs_quotes(d, text, quoted);
    if (quoted) ob_strbuf_char(b, d->quotechar);
    for (size_t i = 0; i < ob_str_len(text); i++) {
        uint32_t c = ob_str_at(text, i);
        bool escape = false;
        if (special(d, c)) {
            if (d->quoting == QUOTE_NONE) escape = true;
            else if (c == d->quotechar) {
                if (d->doublequote) ob_strbuf_char(b, d->quotechar);
                else escape = true;
            } else if (c == d->escapechar) escape = true;
            if (escape) {
                if (d->escapechar == NONE) return ob_fail(raise_error("need to escape, but no escapechar set"));
                ob_strbuf_char(b, d->escapechar);
            }
        }
        ob_strbuf_char(b, c);
    }
    return !quoted || ob_strbuf_char(b, d->quotechar);
}

static bool is_number(ob_val v) { return ob_is_int(v) || ob_is_float(v) || ob_type_of(v)->slots.unary[OB_UN_FLOAT] != NULL || ob_type_of(v)->slots.unary[OB_UN_INDEX] != NULL; }

static bool add_row(ob_strbuf *b, const dialect *d, ob_val row) {
    ob_val it = ob_iter(row), v;
    size_t count = 0;
    bool empty_field = false;
    if (ob_is_null(it)) {
        if (ob_err_clear_if(&ob_exc_TypeError)) ob_raise_value(ob_call1(csv_error, ob_str_format_c("iterable expected, not %.200T", row)));
        return false;
    }
    for (; !ob_is_null(v = ob_next(it)); count++) {
        bool quoted = d->quoting == QUOTE_ALL || (d->quoting == QUOTE_NONNUMERIC && !is_number(v));
        ob_val text = ob_is_none(v) ? OB_NAME(empty) : ob_is_str(v) ? v : ob_str(v);
        if (ob_is_null(text)) return false;
        if (count) ob_strbuf_char(b, d->delimiter);
        empty_field = ob_str_len(text) == 0 && !quoted;
        if (!add_field(b, d, text, quoted)) return false;
    }
    if (ob_failed()) return false;
    if (count == 1 && empty_field) {                     /* a lone empty field would look like a blank line */
        if (d->quoting == QUOTE_NONE) return ob_fail(raise_error("single empty field record must be quoted"));
        ob_strbuf_char(b, d->quotechar);
        ob_strbuf_char(b, d->quotechar);
    }
    return ob_strbuf_str(b, d->lineterminator);
}

METHOD(writerow) {
    const writer *w = (const writer *)ob_ptr(self);
    ob_strbuf b;
    ob_strbuf_init(&b);
    if (!add_row(&b, dia(w->dialect), a[0])) { ob_strbuf_release(&b); return OB_NULL; }
    ob_val line = ob_strbuf_finish(&b);
    return ob_is_null(line) ? line : ob_call1(w->write, line);
}
METHOD(writerows) {
    ob_val it = ob_iter(a[0]), row;
    if (ob_is_null(it)) return it;
    while (!ob_is_null(row = ob_next(it))) if (ob_is_null(m_writerow(self, &row, 1, OB_NULL))) return OB_NULL;
    return ob_failed() ? OB_NULL : OB_NONE;
}
GETTER(writer_dialect) { return ((const writer *)ob_ptr(self))->dialect; }
static const ob_def writer_methods[] = {{"writerow", m_writerow, "row, /", "Writes one record.", 0}, {"writerows", m_writerows, "rows, /", "Writes all records.", 0}, {0}};
static const ob_getset writer_getsets[] = {{"dialect", get_writer_dialect, NULL, NULL}, {0}};
static ob_type writer_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL), .name = "_csv.writer", .base = &ob_object_type, .flags = OB_TF_NO_MAKE, .size = sizeof(writer), .trace = writer_trace,
    .methods = writer_methods, .getsets = writer_getsets, .doc = "A writer of records.",
};

METHOD(writer) {
    if (n < 1) return ob_raise(&ob_exc_TypeError, " expected at least 1 argument, got 0");
    ob_val write = ob_getattr_opt(a[0], OB_NAME(write));
    if (ob_is_null(write) || !ob_is_callable(write)) return ob_failed() ? OB_NULL : ob_raise(&ob_exc_TypeError, "argument 1 must have a \"write\" method");
    ob_val d = dialect_from(a, n, kw);
    writer *w = ob_is_null(d) ? NULL : ob_alloc(&writer_type, sizeof *w);
    if (w == NULL) return OB_NULL;
    w->write = write;
    w->dialect = d;
    return ob_of(w);
}

/* ---- registry ---- */
METHOD(register_dialect) {
    if (n < 1) return ob_raise(&ob_exc_TypeError, "register_dialect expected at least 1 argument, got 0");
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "dialect name must be a string");
    ob_val d = dialect_from(a, n, kw);
    return !ob_is_null(d) && ob_dict_set(dialects, a[0], d) ? OB_NONE : OB_NULL;
}
METHOD(unregister_dialect) {
    int r = ob_dict_del(dialects, a[0]);
    return r < 0 ? OB_NULL : r ? OB_NONE : raise_error("unknown dialect");
}
METHOD(get_dialect) { return get_dialect(a[0]); }
METHOD(list_dialects) { return ob_dict_keys_list(dialects); }
METHOD(field_size_limit) {
    int64_t old = atomic_load_explicit(&field_limit, memory_order_relaxed), limit;
    if (ob_is_null(a[0])) return ob_from_small(old);
    if (!ob_is_int(a[0])) return ob_raise(&ob_exc_TypeError, "limit must be an integer");
    if (!ob_int_to_i64(a[0], &limit)) return OB_NULL;
    atomic_store_explicit(&field_limit, limit, memory_order_relaxed);
    return ob_from_small(old);
}

static const ob_def defs[] = {
    {"field_size_limit", m_field_size_limit, "limit=None, /", "The longest field that is read.", 0}, {"get_dialect", m_get_dialect, "name", "The dialect of that name.", 0},
    {"list_dialects", m_list_dialects, "", "All names.", 0}, {"reader", m_reader, "*args, **kwargs", "A reader over lines.", 0},
    {"register_dialect", m_register_dialect, "*args, **kwargs", "Gives a dialect a name.", 0}, {"unregister_dialect", m_unregister_dialect, "name", "Forgets a name.", 0},
    {"writer", m_writer, "*args, **kwargs", "A writer to a stream.", 0}, {0},
};

static bool fill(ob_val m) {
    static ob_type *const types[] = {&dialect_type, &reader_type, &writer_type};
    for (size_t i = 0; i < BASE_LENGTH(types); i++) if (!ob_type_ready(types[i])) return false;
    if (!ob_gc_add_static(&csv_error) || !ob_gc_add_static(&dialects)) return false;
    csv_error = py_mod_exception(m, "_csv", "Error", &ob_exc_Exception);
    dialects = ob_dict_new();
    return !ob_is_null(csv_error) && !ob_is_null(dialects) && ob_module_add(m, "Dialect", ob_type_val(&dialect_type))
        && ob_module_add(m, "Reader", ob_type_val(&reader_type)) && ob_module_add(m, "Writer", ob_type_val(&writer_type)) && ob_module_add(m, "_dialects", dialects)
        && ob_module_add_int(m, "QUOTE_MINIMAL", QUOTE_MINIMAL) && ob_module_add_int(m, "QUOTE_ALL", QUOTE_ALL) && ob_module_add_int(m, "QUOTE_NONNUMERIC", QUOTE_NONNUMERIC)
        && ob_module_add_int(m, "QUOTE_NONE", QUOTE_NONE) && ob_module_add(m, "__version__", ob_str_intern_c("1.0"));
}
const ob_module_def py_mod__csv = {"_csv", "Separated values.", defs, fill};
