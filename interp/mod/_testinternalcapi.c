/* _testinternalcapi.c: what test.support asks of the interpreter's configuration. */
#include "interp/mod/modules.h"
#include "objspace/dict.h"
#include "objspace/int.h"
#include "objspace/str.h"

OB_FN(get_config) {
    ob_val d = ob_dict_new();
    return !ob_is_null(d) && ob_dict_set_c(d, "code_debug_ranges", ob_from_small(1)) ? d : OB_NULL;
}
OB_FN(get_configs) {
    ob_val d = ob_dict_new(), config = get_config(self, a, n, kw);
    return !ob_is_null(d) && !ob_is_null(config) && ob_dict_set_c(d, "config", config) ? d : OB_NULL;
}
static const ob_def defs[] = {{"get_config", get_config, "", NULL, 0}, {"get_configs", get_configs, "", NULL, 0}, {0}};
const ob_module_def py_mod__testinternalcapi = {"_testinternalcapi", "For test.support alone.", defs, NULL};
