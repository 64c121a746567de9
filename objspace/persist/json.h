/* json.h: JSON as the store tool writes and reads it. Text keeps every code point, lone surrogates too; what a terminal or an editor could act on is
 * escaped. An escape stands for the one code point it names: characters beyond U+FFFF are never escaped, and two surrogates are never joined. */
#ifndef OBJSPACE_PERSIST_JSON_H
#define OBJSPACE_PERSIST_JSON_H
#include "base/buf.h"
#include "base/vec.h"

/* Appends the text in quotes. false: it is not UTF-8 (with surrogates). */
bool pe__json_text(base_buf *out, const void *text, size_t n) MUST_CHECK;
/* Does a high surrogate stand before a low one, as in two halves that JSON's own rule would join? The place of the low one; n: nowhere. */
size_t pe__json_pair(const void *text, size_t n);
/* One code point of UTF-8 with surrogates; 0 bytes: it is none. */
size_t pe__utf8_next(const uint8_t *p, size_t n, uint32_t *out);

/* One line taken apart. Values are numbered; text is NUL-terminated and may hold more of them. */
typedef enum pe__json_kind { PE_J_NULL, PE_J_TRUE, PE_J_FALSE, PE_J_NUMBER, PE_J_TEXT, PE_J_ARRAY, PE_J_OBJECT } pe__json_kind;
typedef struct pe__json_value { pe__json_kind kind; size_t text, n, name, name_n; uint32_t first, next; } pe__json_value;   /* n: bytes, or values in it; next 0: last */
typedef struct pe__json { VEC(pe__json_value) v; base_buf text; const char *p, *end; } pe__json;

/* The value 1 is the whole line. What is wrong, or NULL. */
const char *pe__json_parse(pe__json *j, const char *line, size_t n);
void pe__json_release(pe__json *j);
uint32_t pe__json_get(const pe__json *j, uint32_t object, const char *name);   /* 0: there is none */
static inline const pe__json_value *pe__json_at(const pe__json *j, uint32_t i) { return &j->v.at[i]; }
static inline const char *pe__json_string(const pe__json *j, uint32_t i) { return j->text.at + j->v.at[i].text; }
bool pe__json_u64(const pe__json *j, uint32_t i, uint64_t *out) MUST_CHECK;    /* false: 0, or no such number */

#endif
