/* root.c: the root dict, and opening and closing the store behind it.
 * Locks: none; opening and closing happen on one thread between transactions.
 * R1  The root has id 1, whatever store is opened. */
#include "base/mem.h"
#include "base/mono.h"
#include "base/thread.h"
#include "objspace/contain.h"
#include "objspace/dict.h"
#include "objspace/heap_cells.h"
#include "objspace/persist/persist_int.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const st_table pe__tables[PE_TABLES] = {{"objects", true}, {"entries", false}, {"names", true}, {"state", false}};
pe__state pe__s;
static ob_val root;

ob_val pe_root(void) {
    if (!ob_is_null(root)) return root;
    ob_val d = ob_dict_new();
    if (ob_is_null(d)) return d;
    if (!ob_gc_add_static(&root)) return ob_raise_memory();
    return root = d;
}

bool pe_is_open(void) { return pe__s.store != NULL; }

/* ---- reading what opening needs ---- */

st_error pe__load_state(st_txn *t, bool *found, const char **why) {
    base_buf b;
    st_record r;
    base_buf_init(&b);
    st_error e = st_get(t, PE_STATE, (st_key){"state", 5}, &b);
    *found = e == ST_OK;
    if (e == ST_OK) e = st_record_open(b.at, b.n, 0, &r, why);
    if (e == ST_OK && r.n < 16) *why = "the state record is too short", e = ST_CORRUPT;
    if (e == ST_OK && *found) {
        atomic_store(&pe__s.lsn, st_load64(r.payload));
        atomic_store(&pe__s.durable_lsn, st_load64(r.payload));
        atomic_store(&pe__s.next_id, st_load64(r.payload + 8));
    }
    base_buf_release(&b);
    return e == ST_NOT_FOUND ? ST_OK : e;
}

st_error pe__load_names(st_txn *t, const char **why) {
    base_buf k, v;
    st_cursor *c;
    st_record r;
    uint64_t n;
    st_error e = st_cursor_open(t, PE_NAMES, &c);
    if (e) return e;
    base_buf_init(&k);
    base_buf_init(&v);
    while ((e = st_cursor_move(c, ST_NEXT, (st_key){0}, &k, &v)) == ST_OK) {
        memcpy(&n, k.at, 8);
        e = st_record_open(v.at, v.n, n, &r, why);
        if (e == ST_OK && !pe__name_load(n, r.payload, r.n)) *why = "the list of classes is damaged", e = ST_CORRUPT;
        if (e) break;
    }
    st_cursor_close(c);
    base_buf_release(&k);
    base_buf_release(&v);
    return e == ST_NOT_FOUND ? ST_OK : e;
}

/* The root's record of a new store: an empty dict. */
static st_error make_root(st_txn *t) {
    base_buf b;
    uint64_t id = PE_ROOT_ID;
    uint32_t cls = pe__name_of(ob_type_val(&ob_dict_type));
    if (cls == 0 || cls == UINT32_MAX) return ST_MEMORY;
    base_buf_init(&b);
    size_t start = st_record_start(&b, PE_R_OBJECT, id, 0);
    pe__put_varint(&b, cls);
    pe__put_varint(&b, 0);
    base_buf_byte(&b, PE_S_DICT);
    pe__put_varint(&b, 0);
    st_record_finish(&b, start);
    st_error e = b.failed ? ST_MEMORY : st_put(t, PE_OBJECTS, st_key_int(&id), b.at, b.n);
    base_buf_release(&b);
    return e;
}

static st_error start_store(const char **why) {
    st_txn *t;
    bool found;
    uint64_t objects = 0;
    st_error e = pe__read_begin(&t);
    if (e) return e;
    atomic_store(&pe__s.next_id, PE_ROOT_ID + 1);
    e = pe__load_state(t, &found, why);
    if (e == ST_OK) e = pe__load_names(t, why);
    if (e == ST_OK) e = st_count(t, PE_OBJECTS, &objects);
    pe__read_end(t);
    atomic_store(&pe__s.kept, objects);
    if (e || found) return e;
    if (pe__s.o.readonly) return *why = "it was never written to", ST_CORRUPT;
    if ((e = st_write_begin(pe__s.store, &t)) != ST_OK) return e;
    if ((e = make_root(t)) != ST_OK || (e = pe__write_names(t, 0)) != ST_OK) return st_end(t), e;
    return st_commit(t);
}

/* ---- opening ---- */

static void drop_store(void) {
    if (pe__s.snapshot) st_end(pe__s.snapshot);
    pe__s.snapshot = NULL;
    pe__names_clear();
    pe__ids_clear();
    st_close(pe__s.store);
    pe__s.store = NULL;
}

static bool open_store(const char *url, const pe_options *o) {
    st_options so = {.readonly = o->readonly, .must_exist = o->must_exist || o->readonly, .nosync = o->durability == PE_NONE,
                     .max_size = o->max_size, .tables = pe__tables, .table_count = PE_TABLES};
    st_report r;
    const char *why = NULL;
    char text[400];
    st_error e = st_open(url, &so, &pe__s.store, &r);
    if (e) return ob_fail(pe__raise_store(e, r.text));
    e = start_store(&why);
    if (e == ST_OK) return true;
    snprintf(text, sizeof text, "%.200s: %.180s", st_path(pe__s.store), why ? why : st_last_text(pe__s.store));
    drop_store();
    return ob_fail(pe__raise_store(e, text));
}

bool pe_open(const char *url, const pe_options *o) {
    static const pe_options plain;
    if (o == NULL) o = &plain;
    ob_val r = pe_root();
    if (ob_is_null(r)) return false;
    if (pe__s.store) return ob_fail(ob_raise(&ob_exc_StoreError, "a store is open already: %s", st_path(pe__s.store)));
    if (ob_dict_len(r) != 0) return ob_fail(ob_raise(&ob_exc_StoreError, "root is in use already; open the store before the first access to it"));
    memset(&pe__s, 0, sizeof pe__s);
    pe__s.o = *o;
    if (!pe__ids_init() || !pe__long_init() || !pe__names_init() || !ob_type_ready(&pe_missing_type)) return ob_fail(ob_raise_memory());
    if (!open_store(url, o)) return false;
    if (!pe__batch_start() || !pe__id_add(ob_ptr(r), PE_ROOT_ID, 0)) {
        drop_store();
        return ob_fail(ob_raise_memory());
    }
    ob__gc_cache = o->cache ? o->cache : (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGE_SIZE) / 4;
    tx_set_pager(pe__load);
    tx_set_broken_body(pe__broken_body);
    bool was = tx_active();
    if (was && tx_commit() != TX_COMMITTED) {
        drop_store();
        return ob_fail(ob_raise(&ob_exc_StoreError, "the store cannot be opened inside of an atomic block"));
    }
    atomic_store_explicit(&ob_handle(r)->vw, TX_GHOST, memory_order_release); /* MO: VW release */      /* empty, and nothing else refers to its body */
    tx_set_sink(&pe__sink);
    if (was) tx_begin(&(tx_options){.slice = true});
    pe__collect_start();
    return true;
}

bool pe_sync(void) {
    if (!pe__s.store) return ob_fail(ob_raise(&ob_exc_StoreError, "no store is open"));
    if (!pe__flush()) return false;
    ob_blocking_enter();
    st_error e = st_sync(pe__s.store);
    ob_blocking_leave();
    return e == ST_OK || ob_fail(pe__raise_store(e, NULL));
}

/* The root is loaded, so that it stays what it is; other ghosts fail from now on. */
bool pe_close(void) {
    if (!pe__s.store) return true;
    ob_pending had = ob_err;
    pe__collect_stop();
    bool ok = pe_sync();
    if (ok) {
        (void)ob_dict_len(root);
        ob_err = had;
    }
    pe__batch_stop();
    tx_set_sink(NULL);
    st_trim(pe__s.store, PE_SPARE_AT_REST, PE_SPARE);
    drop_store();
    return ok;
}

void pe_stats_get(pe_stats *out) {
    *out = (pe_stats){.lsn = pe__s.lsn, .durable_lsn = pe__s.durable_lsn, .loads = pe__s.loads, .writes = pe__s.writes,
                      .bytes_written = pe__s.bytes, .batches = pe__s.batches, .objects_known = pe__id_count(), .evictions = pe__s.evictions, .collections = pe__s.collections, .collected = pe__s.collected};
}
