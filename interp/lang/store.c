/* store.c: the apodora module's persistent root: root, open(), store. */
#include "interp/lang/atomic.h"
#include "interp/api.h"
#include "interp/run/options.h"
#include "objspace/dict.h"
#include "objspace/str.h"
#include <stdio.h>

static ob_val root;

bool py_store_fill(ob_val m) {
    root = ob_dict_new();
    return !ob_is_null(root) && ob_gc_add_static(&root) && ob_module_add(m, "root", root);
}

bool py_store_finish(void) { return true; }

int py_store_command(int argc, char **argv) {
    (void)argc; (void)argv;
    fputs("apodora store: not supported yet (docs/gaps.md)\n", stderr);
    return 1;
}
