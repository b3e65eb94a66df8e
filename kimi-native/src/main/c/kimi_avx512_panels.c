/*
 * AVX-512 with VNNI and BF16: many rows against weights that are unpacked once. Lanes are outputs, so that no sum crosses
 * lanes and scales are vectors. A register tile is two panels of 16 outputs and up to six rows of integers, whose sums need
 * two registers each, or twelve of bfloat16: each activation that is spread over a register is used twice.
 */
#include "kimi_avx512.h"

/* Columns whose unpacked weights, of two panels, are 16 KB. */
#define INTEGER_BLOCK 512
#define FLOAT_BLOCK 256
#define PANEL_BYTES (KIMI_PANEL * INTEGER_BLOCK)
#define PANEL_FACTORS (KIMI_PANEL * INTEGER_BLOCK / GROUP)

/* What is missing of the last panel is filled up with its first row, and means nothing. */
INLINE int64_t row_or_first(int n, int64_t outputs) {
    return n < outputs ? n : 0;
}

/*
 * The words of up to 64 bytes of sixteen weight rows, `pitch` bytes apart, lane by lane. What lies `ahead` is asked for: 32
 * short stretches are nothing that the processor would foresee.
 */
INLINE void columns(__m512i *v, const uint8_t *w, int64_t pitch, int64_t outputs, int64_t size, int64_t ahead) {
    const __mmask64 m = first64(size);
    for (int n = 0; n < KIMI_PANEL; n++) {
        const uint8_t *p = w + row_or_first(n, outputs) * pitch;
        _mm_prefetch((const char *) p + ahead, _MM_HINT_T0);
        v[n] = _mm512_maskz_loadu_epi8(m, p);
    }
    transpose(v);
}

/* Scales of up to sixteen groups of sixteen weight rows, lane by lane. */
INLINE void factor_columns(
    float *factors, const uint16_t *ws, int64_t pitch, int64_t outputs, int64_t g, int64_t groups, int shift) {
    __m512i v[16];
    for (int n = 0; n < KIMI_PANEL; n++) {
        v[n] = _mm512_castps_si512(group_scales(ws + row_or_first(n, outputs) * pitch, g, groups, shift));
    }
    transpose(v);
    for (int i = 0; i < groups; i++) {
        _mm512_store_si512(factors + i * KIMI_PANEL, v[i]);
    }
}

INLINE __m512i four(const int8_t *p) {
    int32_t v;
    memcpy(&v, p, 4);
    return _mm512_set1_epi32(v);
}

/* Where row r of up to twelve starts: few registers hold what all addresses are made of. */
#define ROW(bases, r, pitch) ((bases)[(r) / 3] + (r) % 3 * (pitch))

/*
 * One to six rows against one group of one or two panels: eight vectors of weights each.
 *   x, y    where the group's activations for the even and for the odd vectors start, of rows 0 and 3
 *   step    from one vector's activations to those of the next but one
 */
INLINE void group_sums(
    const int panels, const int rows, __m512 a[2][6], const uint8_t *panel, const float *factors, const int8_t *const *x,
    const int8_t *const *y, const int step, int64_t cols, const float *const *scales, const float *const *offsets,
    int64_t groups) {
    __m512i s[2][6];
#pragma GCC unroll 2
    for (int p = 0; p < panels; p++) {
#pragma GCC unroll 6
        for (int r = 0; r < rows; r++) {
            s[p][r] = _mm512_setzero_si512();
        }
    }
#pragma GCC unroll 8
    for (int j = 0; j < 8; j++) {
        __m512i w[2];
#pragma GCC unroll 2
        for (int p = 0; p < panels; p++) {
            w[p] = _mm512_load_si512(panel + p * PANEL_BYTES + 64 * j);
        }
#pragma GCC unroll 6
        for (int r = 0; r < rows; r++) {
            const __m512i v = four(ROW(j % 2 == 0 ? x : y, r, cols) + j / 2 * step);
#pragma GCC unroll 2
            for (int p = 0; p < panels; p++) {
                s[p][r] = _mm512_dpbusd_epi32(s[p][r], w[p], v);
            }
        }
    }
    __m512 f[2];
#pragma GCC unroll 2
    for (int p = 0; p < panels; p++) {
        f[p] = _mm512_load_ps(factors + p * PANEL_FACTORS);
    }
#pragma GCC unroll 6
    for (int r = 0; r < rows; r++) {
        const __m512 offset = _mm512_set1_ps(*ROW(offsets, r, groups)), scale = _mm512_set1_ps(*ROW(scales, r, groups));
#pragma GCC unroll 2
        for (int p = 0; p < panels; p++) {
            const __m512 v = _mm512_add_ps(_mm512_cvtepi32_ps(s[p][r]), offset);
            a[p][r] = _mm512_fmadd_ps(v, _mm512_mul_ps(f[p], scale), a[p][r]);
        }
    }
}

/* One tile against one block of groups `first` to `to`. */
INLINE void integer_tile(
    const int panels, const int rows, const int nibbles, float *out, int64_t stride, const uint8_t *panel,
    const float *factors, int64_t cols, int64_t first, int64_t to, const int8_t *x, const float *scales,
    const float *offsets) {
    const int64_t groups = cols / GROUP;
    __m512 a[2][6];
#pragma GCC unroll 2
    for (int p = 0; p < panels; p++) {
#pragma GCC unroll 6
        for (int r = 0; r < rows; r++) {
            a[p][r] = first == 0 ? _mm512_setzero_ps() : _mm512_loadu_ps(out + r * stride + p * KIMI_PANEL);
        }
    }
    for (int64_t g = first; g < to; g++, panel += 512, factors += KIMI_PANEL) {
        const float *const s[2] = {scales + g, scales + 3 * groups + g};
        const float *const o[2] = {offsets + g, offsets + 3 * groups + g};
        if (g % 2 == 0) {
            /* The rows of the next tile: a short stretch of each. */
#pragma GCC unroll 6
            for (int r = 0; r < rows; r++) {
                _mm_prefetch((const char *) x + (rows + r) * cols + g * GROUP, _MM_HINT_T0);
            }
        }
        if (nibbles) {
            /* Words of four bytes: their low nibbles are even elements, their high ones odd. */
            const int64_t block = g & ~(int64_t) 3, odd = least(4, groups - block) * 16;
            const int8_t *p = x + block * GROUP + (g - block) * 16;
            const int8_t *const even_rows[2] = {p, p + 3 * cols};
            const int8_t *const odd_rows[2] = {p + odd, p + odd + 3 * cols};
            group_sums(panels, rows, a, panel, factors, even_rows, odd_rows, 4, cols, s, o, groups);
        } else {
            const int8_t *p = x + g * GROUP;
            const int8_t *const even_rows[2] = {p, p + 3 * cols};
            const int8_t *const odd_rows[2] = {p + 4, p + 4 + 3 * cols};
            group_sums(panels, rows, a, panel, factors, even_rows, odd_rows, 8, cols, s, o, groups);
        }
    }
#pragma GCC unroll 2
    for (int p = 0; p < panels; p++) {
#pragma GCC unroll 6
        for (int r = 0; r < rows; r++) {
            _mm512_storeu_ps(out + r * stride + p * KIMI_PANEL, a[p][r]);
        }
    }
}

INLINE void integer_rows(
    const int panels, const int nibbles, float *out, int64_t stride, const uint8_t *panel, const float *factors,
    int64_t cols, int64_t first, int64_t to, const int8_t *x, const float *scales, const float *offsets, int64_t rows) {
    const int64_t groups = cols / GROUP;
    int64_t r = 0;
#define TILE(n)                                                                                                          \
    integer_tile(                                                                                                        \
        panels, n, nibbles, out + r * stride, stride, panel, factors, cols, first, to, x + r * cols, scales + r * groups, \
        offsets + r * groups)
    for (; r + 6 <= rows; r += 6) {
        TILE(6);
    }
    switch (rows - r) {
        case 5: TILE(5); break;
        case 4: TILE(4); break;
        case 3: TILE(3); break;
        case 2: TILE(2); break;
        case 1: TILE(1); break;
        default: break;
    }
#undef TILE
}

/* One or two panels against all rows. */
INLINE void integer_block(
    const int nibbles, float *out, int64_t stride, const uint8_t *panel, const float *factors, int64_t cols,
    int64_t outputs, int64_t first, int64_t to, const int8_t *x, const float *scales, const float *offsets, int64_t rows) {
    if (outputs > KIMI_PANEL) {
        integer_rows(2, nibbles, out, stride, panel, factors, cols, first, to, x, scales, offsets, rows);
    } else {
        integer_rows(1, nibbles, out, stride, panel, factors, cols, first, to, x, scales, offsets, rows);
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
    _Alignas(64) uint8_t panels[2 * PANEL_BYTES];
    _Alignas(64) float factors[2 * PANEL_FACTORS];
    const __m512i mask = _mm512_set1_epi8(15);
    const int64_t groups = cols / GROUP;
    for (int64_t o = 0; o < outputs; o += 2 * KIMI_PANEL) {
        for (int64_t first = 0; first < groups; first += INTEGER_BLOCK / GROUP) {
            const int64_t to = least(groups, first + INTEGER_BLOCK / GROUP);
            for (int64_t p = 0; p < 2 && o + p * KIMI_PANEL < outputs; p++) {
                const int64_t n = o + p * KIMI_PANEL, count = outputs - n;
                const uint8_t *from = w + n * (cols / 2) + first * 16;
                for (int64_t g = 0; g < to - first; g += 4) {
                    __m512i v[16];
                    columns(v, from + g * 16, cols / 2, count, (to - first - g) * 16, INTEGER_BLOCK / 2);
                    for (int j = 0; j < 16; j++) {
                        uint8_t *q = panels + p * PANEL_BYTES + (g * 8 + 2 * j) * 64;
                        _mm512_store_si512(q, _mm512_and_si512(v[j], mask));
                        _mm512_store_si512(q + 64, _mm512_and_si512(_mm512_srli_epi16(v[j], 4), mask));
                    }
                }
                factor_columns(factors + p * PANEL_FACTORS, ws + n * groups, groups, count, first, to - first, 0);
            }
            integer_block(
                1, out + o, stride, panels, factors, cols, outputs - o, first, to, halves, scales, offsets, rows);
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
    _Alignas(64) uint8_t panels[2 * PANEL_BYTES];
    _Alignas(64) float factors[2 * PANEL_FACTORS];
    const int64_t groups = cols / GROUP, scaled = cols / group;
    const int shift = __builtin_ctzll((uint64_t) (group / GROUP));
    for (int64_t o = 0; o < outputs; o += 2 * KIMI_PANEL) {
        for (int64_t first = 0; first < groups; first += INTEGER_BLOCK / GROUP) {
            const int64_t to = least(groups, first + INTEGER_BLOCK / GROUP);
            for (int64_t p = 0; p < 2 && o + p * KIMI_PANEL < outputs; p++) {
                const int64_t n = o + p * KIMI_PANEL, count = outputs - n;
                for (int64_t g = 0; g < to - first; g += 2) {
                    __m512i v[16];
                    columns(
                        v, w + n * cols + (first + g) * GROUP, cols, count, (to - first - g) * GROUP, INTEGER_BLOCK);
                    for (int j = 0; j < 16; j++) {
                        _mm512_store_si512(panels + p * PANEL_BYTES + (g * 8 + j) * 64, v[j]);
                    }
                }
                factor_columns(factors + p * PANEL_FACTORS, ws + n * scaled, scaled, count, first, to - first, shift);
            }
            integer_block(
                0, out + o, stride, panels, factors, cols, outputs - o, first, to, codes, scales, offsets, rows);
        }
    }
}

void KIMI(bf16_round)(const float *x, int64_t cols, uint16_t *to) {
    for (int64_t i = 0; i < cols; i += 16) {
        const __mmask16 m = first16(cols - i);
        const __m256i v = (__m256i) _mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(m, x + i));
        _mm256_mask_storeu_epi16(to + i, m, v);
    }
    for (int64_t i = cols; i < (cols + 1) / 2 * 2; i++) {
        to[i] = 0;
    }
}

INLINE __m512bh pair(const uint16_t *p) {
    int32_t v;
    memcpy(&v, p, 4);
    return (__m512bh) _mm512_set1_epi32(v);
}

INLINE void bf16_tile(
    const int panels, const int rows, float *out, int64_t stride, const uint8_t *panel, int64_t first, int64_t pairs,
    const uint16_t *x, int64_t pitch) {
    __m512 a[2][12];
#pragma GCC unroll 2
    for (int p = 0; p < panels; p++) {
#pragma GCC unroll 12
        for (int r = 0; r < rows; r++) {
            a[p][r] = first == 0 ? _mm512_setzero_ps() : _mm512_loadu_ps(out + r * stride + p * KIMI_PANEL);
        }
    }
    for (int64_t k = 0; k < pairs; k++) {
        const uint16_t *const y[4] = {
            x + 2 * k, x + 3 * pitch + 2 * k, x + 6 * pitch + 2 * k, x + 9 * pitch + 2 * k};
        if (k % 16 == 0) {
#pragma GCC unroll 12
            for (int r = 0; r < rows; r++) {
                _mm_prefetch((const char *) (x + (rows + r) * pitch + 2 * k), _MM_HINT_T0);
            }
        }
        __m512bh w[2];
#pragma GCC unroll 2
        for (int p = 0; p < panels; p++) {
            w[p] = (__m512bh) _mm512_load_si512(panel + p * PANEL_BYTES + 64 * k);
        }
#pragma GCC unroll 12
        for (int r = 0; r < rows; r++) {
            const __m512bh v = pair(ROW(y, r, pitch));
#pragma GCC unroll 2
            for (int p = 0; p < panels; p++) {
                a[p][r] = _mm512_dpbf16_ps(a[p][r], w[p], v);
            }
        }
    }
#pragma GCC unroll 2
    for (int p = 0; p < panels; p++) {
#pragma GCC unroll 12
        for (int r = 0; r < rows; r++) {
            _mm512_storeu_ps(out + r * stride + p * KIMI_PANEL, a[p][r]);
        }
    }
}

INLINE void bf16_block(
    const int panels, float *out, int64_t stride, const uint8_t *panel, int64_t first, int64_t pairs, const uint16_t *x,
    int64_t pitch, int64_t rows) {
    int64_t r = 0;
#define TILES(n)                                                                                                         \
    for (; r + n <= rows; r += n) {                                                                                      \
        bf16_tile(panels, n, out + r * stride, stride, panel, first, pairs, x + r * pitch, pitch);                       \
    }
    TILES(12)
    TILES(8)
    TILES(5)
    TILES(3)
    TILES(2)
    TILES(1)
#undef TILES
}

void KIMI(bf16_panel)(
    float *out, int64_t stride, const uint16_t *w, int64_t cols, int64_t outputs, const uint16_t *x, int64_t rows) {
    _Alignas(64) uint8_t panels[2 * PANEL_BYTES];
    const int64_t pitch = (cols + 1) / 2 * 2;
    for (int64_t o = 0; o < outputs; o += 2 * KIMI_PANEL) {
        for (int64_t first = 0; first < cols; first += FLOAT_BLOCK) {
            const int64_t length = least(FLOAT_BLOCK, cols - first), pairs = (length + 1) / 2;
            for (int64_t p = 0; p < 2 && o + p * KIMI_PANEL < outputs; p++) {
                const int64_t n = o + p * KIMI_PANEL;
                for (int64_t i = 0; i < length; i += 32) {
                    __m512i v[16];
                    columns(
                        v, (const uint8_t *) (w + n * cols + first + i), 2 * cols, outputs - n, 2 * (length - i),
                        2 * FLOAT_BLOCK);
                    for (int j = 0; j < 16; j++) {
                        _mm512_store_si512(panels + p * PANEL_BYTES + (i / 2 + j) * 64, v[j]);
                    }
                }
            }
            if (outputs - o > KIMI_PANEL) {
                bf16_block(2, out + o, stride, panels, first, pairs, x + first, pitch, rows);
            } else {
                bf16_block(1, out + o, stride, panels, first, pairs, x + first, pitch, rows);
            }
        }
    }
}
