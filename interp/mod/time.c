/* time.c: the module time: clocks, sleeping, and calendar time by the C library.
 *
 * Locks: none; the C library guards its time zone data. `time_module` and `struct_time` are set once, at import.
 */
#include "base/mem.h"
#include "interp/run/blocking.h"
#include "interp/mod/modules.h"
#include "interp/run/frame.h"
#include "interp/run/merge.h"
#include "objspace/error.h"
#include "objspace/float.h"
#include "objspace/heap.h"
#include "objspace/int.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NS INT64_C(1000000000)

static ob_val time_module;
static ob_type *struct_time;

/* ---- seconds ---- */

static bool out_of_range(void) { return ob_fail(ob_raise(&ob_exc_OverflowError, "timestamp out of range for platform time_t")); }

/* A number of seconds, rounded down. */
static bool seconds_of(ob_val v, time_t *out) {
    if (ob_is_float(v)) {
        double d = ob_float_value(v);
        if (isnan(d)) return ob_fail(ob_raise(&ob_exc_ValueError, "Invalid value NaN (not a number)"));
        d = floor(d);
        if (!(d >= -0x1p63 && d < 0x1p63)) return out_of_range();
        *out = (time_t)d;
        return true;
    }
    ob_val i = ob_index(v);
    int64_t s;
    if (ob_is_null(i)) return false;
    if (!ob_int_to_i64(i, &s)) { ob_err_clear(); return out_of_range(); }
    *out = s;
    return true;
}

/* A length of time in nanoseconds, rounded away from 0. */
static bool duration_of(ob_val v, int64_t *ns) {
    if (ob_is_float(v)) {
        double d = ob_float_value(v);
        if (isnan(d)) return ob_fail(ob_raise(&ob_exc_ValueError, "Invalid value NaN (not a number)"));
        d *= 1e9;
        d = d < 0 ? floor(d) : ceil(d);
        if (!(d > -0x1p63 && d < 0x1p63)) return out_of_range();
        *ns = (int64_t)d;
        return true;
    }
    time_t s;
    if (!seconds_of(v, &s)) return false;
    if (__builtin_mul_overflow((int64_t)s, NS, ns)) return out_of_range();
    return true;
}

static ob_val seconds(int64_t ns) { return ob_float_from(ns % NS == 0 ? (double)(ns / NS) : (double)ns / 1e9); }

/* ---- clocks ---- */

static bool read_clock(clockid_t id, int64_t *ns) {
    struct timespec t;
    if (!py_merge_clock()) return false;
    if (clock_gettime(id, &t) != 0) return ob_fail(ob_raise_errno(errno, OB_NULL));
    *ns = (int64_t)t.tv_sec * NS + t.tv_nsec;
    return true;
}

/* CLOCK(Python name, id, goes back never?, can be set?) */
#define CLOCKS(CLOCK) \
    CLOCK(time, CLOCK_REALTIME, false, true) \
    CLOCK(monotonic, CLOCK_MONOTONIC, true, false) \
    CLOCK(perf_counter, CLOCK_MONOTONIC, true, false) \
    CLOCK(process_time, CLOCK_PROCESS_CPUTIME_ID, true, false) \
    CLOCK(thread_time, CLOCK_THREAD_CPUTIME_ID, true, false)

#define CLOCK(name, id, mono, adjust) \
    OB_FN(time_##name) { int64_t t; return read_clock(id, &t) ? seconds(t) : OB_NULL; } \
    OB_FN(time_##name##_ns) { int64_t t; return read_clock(id, &t) ? ob_int_from_i64(t) : OB_NULL; }
CLOCKS(CLOCK)
#undef CLOCK

static ob_val clock_info(const char *implementation, bool mono, bool adjust, clockid_t id) {
    struct timespec r;
    if (clock_getres(id, &r) != 0) return ob_raise_errno(errno, OB_NULL);
    char text[64];
    snprintf(text, sizeof text, "clock_gettime(%s)", implementation);
    ob_val sys_name = ob_str_intern_c("sys"), sys = OB_NULL, like = OB_NULL;
    if (!ob_is_null(sys_name)) sys = ob_the_vm.import(sys_name, OB_NULL, OB_NULL, OB_NONE, 0);
    if (!ob_is_null(sys)) like = ob_getattr_c(sys, "implementation");       /* a SimpleNamespace */
    if (ob_is_null(like)) return OB_NULL;
    ob_val values[] = {ob_str_from_c(text), ob_bool(mono), ob_bool(adjust), ob_float_from((double)r.tv_sec + (double)r.tv_nsec * 1e-9)};
    ob_val names[] = {ob_str_intern_c("implementation"), ob_str_intern_c("monotonic"), ob_str_intern_c("adjustable"), ob_str_intern_c("resolution")};
    ob_val kw = ob_failed() ? OB_NULL : ob_tuple_from(names, BASE_LENGTH(names));
    return ob_is_null(kw) ? OB_NULL : ob_call_kw(ob_type_val(ob_type_of(like)), values, 0, kw);
}

OB_FN(time_get_clock_info) {
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "get_clock_info() argument 1 must be str, not %.50T", a[0]);
#define CLOCK(name, id, mono, adjust) if (ob_str_equal_c(a[0], #name)) return clock_info(#id, mono, adjust, id);
    CLOCKS(CLOCK)
#undef CLOCK
    return ob_raise(&ob_exc_ValueError, "unknown clock");
}

static bool c_int(ob_val v, int *out) {
    int64_t i;
    ob_val x = ob_index(v);
    if (ob_is_null(x) || !ob_int_to_i64(x, &i)) return false;
    if (i > INT_MAX) return ob_fail(ob_raise(&ob_exc_OverflowError, "signed integer is greater than maximum"));
    if (i < INT_MIN) return ob_fail(ob_raise(&ob_exc_OverflowError, "signed integer is less than minimum"));
    *out = (int)i;
    return true;
}

OB_FN(time_clock_gettime) { int id; int64_t t; return c_int(a[0], &id) && read_clock(id, &t) ? seconds(t) : OB_NULL; }
OB_FN(time_clock_gettime_ns) { int id; int64_t t; return c_int(a[0], &id) && read_clock(id, &t) ? ob_int_from_i64(t) : OB_NULL; }

OB_FN(time_clock_getres) {
    int id;
    struct timespec r;
    if (!c_int(a[0], &id)) return OB_NULL;
    if (clock_getres(id, &r) != 0) return ob_raise_errno(errno, OB_NULL);
    return ob_float_from((double)r.tv_sec + (double)r.tv_nsec * 1e-9);
}

static ob_val set_clock(int id, int64_t ns) {
    struct timespec t = {ns / NS, ns % NS};
    if (t.tv_nsec < 0) { t.tv_nsec += NS; t.tv_sec--; }
    if (!ob_external()) return OB_NULL;
    return clock_settime(id, &t) == 0 ? OB_NONE : ob_raise_errno(errno, OB_NULL);
}

OB_FN(time_clock_settime) { int id; int64_t t; return c_int(a[0], &id) && duration_of(a[1], &t) ? set_clock(id, t) : OB_NULL; }

OB_FN(time_clock_settime_ns) {
    int id;
    int64_t t;
    if (!c_int(a[0], &id)) return OB_NULL;
    if (!ob_is_int(a[1])) return ob_raise(&ob_exc_TypeError, "expect int, got %.200T", a[1]);
    return ob_int_to_i64(a[1], &t) ? set_clock(id, t) : OB_NULL;
}

OB_FN(time_pthread_getcpuclockid) {
    uint64_t thread;
    clockid_t id;
    if (!ob_int_to_u64(a[0], &thread)) return OB_NULL;
    if (thread != py_me->ident) return ob_raise_errno(ESRCH, OB_NULL);   /* idents are our own: only this thread's is known here */
    int err = pthread_getcpuclockid(pthread_self(), &id);
    return err ? ob_raise_errno(err, OB_NULL) : ob_int_from_i64(id);
}

/* ---- sleeping ---- */

OB_FN(time_sleep) {
    int64_t ns;
    struct timespec until;
    if (!duration_of(a[0], &ns)) return OB_NULL;
    if (ns < 0) return ob_raise(&ob_exc_ValueError, "sleep length must be non-negative");
    if (!ob_external()) return OB_NULL;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t end;
    if (__builtin_add_overflow((int64_t)until.tv_sec * NS + until.tv_nsec, ns, &end)) end = INT64_MAX;
    until.tv_sec = end / NS;
    until.tv_nsec = end % NS;
    for (;;) {
        py_blocking_enter();
        int err = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
        py_blocking_leave();
        if (err == 0) return OB_NONE;
        if (err != EINTR) return ob_raise_errno(err, OB_NULL);
        if (!ob_poll()) return OB_NULL;                   /* a signal's handler may raise */
    }
}

/* ---- struct_time ---- */

static const char *const fields[] = {"tm_year", "tm_mon", "tm_mday", "tm_hour", "tm_min", "tm_sec", "tm_wday", "tm_yday", "tm_isdst", "tm_zone", "tm_gmtoff", NULL};

static ob_val from_tm(const struct tm *t) {
    int n[] = {t->tm_mon + 1, t->tm_mday, t->tm_hour, t->tm_min, t->tm_sec, (t->tm_wday + 6) % 7, t->tm_yday + 1, t->tm_isdst};
    ob_val v[11];
    v[0] = ob_from_small(1900 + (int64_t)t->tm_year);
    for (size_t i = 0; i < BASE_LENGTH(n); i++) v[i + 1] = ob_from_small(n[i]);
    v[9] = ob_str_fsdecode(t->tm_zone, strlen(t->tm_zone));
    v[10] = ob_from_small(t->tm_gmtoff);
    return ob_is_null(v[9]) ? OB_NULL : ob_structseq_new(struct_time, v);
}

static bool when(ob_val v, time_t *out) {
    if (!ob_is_null(v) && !ob_is_none(v)) return seconds_of(v, out);
    *out = time(NULL);
    return py_merge_clock();
}

static ob_val broken_down(ob_val v, struct tm *(*fn)(const time_t *, struct tm *)) {
    time_t s;
    struct tm t;
    if (!when(v, &s)) return OB_NULL;
    errno = 0;
    return fn(&s, &t) ? from_tm(&t) : ob_raise_errno(errno ? errno : EINVAL, OB_NULL);
}

/* For functions that CPython documents without keywords: 0 or 1 argument. */
static bool at_most_one(const char *name, size_t n, ob_val kw) {
    if (!ob_is_null(kw)) return ob_fail(ob_raise(&ob_exc_TypeError, "time.%s() takes no keyword arguments", name));
    return n <= 1 || ob_fail(ob_raise(&ob_exc_TypeError, "%s() takes at most 1 argument (%zu given)", name, n));
}

OB_FN(time_gmtime) { return at_most_one("gmtime", n, kw) ? broken_down(n ? a[0] : OB_NULL, gmtime_r) : OB_NULL; }
OB_FN(time_localtime) { return at_most_one("localtime", n, kw) ? broken_down(n ? a[0] : OB_NULL, localtime_r) : OB_NULL; }

static bool to_tm(ob_val v, const char *function, struct tm *t) {
    int y, *n[] = {&y, &t->tm_mon, &t->tm_mday, &t->tm_hour, &t->tm_min, &t->tm_sec, &t->tm_wday, &t->tm_yday, &t->tm_isdst};
    memset(t, 0, sizeof *t);
    if (!ob_is_tuple(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "Tuple or struct_time argument required"));
    if (ob_tuple_len(v) != 9) return ob_fail(ob_raise(&ob_exc_TypeError, "%s(): illegal time tuple argument", function));
    for (size_t i = 0; i < 9; i++)
        if (!c_int(ob_tuple_at(v, i), n[i])) return false;
    if (y < INT_MIN + 1900) return ob_fail(ob_raise(&ob_exc_OverflowError, "year out of range"));
    t->tm_year = y - 1900;
    t->tm_mon--;
    t->tm_wday = (t->tm_wday + 1) % 7;
    t->tm_yday--;
    if (ob_type_of(v) == struct_time) {
        ob_val zone = ob_getattr_c(v, "tm_zone"), offset = ob_getattr_c(v, "tm_gmtoff");
        if (ob_is_null(zone) || ob_is_null(offset)) return false;
        if (ob_is_str(zone) && !(t->tm_zone = ob_str_fsencode(zone, NULL))) return false;
        if (ob_is_small(offset)) t->tm_gmtoff = ob_to_small(offset);
    }
    return true;
}

/* One field's range; -1 in the second kind of call stands for "not given" (0 in Python) and becomes the least. */
static bool in_range(int *v, int least, int most, const char *what) {
    if (*v >= least && *v <= most) return true;
    return ob_fail(ob_raise(&ob_exc_ValueError, "%s out of range", what));
}

static bool check_tm(struct tm *t) {
    if (t->tm_mon == -1) t->tm_mon = 0;
    if (t->tm_mday == 0) t->tm_mday = 1;
    if (t->tm_yday == -1) t->tm_yday = 0;
    return in_range(&t->tm_mon, 0, 11, "month") && in_range(&t->tm_mday, 1, 31, "day of month") && in_range(&t->tm_hour, 0, 23, "hour") &&
           in_range(&t->tm_min, 0, 59, "minute") && in_range(&t->tm_sec, 0, 61, "seconds") && in_range(&t->tm_wday, 0, 6, "day of week") &&
           in_range(&t->tm_yday, 0, 365, "day of year");
}

static bool now_or(ob_val v, const char *function, struct tm *t) {
    if (!ob_is_null(v)) return to_tm(v, function, t) && check_tm(t);
    time_t s = time(NULL);
    if (!py_merge_clock()) return false;
    return localtime_r(&s, t) || ob_fail(ob_raise_errno(errno, OB_NULL));
}

static ob_val text_of(const struct tm *t) {
    static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char buf[80];
    int n = snprintf(buf, sizeof buf, "%.3s %.3s%3d %.2d:%.2d:%.2d %lld", days + 3 * t->tm_wday, months + 3 * t->tm_mon, t->tm_mday, t->tm_hour,
                     t->tm_min, t->tm_sec, 1900 + (long long)t->tm_year);
    return ob_str_from_utf8(buf, (size_t)n);
}

OB_FN(time_asctime) {
    struct tm t;
    if (!ob_is_null(kw)) return ob_raise(&ob_exc_TypeError, "time.asctime() takes no keyword arguments");
    if (n > 1) return ob_raise(&ob_exc_TypeError, "asctime expected at most 1 argument, got %zu", n);
    return now_or(n ? a[0] : OB_NULL, "asctime", &t) ? text_of(&t) : OB_NULL;
}

OB_FN(time_ctime) {
    time_t s;
    struct tm t;
    if (!at_most_one("ctime", n, kw) || !when(n ? a[0] : OB_NULL, &s)) return OB_NULL;
    return localtime_r(&s, &t) ? text_of(&t) : ob_raise_errno(errno, OB_NULL);
}

OB_FN(time_mktime) {
    struct tm t;
    if (!to_tm(a[0], "mktime", &t)) return OB_NULL;
    t.tm_wday = -1;                                       /* stays so when mktime fails */
    time_t s = mktime(&t);
    if (s == (time_t)-1 && t.tm_wday == -1) return ob_raise(&ob_exc_OverflowError, "mktime argument out of range");
    return ob_float_from((double)s);
}

/* ---- strftime, strptime ---- */

/* Grows until the text fits; an empty result is taken as such once there was ample room. */
static ob_val formatted(const char *format, size_t len, const struct tm *t) {
    for (size_t room = 1024;; room *= 2) {
        char *buf = base_mem_alloc(room);
        if (!buf) return ob_raise_memory();
        size_t n = strftime(buf, room, format, t);
        if (n > 0 || room >= 256 * len) {
            ob_val v = ob_str_fsdecode(buf, n);
            base_mem_free(buf);
            return v;
        }
        base_mem_free(buf);
    }
}

OB_FN(time_strftime) {
    struct tm t;
    if (!ob_is_null(kw)) return ob_raise(&ob_exc_TypeError, "time.strftime() takes no keyword arguments");
    if (n < 1) return ob_raise(&ob_exc_TypeError, "strftime() takes at least 1 argument (0 given)");
    if (n > 2) return ob_raise(&ob_exc_TypeError, "strftime() takes at most 2 arguments (%zu given)", n);
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "strftime() argument 1 must be str, not %.50T", a[0]);
    if (!now_or(n > 1 ? a[1] : OB_NULL, "strftime", &t)) return OB_NULL;
    t.tm_isdst = t.tm_isdst < -1 ? -1 : t.tm_isdst > 1 ? 1 : t.tm_isdst;
    size_t len;
    const char *format = ob_str_wtf8(a[0], &len);
    if (!format) return OB_NULL;
    if (strlen(format) != len) return ob_raise(&ob_exc_ValueError, "embedded null character");
    return len ? formatted(format, len, &t) : a[0];
}

/* The parser is the library's, in Python. */
OB_FN(time_strptime) {
    ob_val name = ob_str_intern_c("_strptime");
    ob_val m = ob_is_null(name) ? name : ob_the_vm.import(name, OB_NULL, OB_NULL, OB_NONE, 0);
    ob_val f = ob_is_null(m) ? m : ob_getattr_c(m, "_strptime_time");
    return ob_is_null(f) ? f : ob_call_kw(f, a, n, kw);
}

/* ---- time zones ---- */

#define YEAR ((365 * 24 + 6) * 3600)

/* What holds in January and in July tells standard time from summer time on either half of the globe. */
static bool set_zone(ob_val m) {
    time_t s = time(NULL) / YEAR * YEAR, half = s + YEAR / 2;
    struct tm jan, jul;
    if (!localtime_r(&s, &jan) || !localtime_r(&half, &jul)) return ob_fail(ob_raise_errno(errno, OB_NULL));
    const struct tm *standard = jan.tm_gmtoff > jul.tm_gmtoff ? &jul : &jan, *summer = standard == &jan ? &jul : &jan;
    ob_val first = ob_str_fsdecode(standard->tm_zone, strlen(standard->tm_zone));
    ob_val second = ob_is_null(first) ? OB_NULL : ob_str_fsdecode(summer->tm_zone, strlen(summer->tm_zone));
    ob_val names = ob_is_null(second) ? OB_NULL : ob_tuple_of2(first, second);
    return !ob_is_null(names) && ob_module_add_int(m, "timezone", -standard->tm_gmtoff) && ob_module_add_int(m, "altzone", -summer->tm_gmtoff) &&
           ob_module_add_int(m, "daylight", jan.tm_gmtoff != jul.tm_gmtoff) && ob_module_add(m, "tzname", names);
}

OB_FN(time_tzset) {
    tzset();
    return set_zone(time_module) ? OB_NONE : OB_NULL;
}

static const ob_def defs[] = {
#define CLOCK(name, id, mono, adjust) \
    {#name, time_##name, "", "The clock of this name, in seconds.", 0}, {#name "_ns", time_##name##_ns, "", "The clock of this name, in nanoseconds.", 0},
    CLOCKS(CLOCK)
#undef CLOCK
    {"asctime", time_asctime, NULL, "asctime([tuple]) -> string\n\nA time tuple as text: 'Sat Jun 06 16:26:11 1998'; the current time without one.", 0},
    {"clock_getres", time_clock_getres, "clk_id, /", "The resolution of a clock.", 0},
    {"clock_gettime", time_clock_gettime, "clk_id, /", "A clock's time in seconds.", 0},
    {"clock_gettime_ns", time_clock_gettime_ns, "clk_id, /", "A clock's time in nanoseconds.", 0},
    {"clock_settime", time_clock_settime, "clk_id, time, /", "Sets a clock, in seconds.", 0},
    {"clock_settime_ns", time_clock_settime_ns, "clk_id, time, /", "Sets a clock, in nanoseconds.", 0},
    {"ctime", time_ctime, NULL, "ctime(seconds) -> string\n\nSeconds since the epoch as local time in text.", 0},
    {"get_clock_info", time_get_clock_info, "name, /", "What is known of a clock.", 0},
    {"gmtime", time_gmtime, NULL, "gmtime([seconds])\n\nSeconds since the epoch as UTC.", 0},
    {"localtime", time_localtime, NULL, "localtime([seconds])\n\nSeconds since the epoch as local time.", 0},
    {"mktime", time_mktime, "tuple, /", "Local time as seconds since the epoch.", 0},
    {"pthread_getcpuclockid", time_pthread_getcpuclockid, "thread_id, /", "The clock of a thread's CPU time.", 0},
    {"sleep", time_sleep, "seconds, /", "Does nothing for some seconds.", 0},
    {"strftime", time_strftime, NULL, "strftime(format[, tuple]) -> string\n\nA time tuple as text by a format.", 0},
    {"strptime", time_strptime, NULL, "strptime(string, format) -> struct_time\n\nReads a time by a format.", 0},
    {"tzset", time_tzset, "", "Takes up a changed environment variable TZ.", 0},
    {NULL, NULL, NULL, NULL, 0},
};

static const struct { const char *name; clockid_t id; } ids[] = {
    {"CLOCK_REALTIME", CLOCK_REALTIME}, {"CLOCK_MONOTONIC", CLOCK_MONOTONIC},
    {"CLOCK_PROCESS_CPUTIME_ID", CLOCK_PROCESS_CPUTIME_ID}, {"CLOCK_THREAD_CPUTIME_ID", CLOCK_THREAD_CPUTIME_ID},
#ifdef CLOCK_MONOTONIC_RAW
    {"CLOCK_MONOTONIC_RAW", CLOCK_MONOTONIC_RAW},
#endif
#ifdef CLOCK_BOOTTIME
    {"CLOCK_BOOTTIME", CLOCK_BOOTTIME},
#endif
#ifdef CLOCK_TAI
    {"CLOCK_TAI", CLOCK_TAI},
#endif
};

static bool fill(ob_val m) {
    time_module = m;
    if (!ob_gc_add_static(&time_module)) return false;
    if (!struct_time && !(struct_time = ob_structseq_type_new("time.struct_time", fields, 9))) return false;
    for (size_t i = 0; i < BASE_LENGTH(ids); i++)
        if (!ob_module_add_int(m, ids[i].name, ids[i].id)) return false;
    tzset();
    return ob_module_add(m, "struct_time", ob_type_val(struct_time)) && ob_module_add_int(m, "_STRUCT_TM_ITEMS", 11) && set_zone(m);
}

const ob_module_def py_mod_time = {"time", "Clocks, sleeping and calendar time.", defs, fill};
