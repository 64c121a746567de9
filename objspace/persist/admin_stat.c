/* admin_stat.c: `apodora store stat`: what a store holds, how big it is, and who uses it.
 * Locks: none; one snapshot of the store. */
#include "base/mem.h"
#include "objspace/persist/admin.h"
#include <string.h>

typedef struct by_class { uint64_t objects, bytes; } by_class;
typedef struct sums { uint64_t objects, entries, object_bytes, entry_bytes; by_class *cls; size_t classes; } sums;

static by_class *class_of(sums *s, const base_buf *value) {
    pe_decoder d = {.p = (uint8_t *)value->at + (value->n < ST_RECORD_HEAD ? value->n : ST_RECORD_HEAD), .end = (uint8_t *)value->at + value->n};
    uint64_t cls = 0;
    return &s->cls[pe__get_varint(&d, &cls) && cls < s->classes ? cls : 0];
}

/* Entries count for the class of their container. */
static st_error add_entries(pe__job *j, sums *s) {
    base_buf key, value, record;
    st_cursor *c;
    uint64_t in = 0;
    by_class *cls = s->cls;
    st_error e = st_cursor_open(j->t, PE_ENTRIES, &c);
    if (e) return e;
    base_buf_init(&key), base_buf_init(&value), base_buf_init(&record);
    while ((e = st_cursor_move(c, ST_NEXT, (st_key){0}, &key, &value)) == ST_OK) {
        uint64_t id = key.n >= 8 ? st_load64_be((uint8_t *)key.at) : 0;
        if (id != in) cls = st_get(j->t, PE_OBJECTS, st_key_int(&id), &record) == ST_OK ? class_of(s, &record) : s->cls, in = id;
        s->entries++, s->entry_bytes += key.n + value.n;
        cls->bytes += key.n + value.n;
        pe__tool_progress(j, "entries", s->entries, 0);
    }
    st_cursor_close(c);
    base_buf_release(&key), base_buf_release(&value), base_buf_release(&record);
    return e == ST_NOT_FOUND ? ST_OK : e;
}

static st_error add_objects(pe__job *j, sums *s) {
    base_buf key, value;
    st_cursor *c;
    st_error e = st_cursor_open(j->t, PE_OBJECTS, &c);
    if (e) return e;
    base_buf_init(&key), base_buf_init(&value);
    while ((e = st_cursor_move(c, ST_NEXT, (st_key){0}, &key, &value)) == ST_OK) {
        by_class *cls = class_of(s, &value);
        s->objects++, s->object_bytes += value.n + 8;
        cls->objects++, cls->bytes += value.n + 8;
        pe__tool_progress(j, "objects", s->objects, 0);
    }
    st_cursor_close(c);
    base_buf_release(&key), base_buf_release(&value);
    return e == ST_NOT_FOUND ? ST_OK : e;
}

static uint64_t lag_of(const st_stats *st) { return st->readers && st->oldest_reader < st->last_txn ? st->last_txn - st->oldest_reader : 0; }
static bool holds_back(const st_stats *st) { return st->held_bytes * 10 > st->file_bytes; }

static void print_uuid(void) {
    const uint8_t *u = st_uuid(pe__s.store);
    for (int i = 0; i < ST_UUID_BYTES; i++) printf("%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", u[i]);
}

static void print_stat_json(const sums *s, const st_stats *st) {
    printf("{\"format\": %u, \"uuid\": \"", st_format(pe__s.store)), print_uuid();
    printf("\", \"commit\": %llu, \"objects\": %llu, \"object_bytes\": %llu, \"entries\": %llu, \"entry_bytes\": %llu, ",
           (unsigned long long)pe__s.lsn, (unsigned long long)s->objects, (unsigned long long)s->object_bytes, (unsigned long long)s->entries,
           (unsigned long long)s->entry_bytes);
    printf("\"file_bytes\": %llu, \"disk_bytes\": %llu, \"live_bytes\": %llu, \"free_bytes\": %llu, \"readers\": %u, \"lag\": %llu, \"held_bytes\": %llu, \"writer_pid\": %lld, \"classes\": {",
           (unsigned long long)st->file_bytes, (unsigned long long)st->disk_bytes, (unsigned long long)st->used_bytes, (unsigned long long)st->free_bytes, st->readers,
           (unsigned long long)lag_of(st), (unsigned long long)st->held_bytes, (long long)st->writer_pid);
    bool first = true;
    for (size_t i = 0; i < s->classes; i++) {
        base_buf b;
        if (!s->cls[i].objects) continue;
        base_buf_init(&b);
        pe__class_text(&b, (uint32_t)i);
        fputs(first ? "" : ", ", stdout), pe__tool_json(stdout, b.at ? b.at : "?", b.n);
        printf(": {\"objects\": %llu, \"bytes\": %llu}", (unsigned long long)s->cls[i].objects, (unsigned long long)s->cls[i].bytes);
        base_buf_release(&b);
        first = false;
    }
    puts("}}");
}

static void print_stat(const pe__job *j, const sums *s, const st_stats *st) {
    printf("store      "), pe__tool_text(stdout, st_path(pe__s.store), strlen(st_path(pe__s.store))), printf("\nformat     %u, ", st_format(pe__s.store)), print_uuid();
    printf("\ncommit     %llu\nobjects    %llu in ", (unsigned long long)pe__s.lsn, (unsigned long long)s->objects), pe__tool_size(s->object_bytes);
    printf("\nentries    %llu in ", (unsigned long long)s->entries), pe__tool_size(s->entry_bytes);
    printf("\nfile       "), pe__tool_size(st->file_bytes), printf(", on disk "), pe__tool_size(st->disk_bytes), printf(", live "), pe__tool_size(st->used_bytes), printf(", free "), pe__tool_size(st->free_bytes);
    printf("\nreaders    %u", st->readers);
    if (st->readers) printf(", the oldest snapshot is %llu commits behind and holds back ", (unsigned long long)lag_of(st)), pe__tool_size(st->held_bytes);
    printf("\nwriter     ");
    if (st->writer_pid > 0) printf("process %lld\n", (long long)st->writer_pid);
    else puts("none");
    if (holds_back(st)) puts("warning    the oldest snapshot holds back more than a tenth of the file: it cannot be used again while that reader goes on");
    if (j->quiet) return;
    for (size_t i = 0; i < s->classes; i++) {
        base_buf b;
        if (!s->cls[i].objects) continue;
        base_buf_init(&b);
        pe__class_text(&b, (uint32_t)i);
        printf("%10llu  ", (unsigned long long)s->cls[i].objects), pe__tool_text(stdout, b.at ? b.at : "?", b.n), printf("  "), pe__tool_size(s->cls[i].bytes), putchar('\n');
        base_buf_release(&b);
    }
}

int pe__tool_stat(pe__job *j) {
    st_stats st;
    sums s = {0};
    if (pe__tool_open(j, PE_READ)) return 1;
    while (pe__name_at((uint32_t)s.classes + 1)) s.classes++;
    s.classes++;
    s.cls = base_mem_zeroed(s.classes * sizeof *s.cls);
    if (s.cls == NULL) return pe__tool_fail(j, ST_OK, "%s", "out of memory");
    st_error e = add_objects(j, &s);
    if (e == ST_OK) e = add_entries(j, &s);
    pe__tool_progress_end(j);
    if (e == ST_OK) e = st_stat(pe__s.store, &st);
    if (e == ST_OK && j->json) print_stat_json(&s, &st);
    else if (e == ST_OK) print_stat(j, &s, &st);
    base_mem_free(s.cls);
    return e ? pe__tool_fail_store(j, pe__s.store, e) : 0;
}

