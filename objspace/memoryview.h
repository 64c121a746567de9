/* memoryview.h: views of the memory of bytes-like objects. */
#ifndef OBJSPACE_MEMORYVIEW_H
#define OBJSPACE_MEMORYVIEW_H
#include "objspace/bytes.h"

ob_val ob_memoryview_new(ob_val v);                      /* TypeError when v is no buffer */
void ob_memoryview_release(ob_val view);

#endif
