/* exc_int.h: what the files about exception types share. */
#ifndef OBJSPACE_EXC_INT_H
#define OBJSPACE_EXC_INT_H
#include "objspace/exc.h"
#include "objspace/type_make.h"

typedef struct ob__exc_part {            /* what a type adds to its base */
    ob_type *type;
    ob_val (*make)(ob_type *type, const ob_val *a, size_t n, ob_val kw);
    bool (*init)(ob_val self, const ob_val *a, size_t n, ob_val kw);
    ob_val (*str)(ob_val self);
    const ob_def *methods;
    const ob_getset *getsets;
} ob__exc_part;
extern const ob__exc_part ob__exc_os, ob__exc_syntax, ob__exc_encode, ob__exc_decode, ob__exc_translate, ob__exc_group, ob__exc_name,
    ob__exc_attribute, ob__exc_import;

static inline const ob_exc_body *ob__exc_body(ob_val e) { return ob_read(e); }
static inline ob_val ob__exc_extra(ob_val e, int i) { return ob__exc_body(e)->extra[i]; }
static inline ob_val ob__or_none(ob_val v) { return ob_is_null(v) ? OB_NONE : v; }
bool ob__exc_set_extra(ob_val e, int i, ob_val v);
ob_val ob__exc_alloc(ob_type *t, ob_val args);
ob_val ob__exc_make(ob_type *type, const ob_val *a, size_t n, ob_val kw);       /* BaseException.__new__ */
bool ob__exc_init(ob_val self, const ob_val *a, size_t n, ob_val kw);           /* BaseException.__init__ */
bool ob__exc_set_args(ob_val self, const ob_val *a, size_t n);
ob_val ob__exc_str(ob_val self);
/* Takes the keywords named in `allowed` (n_allowed of them) off a call into out[]; TypeError for others. what: for the message. */
bool ob__exc_keywords(const char *what, const ob_val *a, size_t n, ob_val kw, const char *const *allowed, size_t n_allowed, ob_val *out);

#define OB_EXC_FIELD(id, index) \
    static ob_val get_##id(ob_val e) { return ob__or_none(ob__exc_extra(e, index)); } \
    static bool set_##id(ob_val e, ob_val v) { return ob__exc_set_extra(e, index, v); }

#endif
