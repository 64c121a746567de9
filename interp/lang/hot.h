/* hot.h: Counter, Queue, OrderedMap in the module apodora. */
#ifndef INTERP_LANG_HOT_H
#define INTERP_LANG_HOT_H
#include "interp/run/frame.h"

bool py_hot_fill(ob_val module) MUST_CHECK;

#endif
