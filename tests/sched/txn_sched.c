/* txn_sched.c: runs .sched files: every interleaving of a few sessions' steps, and what must hold after each (tests/sched/README.md).
 * One thread of the system plays all sessions (tests/words.h), so an order is exact and repeats. */
#include "base/mem.h"
#include "tests/words.h"
#include <ctype.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES = 200, SESSIONS_MAX = 4, STEPS = 24, NAMES = 24, SAVES = 8, OUTSIDER = 8 };

typedef struct step { char text[100]; int line; } step;
typedef struct name { char text[24]; int64_t value; words *object; } name;
typedef struct session {
    char id[8];
    step steps[STEPS];
    int n, at, begin_at;
    name names[NAMES];
    int names_n;
    tx_savepoint saves[SAVES];
    int depth;
} session;
typedef struct claim { char kind; char text[160]; int line; bool seen; } claim;

static const char *file;
static struct { char name[16]; unsigned slots; bool counter; words *o; } objects[8];
static int objects_n, sessions_n, claims_n;
static step sets[16];
static int sets_n;
static session sessions[SESSIONS_MAX];
static claim claims[24];
static int order[SESSIONS_MAX * STEPS * 4], order_n;
static long passed, failed, orders;

static void bad(int line, const char *what) {
    fprintf(stderr, "%s:%d: %s\n", file, line, what);
    exit(2);
}

/* ---- expressions ---- */

static name *find_name(session *s, const char *text, bool make) {
    for (int i = 0; i < s->names_n; i++)
        if (strcmp(s->names[i].text, text) == 0) return &s->names[i];
    if (!make || s->names_n == NAMES) return NULL;
    memset(&s->names[s->names_n], 0, sizeof(name));
    snprintf(s->names[s->names_n].text, sizeof s->names[0].text, "%s", text);
    return &s->names[s->names_n++];
}

static words *find_object(session *s, const char *text) {
    name *n = s ? find_name(s, text, false) : NULL;
    if (n) return n->object;
    for (int i = 0; i < objects_n; i++)
        if (strcmp(objects[i].name, text) == 0) return objects[i].o;
    return NULL;
}

static bool is_object_name(session *s, const char *text) {
    name *n = s ? find_name(s, text, false) : NULL;
    if (n) return true;
    return find_object(NULL, text) != NULL;
}

static void word_of(const char **p, char out[24]) {
    size_t n = 0;
    while (isspace((unsigned char)**p)) ++*p;
    while ((isalnum((unsigned char)**p) || **p == '_') && n < 23) out[n++] = *(*p)++;
    out[n] = 0;
}

/* A number, &object, object.slot, variable, or Session.variable. */
static int64_t term(session *s, const char **p, int line) {
    char first[24], second[24];
    while (**p == ' ') ++*p;
    if (**p == '&') {
        ++*p, word_of(p, first);
        return (int64_t)(uintptr_t)find_object(s, first);
    }
    word_of(p, first);
    if (first[0] == 0) bad(line, "a term is missing");
    if (isdigit((unsigned char)first[0])) return atoll(first);
    if (**p != '.') {
        name *n = s ? find_name(s, first, false) : NULL;
        if (!n) bad(line, "no such variable");
        return n->value;
    }
    ++*p, word_of(p, second);
    if (!isdigit((unsigned char)second[0])) {
        for (int i = 0; i < sessions_n; i++)
            if (strcmp(sessions[i].id, first) == 0) {
                name *n = find_name(&sessions[i], second, false);
                return n ? n->value : 0;
            }
        bad(line, "no such session");
    }
    if (!is_object_name(s, first)) bad(line, "no such object");
    words *o = find_object(s, first);
    return o ? (int64_t)words_get(o, (unsigned)atoi(second)) : -1;
}

static int64_t sum(session *s, const char **p, int line) {
    int64_t x = term(s, p, line);
    for (;;) {
        while (**p == ' ') ++*p;
        if (**p == '+') ++*p, x += term(s, p, line);
        else if (**p == '-') ++*p, x -= term(s, p, line);
        else return x;
    }
}

static bool comparison(const char **p, int line) {
    int64_t a = sum(NULL, p, line);
    char op = **p;
    if (op == 0) bad(line, "a comparison is missing");
    *p += (*p)[1] == '=' ? 2 : 1;
    int64_t b = sum(NULL, p, line);
    return op == '=' ? a == b : op == '!' ? a != b : op == '<' ? a < b : a > b;
}

static bool skip_word(const char **p, const char *w) {
    while (**p == ' ') ++*p;
    if (strncmp(*p, w, strlen(w)) != 0) return false;
    *p += strlen(w);
    return true;
}

static bool holds(const char *p, int line) {
    bool any = false;
    do {
        bool all = true;
        do all &= comparison(&p, line);
        while (skip_word(&p, "and "));
        any |= all;
    } while (skip_word(&p, "or "));
    return any;
}

/* ---- steps ---- */

static void begin(session *s, const char *how) {
    tx_options o = {.isolation = strstr(how, "snapshot") ? TX_SNAPSHOT : TX_SERIALIZABLE};
    o.readonly = strstr(how, "readonly") != NULL;
    o.slice = strstr(how, "slice") != NULL;
    s->begin_at = s->at;
    s->depth = 0;
    tx_begin(&o);
}

static void finish(session *s, bool again) {
    tx_outcome out = tx_commit();
    if (out == TX_COMMITTED) {
        find_name(s, "committed", true)->value++;
        return;
    }
    find_name(s, "losses", true)->value++;
    if (again) s->at = s->begin_at - 1;
}

static void assign(session *s, const step *st) {
    const char *p = st->text;
    char left[24], slot[24] = "";
    word_of(&p, left);
    if (*p == '.') ++p, word_of(&p, slot);
    while (*p == ' ') p++;
    if (*p++ != '=') bad(st->line, "what is this?");
    int64_t x = sum(s, &p, st->line);
    if (slot[0] == 0) {
        find_name(s, left, true)->value = x;
        return;
    }
    if (!is_object_name(s, left)) bad(st->line, "no such object");
    words *o = find_object(s, left);
    if (o) words_set(o, (unsigned)atoi(slot), (uint64_t)x);
}

static void perform(session *s, const step *st) {
    const char *p = st->text;
    char a[24], b[24];
    if (skip_word(&p, "begin")) begin(s, p);
    else if (skip_word(&p, "commit")) finish(s, false);
    else if (skip_word(&p, "retry")) finish(s, true);
    else if (skip_word(&p, "abort")) tx_abort();
    else if (skip_word(&p, "save")) {
        if (!tx_savepoint_set(&s->saves[s->depth++])) bad(st->line, "no memory");
    } else if (skip_word(&p, "rollback")) tx_savepoint_rollback(&s->saves[--s->depth]);
    else if (skip_word(&p, "release")) tx_savepoint_release(&s->saves[--s->depth]);
    else if (skip_word(&p, "wait")) find_name(s, "woken", true)->value = tx_wait_for_change(0);
    else if (skip_word(&p, "add ")) {
        word_of(&p, a);
        counter_add(find_object(s, a), (uint64_t)sum(s, &p, st->line));
    } else if (skip_word(&p, "new ")) {
        word_of(&p, a), word_of(&p, b);
        find_name(s, a, true)->object = words_new((unsigned)atoi(b));
    } else if (skip_word(&p, "bind ")) {
        word_of(&p, a);
        uint64_t w = (uint64_t)sum(s, &p, st->line);
        find_name(s, a, true)->object = w == UINT64_MAX ? NULL : (words *)(uintptr_t)w;
    } else assign(s, st);
}

/* ---- one order ---- */

static void set_up(void) {
    as(OUTSIDER);
    words_block();
    for (int i = 0; i < objects_n; i++) {
        objects[i].o = objects[i].counter ? counter_new() : words_new(objects[i].slots);
        if (!tx_publish((uint64_t)(uintptr_t)objects[i].o)) bad(0, "no memory");
    }
    if (tx_commit() != TX_COMMITTED) bad(0, "set-up did not commit");
    words_block();
    for (int i = 0; i < sets_n; i++) assign(&(session){.id = ""}, &sets[i]);
    if (tx_commit() != TX_COMMITTED) bad(0, "set-up did not commit");
    for (int i = 0; i < sessions_n; i++) sessions[i].at = sessions[i].names_n = 0;
}

static bool one_step(int who) {
    session *s = &sessions[who];
    if (s->at >= s->n) return false;
    as((unsigned)who);
    perform(s, &s->steps[s->at]);
    s->at++;
    if (order_n < (int)(sizeof order / sizeof order[0])) order[order_n++] = who;
    if (tx_active() && tx_check_thread()) bad(s->steps[s->at - 1].line, tx_check_thread());
    return true;
}

static void complain(const claim *c) {
    int at[SESSIONS_MAX] = {0};
    printf("%s:%d: %s\n  after", file, c->line, c->text);
    for (int i = 0; i < order_n; i++) {
        session *s = &sessions[order[i]];
        printf("  %s: %s;", s->id, at[order[i]] < s->n ? s->steps[at[order[i]]].text : "(again)");
        at[order[i]]++;
    }
    printf("\n");
}

static void check_claims(void) {
    bool fine = true;
    as(OUTSIDER);
    words_block();
    for (int i = 0; i < claims_n; i++) {
        bool h = holds(claims[i].text, claims[i].line);
        if (claims[i].kind == 's') claims[i].seen |= h;
        else if (h != (claims[i].kind == 'a')) {
            if (fine) complain(&claims[i]);
            fine = false;
        }
    }
    tx_abort();
    if (fine) passed++;
    else failed++;
}

static void run_order(const int *schedule, int n) {
    order_n = 0;
    set_up();
    for (int i = 0; i < n; i++) one_step(schedule[i]);
    for (bool more = true; more;) { /* sessions that began again */
        more = false;
        for (int i = 0; i < sessions_n; i++)
            if (one_step(i)) more = true;
    }
    check_claims();
    for (int i = 0; i < sessions_n; i++) {
        as((unsigned)i);
        if (tx_active()) tx_abort();
        tx_attempt_reset();
    }
    if (++orders % 1000 == 0) sessions_close(), words_free_all();
}

static void all_orders(int *left, int *schedule, int n, int total) {
    if (n == total) {
        run_order(schedule, total);
        return;
    }
    for (int i = 0; i < sessions_n; i++) {
        if (left[i] == 0) continue;
        left[i]--;
        schedule[n] = i;
        all_orders(left, schedule, n + 1, total);
        left[i]++;
    }
}

/* ---- reading a file ---- */

static void read_line(char *text, int line) {
    const char *p = text;
    char a[24];
    if (skip_word(&p, "object ") || skip_word(&p, "counter ")) {
        objects[objects_n].counter = text[0] == 'c';
        word_of(&p, a);
        snprintf(objects[objects_n].name, sizeof objects[0].name, "%.15s", a);
        word_of(&p, a);
        objects[objects_n++].slots = (unsigned)(a[0] ? atoi(a) : 1);
    } else if (skip_word(&p, "set ")) {
        snprintf(sets[sets_n].text, sizeof sets[0].text, "%s", p);
        sets[sets_n++].line = line;
    } else if (skip_word(&p, "session ")) {
        session *s = &sessions[sessions_n++];
        memset(s, 0, sizeof *s);
        word_of(&p, a);
        snprintf(s->id, sizeof s->id, "%.7s", a);
    } else if (strncmp(text, "always ", 7) == 0 || strncmp(text, "some ", 5) == 0 || strncmp(text, "never ", 6) == 0) {
        claim *c = &claims[claims_n++];
        *c = (claim){.kind = text[0], .line = line};
        snprintf(c->text, sizeof c->text, "%s", strchr(text, ' ') + 1);
    } else {
        if (sessions_n == 0) bad(line, "what is this?");
        session *s = &sessions[sessions_n - 1];
        if (s->n == STEPS) bad(line, "too many steps");
        snprintf(s->steps[s->n].text, sizeof s->steps[0].text, "%s", text);
        s->steps[s->n++].line = line;
    }
}

static void read_file(const char *path) {
    char line[200];
    FILE *f = fopen(path, "r");
    file = path;
    objects_n = sessions_n = claims_n = sets_n = 0;
    if (f == NULL) bad(0, "cannot be read");
    for (int n = 1; fgets(line, sizeof line, f); n++) {
        char *text = line + strspn(line, " \t"), *end = text + strcspn(text, "#\n");
        while (end > text && isspace((unsigned char)end[-1])) end--;
        *end = 0;
        if (*text) read_line(text, n);
    }
    fclose(f);
}

static void run_file(const char *path) {
    int left[SESSIONS_MAX], schedule[SESSIONS_MAX * STEPS], total = 0;
    long before = orders;
    read_file(path);
    for (int k = 0; k < sessions_n; k++) total += left[k] = sessions[k].n;
    all_orders(left, schedule, 0, total);
    for (int k = 0; k < claims_n; k++) {
        if (claims[k].kind != 's' || claims[k].seen) continue;
        printf("%s:%d: in none of %ld orders: %s\n", file, claims[k].line, orders - before, claims[k].text);
        failed++;
    }
    printf("%s: %ld orders\n", file, orders - before);
}

/* No arguments: all files of tests/sched below $srcdir (which make check sets). */
static void run_all(void) {
    char pattern[4096];
    const char *top = getenv("srcdir");
    glob_t found;
    snprintf(pattern, sizeof pattern, "%s/tests/sched/*.sched", top ? top : ".");
    if (glob(pattern, 0, NULL, &found) != 0) {
        fprintf(stderr, "no files match %s\n", pattern);
        exit(2);
    }
    for (size_t i = 0; i < found.gl_pathc; i++) run_file(found.gl_pathv[i]);
    globfree(&found);
}

int main(int argc, char **argv) {
    words_setup();
    for (int i = 1; i < argc; i++) run_file(argv[i]);
    if (argc == 1) run_all();
    sessions_close();
    words_free_all();
    printf("%ld passed, %ld failed\n", passed, failed);
    return failed != 0;
}
