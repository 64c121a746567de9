/* path.c: the shortest way from the root to an object, as PersistenceError and the store commands write it.
 * Runs under the commit lock: bodies are read as the commit would leave them, ghosts are not loaded, no Python code runs.  Locks: none. */
#include "base/hash.h"
#include "base/mem.h"
#include "objspace/dict.h"
#include "objspace/exc.h"
#include "objspace/function.h"
#include "objspace/inst.h"
#include "objspace/list_tree.h"
#include "objspace/persist/persist_int.h"
#include "objspace/set_table.h"
#include "objspace/shape.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <string.h>

typedef enum step { ROOT, KEY, INDEX, ATTR, ELEMENT, DICT_KEY, SAME } step;
typedef struct place { ob_val v; size_t from; step how; ob_val key; size_t index; } place;
typedef struct search { VEC(place) at; uint64_t *seen; size_t mask; ob_val goal; size_t now; bool found, failed; } search;

static bool mark_seen(search *s, uint64_t w) {
    if (s->at.n * 2 >= s->mask) {
        size_t size = s->mask ? (s->mask + 1) * 2 : 1024;
        uint64_t *made = base_mem_zeroed(size * sizeof *made);
        if (!made) return s->failed = true, false;
        base_mem_free(s->seen);
        s->seen = made;
        s->mask = size - 1;
        for (size_t i = 0; i < s->at.n; i++)
            for (size_t k = base_hash_word(s->at.at[i].v.w) & s->mask;; k = (k + 1) & s->mask)
                if (!made[k]) { made[k] = s->at.at[i].v.w; break; }
    }
    for (size_t k = base_hash_word(w) & s->mask;; k = (k + 1) & s->mask) {
        if (s->seen[k] == w) return false;
        if (!s->seen[k]) return s->seen[k] = w, true;
    }
}

static void visit(search *s, ob_val v, step how, ob_val key, size_t index) {
    if (s->found || s->failed || !ob_is_ptr(v) || !v.w || ob_flags(ob_ptr(v)) & OB_F_STATIC) return;
    bool goal = ob_same(v, s->goal);
    if (!goal && !mark_seen(s, v.w)) return;
    if (!VEC_PUSH(&s->at, (place){v, s->now, how, key, index})) s->failed = true;
    s->found = goal;
}

static void visit_dict(search *s, const ob_dict_body *b) {
    for (uint32_t i = 0; i < b->fill; i++) {
        const ob_dict_entry *e = ob_dict_entry_at(b, i);
        if (!e->key.w) continue;
        visit(s, ob_dict_newest_value(e), KEY, e->key, 0);
        visit(s, e->key, DICT_KEY, e->key, 0);
    }
}

static void visit_set(search *s, const ob__set_table *t) {
    for (size_t i = 0, end = ob__set_end(t); (i = ob__set_live_from(t, i)) < end; i++) visit(s, ob__set_at(t, i).key, ELEMENT, OB_NULL, 0);
}

static void visit_attrs(search *s, const tx_handle *h, const ob_inst_body *b) {
    const ob_shape *sh = b->shape;
    if (!sh) return;
    uint32_t n = sh->dict_mode ? sh->type->nslots : sh->n;
    for (uint32_t i = 0; i < n; i++) visit(s, ob_inst_slot(h, b, i), ATTR, ob__shape_key(sh, i), 0);
    if (!sh->dict_mode) return;
    ob_val d = ob_inst_dict(h, b);
    const ob_dict_body *db = atomic_load(&ob_handle(d)->vw) == TX_GHOST ? NULL : tx_read_newest(ob_handle(d));
    for (uint32_t i = 0; db && i < db->fill; i++)
        if (ob_dict_entry_at(db, i)->key.w) visit(s, ob_dict_newest_value(ob_dict_entry_at(db, i)), ATTR, ob_dict_entry_at(db, i)->key, 0);
}

static const void *body_of(ob_obj *o) {
    tx_handle *h = (tx_handle *)o;
    if (!(ob_flags(o) & OB_F_MUTABLE) || atomic_load(&h->vw) == TX_GHOST) return NULL;
    return tx_read_newest(h);
}

static void visit_children(search *s, ob_val v) {
    ob_obj *o = ob_ptr(v);
    ob_type *n = pe__native_base(o->type);
    const void *b = body_of(o);
    if (o->type->flags & OB_TF_TYPE) return;
    if (o->type->flags & OB_TF_INST) {
        if (b) visit_attrs(s, (tx_handle *)o, b);
    } else if (n == &ob_dict_type) {
        if (b) visit_dict(s, b);
    } else if (n == &ob_list_type) {
        const ob_list_body *l = b;
        for (size_t i = 0; l && i < ob__list_size(l); i++) visit(s, ob__list_item(l, i), INDEX, OB_NULL, i);
    } else if (n == &ob_set_type) {
        if (b) visit_set(s, b);
    } else if (n->flags & OB_TF_TUPLE) {
        for (size_t i = 0; i < ob_tuple_len(v); i++) visit(s, ob_tuple_at(v, i), INDEX, OB_NULL, i);
    } else if (n->flags & OB_TF_FROZENSET) {
        visit_set(s, &((ob__frozenset *)o)->table);
    } else if (n == &ob_method_type) {
        visit(s, ((ob_method *)o)->self, ATTR, ob_str_intern_c("__self__"), 0);
        visit(s, ((ob_method *)o)->func, ATTR, ob_str_intern_c("__func__"), 0);
    } else if (n->flags & OB_TF_EXC && b) {
        const ob_exc_body *e = b;
        visit(s, e->args, ATTR, ob_str_intern_c("args"), 0);
        visit(s, e->cause, ATTR, ob_str_intern_c("__cause__"), 0);
        visit(s, e->context, ATTR, ob_str_intern_c("__context__"), 0);
        if (!ob_is_null(e->dict)) visit_dict(s, tx_read_newest(ob_handle(e->dict)));
    } else if (o->type->trace) {                             /* of a codec: no names for what it holds */
        return;
    }
    if (ob_flags(o) & OB_F_HOLDER) {
        const void *a = body_of((ob_obj *)ob_heap_holder(o));
        if (a) visit_attrs(s, ob_heap_holder(o), a);
    }
}

static void put_text(base_buf *b, ob_val str) {
    size_t n;
    const char *p = ob_str_wtf8(str, &n);
    if (p) base_buf_add(b, p, n);
}

static void put_repr(base_buf *b, ob_val key) {
    ob_type *t = ob_type_of(key);
    if (ob_is_ptr(key) && t->flags & OB_TF_HEAP) {           /* its repr could be Python code */
        base_buf_text(b, "…");
        return;
    }
    if (ob_is_ptr(key) && !(t->flags & (OB_TF_STR | OB_TF_INT | OB_TF_FLOAT | OB_TF_BYTES))) {
        base_buf_text(b, "…");
        return;
    }
    ob_val r = ob_repr(key);
    if (!ob_is_null(r)) put_text(b, r);
}

static void put_step(base_buf *b, const place *p) {
    switch (p->how) {
    case ROOT: base_buf_text(b, "root"); break;
    case KEY: base_buf_byte(b, '['), put_repr(b, p->key), base_buf_byte(b, ']'); break;
    case INDEX: base_buf_printf(b, "[%zu]", p->index); break;
    case ATTR: base_buf_byte(b, '.'), put_text(b, p->key); break;
    case ELEMENT: base_buf_text(b, "{…}"); break;
    case DICT_KEY: base_buf_text(b, ".keys()["), put_repr(b, p->key), base_buf_byte(b, ']'); break;
    case SAME: break;
    }
}

void pe__type_text(base_buf *b, ob_val v) {
    ob_type *t = ob_type_of(v);
    if (!(t->flags & OB_TF_HEAP)) {
        base_buf_text(b, t->name);
        return;
    }
    ob_val m = ob_dict_get_str(t->dict, OB_NAME(module));
    if (!ob_is_null(m) && ob_is_str(m) && !ob_str_equal_c(m, "builtins")) put_text(b, m), base_buf_byte(b, '.');
    if (ob_is_str(t->qualname)) put_text(b, t->qualname);
}

static void put_path(base_buf *b, const search *s, size_t at) {
    size_t chain[256], n = 0;
    for (size_t i = at; n < BASE_LENGTH(chain); i = s->at.at[i].from) {
        chain[n++] = i;
        if (s->at.at[i].how == ROOT) break;
    }
    if (s->at.at[chain[n - 1]].how != ROOT) base_buf_text(b, "root…");
    while (n) put_step(b, &s->at.at[chain[--n]]);
}

char *pe__path_to(ob_val bad) {
    search s = {.goal = bad};
    uint64_t was = ob__stub_hush();                          /* what is not loaded cannot lead to it */
    base_buf b;
    base_buf_init(&b);
    if (!VEC_PUSH(&s.at, (place){pe_root(), 0, ROOT, OB_NULL, 0})) s.failed = true;
    for (s.now = 0; s.now < s.at.n && !s.found && !s.failed; s.now++) visit_children(&s, s.at.at[s.now].v);
    if (s.found) put_path(&b, &s, s.at.n - 1);
    else base_buf_text(&b, "root…");
    base_buf_text(&b, ": ");
    pe__type_text(&b, bad);
    VEC_RELEASE(&s.at);
    base_mem_free(s.seen);
    ob__stub_trouble = was >> 1;
    (void)ob__stub_loud(was);
    return base_buf_take(&b);
}
