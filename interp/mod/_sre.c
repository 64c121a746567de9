/* _sre.c: the module _sre: Pattern, Match and Scanner objects over the matcher of sre_match.c.
 * Locks: none.  Patterns and matches are immutable; a scanner's position is in a versioned body. */
#include "interp/mod/sre.h"
#include "base/mem.h"
#include <stdio.h>
#include "interp/mod/modules.h"
#include "interp/mod/native.h"
#include "objspace/chars.h"
#include "objspace/contain.h"
#include "objspace/dict.h"
#include "objspace/kind.h"

typedef struct pattern {
    ob_obj o;
    ob_val source;                       /* str, bytes or None */
    ob_val group_index;                  /* dict: name -> number */
    ob_val index_group;                  /* tuple: number -> name or None */
    int64_t flags;
    int text;                            /* 1 str, 0 bytes, -1 either */
    sre_program program;
} pattern;

typedef struct match {
    ob_obj o;
    ob_val string, pattern;
    int64_t pos, endpos, lastindex;
    size_t groups;                       /* with group 0 */
    int64_t at[];                        /* start and end of each, -1: not set */
} match;

typedef struct scanner_body { ob_val pattern, string; int64_t start, endpos, pos; uint64_t must_advance, done; } scanner_body;

static ob_type pattern_type, match_type, scanner_type, find_iter_type;
static inline pattern *pat(ob_val v) { return (pattern *)ob_ptr(v); }
static inline match *mat(ob_val v) { return (match *)ob_ptr(v); }

/* ---- the text that is matched ---- */
typedef struct subject { sre_state s; ob_val string; ob_buffer buffer; size_t len; int64_t pos, endpos; } subject;

static bool open_text(subject *j, const pattern *p, ob_val string) {
    j->string = string;
    j->buffer.owner = OB_NULL;
    if (ob_is_str(string)) {
        if (p->text == 0) return ob_fail(ob_raise(&ob_exc_TypeError, "cannot use a bytes pattern on a string-like object"));
        j->s.begin = (const char *)ob_str_ptr(string)->data;
        j->s.kind = ob_str_kind(string);
        j->len = ob_str_len(string);
        j->s.may_poll = true;
        return true;
    }
    if (!ob_is_buffer(string)) return ob_fail(ob_raise(&ob_exc_TypeError, "expected string or bytes-like object, got '%.200T'", string));
    if (!ob_buffer_get(string, &j->buffer, false)) return false;
    if (p->text == 1) {
        ob_buffer_release(&j->buffer);
        return ob_fail(ob_raise(&ob_exc_TypeError, "cannot use a string pattern on a bytes-like object"));
    }
    j->s.begin = (const char *)j->buffer.data;
    j->s.kind = 1;
    j->len = j->buffer.len;
    j->s.may_poll = ob_is_bytes(string);
    return true;
}

static void close_subject(subject *j) {
    sre_state_release(&j->s);
    if (!ob_is_null(j->buffer.owner)) ob_buffer_release(&j->buffer);
}

static bool open_subject(subject *j, ob_val self, ob_val string, int64_t pos, int64_t endpos) {
    if (!sre_state_init(&j->s, &pat(self)->program)) return false;
    if (!open_text(j, pat(self), string)) { sre_state_release(&j->s); return false; }
    int64_t n = (int64_t)j->len;
    pos = pos < 0 ? 0 : pos > n ? n : pos;
    endpos = endpos < 0 ? 0 : endpos > n ? n : endpos;
    j->pos = pos;
    j->endpos = endpos;
    j->s.start = j->s.begin + pos * j->s.kind;
    j->s.end = j->s.begin + endpos * j->s.kind;
    return true;
}

static int64_t offset(const subject *j, const char *p) { return (p - j->s.begin) / (int64_t)j->s.kind; }

/* A part of the string that was matched. */
static ob_val part(ob_val string, int64_t from, int64_t to) {
    ob_buffer b;
    if (ob_is_str(string)) return ob_str_slice(string, (size_t)from, (size_t)to);
    if (ob_is_exact(string, &ob_bytes_type) && from == 0 && (size_t)to == ob_bytes_ptr(string)->len) return string;
    if (!ob_buffer_get(string, &b, false)) return OB_NULL;
    if ((size_t)to > b.len) to = (int64_t)b.len;
    ob_val r = from < to ? ob_bytes_from(b.data + from, (size_t)(to - from)) : ob_bytes_from("", 0);
    ob_buffer_release(&b);
    return r;
}

static ob_val empty_of(ob_val string) { return ob_is_str(string) ? OB_NAME(empty) : ob_bytes_from("", 0); }

/* The match object for the state's success. */
static ob_val match_new(ob_val self, const subject *j) {
    const pattern *p = pat(self);
    size_t groups = p->program.groups + 1;
    match *m = ob_alloc(&match_type, sizeof *m + groups * 2 * sizeof(int64_t));
    if (m == NULL) return OB_NULL;
    m->string = j->string;
    m->pattern = self;
    m->pos = j->pos;
    m->endpos = j->endpos;
    m->lastindex = j->s.lastindex;
    m->groups = groups;
    m->at[0] = offset(j, j->s.start);
    m->at[1] = offset(j, j->s.stop);
    for (size_t i = 1; i < groups; i++) {
        const char *from = j->s.marks[2 * i - 2], *to = j->s.marks[2 * i - 1];
        bool set = from && to && to >= from;
        m->at[2 * i] = set ? offset(j, from) : -1;
        m->at[2 * i + 1] = set ? offset(j, to) : -1;
    }
    return ob_of(m);
}

/* ---- Pattern: one match ---- */
static bool bounds(const ob_val *a, int64_t *pos, int64_t *endpos) {
    *pos = 0;
    *endpos = INT64_MAX;
    if (!ob_is_null(a[1]) && !ob_index_clamp(a[1], pos)) return false;
    return ob_is_null(a[2]) || ob_index_clamp(a[2], endpos);
}

enum { MATCH, FULLMATCH, SEARCH };
static ob_val one(ob_val self, const ob_val *a, int how) {
    subject j;
    int64_t pos, endpos;
    if (!bounds(a, &pos, &endpos) || !open_subject(&j, self, a[0], pos, endpos)) return OB_NULL;
    j.s.match_all = how == FULLMATCH;
    int r = how == SEARCH ? sre_search(&j.s) : sre_match(&j.s);
    ob_val m = r < 0 ? OB_NULL : r == 0 ? OB_NONE : match_new(self, &j);
    close_subject(&j);
    return m;
}
METHOD(match) { return one(self, a, MATCH); }
METHOD(fullmatch) { return one(self, a, FULLMATCH); }
METHOD(search) { return one(self, a, SEARCH); }

/* ---- Pattern: all matches ---- */
/* The next match: 1 0 -1; the state is left so that the following call goes on behind it. */
static int next_match(subject *j, bool *first) {
    if (!*first) {
        j->s.must_advance = j->s.stop == j->s.start;
        j->s.start = j->s.stop;
    }
    *first = false;
    if (j->s.may_poll && ob_interrupted()) return -1;
    return sre_search(&j->s);
}

static ob_val group_text(const subject *j, size_t i) {
    const char *from = i ? j->s.marks[2 * i - 2] : j->s.start, *to = i ? j->s.marks[2 * i - 1] : j->s.stop;
    if (from == NULL || to == NULL || to < from) return OB_NULL;
    return part(j->string, offset(j, from), offset(j, to));
}

static ob_val found_item(const subject *j, size_t groups) {
    if (groups <= 1) {
        ob_val v = group_text(j, groups);
        return ob_is_null(v) && !ob_failed() ? empty_of(j->string) : v;
    }
    ob_val t = ob_tuple_alloc(groups);
    for (size_t i = 0; !ob_is_null(t) && i < groups; i++) {
        ob_val v = group_text(j, i + 1);
        if (ob_is_null(v) && ob_failed()) return v;
        ob_tuple_ptr(t)->items[i] = ob_is_null(v) ? empty_of(j->string) : v;
    }
    return t;
}

METHOD(findall) {
    subject j;
    int64_t pos, endpos;
    bool first = true;
    int r;
    if (!bounds(a, &pos, &endpos) || !open_subject(&j, self, a[0], pos, endpos)) return OB_NULL;
    ob_val l = ob_list_new(0);
    while (!ob_is_null(l) && (r = next_match(&j, &first)) != 0) {
        ob_val v = r < 0 ? OB_NULL : found_item(&j, pat(self)->program.groups);
        if (ob_is_null(v) || !ob_list_append(l, v)) l = OB_NULL;
    }
    close_subject(&j);
    return l;
}

METHOD(split) {
    subject j;
    int64_t max = 0, from = 0;
    bool first = true;
    int r;
    if ((!ob_is_null(a[1]) && !py_int_arg(a[1], &max)) || !open_subject(&j, self, a[0], 0, INT64_MAX)) return OB_NULL;
    ob_val l = ob_list_new(0);
    size_t groups = pat(self)->program.groups;
    bool ok = !ob_is_null(l);
    for (int64_t k = 0; ok && (max <= 0 || k < max) && (r = next_match(&j, &first)) != 0; k++) {
        ob_val v = r < 0 ? OB_NULL : part(a[0], from, offset(&j, j.s.start));
        ok = !ob_is_null(v) && ob_list_append(l, v);
        for (size_t i = 1; ok && i <= groups; i++) {
            v = group_text(&j, i);
            ok = (!ob_is_null(v) || !ob_failed()) && ob_list_append(l, ob_is_null(v) ? OB_NONE : v);
        }
        from = offset(&j, j.s.stop);
    }
    if (ok) {
        ob_val v = part(a[0], from, (int64_t)j.len);
        ok = !ob_is_null(v) && ob_list_append(l, v);
    }
    close_subject(&j);
    return ok ? l : OB_NULL;
}

/* ---- substitution ---- */
/* A replacement: a literal, a callable, or a parsed template (groups, literals). */
typedef struct replacement { enum { LITERAL, CALL, TEMPLATE } how; ob_val value, groups, literals; } replacement;

static ob_val re_function(const char *name) {
    if (ob_the_vm.import == NULL) return ob_raise(&ob_exc_SystemError, "no interpreter to import re");
    ob_val m = ob_the_vm.import(ob_str_intern_c("re"), OB_NULL, OB_NULL, OB_NULL, 0);
    return ob_is_null(m) ? m : ob_getattr_c(m, name);
}

/* template as re._parser.parse_template reads it: a pair of lists. */
static bool parse_template(ob_val self, ob_val template, replacement *r) {
    ob_val f = re_function("_compile_repl"), t = ob_is_null(f) ? f : ob_call2(f, template, self);
    if (ob_is_null(t)) return false;
    if (!ob_is_tuple(t) || ob_tuple_len(t) != 2 || !ob_is_list(ob_tuple_at(t, 0)) || !ob_is_list(ob_tuple_at(t, 1)))
        return ob_fail(ob_raise(&ob_exc_TypeError, "invalid template"));
    *r = (replacement){.how = TEMPLATE, .groups = ob_tuple_at(t, 0), .literals = ob_tuple_at(t, 1)};
    if (ob_list_len(r->groups) == 0 && ob_list_len(r->literals) == 1) { r->how = LITERAL; r->value = ob_list_at(r->literals, 0); }
    return true;
}

static bool has_backslash(ob_val v) {
    ob_buffer b;
    if (ob_is_str(v)) return ob_str_find(v, ob_str_from_char('\\'), 0, ob_str_len(v)) >= 0;
    if (!ob_is_buffer(v) || !ob_buffer_get(v, &b, false)) { ob_err_clear(); return true; }
    bool r = memchr(b.data, '\\', b.len) != NULL;
    ob_buffer_release(&b);
    return r;
}

static bool read_replacement(ob_val self, ob_val v, replacement *r) {
    *r = (replacement){.how = CALL, .value = v};
    if (ob_is_callable(v)) return true;
    r->how = LITERAL;
    return has_backslash(v) ? parse_template(self, v, r) : true;
}

/* Fills a template's literals with the text of groups, and joins. get: text of group i or OB_NULL. */
static ob_val fill_template(const replacement *r, ob_val string, ob_val (*get)(const void *, size_t), const void *arg, size_t groups) {
    size_t n = ob_list_len(r->literals), k = ob_list_len(r->groups);
    ob_val parts = ob_tuple_alloc(n), empty = empty_of(string);
    if (ob_is_null(parts)) return parts;
    for (size_t i = 0; i < n; i++) {
        ob_val x = ob_list_at(r->literals, i);
        ob_tuple_ptr(parts)->items[i] = ob_is_none(x) ? empty : x;
    }
    for (size_t i = 0; i < k; i++) {
        ob_val pair = ob_list_at(r->groups, i);
        if (!ob_is_tuple(pair) || ob_tuple_len(pair) != 2) return ob_raise(&ob_exc_TypeError, "invalid template");
        int64_t index = ob_int_clamp(ob_tuple_at(pair, 0)), group = ob_int_clamp(ob_tuple_at(pair, 1));
        if (index < 0 || (size_t)index >= n || group < 0 || (size_t)group > groups) return ob_raise(&ob_exc_IndexError, "no such group");
        ob_val v = get(arg, (size_t)group);
        if (ob_is_null(v) && ob_failed()) return v;
        ob_tuple_ptr(parts)->items[index] = ob_is_null(v) ? empty : v;
    }
    return ob_is_str(empty) ? ob_str_join(empty, ob_tuple_ptr(parts)->items, n) : ob_bytes_join(empty, ob_tuple_ptr(parts)->items, n);
}

static ob_val subject_group(const void *arg, size_t i) { return group_text(arg, i); }

static ob_val replace_one(ob_val self, const subject *j, const replacement *r) {
    if (r->how == LITERAL) return r->value;
    if (r->how == TEMPLATE) return fill_template(r, j->string, subject_group, j, pat(self)->program.groups);
    ob_val m = match_new(self, j);
    return ob_is_null(m) ? m : ob_call1(r->value, m);
}

/* The text of a mutable subject may move while Python code runs. */
static bool refresh(subject *j) {
    ptrdiff_t start = j->s.start - j->s.begin, stop = j->s.stop - j->s.begin, end = j->s.end - j->s.begin;
    if (j->s.may_poll) return true;
    ob_buffer_release(&j->buffer);
    if (!ob_buffer_get(j->string, &j->buffer, false)) return false;
    if ((ptrdiff_t)j->buffer.len < end) return ob_fail(ob_raise(&ob_exc_BufferError, "the text became shorter while it was being matched"));
    j->s.begin = (const char *)j->buffer.data;
    j->s.start = j->s.begin + start;
    j->s.stop = j->s.begin + stop;
    j->s.end = j->s.begin + end;
    return true;
}

static ob_val join_parts(ob_val parts, ob_val string) {
    size_t n;
    const ob_val *items = ob_list_whole(parts, &n);
    if (!items && n) return OB_NULL;
    return ob_is_str(string) ? ob_str_join(OB_NAME(empty), items, n) : ob_bytes_join(ob_bytes_from("", 0), items, n);
}

static ob_val substitute(ob_val self, const ob_val *a, bool counted) {
    replacement rep;
    subject j;
    int64_t max = 0, from = 0, k = 0;
    bool first = true, ok;
    int r = 0;
    if ((!ob_is_null(a[2]) && !py_int_arg(a[2], &max)) || !read_replacement(self, a[0], &rep) || !open_subject(&j, self, a[1], 0, INT64_MAX)) return OB_NULL;
    ob_val parts = ob_list_new(0), result = OB_NULL;
    ok = !ob_is_null(parts);
    for (; ok && (max <= 0 || k < max) && (r = next_match(&j, &first)) != 0; k++) {
        int64_t start = offset(&j, j.s.start), stop = r < 0 ? 0 : offset(&j, j.s.stop);
        ob_val before = r < 0 ? OB_NULL : start > from ? part(a[1], from, start) : OB_NONE;
        ok = !ob_is_null(before) && (ob_is_none(before) || ob_list_append(parts, before));
        ob_val v = ok ? replace_one(self, &j, &rep) : OB_NULL;
        ok = !ob_is_null(v) && (ob_is_none(v) || ob_list_append(parts, v)) && refresh(&j);
        from = stop;
    }
    if (ok && k == 0) result = part(a[1], 0, (int64_t)j.len);
    else if (ok) {
        ob_val tail = from < (int64_t)j.len ? part(a[1], from, (int64_t)j.len) : OB_NONE;
        if (!ob_is_null(tail) && (ob_is_none(tail) || ob_list_append(parts, tail))) result = join_parts(parts, a[1]);
    }
    close_subject(&j);
    if (ob_is_null(result) || !counted) return result;
    return ob_tuple_of2(result, ob_from_small(k));
}
METHOD(sub) { return substitute(self, a, false); }
METHOD(subn) { return substitute(self, a, true); }

/* ---- Scanner ---- */
static void scanner_trace(ob_obj *o, const void *body, ob_tracer *t) {
    (void)o;
    ob_trace_val(t, ((const scanner_body *)body)->pattern);
    ob_trace_val(t, ((const scanner_body *)body)->string);
}
static OB_KIND(scanner_kind);

static ob_val scanner_new(ob_type *t, ob_val self, const ob_val *a) {
    int64_t pos, endpos;
    subject j;
    if (!bounds(a, &pos, &endpos) || !open_subject(&j, self, a[0], pos, endpos)) return OB_NULL;   /* for its checks */
    pos = j.pos;
    endpos = j.endpos;
    close_subject(&j);
    tx_handle *h = ob_alloc_mut(t, sizeof(scanner_body));
    if (h == NULL) return OB_NULL;
    *(scanner_body *)tx_inline_body(h) = (scanner_body){.pattern = self, .string = a[0], .start = pos, .pos = pos, .endpos = endpos};
    return ob_of(h);
}
METHOD(scanner) { return scanner_new(&scanner_type, self, a); }
METHOD(finditer) { return scanner_new(&find_iter_type, self, a); }

static ob_val scan(ob_val self, bool search) {
    scanner_body b = *(const scanner_body *)ob_read(self);
    subject j;
    if (b.done) return OB_NONE;
    if (!open_subject(&j, b.pattern, b.string, b.start, b.endpos)) return OB_NULL;
    j.pos = b.pos;
    j.s.must_advance = b.must_advance;
    int r = search ? sre_search(&j.s) : sre_match(&j.s);
    ob_val m = r < 0 ? OB_NULL : r == 0 ? OB_NONE : match_new(b.pattern, &j);
    int64_t start = r > 0 ? offset(&j, j.s.start) : 0, stop = r > 0 ? offset(&j, j.s.stop) : 0;
    close_subject(&j);
    scanner_body *w = ob_is_null(m) ? NULL : ob_write(self);
    if (w == NULL) return OB_NULL;
    if (r == 0) w->done = 1;
    else { w->must_advance = start == stop; w->start = stop; }
    return m;
}
METHOD(scanner_match) { return scan(self, false); }
METHOD(scanner_search) { return scan(self, true); }
GETTER(scanner_pattern) { return ((const scanner_body *)ob_read(self))->pattern; }
static ob_val self_iter(ob_val it) { return it; }
static ob_val find_next(ob_val it) {
    ob_val m = scan(it, true);
    return ob_is_none(m) ? OB_NULL : m;
}

static const ob_def scanner_methods[] = {
    {"match", m_scanner_match, "", "The match where the last one ended.", 0}, {"search", m_scanner_search, "", "The next match.", 0}, {0},
};
static const ob_getset scanner_getsets[] = {{"pattern", get_scanner_pattern, NULL, "The pattern."}, {0}};
static ob_type scanner_type = {
    OB_TYPE_HEAD(&ob_type_type, &scanner_kind), .name = "_sre.SRE_Scanner", .base = &ob_object_type, .flags = OB_TF_NO_MAKE, .size = sizeof(scanner_body),
    .trace_body = scanner_trace, .methods = scanner_methods, .getsets = scanner_getsets,
};
static ob_type find_iter_type = {
    OB_TYPE_HEAD(&ob_type_type, &scanner_kind), .name = "callable_iterator", .base = &ob_object_type, .flags = OB_TF_NO_MAKE, .size = sizeof(scanner_body),
    .slots = {.iter = self_iter, .next = find_next}, .trace_body = scanner_trace,
};

/* ---- Pattern: the object ---- */
static void pattern_trace(ob_obj *o, ob_tracer *t) { ob_trace_vals(t, &((pattern *)o)->source, 3); }
static void pattern_free(ob_obj *o) { sre_program_release(&((pattern *)o)->program); }

static bool pattern_hash(ob_val v, uint64_t *out) {
    const pattern *p = pat(v);
    if (!ob_hash(p->source, out)) return false;
    *out ^= ob_hash_of_bytes(p->program.code, p->program.n * sizeof(uint32_t)) ^ (uint64_t)p->flags ^ (uint64_t)(int64_t)p->text;
    if (*out == UINT64_MAX) --*out;
    return true;
}
static ob_val pattern_cmp(ob_val x, ob_val y, ob_cmp_op op) {
    if ((op != OB_EQ && op != OB_NE) || !ob_is_exact(y, &pattern_type)) return OB_NOT_IMPLEMENTED;
    const pattern *p = pat(x), *q = pat(y);
    int same = p == q;
    if (!same && p->flags == q->flags && p->text == q->text && p->program.n == q->program.n
        && memcmp(p->program.code, q->program.code, p->program.n * sizeof(uint32_t)) == 0) same = ob_eq(p->source, q->source);
    return same < 0 ? OB_NULL : ob_bool((op == OB_EQ) == same);
}

static ob_val pattern_repr(ob_val v) {
    static const struct { int64_t flag; const char *name; } names[] = {
        {SRE_FLAG_TEMPLATE, "re.TEMPLATE"}, {SRE_FLAG_IGNORECASE, "re.IGNORECASE"}, {SRE_FLAG_LOCALE, "re.LOCALE"}, {SRE_FLAG_MULTILINE, "re.MULTILINE"},
        {SRE_FLAG_DOTALL, "re.DOTALL"}, {SRE_FLAG_UNICODE, "re.UNICODE"}, {SRE_FLAG_VERBOSE, "re.VERBOSE"}, {SRE_FLAG_DEBUG, "re.DEBUG"}, {SRE_FLAG_ASCII, "re.ASCII"},
    };
    const pattern *p = pat(v);
    int64_t flags = p->flags;
    ob_strbuf b;
    if (p->text == 1 && (flags & (SRE_FLAG_LOCALE | SRE_FLAG_UNICODE | SRE_FLAG_ASCII)) == SRE_FLAG_UNICODE) flags &= ~SRE_FLAG_UNICODE;
    ob_val source = ob_repr(p->source);
    if (ob_is_null(source)) return source;
    ob_strbuf_init(&b);
    ob_strbuf_c(&b, "re.compile(");
    ob_strbuf_part(&b, source, 0, ob_str_len(source) < 200 ? ob_str_len(source) : 200);
    const char *sep = ", ";
    for (size_t i = 0; i < BASE_LENGTH(names); i++)
        if (flags & names[i].flag) {
            ob_strbuf_c(&b, sep);
            ob_strbuf_c(&b, names[i].name);
            sep = "|";
            flags &= ~names[i].flag;
        }
    if (flags) {
        char hex[32];
        snprintf(hex, sizeof hex, "%s0x%llx", sep, (unsigned long long)flags);
        ob_strbuf_c(&b, hex);
    }
    ob_strbuf_char(&b, ')');
    return ob_strbuf_finish(&b);
}

METHOD(same) { return self; }
GETTER(pattern) { return pat(self)->source; }
GETTER(flags) { return ob_int_from_i64(pat(self)->flags); }
GETTER(groups) { return ob_from_small(pat(self)->program.groups); }
GETTER(groupindex) { return ob_mappingproxy_new(pat(self)->group_index); }

#define TEXT_SIG "string, pos=0, endpos=9223372036854775807"
static const ob_def pattern_methods[] = {
    {"__class_getitem__", ob_class_getitem, "item, /", NULL, OB_DEF_CLASS}, {"__copy__", m_same, "", NULL, 0}, {"__deepcopy__", m_same, "memo, /", NULL, 0},
    {"findall", m_findall, TEXT_SIG, "All matches as a list of text.", 0}, {"finditer", m_finditer, TEXT_SIG, "An iterator over all matches.", 0},
    {"fullmatch", m_fullmatch, TEXT_SIG, "The match of the whole string, or None.", 0}, {"match", m_match, TEXT_SIG, "The match at the beginning, or None.", 0},
    {"scanner", m_scanner, TEXT_SIG, NULL, 0}, {"search", m_search, TEXT_SIG, "The first match, or None.", 0},
    {"split", m_split, "string, maxsplit=0", "The parts between the matches.", 0}, {"sub", m_sub, "repl, string, count=0", "The string with matches replaced.", 0},
    {"subn", m_subn, "repl, string, count=0", "The string with matches replaced, and how many.", 0}, {0},
};
static const ob_getset pattern_getsets[] = {
    {"flags", get_flags, NULL, "The flags."}, {"groupindex", get_groupindex, NULL, "Names to numbers of groups."}, {"groups", get_groups, NULL, "How many groups."},
    {"pattern", get_pattern, NULL, "The pattern's text."}, {0},
};
static ob_type pattern_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL), .name = "re.Pattern", .base = &ob_object_type, .flags = OB_TF_NO_MAKE, .size = sizeof(pattern),
    .slots = {.repr = pattern_repr, .hash = pattern_hash, .cmp = pattern_cmp}, .trace = pattern_trace, .free = pattern_free, .methods = pattern_methods,
    .getsets = pattern_getsets, .has_weakref = true, .doc = "A compiled regular expression.",
};

/* ---- Match ---- */
static void match_trace(ob_obj *o, ob_tracer *t) {
    ob_trace_val(t, ((match *)o)->string);
    ob_trace_val(t, ((match *)o)->pattern);
}

/* The number of a group given by number or name; -1 raised. */
static int64_t group_number(ob_val self, ob_val key) {
    const match *m = mat(self);
    int64_t i = -1;
    if (ob_is_small(key)) i = ob_to_small(key);
    else if (ob_type_of(key)->slots.unary[OB_UN_INDEX] != NULL) {
        if (!ob_index_clamp(key, &i)) return -1;
    } else {
        ob_val n = ob_dict_get(pat(m->pattern)->group_index, key);
        if (!ob_is_null(n) && ob_is_int(n)) i = ob_int_clamp(n);
        else if (ob_is_null(n) && ob_failed() && !ob_err_clear_if(&ob_exc_Exception)) return -1;
    }
    if (i < 0 || (uint64_t)i >= m->groups) return ob_fail_int(ob_raise(&ob_exc_IndexError, "no such group"));
    return i;
}

static ob_val group_value(ob_val self, size_t i, ob_val otherwise) {
    const match *m = mat(self);
    return m->at[2 * i] < 0 ? otherwise : part(m->string, m->at[2 * i], m->at[2 * i + 1]);
}
static ob_val group_by(ob_val self, ob_val key) {
    int64_t i = group_number(self, key);
    return i < 0 ? OB_NULL : group_value(self, (size_t)i, OB_NONE);
}

METHOD(group) {
    if (n == 0) return group_value(self, 0, OB_NONE);
    if (n == 1) return group_by(self, a[0]);
    ob_val t = ob_tuple_alloc(n);
    for (size_t i = 0; !ob_is_null(t) && i < n; i++)
        if (ob_is_null(ob_tuple_ptr(t)->items[i] = group_by(self, a[i]))) return OB_NULL;
    return t;
}
static ob_val match_getitem(ob_val self, ob_val key) { return group_by(self, key); }

METHOD(groups) {
    const match *m = mat(self);
    ob_val t = ob_tuple_alloc(m->groups - 1);
    for (size_t i = 1; !ob_is_null(t) && i < m->groups; i++)
        if (ob_is_null(ob_tuple_ptr(t)->items[i - 1] = group_value(self, i, ob_is_null(a[0]) ? OB_NONE : a[0]))) return OB_NULL;
    return t;
}
METHOD(groupdict) {
    ob_val d = ob_dict_new(), key, number, index = pat(mat(self)->pattern)->group_index;
    size_t pos = 0;
    if (ob_is_null(d)) return d;
    while (ob_dict_next(index, &pos, &key, &number)) {
        int64_t i = group_number(self, number);
        ob_val v = i < 0 ? OB_NULL : group_value(self, (size_t)i, ob_is_null(a[0]) ? OB_NONE : a[0]);
        if (ob_is_null(v) || !ob_dict_set(d, key, v)) return OB_NULL;
    }
    return d;
}
static ob_val edge(ob_val self, ob_val group, int which) {
    int64_t i = ob_is_null(group) ? 0 : group_number(self, group);
    return i < 0 ? OB_NULL : ob_from_small(mat(self)->at[2 * i + which]);
}
METHOD(start) { return edge(self, a[0], 0); }
METHOD(end) { return edge(self, a[0], 1); }
METHOD(span) {
    int64_t i = ob_is_null(a[0]) ? 0 : group_number(self, a[0]);
    return i < 0 ? OB_NULL : ob_tuple_of2(ob_from_small(mat(self)->at[2 * i]), ob_from_small(mat(self)->at[2 * i + 1]));
}
static ob_val match_group(const void *arg, size_t i) {
    ob_val v = group_value(*(const ob_val *)arg, i, OB_NONE);
    return ob_is_none(v) ? OB_NULL : v;
}
METHOD(expand) {
    replacement r;
    const match *m = mat(self);
    if (!parse_template(m->pattern, a[0], &r)) return OB_NULL;
    return r.how == LITERAL ? r.value : fill_template(&r, m->string, match_group, &self, m->groups - 1);
}
GETTER(string) { return mat(self)->string; }
GETTER(re) { return mat(self)->pattern; }
GETTER(pos) { return ob_from_small(mat(self)->pos); }
GETTER(endpos) { return ob_from_small(mat(self)->endpos); }
GETTER(lastindex) { return mat(self)->lastindex >= 0 ? ob_from_small(mat(self)->lastindex) : OB_NONE; }
GETTER(lastgroup) {
    const match *m = mat(self);
    ob_val names = pat(m->pattern)->index_group;
    return m->lastindex >= 0 && (size_t)m->lastindex < ob_tuple_len(names) ? ob_tuple_at(names, (size_t)m->lastindex) : OB_NONE;
}
GETTER(regs) {
    const match *m = mat(self);
    ob_val t = ob_tuple_alloc(m->groups);
    for (size_t i = 0; !ob_is_null(t) && i < m->groups; i++)
        if (ob_is_null(ob_tuple_ptr(t)->items[i] = ob_tuple_of2(ob_from_small(m->at[2 * i]), ob_from_small(m->at[2 * i + 1])))) return OB_NULL;
    return t;
}
static ob_val match_repr(ob_val self) {
    const match *m = mat(self);
    ob_val text = group_value(self, 0, OB_NONE);
    if (ob_is_null(text)) return text;
    return ob_str_format_c("<%s object; span=(%lld, %lld), match=%.50R>", ob_type_of(self)->name, (long long)m->at[0], (long long)m->at[1], text);
}
static const ob_def match_methods[] = {
    {"__class_getitem__", ob_class_getitem, "item, /", NULL, OB_DEF_CLASS}, {"__copy__", m_same, "", NULL, 0}, {"__deepcopy__", m_same, "memo, /", NULL, 0},
    {"end", m_end, "group=0, /", "Where a group ends.", 0}, {"expand", m_expand, "template", "A template with the groups filled in.", 0},
    {"group", m_group, "*groups", "The text of groups.", 0}, {"groupdict", m_groupdict, "default=None", "The named groups.", 0},
    {"groups", m_groups, "default=None", "All groups.", 0}, {"span", m_span, "group=0, /", "Where a group begins and ends.", 0},
    {"start", m_start, "group=0, /", "Where a group begins.", 0}, {0},
};
static const ob_getset match_getsets[] = {
    {"endpos", get_endpos, NULL, "Where the search had to end."}, {"lastgroup", get_lastgroup, NULL, "The name of the last group."},
    {"lastindex", get_lastindex, NULL, "The number of the last group."}, {"pos", get_pos, NULL, "Where the search began."}, {"re", get_re, NULL, "The pattern."},
    {"regs", get_regs, NULL, "All spans."}, {"string", get_string, NULL, "The text."}, {0},
};
static ob_type match_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL), .name = "re.Match", .base = &ob_object_type, .flags = OB_TF_NO_MAKE, .size = sizeof(match),
    .slots = {.repr = match_repr, .getitem = match_getitem}, .trace = match_trace, .methods = match_methods, .getsets = match_getsets, .doc = "A match.",
};

/* ---- the module ---- */
static uint32_t *code_of(ob_val list, size_t *n) {
    *n = ob_list_len(list);
    uint32_t *code = base_mem_alloc((*n + 1) * sizeof *code);
    if (code == NULL) return ob_fail_ptr(ob_raise_memory());
    for (size_t i = 0; i < *n; i++) {
        uint64_t u;
        ob_val v = ob_list_at(list, i);
        bool ok = ob_is_int(v) ? ob_int_to_u64(v, &u) : ob_fail(ob_raise(&ob_exc_TypeError, "an integer is required"));
        if (ok && u > UINT32_MAX) ok = ob_fail(ob_raise(&ob_exc_OverflowError, "regular expression code size limit exceeded"));
        if (!ok) { base_mem_free(code); return NULL; }
        code[i] = (uint32_t)u;
    }
    return code;
}

METHOD(compile) {
    int64_t flags, groups;
    bool invalid;
    size_t count;
    if (!py_int_arg(a[1], &flags) || !py_int_arg(a[3], &groups)) return OB_NULL;
    if (!ob_is_list(a[2])) return ob_raise(&ob_exc_TypeError, "compile() argument 'code' must be list, not %.50T", a[2]);
    if (!ob_is_dict(a[4])) return ob_raise(&ob_exc_TypeError, "compile() argument 'groupindex' must be dict, not %.50T", a[4]);
    if (!ob_is_tuple(a[5])) return ob_raise(&ob_exc_TypeError, "compile() argument 'indexgroup' must be tuple, not %.50T", a[5]);
    if (groups < 0 || groups > SRE_MAXGROUPS) return ob_raise(&ob_exc_RuntimeError, "invalid SRE code");
    pattern *p = ob_alloc(&pattern_type, sizeof *p);
    if (p == NULL) return OB_NULL;
    p->source = a[0];
    p->group_index = a[4];
    p->index_group = a[5];
    p->flags = flags;
    p->text = ob_is_none(a[0]) ? -1 : ob_is_str(a[0]);
    uint32_t *code = code_of(a[2], &count);
    if (code == NULL) return OB_NULL;
    if (!sre_program_make(&p->program, code, count, (uint32_t)groups, &invalid))
        return invalid ? ob_raise(&ob_exc_RuntimeError, "invalid SRE code") : ob_raise_memory();
    return ob_of(p);
}

METHOD(getcodesize) { return ob_from_small(4); }
/* A character number; false: raised. */
static bool char_arg(ob_val v, uint32_t *c) {
    int64_t i;
    if (!ob_index_i64(v, &i)) return false;
    *c = (uint32_t)i;
    return true;
}
METHOD(ascii_iscased) {
    uint32_t c;
    return char_arg(a[0], &c) ? ob_bool(c < 128 && (c | 0x20) - 'a' < 26) : OB_NULL;
}
METHOD(unicode_iscased) {
    uint32_t c;
    return char_arg(a[0], &c) ? ob_bool(c != sre_lower_unicode(c) || c != sre_upper_unicode(c)) : OB_NULL;
}
METHOD(ascii_tolower) {
    uint32_t c;
    return char_arg(a[0], &c) ? ob_from_small(sre_lower_ascii(c)) : OB_NULL;
}
METHOD(unicode_tolower) {
    uint32_t c;
    return char_arg(a[0], &c) ? ob_from_small(sre_lower_unicode(c)) : OB_NULL;
}

static const ob_def defs[] = {
    {"ascii_iscased", m_ascii_iscased, "character, /", NULL, 0}, {"ascii_tolower", m_ascii_tolower, "character, /", NULL, 0},
    {"compile", m_compile, "pattern, flags, code, groups, groupindex, indexgroup", NULL, 0}, {"getcodesize", m_getcodesize, "", NULL, 0},
    {"unicode_iscased", m_unicode_iscased, "character, /", NULL, 0}, {"unicode_tolower", m_unicode_tolower, "character, /", NULL, 0}, {0},
};

static bool fill(ob_val m) {
    return ob_type_ready(&pattern_type) && ob_type_ready(&match_type) && ob_type_ready(&scanner_type) && ob_type_ready(&find_iter_type)
        && ob_module_add_int(m, "MAGIC", SRE_MAGIC) && ob_module_add_int(m, "CODESIZE", 4) && ob_module_add_int(m, "MAXREPEAT", SRE_MAXREPEAT)
        && ob_module_add_int(m, "MAXGROUPS", SRE_MAXGROUPS) && ob_module_add(m, "copyright", ob_str_from_c("Apodora's matcher of regular expressions"));
}
const ob_module_def py_mod__sre = {"_sre", "Regular expressions.", defs, fill};
