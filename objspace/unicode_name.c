/* unicode_name.c: names of characters: libunistring's, those made by rule (ideographs, Hangul syllables), and aliases.
 * Locks: none. */
#include "objspace/chars.h"
#include <ctype.h>
#include <stdio.h>
#include <uniname.h>

static const struct { uint32_t from, to; } ideographs[] = {
    {0x3400, 0x4dbf}, {0x4e00, 0x9fff}, {0x20000, 0x2a6df}, {0x2a700, 0x2b738}, {0x2b740, 0x2b81d}, {0x2b820, 0x2cea1}, {0x2ceb0, 0x2ebe0}, {0x30000, 0x3134a},
};
static const char leads[][3] = {"G", "GG", "N", "D", "DD", "R", "M", "B", "BB", "S", "SS", "", "J", "JJ", "C", "K", "T", "P", "H"};
static const char vowels[][4] = {"A", "AE", "YA", "YAE", "EO", "E", "YEO", "YE", "O", "WA", "WAE", "OE", "YO", "U", "WEO", "WE", "WI", "YU", "EU", "YI", "I"};
static const char tails[][3] = {"", "G", "GG", "GS", "N", "NJ", "NH", "D", "L", "LG", "LM", "LB", "LS", "LT", "LP", "LH", "M", "B", "BS", "S", "SS", "NG", "J", "C", "K", "T", "P", "H"};
#define IDEOGRAPH "CJK UNIFIED IDEOGRAPH-"
#define SYLLABLE "HANGUL SYLLABLE "

static const struct { const char *name; uint32_t c; } aliases[] = {
#include "objspace/unicode_alias.def"
};

static bool is_ideograph(uint32_t c) {
    for (size_t i = 0; i < BASE_LENGTH(ideographs); i++) if (c >= ideographs[i].from && c <= ideographs[i].to) return true;
    return false;
}

bool ob_char_name(uint32_t c, char out[256]) {
    if (c >= 0xac00 && c <= 0xd7a3) {
        uint32_t i = c - 0xac00;
        snprintf(out, 256, SYLLABLE "%s%s%s", leads[i / 588], vowels[i / 28 % 21], tails[i % 28]);
        return true;
    }
    if (is_ideograph(c)) { snprintf(out, 256, IDEOGRAPH "%X", c); return true; }
    return c <= 0x10ffff && unicode_character_name(c, out) != NULL;
}

/* The longest entry of a table that s begins with: its index, -1. */
#define LONGEST(table, s) longest(&(table)[0][0], BASE_LENGTH(table), sizeof (table)[0], s)
static int longest(const char *table, size_t n, size_t width, const char *s) {
    int best = -1;
    size_t most = 0;
    for (size_t i = 0; i < n; i++) {
        size_t k = strlen(table + i * width);
        if ((best < 0 || k > most) && strncmp(table + i * width, s, k) == 0) { best = (int)i; most = k; }
    }
    return best;
}

static uint32_t syllable(const char *s) {
    int lead = LONGEST(leads, s);
    s += strlen(leads[lead]);
    int vowel = LONGEST(vowels, s);
    if (vowel < 0) return UINT32_MAX;
    s += strlen(vowels[vowel]);
    int tail = LONGEST(tails, s);
    return s[strlen(tails[tail])] ? UINT32_MAX : 0xac00 + (uint32_t)((lead * 21 + vowel) * 28 + tail);
}

static uint32_t ideograph(const char *s) {
    uint32_t c = 0;
    size_t k = strlen(s);
    if (k != 4 && k != 5) return UINT32_MAX;
    for (; *s; s++) {
        if (!isxdigit((unsigned char)*s)) return UINT32_MAX;
        c = c * 16 + (uint32_t)(*s <= '9' ? *s - '0' : *s - 'A' + 10);
    }
    return is_ideograph(c) ? c : UINT32_MAX;
}

uint32_t ob_char_by_name(const char *name, size_t n) {
    char text[256];
    if (n == 0 || n >= sizeof text) return UINT32_MAX;
    for (size_t i = 0; i < n; i++) text[i] = (char)toupper((unsigned char)name[i]);
    text[n] = 0;
    if (!strncmp(text, SYLLABLE, strlen(SYLLABLE))) return syllable(text + strlen(SYLLABLE));
    if (!strncmp(text, IDEOGRAPH, strlen(IDEOGRAPH))) return ideograph(text + strlen(IDEOGRAPH));
    ucs4_t c = unicode_name_character(text);
    if (c != UNINAME_INVALID) return c;
    size_t low = 0, high = BASE_LENGTH(aliases);
    while (low < high) {
        size_t mid = (low + high) / 2;
        int order = strcmp(aliases[mid].name, text);
        if (order == 0) return aliases[mid].c;
        if (order < 0) low = mid + 1;
        else high = mid;
    }
    return UINT32_MAX;
}
