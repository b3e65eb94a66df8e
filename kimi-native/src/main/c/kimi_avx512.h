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
 * Scales of the n groups of 32 from group g on, g a multiple of 16: each scale is for 2^shift groups.
 */
INLINE __m512 group_scales(const uint16_t *ws, int64_t g, int64_t n, int shift) {
    if (shift == 0) {
        return widen(_mm256_maskz_loadu_epi16(first16(n), ws + g));
    }
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512 some = widen(_mm256_maskz_loadu_epi16(first16(((n - 1) >> shift) + 1), ws + (g >> shift)));
    return _mm512_maskz_permutexvar_ps(first16(n), _mm512_srl_epi32(lanes, _mm_cvtsi32_si128(shift)), some);
}

#endif
