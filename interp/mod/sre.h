/* sre.h: regular expressions: the code that re/_compiler.py makes, and matching it against text.
 * An opcode's operands follow it; a "skip" is counted from its own place. */
#ifndef INTERP_MOD_SRE_H
#define INTERP_MOD_SRE_H
#include "objspace/call.h"

#define SRE_MAGIC 20220615
#define SRE_MAXREPEAT UINT32_MAX
#define SRE_MAXGROUPS (INT32_MAX / 2)

#define SRE_OPCODES(OP) \
    OP(FAILURE) OP(SUCCESS) OP(ANY) OP(ANY_ALL) OP(ASSERT) OP(ASSERT_NOT) OP(AT) OP(BRANCH) OP(CATEGORY) OP(CHARSET) OP(BIGCHARSET) OP(GROUPREF) \
    OP(GROUPREF_EXISTS) OP(IN) OP(INFO) OP(JUMP) OP(LITERAL) OP(MARK) OP(MAX_UNTIL) OP(MIN_UNTIL) OP(NOT_LITERAL) OP(NEGATE) OP(RANGE) OP(REPEAT) \
    OP(REPEAT_ONE) OP(SUBPATTERN) OP(MIN_REPEAT_ONE) OP(ATOMIC_GROUP) OP(POSSESSIVE_REPEAT) OP(POSSESSIVE_REPEAT_ONE) OP(GROUPREF_IGNORE) OP(IN_IGNORE) \
    OP(LITERAL_IGNORE) OP(NOT_LITERAL_IGNORE) OP(GROUPREF_LOC_IGNORE) OP(IN_LOC_IGNORE) OP(LITERAL_LOC_IGNORE) OP(NOT_LITERAL_LOC_IGNORE) \
    OP(GROUPREF_UNI_IGNORE) OP(IN_UNI_IGNORE) OP(LITERAL_UNI_IGNORE) OP(NOT_LITERAL_UNI_IGNORE) OP(RANGE_UNI_IGNORE)
#define SRE_ATCODES(AT) \
    AT(BEGINNING) AT(BEGINNING_LINE) AT(BEGINNING_STRING) AT(BOUNDARY) AT(NON_BOUNDARY) AT(END) AT(END_LINE) AT(END_STRING) AT(LOC_BOUNDARY) \
    AT(LOC_NON_BOUNDARY) AT(UNI_BOUNDARY) AT(UNI_NON_BOUNDARY)
#define SRE_CATEGORIES(CAT) \
    CAT(DIGIT) CAT(NOT_DIGIT) CAT(SPACE) CAT(NOT_SPACE) CAT(WORD) CAT(NOT_WORD) CAT(LINEBREAK) CAT(NOT_LINEBREAK) CAT(LOC_WORD) CAT(LOC_NOT_WORD) \
    CAT(UNI_DIGIT) CAT(UNI_NOT_DIGIT) CAT(UNI_SPACE) CAT(UNI_NOT_SPACE) CAT(UNI_WORD) CAT(UNI_NOT_WORD) CAT(UNI_LINEBREAK) CAT(UNI_NOT_LINEBREAK)
enum {
#define OP(name) SRE_##name,
    SRE_OPCODES(OP)
#undef OP
    SRE_OP_COUNT
};
enum {
#define AT(name) SRE_AT_##name,
    SRE_ATCODES(AT)
#undef AT
    SRE_AT_COUNT
};
enum {
#define CAT(name) SRE_CAT_##name,
    SRE_CATEGORIES(CAT)
#undef CAT
    SRE_CAT_COUNT
};
enum { SRE_FLAG_TEMPLATE = 1, SRE_FLAG_IGNORECASE = 2, SRE_FLAG_LOCALE = 4, SRE_FLAG_MULTILINE = 8, SRE_FLAG_DOTALL = 16, SRE_FLAG_UNICODE = 32,
       SRE_FLAG_VERBOSE = 64, SRE_FLAG_DEBUG = 128, SRE_FLAG_ASCII = 256 };
enum { SRE_INFO_PREFIX = 1, SRE_INFO_LITERAL = 2, SRE_INFO_CHARSET = 4 };

/* A program: malloc'ed, constant. maps[i] answers for the characters below 256 the character set whose IN stands at pc with map_of[pc] == i + 1. */
typedef struct sre_program {
    uint32_t *code; size_t n;
    uint32_t *map_of;
    uint8_t (*maps)[32]; size_t nmaps;
    uint32_t first_map;                  /* of INFO's charset; 0: none */
    uint32_t groups;
} sre_program;
/* Takes code over. false: out of memory, or (invalid) not a program. */
bool sre_program_make(sre_program *p, uint32_t *code, size_t n, uint32_t groups, bool *invalid) MUST_CHECK;
void sre_program_release(sre_program *p);

typedef struct sre_choice sre_choice;
typedef struct sre_rep sre_rep;
typedef struct sre_state {               /* one text being matched; lives on the C stack */
    const sre_program *program;
    const char *begin, *end, *start;     /* text from its beginning to endpos; where the match is to begin */
    const char *stop;                    /* after success: where it ended */
    unsigned kind;                       /* bytes a character */
    bool match_all;                      /* fullmatch */
    bool must_advance;                   /* an empty match at start does not count */
    bool may_poll;                       /* Python code (signal handlers) may run: the text is immutable */
    bool dirty;
    int64_t lastindex;
    const char **marks; size_t nmarks;   /* 2 a group */
    sre_choice *stack; size_t top, cap;
    sre_rep *reps; size_t nreps, cap_reps;
    uint64_t ticks;
} sre_state;
bool sre_state_init(sre_state *s, const sre_program *p) MUST_CHECK;      /* raises MemoryError */
void sre_state_release(sre_state *s);
int sre_match(sre_state *s);             /* at start: 1, 0, -1 raised */
int sre_search(sre_state *s);            /* from start on; start becomes where it was found */

uint32_t sre_lower_ascii(uint32_t c);
uint32_t sre_lower_unicode(uint32_t c);
uint32_t sre_upper_unicode(uint32_t c);
#endif
