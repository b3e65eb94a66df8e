/*
 * AVX-512 with VNNI: few rows in 8 bits. See kimi_native.h for shapes and contracts.
 */
#include "kimi_avx512.h"

/* Bytes by which INT4 weights are asked for where once is enough; INT8 weights come as fast without there. */
#define INT4_AHEAD 1024
/* INT8 weights that are asked for twice come faster in two streams than in four: 0.96 and 0.90 of the read-only pass. */
#define INT8_STREAMS 2

int32_t KIMI(version)(void) {
    return KIMI_NATIVE_VERSION;
}

const char *KIMI(isa)(void) {
#ifdef __AMX_TILE__
    return "AMX on AVX-512 VNNI BF16";
#else
    return "AVX-512 VNNI BF16";
#endif
}

void KIMI(quantize)(
    const float *x, int64_t cols, int64_t zero, int8_t *codes, int8_t *halves, float *scales, float *offsets) {
    const __m256i byParity = _mm256_setr_epi8(
        0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    const int64_t groups = cols / GROUP;
    for (int64_t g = 0; g < groups; g++) {
        const __m512 v0 = _mm512_loadu_ps(x + g * GROUP);
        const __m512 v1 = _mm512_loadu_ps(x + g * GROUP + 16);
        float max = _mm512_reduce_max_ps(_mm512_max_ps(_mm512_abs_ps(v0), _mm512_abs_ps(v1)));
        if (max < 0x1p-100f) {
            max = 0;
        }
        const __m512 inverse = _mm512_set1_ps(max == 0 ? 0 : 127.0f / max);
        scales[g] = max / 127.0f;
        const __m512i c0 = _mm512_cvtps_epi32(_mm512_mul_ps(v0, inverse));
        const __m512i c1 = _mm512_cvtps_epi32(_mm512_mul_ps(v1, inverse));
        offsets[g] = (float) (-zero * _mm512_reduce_add_epi32(_mm512_add_epi32(c0, c1)));
        const __m256i b = _mm256_set_m128i(_mm512_cvtepi32_epi8(c1), _mm512_cvtepi32_epi8(c0));
        _mm256_storeu_si256((__m256i *) (codes + g * GROUP), b);
        const __m256i p = _mm256_permutexvar_epi8(byParity, b);
        const int64_t block = g & ~(int64_t) 3;
        int8_t *even = halves + block * GROUP + (g - block) * 16;
        _mm_storeu_si128((__m128i *) even, _mm256_castsi256_si128(p));
        _mm_storeu_si128((__m128i *) (even + least(4, groups - block) * 16), _mm256_extracti128_si256(p, 1));
    }
}

/* The sums of a load's words, exact integers, as floats. */
INLINE __m512 nibbles(__m512i w, __m512i even, __m512i odd) {
    const __m512i mask = _mm512_set1_epi8(15);
    const __m512i s = _mm512_dpbusd_epi32(_mm512_setzero_si512(), _mm512_and_si512(w, mask), even);
    return _mm512_cvtepi32_ps(_mm512_dpbusd_epi32(s, _mm512_and_si512(_mm512_srli_epi16(w, 4), mask), odd));
}

/* Weight rows `part` apart against neighbouring rows of activations. */
INLINE void int4_tile(
    const int outs, const int rows, const int twice, float *out, int64_t outputs, int64_t part, const uint8_t *w,
    const uint16_t *ws, int64_t cols, const int8_t *halves, const float *scales, const float *offsets) {
    const int64_t groups = cols / GROUP;
    const int64_t whole = cols - cols % 512;
    __m512 a[outs][rows], b[outs][rows], correction[outs][rows];
#pragma GCC unroll 4
    for (int o = 0; o < outs; o++) {
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++) {
            a[o][r] = b[o][r] = correction[o][r] = _mm512_setzero_ps();
        }
    }
    for (int64_t i = 0, g = 0; i < whole; i += 512, g += 16) {
        __m512 s[outs][rows];
#pragma GCC unroll 4
        for (int o = 0; o < outs; o++) {
            const uint16_t *at = ws + o * part * groups + g;
            if (twice) {
                ask_for_scales(at);
            }
            const __m512 f = widen(_mm256_loadu_si256((const __m256i *) at));
#pragma GCC unroll 4
            for (int r = 0; r < rows; r++) {
                s[o][r] = _mm512_mul_ps(f, _mm512_loadu_ps(scales + r * groups + g));
                correction[o][r] =
                    _mm512_fmadd_ps(s[o][r], _mm512_loadu_ps(offsets + r * groups + g), correction[o][r]);
            }
        }
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++) {
            const __m512i e = spread(j, 2);
#pragma GCC unroll 4
            for (int o = 0; o < outs; o++) {
                const uint8_t *p = w + o * part * (cols / 2) + i / 2 + 64 * j;
                if (twice) {
                    ask_twice(p);
                } else {
                    _mm_prefetch((const char *) p + INT4_AHEAD, _MM_HINT_T0);
                }
                const __m512i v = _mm512_loadu_si512(p);
#pragma GCC unroll 4
                for (int r = 0; r < rows; r++) {
                    const int8_t *x = halves + r * cols + i + 128 * j;
                    const __m512 n = nibbles(v, _mm512_loadu_si512(x), _mm512_loadu_si512(x + 64));
                    __m512 *sum = j % 2 == 0 ? &a[o][r] : &b[o][r];
                    *sum = _mm512_fmadd_ps(n, _mm512_permutexvar_ps(e, s[o][r]), *sum);
                }
            }
        }
    }
    for (int o = 0; o < outs; o++) {
        for (int r = 0; r < rows; r++) {
            /* What is left, up to 480 columns, into the first chain; lanes beyond it are zeros. */
            for (int64_t i = whole; i < cols; i += 128) {
                const int64_t bytes = least(128, cols - i) / 2, g = whole / GROUP;
                const __mmask64 m = first64(bytes);
                const __mmask16 left = first16(groups - g);
                const int8_t *x = halves + r * cols + i;
                const __m512 s = _mm512_mul_ps(
                    group_scales(ws + o * part * groups, g, groups - g, 0),
                    _mm512_maskz_loadu_ps(left, scales + r * groups + g));
                if (i == whole) {
                    correction[o][r] = _mm512_fmadd_ps(
                        s, _mm512_maskz_loadu_ps(left, offsets + r * groups + g), correction[o][r]);
                }
                const __m512 n = nibbles(
                    _mm512_maskz_loadu_epi8(m, w + o * part * (cols / 2) + i / 2), _mm512_maskz_loadu_epi8(m, x),
                    _mm512_maskz_loadu_epi8(m, x + bytes));
                a[o][r] = _mm512_fmadd_ps(n, _mm512_permutexvar_ps(spread((int) (i - whole) / 128, 2), s), a[o][r]);
            }
            out[r * outputs + o * part] =
                tree(_mm512_add_ps(_mm512_add_ps(a[o][r], b[o][r]), correction[o][r]));
        }
    }
}

/*
 * As above for all rows, four, two or one at a time: the weights are in the cache from the second time on. With more rows the
 * registers last for fewer outputs.
 */
INLINE void int4_outputs(
    const int outs, const int twice, float *out, int64_t outputs, int64_t part, const uint8_t *w, const uint16_t *ws,
    int64_t cols, const int8_t *halves, const float *scales, const float *offsets, int64_t rows) {
    const int64_t groups = cols / GROUP;
    int64_t r = 0;
    for (; r + 4 <= rows; r += 4) {
        for (int o = 0; o < outs; o++) {
            int4_tile(
                1, 4, twice, out + r * outputs + o * part, outputs, part, w + o * part * (cols / 2), ws + o * part * groups,
                cols, halves + r * cols, scales + r * groups, offsets + r * groups);
        }
    }
    if (r + 2 <= rows) {
#pragma GCC unroll 2
        for (int o = 0; o < outs; o += 2) {
            int4_tile(
                outs < 2 ? 1 : 2, 2, twice, out + r * outputs + o * part, outputs, part, w + o * part * (cols / 2),
                ws + o * part * groups, cols, halves + r * cols, scales + r * groups, offsets + r * groups);
        }
        r += 2;
    }
    if (r < rows) {
        int4_tile(
            outs, 1, twice, out + r * outputs, outputs, part, w, ws, cols, halves + r * cols, scales + r * groups,
            offsets + r * groups);
    }
}

INLINE void int4_all(
    const int twice, float *out, const uint8_t *w, const uint16_t *ws, int64_t cols, int64_t outputs, const int8_t *halves,
    const float *scales, const float *offsets, int64_t rows) {
    const int64_t part = outputs / STREAMS;
    for (int64_t o = 0; o < part; o++) {
        int4_outputs(
            STREAMS, twice, out + o, outputs, part, w + o * (cols / 2), ws + o * (cols / GROUP), cols, halves, scales,
            offsets, rows);
    }
    for (int64_t o = part * STREAMS; o < outputs; o++) {
        int4_outputs(
            1, twice, out + o, outputs, 0, w + o * (cols / 2), ws + o * (cols / GROUP), cols, halves, scales, offsets,
            rows);
    }
}

void KIMI(int4_rows)(
    float *out,
    const uint8_t *w,
    const uint16_t *ws,
    int64_t cols,
    int64_t outputs,
    const int8_t *codes,
    const int8_t *halves,
    const float *scales,
    const float *offsets,
    int64_t rows) {
    (void) codes;
    if (asking() == TWICE) {
        int4_all(1, out, w, ws, cols, outputs, halves, scales, offsets, rows);
    } else {
        int4_all(0, out, w, ws, cols, outputs, halves, scales, offsets, rows);
    }
}

INLINE __m512 bytes(__m512i w, __m512i x) {
    return _mm512_cvtepi32_ps(_mm512_dpbusd_epi32(_mm512_setzero_si512(), w, x));
}

INLINE void int8_tile(
    const int outs, const int rows, const int twice, float *out, int64_t outputs, int64_t part, const uint8_t *w,
    const uint16_t *ws, int64_t scaled, int shift, int64_t cols, const int8_t *codes, const float *scales,
    const float *offsets) {
    const int64_t groups = cols / GROUP;
    __m512 a[outs][rows], b[outs][rows], correction[outs][rows];
#pragma GCC unroll 4
    for (int o = 0; o < outs; o++) {
#pragma GCC unroll 2
        for (int r = 0; r < rows; r++) {
            a[o][r] = b[o][r] = correction[o][r] = _mm512_setzero_ps();
        }
    }
    for (int64_t g = 0; g < groups; g += 16) {
        const int64_t i = g * GROUP, length = least(512, cols - i);
        const __mmask16 left = first16(groups - g);
        __m512 s[outs][rows];
#pragma GCC unroll 4
        for (int o = 0; o < outs; o++) {
            if (twice) {
                ask_for_scales(ws + o * part * scaled + (g >> shift));
            }
            const __m512 f = group_scales(ws + o * part * scaled, g, least(16, groups - g), shift);
#pragma GCC unroll 2
            for (int r = 0; r < rows; r++) {
                s[o][r] = _mm512_mul_ps(f, _mm512_maskz_loadu_ps(left, scales + r * groups + g));
                correction[o][r] =
                    _mm512_fmadd_ps(s[o][r], _mm512_maskz_loadu_ps(left, offsets + r * groups + g), correction[o][r]);
            }
        }
        if (length == 512) {
#pragma GCC unroll 8
            for (int j = 0; j < 8; j++) {
                const __m512i e = spread(j, 3);
#pragma GCC unroll 4
                for (int o = 0; o < outs; o++) {
                    const uint8_t *p = w + o * part * cols + i + 64 * j;
                    if (twice) {
                        ask_twice(p);
                    }
                    const __m512i v = _mm512_loadu_si512(p);
#pragma GCC unroll 2
                    for (int r = 0; r < rows; r++) {
                        const __m512 n = bytes(v, _mm512_loadu_si512(codes + r * cols + i + 64 * j));
                        __m512 *sum = j % 2 == 0 ? &a[o][r] : &b[o][r];
                        *sum = _mm512_fmadd_ps(n, _mm512_permutexvar_ps(e, s[o][r]), *sum);
                    }
                }
            }
        } else {
            for (int o = 0; o < outs; o++) {
                const uint8_t *p = w + o * part * cols + i;
                for (int r = 0; r < rows; r++) {
                    const int8_t *x = codes + r * cols + i;
                    for (int j = 0; j * 64 < length; j++) {
                        const __mmask64 m = first64(length - 64 * j);
                        const __m512 n = bytes(
                            _mm512_maskz_loadu_epi8(m, p + 64 * j), _mm512_maskz_loadu_epi8(m, x + 64 * j));
                        a[o][r] = _mm512_fmadd_ps(n, _mm512_permutexvar_ps(spread(j, 3), s[o][r]), a[o][r]);
                    }
                }
            }
        }
    }
    for (int o = 0; o < outs; o++) {
        for (int r = 0; r < rows; r++) {
            out[r * outputs + o * part] =
                tree(_mm512_add_ps(_mm512_add_ps(a[o][r], b[o][r]), correction[o][r]));
        }
    }
}

INLINE void int8_outputs(
    const int outs, const int twice, float *out, int64_t outputs, int64_t part, const uint8_t *w, const uint16_t *ws,
    int64_t scaled, int shift, int64_t cols, const int8_t *codes, const float *scales, const float *offsets, int64_t rows) {
    const int64_t groups = cols / GROUP;
    int64_t r = 0;
    for (; r + 2 <= rows; r += 2) {
#pragma GCC unroll 2
        for (int o = 0; o < outs; o += 2) {
            int8_tile(
                outs < 2 ? 1 : 2, 2, twice, out + r * outputs + o * part, outputs, part, w + o * part * cols,
                ws + o * part * scaled, scaled, shift, cols, codes + r * cols, scales + r * groups, offsets + r * groups);
        }
    }
    if (r < rows) {
        int8_tile(
            outs, 1, twice, out + r * outputs, outputs, part, w, ws, scaled, shift, cols, codes + r * cols,
            scales + r * groups, offsets + r * groups);
    }
}

INLINE void int8_all(
    const int streams, const int twice, float *out, const uint8_t *w, const uint16_t *ws, int64_t scaled, int shift,
    int64_t cols, int64_t outputs, const int8_t *codes, const float *scales, const float *offsets, int64_t rows) {
    const int64_t part = outputs / streams;
    for (int64_t o = 0; o < part; o++) {
        int8_outputs(
            streams, twice, out + o, outputs, part, w + o * cols, ws + o * scaled, scaled, shift, cols, codes, scales,
            offsets, rows);
    }
    for (int64_t o = part * streams; o < outputs; o++) {
        int8_outputs(
            1, twice, out + o, outputs, 0, w + o * cols, ws + o * scaled, scaled, shift, cols, codes, scales, offsets,
            rows);
    }
}

void KIMI(int8_rows)(
    float *out,
    const uint8_t *w,
    const uint16_t *ws,
    int64_t group,
    int64_t cols,
    int64_t outputs,
    const int8_t *codes,
    const float *scales,
    const float *offsets,
    int64_t rows) {
    const int64_t scaled = cols / group;
    const int shift = __builtin_ctzll((uint64_t) (group / GROUP));
    if (asking() == TWICE) {
        int8_all(INT8_STREAMS, 1, out, w, ws, scaled, shift, cols, outputs, codes, scales, offsets, rows);
    } else {
        int8_all(STREAMS, 0, out, w, ws, scaled, shift, cols, outputs, codes, scales, offsets, rows);
    }
}
