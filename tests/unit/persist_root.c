/* persist_root.c: what is put under the root is there in the next process. */
#include "base/check.h"
#include "base/stress.h"
#include "objspace/bytes.h"
#include "objspace/call.h"
#include "objspace/dict.h"
#include "objspace/float.h"
#include "objspace/init.h"
#include "objspace/int.h"
#include "objspace/list.h"
#include "objspace/persist/persist.h"
#include "objspace/set.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include "tests/unit/unit.h"
#include "txn/tx.h"
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Types of the interpreter, which is not linked here. */
ob_type ob_code_type __attribute__((weak)) = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "code"};
ob_type ob_frame_type __attribute__((weak)) = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "frame"};

static char dir[200];
static const char *store(const char *name) {
    static char path[300];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static ob_val text(const char *s) { return ob_str_from_c(s); }
static ob_val num(int64_t i) { return ob_int_from_i64(i); }

static void show_error(void) {
    ob_val e = ob_err_fetch();
    size_t n;
    if (!ob_is_null(e)) printf("  %s: %s\n", ob_type_of(e)->name, ob_str_utf8(ob_str(e), &n));
    fflush(stdout);
}

/* A child process: opens the store, runs fn, commits, closes. */
static bool in_child(const char *name, const pe_options *o, bool (*fn)(void)) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        alarm(60);
        bool ok = ob_init() && pe_open(store(name), o);
        if (ok) {
            ok = fn();
            if (ob_failed()) ok = false;
            if (tx_active() && tx_commit() != TX_COMMITTED) ok = false, pe_raise_refused();
            tx_begin(&(tx_options){.slice = true});
            if (!pe_close()) ok = false;
        }
        if (!ok) show_error();
        fflush(stdout);
        _exit(ok ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    if (status) printf("  child: status %x\n", (unsigned)status);
    return status == 0;
}

static bool commit(void) {
    bool ok = tx_commit() == TX_COMMITTED;
    tx_begin(&(tx_options){.slice = true});
    return ok;
}

static ob_val get(ob_val d, const char *k) { return ob_dict_get_c(d, k); }
static bool is_text(ob_val v, const char *s) { return !ob_is_null(v) && ob_is_str(v) && ob_str_equal_c(v, s); }
#define NEED(x) do { if (!(x)) { printf("  %s:%d: %s\n", __FILE__, __LINE__, #x); show_error(); return false; } } while (0)

static bool write_values(void) {
    ob_val r = pe_root(), l = ob_list_new(0), s = ob_set_new();
    for (int i = 0; i < 10; i++) NEED(ob_list_append(l, num(i)));
    NEED(ob_set_add(s, text("x")) && ob_set_add(s, num(3)));
    ob_val items[] = {num(1), text("two"), ob_float_from(3.5), l};
    NEED(ob_dict_set_c(r, "list", l) && ob_dict_set_c(r, "same", l) && ob_dict_set_c(r, "set", s));
    NEED(ob_dict_set_c(r, "tuple", ob_tuple_from(items, 4)));
    NEED(ob_dict_set_c(r, "none", OB_NONE) && ob_dict_set_c(r, "yes", OB_TRUE) && ob_dict_set_c(r, "no", OB_FALSE));
    NEED(ob_dict_set_c(r, "int", num(-123456789)) && ob_dict_set_c(r, "tiny", ob_float_from(5e-324)));
    NEED(ob_dict_set_c(r, "big", ob_int_from_text("-123456789012345678901234567890", 31, 10, OB_NULL)));
    NEED(ob_dict_set_c(r, "bytes", ob_bytes_from("a\0b", 3)) && ob_dict_set_c(r, "array", ob_bytearray_from("xyz", 3)));
    NEED(ob_dict_set_c(r, "text", ob_str_from_utf8("h\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\x8d", 12)));
    NEED(ob_dict_set_c(r, "type", ob_type_val(&ob_list_type)) && ob_dict_set_c(r, "complex", ob_complex_from(1, -2)));
    NEED(ob_list_append(l, l));
    char *longer = malloc(5000);
    memset(longer, 'q', 4999);
    longer[4999] = 0;
    NEED(ob_dict_set_c(r, "long", text(longer)));
    return commit();
}

static bool read_values(void) {
    ob_val r = pe_root(), l = get(r, "list"), t = get(r, "tuple");
    NEED(!ob_is_null(l) && ob_is_list(l) && ob_list_len(l) == 11);
    NEED(ob_same(l, get(r, "same")) && ob_same(ob_list_at(l, 10), l) && ob_to_small(ob_list_at(l, 9)) == 9);
    NEED(ob_tuple_len(t) == 4 && is_text(ob_tuple_at(t, 1), "two") && ob_same(ob_tuple_at(t, 3), l));
    NEED(ob_set_contains(get(r, "set"), text("x")) == 1 && ob_set_contains(get(r, "set"), num(3)) == 1 && ob_set_len(get(r, "set")) == 2);
    NEED(ob_is_none(get(r, "none")) && ob_same(get(r, "yes"), OB_TRUE) && ob_to_small(get(r, "int")) == -123456789);
    NEED(ob_float_value(get(r, "tiny")) == 5e-324);
    NEED(is_text(ob_repr(get(r, "big")), "-123456789012345678901234567890"));
    NEED(is_text(ob_repr(get(r, "array")), "bytearray(b'xyz')") && is_text(ob_repr(get(r, "bytes")), "b'a\\x00b'"));
    NEED(ob_str_len(get(r, "text")) == 6 && ob_str_at(get(r, "text"), 5) == 0x1f40d && ob_str_len(get(r, "long")) == 4999);
    NEED(ob_same(get(r, "type"), ob_type_val(&ob_list_type)) && is_text(ob_repr(get(r, "complex")), "(1-2j)"));
    NEED(is_text(ob_repr(ob_dict_keys_list(r)), "['list', 'same', 'set', 'tuple', 'none', 'yes', 'no', 'int', 'tiny', 'big', 'bytes', 'array', 'text', 'type', 'complex', 'long']"));
    return true;
}

TEST(values_of_all_native_kinds_come_back) {
    CHECK_FATAL(in_child("a", NULL, write_values));
    CHECK(in_child("a", NULL, read_values));
    CHECK(in_child("a", &(pe_options){.readonly = true}, read_values));
}

enum { MANY = 50000 };
static bool write_big(void) {
    ob_val r = pe_root(), d = ob_dict_new(), l = ob_list_new(0), s = ob_set_new();
    for (int i = 0; i < MANY; i++) NEED(ob_dict_set(d, num(i), num(i * 2)) && ob_list_append(l, num(i)) && ob_set_add(s, num(i)));
    NEED(ob_dict_set_c(r, "d", d) && ob_dict_set_c(r, "l", l) && ob_dict_set_c(r, "s", s));
    return commit();
}

static bool change_big(void) {
    ob_val r = pe_root();
    pe_stats a, b;
    (void)ob_dict_len(get(r, "d")), (void)ob_list_len(get(r, "l")), (void)ob_set_len(get(r, "s"));
    pe_stats_get(&a);
    NEED(ob_dict_set(get(r, "d"), num(777), text("changed")) && commit());
    pe_stats_get(&b);
    NEED(b.writes - a.writes <= 2);
    NEED(ob_dict_set(get(r, "d"), text("new"), num(1)) && ob_dict_del(get(r, "d"), num(0)) == 1 && commit());
    NEED(ob_list_set(get(r, "l"), 40000, text("here")) && ob_list_append(get(r, "l"), text("end")) && commit());
    NEED(ob_set_discard(get(r, "s"), num(5)) == 1 && ob_set_add(get(r, "s"), text("five")) && commit());
    pe_stats_get(&b);
    printf("  %llu records written for 7 changes\n", (unsigned long long)(b.writes - a.writes));
    NEED(b.writes - a.writes <= 16);
    return true;
}

static bool read_big(void) {
    ob_val r = pe_root(), d = get(r, "d"), l = get(r, "l"), s = get(r, "s"), k, v;
    size_t pos = 0, n = 0;
    NEED(ob_dict_len(d) == MANY);
    while (ob_dict_next(d, &pos, &k, &v)) {
        if (n < MANY - 1) NEED(ob_to_small(k) == (int64_t)n + 1 && (n + 1 == 777 ? is_text(v, "changed") : ob_to_small(v) == (int64_t)(n + 1) * 2));
        n++;
    }
    NEED(is_text(k, "new") && n == MANY);
    NEED(ob_list_len(l) == MANY + 1 && is_text(ob_list_at(l, 40000), "here") && is_text(ob_list_at(l, MANY), "end"));
    NEED(ob_set_len(s) == MANY && ob_set_contains(s, num(5)) == 0 && ob_set_contains(s, text("five")) == 1 && ob_set_contains(s, num(4999)) == 1);
    return true;
}

TEST(a_change_in_a_big_container_writes_few_records) {
    CHECK_FATAL(in_child("b", NULL, write_big));
    CHECK(in_child("b", NULL, change_big));
    CHECK(in_child("b", NULL, read_big));
}

static bool refuse_object(void) {
    ob_val r = pe_root(), l = ob_list_new(0), inner = ob_dict_new();
    NEED(ob_dict_set_c(r, "good", num(1)) && commit());
    NEED(ob_dict_set_c(r, "jobs", l) && ob_list_append(l, num(0)) && ob_list_append(l, inner));
    NEED(ob_dict_set_c(inner, "it", ob_iter(ob_list_new(0))));
    NEED(tx_commit() == TX_REFUSED && tx_fail_reason() == TX_FAIL_SINK);
    tx_begin(&(tx_options){.slice = true});
    pe_raise_refused();
    ob_val e = ob_err_fetch();
    NEED(!ob_is_null(e) && ob_is_a(e, &ob_exc_PersistenceError));
    NEED(is_text(ob_str(e), "root['jobs'][1]['it']: list_iterator"));
    NEED(ob_is_null(get(r, "jobs")) && ob_dict_len(r) == 1);
    NEED(ob_dict_set_c(r, "later", num(2)) && commit());
    return true;
}
static bool after_refusal(void) {
    ob_val r = pe_root();
    NEED(ob_dict_len(r) == 2 && ob_to_small(get(r, "later")) == 2);
    return true;
}
TEST(what_cannot_persist_is_named_by_its_path) {
    CHECK(in_child("c", NULL, refuse_object));
    CHECK(in_child("c", NULL, after_refusal));
}

static bool write_chain(void) {
    ob_val r = pe_root(), l = ob_list_new(0);
    for (int i = 0; i < 300000; i++) {
        ob_val outer = ob_list_new(1);
        NEED(ob_list_append(outer, l));
        l = outer;
    }
    NEED(ob_dict_set_c(r, "chain", l) && commit());
    return true;
}
static bool read_chain(void) {
    ob_val l = get(pe_root(), "chain");
    unsigned n = 0;
    for (; ob_list_len(l); n++) l = ob_list_at(l, 0);
    NEED(n == 300000);
    ob_gc_collect();
    return true;
}
TEST(chains_of_any_length_persist) {
    CHECK(in_child("d", NULL, write_chain));
    CHECK(in_child("d", NULL, read_chain));
}

static bool fill_up(void) {
    ob_val r = pe_root(), l = ob_list_new(0);
    NEED(ob_dict_set_c(r, "l", l) && commit());
    char *piece = malloc(900);
    memset(piece, 'x', 899);
    piece[899] = 0;
    unsigned n = 0;
    for (; n < 5000; n++) {
        NEED(ob_list_append(l, text(piece)));
        if (!commit()) break;
    }
    NEED(n > 10 && n < 5000);
    pe_raise_refused();
    ob_val e = ob_err_fetch();
    NEED(ob_is_a(e, &ob_exc_StoreFull) && ob_list_len(l) == n);
    ob_dict_clear(r);
    NEED(commit());
    return true;
}
TEST(a_full_store_undoes_the_commit_and_goes_on) { CHECK(in_child("e", &(pe_options){.max_size = 1 << 20}, fill_up)); }

static bool write_async(void) {
    ob_val r = pe_root();
    for (int i = 0; i < 1000; i++) NEED(ob_dict_set(r, num(i), num(i)) && commit());
    return pe_sync();
}
static bool read_async(void) { return ob_dict_len(pe_root()) == 1000; }
TEST(asynchronous_commits_are_written_by_a_thread) {
    CHECK(in_child("f", &(pe_options){.durability = PE_ASYNC}, write_async));
    CHECK(in_child("f", NULL, read_async));
}

/* The operator's commands, each in a process of its own. */
static int admin(const char *a, const char *b, const char *c, const char *d) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        char *argv[] = {(char *)(uintptr_t)a, (char *)(uintptr_t)b, (char *)(uintptr_t)c, (char *)(uintptr_t)d};
        int n = d ? 4 : c ? 3 : 2;
        alarm(60);
        if (!getenv("UNIT_VERBOSE") && (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))) _exit(9);
        _exit(ob_init() ? pe_admin(n, argv) : 9);
    }
    int status;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(the_commands_of_the_store_tool_answer) {
    char a[300], b[300], c[300], file[300];
    snprintf(a, sizeof a, "%s/a", dir), snprintf(b, sizeof b, "%s/b", dir), snprintf(c, sizeof c, "%s/copy", dir), snprintf(file, sizeof file, "%s/dump", dir);
    CHECK(admin("stat", a, NULL, NULL) == 0 && admin("stat", a, "--json", NULL) == 0 && admin("ls", a, NULL, NULL) == 0);
    CHECK(admin("show", a, "root['tuple'][3][10]", NULL) == 0 && admin("show", a, "root['nothing']", NULL) == 1 && admin("show", a, "@1", "--json") == 0);
    CHECK(admin("check", a, NULL, NULL) == 0 && admin("check", b, NULL, NULL) == 0 && admin("gc", b, NULL, NULL) == 0);
    CHECK(admin("backup", a, c, NULL) == 0 && admin("backup", a, c, NULL) == 1 && admin("backup", a, c, "--force") == 0 && admin("check", c, NULL, NULL) == 0);
    CHECK(in_child("copy", NULL, read_values));
    CHECK(admin("dump", b, file, NULL) == 0 && admin("load", c, file, NULL) == 1 && admin("load", c, file, "--force") == 0);
    CHECK(in_child("copy", NULL, read_big));
    CHECK(admin("compact", c, NULL, NULL) == 0 && in_child("copy", NULL, read_big));
    CHECK(admin("nonsense", a, NULL, NULL) == 2 && admin("stat", file, NULL, NULL) == 1);
}

int main(void) {
    snprintf(dir, sizeof dir, "%s/apodora-persist-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (mkdtemp(dir) == NULL) return 1;
    (void)!base_stress_init(NULL);
    int rc = unit_run();
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command) != 0 ? 1 : rc;
}
