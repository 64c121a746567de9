/* crc.c: CRC-32C by the machine's instruction where there is one, else eight bytes at a time from tables
 * (Kounavis and Berry, "A Systematic Approach to Building High Performance Software-Based CRC Generators", 2005).
 * Locks: none; tables are made once by pthread_once. */
#include "base/crc.h"
#include <pthread.h>
#include <string.h>
#if defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

static uint32_t table[8][256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_tables(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int k = 0; k < 8; k++) c = c & 1 ? c >> 1 ^ 0x82f63b78u : c >> 1;
        table[0][i] = c;
    }
    for (int t = 1; t < 8; t++)
        for (int i = 0; i < 256; i++) table[t][i] = table[t - 1][i] >> 8 ^ table[0][table[t - 1][i] & 0xff];
}

static uint32_t get32(const unsigned char *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint32_t base_crc32c_software(uint32_t crc, const void *bytes, size_t n) {
    const unsigned char *p = bytes;
    pthread_once(&once, make_tables);
    crc = ~crc;
    for (; n >= 8; n -= 8, p += 8) {
        uint32_t a = get32(p) ^ crc, b = get32(p + 4);
        crc = table[7][a & 0xff] ^ table[6][a >> 8 & 0xff] ^ table[5][a >> 16 & 0xff] ^ table[4][a >> 24]
            ^ table[3][b & 0xff] ^ table[2][b >> 8 & 0xff] ^ table[1][b >> 16 & 0xff] ^ table[0][b >> 24];
    }
    while (n--) crc = crc >> 8 ^ table[0][(crc ^ *p++) & 0xff];
    return ~crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t crc, const void *bytes, size_t n) {
    const unsigned char *p = bytes;
    uint64_t c = ~crc, word;
    for (; n >= 8; n -= 8, p += 8) {
        memcpy(&word, p, 8);
        c = __builtin_ia32_crc32di(c, word);
    }
    while (n--) c = __builtin_ia32_crc32qi((uint32_t)c, *p++);
    return ~(uint32_t)c;
}

uint32_t base_crc32c(uint32_t crc, const void *bytes, size_t n) {
    static int have = -1; /* a benign race would be a data race: written only with the same value, atomically */
    int known = __atomic_load_n(&have, __ATOMIC_RELAXED);
    if (known < 0) __atomic_store_n(&have, known = __builtin_cpu_supports("sse4.2") != 0, __ATOMIC_RELAXED);
    return known ? by_instruction(crc, bytes, n) : base_crc32c_software(crc, bytes, n);
}
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
uint32_t base_crc32c(uint32_t crc, const void *bytes, size_t n) {
    const unsigned char *p = bytes;
    uint64_t word;
    crc = ~crc;
    for (; n >= 8; n -= 8, p += 8) {
        memcpy(&word, p, 8);
        crc = __crc32cd(crc, word);
    }
    while (n--) crc = __crc32cb(crc, *p++);
    return ~crc;
}
#else
uint32_t base_crc32c(uint32_t crc, const void *bytes, size_t n) { return base_crc32c_software(crc, bytes, n); }
#endif
