/* intern.c: the table of interned strings, and the names that C code looks up.
 * Locks: insertions take table_lock (rank TABLE); look-ups take none.
 * I1  A table's slot goes from NULL to a string once and stays; a full table is replaced by a copy twice as large, and the old one is
 *     kept, because readers may still be probing it.  (The sizes double, so that is at most as much again.)
 * I2  Interned strings live for ever.                                                                 (intern_root) */
#include "objspace/codecs.h"
#include "base/lock.h"
#include "base/mem.h"
#include "objspace/bytes_int.h"

typedef struct table { size_t mask; _Atomic(ob_str_obj *) slot[]; } table;
static _Atomic(table *) current;         /* MO: INTERN.  swung under table_lock */
static size_t used;                      /* under table_lock */
static base_lock table_lock = BASE_LOCK_INIT(TABLE, "intern");

#define NAME(id, text) ob_val ob_name_##id;
#include "objspace/names.def"
#undef NAME

static table *table_new(size_t n) {
    table *t = base_mem_zeroed(sizeof *t + n * sizeof t->slot[0]);
    if (t) t->mask = n - 1;
    return t;
}

/* The slot where (data, n, kind) is, or an empty one. */
static _Atomic(ob_str_obj *) *probe(table *t, const void *data, size_t n, unsigned kind, uint64_t hash) {
    for (size_t i = base_hash_word(hash) & t->mask;; i = (i + 1) & t->mask) {
        ob_str_obj *s = atomic_load_explicit(&t->slot[i], memory_order_acquire); /* MO: INTERN acquire */
        if (s == NULL) return &t->slot[i];
        if (atomic_load_explicit(&s->hash, memory_order_relaxed) == hash && s->len == n && s->o.aux == kind && memcmp(s->data, data, n * kind) == 0)
            return &t->slot[i];
    }
}

static ob_val find(const void *data, size_t n, unsigned kind, uint64_t hash) {
    table *t = atomic_load_explicit(&current, memory_order_acquire); /* MO: INTERN acquire */
    return t ? ob_of(atomic_load_explicit(probe(t, data, n, kind, hash), memory_order_acquire)) : OB_NULL; /* MO: INTERN acquire */
}

/* Under table_lock. */
static bool grow(void) {
    table *old = atomic_load_explicit(&current, memory_order_relaxed), *t;
    if (old && used * 3 < (old->mask + 1) * 2) return true;
    t = table_new(old ? (old->mask + 1) * 2 : 4096);
    if (t == NULL) return false;
    for (size_t i = 0; old && i <= old->mask; i++) {
        ob_str_obj *s = atomic_load_explicit(&old->slot[i], memory_order_relaxed);
        if (s) atomic_store_explicit(probe(t, s->data, s->len, s->o.aux, s->hash), s, memory_order_relaxed);
    }
    atomic_store_explicit(&current, t, memory_order_release); /* MO: INTERN release */
    return true;
}

/* s is exact and its hash is computed. The string that is in the table afterwards; OB_NULL: out of memory, nothing raised. */
static ob_val insert(ob_val s) {
    ob_str_obj *o = ob_str_ptr(s);
    base_lock_take(&table_lock);
    if (!grow()) { base_lock_drop(&table_lock); return OB_NULL; }
    _Atomic(ob_str_obj *) *slot = probe(atomic_load_explicit(&current, memory_order_relaxed), o->data, o->len, o->o.aux, o->hash);
    ob_str_obj *there = atomic_load_explicit(slot, memory_order_relaxed);
    if (there == NULL) {
        ob_flag_set(o, OB_F_INTERNED);
        atomic_store_explicit(slot, o, memory_order_release); /* MO: INTERN release */
        used++;
        there = o;
    }
    base_lock_drop(&table_lock);
    return ob_of(there);
}

ob_val ob_str_intern(ob_val s) {
    if (ob_str_interned(s)) return s;
    const ob_str_obj *o = ob_str_ptr(s);
    ob_val r = find(o->data, o->len, o->o.aux, ob_str_hash(s));
    if (!ob_is_null(r)) return r;
    s = ob__str_exact(s);
    if (ob_is_null(s)) return s;
    ob_str_hash(s);
    r = insert(s);
    return ob_is_null(r) ? ob_raise_memory() : r;
}

ob_val ob_str_intern_c(const char *text) {
    size_t n = strlen(text);
    if (ob_ascii_prefix((const uint8_t *)text, n) == n) {
        ob_val r = find(text, n, 1, ob_hash_of_bytes(text, n));
        if (!ob_is_null(r)) return r;
    }
    ob_val s = ob_str_from_utf8(text, n);
    return ob_is_null(s) ? s : ob_str_intern(s);
}

static void intern_root(ob_tracer *t, void *arg) {
    (void)arg;
    table *now = atomic_load_explicit(&current, memory_order_acquire); /* MO: INTERN acquire */
    for (size_t i = 0; now && i <= now->mask; i++) {
        ob_str_obj *s = atomic_load_explicit(&now->slot[i], memory_order_relaxed);
        if (s) ob_trace_ptr(t, s);
    }
}

/* A name's text is ASCII and longer than one character, but for the empty string. */
static bool init_name(ob_val *name, const char *text) {
    size_t n = strlen(text);
    ob_val s = ob_str_alloc(n, 0x7f);
    if (ob_is_null(s)) return false;
    memcpy(ob_str_ptr(s)->data, text, n);
    *name = ob_str_intern(s);
    return !ob_is_null(*name);
}

bool ob_names_init(const char *hash_seed) {
    static const struct { ob_val *name; const char *text; } names[] = {
#define NAME(id, text) {&ob_name_##id, text},
#include "objspace/names.def"
#undef NAME
    };
    ob_hash_init(hash_seed);
    if (!ob_gc_add_root(intern_root, NULL) || !ob__str_chars_init() || !ob__bytes_init()) return false;
    for (size_t i = 0; i < BASE_LENGTH(names); i++)
        if (!init_name(names[i].name, names[i].text)) return false;
    return true;
}
