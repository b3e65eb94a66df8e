/* What the files for attention share. */
#ifndef KIMI_ATTENTION_H
#define KIMI_ATTENTION_H

#include "kimi_avx512.h"

#include <math.h>

/* Floats of a vector. */
#define LANES 16
/* Heads of a block: two vectors. */
#define HEADS KIMI_ATTENTION_HEADS
/* Positions of a page. */
#define POSITIONS KIMI_ATTENTION_POSITIONS

/* Sixteen numbers of a head's query from d on: those of the latent, then the rotated ones, then zeros. */
INLINE __m512 query_at(const float *plain, int64_t latent, const float *rotated, int64_t rope, int64_t d) {
    const int64_t first = latent - d, all = first + rope;
    const __mmask16 in_first = first > 0 ? first16(first) : 0;
    const __mmask16 in_all = all > 0 ? first16(all) : 0;
    const __m512 v = _mm512_maskz_loadu_ps(in_first, plain + d);
    return _mm512_mask_loadu_ps(v, in_all & (__mmask16) ~in_first, rotated - first);
}

/* The exponential of the Java kernels (class Exp), of numbers that are not above zero. */
INLINE __m512 exponential(__m512 x) {
    const __m512 min = _mm512_set1_ps(-87.33f), round = _mm512_set1_ps(12582912.0f);
    x = _mm512_mask_blend_ps(_mm512_cmp_ps_mask(x, min, _CMP_LT_OQ), x, min);
    const __m512 rounded = _mm512_fmadd_ps(x, _mm512_set1_ps(1.44269504f), round);
    const __m512 n = _mm512_sub_ps(rounded, round);
    const __m512 r = _mm512_fmadd_ps(
        n, _mm512_set1_ps(2.12194440e-4f), _mm512_fmadd_ps(n, _mm512_set1_ps(-0.693359375f), x));
    __m512 e = _mm512_fmadd_ps(_mm512_set1_ps(1.9875691500e-4f), r, _mm512_set1_ps(1.3981999507e-3f));
    e = _mm512_fmadd_ps(e, r, _mm512_set1_ps(8.3334519073e-3f));
    e = _mm512_fmadd_ps(e, r, _mm512_set1_ps(4.1665795894e-2f));
    e = _mm512_fmadd_ps(e, r, _mm512_set1_ps(1.6666665459e-1f));
    e = _mm512_fmadd_ps(e, r, _mm512_set1_ps(5.0000001201e-1f));
    e = _mm512_fmadd_ps(e, _mm512_mul_ps(r, r), _mm512_add_ps(r, _mm512_set1_ps(1.0f)));
    const __m512i power = _mm512_slli_epi32(_mm512_add_epi32(_mm512_castps_si512(rounded), _mm512_set1_epi32(127)), 23);
    return _mm512_mul_ps(e, _mm512_castsi512_ps(power));
}

/* What sums relative to an old maximum are worth relative to a new one. */
INLINE __m512 decay_of(__m512 before, __m512 largest) {
    const __mmask16 any = _mm512_cmp_ps_mask(before, _mm512_set1_ps(-INFINITY), _CMP_NEQ_UQ);
    return _mm512_maskz_mov_ps(any, exponential(_mm512_sub_ps(before, largest)));
}

#endif
