/* pwd.c: the modules pwd and grp: the system's users and groups.
 * Locks: `all` around walks through the whole data base, whose position belongs to the process. */
#include "interp/mod/modules.h"
#include "interp/mod/posix_int.h"
#include "interp/run/blocking.h"
#include "base/mem.h"
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <unistd.h>

static ob_type *passwd_type, *group_type;
static pthread_mutex_t all = PTHREAD_MUTEX_INITIALIZER;

static ob_val text(const char *s) { return s ? ob_str_fsdecode(s, strlen(s)) : OB_NONE; }
static ob_val made(ob_type *t, const ob_val *v, size_t n) {
    for (size_t i = 0; i < n; i++) if (ob_is_null(v[i])) return OB_NULL;
    return ob_structseq_new(t, v);
}
static ob_val passwd_of(const struct passwd *p) {
    ob_val v[7] = {text(p->pw_name), text(p->pw_passwd), ob_from_small(p->pw_uid), ob_from_small(p->pw_gid), text(p->pw_gecos), text(p->pw_dir), text(p->pw_shell)};
    return made(passwd_type, v, 7);
}
static ob_val group_of(const struct group *g) {
    ob_val members = ob_list_new(4);
    for (char **m = g->gr_mem; m && *m && !ob_is_null(members); m++) {
        ob_val s = text(*m);
        if (ob_is_null(s) || !ob_list_append(members, s)) return OB_NULL;
    }
    ob_val v[4] = {text(g->gr_name), text(g->gr_passwd), ob_from_small(g->gr_gid), members};
    return made(group_type, v, 4);
}

/* One look-up, with a buffer that grows until the entry fits. */
typedef struct query { const char *name; uint32_t id; bool group; union { struct passwd p; struct group g; } entry; char *buf; } query;
static int ask(query *q, size_t room, bool *found) {
    struct passwd *p = NULL;
    struct group *g = NULL;
    int e = q->group ? (q->name ? getgrnam_r(q->name, &q->entry.g, q->buf, room, &g) : getgrgid_r(q->id, &q->entry.g, q->buf, room, &g))
                     : (q->name ? getpwnam_r(q->name, &q->entry.p, q->buf, room, &p) : getpwuid_r(q->id, &q->entry.p, q->buf, room, &p));
    *found = e == 0 && (p || g);
    return e;
}
/* OB_NULL without exception: there is none. */
static ob_val look_up(query *q) {
    for (size_t room = 4096;; room *= 2) {
        bool found;
        if (!(q->buf = base_mem_alloc(room))) return ob_raise_memory();
        py_blocking_enter();
        int e = ask(q, room, &found);
        py_blocking_leave();
        ob_val v = !found ? OB_NULL : q->group ? group_of(&q->entry.g) : passwd_of(&q->entry.p);
        base_mem_free(q->buf);
        if (e != ERANGE || room > (16 << 20)) return v;
    }
}
static ob_val by_name(ob_val name, bool group) {
    posix_path p;
    if (!ob_is_str(name)) return ob_raise(&ob_exc_TypeError, "%s() argument must be str, not %.50T", group ? "getgrnam" : "getpwnam", name);
    if (!posix_path_of(group ? "getgrnam" : "getpwnam", name, false, &p)) return OB_NULL;
    query q = {.name = p.text, .group = group};
    ob_val v = look_up(&q);
    if (!ob_is_null(v) || ob_failed()) return v;
    ob_val message = ob_str_format_c("%s(): name not found: %R", group ? "getgrnam" : "getpwnam", name);
    return ob_is_null(message) ? message : ob_raise_obj(&ob_exc_KeyError, message);
}
static ob_val by_id(ob_val id, bool group) {
    query q = {.group = group};
    ob_val v = OB_NULL;
    if (!(group ? posix_gid(id, &q.id) : posix_uid(id, &q.id))) {
        if (!ob_err_clear_if(&ob_exc_OverflowError)) return OB_NULL;
        return ob_raise(&ob_exc_KeyError, "%s", group ? "getgrgid(): gid not found" : "getpwuid(): uid not found");
    } else v = look_up(&q);
    if (!ob_is_null(v) || ob_failed()) return v;
    ob_val message = ob_str_format_c("%s: %S", group ? "getgrgid(): gid not found" : "getpwuid(): uid not found", id);
    return ob_is_null(message) ? message : ob_raise_obj(&ob_exc_KeyError, message);
}
static ob_val everybody(bool group) {
    ob_val out = ob_list_new(32);
    if (ob_is_null(out)) return out;
    ob_gc_hold();                                         /* the entry lies in memory of the C library: nobody else may step on under us */
    pthread_mutex_lock(&all);
    if (group) setgrent();
    else setpwent();
    for (;;) {
        struct passwd *p = group ? NULL : getpwent();
        struct group *g = group ? getgrent() : NULL;
        if (!p && !g) break;
        ob_val v = g ? group_of(g) : passwd_of(p);
        if (ob_is_null(v) || !ob_list_append(out, v)) { out = OB_NULL; break; }
    }
    if (group) endgrent();
    else endpwent();
    pthread_mutex_unlock(&all);
    ob_gc_unhold();
    return out;
}
OB_FN(m_getpwnam) { return by_name(a[0], false); }
OB_FN(m_getpwuid) { return by_id(a[0], false); }
OB_FN(m_getpwall) { return everybody(false); }
OB_FN(m_getgrnam) { return by_name(a[0], true); }
OB_FN(m_getgrgid) { return by_id(a[0], true); }
OB_FN(m_getgrall) { return everybody(true); }

static const ob_def pwd_defs[] = {
    {"getpwall", m_getpwall, "", NULL, 0}, {"getpwnam", m_getpwnam, "name, /", NULL, 0}, {"getpwuid", m_getpwuid, "uidobj, /", NULL, 0}, {0}};
static const ob_def grp_defs[] = {
    {"getgrall", m_getgrall, "", NULL, 0}, {"getgrgid", m_getgrgid, "id", NULL, 0}, {"getgrnam", m_getgrnam, "name", NULL, 0}, {0}};

static bool pwd_fill(ob_val m) {
    static const char *const fields[] = {"pw_name", "pw_passwd", "pw_uid", "pw_gid", "pw_gecos", "pw_dir", "pw_shell", NULL};
    if (!passwd_type) passwd_type = ob_structseq_type_new("pwd.struct_passwd", fields, 7);
    return passwd_type && ob_module_add(m, "struct_passwd", ob_of(passwd_type));
}
static bool grp_fill(ob_val m) {
    static const char *const fields[] = {"gr_name", "gr_passwd", "gr_gid", "gr_mem", NULL};
    if (!group_type) group_type = ob_structseq_type_new("grp.struct_group", fields, 4);
    return group_type && ob_module_add(m, "struct_group", ob_of(group_type));
}
const ob_module_def py_mod_pwd = {"pwd", "The system's users.", pwd_defs, pwd_fill};
const ob_module_def py_mod_grp = {"grp", "The system's groups.", grp_defs, grp_fill};
