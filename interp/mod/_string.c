/* _string.c: the module _string: str.format's parser, for string.Formatter.
 * Locks: none. */
#include "interp/mod/modules.h"
#include "interp/mod/native.h"
#include "objspace/kind.h"
#include "objspace/str_fmt.h"

/* An iterator over the pieces of a template, or over the steps of a field name. */
typedef struct walk_body { ob_val text; uint64_t pos; } walk_body;
static void trace_body(ob_obj *o, const void *body, ob_tracer *t) { (void)o; ob_trace_val(t, ((const walk_body *)body)->text); }
static OB_KIND(walk_kind);
static ob_val self_iter(ob_val it) { return it; }

static ob_val piece_next(ob_val it) {
    walk_body r = *(const walk_body *)ob_read(it);
    size_t pos = r.pos;
    ob_field f;
    int k = ob_template_next(r.text, &pos, ob_str_len(r.text), &f);
    if (k <= 0) return OB_NULL;
    walk_body *w = ob_write(it);
    if (w == NULL) return OB_NULL;
    w->pos = pos;
    ob_val v[4] = {ob_str_slice(r.text, f.text_from, f.text_to), OB_NONE, OB_NONE, OB_NONE};
    if (f.is_field) {
        v[1] = ob_str_slice(r.text, f.name_from, f.name_to);
        v[2] = f.has_spec ? ob_str_slice(r.text, f.spec_from, f.spec_to) : OB_NAME(empty);
        v[3] = f.conversion ? ob_str_from_char(f.conversion) : OB_NONE;
    }
    for (int i = 0; i < 4; i++) if (ob_is_null(v[i])) return OB_NULL;
    return ob_tuple_from(v, 4);
}

static ob_val key_of(ob_val text, const ob_field_step *s) {
    int64_t n = s->attribute ? -1 : ob_field_number(text, s->from, s->to);
    if (n == -2) return OB_NULL;
    return n >= 0 ? ob_int_from_i64(n) : ob_str_slice(text, s->from, s->to);
}

static ob_val step_next(ob_val it) {
    walk_body r = *(const walk_body *)ob_read(it);
    size_t pos = r.pos;
    ob_field_step s;
    if (ob_field_rest_next(r.text, &pos, ob_str_len(r.text), &s) <= 0) return OB_NULL;
    walk_body *w = ob_write(it);
    if (w == NULL) return OB_NULL;
    w->pos = pos;
    ob_val key = key_of(r.text, &s);
    return ob_is_null(key) ? key : ob_tuple_of2(ob_bool(s.attribute), key);
}

static ob_type piece_iter_type = {
    OB_TYPE_HEAD(&ob_type_type, &walk_kind), .name = "formatteriterator", .base = &ob_object_type, .flags = OB_TF_NO_MAKE, .size = sizeof(walk_body),
    .slots = {.iter = self_iter, .next = piece_next}, .trace_body = trace_body,
};
static ob_type step_iter_type = {
    OB_TYPE_HEAD(&ob_type_type, &walk_kind), .name = "fieldnameiterator", .base = &ob_object_type, .flags = OB_TF_NO_MAKE, .size = sizeof(walk_body),
    .slots = {.iter = self_iter, .next = step_next}, .trace_body = trace_body,
};

static ob_val walk_new(ob_type *t, ob_val text, size_t pos) {
    tx_handle *h = ob_alloc_mut(t, sizeof(walk_body));
    if (h == NULL) return OB_NULL;
    *(walk_body *)tx_inline_body(h) = (walk_body){text, pos};
    return ob_of(h);
}

METHOD(formatter_parser) {
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "expected str, got %T", a[0]);
    return walk_new(&piece_iter_type, a[0], 0);
}

METHOD(formatter_field_name_split) {
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "expected str, got %T", a[0]);
    size_t end = ob_field_first_end(a[0], 0, ob_str_len(a[0]));
    int64_t number = ob_field_number(a[0], 0, end);
    if (number == -2) return OB_NULL;
    ob_val first = number >= 0 ? ob_int_from_i64(number) : ob_str_slice(a[0], 0, end), rest = walk_new(&step_iter_type, a[0], end);
    return ob_is_null(first) || ob_is_null(rest) ? OB_NULL : ob_tuple_of2(first, rest);
}

static const ob_def defs[] = {
    {"formatter_field_name_split", m_formatter_field_name_split, "str, /", "The first part of a field name, and an iterator over the others.", 0},
    {"formatter_parser", m_formatter_parser, "str, /", "An iterator over the pieces of a template.", 0},
    {0},
};
static bool fill(ob_val m) { (void)m; return ob_type_ready(&piece_iter_type) && ob_type_ready(&step_iter_type); }
const ob_module_def py_mod__string = {"_string", "The parser of templates.", defs, fill};
