/* What the files for AVX-512 share. */
#ifndef KIMI_AVX512_H
#define KIMI_AVX512_H

#include "kimi_native.h"

#include <immintrin.h>
#include <string.h>

/* Activations that share a scale, and INT4 weights that do. */
#define GROUP 32

#define INLINE static inline __attribute__((always_inline))

INLINE int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* The first n of 64 or 16 elements. */
INLINE __mmask64 first64(int64_t n) {
    return n >= 64 ? ~(__mmask64) 0 : ((__mmask64) 1 << n) - 1;
}

INLINE __mmask16 first16(int64_t n) {
    return n >= 16 ? 0xffff : (__mmask16) ((1u << n) - 1);
}

/* Sixteen bfloat16 numbers as floats. */
INLINE __m512 widen(__m256i v) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(v), 16));
}

/*
 * One row against weights that stream from memory waits for the memory. A core reads faster in a few streams than in one, so
 * the outputs of a call are cut into as many parts, and a weight row of each is taken at a time: a line of each in turn.
 * Whole stretches of a row in turn would keep the processor from seeing the streams, and are half as fast.
 */
#define STREAMS 4

/*
 * How a processor is best asked for weights before they are needed, as measured (docs/speed-log.md).
 *   SELDOM  Zen 5, told by avx512vp2intersect: it sees the streams of bfloat16 rows, and a request takes longer than a
 *           line's products
 *   ONCE    Zen 4
 *   TWICE   Intel with AMX: few lines can be on their way to the first cache, more to the second, so that lines are asked
 *           for into the second long before and into the first shortly before; scales, streams of their own, into the first
 */
enum { SELDOM, ONCE, TWICE };

INLINE int asking(void) {
    return __builtin_cpu_supports("avx512vp2intersect") ? SELDOM : __builtin_cpu_supports("amx-tile") ? TWICE : ONCE;
}

/* Bytes ahead for those asked twice. */
#define FAR_AHEAD 3072
#define NEAR_AHEAD 1024
#define SCALES_AHEAD 256

INLINE void ask_twice(const void *weights) {
    _mm_prefetch((const char *) weights + FAR_AHEAD, _MM_HINT_T1);
    _mm_prefetch((const char *) weights + NEAR_AHEAD, _MM_HINT_T0);
}

INLINE void ask_for_scales(const void *scales) {
    _mm_prefetch((const char *) scales + SCALES_AHEAD, _MM_HINT_T0);
}

/* The upper half is added to the lower until one lane is left. */
INLINE float tree(__m512 v) {
    const __m256 a = _mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
    __m128 b = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    b = _mm_add_ps(b, _mm_movehl_ps(b, b));
    return _mm_cvtss_f32(_mm_add_ss(b, _mm_shuffle_ps(b, b, 1)));
}

/* Lane l of load j belongs to group j * 2^(4 - shift) + l / 2^shift of the step's sixteen. */
INLINE __m512i spread(int j, int shift) {
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return _mm512_add_epi32(_mm512_srli_epi32(lanes, (unsigned) shift), _mm512_set1_epi32(j << (4 - shift)));
}

/*
 * Scales of the n groups of 32 from group g on: each scale is for 2^shift groups, the first of which is a
 * multiple of 2^shift, or all n of which have the same.
 */
INLINE __m512 group_scales(const uint16_t *ws, int64_t g, int64_t n, int shift) {
    if (shift == 0) {
        return widen(_mm256_maskz_loadu_epi16(first16(n), ws + g));
    }
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512 some = widen(_mm256_maskz_loadu_epi16(first16(((n - 1) >> shift) + 1), ws + (g >> shift)));
    return _mm512_maskz_permutexvar_ps(first16(n), _mm512_srl_epi32(lanes, _mm_cvtsi32_si128(shift)), some);
}

/* Turns sixteen vectors of sixteen words into their columns. */
INLINE void transpose(__m512i *v) {
    __m512i t[16];
    for (int i = 0; i < 8; i++) {
        t[2 * i] = _mm512_unpacklo_epi32(v[2 * i], v[2 * i + 1]);
        t[2 * i + 1] = _mm512_unpackhi_epi32(v[2 * i], v[2 * i + 1]);
    }
    for (int i = 0; i < 4; i++) {
        v[4 * i] = _mm512_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
        v[4 * i + 1] = _mm512_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
        v[4 * i + 2] = _mm512_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
        v[4 * i + 3] = _mm512_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        t[i] = _mm512_shuffle_i32x4(v[i], v[i + 4], 0x88);
        t[i + 4] = _mm512_shuffle_i32x4(v[i], v[i + 4], 0xdd);
        t[i + 8] = _mm512_shuffle_i32x4(v[i + 8], v[i + 12], 0x88);
        t[i + 12] = _mm512_shuffle_i32x4(v[i + 8], v[i + 12], 0xdd);
    }
    for (int i = 0; i < 8; i++) {
        v[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
        v[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
    }
}

#endif
