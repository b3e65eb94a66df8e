/* AVX2 and FMA. See kimi_native.h for shapes and contracts. */
#include "kimi_avx2.h"

#include <math.h>

#define SUPERBLOCK 4096

int32_t KIMI(version)(void) {
    return KIMI_NATIVE_VERSION;
}

const char *KIMI(isa)(void) {
    return "AVX2 FMA";
}

/* The upper half is added to the lower until one lane is left. */
static inline float tree(__m256 v) {
    __m128 a = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    a = _mm_add_ps(a, _mm_movehl_ps(a, a));
    return _mm_cvtss_f32(_mm_add_ss(a, _mm_shuffle_ps(a, a, 1)));
}

static inline __m256 bf16x8(const uint16_t *p) {
    return _mm256_castsi256_ps(
        _mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *) p)), 16));
}

/* Lane l of load j belongs to group 2 j + l / 4 of the step's eight. */
static inline __m256i spread(int j) {
    return _mm256_setr_epi32(2 * j, 2 * j, 2 * j, 2 * j, 2 * j + 1, 2 * j + 1, 2 * j + 1, 2 * j + 1);
}

void KIMI(quantize)(
    const float *x, int64_t cols, int64_t zero, int8_t *codes, int8_t *halves, float *scales, float *offsets) {
    const __m256 sign = _mm256_set1_ps(-0.0f);
    for (int64_t g = 0; g < cols / GROUP; g++) {
        const float *p = x + g * GROUP;
        __m256 v0 = _mm256_loadu_ps(p);
        __m256 v1 = _mm256_loadu_ps(p + 8);
        __m256 v2 = _mm256_loadu_ps(p + 16);
        __m256 v3 = _mm256_loadu_ps(p + 24);
        __m256 m = _mm256_max_ps(
            _mm256_max_ps(_mm256_andnot_ps(sign, v0), _mm256_andnot_ps(sign, v1)),
            _mm256_max_ps(_mm256_andnot_ps(sign, v2), _mm256_andnot_ps(sign, v3)));
        __m128 h = _mm_max_ps(_mm256_castps256_ps128(m), _mm256_extractf128_ps(m, 1));
        h = _mm_max_ps(h, _mm_movehl_ps(h, h));
        float max = _mm_cvtss_f32(_mm_max_ss(h, _mm_shuffle_ps(h, h, 1)));
        if (max < 0x1p-100f) {
            max = 0;
        }
        float inverse = max == 0 ? 0 : 127.0f / max;
        scales[g] = max / 127.0f;
        __m256 inv = _mm256_set1_ps(inverse);
        const int nearest = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
        __m256i c0 = _mm256_cvtps_epi32(_mm256_round_ps(_mm256_mul_ps(v0, inv), nearest));
        __m256i c1 = _mm256_cvtps_epi32(_mm256_round_ps(_mm256_mul_ps(v1, inv), nearest));
        __m256i c2 = _mm256_cvtps_epi32(_mm256_round_ps(_mm256_mul_ps(v2, inv), nearest));
        __m256i c3 = _mm256_cvtps_epi32(_mm256_round_ps(_mm256_mul_ps(v3, inv), nearest));
        __m256i s = _mm256_add_epi32(_mm256_add_epi32(c0, c1), _mm256_add_epi32(c2, c3));
        __m128i t = _mm_add_epi32(_mm256_castsi256_si128(s), _mm256_extracti128_si256(s, 1));
        t = _mm_add_epi32(t, _mm_shuffle_epi32(t, 0x4e));
        t = _mm_add_epi32(t, _mm_shuffle_epi32(t, 0xb1));
        offsets[g] = (float) (-zero * _mm_cvtsi128_si32(t));
        /* Packing works in halves of 128 bits; the permutation brings the bytes back into order. */
        __m256i b = _mm256_packs_epi16(_mm256_packs_epi32(c0, c1), _mm256_packs_epi32(c2, c3));
        b = _mm256_permutevar8x32_epi32(b, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
        _mm256_storeu_si256((__m256i *) (codes + g * GROUP), b);
        const __m256i byParity = _mm256_setr_epi8(
            0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15, 0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15);
        __m256i e = _mm256_permute4x64_epi64(_mm256_shuffle_epi8(b, byParity), 0xd8); /* even 16, odd 16 */
        int paired = cols - (g & ~1) * GROUP >= 2 * GROUP;
        int8_t *block = halves + (paired ? (g & ~(int64_t) 1) : g) * GROUP;
        int64_t even = paired ? (g & 1) * 16 : 0;
        int64_t odd = paired ? 32 + (g & 1) * 16 : 16;
        _mm_storeu_si128((__m128i *) (block + even), _mm256_castsi256_si128(e));
        _mm_storeu_si128((__m128i *) (block + odd), _mm256_extracti128_si256(e, 1));
    }
}

/* Adds the groups after the last whole step, each an exact integer sum times both scales. */
static inline float int4_tail(
    float sum, const uint8_t *w, const uint16_t *ws, int64_t from, int64_t cols, const int8_t *codes, const float *scales) {
    for (int64_t g = from / GROUP; g < cols / GROUP; g++) {
        int32_t products = 0;
        for (int64_t i = g * GROUP; i < (g + 1) * GROUP; i++) {
            int32_t nibble = w[i >> 1] >> ((i & 1) << 2) & 15;
            products += (nibble - 8) * codes[i];
        }
        sum = fmaf((float) products, scales[g] * bf16(ws[g]), sum);
    }
    return sum;
}

static inline __m256 int4_load(const uint8_t *w, const int8_t *halves) {
    const __m256i mask = _mm256_set1_epi8(15);
    __m256i v = _mm256_loadu_si256((const __m256i *) w);
    __m256i low = _mm256_and_si256(v, mask);
    __m256i high = _mm256_and_si256(_mm256_srli_epi16(v, 4), mask);
    __m256i p = _mm256_add_epi16(
        _mm256_maddubs_epi16(low, _mm256_loadu_si256((const __m256i *) halves)),
        _mm256_maddubs_epi16(high, _mm256_loadu_si256((const __m256i *) (halves + 32))));
    return _mm256_cvtepi32_ps(_mm256_madd_epi16(p, _mm256_set1_epi16(1)));
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
    const int64_t vectorized = cols - cols % 256;
    const int64_t groups = cols / GROUP;
    const __m256i e0 = spread(0), e1 = spread(1), e2 = spread(2), e3 = spread(3);
    for (int64_t o = 0; o < outputs; o++) {
        const uint8_t *wo = w + o * (cols / 2);
        const uint16_t *so = ws + o * groups;
        for (int64_t r = 0; r < rows; r++) {
            const int8_t *x = halves + r * cols;
            const float *xs = scales + r * groups;
            const float *xo = offsets + r * groups;
            __m256 a0 = _mm256_setzero_ps(), a1 = a0, a2 = a0, a3 = a0, correction = a0;
            for (int64_t i = 0, g = 0; i < vectorized; i += 256, g += 8) {
                _mm_prefetch((const char *) (wo + i / 2 + 2048), _MM_HINT_T0);
                _mm_prefetch((const char *) (wo + i / 2 + 2048 + 64), _MM_HINT_T0);
                __m256 sc = _mm256_mul_ps(bf16x8(so + g), _mm256_loadu_ps(xs + g));
                correction = _mm256_fmadd_ps(sc, _mm256_loadu_ps(xo + g), correction);
                const uint8_t *p = wo + i / 2;
                a0 = _mm256_fmadd_ps(int4_load(p, x + i), _mm256_permutevar8x32_ps(sc, e0), a0);
                a1 = _mm256_fmadd_ps(int4_load(p + 32, x + i + 64), _mm256_permutevar8x32_ps(sc, e1), a1);
                a2 = _mm256_fmadd_ps(int4_load(p + 64, x + i + 128), _mm256_permutevar8x32_ps(sc, e2), a2);
                a3 = _mm256_fmadd_ps(int4_load(p + 96, x + i + 192), _mm256_permutevar8x32_ps(sc, e3), a3);
            }
            __m256 run = _mm256_add_ps(_mm256_add_ps(_mm256_add_ps(_mm256_add_ps(a0, a1), a2), a3), correction);
            out[r * outputs + o] = int4_tail(tree(run), wo, so, vectorized, cols, codes + r * cols, xs);
        }
    }
}

static inline __m256 int8_load(const uint8_t *w, const int8_t *codes) {
    __m256i v = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *) w), _mm256_set1_epi8((char) 0x80));
    __m256i x = _mm256_loadu_si256((const __m256i *) codes);
    /* Signed times signed: the magnitude of the weight times the activation with the weight's sign. */
    __m256i p = _mm256_maddubs_epi16(_mm256_abs_epi8(v), _mm256_sign_epi8(x, v));
    return _mm256_cvtepi32_ps(_mm256_madd_epi16(p, _mm256_set1_epi16(1)));
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
    (void) offsets;
    const int64_t vectorized = cols - cols % 128;
    for (int64_t o = 0; o < outputs; o++) {
        const uint8_t *wo = w + o * cols;
        const uint16_t *so = ws + o * (cols / group);
        for (int64_t r = 0; r < rows; r++) {
            const int8_t *x = codes + r * cols;
            const float *xs = scales + r * (cols / GROUP);
            __m256 a0 = _mm256_setzero_ps(), a1 = a0, a2 = a0, a3 = a0;
            for (int64_t i = 0; i < vectorized; i += 128) {
                const int64_t g = i / GROUP;
                _mm_prefetch((const char *) (wo + i + 2048), _MM_HINT_T0);
                _mm_prefetch((const char *) (wo + i + 2048 + 64), _MM_HINT_T0);
                __m256 p0 = _mm256_set1_ps(bf16(so[i / group]) * xs[g]);
                __m256 p1 = _mm256_set1_ps(bf16(so[(i + 32) / group]) * xs[g + 1]);
                __m256 p2 = _mm256_set1_ps(bf16(so[(i + 64) / group]) * xs[g + 2]);
                __m256 p3 = _mm256_set1_ps(bf16(so[(i + 96) / group]) * xs[g + 3]);
                a0 = _mm256_fmadd_ps(int8_load(wo + i, x + i), p0, a0);
                a1 = _mm256_fmadd_ps(int8_load(wo + i + 32, x + i + 32), p1, a1);
                a2 = _mm256_fmadd_ps(int8_load(wo + i + 64, x + i + 64), p2, a2);
                a3 = _mm256_fmadd_ps(int8_load(wo + i + 96, x + i + 96), p3, a3);
            }
            float sum = tree(_mm256_add_ps(_mm256_add_ps(_mm256_add_ps(a0, a1), a2), a3));
            for (int64_t g = vectorized / GROUP; g < cols / GROUP; g++) {
                int32_t products = 0;
                for (int64_t i = g * GROUP; i < (g + 1) * GROUP; i++) {
                    products += ((int32_t) wo[i] - 128) * x[i];
                }
                sum = fmaf((float) products, xs[g] * bf16(so[g * GROUP / group]), sum);
            }
            out[r * outputs + o] = sum;
        }
    }
}

static inline __m256 low_half(__m256i v) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(v, 16));
}

static inline __m256 high_half(__m256i v) {
    return _mm256_castsi256_ps(_mm256_and_si256(v, _mm256_set1_epi32((int) 0xffff0000)));
}

void KIMI(bf16_pack)(const float *x, int64_t cols, float *to) {
    const int64_t vectorized = cols - cols % 64;
    for (int64_t first = 0; first < vectorized; first += SUPERBLOCK) {
        const int64_t length = vectorized - first < SUPERBLOCK ? vectorized - first : SUPERBLOCK;
        for (int64_t i = 0; i < length; i += 16) {
            const float *p = x + first + i;
            float *q = to + first + i % 64 / 16 * (length / 4) + i / 64 * 16;
            const __m256 a = _mm256_loadu_ps(p), b = _mm256_loadu_ps(p + 8);
            const __m256d even = _mm256_castps_pd(_mm256_shuffle_ps(a, b, 0x88));
            const __m256d odd = _mm256_castps_pd(_mm256_shuffle_ps(a, b, 0xdd));
            _mm256_storeu_ps(q, _mm256_castpd_ps(_mm256_permute4x64_pd(even, 0xd8)));
            _mm256_storeu_ps(q + 8, _mm256_castpd_ps(_mm256_permute4x64_pd(odd, 0xd8)));
        }
    }
    for (int64_t i = vectorized; i < (cols + 15) / 16 * 16; i++) {
        to[i] = i < cols ? x[i] : 0;
    }
}

void KIMI(bf16_rows)(
    float *out, const uint16_t *w, int64_t cols, int64_t outputs, const float *x, int64_t stride, int64_t rows) {
    const int64_t vectorized = cols - cols % 64;
    for (int64_t o = 0; o < outputs; o++) {
        const uint16_t *wo = w + o * cols;
        for (int64_t r = 0; r < rows; r++) {
            const float *xr = x + r * stride;
            __m256 run = _mm256_setzero_ps();
            for (int64_t first = 0; first < vectorized; first += SUPERBLOCK) {
                const int64_t length = vectorized - first < SUPERBLOCK ? vectorized - first : SUPERBLOCK;
                const int64_t chain = length / 4;
                const float *x0 = xr + first;
                const uint16_t *p = wo + first;
                __m256 a0 = _mm256_setzero_ps(), a1 = a0, a2 = a0, a3 = a0;
                for (int64_t i = 0; i < chain; i += 16, p += 64) {
                    _mm_prefetch((const char *) (p + 1024), _MM_HINT_T0);
                    _mm_prefetch((const char *) (p + 1024 + 32), _MM_HINT_T0);
                    __m256i v0 = _mm256_loadu_si256((const __m256i *) p);
                    __m256i v1 = _mm256_loadu_si256((const __m256i *) (p + 16));
                    __m256i v2 = _mm256_loadu_si256((const __m256i *) (p + 32));
                    __m256i v3 = _mm256_loadu_si256((const __m256i *) (p + 48));
                    a0 = _mm256_fmadd_ps(_mm256_loadu_ps(x0 + i), low_half(v0), a0);
                    a1 = _mm256_fmadd_ps(_mm256_loadu_ps(x0 + chain + i), low_half(v1), a1);
                    a2 = _mm256_fmadd_ps(_mm256_loadu_ps(x0 + 2 * chain + i), low_half(v2), a2);
                    a3 = _mm256_fmadd_ps(_mm256_loadu_ps(x0 + 3 * chain + i), low_half(v3), a3);
                    a0 = _mm256_fmadd_ps(_mm256_loadu_ps(x0 + i + 8), high_half(v0), a0);
                    a1 = _mm256_fmadd_ps(_mm256_loadu_ps(x0 + chain + i + 8), high_half(v1), a1);
                    a2 = _mm256_fmadd_ps(_mm256_loadu_ps(x0 + 2 * chain + i + 8), high_half(v2), a2);
                    a3 = _mm256_fmadd_ps(_mm256_loadu_ps(x0 + 3 * chain + i + 8), high_half(v3), a3);
                }
                run = _mm256_add_ps(_mm256_add_ps(_mm256_add_ps(_mm256_add_ps(run, a0), a1), a2), a3);
            }
            if (vectorized < cols) {
                __m256 a = _mm256_setzero_ps();
                for (int64_t i = vectorized; i < cols; i += 8) {
                    float tail[8] = {0};
                    for (int64_t k = 0; k < 8 && i + k < cols; k++) {
                        tail[k] = bf16(wo[i + k]);
                    }
                    a = _mm256_fmadd_ps(_mm256_loadu_ps(xr + i), _mm256_loadu_ps(tail), a);
                }
                run = _mm256_add_ps(run, a);
            }
            out[r * outputs + o] = tree(run);
        }
    }
}
