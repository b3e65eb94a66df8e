/* The limits of the machine, as C sees them: reading memory in 1, 2 or 4 streams, and arithmetic on registers in 8, 12 or
   16 independent chains. Compiled for the machine it runs on. */
#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__)
#define BYTES 64
#elif defined(__AVX__)
#define BYTES 32
#else
#define BYTES 16
#endif

typedef uint64_t words __attribute__((vector_size(BYTES), aligned(1), may_alias));
typedef float floats __attribute__((vector_size(BYTES)));

static uint64_t fold(words a, words b, words c, words d) {
    words x = (a ^ b) ^ (c ^ d);
    uint64_t result = 0;
    for (int i = 0; i < BYTES / 8; i++) result ^= x[i];
    return result;
}

#define AT(p) (*(const words *)(p))

uint64_t read_1(const char *p, int64_t bytes) {
    words a = {0}, b = {0}, c = {0}, d = {0};
    const char *end = p + bytes / (8 * BYTES) * (8 * BYTES);
    for (; p < end; p += 8 * BYTES) {
        a ^= AT(p); b ^= AT(p + BYTES); c ^= AT(p + 2 * BYTES); d ^= AT(p + 3 * BYTES);
        a ^= AT(p + 4 * BYTES); b ^= AT(p + 5 * BYTES); c ^= AT(p + 6 * BYTES); d ^= AT(p + 7 * BYTES);
    }
    return fold(a, b, c, d);
}

uint64_t read_2(const char *p, int64_t bytes) {
    words a = {0}, b = {0}, c = {0}, d = {0};
    int64_t part = bytes / 2 / (4 * BYTES) * (4 * BYTES);
    const char *q = p + part, *end = q;
    for (; p < end; p += 4 * BYTES, q += 4 * BYTES) {
        a ^= AT(p); b ^= AT(p + BYTES); c ^= AT(p + 2 * BYTES); d ^= AT(p + 3 * BYTES);
        a ^= AT(q); b ^= AT(q + BYTES); c ^= AT(q + 2 * BYTES); d ^= AT(q + 3 * BYTES);
    }
    return fold(a, b, c, d);
}

uint64_t read_4(const char *p, int64_t bytes) {
    words a = {0}, b = {0}, c = {0}, d = {0};
    int64_t part = bytes / 4 / (2 * BYTES) * (2 * BYTES);
    const char *q = p + part, *r = q + part, *s = r + part, *end = q;
    for (; p < end; p += 2 * BYTES, q += 2 * BYTES, r += 2 * BYTES, s += 2 * BYTES) {
        a ^= AT(p); b ^= AT(q); c ^= AT(r); d ^= AT(s);
        a ^= AT(p + BYTES); b ^= AT(q + BYTES); c ^= AT(r + BYTES); d ^= AT(s + BYTES);
    }
    return fold(a, b, c, d);
}

int32_t vector_bytes(void) { return BYTES; }

/* The empty statement keeps the compiler from doing a chain's steps at once. */
#define KEEP(v) __asm__ volatile("" : "+x"(v))
#if defined(__x86_64__)
#define STEP(v) v = v * x + y; KEEP(v);
#else
#define STEP(v) v = v * x + y;
#endif
#define ALL4(a, b, c, d) STEP(a) STEP(b) STEP(c) STEP(d)

float fma_8(int64_t rounds, float scale, float offset) {
    floats x = (floats){0} + scale, y = (floats){0} + offset;
    floats a = y, b = y + a, c = y + b, d = y + c, e = y + d, f = y + e, g = y + f, h = y + g;
    for (int64_t r = 0; r < rounds; r++) { ALL4(a, b, c, d) ALL4(e, f, g, h) }
    return (a + b + c + d + e + f + g + h)[0];
}

float fma_12(int64_t rounds, float scale, float offset) {
    floats x = (floats){0} + scale, y = (floats){0} + offset;
    floats a = y, b = y + a, c = y + b, d = y + c, e = y + d, f = y + e, g = y + f, h = y + g;
    floats i = y + h, j = y + i, k = y + j, l = y + k;
    for (int64_t r = 0; r < rounds; r++) { ALL4(a, b, c, d) ALL4(e, f, g, h) ALL4(i, j, k, l) }
    return (a + b + c + d + e + f + g + h + i + j + k + l)[0];
}

/* Where the machine has 16 registers, two of the chains take x and y from memory: slower, and not the best then. */
float fma_16(int64_t rounds, float scale, float offset) {
    floats x = (floats){0} + scale, y = (floats){0} + offset;
    floats a = y, b = y + a, c = y + b, d = y + c, e = y + d, f = y + e, g = y + f, h = y + g;
    floats i = y + h, j = y + i, k = y + j, l = y + k, m = y + l, n = y + m, o = y + n, p = y + o;
    for (int64_t r = 0; r < rounds; r++) { ALL4(a, b, c, d) ALL4(e, f, g, h) ALL4(i, j, k, l) ALL4(m, n, o, p) }
    return (a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p)[0];
}

/* Bytes times bytes summed in 32 bits, the way the machine does it best; 0 if it has no such instruction. */
#if defined(__AVX512VNNI__) || defined(__AVXVNNI__) || defined(__AVX2__)
#include <immintrin.h>
#if defined(__AVX512VNNI__)
typedef __m512i ints;
#define SPREAD(v) _mm512_set1_epi32(v)
#define DOT(v) v = _mm512_dpbusd_epi32(v, x, y); KEEP(v);
#define INT8_NAME "vpdpbusd 512"
#elif defined(__AVXVNNI__)
typedef __m256i ints;
#define SPREAD(v) _mm256_set1_epi32(v)
#define DOT(v) v = _mm256_dpbusd_avx_epi32(v, x, y); KEEP(v);
#define INT8_NAME "vpdpbusd 256"
#else
typedef __m256i ints;
#define SPREAD(v) _mm256_set1_epi32(v)
#define DOT(v) { ints t = _mm256_maddubs_epi16(x, y); KEEP(t); t = _mm256_madd_epi16(t, z); v = _mm256_add_epi32(v, t); KEEP(v); }
#define INT8_NAME "vpmaddubsw 256"
#endif

/* Of one step of one chain. */
double int8_ops(void) { return 2.0 * sizeof(ints); }

#define INT8_LOOP(chains, steps)                                                                                         \
    int32_t int8_##chains(int64_t rounds, int32_t left, int32_t right) {                                                 \
        ints x = SPREAD(left), y = SPREAD(right), z = SPREAD(0x00010001);                                                \
        (void)z;                                                                                                         \
        ints a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x, m = x, n = x, o = x,     \
             p = x;                                                                                                      \
        for (int64_t r = 0; r < rounds; r++) { steps }                                                                   \
        ints all[16] = {a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p};                                                 \
        int32_t lane, sum = 0;                                                                                           \
        for (int q = 0; q < 16; q++) { memcpy(&lane, &all[q], 4); sum += lane; }                                         \
        return sum;                                                                                                      \
    }
#define DOT4(a, b, c, d) DOT(a) DOT(b) DOT(c) DOT(d)
INT8_LOOP(8, DOT4(a, b, c, d) DOT4(e, f, g, h))
INT8_LOOP(12, DOT4(a, b, c, d) DOT4(e, f, g, h) DOT4(i, j, k, l))
INT8_LOOP(16, DOT4(a, b, c, d) DOT4(e, f, g, h) DOT4(i, j, k, l) DOT4(m, n, o, p))
#else
#define INT8_NAME "none"
double int8_ops(void) { return 0; }
int32_t int8_8(int64_t rounds, int32_t left, int32_t right) { return 0; }
int32_t int8_12(int64_t rounds, int32_t left, int32_t right) { return 0; }
int32_t int8_16(int64_t rounds, int32_t left, int32_t right) { return 0; }
#endif

const char *int8_name(void) { return INT8_NAME; }
