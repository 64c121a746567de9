/* dump.c: a tree as the text that ast.dump() prints; for tests and debugging.  No locks.
 * Driven by the tables of ast.def; only constants are written by hand.  */
#include "interp/front/ast.h"
#include "base/buf.h"
#include "base/mem.h"
#include "interp/front/front.h"
#include "interp/front/repr.h"
#include <stdlib.h>
#include <string.h>

typedef struct dumper { base_buf b; bool attributes; } dumper;

static void dump_node(dumper *d, const ast_node *n);

static void dump_name(dumper *d, const ast_name *name)
{
    py_repr_str(&d->b, name->s, name->n);
}

static void dump_items(dumper *d, const ast_field *f, const void *seq)
{
    base_buf_byte(&d->b, '[');
    if (f->type == AST_FT_cmpop) {
        const ast_cmpop_seq *ops = seq;
        for (int32_t i = 0; i < ops->n; i++)
            base_buf_printf(&d->b, "%s%s()", i ? ", " : "", ast_cmpop_names[ops->items[i]]);
    } else {
        const ast_expr_seq *s = seq;     /* all others have the same layout */
        for (int32_t i = 0; i < s->n; i++) {
            if (i)
                base_buf_text(&d->b, ", ");
            if (!s->items[i])
                base_buf_text(&d->b, "None");
            else if (f->type == AST_FT_identifier)
                dump_name(d, (const ast_name *)s->items[i]);
            else
                dump_node(d, (const ast_node *)s->items[i]);
        }
    }
    base_buf_byte(&d->b, ']');
}

/* false: the field is optional and absent. */
static bool dump_field(dumper *d, const ast_field *f, const ast_node *n, const char *separator)
{
    const char *at = (const char *)n + f->offset;
    const void *pointer = NULL;
    int32_t number = 0;
    bool is_pointer = f->card == AST_MANY || f->type <= AST_FT_match_case || f->type == AST_FT_identifier || f->type == AST_FT_string;
    if (is_pointer)
        memcpy(&pointer, at, sizeof pointer);
    else if (f->type != AST_FT_constant)
        memcpy(&number, at, sizeof number);
    if (is_pointer && !pointer && f->card == AST_OPT)
        return false;
    base_buf_printf(&d->b, "%s%s=", separator, f->name);
    if (f->card == AST_MANY) {
        dump_items(d, f, pointer);
        return true;
    }
    switch (f->type) {
    case AST_FT_identifier: case AST_FT_string: dump_name(d, pointer); break;
    case AST_FT_int: base_buf_printf(&d->b, "%d", number); break;
    case AST_FT_constant: py_repr_constant(&d->b, (const ast_constant *)(const void *)at); break;
    case AST_FT_expr_context: base_buf_printf(&d->b, "%s()", ast_expr_context_names[number]); break;
    case AST_FT_boolop: base_buf_printf(&d->b, "%s()", ast_boolop_names[number]); break;
    case AST_FT_operator: base_buf_printf(&d->b, "%s()", ast_operator_names[number]); break;
    case AST_FT_unaryop: base_buf_printf(&d->b, "%s()", ast_unaryop_names[number]); break;
    default: dump_node(d, pointer); break;
    }
    return true;
}

static void dump_node(dumper *d, const ast_node *n)
{
    const ast_kind_info *info = &ast_kinds[n->kind];
    base_buf_printf(&d->b, "%s(", info->name);
    const char *separator = "";
    for (unsigned i = 0; i < info->n_fields; i++)
        if (dump_field(d, &info->fields[i], n, separator))
            separator = ", ";
    if (d->attributes && info->has_position)
        base_buf_printf(&d->b, "%slineno=%d, col_offset=%d, end_lineno=%d, end_col_offset=%d", separator, n->lineno, n->col_offset,
                        n->end_lineno, n->end_col_offset);
    base_buf_byte(&d->b, ')');
}

char *ast_dump(const ast_mod *mod, bool attributes, size_t *n)
{
    dumper d = {.attributes = attributes};
    base_buf_init(&d.b);
    dump_node(&d, (const ast_node *)mod);
    *n = d.b.n;
    return base_buf_take(&d.b);
}
