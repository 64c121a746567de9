/* crc.h: CRC-32C (Castagnoli, reflected polynomial 0x82f63b78), as in RFC 3720 appendix B.4. */
#ifndef BASE_CRC_H
#define BASE_CRC_H
#include <stddef.h>
#include <stdint.h>

/* The checksum of bytes; start with crc 0 and pass the last result to go on. */
uint32_t base_crc32c(uint32_t crc, const void *bytes, size_t n);
/* The portable way, which the tests compare with the hardware's. */
uint32_t base_crc32c_software(uint32_t crc, const void *bytes, size_t n);

#endif
