/* strbuf.c: the builder of strings: characters in the narrowest kind so far, in the builder itself while they are few, else in one block.
 * Locks: none; a builder belongs to one C frame, and the collector finds its block from there.
 * B1  max_char is the bitwise or of all characters, so its class is that of the widest.               (ob_strbuf_finish) */
#include "objspace/str_int.h"

static void block_drop(ob_strbuf *b) {
    if (b->block && b->block != b->local) ob_block_free(b->block, b->cap * b->kind);
}

/* Room for `more` characters of class `c`; false: failed. */
static bool reserve_slow(ob_strbuf *b, size_t more, uint32_t c) {
    if (b->failed) return false;
    unsigned kind = ob_char_kind(b->max_char | c);
    size_t cap = b->cap;
    if (b->len + more > cap) {
        if (more > SIZE_MAX / 16 || b->len > SIZE_MAX / 16) { b->failed = true; return ob_fail(ob_raise_memory()); }
        cap = b->len + more + (b->len + more) / 2;
    }
    uint8_t *block = ob_block_alloc(cap * kind);
    if (block == NULL) { b->failed = true; return false; }
    cap = ob_block_size(block) / kind;
    if (b->len) ob_chars_copy(block, kind, b->block, b->kind, b->len);
    block_drop(b);
    b->block = block;
    b->cap = cap;
    b->kind = kind;
    return true;
}

static inline bool reserve(ob_strbuf *b, size_t more, uint32_t c) {
    return LIKELY(b->cap - b->len >= more && !b->failed && (b->kind == 4 || c < (b->kind == 1 ? 0x100u : 0x10000u))) || reserve_slow(b, more, c);
}

bool ob_strbuf_char(ob_strbuf *b, uint32_t c) {
    if (UNLIKELY(!reserve(b, 1, c))) return false;
    ob_char_put(b->block, b->kind, b->len++, c);
    b->max_char |= c;
    return true;
}

bool ob_strbuf_chars(ob_strbuf *b, const void *data, unsigned kind, size_t n, uint32_t max) {
    if (n == 0) return !b->failed;
    if (UNLIKELY(!reserve(b, n, max))) return false;
    if (LIKELY(b->kind == 1 && kind == 1)) ob_bytes_copy(b->block + b->len, data, n);
    else ob_chars_copy(b->block + b->len * b->kind, b->kind, data, kind, n);
    b->len += n;
    b->max_char |= max;
    return true;
}

bool ob_strbuf_str(ob_strbuf *b, ob_val s) {
    return ob_strbuf_chars(b, ob_str_ptr(s)->data, ob_str_kind(s), ob_str_len(s), ob_str_max(s));
}

/* A part of s; its own width is looked at, so that the result stays narrow. */
bool ob_strbuf_part(ob_strbuf *b, ob_val s, size_t from, size_t to) {
    unsigned kind = ob_str_kind(s);
    const uint8_t *p = ob_str_ptr(s)->data + from * kind;
    return ob_strbuf_chars(b, p, kind, to - from, ob_str_is_ascii(s) ? 0x7f : ob_chars_widest(p, kind, to - from));
}

bool ob_strbuf_fill(ob_strbuf *b, uint32_t c, size_t n) {
    if (n == 0) return !b->failed;
    if (!reserve(b, n, c)) return false;
    if (b->kind == 1) memset(b->block + b->len, (int)c, n);
    else for (size_t i = 0; i < n; i++) ob_char_put(b->block, b->kind, b->len + i, c);
    b->len += n;
    b->max_char |= c;
    return true;
}

bool ob_strbuf_ascii(ob_strbuf *b, const char *ascii, size_t len) { return ob_strbuf_chars(b, ascii, 1, len, len ? 0x7f : 0); }
bool ob_strbuf_c(ob_strbuf *b, const char *ascii) { return ob_strbuf_ascii(b, ascii, strlen(ascii)); }

ob_val ob_strbuf_finish(ob_strbuf *b) {
    ob_val s = OB_NULL;
    if (!b->failed) {
        if (b->len == 0) s = OB_NAME(empty);
        else if (b->len == 1) s = ob_str_from_char(ob_char_at(b->block, b->kind, 0));
        else if (b->kind > ob_char_kind(b->max_char) || (b->kind == 1 && b->max_char >= 0x80) || b->kind > 1)
            s = ob_str_from_kind(b->block, b->kind, b->len);
        else if (!ob_is_null(s = ob_str_alloc(b->len, b->max_char)))
            ob_bytes_copy(ob_str_ptr(s)->data, b->block, b->len);
    }
    ob_strbuf_release(b);
    return s;
}

void ob_strbuf_release(ob_strbuf *b) {
    block_drop(b);
    b->block = NULL;
    b->cap = b->len = 0;
}
