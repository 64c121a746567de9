/* str_methods.h: the methods of str that are defined in several files. */
#ifndef OBJSPACE_STR_METHODS_H
#define OBJSPACE_STR_METHODS_H
#include "objspace/str_int.h"

STR_METHOD(capitalize); STR_METHOD(casefold); STR_METHOD(lower); STR_METHOD(swapcase); STR_METHOD(title); STR_METHOD(upper);   /* str_case.c */
STR_METHOD(partition); STR_METHOD(rpartition); STR_METHOD(split); STR_METHOD(rsplit); STR_METHOD(splitlines);                  /* str_split.c */
STR_METHOD(replace); STR_METHOD(maketrans); STR_METHOD(translate);                                                             /* str_replace.c */
STR_METHOD(format); STR_METHOD(format_map); STR_METHOD(format_spec);                                                           /* str_fmt.c */
size_t ob__str_count(ob_val s, ob_val sub, size_t from, size_t to, size_t limit);
#endif
