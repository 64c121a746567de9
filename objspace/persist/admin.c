/* admin.c: the operator's commands: `apodora store CMD URL …`.
 *
 * One line of `commands` for each. Commands that read open the store read-only and look at one snapshot of it, so they work beside a writer; those
 * that write open it for writing and fail with StoreLocked beside one. Nothing of the store is imported or run.
 * Locks: none.  Exit status: 0 done, 1 error or damage found, 2 usage. */
#include "base/mem.h"
#include "objspace/exc.h"
#include "objspace/persist/persist_int.h"
#include "objspace/str.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct job {
    const char *command, *url, *arg;
    bool json, quiet, force;
    st_txn *t;
    int status;
} job;

/* ---- output ---- */

/* Text for a terminal: control characters are escaped. */
static void print_text(FILE *f, const char *s, size_t n) {
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c < ' ' || c == 0x7f) fprintf(f, "\\x%02x", c);
        else if (c == 0xc2 && i + 1 < n && (unsigned char)s[i + 1] < 0xa0) fprintf(f, "\\x%02x", (unsigned char)s[++i]);    /* C1 controls */
        else fputc(c, f);
    }
}

static void print_json(const char *s, size_t n) {
    putchar('"');
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c == '"' || c == '\\') printf("\\%c", c);
        else if (c < ' ' || c == 0x7f) printf("\\u%04x", c);
        else putchar(c);
    }
    putchar('"');
}

static int complain(const job *j, const char *text) {
    fprintf(stderr, "apodora store %s: ", j->command);
    print_text(stderr, text, strlen(text));
    fputc('\n', stderr);
    return 1;
}

static int complain_store(const job *j, st_error e) {
    const char *text = pe__s.store ? st_last_text(pe__s.store) : "";
    return complain(j, *text ? text : st_error_name(e));
}

static void print_size(uint64_t n) {
    static const char unit[] = " KMGT";
    double x = (double)n;
    unsigned u = 0;
    while (x >= 1024 && u < 4) x /= 1024, u++;
    if (u) printf("%.1f %cB", x, unit[u]);
    else printf("%llu bytes", (unsigned long long)n);
}

/* ---- opening ---- */

static int open_for(job *j, bool write) {
    st_options o = {.readonly = !write, .must_exist = true, .tables = pe__tables, .table_count = PE_TABLES};
    st_report r;
    bool found;
    const char *why = NULL;
    st_error e = st_open(j->url, &o, &pe__s.store, &r);
    if (e) return complain(j, r.text[0] ? r.text : st_error_name(e));
    e = write ? st_write_begin(pe__s.store, &j->t) : st_read_begin(pe__s.store, &j->t);
    if (e) return complain_store(j, e);
    e = pe__load_state(j->t, &found, &why);
    if (e == ST_OK) e = pe__load_names(j->t, &why);
    if (e) return why ? complain(j, why) : complain_store(j, e);
    return 0;
}

static void close_it(job *j) {
    if (j->t) st_end(j->t);
    j->t = NULL;
    pe__names_clear();
    if (pe__s.store) st_close(pe__s.store);
    pe__s.store = NULL;
}

/* ---- paths ---- */

typedef struct target { uint64_t id; uint32_t cls; base_buf value; } target;     /* id 0: a value inside of a record */
typedef struct finder { const char *rest; target found; size_t length; } finder;

static bool boundary(char c) { return c == 0 || c == '[' || c == '.' || c == '{'; }

/* Keeps the child whose step the rest of the path begins with; the longest one, as a name may begin another. */
static bool match(void *arg, const char *step, const uint8_t *value, const uint8_t *end) {
    finder *f = arg;
    size_t n = strlen(step);
    if (n <= f->length || strncmp(f->rest, step, n) != 0 || !boundary(f->rest[n])) return true;
    f->length = n;
    base_buf_clear(&f->found.value);
    base_buf_add(&f->found.value, value, (size_t)(end - value));
    if (!pe__is_ref(value, end, &f->found.id, &f->found.cls)) f->found.id = 0;
    return !f->found.value.failed;
}

static const char *load_target(job *j, target *g) {
    st_record r;
    const char *why = NULL;
    base_buf b;
    if (g->id == 0) return NULL;
    base_buf_init(&b);
    st_error e = st_get(j->t, PE_OBJECTS, st_key_int(&g->id), &b);
    if (e == ST_NOT_FOUND) why = "there is no such object";
    else if (e) why = "its record cannot be read";
    else if (st_record_open(b.at, b.n, g->id, &r, &why) == ST_OK) {
        pe_decoder d = {.p = r.payload, .end = r.payload + r.n};
        uint64_t cls = 0;
        if (!pe__get_varint(&d, &cls)) cls = 0;
        g->cls = (uint32_t)cls;
        base_buf_clear(&g->value);
        base_buf_add(&g->value, r.payload, r.n);
    }
    base_buf_release(&b);
    return why;
}

static pe__node node_of(const target *g) {
    return (pe__node){g->id, g->cls, (const uint8_t *)g->value.at, (const uint8_t *)g->value.at + g->value.n};
}

/* An attribute in a dict is written as if it were there at once: step through __dict__ when nothing else matches. */
static const char *find(job *j, const char *path, target *out) {
    *out = (target){.id = PE_ROOT_ID};
    base_buf_init(&out->value);
    if (*path == '@') {
        char *end;
        out->id = strtoull(path + 1, &end, 10);
        return *end || !path[1] || out->id == 0 ? "an id is written @NUMBER" : load_target(j, out);
    }
    if (strncmp(path, "root", 4) != 0) return "a path begins with root, or is @ID";
    path += 4;
    for (;;) {
        const char *why = load_target(j, out);
        if (why || !*path) return why;
        finder f = {.rest = path};
        base_buf_init(&f.found.value);
        pe__node n = node_of(out);
        why = pe__each_child(j->t, &n, match, &f);
        if (!why && f.length == 0 && *path == '.') {
            f.rest = ".__dict__";
            why = pe__each_child(j->t, &n, match, &f);
            f.length = 0;
            if (!why && f.found.id == 0) why = "there is nothing at that path";
            if (!why) {
                char *as_key = base_mem_alloc(strlen(path) * 2 + 8);
                size_t name = strcspn(path + 1, ".[{");
                if (!as_key) return "out of memory";
                snprintf(as_key, strlen(path) * 2 + 8, "['%.*s']%s", (int)name, path + 1, path + 1 + name);
                base_buf_release(&out->value);
                target at = f.found, *g = &at;
                why = load_target(j, g);
                finder f2 = {.rest = as_key};
                base_buf_init(&f2.found.value);
                pe__node n2 = node_of(g);
                if (!why) why = pe__each_child(j->t, &n2, match, &f2);
                if (!why && f2.length == 0) why = "there is nothing at that path";
                base_mem_free(as_key);
                base_buf_release(&at.value);
                *out = f2.found;
                path += 1 + name;
                if (why) return why;
                continue;
            }
        }
        if (!why && f.length == 0) why = "there is nothing at that path";
        base_buf_release(&out->value);
        *out = f.found;
        path += f.length;
        if (why) return why;
    }
}

/* ---- ls and show ---- */

static bool print_child(void *arg, const char *step, const uint8_t *value, const uint8_t *end) {
    job *j = arg;
    base_buf b;
    const uint8_t *p = value;
    base_buf_init(&b);
    const char *why = pe__text_of_value(&p, end, &b, 0);
    if (why) base_buf_text(&b, why);
    if (!b.failed && j->json) {
        fputs(j->status++ ? ",\n    " : "\n    ", stdout);
        print_json(step, strlen(step));
        fputs(": ", stdout);
        print_json(b.at, b.n);
    } else if (!b.failed) {
        bool cut = b.n > 200 && strcmp(j->command, "ls") == 0;
        fputs("  ", stdout);
        print_text(stdout, step, strlen(step));
        fputs(": ", stdout);
        print_text(stdout, b.at, cut ? 200 : b.n);
        puts(cut ? "…" : "");
    }
    base_buf_release(&b);
    return true;
}

static int show(job *j) {
    target g;
    const char *path = j->arg ? j->arg : "root", *why;
    if (open_for(j, false)) return 1;
    why = find(j, path, &g);
    if (why) {
        char text[300];
        snprintf(text, sizeof text, "%.200s: %.90s", path, why);
        base_buf_release(&g.value);
        return complain(j, text);
    }
    base_buf b;
    base_buf_init(&b);
    const uint8_t *p = (const uint8_t *)g.value.at;
    if (g.id) pe__class_text(&b, g.cls), base_buf_printf(&b, " @%llu", (unsigned long long)g.id);
    else (void)pe__text_of_value(&p, p + g.value.n, &b, 0);
    if (j->json) {
        fputs("{\"object\": ", stdout), print_json(b.at ? b.at : "", b.n), fputs(", \"holds\": {", stdout);
    } else {
        print_text(stdout, path, strlen(path)), fputs(": ", stdout), print_text(stdout, b.at ? b.at : "", b.n), putchar('\n');
    }
    base_buf_release(&b);
    pe__node n = node_of(&g);
    why = pe__each_child(j->t, &n, print_child, j);
    if (j->json) puts("}}");
    base_buf_release(&g.value);
    return why ? complain(j, why) : 0;
}

/* ---- stat ---- */

typedef struct by_class { uint64_t objects, bytes; } by_class;
typedef struct sums { uint64_t objects, entries, object_bytes, entry_bytes; by_class *cls; size_t classes; } sums;

static st_error add_up(job *j, unsigned table, sums *s) {
    base_buf key, value;
    st_cursor *c;
    st_error e = st_cursor_open(j->t, table, &c);
    if (e) return e;
    base_buf_init(&key), base_buf_init(&value);
    while ((e = st_cursor_move(c, ST_NEXT, (st_key){0}, &key, &value)) == ST_OK) {
        if (table == PE_ENTRIES) {
            s->entries++, s->entry_bytes += key.n + value.n;
            continue;
        }
        pe_decoder d = {.p = (uint8_t *)value.at + (value.n < ST_RECORD_HEAD ? value.n : ST_RECORD_HEAD), .end = (uint8_t *)value.at + value.n};
        uint64_t cls = 0;
        s->objects++, s->object_bytes += value.n + 8;
        if (!pe__get_varint(&d, &cls) || cls >= s->classes) cls = 0;
        s->cls[cls].objects++, s->cls[cls].bytes += value.n + 8;
    }
    st_cursor_close(c);
    base_buf_release(&key), base_buf_release(&value);
    return e == ST_NOT_FOUND ? ST_OK : e;
}

static void print_uuid(void) {
    const uint8_t *u = st_uuid(pe__s.store);
    for (int i = 0; i < ST_UUID_BYTES; i++) printf("%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", u[i]);
}

static void print_stat_json(const sums *s, const st_stats *st) {
    printf("{\"format\": %d, \"uuid\": \"", ST_FORMAT), print_uuid();
    printf("\", \"commit\": %llu, \"objects\": %llu, \"object_bytes\": %llu, \"entries\": %llu, \"entry_bytes\": %llu, ",
           (unsigned long long)pe__s.lsn, (unsigned long long)s->objects, (unsigned long long)s->object_bytes, (unsigned long long)s->entries,
           (unsigned long long)s->entry_bytes);
    printf("\"file_bytes\": %llu, \"live_bytes\": %llu, \"free_bytes\": %llu, \"readers\": %u, \"lag\": %llu, \"writer_pid\": %lld, \"classes\": {",
           (unsigned long long)st->file_bytes, (unsigned long long)st->used_bytes, (unsigned long long)st->free_bytes, st->readers,
           (unsigned long long)(st->oldest_reader && st->oldest_reader < st->last_txn ? st->last_txn - st->oldest_reader : 0), (long long)st->writer_pid);
    bool first = true;
    for (size_t i = 0; i < s->classes; i++) {
        base_buf b;
        if (!s->cls[i].objects) continue;
        base_buf_init(&b);
        pe__class_text(&b, (uint32_t)i);
        fputs(first ? "" : ", ", stdout), print_json(b.at ? b.at : "?", b.n);
        printf(": {\"objects\": %llu, \"bytes\": %llu}", (unsigned long long)s->cls[i].objects, (unsigned long long)s->cls[i].bytes);
        base_buf_release(&b);
        first = false;
    }
    puts("}}");
}

static void print_stat(const job *j, const sums *s, const st_stats *st) {
    uint64_t lag = st->oldest_reader && st->oldest_reader < st->last_txn ? st->last_txn - st->oldest_reader : 0;
    printf("store      %s\nformat     %d, ", st_path(pe__s.store), ST_FORMAT), print_uuid();
    printf("\ncommit     %llu\nobjects    %llu in ", (unsigned long long)pe__s.lsn, (unsigned long long)s->objects), print_size(s->object_bytes);
    printf("\nentries    %llu in ", (unsigned long long)s->entries), print_size(s->entry_bytes);
    printf("\nfile       "), print_size(st->file_bytes), printf(", live "), print_size(st->used_bytes), printf(", free "), print_size(st->free_bytes);
    printf("\nreaders    %u, oldest snapshot %llu transactions behind\nwriter     ", st->readers, (unsigned long long)lag);
    if (st->writer_pid > 0) printf("process %lld\n", (long long)st->writer_pid);
    else puts("none");
    if (lag && st->free_bytes * 10 > st->file_bytes) puts("warning    the oldest snapshot may hold back more than a tenth of the file");
    if (j->quiet) return;
    for (size_t i = 0; i < s->classes; i++) {
        base_buf b;
        if (!s->cls[i].objects) continue;
        base_buf_init(&b);
        pe__class_text(&b, (uint32_t)i);
        printf("%10llu  ", (unsigned long long)s->cls[i].objects), print_text(stdout, b.at ? b.at : "?", b.n), printf("  "), print_size(s->cls[i].bytes), putchar('\n');
        base_buf_release(&b);
    }
}

static int stat_command(job *j) {
    st_stats st;
    sums s = {0};
    if (open_for(j, false)) return 1;
    while (pe__name_at((uint32_t)s.classes + 1)) s.classes++;
    s.classes++;
    s.cls = base_mem_zeroed(s.classes * sizeof *s.cls);
    if (s.cls == NULL) return complain(j, "out of memory");
    st_error e = add_up(j, PE_OBJECTS, &s);
    if (e == ST_OK) e = add_up(j, PE_ENTRIES, &s);
    if (e == ST_OK) e = st_stat(pe__s.store, &st);
    if (e == ST_OK && j->json) print_stat_json(&s, &st);
    else if (e == ST_OK) print_stat(j, &s, &st);
    base_mem_free(s.cls);
    return e ? complain_store(j, e) : 0;
}

/* ---- check and gc ---- */

static void damage(void *arg, const char *path, const char *why) {
    job *j = arg;
    if (j->json) {
        fputs(j->status++ ? ", {\"path\": " : "{\"path\": ", stdout), print_json(path, strlen(path));
        fputs(", \"damage\": ", stdout), print_json(why, strlen(why)), putchar('}');
        return;
    }
    j->status++;
    print_text(stdout, path, strlen(path)), printf(": %s\n", why);
}

static int check(job *j) {
    pe__checked c = {0};
    bool collect = strcmp(j->command, "gc") == 0;
    if (open_for(j, collect)) return 1;
    if (j->json) fputs("{\"damage\": [", stdout);
    bool ok = pe__check(j->t, &c, damage, j, collect);
    if (j->json)
        printf("], \"objects\": %llu, \"entries\": %llu, \"unreachable\": %llu}\n", (unsigned long long)c.objects, (unsigned long long)c.entries,
               (unsigned long long)c.unreachable);
    else if (!j->quiet)
        printf("%llu objects, %llu entries, %llu unreachable%s; %llu damaged\n", (unsigned long long)c.objects, (unsigned long long)c.entries,
               (unsigned long long)c.unreachable, collect && !c.damaged ? " deleted" : "", (unsigned long long)c.damaged);
    uint64_t damaged = c.damaged;
    pe__checked_release(&c);
    if (!ok) return complain(j, "out of memory");
    if (collect && !damaged) {
        st_error e = st_commit(j->t);
        j->t = NULL;
        if (e) return complain_store(j, e);
    }
    return damaged != 0;
}

/* ---- copies ---- written beside the target, synced, renamed: the target exists whole or not at all */

static int remove_tree(const char *dir) {
    static const char *const files[] = {"data.mdb", "lock.mdb", "writer", "apodora-store"};
    char path[4400];
    for (unsigned i = 0; i < BASE_LENGTH(files); i++) {
        snprintf(path, sizeof path, "%.4200s/%s", dir, files[i]);
        (void)unlink(path);
    }
    return rmdir(dir);
}

static int put_in_place(job *j, const char *made, const char *dest) {
    struct stat st;
    if (stat(dest, &st) == 0 && j->force && remove_tree(dest) != 0) {
        remove_tree(made);
        return complain(j, "the destination holds other files and is left alone");
    }
    if (rename(made, dest) == 0) return 0;
    int err = errno;
    remove_tree(made);
    return complain(j, strerror(err));
}

static int temporary(job *j, char *out, size_t size, const char *dest) {
    struct stat st;
    size_t n = strlen(dest);
    while (n > 1 && dest[n - 1] == '/') n--;
    if (stat(dest, &st) == 0 && !j->force) return complain(j, "the destination exists; --force replaces it");
    snprintf(out, size, "%.*s.partial-%ld", (int)n, dest, (long)getpid());
    return 0;
}

static int backup(job *j) {
    char made[4200];
    if (open_for(j, false) || temporary(j, made, sizeof made, j->arg)) return 1;
    st_error e = st_copy(pe__s.store, made);
    if (e) {
        remove_tree(made);
        return complain_store(j, e);
    }
    return put_in_place(j, made, j->arg);
}

static int compact(job *j) {
    char made[4200], from[4400], to[4400];
    if (open_for(j, true)) return 1;
    st_end(j->t);
    j->t = NULL;
    snprintf(made, sizeof made, "%.4000s.partial-%ld", st_path(pe__s.store), (long)getpid());
    st_error e = st_copy(pe__s.store, made);
    snprintf(from, sizeof from, "%s/data.mdb", made);
    snprintf(to, sizeof to, "%.4000s/data.mdb", st_path(pe__s.store));
    if (e == ST_OK && rename(from, to) != 0) return complain(j, strerror(errno));
    remove_tree(made);
    return e ? complain_store(j, e) : 0;
}

/* Copies every record that is whole into a new store. */
static int salvage(job *j) {
    char made[4200];
    st_options o = {.tables = pe__tables, .table_count = PE_TABLES};
    st_report r;
    st_store *to;
    st_txn *w;
    uint64_t kept = 0, lost = 0;
    if (open_for(j, false) || temporary(j, made, sizeof made, j->arg)) return 1;
    st_error e = st_open(made, &o, &to, &r);
    if (e) return complain(j, r.text);
    e = st_write_begin(to, &w);
    for (unsigned table = 0; e == ST_OK && table < PE_TABLES; table++) {
        base_buf key, value;
        st_cursor *c;
        st_record rec;
        const char *why;
        base_buf_init(&key), base_buf_init(&value);
        if (st_cursor_open(j->t, table, &c) != ST_OK) { lost++; continue; }
        st_error moved;
        while (e == ST_OK && (moved = st_cursor_move(c, ST_NEXT, (st_key){0}, &key, &value)) == ST_OK) {
            uint64_t id = 0;
            if (table == PE_OBJECTS || table == PE_NAMES) memcpy(&id, key.at, 8);
            if (table == PE_ENTRIES && key.n >= 8) id = st_load64_be((uint8_t *)key.at);
            if (st_record_open(value.at, value.n, id, &rec, &why) != ST_OK) { lost++; continue; }
            e = st_put(w, table, (st_key){key.at, key.n}, value.at, value.n);
            kept++;
        }
        if (e == ST_OK && moved != ST_NOT_FOUND) lost++;
        st_cursor_close(c);
        base_buf_release(&key), base_buf_release(&value);
    }
    if (e == ST_OK) e = st_commit(w);
    st_close(to);
    if (e) {
        remove_tree(made);
        return complain(j, st_error_name(e));
    }
    if (!j->quiet) printf("%llu records kept, %llu pieces lost\n", (unsigned long long)kept, (unsigned long long)lost);
    return put_in_place(j, made, j->arg);
}

/* ---- dump and load ---- JSON lines: the format number; one line a record, key and value in hex; the number of records */

static void print_hex(FILE *f, const base_buf *b) {
    for (size_t i = 0; i < b->n; i++) fprintf(f, "%02x", (unsigned char)b->at[i]);
}

static int dump(job *j) {
    uint64_t n = 0;
    st_error e = ST_OK;
    if (open_for(j, false)) return 1;
    FILE *f = j->arg ? fopen(j->arg, j->force ? "w" : "wx") : stdout;
    if (f == NULL) return complain(j, strerror(errno));
    fprintf(f, "{\"apodora\": \"store\", \"format\": %d}\n", ST_FORMAT);
    for (unsigned table = 0; e == ST_OK && table < PE_TABLES; table++) {
        base_buf key, value;
        st_cursor *c;
        base_buf_init(&key), base_buf_init(&value);
        if ((e = st_cursor_open(j->t, table, &c)) != ST_OK) break;
        while ((e = st_cursor_move(c, ST_NEXT, (st_key){0}, &key, &value)) == ST_OK) {
            fprintf(f, "{\"table\": \"%s\", \"key\": \"", pe__tables[table].name), print_hex(f, &key);
            fputs("\", \"value\": \"", f), print_hex(f, &value), fputs("\"}\n", f);
            n++;
        }
        if (e == ST_NOT_FOUND) e = ST_OK;
        st_cursor_close(c);
        base_buf_release(&key), base_buf_release(&value);
    }
    if (e) return complain_store(j, e);
    fprintf(f, "{\"records\": %llu}\n", (unsigned long long)n);
    return fflush(f) == 0 && (f == stdout || (fsync(fileno(f)) == 0 && fclose(f) == 0)) ? 0 : complain(j, strerror(errno));
}

static bool from_hex(const char **p, base_buf *out) {
    base_buf_clear(out);
    for (; **p && **p != '"'; *p += 2) {
        unsigned x;
        if (sscanf(*p, "%2x", &x) != 1 || (*p)[1] == '"') return false;
        base_buf_byte(out, (unsigned char)x);
    }
    return **p == '"' && !out->failed;
}

static const char *load_line(st_txn *w, const char *line, base_buf *key, base_buf *value) {
    st_record r;
    const char *why, *p;
    for (unsigned t = 0; t < PE_TABLES; t++) {
        char head[80];
        size_t n = (size_t)snprintf(head, sizeof head, "{\"table\": \"%s\", \"key\": \"", pe__tables[t].name);
        if (strncmp(line, head, n) != 0) continue;
        p = line + n;
        if (!from_hex(&p, key) || strncmp(p, "\", \"value\": \"", 13) != 0) return "a line is damaged";
        p += 13;
        if (!from_hex(&p, value) || key->n == 0 || key->n > ST_KEY_MAX || (pe__tables[t].int_keys && key->n != 8)) return "a line is damaged";
        uint64_t id = 0;
        if (pe__tables[t].int_keys) memcpy(&id, key->at, 8);
        else if (t == PE_ENTRIES && key->n >= 8) id = st_load64_be((uint8_t *)key->at);
        if (st_record_open(value->at, value->n, id, &r, &why) != ST_OK) return why;
        return st_put(w, t, (st_key){key->at, key->n}, value->at, value->n) == ST_OK ? NULL : "the store cannot be written";
    }
    return "a line is damaged";
}

static int load(job *j) {
    char made[4200], *line = NULL;
    size_t room = 0;
    st_options o = {.tables = pe__tables, .table_count = PE_TABLES};
    st_report r;
    st_store *to;
    st_txn *w;
    uint64_t n = 0, expected = 0;
    const char *why = NULL;
    base_buf key, value;
    bool ended = false;
    FILE *f = j->arg ? fopen(j->arg, "r") : stdin;
    if (f == NULL) return complain(j, strerror(errno));
    if (temporary(j, made, sizeof made, j->url)) return 1;
    st_error e = st_open(made, &o, &to, &r);
    if (e) return complain(j, r.text);
    if ((e = st_write_begin(to, &w)) != ST_OK) return complain(j, st_error_name(e));
    base_buf_init(&key), base_buf_init(&value);
    int format = 0;
    if (getline(&line, &room, f) < 0 || sscanf(line, "{\"apodora\": \"store\", \"format\": %d}", &format) != 1 || format != ST_FORMAT) why = "this is not a dump of format 1";
    while (!why && !ended && getline(&line, &room, f) > 0) {
        unsigned long long x;
        if (sscanf(line, "{\"records\": %llu}", &x) == 1) ended = true, expected = x;
        else why = load_line(w, line, &key, &value), n++;
    }
    if (!why && (!ended || n != expected)) why = "the dump is cut off";
    base_buf_release(&key), base_buf_release(&value);
    free(line);
    if (f != stdin) fclose(f);
    if (why) st_end(w);
    else e = st_commit(w);
    st_close(to);
    if (!why && e == ST_OK) return put_in_place(j, made, j->url);
    remove_tree(made);
    return complain(j, why ? why : st_error_name(e));
}

static int migrate(job *j) {
    if (open_for(j, true)) return 1;
    if (!j->quiet) printf("format %d is the newest: nothing to do\n", ST_FORMAT);
    return 0;
}

/* ---- the table ---- */

static const struct command { const char *name, *args; int (*run)(job *); unsigned min, max; } commands[] = {
    {"backup", "URL DEST", backup, 1, 1},   {"check", "URL", check, 0, 0},          {"compact", "URL", compact, 0, 0},
    {"dump", "URL [FILE]", dump, 0, 1},     {"gc", "URL", check, 0, 0},             {"load", "URL [FILE]", load, 0, 1},
    {"ls", "URL [PATH]", show, 0, 1},       {"migrate", "URL", migrate, 0, 0},      {"restore", "URL DEST", backup, 1, 1},
    {"salvage", "URL DEST", salvage, 1, 1}, {"show", "URL PATH|@ID", show, 1, 1},   {"stat", "URL", stat_command, 0, 0},
};

static int usage(FILE *to) {
    fputs("usage: apodora store CMD URL … [--json] [--quiet] [--force]\n", to);
    for (size_t i = 0; i < BASE_LENGTH(commands); i++) fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].args);
    return to == stdout ? 0 : 2;
}

int pe_admin(int argc, char **argv) {
    job j = {0};
    const char *plain[3] = {0};
    unsigned n = 0;
    const struct command *c = NULL;
    for (size_t i = 0; argc > 0 && i < BASE_LENGTH(commands); i++)
        if (strcmp(commands[i].name, argv[0]) == 0) c = &commands[i];
    if (c == NULL) return usage(argc > 0 && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0) ? stdout : stderr);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) j.json = true;
        else if (strcmp(argv[i], "--quiet") == 0) j.quiet = true;
        else if (strcmp(argv[i], "--force") == 0) j.force = true;
        else if (argv[i][0] == '-' && argv[i][1] == '-') return usage(stderr);
        else if (n < 3) plain[n++] = argv[i];
        else return usage(stderr);
    }
    if (n < 1 + c->min || n > 1 + c->max) return usage(stderr);
    if (!pe__names_init()) return 1;
    j.command = c->name;
    j.url = plain[0];
    j.arg = plain[1];
    int status = c->run(&j);
    close_it(&j);
    return fflush(stdout) == 0 ? status : 1;
}
