/*
 * AVX2: many rows against weights that are unpacked once. Lanes are outputs, so that no sum crosses lanes and scales are
 * vectors.
 */
#include "kimi_avx2.h"

/* Columns whose unpacked weights are 16 KB, half a first-level cache. */
#define INT4_BLOCK 1024
#define INT8_BLOCK 512

/*
 * Nibbles of some columns of 16 weight rows, for eight rows at a time lane by lane: for each group the low nibbles of four
 * bytes, their high ones, those of the next four. Scales become floats, lane by lane as well.
 *   panel   [groups, 2, 8, 32]
 *   factors [groups, 16]
 */
static void int4_unpack(
    const uint8_t *w, const uint16_t *ws, int64_t cols, int64_t outputs, int64_t first, int64_t to, uint8_t *panel,
    float *factors) {
    const __m256i mask = _mm256_set1_epi8(15);
    for (int64_t g = first; g < to; g++, factors += KIMI_PANEL) {
        for (int v = 0; v < 2; v++, panel += 256) {
            __m128i q[8];
            for (int n = 0; n < 8; n++) {
                /* What is missing of the last panel is filled up with its first row, and not written out. */
                const int64_t o = v * 8 + n < outputs ? v * 8 + n : 0;
                q[n] = _mm_loadu_si128((const __m128i *) (w + o * (cols / 2) + g * 16));
                factors[v * 8 + n] = bf16(ws[o * (cols / GROUP) + g]);
            }
            const __m256i r0 = _mm256_set_m128i(q[4], q[0]), r1 = _mm256_set_m128i(q[5], q[1]);
            const __m256i r2 = _mm256_set_m128i(q[6], q[2]), r3 = _mm256_set_m128i(q[7], q[3]);
            const __m256i t0 = _mm256_unpacklo_epi32(r0, r1), t1 = _mm256_unpackhi_epi32(r0, r1);
            const __m256i t2 = _mm256_unpacklo_epi32(r2, r3), t3 = _mm256_unpackhi_epi32(r2, r3);
            const __m256i d[4] = {
                _mm256_unpacklo_epi64(t0, t2),
                _mm256_unpackhi_epi64(t0, t2),
                _mm256_unpacklo_epi64(t1, t3),
                _mm256_unpackhi_epi64(t1, t3)};
            __m256i *p = (__m256i *) panel;
            for (int j = 0; j < 4; j++) {
                _mm256_store_si256(p + 2 * j, _mm256_and_si256(d[j], mask));
                _mm256_store_si256(p + 2 * j + 1, _mm256_and_si256(_mm256_srli_epi16(d[j], 4), mask));
            }
        }
    }
}

static inline __m256i four(const int8_t *p) {
    int32_t v;
    memcpy(&v, p, 4);
    return _mm256_set1_epi32(v);
}

/* One to three rows against the groups of a block; a group's sum of 32 products of 15 and 127 at most fits 16 bits. */
static inline __attribute__((always_inline)) void int4_block(
    const int rows, float *sums, int64_t stride, const uint8_t *panel, const float *factors, int64_t cols, int64_t first,
    int64_t to, const int8_t *halves, const float *scales, const float *offsets) {
    const int64_t groups = cols / GROUP;
    const __m256i one = _mm256_set1_epi16(1);
    __m256 a[3][2];
#pragma GCC unroll 3
    for (int r = 0; r < rows; r++) {
        a[r][0] = first == 0 ? _mm256_setzero_ps() : _mm256_loadu_ps(sums + r * stride);
        a[r][1] = first == 0 ? _mm256_setzero_ps() : _mm256_loadu_ps(sums + r * stride + 8);
    }
    for (int64_t g = first; g < to; g++, panel += 512, factors += KIMI_PANEL) {
        const int paired = (g | 1) < groups;
        const int8_t *x = halves + (g & ~(int64_t) 1) * GROUP + (paired ? (g & 1) * 16 : 0);
        const int64_t odd = paired ? 32 : 16;
        __m256i s[3][2];
#pragma GCC unroll 8
        for (int j = 0; j < 8; j++) {
            const __m256i w0 = _mm256_load_si256((const __m256i *) panel + j);
            const __m256i w1 = _mm256_load_si256((const __m256i *) panel + 8 + j);
#pragma GCC unroll 3
            for (int r = 0; r < rows; r++) {
                const __m256i b = four(x + r * cols + j / 2 * 4 + (j & 1) * odd);
                const __m256i p0 = _mm256_maddubs_epi16(w0, b), p1 = _mm256_maddubs_epi16(w1, b);
                s[r][0] = j == 0 ? p0 : _mm256_add_epi16(s[r][0], p0);
                s[r][1] = j == 0 ? p1 : _mm256_add_epi16(s[r][1], p1);
            }
        }
        const __m256 f0 = _mm256_load_ps(factors), f1 = _mm256_load_ps(factors + 8);
#pragma GCC unroll 3
        for (int r = 0; r < rows; r++) {
            const __m256 scale = _mm256_broadcast_ss(scales + r * groups + g);
            const __m256 offset = _mm256_broadcast_ss(offsets + r * groups + g);
            const __m256 v0 = _mm256_add_ps(_mm256_cvtepi32_ps(_mm256_madd_epi16(s[r][0], one)), offset);
            const __m256 v1 = _mm256_add_ps(_mm256_cvtepi32_ps(_mm256_madd_epi16(s[r][1], one)), offset);
            a[r][0] = _mm256_fmadd_ps(v0, _mm256_mul_ps(f0, scale), a[r][0]);
            a[r][1] = _mm256_fmadd_ps(v1, _mm256_mul_ps(f1, scale), a[r][1]);
        }
    }
#pragma GCC unroll 3
    for (int r = 0; r < rows; r++) {
        _mm256_storeu_ps(sums + r * stride, a[r][0]);
        _mm256_storeu_ps(sums + r * stride + 8, a[r][1]);
    }
}

static void int4_panel(
    float *out,
    int64_t stride,
    const uint8_t *w,
    const uint16_t *ws,
    int64_t cols,
    int64_t outputs,
    const int8_t *halves,
    const float *scales,
    const float *offsets,
    int64_t rows) {
    _Alignas(32) uint8_t panel[KIMI_PANEL * INT4_BLOCK];
    _Alignas(32) float factors[KIMI_PANEL * INT4_BLOCK / GROUP];
    const int64_t groups = cols / GROUP;
    for (int64_t first = 0; first < groups; first += INT4_BLOCK / GROUP) {
        const int64_t to = first + INT4_BLOCK / GROUP < groups ? first + INT4_BLOCK / GROUP : groups;
        int4_unpack(w, ws, cols, outputs, first, to, panel, factors);
        int64_t r = 0;
        for (; r + 3 <= rows; r += 3) {
            int4_block(
                3, out + r * stride, stride, panel, factors, cols, first, to, halves + r * cols, scales + r * groups,
                offsets + r * groups);
        }
        for (; r < rows; r++) {
            int4_block(
                1, out + r * stride, stride, panel, factors, cols, first, to, halves + r * cols, scales + r * groups,
                offsets + r * groups);
        }
    }
}

void KIMI(int4_panel)(
    float *out,
    int64_t stride,
    const uint8_t *w,
    const uint16_t *ws,
    int64_t cols,
    int64_t outputs,
    const int8_t *halves,
    const float *scales,
    const float *offsets,
    int64_t rows) {
    for (int64_t o = 0; o < outputs; o += KIMI_PANEL) {
        int4_panel(
            out + o, stride, w + o * (cols / 2), ws + o * (cols / GROUP), cols, outputs - o, halves, scales, offsets, rows);
    }
}

/*
 * Columns of 16 weight rows as pairs of 16-bit integers, for eight rows at a time lane by lane.
 *   panel   [groups, 2, 16, 16]
 */
static void int8_unpack(
    const uint8_t *w, const uint16_t *ws, int64_t group, int64_t cols, int64_t outputs, int64_t first, int64_t to,
    int16_t *panel, float *factors) {
    const __m128i flip = _mm_set1_epi8((char) 0x80);
    for (int64_t g = first; g < to; g++, factors += KIMI_PANEL) {
        for (int v = 0; v < 2; v++) {
            for (int half = 0; half < 2; half++, panel += 128) {
                __m256i q[8];
                for (int n = 0; n < 8; n++) {
                    const int64_t o = v * 8 + n < outputs ? v * 8 + n : 0;
                    const __m128i b = _mm_loadu_si128((const __m128i *) (w + o * cols + g * GROUP + half * 16));
                    q[n] = _mm256_cvtepi8_epi16(_mm_xor_si128(b, flip));
                    factors[v * 8 + n] = bf16(ws[o * (cols / group) + g * GROUP / group]);
                }
                __m256i t[8];
                for (int n = 0; n < 4; n++) {
                    t[2 * n] = _mm256_unpacklo_epi32(q[2 * n], q[2 * n + 1]);
                    t[2 * n + 1] = _mm256_unpackhi_epi32(q[2 * n], q[2 * n + 1]);
                }
                __m256i *p = (__m256i *) panel;
                for (int k = 0; k < 4; k++) {
                    /* Pair k of the lower, and of the upper, half of each row. */
                    const __m256i a = k & 1 ? _mm256_unpackhi_epi64(t[k / 2], t[k / 2 + 2])
                                            : _mm256_unpacklo_epi64(t[k / 2], t[k / 2 + 2]);
                    const __m256i b = k & 1 ? _mm256_unpackhi_epi64(t[k / 2 + 4], t[k / 2 + 6])
                                            : _mm256_unpacklo_epi64(t[k / 2 + 4], t[k / 2 + 6]);
                    _mm256_store_si256(p + k, _mm256_permute2x128_si256(a, b, 0x20));
                    _mm256_store_si256(p + 4 + k, _mm256_permute2x128_si256(a, b, 0x31));
                }
            }
        }
    }
}

static inline __m256i two(const int16_t *p) {
    int32_t v;
    memcpy(&v, p, 4);
    return _mm256_set1_epi32(v);
}

static inline __attribute__((always_inline)) void int8_block(
    const int rows, float *sums, int64_t stride, const int16_t *panel, const float *factors, int64_t groups, int64_t first,
    int64_t to, const int8_t *codes, const float *scales) {
    int16_t wide[3][INT8_BLOCK];
    __m256 a[3][2];
#pragma GCC unroll 3
    for (int r = 0; r < rows; r++) {
        a[r][0] = first == 0 ? _mm256_setzero_ps() : _mm256_loadu_ps(sums + r * stride);
        a[r][1] = first == 0 ? _mm256_setzero_ps() : _mm256_loadu_ps(sums + r * stride + 8);
        const int8_t *c = codes + (r * groups + first) * GROUP;
        for (int64_t i = 0; i < (to - first) * GROUP; i += 16) {
            _mm256_storeu_si256(
                (__m256i *) (wide[r] + i), _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *) (c + i))));
        }
    }
    for (int64_t g = first; g < to; g++, panel += 512, factors += KIMI_PANEL) {
        const int64_t at = (g - first) * GROUP;
        __m256i s[3][2];
#pragma GCC unroll 16
        for (int j = 0; j < 16; j++) {
            const __m256i w0 = _mm256_load_si256((const __m256i *) panel + j);
            const __m256i w1 = _mm256_load_si256((const __m256i *) panel + 16 + j);
#pragma GCC unroll 3
            for (int r = 0; r < rows; r++) {
                const __m256i b = two(wide[r] + at + 2 * j);
                const __m256i p0 = _mm256_madd_epi16(w0, b), p1 = _mm256_madd_epi16(w1, b);
                s[r][0] = j == 0 ? p0 : _mm256_add_epi32(s[r][0], p0);
                s[r][1] = j == 0 ? p1 : _mm256_add_epi32(s[r][1], p1);
            }
        }
        const __m256 f0 = _mm256_load_ps(factors), f1 = _mm256_load_ps(factors + 8);
#pragma GCC unroll 3
        for (int r = 0; r < rows; r++) {
            const __m256 scale = _mm256_broadcast_ss(scales + r * groups + g);
            a[r][0] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(s[r][0]), _mm256_mul_ps(f0, scale), a[r][0]);
            a[r][1] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(s[r][1]), _mm256_mul_ps(f1, scale), a[r][1]);
        }
    }
#pragma GCC unroll 3
    for (int r = 0; r < rows; r++) {
        _mm256_storeu_ps(sums + r * stride, a[r][0]);
        _mm256_storeu_ps(sums + r * stride + 8, a[r][1]);
    }
}

static void int8_panel(
    float *out,
    int64_t stride,
    const uint8_t *w,
    const uint16_t *ws,
    int64_t group,
    int64_t cols,
    int64_t outputs,
    const int8_t *codes,
    const float *scales,
    int64_t rows) {
    _Alignas(32) int16_t panel[KIMI_PANEL * INT8_BLOCK];
    _Alignas(32) float factors[KIMI_PANEL * INT8_BLOCK / GROUP];
    const int64_t groups = cols / GROUP;
    for (int64_t first = 0; first < groups; first += INT8_BLOCK / GROUP) {
        const int64_t to = first + INT8_BLOCK / GROUP < groups ? first + INT8_BLOCK / GROUP : groups;
        int8_unpack(w, ws, group, cols, outputs, first, to, panel, factors);
        int64_t r = 0;
        for (; r + 3 <= rows; r += 3) {
            int8_block(
                3, out + r * stride, stride, panel, factors, groups, first, to, codes + r * cols, scales + r * groups);
        }
        for (; r < rows; r++) {
            int8_block(
                1, out + r * stride, stride, panel, factors, groups, first, to, codes + r * cols, scales + r * groups);
        }
    }
}

void KIMI(int8_panel)(
    float *out,
    int64_t stride,
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
    for (int64_t o = 0; o < outputs; o += KIMI_PANEL) {
        int8_panel(
            out + o, stride, w + o * cols, ws + o * (cols / group), group, cols, outputs - o, codes, scales, rows);
    }
}
