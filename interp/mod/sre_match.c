/* sre_match.c: programs of regular expressions, and the matcher for each width of character (sre_engine.inc).
 * Locks: none.  Stacks are malloc'ed and hold no object; the text is kept alive by the caller. */
#include "interp/mod/sre.h"
#include "base/mem.h"
#include "objspace/chars.h"
#include <ctype.h>

/* ---- characters ---- */
uint32_t sre_lower_ascii(uint32_t c) { return c - 'A' < 26 ? c | 0x20 : c; }
uint32_t sre_lower_unicode(uint32_t c) { return c < 128 ? sre_lower_ascii(c) : ob_uc_simple(OB_CASE_LOWER, c); }
uint32_t sre_upper_unicode(uint32_t c) { return c < 128 ? (c - 'a' < 26 ? c & ~0x20u : c) : ob_uc_simple(OB_CASE_UPPER, c); }
static uint32_t lower_locale(uint32_t c) { return c < 256 ? (uint32_t)tolower((int)c) : c; }
static uint32_t upper_locale(uint32_t c) { return c < 256 ? (uint32_t)toupper((int)c) : c; }

static bool ascii_word(uint32_t c) { return c < 128 && (c == '_' || c - '0' < 10 || (c | 0x20) - 'a' < 26); }
static bool unicode_word(uint32_t c) { return c == '_' || ob_uc_flags(c) & (OB_UC_ALPHA | OB_UC_DECIMAL | OB_UC_DIGIT | OB_UC_NUMERIC); }

static bool category(uint32_t which, uint32_t c) {
    switch (which) {
    case SRE_CAT_DIGIT: return c - '0' < 10;
    case SRE_CAT_NOT_DIGIT: return c - '0' >= 10;
    case SRE_CAT_SPACE: return c == ' ' || c - '\t' < 5;
    case SRE_CAT_NOT_SPACE: return !(c == ' ' || c - '\t' < 5);
    case SRE_CAT_WORD: return ascii_word(c);
    case SRE_CAT_NOT_WORD: return !ascii_word(c);
    case SRE_CAT_LINEBREAK: case SRE_CAT_UNI_LINEBREAK: return which == SRE_CAT_LINEBREAK ? c == '\n' : (ob_uc_flags(c) & OB_UC_LINEBREAK) != 0;
    case SRE_CAT_NOT_LINEBREAK: return c != '\n';
    case SRE_CAT_UNI_NOT_LINEBREAK: return !(ob_uc_flags(c) & OB_UC_LINEBREAK);
    case SRE_CAT_LOC_WORD: return c == '_' || (c < 256 && isalnum((int)c));
    case SRE_CAT_LOC_NOT_WORD: return !(c == '_' || (c < 256 && isalnum((int)c)));
    case SRE_CAT_UNI_DIGIT: return ob_uc_flags(c) & OB_UC_DECIMAL;
    case SRE_CAT_UNI_NOT_DIGIT: return !(ob_uc_flags(c) & OB_UC_DECIMAL);
    case SRE_CAT_UNI_SPACE: return ob_uc_flags(c) & OB_UC_SPACE;
    case SRE_CAT_UNI_NOT_SPACE: return !(ob_uc_flags(c) & OB_UC_SPACE);
    case SRE_CAT_UNI_WORD: return unicode_word(c);
    case SRE_CAT_UNI_NOT_WORD: return !unicode_word(c);
    default: return false;
    }
}

/* Is c in the set that begins at code, ended by FAILURE? */
static bool charset(const uint32_t *code, uint32_t c) {
    bool ok = true;
    for (;;) switch (*code++) {
    case SRE_FAILURE: return !ok;
    case SRE_LITERAL: if (c == *code++) return ok; break;
    case SRE_CATEGORY: if (category(*code++, c)) return ok; break;
    case SRE_CHARSET: if (c < 256 && code[c >> 5] >> (c & 31) & 1) return ok; code += 8; break;
    case SRE_RANGE: if (code[0] <= c && c <= code[1]) return ok; code += 2; break;
    case SRE_RANGE_UNI_IGNORE: {
        uint32_t up = sre_upper_unicode(c);
        if ((code[0] <= c && c <= code[1]) || (code[0] <= up && up <= code[1])) return ok;
        code += 2;
        break;
    }
    case SRE_NEGATE: ok = !ok; break;
    case SRE_BIGCHARSET: {
        uint32_t n = *code++;
        if (c < 65536) {
            uint32_t block = ((const uint8_t *)code)[c >> 8];
            if (code[64 + block * 8 + (c >> 5 & 7)] >> (c & 31) & 1) return ok;
        }
        code += 64 + n * 8;
        break;
    }
    default: return false;
    }
}

/* code: an IN opcode of any kind. */
static bool set_slow(const uint32_t *code, uint32_t c) {
    const uint32_t *set = code + 2;
    switch (code[0]) {
    case SRE_IN: return charset(set, c);
    case SRE_IN_IGNORE: return charset(set, sre_lower_ascii(c));
    case SRE_IN_UNI_IGNORE: return charset(set, sre_lower_unicode(c));
    default: {                                           /* IN_LOC_IGNORE */
        uint32_t low = lower_locale(c), up;
        if (charset(set, low)) return true;
        up = upper_locale(c);
        return up != low && charset(set, up);
    }
    }
}

static bool loc_same(uint32_t pattern, uint32_t c) { return c == pattern || lower_locale(c) == pattern || upper_locale(c) == pattern; }

/* A one-character opcode that is not worth a case of its own. */
static bool one_slow(const uint32_t *code, uint32_t c) {
    switch (code[0]) {
    case SRE_CATEGORY: return category(code[1], c);
    case SRE_LITERAL_IGNORE: return sre_lower_ascii(c) == code[1];
    case SRE_NOT_LITERAL_IGNORE: return sre_lower_ascii(c) != code[1];
    case SRE_LITERAL_UNI_IGNORE: return sre_lower_unicode(c) == code[1];
    case SRE_NOT_LITERAL_UNI_IGNORE: return sre_lower_unicode(c) != code[1];
    case SRE_LITERAL_LOC_IGNORE: return loc_same(code[1], c);
    case SRE_NOT_LITERAL_LOC_IGNORE: return !loc_same(code[1], c);
    default: return false;
    }
}

/* ---- programs ---- */
/* Words of a character set from at on, FAILURE included; 0: not one. */
static size_t set_length(const uint32_t *code, size_t at, size_t n) {
    for (size_t i = at; i < n;) {
        size_t left = n - i, need;
        switch (code[i]) {
        case SRE_FAILURE: return i + 1 - at;
        case SRE_NEGATE: need = 1; break;
        case SRE_LITERAL: need = 2; break;
        case SRE_CATEGORY: need = left > 1 && code[i + 1] < SRE_CAT_COUNT ? 2 : 0; break;
        case SRE_RANGE: case SRE_RANGE_UNI_IGNORE: need = 3; break;
        case SRE_CHARSET: need = 9; break;
        case SRE_BIGCHARSET:
            if (left < 66 || code[i + 1] > 256) return 0;
            need = 66 + (size_t)code[i + 1] * 8;
            for (unsigned k = 0; k < 256; k++) if (((const uint8_t *)(code + i + 2))[k] >= code[i + 1]) return 0;
            break;
        default: return 0;
        }
        if (need == 0 || left < need) return 0;
        i += need;
    }
    return 0;
}

static bool add_map(sre_program *p, size_t pc) {
    uint8_t (*maps)[32] = base_mem_resize(p->maps, (p->nmaps + 1) * sizeof *maps);
    if (maps == NULL) return false;
    p->maps = maps;
    memset(maps[p->nmaps], 0, 32);
    for (uint32_t c = 0; c < 256; c++) if (set_slow(p->code + pc, c)) maps[p->nmaps][c >> 3] |= (uint8_t)(1u << (c & 7));
    p->map_of[pc] = (uint32_t)++p->nmaps;
    return true;
}

typedef struct checker { sre_program *p; bool memory; } checker;

/* Looks through code[at..end): every operand inside of it, every jump to a place inside of its construct. */
static bool check(checker *k, size_t at, size_t end, unsigned depth);

static bool check_branch(checker *k, size_t *at, size_t end, unsigned depth) {
    const uint32_t *code = k->p->code;
    size_t i = *at + 1, target = 0;
    for (;;) {
        if (i >= end) return false;
        uint32_t skip = code[i];
        if (skip == 0) break;
        size_t next = i + skip;
        if (skip < 3 || next >= end || code[next - 2] != SRE_JUMP) return false;
        if (!check(k, i + 1, next - 2, depth + 1)) return false;
        size_t to = next - 1 + code[next - 1];
        if (target && to != target) return false;
        target = to;
        i = next;
    }
    if (target && target != i + 1) return false;
    *at = i + 1;
    return true;
}

static bool check_repeat(checker *k, size_t *at, size_t end, unsigned depth) {
    const uint32_t *code = k->p->code;
    size_t i = *at;
    if (end - i < 4) return false;
    size_t skip = code[i + 1], stop = i + 1 + skip;
    uint32_t op = code[i];
    if (skip < 4 || stop > end || code[i + 2] > code[i + 3]) return false;
    if (op == SRE_REPEAT || op == SRE_POSSESSIVE_REPEAT) {
        if (stop >= end || !check(k, i + 4, stop, depth + 1)) return false;
        if (op == SRE_REPEAT ? code[stop] != SRE_MAX_UNTIL && code[stop] != SRE_MIN_UNTIL : code[stop] != SRE_SUCCESS) return false;
        *at = stop + 1;
        return true;
    }
    if (code[stop - 1] != SRE_SUCCESS || !check(k, i + 4, stop - 1, depth + 1)) return false;
    *at = stop;
    return true;
}

static bool check_info(checker *k, size_t at, size_t end) {
    const uint32_t *code = k->p->code;
    size_t stop = at + 1 + code[at + 1];
    if (code[at + 1] < 4 || stop > end) return false;
    if (code[at + 2] & SRE_INFO_PREFIX) return stop >= at + 7 && code[at + 5] <= (stop - at - 7) && code[at + 6] <= code[at + 5] && stop - at - 7 >= 2 * (size_t)code[at + 5] && code[at + 5] > 0;
    if (code[at + 2] & SRE_INFO_CHARSET) return set_length(code, at + 5, stop) > 0;
    return true;
}

static bool check(checker *k, size_t at, size_t end, unsigned depth) {
    const uint32_t *code = k->p->code;
    if (depth > 1000) return false;
    while (at < end) {
        size_t left = end - at, skip;
        switch (code[at]) {
        case SRE_ANY: case SRE_ANY_ALL: case SRE_FAILURE: at++; continue;
        case SRE_LITERAL: case SRE_NOT_LITERAL: case SRE_LITERAL_IGNORE: case SRE_NOT_LITERAL_IGNORE: case SRE_LITERAL_UNI_IGNORE: case SRE_NOT_LITERAL_UNI_IGNORE:
        case SRE_LITERAL_LOC_IGNORE: case SRE_NOT_LITERAL_LOC_IGNORE: if (left < 2) return false; break;
        case SRE_AT: if (left < 2 || code[at + 1] >= SRE_AT_COUNT) return false; break;
        case SRE_CATEGORY: if (left < 2 || code[at + 1] >= SRE_CAT_COUNT) return false; break;
        case SRE_MARK: if (left < 2 || code[at + 1] >= 2 * k->p->groups) return false; break;
        case SRE_GROUPREF: case SRE_GROUPREF_IGNORE: case SRE_GROUPREF_UNI_IGNORE: case SRE_GROUPREF_LOC_IGNORE:
            if (left < 2 || code[at + 1] >= k->p->groups) return false;
            break;
        case SRE_IN: case SRE_IN_IGNORE: case SRE_IN_UNI_IGNORE: case SRE_IN_LOC_IGNORE:
            if (left < 3 || (skip = code[at + 1]) < 2 || skip >= left || set_length(code, at + 2, at + 1 + skip) != skip - 1) return false;
            if (code[at] != SRE_IN_LOC_IGNORE && !add_map(k->p, at)) return k->memory = true, false;
            at += 1 + skip;
            continue;
        case SRE_GROUPREF_EXISTS: {
            if (left < 3 || code[at + 1] >= k->p->groups) return false;
            size_t no = at + 1 + code[at + 2], stop;
            if (code[at + 2] < 2 || no > end) return false;
            if (code[at + 2] >= 4 && code[no - 2] == SRE_JUMP && (stop = no - 1 + code[no - 1]) <= end && stop >= no && check(k, at + 3, no - 2, depth + 1)) {
                if (!check(k, no, stop, depth + 1)) return false;
                at = stop;
            } else {
                if (k->memory || !check(k, at + 3, no, depth + 1)) return false;
                at = no;
            }
            continue;
        }
        case SRE_ASSERT: case SRE_ASSERT_NOT: case SRE_ATOMIC_GROUP: {
            size_t body = code[at] == SRE_ATOMIC_GROUP ? 2 : 3;
            if (left < body + 1 || (skip = code[at + 1]) < body || skip >= left || code[at + skip] != SRE_SUCCESS) return false;
            if (!check(k, at + body, at + skip, depth + 1)) return false;
            at += 1 + skip;
            continue;
        }
        case SRE_INFO: if (left < 2 || !check_info(k, at, end)) return false; at += 1 + code[at + 1]; continue;
        case SRE_BRANCH: if (!check_branch(k, &at, end, depth)) return false; continue;
        case SRE_REPEAT: case SRE_REPEAT_ONE: case SRE_MIN_REPEAT_ONE: case SRE_POSSESSIVE_REPEAT: case SRE_POSSESSIVE_REPEAT_ONE:
            if (!check_repeat(k, &at, end, depth)) return false;
            continue;
        default: return false;
        }
        at += 2;
    }
    return at == end;
}

bool sre_program_make(sre_program *p, uint32_t *code, size_t n, uint32_t groups, bool *invalid) {
    *p = (sre_program){.code = code, .n = n, .groups = groups, .map_of = base_mem_zeroed((n + 1) * sizeof(uint32_t))};
    checker k = {p, p->map_of == NULL};
    *invalid = false;
    if (!k.memory && !(n > 0 && code[n - 1] == SRE_SUCCESS && check(&k, 0, n - 1, 0))) *invalid = !k.memory;
    if (!k.memory && !*invalid && code[0] == SRE_INFO && code[2] & SRE_INFO_CHARSET && !(code[2] & SRE_INFO_PREFIX)) {
        uint8_t (*maps)[32] = base_mem_resize(p->maps, (p->nmaps + 1) * sizeof *maps);
        if (maps == NULL) k.memory = true;
        else {
            p->maps = maps;
            memset(maps[p->nmaps], 0, 32);
            for (uint32_t c = 0; c < 256; c++) if (charset(code + 5, c)) maps[p->nmaps][c >> 3] |= (uint8_t)(1u << (c & 7));
            p->first_map = (uint32_t)++p->nmaps;
        }
    }
    if (!k.memory && !*invalid) return true;
    sre_program_release(p);
    return false;
}

void sre_program_release(sre_program *p) {
    base_mem_free(p->code);
    base_mem_free(p->map_of);
    base_mem_free(p->maps);
    *p = (sre_program){0};
}

/* ---- states ---- */
enum { TRAIL, PLAIN, ALTERNATIVE, GREEDY, LAZY, AGAIN, ASSERTION, ASSERTION_NOT, ATOMIC, POSSESSIVE };
struct sre_choice { uint32_t kind, pc; const char *ptr, *low; uint32_t rep, nreps, frame; int64_t count; };
struct sre_rep { uint32_t pc, prev; int64_t count; const char *last; };          /* pc: the skip word of REPEAT */
#define NO_FRAME UINT32_MAX

bool sre_state_init(sre_state *s, const sre_program *p) {
    *s = (sre_state){.program = p, .lastindex = -1, .nmarks = 2 * (size_t)p->groups};
    s->marks = base_mem_zeroed((s->nmarks + 1) * sizeof *s->marks);
    return s->marks != NULL || ob_fail(ob_raise_memory());
}

void sre_state_release(sre_state *s) {
    base_mem_free(s->marks);
    base_mem_free(s->stack);
    base_mem_free(s->reps);
}

static COLD bool stack_grow(sre_state *s) {
    size_t cap = s->cap ? s->cap * 2 : 32;
    sre_choice *stack = cap > UINT32_MAX / 2 ? NULL : base_mem_resize(s->stack, cap * sizeof *stack);
    if (stack == NULL) return ob_fail(ob_raise_memory());
    s->stack = stack;
    s->cap = cap;
    return true;
}

static bool rep_new(sre_state *s, uint32_t pc, uint32_t prev, int64_t count, const char *last) {
    if (UNLIKELY(s->nreps >= s->cap_reps)) {
        size_t cap = s->cap_reps ? s->cap_reps * 2 : 32;
        sre_rep *reps = cap > UINT32_MAX / 2 ? NULL : base_mem_resize(s->reps, cap * sizeof *reps);
        if (reps == NULL) return ob_fail(ob_raise_memory());
        s->reps = reps;
        s->cap_reps = cap;
    }
    s->reps[s->nreps++] = (sre_rep){pc, prev, count, last};
    return true;
}

/* Takes the frame at `at` and the choices above it off; the trail stays. */
static void cut(sre_state *s, size_t at) {
    size_t to = at;
    for (size_t i = at + 1; i < s->top; i++) if (s->stack[i].kind == TRAIL) s->stack[to++] = s->stack[i];
    s->top = to;
}

/* Now and then in long searches: signals. false: raised. */
static bool poll(sre_state *s) {
    if (!s->may_poll || !ob_the_vm.poll) return true;
    ob_the_vm.poll();
    return !ob_failed();
}

#define C uint8_t
#define N(name) name##_1
#include "interp/mod/sre_engine.inc"
#undef C
#undef N
#define C uint16_t
#define N(name) name##_2
#include "interp/mod/sre_engine.inc"
#undef C
#undef N
#define C uint32_t
#define N(name) name##_4
#include "interp/mod/sre_engine.inc"
#undef C
#undef N

int sre_match(sre_state *s) {
    if (s->start > s->end) return 0;
    const void *p = s->start;
    return s->kind == 1 ? match_1(s, 0, p) : s->kind == 2 ? match_2(s, 0, p) : match_4(s, 0, p);
}

int sre_search(sre_state *s) { return s->kind == 1 ? search_1(s) : s->kind == 2 ? search_2(s) : search_4(s); }
