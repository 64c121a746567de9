/* admin_show.c: `apodora store ls` and `show`: what is at a path, and what that holds.
 * Locks: none; one snapshot of the store. Nothing is imported. */
#include "base/mem.h"
#include "objspace/persist/admin.h"
#include <stdlib.h>
#include <string.h>

/* ---- paths ---- */

typedef struct target { uint64_t id; uint32_t cls; base_buf value; } target;     /* id 0: a value inside of a record */
typedef struct finder { const char *rest; target found; size_t length; } finder;

static bool boundary(char c) { return c == 0 || c == '[' || c == '.' || c == '{'; }

/* Keeps the child whose step the rest of the path begins with; the longest one, as a name may begin another. */
static bool match(void *arg, const char *step, const uint8_t *value, const uint8_t *end) {
    finder *f = arg;
    static const char any[] = ".keys()[…]";                  /* what a key is that is not written out */
    size_t n = strlen(step);
    if (strncmp(f->rest, any, sizeof any - 1) == 0 && strncmp(step, any, 8) == 0) step = any, n = sizeof any - 1;
    if (n <= f->length || strncmp(f->rest, step, n) != 0 || !boundary(f->rest[n])) return true;
    f->length = n;
    base_buf_clear(&f->found.value);
    base_buf_add(&f->found.value, value, (size_t)(end - value));
    if (!pe__is_ref(value, end, &f->found.id, &f->found.cls)) f->found.id = 0;
    return !f->found.value.failed;
}

static const char *load_target(pe__job *j, target *g) {
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
static const char *find(pe__job *j, const char *path, target *out) {
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
    pe__job *j = arg;
    base_buf b;
    const uint8_t *p = value;
    base_buf_init(&b);
    const char *why = pe__text_of_value(&p, end, &b, 0);
    if (why) base_buf_text(&b, why);
    if (!b.failed && j->json) {
        fputs(j->listed ? ",\n    " : "\n    ", stdout);
        j->listed = true;
        pe__tool_json(stdout, step, strlen(step));
        fputs(": ", stdout);
        pe__tool_json(stdout, b.at, b.n);
    } else if (!b.failed) {
        bool cut = b.n > 200 && strcmp(j->command, "ls") == 0;
        size_t shown = cut ? 200 : b.n;
        while (cut && shown > 190 && ((uint8_t)b.at[shown] & 0xc0) == 0x80) shown--;        /* not in the middle of a character */
        fputs("  ", stdout);
        pe__tool_text(stdout, step, strlen(step));
        fputs(": ", stdout);
        pe__tool_text(stdout, b.at, shown);
        puts(cut ? "…" : "");
    }
    base_buf_release(&b);
    return true;
}

int pe__tool_show(pe__job *j) {
    target g;
    const char *path = j->count ? j->args[0] : "root", *why;
    if (pe__tool_open(j, false)) return 1;
    why = find(j, path, &g);
    if (why) {
        base_buf_release(&g.value);
        return pe__tool_fail(j, ST_OK, "%s: %s", path, why);
    }
    base_buf b;
    base_buf_init(&b);
    const uint8_t *p = (const uint8_t *)g.value.at;
    if (g.id) pe__class_text(&b, g.cls), base_buf_printf(&b, " @%llu", (unsigned long long)g.id);
    else (void)pe__text_of_value(&p, p + g.value.n, &b, 0);
    if (j->json) {
        fputs("{\"object\": ", stdout), pe__tool_json(stdout, b.at ? b.at : "", b.n), fputs(", \"holds\": {", stdout);
    } else {
        pe__tool_text(stdout, path, strlen(path)), fputs(": ", stdout), pe__tool_text(stdout, b.at ? b.at : "", b.n), putchar('\n');
    }
    base_buf_release(&b);
    pe__node n = node_of(&g);
    why = pe__each_child(j->t, &n, print_child, j);
    if (j->json) puts("}}");
    base_buf_release(&g.value);
    return why ? pe__tool_fail(j, ST_OK, "%s", why) : 0;
}

