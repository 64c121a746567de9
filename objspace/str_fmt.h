/* str_fmt.h: reading templates of str.format, for it and for string.Formatter. */
#ifndef OBJSPACE_STR_FMT_H
#define OBJSPACE_STR_FMT_H
#include "objspace/chars.h"

typedef struct ob_field {               /* offsets into the template */
    size_t text_from, text_to;           /* literal text before the field */
    bool is_field, nested, has_spec;     /* nested: the specification holds fields */
    size_t name_from, name_to, spec_from, spec_to;
    uint32_t conversion;                 /* 0: none */
} ob_field;
/* The next piece of t[*pos..end): 1, 0 at the end, -1 ValueError. */
int ob_template_next(ob_val t, size_t *pos, size_t end, ob_field *f);

typedef struct ob_field_step { bool attribute; size_t from, to; } ob_field_step;     /* .name or [key] */
size_t ob_field_first_end(ob_val t, size_t from, size_t to);            /* where the first part of a field name ends */
int ob_field_rest_next(ob_val t, size_t *pos, size_t end, ob_field_step *s);         /* 1, 0 at the end, -1 ValueError */
int64_t ob_field_number(ob_val t, size_t from, size_t to);              /* -1: no number, -2: ValueError */
#endif
