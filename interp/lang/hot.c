/* hot.c: Counter, Queue, OrderedMap (objspace/hot.h) as the module apodora gives them: waiting in get(), and their records in a store. Locks: none. */
#include "interp/lang/hot.h"
#include "interp/lang/library.h"
#include "interp/mod/native.h"
#include "interp/run/merge.h"
#include "objspace/function.h"
#include "objspace/hot.h"
#include "objspace/persist/persist.h"
#include <string.h>

/* ---- in a store ---- */

static bool put_vals(pe_encoder *e, const void *body, size_t n) {
    for (size_t i = 0; i < n; i++) if (!pe_put_val(e, ((const ob_val *)body)[i])) return false;
    return true;
}

/* What a value must be: any; a part of that type; that or nothing. A record that says otherwise is damaged. */
typedef struct part { ob_type *type; bool may_be_null; } part;
#define ANY {NULL, true}

static bool fits(ob_val v, const part *p) {
    if (!p->type || (p->may_be_null && ob_is_null(v)) || (!ob_is_null(v) && ob_is_exact(v, p->type))) return true;
    return ob_fail(ob_raise(&ob_exc_StoreCorrupt, "a part of a container is not of its type %N", p->type));
}
static ob_val get_vals(pe_decoder *d, ob_type *t, const part *parts, size_t n) {
    ob_val v[OB_OMAP_LEVELS];
    for (size_t i = 0; i < n; i++) if (!pe_get_val(d, &v[i]) || !fits(v[i], &parts[i])) return OB_NULL;
    tx_handle *h = ob_alloc_mut(t, n * sizeof *v);
    if (!h) return OB_NULL;
    memcpy(tx_inline_body(h), v, n * sizeof *v);
    return ob_of(h);
}
#define MAP_NODE {&ob_omap_node_type, true}
/* HOT(name, type, what its values are) */
#define HOTS \
    HOT(queue, ob_queue_type, {&ob_queue_end_type, false}, {&ob_queue_end_type, false}) \
    HOT(queue_node, ob_queue_node_type, ANY, {&ob_queue_node_type, true}) \
    HOT(map, ob_omap_type, {&ob_omap_node_type, false}, {&ob_counter_type, false}) \
    HOT(map_node, ob_omap_node_type, ANY, ANY, MAP_NODE, {&ob_omap_tower_type, true}) \
    HOT(map_tower, ob_omap_tower_type, MAP_NODE, MAP_NODE, MAP_NODE, MAP_NODE, MAP_NODE, MAP_NODE, MAP_NODE, MAP_NODE, MAP_NODE, MAP_NODE, MAP_NODE, MAP_NODE)
#define HOT(name, type_, ...) \
    static const part name##_parts[] = {__VA_ARGS__}; \
    static bool name##_encode(pe_encoder *e, ob_obj *o, const void *body) { return (void)o, put_vals(e, body, BASE_LENGTH(name##_parts)); } \
    static ob_val name##_decode(pe_decoder *d) { return get_vals(d, &type_, name##_parts, BASE_LENGTH(name##_parts)); }
HOTS
#undef HOT
_Static_assert(BASE_LENGTH(map_tower_parts) == OB_OMAP_LEVELS, "a line for each level");

static bool end_encode(pe_encoder *e, ob_obj *o UNUSED, const void *body) { return put_vals(e, body, 1) && pe_put_int(e, ((const int64_t *)body)[1]); }
static ob_val end_decode(pe_decoder *d) {
    static const part node = {&ob_queue_node_type, false};
    struct { ob_val node; int64_t count; } b;
    if (!pe_get_val(d, &b.node) || !fits(b.node, &node) || !pe_get_int(d, &b.count)) return OB_NULL;
    tx_handle *h = ob_alloc_mut(&ob_queue_end_type, sizeof b);
    if (!h) return OB_NULL;
    memcpy(tx_inline_body(h), &b, sizeof b);
    return ob_of(h);
}
static bool counter_encode(pe_encoder *e, ob_obj *o UNUSED, const void *body) { return pe_put_int(e, ((const int64_t *)body)[0]) && pe_put_int(e, ((const int64_t *)body)[1]); }
static ob_val counter_decode(pe_decoder *d) {
    int64_t words[2];
    if (!pe_get_int(d, &words[0]) || !pe_get_int(d, &words[1])) return OB_NULL;
    tx_handle *h = ob_alloc_mut(&ob_counter_type, sizeof words);
    if (!h) return OB_NULL;
    memcpy(tx_inline_body(h), words, sizeof words);
    return ob_of(h);
}

static const pe_codec codecs[] = {
#define HOT(name, type_, ...) {.type = &type_, .encode = name##_encode, .decode = name##_decode},
    HOTS
#undef HOT
    {.type = &ob_queue_end_type, .encode = end_encode, .decode = end_decode},
    {.type = &ob_counter_type, .encode = counter_encode, .decode = counter_decode},
};

/* ---- get() of an empty Queue ---- */

/* In a block: retry(). Outside: a block of its own, which waits. */
static ob_val wait_for_item(ob_val queue, ob_val timeout) {
    if (!py_block_of_its_own(py_me)) return OB_NULL;
    if (py_me->block) {
        ob_val retry = py_library_get("blocks", "retry");
        return ob_is_null(retry) ? retry : ob_call1(retry, timeout);
    }
    ob_val get = py_library_get("blocks", "_get");
    return ob_is_null(get) ? get : ob_call2(get, queue, timeout);
}

/* ---- an OrderedMap as a mapping ---- */

static ob_val view_of(ob_val map, const char *what) {
    ob_val type = py_library_get("maps", what);
    return ob_is_null(type) ? type : ob_call1(type, map);
}

/* The classes of the views are made before they are needed: a read-only block makes none. */
static bool views_ready(void) { return !ob_is_null(py_library_get("maps", "Keys")); }

bool py_hot_fill(ob_val m) {
    static ob_type *const parts[] = {&ob_queue_end_type, &ob_queue_node_type, &ob_omap_node_type, &ob_omap_tower_type, &ob_omap_iter_type};
    for (size_t i = 0; i < BASE_LENGTH(parts); i++) if (!ob_module_add_type(m, parts[i])) return false;   /* records name them */
    for (size_t i = 0; i < BASE_LENGTH(codecs); i++) if (!pe_register(&codecs[i])) return false;
    ob_queue_set_empty_hook(wait_for_item);
    ob_omap_set_view_hooks(view_of, views_ready);
    return ob_module_add_type(m, &ob_counter_type) && ob_module_add_type(m, &ob_queue_type) && ob_module_add_type(m, &ob_omap_type) && py_abc_register(&ob_omap_type, "MutableMapping");
}
