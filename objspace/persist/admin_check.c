/* admin_check.c: `apodora store check` and `gc`.  Locks: none; one transaction of the store. */
#include "objspace/persist/admin.h"
#include "objspace/persist/gc.h"
#include <string.h>

static void damage(void *arg, const char *path, const char *why) {
    pe__job *j = arg;
    pe__tool_progress_end(j);
    if (j->json) {
        fputs(j->listed ? ", {\"path\": " : "{\"path\": ", stdout), pe__tool_json(stdout, path, strlen(path));
        fputs(", \"damage\": ", stdout), pe__tool_json(stdout, why, strlen(why)), putchar('}');
        j->listed = true;
        return;
    }
    pe__tool_text(stdout, path, strlen(path)), printf(": %s\n", why);
}

static void damaged_page(void *arg, uint64_t page, const char *why) {
    char text[40];
    snprintf(text, sizeof text, "page %llu", (unsigned long long)page);
    damage(arg, text, why);
}

static void progress(void *arg, const char *what, uint64_t done, uint64_t all) { pe__tool_progress(arg, what, done, all); }

int pe__tool_check(pe__job *j) {
    pe__checked c = {.progress = progress};
    if (pe__tool_open(j, PE_READ)) return 1;
    if (j->json) fputs("{\"damage\": [", stdout);
    bool ok = pe__check(j->t, &c, damage, j);
    if (ok && c.damaged == 0 && st_verify(j->t, damaged_page, j) == ST_CORRUPT) c.damaged++;      /* pages that hold no record */
    pe__tool_progress_end(j);
    if (j->json)
        printf("], \"objects\": %llu, \"entries\": %llu, \"unreachable\": %llu}\n", (unsigned long long)c.objects, (unsigned long long)c.entries,
               (unsigned long long)c.unreachable);
    else if (!j->quiet)
        printf("%llu objects, %llu entries, %llu unreachable; %llu damaged\n", (unsigned long long)c.objects, (unsigned long long)c.entries,
               (unsigned long long)c.unreachable, (unsigned long long)c.damaged);
    uint64_t damaged = c.damaged;
    if (!ok) return pe__tool_fail(j, ST_OK, "%s", "out of memory");
    return damaged != 0;
}

int pe__tool_gc(pe__job *j) {
    const char *why = NULL;
    if (pe__tool_open(j, PE_WRITE)) return 1;
    st_end(j->t);
    j->t = NULL;
    pe__collection c = {.store = pe__s.store, .new_from = UINT64_MAX, .progress = progress, .arg = j};
    st_error e = pe__collect(&c, &why);
    if (e == ST_OK) st_trim(pe__s.store, PE_SPARE_AT_REST, PE_SPARE);
    pe__tool_progress_end(j);
    if (why) return pe__tool_fail(j, e, "%s: object @%llu: %s; nothing is deleted", j->url, (unsigned long long)c.at, why);
    if (e) return pe__tool_fail_store(j, pe__s.store, e);
    if (j->json) printf("{\"kept\": %llu, \"deleted\": %llu, \"entries\": %llu}\n", (unsigned long long)c.kept, (unsigned long long)c.deleted, (unsigned long long)c.entries);
    else if (!j->quiet) printf("%llu objects deleted, %llu kept\n", (unsigned long long)c.deleted, (unsigned long long)c.kept);
    return 0;
}
