/* Weights as exact floats, for AVX-512. */
#ifndef KIMI_FLOATS_H
#define KIMI_FLOATS_H

#include "kimi_avx512.h"

/* Elements of a row whose four chains are added to its running vector together. */
#define SUPERBLOCK 4096

INLINE __m512 low_half(__m512i v) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(v, 16));
}

INLINE __m512 high_half(__m512i v) {
    return _mm512_castsi512_ps(_mm512_and_si512(v, _mm512_set1_epi32((int) 0xffff0000)));
}

/*
 * Byte q of each word times its scale, exactly: moved to where it makes the float 256 + byte, of which 384 is too much.
 *   low     scale * -384
 */
INLINE __m512 byte_weights(__m512i w, const int q, __m512 scale, __m512 low) {
    const __m512i at = q == 0   ? _mm512_slli_epi32(w, 15)
                       : q == 1 ? _mm512_slli_epi32(w, 7)
                       : q == 2 ? _mm512_srli_epi32(w, 1)
                                : _mm512_srli_epi32(w, 9);
    const __m512i f =
        _mm512_ternarylogic_epi32(at, _mm512_set1_epi32(0x7f8000), _mm512_set1_epi32(0x43800000), 0xea); /* (a & b) | c */
    return _mm512_fmadd_ps(_mm512_castsi512_ps(f), scale, low);
}

/*
 * A nibble of each word times its scale, exactly. Nibbles 2, 3 and 4 are within the fraction of a float: under the exponent that
 * gives their place the value 1, nibble q is the float 2^(23 - 4q) + nibble, of which 2^(23 - 4q) + 8 is too much. The others
 * are moved there, several by one shift.
 *   low     scale * -(2^(23 - 4q) + 8)
 */
INLINE __m512 nibble_weights(__m512i w, const int q, __m512 scale, __m512 low) {
    const __m512i f = _mm512_ternarylogic_epi32(
        w, _mm512_set1_epi32(15 << 4 * q), _mm512_set1_epi32((127 + 23 - 4 * q) << 23), 0xea); /* (a & b) | c */
    return _mm512_fmadd_ps(_mm512_castsi512_ps(f), scale, low);
}

#endif
