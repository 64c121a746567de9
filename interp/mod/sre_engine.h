/* sre_engine.h: the matcher for one width of character: included by sre_match.c with C (the type) and N(name).
 *
 * A backtracking machine without recursion. The stack holds choices (where to go on after a failure), frames (what encloses a look-around, an
 * atomic group, a possessive repeat) and a trail of overwritten marks. A failure pops: trail entries are undone, a choice is taken.
 *   E1  What is on the stack above a frame was pushed inside of it; when the frame succeeds its choices are cut and its trail kept. (cut)
 *   E2  Repeat records are never changed once made, so a choice need only remember which one was current. */

static inline bool N(in_set)(const sre_program *g, uint32_t pc, uint32_t c) {        /* pc: of an IN opcode */
    uint32_t map = g->map_of[pc];
    if (LIKELY(c < 256 && map)) return g->maps[map - 1][c >> 3] >> (c & 7) & 1;
    return set_slow(g->code + pc, c);
}

/* How many times the one-character item at pc matches from p on, at most `most`. */
static size_t N(count)(const sre_state *s, uint32_t pc, const C *p, size_t most) {
    const sre_program *g = s->program;
    const uint32_t *code = g->code + pc;
    const C *from = p, *end = (const C *)(const void *)s->end;
    if ((size_t)(end - p) > most) end = p + most;
    uint32_t c = code[1];
    switch (code[0]) {
    case SRE_ANY_ALL: return (size_t)(end - p);
    case SRE_ANY:
        if (sizeof(C) == 1) {
            const C *hit = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
            return (size_t)((hit ? hit : end) - p);
        }
        while (p < end && *p != '\n') p++;
        break;
    case SRE_IN: {
        uint32_t map = g->map_of[pc];
        if (map && sizeof(C) == 1) {
            const uint8_t *m = g->maps[map - 1];
            while (p < end && m[*p >> 3] >> (*p & 7) & 1) p++;
            break;
        }
    } /* fall through */
    case SRE_IN_IGNORE: case SRE_IN_UNI_IGNORE: case SRE_IN_LOC_IGNORE:
        while (p < end && N(in_set)(g, pc, *p)) p++;
        break;
    case SRE_LITERAL: while (p < end && *p == c) p++; break;
    case SRE_NOT_LITERAL:
        if (sizeof(C) == 1 && c < 256) {
            const C *hit = p < end ? memchr(p, (int)c, (size_t)(end - p)) : NULL;
            return (size_t)((hit ? hit : end) - p);
        }
        while (p < end && *p != c) p++;
        break;
    default: while (p < end && one_slow(code, *p)) p++; break;
    }
    return (size_t)(p - from);
}

static bool N(at)(const sre_state *s, const C *p, uint32_t where) {
    const C *begin = (const C *)(const void *)s->begin, *end = (const C *)(const void *)s->end;
    switch (where) {
    case SRE_AT_BEGINNING: case SRE_AT_BEGINNING_STRING: return p == begin;
    case SRE_AT_BEGINNING_LINE: return p == begin || p[-1] == '\n';
    case SRE_AT_END: return p == end || (p + 1 == end && *p == '\n');
    case SRE_AT_END_LINE: return p == end || *p == '\n';
    case SRE_AT_END_STRING: return p == end;
    default: break;
    }
    if (begin == end) return false;
    uint32_t word = where == SRE_AT_BOUNDARY || where == SRE_AT_NON_BOUNDARY ? SRE_CAT_WORD : where == SRE_AT_LOC_BOUNDARY || where == SRE_AT_LOC_NON_BOUNDARY ? SRE_CAT_LOC_WORD : SRE_CAT_UNI_WORD;
    bool differs = (p > begin && category(word, p[-1])) != (p < end && category(word, *p));
    bool boundary = where == SRE_AT_BOUNDARY || where == SRE_AT_LOC_BOUNDARY || where == SRE_AT_UNI_BOUNDARY;
    return differs == boundary;
}

/* The text of group i again at p: how many characters, -1: no. */
static ssize_t N(group_again)(const sre_state *s, uint32_t op, uint32_t i, const C *p) {
    const C *from = (const C *)(const void *)s->marks[2 * i], *to = (const C *)(const void *)s->marks[2 * i + 1], *end = (const C *)(const void *)s->end;
    if (from == NULL || to == NULL || to < from || to - from > end - p) return -1;
    for (ssize_t k = 0; k < to - from; k++) {
        uint32_t x = from[k], y = p[k];
        bool same = op == SRE_GROUPREF ? x == y : op == SRE_GROUPREF_IGNORE ? sre_lower_ascii(x) == sre_lower_ascii(y)
                  : op == SRE_GROUPREF_UNI_IGNORE ? sre_lower_unicode(x) == sre_lower_unicode(y) : lower_locale(x) == lower_locale(y);
        if (!same) return -1;
    }
    return to - from;
}

/* Can the code at pc not match at p? A quick look at its first item. */
static inline bool N(hopeless)(const sre_state *s, uint32_t pc, const C *p) {
    const uint32_t *code = s->program->code + pc;
    const C *end = (const C *)(const void *)s->end;
    if (code[0] == SRE_LITERAL) return p >= end || *p != code[1];
    if (code[0] == SRE_IN) return p >= end || !N(in_set)(s->program, pc, *p);
    return false;
}

#define PTR(x) ((const C *)(const void *)(x))
#define PUSH(...) do { if (UNLIKELY(s->top == s->cap) && !stack_grow(s)) return -1; s->stack[s->top++] = (sre_choice){__VA_ARGS__}; } while (0)
#define CHOICE(kind_, pc_, ptr_, low_) PUSH(.kind = kind_, .pc = pc_, .ptr = (const char *)(ptr_), .low = (const char *)(low_), .rep = rep, .nreps = (uint32_t)s->nreps)
#define FRAME(kind_, pc_, count_) do { PUSH(.kind = kind_, .pc = pc_, .ptr = (const char *)p, .rep = rep, .nreps = (uint32_t)s->nreps, .frame = frame, .count = count_); frame = (uint32_t)s->top - 1; } while (0)
#define FAIL goto fail
#define GOTO(pc_) do { pc = (pc_); goto next; } while (0)

static int N(match)(sre_state *s, uint32_t pc, const C *p) {
    const sre_program *g = s->program;
    const uint32_t *code = g->code;
    const C *begin = PTR(s->begin), *end = PTR(s->end), *start = PTR(s->start);
    uint32_t rep = 0, frame = NO_FRAME;
    s->top = 0;
    s->nreps = 1;
    if (s->dirty) {
        memset(s->marks, 0, s->nmarks * sizeof *s->marks);
        s->lastindex = -1;
        s->dirty = false;
    }
next:
    for (;;) switch (code[pc]) {
    case SRE_FAILURE: FAIL;
    case SRE_SUCCESS:
        if (frame != NO_FRAME) goto frame_done;
        if ((s->match_all && p != end) || (s->must_advance && p == start)) FAIL;
        s->stop = (const char *)p;
        return 1;
    case SRE_LITERAL:
        if (p >= end || *p != code[pc + 1]) FAIL;
        p++; pc += 2;
        continue;
    case SRE_NOT_LITERAL:
        if (p >= end || *p == code[pc + 1]) FAIL;
        p++; pc += 2;
        continue;
    case SRE_ANY:
        if (p >= end || *p == '\n') FAIL;
        p++; pc++;
        continue;
    case SRE_ANY_ALL:
        if (p >= end) FAIL;
        p++; pc++;
        continue;
    case SRE_IN: case SRE_IN_IGNORE: case SRE_IN_UNI_IGNORE: case SRE_IN_LOC_IGNORE:
        if (p >= end || !N(in_set)(g, pc, *p)) FAIL;
        p++; pc += 1 + code[pc + 1];
        continue;
    case SRE_CATEGORY: case SRE_LITERAL_IGNORE: case SRE_NOT_LITERAL_IGNORE: case SRE_LITERAL_UNI_IGNORE: case SRE_NOT_LITERAL_UNI_IGNORE:
    case SRE_LITERAL_LOC_IGNORE: case SRE_NOT_LITERAL_LOC_IGNORE:
        if (p >= end || !one_slow(code + pc, *p)) FAIL;
        p++; pc += 2;
        continue;
    case SRE_AT:
        if (!N(at)(s, p, code[pc + 1])) FAIL;
        pc += 2;
        continue;
    case SRE_MARK: {
        uint32_t i = code[pc + 1];
        if (s->top) PUSH(.kind = TRAIL, .pc = i, .ptr = s->marks[i], .count = s->lastindex);
        s->marks[i] = (const char *)p;
        s->dirty = true;
        if (i & 1) s->lastindex = i / 2 + 1;
        pc += 2;
        continue;
    }
    case SRE_JUMP: case SRE_INFO: pc += 1 + code[pc + 1]; continue;
    case SRE_GROUPREF: case SRE_GROUPREF_IGNORE: case SRE_GROUPREF_UNI_IGNORE: case SRE_GROUPREF_LOC_IGNORE: {
        ssize_t k = N(group_again)(s, code[pc], code[pc + 1], p);
        if (k < 0) FAIL;
        p += k; pc += 2;
        continue;
    }
    case SRE_GROUPREF_EXISTS: {
        uint32_t i = code[pc + 1];
        bool is_set = s->marks[2 * i] && s->marks[2 * i + 1] && s->marks[2 * i + 1] >= s->marks[2 * i];
        pc += is_set ? 3 : 1 + code[pc + 2];
        continue;
    }
    case SRE_ASSERT:
        if ((size_t)(p - begin) < code[pc + 2]) FAIL;
        FRAME(ASSERTION, pc + 1 + code[pc + 1], 0);
        p -= code[pc + 2]; pc += 3;
        continue;
    case SRE_ASSERT_NOT:
        if ((size_t)(p - begin) < code[pc + 2]) { pc += 1 + code[pc + 1]; continue; }
        FRAME(ASSERTION_NOT, pc + 1 + code[pc + 1], 0);
        p -= code[pc + 2]; pc += 3;
        continue;
    case SRE_ATOMIC_GROUP:
        FRAME(ATOMIC, pc + 1 + code[pc + 1], 0);
        pc += 2;
        continue;
    case SRE_BRANCH: pc++; goto branch;
    case SRE_REPEAT_ONE: case SRE_POSSESSIVE_REPEAT_ONE: {
        uint32_t low = code[pc + 2], tail = pc + 1 + code[pc + 1];
        if ((size_t)(end - p) < low) FAIL;
        size_t k = N(count)(s, pc + 4, p, code[pc + 3] == SRE_MAXREPEAT ? SIZE_MAX : code[pc + 3]);
        if (k < low) FAIL;
        const C *least = p + low;
        bool possessive = code[pc] == SRE_POSSESSIVE_REPEAT_ONE;
        p += k;
        pc = tail;
        if (possessive) continue;
        if (code[tail] == SRE_LITERAL) {                 /* give back at once what the literal behind cannot follow */
            uint32_t c = code[tail + 1];
            while (p >= least && (p >= end || *p != c)) p--;
            if (p < least) FAIL;
        }
        if (p > least) CHOICE(GREEDY, tail, p, least);
        continue;
    }
    case SRE_MIN_REPEAT_ONE: {
        uint32_t low = code[pc + 2], tail = pc + 1 + code[pc + 1];
        if ((size_t)(end - p) < low) FAIL;
        if (low && N(count)(s, pc + 4, p, low) < low) FAIL;
        size_t more = code[pc + 3] == SRE_MAXREPEAT ? SIZE_MAX : code[pc + 3] - low;
        p += low;
        CHOICE(LAZY, pc, p, (size_t)(end - p) > more ? p + more : end);
        pc = tail;
        continue;
    }
    case SRE_REPEAT:
        if (!rep_new(s, pc + 1, rep, -1, NULL)) return -1;
        rep = (uint32_t)s->nreps - 1;
        pc += 1 + code[pc + 1];
        continue;
    case SRE_MAX_UNTIL: {
        sre_rep r = s->reps[rep];
        uint32_t low = code[r.pc + 1], high = code[r.pc + 2];
        int64_t count = r.count + 1;
        if (count < low) {
            if (!rep_new(s, r.pc, r.prev, count, r.last)) return -1;
        } else if ((count < high || high == SRE_MAXREPEAT) && (const char *)p != r.last) {
            uint32_t inner = rep;
            rep = r.prev;
            CHOICE(PLAIN, pc + 1, p, NULL);
            rep = inner;
            if (!rep_new(s, r.pc, r.prev, count, (const char *)p)) return -1;
        } else {
            rep = r.prev;
            pc++;
            continue;
        }
        rep = (uint32_t)s->nreps - 1;
        pc = r.pc + 3;
        continue;
    }
    case SRE_MIN_UNTIL: {
        sre_rep r = s->reps[rep];
        int64_t count = r.count + 1;
        if (count < code[r.pc + 1]) {
            if (!rep_new(s, r.pc, r.prev, count, r.last)) return -1;
            rep = (uint32_t)s->nreps - 1;
            pc = r.pc + 3;
            continue;
        }
        CHOICE(AGAIN, pc, p, NULL);
        rep = r.prev;
        pc++;
        continue;
    }
    case SRE_POSSESSIVE_REPEAT: {
        uint32_t at = pc;
        if (code[pc + 3] == 0) { pc = at + 2 + code[at + 1]; continue; }
        FRAME(POSSESSIVE, at, 0);
        pc = at + 4;
        continue;
    }
    default:
        ob_raise(&ob_exc_RuntimeError, "invalid SRE code");
        return -1;
    }

branch:                                                  /* pc: the skip word of an alternative */
    for (; code[pc]; pc += code[pc]) {
        if (N(hopeless)(s, pc + 1, p)) continue;
        if (code[pc + code[pc]]) CHOICE(ALTERNATIVE, pc + code[pc], p, NULL);
        GOTO(pc + 1);
    }
    FAIL;

frame_done: {
        uint32_t at = frame;
        sre_choice f = s->stack[at];
        frame = f.frame;
        rep = f.rep;
        if (f.kind == ASSERTION_NOT) {                   /* undo what it marked, then fail */
            while (s->top > at + 1) {
                sre_choice *e = &s->stack[--s->top];
                if (e->kind == TRAIL) { s->marks[e->pc] = e->ptr; s->lastindex = e->count; }
            }
            s->top = at;
            FAIL;
        }
        cut(s, at);
        if (f.kind == ASSERTION) { p = PTR(f.ptr); GOTO(f.pc); }
        if (f.kind == ATOMIC) GOTO(f.pc);
        uint32_t low = code[f.pc + 2], high = code[f.pc + 3];                            /* POSSESSIVE */
        int64_t count = f.count + 1;
        if (count < low || ((count < high || high == SRE_MAXREPEAT) && (const char *)p != f.ptr)) {
            FRAME(POSSESSIVE, f.pc, count);
            GOTO(f.pc + 4);
        }
        GOTO(f.pc + 2 + code[f.pc + 1]);
    }

fail:
    while (s->top) {
        sre_choice *e = &s->stack[--s->top];
        if (e->kind == TRAIL) { s->marks[e->pc] = e->ptr; s->lastindex = e->count; continue; }
        if (UNLIKELY((++s->ticks & 0xffff) == 0) && !poll(s)) return -1;
        rep = e->rep;
        s->nreps = e->nreps;
        p = PTR(e->ptr);
        switch (e->kind) {
        case PLAIN: GOTO(e->pc);
        case ALTERNATIVE: pc = e->pc; goto branch;
        case GREEDY: {
            const C *low = PTR(e->low);
            pc = e->pc;
            p--;
            if (code[pc] == SRE_LITERAL) {
                uint32_t c = code[pc + 1];
                while (p >= low && *p != c) p--;
                if (p < low) continue;
            }
            if (p > low) { e->ptr = (const char *)p; s->top++; }
            goto next;
        }
        case LAZY: {
            const C *last = PTR(e->low);
            uint32_t item = e->pc + 4, tail = e->pc + 1 + code[e->pc + 1];
            do {
                if (p >= last || N(count)(s, item, p, 1) == 0) { p = NULL; break; }
                p++;
            } while (code[tail] == SRE_LITERAL && (p >= end || *p != code[tail + 1]));
            if (p == NULL) continue;
            e->ptr = (const char *)p;
            s->top++;
            GOTO(tail);
        }
        case AGAIN: {
            sre_rep r = s->reps[rep];
            uint32_t high = code[r.pc + 2];
            int64_t count = r.count + 1;
            if ((count >= high && high != SRE_MAXREPEAT) || (const char *)p == r.last) continue;
            if (!rep_new(s, r.pc, r.prev, count, (const char *)p)) return -1;
            rep = (uint32_t)s->nreps - 1;
            GOTO(r.pc + 3);
        }
        case ASSERTION_NOT: frame = e->frame; GOTO(e->pc);
        case POSSESSIVE:
            frame = e->frame;
            if (e->count < code[e->pc + 2]) continue;
            GOTO(e->pc + 2 + code[e->pc + 1]);
        default: frame = e->frame; continue;             /* ASSERTION, ATOMIC: failed */
        }
    }
    return 0;
}

/* ---- searching ---- */
/* The next place from p on where the prefix stands; NULL: none. */
static const C *N(find_prefix)(const C *p, const C *end, const uint32_t *prefix, size_t n) {
    if ((size_t)(end - p) < n) return NULL;
    if (sizeof(C) == 1 && n == 1) return prefix[0] < 256 ? memchr(p, (int)prefix[0], (size_t)(end - p)) : NULL;
    for (const C *last = end - n; p <= last; p++) {
        if (sizeof(C) == 1) {
            if (prefix[0] > 255 || (p = memchr(p, (int)prefix[0], (size_t)(last - p) + 1)) == NULL) return NULL;
        } else if (*p != prefix[0]) continue;
        size_t k = 1;
        while (k < n && p[k] == prefix[k]) k++;
        if (k == n) return p;
    }
    return NULL;
}

static int N(search)(sre_state *s) {
    const sre_program *g = s->program;
    const uint32_t *code = g->code;
    const C *p = PTR(s->start), *end = PTR(s->end), *last = end;
    uint32_t flags = 0, pc = 0;
    int r;
    if (p > end) return 0;
    if (code[0] == SRE_INFO) {
        flags = code[2];
        if (code[3] && (size_t)(end - p) < code[3]) return 0;
        last = end - code[3];
        pc = 1 + code[1];
    }
    if (flags & SRE_INFO_PREFIX) {
        uint32_t n = code[5], skip = code[6];
        const uint32_t *prefix = code + 7;
        for (; (p = N(find_prefix)(p, end, prefix, n)) != NULL; p++) {
            s->start = (const char *)p;
            if (flags & SRE_INFO_LITERAL) { s->stop = (const char *)(p + n); return 1; }
            r = N(match)(s, pc + 2 * skip, p + skip);
            if (r) return r;
            s->must_advance = false;
        }
        return 0;
    }
    const uint8_t *first = g->first_map ? g->maps[g->first_map - 1] : NULL;
    for (bool again = false;; p++, again = true) {
        if (flags & SRE_INFO_CHARSET) {
            if (first && sizeof(C) == 1) while (p < end && !(first[*p >> 3] >> (*p & 7) & 1)) p++, again = true;
            else for (uint32_t c; p < end && (c = *p, !(first && c < 256 ? first[c >> 3] >> (c & 7) & 1 : charset(code + 5, c))); p++) again = true;
            if (p >= end) return 0;
        }
        if (p > last) return 0;
        if (again) s->must_advance = false;
        s->start = (const char *)p;
        r = N(match)(s, pc, p);
        if (r) return r;
        if (UNLIKELY((++s->ticks & 0xffff) == 0) && !poll(s)) return -1;
    }
}
#undef PTR
#undef PUSH
#undef CHOICE
#undef FRAME
#undef FAIL
#undef GOTO
