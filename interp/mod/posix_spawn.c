/* posix_spawn.c: posix_spawn() and posix_spawnp().  Locks: none. */
#include "interp/mod/modutil.h"
#include "interp/mod/io_pending.h"
#include "interp/mod/posix_int.h"
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>

enum { SPAWN_OPEN, SPAWN_CLOSE, SPAWN_DUP2 };

typedef struct spawn { posix_spawnattr_t attr; posix_spawn_file_actions_t actions; } spawn;

static bool by_errno(int e) { return e == 0 || ob_fail(ob_raise_errno(e, OB_NULL)); }
static bool truth(ob_val v, bool *out) {
    int t = 0;
    if (!ob_is_null(v) && !posix_int(v, &t)) return false;
    *out = t != 0;
    return true;
}

static bool one_action(ob_val v, spawn *s) {
    int tag, x, y, mode;
    posix_path p;
    if (!ob_is_tuple(v) || ob_tuple_len(v) == 0) return ob_fail(ob_raise(&ob_exc_TypeError, "Each file_actions element must be a non-empty tuple"));
    size_t n = ob_tuple_len(v);
    if (!posix_int(ob_tuple_at(v, 0), &tag)) return false;
    if (tag != SPAWN_OPEN && tag != SPAWN_CLOSE && tag != SPAWN_DUP2) return ob_fail(ob_raise(&ob_exc_TypeError, "Unknown file_actions identifier"));
    if (n != (tag == SPAWN_OPEN ? 5 : tag == SPAWN_CLOSE ? 2 : 3))
        return ob_fail(ob_raise(&ob_exc_TypeError, "A %s file_action tuple must have %d elements", tag == SPAWN_OPEN ? "open" : tag == SPAWN_CLOSE ? "close" : "dup2",
                                tag == SPAWN_OPEN ? 5 : tag == SPAWN_CLOSE ? 2 : 3));
    if (!posix_int(ob_tuple_at(v, 1), &x)) return false;
    if (tag == SPAWN_CLOSE) return by_errno(posix_spawn_file_actions_addclose(&s->actions, x));
    if (tag == SPAWN_DUP2) return posix_int(ob_tuple_at(v, 2), &y) && by_errno(posix_spawn_file_actions_adddup2(&s->actions, x, y));
    return posix_path_of("posix_spawn", ob_tuple_at(v, 2), false, &p) && posix_int(ob_tuple_at(v, 3), &y) && posix_int(ob_tuple_at(v, 4), &mode) &&
           by_errno(posix_spawn_file_actions_addopen(&s->actions, x, p.text, y, (mode_t)mode));
}
static bool file_actions(ob_val v, spawn *s) {
    if ((ob_is_null(v) || ob_is_none(v))) return true;
    ob_val t = ob_tuple_of_iterable(v);
    if (ob_is_null(t)) return ob_failed() ? false : ob_fail(ob_raise(&ob_exc_TypeError, "file_actions must be a sequence or None"));
    for (size_t i = 0; i < ob_tuple_len(t); i++) if (!one_action(ob_tuple_at(t, i), s)) return false;
    return true;
}
static bool signal_set(ob_val v, sigset_t *out) {
    ob_val it = ob_iter(v);
    sigemptyset(out);
    if (ob_is_null(it)) return false;
    for (ob_val x; !ob_is_null(x = ob_next(it));) {
        int sig;
        if (!posix_int(x, &sig)) return false;
        if (sig < 1 || sig > 64) return ob_fail(ob_raise(&ob_exc_ValueError, "signal number %d out of range [1; 64]", sig));
        sigaddset(out, sig);
    }
    return !ob_failed();
}
static bool scheduler(ob_val v, const char *who, spawn *s, short *flags) {
    if ((ob_is_null(v) || ob_is_none(v))) return true;
    int policy;
    struct sched_param p;
    if (!ob_is_tuple(v) || ob_tuple_len(v) != 2) return ob_fail(ob_raise(&ob_exc_TypeError, "%s: scheduler must be a tuple or None", who));
    ob_val priority = ob_getattr_c(ob_tuple_at(v, 1), "sched_priority");
    if (ob_is_null(priority) || !posix_int(priority, &p.sched_priority)) return false;
    if (!ob_is_none(ob_tuple_at(v, 0))) {
        if (!posix_int(ob_tuple_at(v, 0), &policy) || !by_errno(posix_spawnattr_setschedpolicy(&s->attr, policy))) return false;
        *flags |= POSIX_SPAWN_SETSCHEDULER;
    } else *flags |= POSIX_SPAWN_SETSCHEDPARAM;
    return by_errno(posix_spawnattr_setschedparam(&s->attr, &p));
}
/* a: path, argv, env, file_actions, setpgroup, resetids, setsid, setsigmask, setsigdef, scheduler */
static bool attributes(const ob_val *a, const char *who, spawn *s) {
    short flags = 0;
    bool resetids, setsid;
    int group;
    sigset_t set;
    if (!truth(a[5], &resetids) || !truth(a[6], &setsid)) return false;
    if (!ob_is_null(a[4])) {
        if (!posix_int(a[4], &group) || !by_errno(posix_spawnattr_setpgroup(&s->attr, group))) return false;
        flags |= POSIX_SPAWN_SETPGROUP;
    }
    if (resetids) flags |= POSIX_SPAWN_RESETIDS;
    if (setsid) flags |= POSIX_SPAWN_SETSID;
    if (!ob_is_null(a[7])) {
        if (!signal_set(a[7], &set) || !by_errno(posix_spawnattr_setsigmask(&s->attr, &set))) return false;
        flags |= POSIX_SPAWN_SETSIGMASK;
    }
    if (!ob_is_null(a[8])) {
        if (!signal_set(a[8], &set) || !by_errno(posix_spawnattr_setsigdefault(&s->attr, &set))) return false;
        flags |= POSIX_SPAWN_SETSIGDEF;
    }
    return scheduler(a[9], who, s, &flags) && by_errno(posix_spawnattr_setflags(&s->attr, flags));
}
static ob_val do_spawn(const ob_val *a, const char *who, bool search) {
    spawn s;
    posix_path p;
    pid_t pid;
    int e = -1;
    if (!posix_path_of(who, a[0], false, &p)) return OB_NULL;
    if (!ob_is_list(a[1]) && !ob_is_tuple(a[1])) return ob_raise(&ob_exc_TypeError, "%s: argv must be a tuple or list", who);
    if (!ob_type_of(a[2])->slots.getitem) return ob_raise(&ob_exc_TypeError, "%s: environment must be a mapping object or None", who);
    char **args = posix_strings(a[1]), **env = args ? posix_environment(a[2]) : NULL;
    posix_spawnattr_init(&s.attr);
    posix_spawn_file_actions_init(&s.actions);
    if (!args || !env) { /* raised */ }
    else if (!*args) ob_raise(&ob_exc_ValueError, "%s: argv must not be empty", who);
    else if (!**args) ob_raise(&ob_exc_ValueError, "%s: argv first element cannot be empty", who);
    else if (file_actions(a[3], &s) && attributes(a, who, &s) && py_io_sync_own() && ob_external()) {
        py_blocking_enter();
        e = (search ? posix_spawnp : posix_spawn)(&pid, p.text, &s.actions, &s.attr, args, env);
        py_blocking_leave();
    }
    posix_spawn_file_actions_destroy(&s.actions);
    posix_spawnattr_destroy(&s.attr);
    posix_strings_free(args);
    posix_strings_free(env);
    return e < 0 ? OB_NULL : e ? ob_raise_errno(e, p.given) : ob_from_small(pid);
}
NATIVE(s_spawn) { return do_spawn(a, "posix_spawn", false); }
NATIVE(s_spawnp) { return do_spawn(a, "posix_spawnp", true); }

#define SIG "path, argv, env, /, *, file_actions=(), setpgroup=None, resetids=False, setsid=False, setsigmask=(), setsigdef=(), scheduler=None"
static const ob_def defs[] = {{"posix_spawn", s_spawn, SIG, NULL, 0}, {"posix_spawnp", s_spawnp, SIG, NULL, 0}, {0}};

bool posix_spawn_fill(ob_val m) {
    return ob_module_add_defs(m, defs) && ob_module_add_int(m, "POSIX_SPAWN_OPEN", SPAWN_OPEN) && ob_module_add_int(m, "POSIX_SPAWN_CLOSE", SPAWN_CLOSE) &&
           ob_module_add_int(m, "POSIX_SPAWN_DUP2", SPAWN_DUP2);
}
