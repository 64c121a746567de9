/* admin_show.c: `apodora store ls` and `show`: what is at a path, and what that holds.
 * Locks: none; one snapshot of the store. Nothing is imported. */
#include "base/mem.h"
#include "objspace/persist/admin.h"
#include <stdlib.h>
#include <string.h>

/* ---- paths ---- */

typedef struct target { uint64_t id; uint32_t cls; base_buf value; } target;     /* id 0: a value inside of a record */
typedef struct finder { const char *rest; bool as_attribute; target found; size_t length; } finder;
static const char NOTHING[] = "there is nothing at that path", NO_OBJECT[] = "there is no such object", NO_BEGIN[] = "a path begins with root, or with @ID", NO_ID[] = "an id is written @NUMBER",
                  MEMORY[] = "out of memory";

static bool boundary(char c) { return c == 0 || c == '[' || c == '.' || c == '{'; }

/* How many bytes of the path say this step; 0: it says another one. What is hard to type may be written otherwise: "key" for 'key', {...} for {…}. */
static size_t said(const char *path, const char *step, bool as_attribute) {
    static const struct { const char *step, *path; } same[] = {{".keys()[…]", ".keys()["}, {".keys()[...]", ".keys()["}, {"{...}", "{…}"}};
    size_t n = strlen(step);
    if (!as_attribute && strncmp(path, step, n) == 0 && boundary(path[n])) return n;
    for (size_t i = 0; i < BASE_LENGTH(same); i++)         /* a key that is not written out */
        if (strncmp(path, same[i].step, strlen(same[i].step)) == 0 && strncmp(step, same[i].path, strlen(same[i].path)) == 0) return strlen(same[i].step);
    if (n < 4 || strncmp(step, "['", 2) != 0) return 0;
    size_t name = n - 4;
    if (as_attribute) return path[0] == '.' && strncmp(path + 1, step + 2, name) == 0 && boundary(path[1 + name]) ? 1 + name : 0;
    return strncmp(path, "[\"", 2) == 0 && strncmp(path + 2, step + 2, name) == 0 && strncmp(path + 2 + name, "\"]", 2) == 0 ? n : 0;
}

/* Keeps the child whose step the rest of the path begins with; the longest one, as a name may begin another. */
static bool match(void *arg, const char *step, const uint8_t *value, const uint8_t *end) {
    finder *f = arg;
    size_t n = said(f->rest, step, f->as_attribute);
    if (n <= f->length) return true;
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
    if (e == ST_NOT_FOUND) why = NO_OBJECT;
    else if (e) why = st_last_text(j->t->store);
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
    return (pe__node){g->id, g->cls, (const uint8_t *)g->value.at, (const uint8_t *)g->value.at + g->value.n, false};
}

/* From a loaded target to its child, whose step is the next *n bytes of the path. NOTHING: the target is as it was. */
static const char *step_into(pe__job *j, target *g, const char *path, bool as_attribute, size_t *n) {
    finder f = {.rest = path, .as_attribute = as_attribute};
    base_buf_init(&f.found.value);
    pe__node node = node_of(g);
    const char *why = pe__each_child(j->t, &node, match, &f);
    if (!why && f.length == 0) why = NOTHING;
    if (why) return base_buf_release(&f.found.value), *why ? why : MEMORY;
    base_buf_release(&g->value);
    *g = f.found;
    *n = f.length;
    return load_target(j, g);
}

/* Where the path begins. */
static const char *start(const char **path, target *out) {
    char *end;
    *out = (target){.id = PE_ROOT_ID};
    base_buf_init(&out->value);
    if (strncmp(*path, "root", 4) == 0 && boundary((*path)[4])) return *path += 4, NULL;
    if (**path != '@') return NO_BEGIN;
    out->id = strtoull(*path + 1, &end, 10);
    if (end == *path + 1 || !boundary(*end) || out->id == 0) return NO_ID;
    *path = end;
    return NULL;
}

/* An attribute that lies in a dict is written as if it were there at once. *at: how far the path leads. */
static const char *find(pe__job *j, const char *path, target *out, const char **at) {
    *at = path;
    const char *why = start(at, out);
    if (!why) why = load_target(j, out);
    while (!why && **at) {
        size_t n = 0, dict;
        why = step_into(j, out, *at, false, &n);
        if (why == NOTHING && **at == '.' && step_into(j, out, ".__dict__", false, &dict) == NULL) why = step_into(j, out, *at, true, &n);
        *at += n;
    }
    return why;
}

static int cannot_find(pe__job *j, const char *path, const char *at, const char *why) {
    static const char *const plain[] = {NOTHING, NO_OBJECT, NO_BEGIN, NO_ID, MEMORY};
    bool damage = true;
    for (size_t i = 0; i < BASE_LENGTH(plain); i++) damage = damage && why != plain[i];
    if (damage) return pe__tool_fail(j, ST_CORRUPT, "%s: %.*s: %s", j->url, (int)(at - path), path, why);
    if (why != NOTHING || at == path) return pe__tool_fail(j, ST_OK, "%s: %s", path, why);
    return pe__tool_fail(j, ST_OK, "%s: %s: `apodora store ls %s \"%.*s\"` lists what is there", path, why, j->url, (int)(at - path), path);
}

/* ---- ls and show ---- */

static void print_text(const pe__job *j, const base_buf *b) {
    const char *text = b->at ? b->at : "";
    bool cut = b->n > 200 && strcmp(j->command, "ls") == 0;
    size_t shown = cut ? 200 : b->n;
    while (cut && shown > 190 && ((uint8_t)text[shown] & 0xc0) == 0x80) shown--;        /* not in the middle of a character */
    pe__tool_text(stdout, text, shown);
    if (cut) fputs("…", stdout);
}

/* "value": …, and for an object of its own "id" */
static void print_value_json(const base_buf *b, uint64_t id) {
    fputs("\"value\": ", stdout), pe__tool_json(stdout, b->at ? b->at : "", b->n);
    if (id) printf(", \"id\": %llu", (unsigned long long)id);
}

static bool print_child(void *arg, const char *step, const uint8_t *value, const uint8_t *end) {
    pe__job *j = arg;
    base_buf b;
    const uint8_t *p = value;
    uint64_t id = 0;
    uint32_t cls;
    base_buf_init(&b);
    const char *why = pe__text_of_value(&p, end, &b, 0);
    if (why) base_buf_text(&b, why);
    bool ok = !b.failed;
    if (ok && j->json) {
        if (!pe__is_ref(value, end, &id, &cls)) id = 0;
        fputs(j->listed ? ",\n    {\"step\": " : "\n    {\"step\": ", stdout), pe__tool_json(stdout, step, strlen(step)), fputs(", ", stdout);
        print_value_json(&b, id), putchar('}');
        j->listed = true;
    } else if (ok) {
        fputs("  ", stdout), pe__tool_text(stdout, step, strlen(step)), fputs(": ", stdout), print_text(j, &b), putchar('\n');
    }
    base_buf_release(&b);
    return ok;
}

static void print_target(const pe__job *j, const char *path, const target *g) {
    base_buf b;
    base_buf_init(&b);
    const uint8_t *p = (const uint8_t *)g->value.at;
    if (g->id) pe__class_text(&b, g->cls), base_buf_printf(&b, " @%llu", (unsigned long long)g->id);
    else (void)pe__text_of_value(&p, p + g->value.n, &b, 0);
    if (j->json) {
        fputs("{\"path\": ", stdout), pe__tool_json(stdout, path, strlen(path)), fputs(", ", stdout);
        print_value_json(&b, g->id), fputs(", \"holds\": [", stdout);
    } else pe__tool_text(stdout, path, strlen(path)), fputs(": ", stdout), print_text(j, &b), putchar('\n');
    base_buf_release(&b);
}

int pe__tool_show(pe__job *j) {
    target g;
    const char *path = j->count ? j->args[0] : "root", *at;
    if (pe__tool_open(j, PE_READ)) return 1;
    const char *why = find(j, path, &g, &at);
    int status = why ? cannot_find(j, path, at, why) : 0;
    if (!why) {
        print_target(j, path, &g);
        pe__node n = node_of(&g);
        why = pe__each_child(j->t, &n, print_child, j);
        if (j->json) puts("]}");
        if (why) status = pe__tool_fail(j, ST_CORRUPT, "%s: %s: %s", j->url, path, *why ? why : MEMORY);
    }
    base_buf_release(&g.value);
    return status;
}
