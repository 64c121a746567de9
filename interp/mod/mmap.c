/* mmap.c: the module mmap: files as memory.
 * Locks: none.
 * M1  The mapped bytes are the outside world: they have no versions. Reading is ordinary; writing, resizing and closing are announced (ob_external), so a block
 *     that does them is irrevocable, and what it wrote is not taken back.
 * M2  The position and the rest of the object are versioned like any.
 * M3  While somebody has a view of it, it is neither resized nor closed.
 * M4  While other threads run, memory that a resize or close gives up stays mapped until the object is swept: somebody may be looking at it. */
#include "interp/mod/modules.h"
#include "interp/mod/modutil.h"
#include "interp/mod/posix_int.h"
#include "interp/run/frame.h"
#include "base/mem.h"
#include "objspace/kind.h"
#include "objspace/views.h"
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ACCESS_DEFAULT, ACCESS_READ, ACCESS_WRITE, ACCESS_COPY };

typedef struct map_old { struct map_old *next; void *data; size_t size; } map_old;
typedef struct map_raw { uint8_t *data; size_t size; int fd, access; off_t offset; int flags, prot; bool closed; struct map_old *old; /* M4 */ } map_raw;   /* one a map; changed after ob_external() alone */
typedef struct map_holder { ob_obj o; map_raw raw; } map_holder;     /* an object of its own, whose end unmaps */
typedef struct map_body { ob_val holder; uint64_t pos; } map_body;
static void map_trace(ob_obj *o, const void *body, ob_tracer *t) { (void)o; ob_trace_val(t, ((const map_body *)body)->holder); }
static OB_KIND(map_kind);
static ob_type map_type;

static const map_body *body_of(ob_val v) { return ob_read(v); }
static map_raw *raw_of(ob_val v) {
    ob_val h = body_of(v)->holder;
    return ob_is_null(h) ? NULL : &((map_holder *)ob_ptr(h))->raw;
}
static map_raw *open_map(ob_val v) {
    map_raw *r = raw_of(v);
    return r && !r->closed ? r : ob_fail_ptr(ob_raise(&ob_exc_ValueError, "mmap closed or invalid"));
}
static map_raw *writable_map(ob_val v) {
    map_raw *r = open_map(v);
    return !r || r->access != ACCESS_READ ? r : ob_fail_ptr(ob_raise(&ob_exc_TypeError, "mmap can't modify a readonly memory map."));
}
static bool set_pos(ob_val v, uint64_t pos) {
    map_body *b = ob_write(v);
    if (b) b->pos = pos;
    return b != NULL;
}
static void raw_release(map_raw *r) {
    for (map_old *o = r->old, *next; o; o = next) {
        next = o->next;
        munmap(o->data, o->size);
        base_mem_free(o);
    }
    r->old = NULL;
    if (r->data) munmap(r->data, r->size);
    if (r->fd >= 0) close(r->fd);
    r->data = NULL, r->fd = -1;
}
static void raw_close(map_raw *r) {
    r->closed = true;
    if (!py_me || !py_me->multi) { raw_release(r); return; }
    if (r->fd >= 0) close(r->fd);
    r->fd = -1;
}
/* A mapping of another size in the place of this one; false: errno. */
static bool raw_resize(map_raw *r, size_t size) {
    void *p;
    if (!py_me->multi) p = mremap(r->data, r->size, size, MREMAP_MAYMOVE);
    else {
        map_old *o = base_mem_alloc(sizeof *o);
        if (!o) return errno = ENOMEM, false;
        p = mmap(NULL, size, r->prot, r->flags, r->fd, r->offset);
        if (p == MAP_FAILED) { base_mem_free(o); return false; }
        if (r->flags & MAP_ANONYMOUS) memcpy(p, r->data, size < r->size ? size : r->size);
        *o = (map_old){r->old, r->data, r->size};
        r->old = o;
    }
    if (p == MAP_FAILED) return false;
    r->data = p, r->size = size;
    return true;
}
static void holder_free(ob_obj *o) { raw_release(&((map_holder *)o)->raw); }
static ob_type holder_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "mmap.memory", .base = &ob_object_type, .flags = OB_TF_NO_MAKE | OB_TF_LEAF,
    .size = sizeof(map_holder), .free = holder_free};

/* ---- making ---- */

static bool modes_of(int *access, int *flags, int *prot) {
    switch (*access) {
    case ACCESS_READ: *flags = MAP_SHARED, *prot = PROT_READ; return true;
    case ACCESS_WRITE: *flags = MAP_SHARED, *prot = PROT_READ | PROT_WRITE; return true;
    case ACCESS_COPY: *flags = MAP_PRIVATE, *prot = PROT_READ | PROT_WRITE; return true;
    case ACCESS_DEFAULT:
        if (*prot & PROT_READ && *prot & PROT_WRITE) return true;
        *access = *prot & PROT_WRITE ? ACCESS_WRITE : ACCESS_READ;
        return true;
    default: return ob_fail(ob_raise(&ob_exc_ValueError, "mmap invalid access parameter."));
    }
}
static bool size_for(int fd, int64_t offset, size_t *size) {
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) return true;
    if (*size == 0) {
        if (st.st_size == 0) return ob_fail(ob_raise(&ob_exc_ValueError, "cannot mmap an empty file"));
        if (offset >= st.st_size) return ob_fail(ob_raise(&ob_exc_ValueError, "mmap offset is greater than file size"));
        *size = (size_t)(st.st_size - offset);
    } else if (offset > st.st_size || (size_t)(st.st_size - offset) < *size) return ob_fail(ob_raise(&ob_exc_ValueError, "mmap length is greater than file size"));
    return true;
}
static ob_val map_new(ob_val self, const ob_val *a, size_t n UNUSED, ob_val kw UNUSED) {
    int fd, flags = MAP_SHARED, prot = PROT_READ | PROT_WRITE, access = ACCESS_DEFAULT;
    int64_t length, offset = 0;
    if (!posix_int(a[0], &fd) || !ob_index_i64(a[1], &length) || (!ob_is_null(a[2]) && !posix_int(a[2], &flags)) || (!ob_is_null(a[3]) && !posix_int(a[3], &prot)) ||
        (!ob_is_null(a[4]) && !posix_int(a[4], &access)) || (!ob_is_null(a[5]) && !ob_index_i64(a[5], &offset)))
        return OB_NULL;
    if (length < 0) return ob_raise(&ob_exc_OverflowError, "memory mapped length must be positive");
    if (offset < 0) return ob_raise(&ob_exc_OverflowError, "memory mapped offset must be positive");
    if (access != ACCESS_DEFAULT && (!ob_is_null(a[2]) || !ob_is_null(a[3]))) return ob_raise(&ob_exc_ValueError, "mmap can't specify both access and flags, prot.");
    size_t size = (size_t)length;
    if (!modes_of(&access, &flags, &prot) || !size_for(fd, offset, &size) || !ob_external()) return OB_NULL;
    map_holder *holder = ob_alloc_leaf(&holder_type, sizeof *holder);
    if (!holder) return OB_NULL;
    map_raw *r = &holder->raw;
    *r = (map_raw){NULL, size, -1, access, offset, fd == -1 ? flags | MAP_ANONYMOUS : flags, prot, false, NULL};
    if (fd != -1 && (r->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0)) < 0) return ob_raise_errno(errno, OB_NULL);
    void *p = mmap(NULL, size, prot, r->flags, r->fd, offset);
    if (p == MAP_FAILED) return ob_raise_errno(errno, OB_NULL);
    r->data = p;
    tx_handle *h = ob_alloc_mut(ob_type_ptr(self), sizeof(map_body));
    if (!h) return OB_NULL;
    ((map_body *)tx_inline_body(h))->holder = ob_of(holder);
    return ob_of(h);
}
static ob_val map_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    static const ob_def def = {"mmap", map_new, "fileno, length, flags=MAP_SHARED, prot=PROT_WRITE, access=ACCESS_DEFAULT, offset=0", NULL, 0};
    return ob_def_call(&def, ob_type_val(t), a, n, kw);
}
static bool map_buffer(ob_val v, ob_buffer *out, bool writable) {
    map_raw *r = open_map(v);
    if (!r) return false;
    if (writable && r->access == ACCESS_READ) return ob_fail(ob_raise(&ob_exc_BufferError, "Object is not writable."));
    if (writable && !ob_external()) return false;
    *out = (ob_buffer){.data = r->data, .len = r->size, .readonly = r->access == ACCESS_READ, .itemsize = 1, .format = "B", .ndim = 1};
    return true;
}

/* ---- methods ---- */

OB_FN(map_close) {
    map_raw *r = raw_of(self);
    if (!r || r->closed) return OB_NONE;
    if (ob_views_exist(self)) return ob_raise(&ob_exc_BufferError, "cannot close exported pointers exist");
    if (!ob_external()) return OB_NULL;
    raw_close(r);
    return OB_NONE;
}
static bool limits(ob_val v, ob_val from, ob_val to, map_raw **raw, size_t *start, size_t *end) {
    int64_t s = (int64_t)body_of(v)->pos, e;
    if (!(*raw = open_map(v))) return false;
    int64_t size = (int64_t)(*raw)->size;
    e = size;
    if ((!ob_is_null(from) && !ob_index_clamp(from, &s)) || (!ob_is_null(to) && !ob_index_clamp(to, &e))) return false;
    if (s < 0 && (s += size) < 0) s = 0;
    if (e < 0 && (e += size) < 0) e = 0;
    *start = (size_t)(s > size ? size : s), *end = (size_t)(e > size ? size : e);
    return true;
}
static ob_val find(ob_val self, const ob_val *a, bool last) {
    map_raw *r;
    size_t from, to;
    ob_val b = py_bytes_of(a[0]);
    if (ob_is_null(b) || !limits(self, a[1], a[2], &r, &from, &to)) return OB_NULL;
    const uint8_t *needle = ob_bytes_ptr(b)->data;
    size_t n = ob_bytes_ptr(b)->len;
    if (from > to || to - from < n) return ob_from_small(-1);
    if (last) {
        for (size_t i = to - n + 1; i-- > from;) if (!memcmp(r->data + i, needle, n)) return ob_from_small((int64_t)i);
        return ob_from_small(-1);
    }
    const uint8_t *p = n ? memmem(r->data + from, to - from, needle, n) : r->data + from;
    return ob_from_small(p ? p - r->data : -1);
}
OB_FN(map_find) { return find(self, a, false); }
OB_FN(map_rfind) { return find(self, a, true); }
OB_FN(map_read) {
    map_raw *r = open_map(self);
    int64_t n_ = INT64_MAX;
    if (!r) return OB_NULL;
    if (!ob_is_null(a[0]) && !ob_is_none(a[0]) && !ob_index_i64(a[0], &n_)) {
        if (ob_err_clear_if(&ob_exc_TypeError)) ob_raise(&ob_exc_TypeError, "argument should be integer or None, not '%T'", a[0]);
        return OB_NULL;
    }
    uint64_t pos = body_of(self)->pos, left = pos < r->size ? r->size - pos : 0;
    size_t k = n_ < 0 || (uint64_t)n_ > left ? left : (size_t)n_;
    ob_val b = ob_bytes_from(r->data + (k ? pos : 0), k);
    return !ob_is_null(b) && set_pos(self, pos + k) ? b : OB_NULL;
}
OB_FN(map_read_byte) {
    map_raw *r = open_map(self);
    uint64_t pos = r ? body_of(self)->pos : 0;
    if (!r) return OB_NULL;
    if (pos >= r->size) return ob_raise(&ob_exc_ValueError, "read byte out of range");
    int c = r->data[pos];
    return set_pos(self, pos + 1) ? ob_from_small(c) : OB_NULL;
}
OB_FN(map_readline) {
    map_raw *r = open_map(self);
    uint64_t pos = r ? body_of(self)->pos : 0;
    if (!r) return OB_NULL;
    size_t left = pos < r->size ? r->size - pos : 0;
    const uint8_t *p = r->data + (left ? pos : 0), *end = left ? memchr(p, '\n', left) : NULL;
    size_t k = end ? (size_t)(end - p) + 1 : left;
    ob_val b = ob_bytes_from(p, k);
    return !ob_is_null(b) && set_pos(self, pos + k) ? b : OB_NULL;
}
OB_FN(map_write) {
    map_raw *r = writable_map(self);
    ob_val b = r ? py_bytes_of(a[0]) : OB_NULL;
    if (ob_is_null(b) || !ob_external()) return OB_NULL;
    uint64_t pos = body_of(self)->pos;
    size_t n_ = ob_bytes_ptr(b)->len;
    if (!(r = writable_map(self))) return OB_NULL;
    if (pos > r->size || r->size - pos < n_) return ob_raise(&ob_exc_ValueError, "data out of range");
    memcpy(r->data + pos, ob_bytes_ptr(b)->data, n_);
    return set_pos(self, pos + n_) ? ob_from_small((int64_t)n_) : OB_NULL;
}
static bool byte_of(ob_val v, int64_t *out) {
    return ob_index_i64(v, out) && ((*out >= 0 && *out <= 255) || ob_fail(ob_raise(&ob_exc_OverflowError, *out < 0 ? "unsigned byte integer is less than minimum" : "unsigned byte integer is greater than maximum")));
}
OB_FN(map_write_byte) {
    int64_t c;
    map_raw *r;
    if (!byte_of(a[0], &c) || !writable_map(self) || !ob_external() || !(r = writable_map(self))) return OB_NULL;
    uint64_t pos = body_of(self)->pos;
    if (pos >= r->size) return ob_raise(&ob_exc_ValueError, "write byte out of range");
    r->data[pos] = (uint8_t)c;
    return set_pos(self, pos + 1) ? OB_NONE : OB_NULL;
}
OB_FN(map_seek) {
    map_raw *r = open_map(self);
    int64_t by;
    int how = 0;
    if (!r || !ob_index_i64(a[0], &by) || (!ob_is_null(a[1]) && !posix_int(a[1], &how))) return OB_NULL;
    if (how < 0 || how > 2) return ob_raise(&ob_exc_ValueError, "unknown seek type");
    int64_t base = how == 0 ? 0 : how == 1 ? (int64_t)body_of(self)->pos : (int64_t)r->size, where;
    if (__builtin_add_overflow(base, by, &where) || where < 0 || where > (int64_t)r->size) return ob_raise(&ob_exc_ValueError, "seek out of range");
    return set_pos(self, (uint64_t)where) ? OB_NONE : OB_NULL;
}
OB_FN(map_tell) { return open_map(self) ? ob_int_from_u64(body_of(self)->pos) : OB_NULL; }
OB_FN(map_size) {
    map_raw *r = open_map(self);
    struct stat st;
    if (!r) return OB_NULL;
    if (r->fd < 0) return ob_int_from_u64(r->size);
    return fstat(r->fd, &st) < 0 ? ob_raise_errno(errno, OB_NULL) : ob_int_from_i64(st.st_size);
}
OB_FN(map_flush) {
    map_raw *r = open_map(self);
    int64_t from = 0, n_;
    if (!r || (!ob_is_null(a[0]) && !ob_index_i64(a[0], &from))) return OB_NULL;
    n_ = (int64_t)r->size;
    if (!ob_is_null(a[1]) && !ob_index_i64(a[1], &n_)) return OB_NULL;
    if (from < 0 || n_ < 0 || (uint64_t)n_ > r->size || (int64_t)r->size - from < n_) return ob_raise(&ob_exc_ValueError, "flush values out of range");
    if (r->access == ACCESS_READ || r->access == ACCESS_COPY) return OB_NONE;
    if (!ob_external()) return OB_NULL;
    py_blocking_enter();
    int e = msync(r->data + from, (size_t)n_, MS_SYNC), err = errno;
    py_blocking_leave();
    return e < 0 ? ob_raise_errno(err, OB_NULL) : OB_NONE;
}
OB_FN(map_move) {
    int64_t to, from, n_;
    map_raw *r = writable_map(self);
    if (!r || !ob_index_i64(a[0], &to) || !ob_index_i64(a[1], &from) || !ob_index_i64(a[2], &n_)) return OB_NULL;
    if (to < 0 || from < 0 || n_ < 0 || (int64_t)r->size - to < n_ || (int64_t)r->size - from < n_) return ob_raise(&ob_exc_ValueError, "source, destination, or count out of range");
    if (!ob_external() || !(r = writable_map(self))) return OB_NULL;
    memmove(r->data + to, r->data + from, (size_t)n_);
    return OB_NONE;
}
OB_FN(map_resize) {
    int64_t size;
    map_raw *r = open_map(self);
    if (!r || !ob_index_i64(a[0], &size)) return OB_NULL;
    if (ob_views_exist(self)) return ob_raise(&ob_exc_BufferError, "mmap can't resize with extant buffers exported.");
    if (r->access == ACCESS_READ || r->access == ACCESS_COPY) return ob_raise(&ob_exc_TypeError, "mmap can't resize a readonly or copy-on-write memory map.");
    if (size < 0 || (r->offset && size > INT64_MAX - r->offset)) return ob_raise(&ob_exc_ValueError, "new size out of range");
    if (!ob_external()) return OB_NULL;
    if (r->fd != -1 && ftruncate(r->fd, r->offset + size) < 0) return ob_raise_errno(errno, OB_NULL);
    return raw_resize(r, (size_t)size) ? OB_NONE : ob_raise_errno(errno, OB_NULL);
}
OB_FN(map_madvise) {
    map_raw *r = open_map(self);
    int option;
    int64_t from = 0, n_ = INT64_MAX;
    if (!r || !posix_int(a[0], &option) || (!ob_is_null(a[1]) && !ob_index_i64(a[1], &from)) || (!ob_is_null(a[2]) && !ob_index_i64(a[2], &n_))) return OB_NULL;
    if (from < 0 || (size_t)from >= r->size) return ob_raise(&ob_exc_ValueError, "madvise start out of bounds");
    if (n_ < 0) return ob_raise(&ob_exc_ValueError, "madvise length invalid");
    if (!ob_is_null(a[2]) && INT64_MAX - from < n_) return ob_raise(&ob_exc_OverflowError, "madvise length too large");
    if (n_ > (int64_t)r->size - from) n_ = (int64_t)r->size - from;
    if (!ob_external()) return OB_NULL;
    return madvise(r->data + from, (size_t)n_, option) < 0 ? ob_raise_errno(errno, OB_NULL) : OB_NONE;
}
OB_FN(map_enter) { return open_map(self) ? self : OB_NULL; }
OB_FN(map_exit) { return map_close(self, NULL, 0, OB_NULL); }

/* ---- as a sequence ---- */

static ssize_t map_len(ob_val v) {
    map_raw *r = open_map(v);
    return r ? (ssize_t)r->size : -1;
}
static bool place(map_raw *r, ob_val key, int64_t *i) {
    if (!ob_index_i64(key, i)) return false;
    if (*i < 0) *i += (int64_t)r->size;
    return (*i >= 0 && (size_t)*i < r->size) || ob_fail(ob_raise(&ob_exc_IndexError, "mmap index out of range"));
}
static bool bad_key(void) { return ob_fail(ob_raise(&ob_exc_TypeError, "mmap indices must be integers")); }
static ob_val map_getitem(ob_val v, ob_val key) {
    map_raw *r = open_map(v);
    int64_t i, to, step;
    size_t n;
    if (!r) return OB_NULL;
    if (!ob_is_exact(key, &ob_slice_type)) {
        if (!ob_type_of(key)->slots.unary[OB_UN_INDEX]) return bad_key(), OB_NULL;
        return place(r, key, &i) && (r = open_map(v)) ? ob_from_small(r->data[i]) : OB_NULL;
    }
    if (!ob_slice_indices(key, r->size, &i, &to, &step, &n) || !(r = open_map(v))) return OB_NULL;
    ob_val b = ob_bytes_alloc(n);
    for (size_t k = 0; !ob_is_null(b) && k < n; k++, i += step) ob_bytes_ptr(b)->data[k] = r->data[i];
    return b;
}
static bool map_setitem(ob_val v, ob_val key, ob_val x) {
    map_raw *r = writable_map(v);
    int64_t i, to, step, c;
    size_t n;
    if (!r) return false;
    bool slice = ob_is_exact(key, &ob_slice_type);
    if (ob_is_null(x)) return ob_fail(ob_raise(&ob_exc_TypeError, slice ? "mmap object doesn't support slice deletion" : "mmap doesn't support item deletion"));
    if (!slice) {
        if (!ob_type_of(key)->slots.unary[OB_UN_INDEX]) return bad_key();
        if (!place(r, key, &i)) return false;
        if (!ob_type_of(x)->slots.unary[OB_UN_INDEX]) return ob_fail(ob_raise(&ob_exc_TypeError, "mmap item value must be an int"));
        if (!ob_index_i64(x, &c)) return false;
        if (c < 0 || c > 255) return ob_fail(ob_raise(&ob_exc_ValueError, "mmap item value must be in range(0, 256)"));
        if (!ob_external() || !(r = writable_map(v))) return false;
        r->data[i] = (uint8_t)c;
        return true;
    }
    ob_val b = py_bytes_of(x);
    if (ob_is_null(b) || !ob_slice_indices(key, r->size, &i, &to, &step, &n)) return false;
    if (ob_bytes_ptr(b)->len != n) return ob_fail(ob_raise(&ob_exc_IndexError, "mmap slice assignment is wrong size"));
    if (!ob_external() || !(r = writable_map(v))) return false;
    for (size_t k = 0; k < n; k++, i += step) r->data[i] = ob_bytes_ptr(b)->data[k];
    return true;
}
static ob_val map_repr(ob_val v) {
    static const char *const names[] = {"ACCESS_DEFAULT", "ACCESS_READ", "ACCESS_WRITE", "ACCESS_COPY"};
    map_raw *r = raw_of(v);
    if (!r || r->closed) return ob_str_format_c("<%s closed=True>", ob_type_of(v)->name);
    return ob_str_format_c("<%s closed=False, access=%s, length=%zu, pos=%llu, offset=%lld>", ob_type_of(v)->name, names[r->access], r->size,
                           (unsigned long long)body_of(v)->pos, (long long)r->offset);
}
static ob_val get_closed(ob_val v) { map_raw *r = raw_of(v); return ob_bool(!r || r->closed); }

static const ob_def methods[] = {
    {"close", map_close, "", NULL, 0}, {"find", map_find, "sub, start=0, end=0, /", NULL, 0}, {"flush", map_flush, "offset=0, size=0, /", NULL, 0},
    {"madvise", map_madvise, "option, start=0, length=0, /", NULL, 0}, {"move", map_move, "dest, src, count, /", NULL, 0}, {"read", map_read, "n=None, /", NULL, 0},
    {"read_byte", map_read_byte, "", NULL, 0}, {"readline", map_readline, "", NULL, 0}, {"resize", map_resize, "newsize, /", NULL, 0},
    {"rfind", map_rfind, "sub, start=0, end=0, /", NULL, 0}, {"seek", map_seek, "pos, whence=0, /", NULL, 0}, {"size", map_size, "", NULL, 0}, {"tell", map_tell, "", NULL, 0},
    {"write", map_write, "bytes, /", NULL, 0}, {"write_byte", map_write_byte, "byte, /", NULL, 0}, {"__enter__", map_enter, "", NULL, 0},
    {"__exit__", map_exit, "exc_type=None, exc_value=None, exc_tb=None, /", NULL, 0}, {0}};
static const ob_getset getsets[] = {{"closed", get_closed, NULL, NULL}, {0}};
static ob_type map_type = {OB_TYPE_HEAD(&ob_type_type, &map_kind), .name = "mmap.mmap", .base = &ob_object_type, .flags = OB_TF_BASE, .size = sizeof(map_body),
    .has_weakref = true, .free = ob_views_owner_died, .trace_body = map_trace, .methods = methods, .getsets = getsets,
    .slots = {.make = map_make, .repr = map_repr, .len = map_len, .getitem = map_getitem, .setitem = map_setitem, .buffer = map_buffer}};

#define CONSTANTS(C) C(PROT_EXEC) C(PROT_READ) C(PROT_WRITE) C(MAP_SHARED) C(MAP_PRIVATE) C(MAP_DENYWRITE) C(MAP_EXECUTABLE) C(MAP_ANON) C(MAP_ANONYMOUS) \
    C(MAP_POPULATE) C(MAP_STACK) C(ACCESS_DEFAULT) C(ACCESS_READ) C(ACCESS_WRITE) C(ACCESS_COPY) C(MADV_NORMAL) C(MADV_RANDOM) C(MADV_SEQUENTIAL) C(MADV_WILLNEED) \
    C(MADV_DONTNEED) C(MADV_REMOVE) C(MADV_DONTFORK) C(MADV_DOFORK) C(MADV_HWPOISON) C(MADV_MERGEABLE) C(MADV_UNMERGEABLE) C(MADV_HUGEPAGE) C(MADV_NOHUGEPAGE) \
    C(MADV_DONTDUMP) C(MADV_DODUMP) C(MADV_FREE)
#define C(name) {#name, name},
static const py_constant constants[] = {CONSTANTS(C)};
#undef C
static bool fill(ob_val m) {
    long page = sysconf(_SC_PAGESIZE);
    return ob_type_ready(&holder_type) && ob_module_add_type(m, &map_type) && ob_module_add(m, "error", ob_of(&ob_exc_OSError)) && py_mod_constants(m, constants, BASE_LENGTH(constants)) &&
           ob_module_add_int(m, "PAGESIZE", page) && ob_module_add_int(m, "ALLOCATIONGRANULARITY", page);
}
const ob_module_def py_mod_mmap = {"mmap", "Files as memory.", NULL, fill};
