/* stress.c: parses APO_STRESS and rolls the dice.  Locks: none; the settings are constant after base_stress_init. */
#include "base/stress.h"
#include "base/mono.h"
#include "base/rand.h"
#include <stdlib.h>
#include <string.h>

unsigned base_stress_bits;
uint64_t base_stress_oom_every, base_stress_gc_every;

static const char *const words[BASE_STRESS_COUNT] = {
#define X(name, word, doc) [BASE_STRESS_##name] = word,
    BASE_STRESS_TABLE(X)
#undef X
};

static bool set_word(const char *word, size_t length) {
    for (unsigned i = 0; i < BASE_STRESS_COUNT; i++) {
        size_t n = strlen(words[i]);
        if (length < n || strncmp(word, words[i], n) != 0) continue;
        if (length > n && word[n] != ':') continue;
        base_stress_bits |= 1u << i;
        uint64_t every = length > n ? strtoull(word + n + 1, NULL, 10) : 0;
        if (i == BASE_STRESS_OOM) base_stress_oom_every = every ? every : 1000;
        if (i == BASE_STRESS_GC) base_stress_gc_every = every ? every : 100;
        return true;
    }
    return false;
}

bool base_stress_init(const char *spec) {
    bool ok = true;
    if (spec == NULL) spec = getenv("APO_STRESS");
    base_stress_bits = 0;
    while (spec && *spec) {
        size_t n = strcspn(spec, ",");
        if (n && !set_word(spec, n)) ok = false;
        spec += n + (spec[n] == ',');
    }
    return ok;
}

bool base_stress_strikes(base_stress what, unsigned one_in) {
    static _Thread_local base_rand dice;
    if (!base_stressed(what)) return false;
    if (dice.s[0] == 0) base_rand_seed(&dice, (uint64_t)base_mono_ns()); /* not the address: gcc adds the constant to it at link time, too far */
    return base_rand_below(&dice, one_in) == 0;
}
