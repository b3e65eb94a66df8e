/*
 * AVX-512: few rows of floats, with the bits of the Java kernels at 512 bits. See kimi_native.h for shapes and contracts.
 */
#include "kimi_floats.h"

/* Bytes by which weights are asked for where once is enough. */
#define AHEAD 2048

void KIMI(bf16_pack)(const float *x, int64_t cols, float *to) {
    const int64_t vectorized = cols - cols % 128;
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    for (int64_t first = 0; first < vectorized; first += SUPERBLOCK) {
        const int64_t length = least(SUPERBLOCK, vectorized - first);
        for (int64_t i = 0; i < length; i += 32) {
            float *q = to + first + i % 128 / 32 * (length / 4) + i / 128 * 32;
            const __m512 a = _mm512_loadu_ps(x + first + i), b = _mm512_loadu_ps(x + first + i + 16);
            _mm512_storeu_ps(q, _mm512_permutex2var_ps(a, even, b));
            _mm512_storeu_ps(q + 16, _mm512_permutex2var_ps(a, odd, b));
        }
    }
    for (int64_t i = vectorized; i < (cols + 15) / 16 * 16; i++) {
        to[i] = i < cols ? x[i] : 0;
    }
}

INLINE void bf16_tile(
    const int outs, const int rows, const int how, float *out, int64_t outputs, int64_t part, const uint16_t *w,
    int64_t cols, const float *x, int64_t stride) {
    const int64_t vectorized = cols - cols % 128;
    __m512 run[outs][rows];
    for (int o = 0; o < outs; o++) {
        for (int r = 0; r < rows; r++) {
            run[o][r] = _mm512_setzero_ps();
        }
    }
    for (int64_t first = 0; first < vectorized; first += SUPERBLOCK) {
        const int64_t chain = least(SUPERBLOCK, vectorized - first) / 4;
        __m512 a[outs][rows][4];
#pragma GCC unroll 4
        for (int o = 0; o < outs; o++) {
#pragma GCC unroll 4
            for (int r = 0; r < rows; r++) {
                a[o][r][0] = a[o][r][1] = a[o][r][2] = a[o][r][3] = _mm512_setzero_ps();
            }
        }
        for (int64_t i = 0; i < chain; i += 32) {
            const uint16_t *p = w + first + 4 * i;
            const float *y = x + first + i;
#pragma GCC unroll 4
            for (int j = 0; j < 4; j++) {
#pragma GCC unroll 4
                for (int o = 0; o < outs; o++) {
                    const uint16_t *line = p + o * part * cols + 32 * j;
                    if (how == TWICE) {
                        ask_twice(line);
                    } else if (how == ONCE) {
                        _mm_prefetch((const char *) line + AHEAD, _MM_HINT_T1);
                    }
                    const __m512i v = _mm512_loadu_si512(line);
#pragma GCC unroll 4
                    for (int r = 0; r < rows; r++) {
                        const float *at = y + r * stride + j * chain;
                        a[o][r][j] = _mm512_fmadd_ps(_mm512_loadu_ps(at), low_half(v), a[o][r][j]);
                        a[o][r][j] = _mm512_fmadd_ps(_mm512_loadu_ps(at + 16), high_half(v), a[o][r][j]);
                    }
                }
            }
        }
        for (int o = 0; o < outs; o++) {
            for (int r = 0; r < rows; r++) {
                const __m512 *c = a[o][r];
                run[o][r] = _mm512_add_ps(_mm512_add_ps(_mm512_add_ps(_mm512_add_ps(run[o][r], c[0]), c[1]), c[2]), c[3]);
            }
        }
    }
    for (int o = 0; o < outs; o++) {
        for (int r = 0; r < rows; r++) {
            __m512 a = _mm512_setzero_ps();
            for (int64_t i = vectorized; i < cols; i += 16) {
                const __m256i v = _mm256_maskz_loadu_epi16(first16(cols - i), w + o * part * cols + i);
                a = _mm512_fmadd_ps(_mm512_loadu_ps(x + r * stride + i), widen(v), a);
            }
            out[r * outputs + o * part] = tree(vectorized < cols ? _mm512_add_ps(run[o][r], a) : run[o][r]);
        }
    }
}

INLINE void bf16_outputs(
    const int outs, const int how, float *out, int64_t outputs, int64_t part, const uint16_t *w, int64_t cols, const float *x,
    int64_t stride, int64_t rows) {
    int64_t r = 0;
    for (; r + 4 <= rows; r += 4) {
        for (int o = 0; o < outs; o++) {
            bf16_tile(
                1, 4, how, out + r * outputs + o * part, outputs, part, w + o * part * cols, cols, x + r * stride, stride);
        }
    }
    for (; r < rows; r++) {
        bf16_tile(outs, 1, how, out + r * outputs, outputs, part, w, cols, x + r * stride, stride);
    }
}

INLINE void bf16_all(
    const int how, float *out, const uint16_t *w, int64_t cols, int64_t outputs, const float *x, int64_t stride,
    int64_t rows) {
    const int64_t part = outputs / STREAMS;
    for (int64_t o = 0; o < part; o++) {
        bf16_outputs(STREAMS, how, out + o, outputs, part, w + o * cols, cols, x, stride, rows);
    }
    for (int64_t o = part * STREAMS; o < outputs; o++) {
        bf16_outputs(1, how, out + o, outputs, 0, w + o * cols, cols, x, stride, rows);
    }
}

void KIMI(bf16_rows)(
    float *out, const uint16_t *w, int64_t cols, int64_t outputs, const float *x, int64_t stride, int64_t rows) {
    switch (asking()) {
        case TWICE: bf16_all(TWICE, out, w, cols, outputs, x, stride, rows); break;
        case ONCE: bf16_all(ONCE, out, w, cols, outputs, x, stride, rows); break;
        default: bf16_all(SELDOM, out, w, cols, outputs, x, stride, rows);
    }
}

void KIMI(int8_pack)(const float *x, int64_t cols, float *to) {
    const int64_t vectorized = cols - cols % 256;
    for (int64_t i = 0; i < vectorized; i += 64) {
        for (int64_t e = 0; e < 64; e++) {
            to[i + e % 4 * 16 + e / 4] = x[i + e];
        }
    }
    for (int64_t i = vectorized; i < (cols + 15) / 16 * 16; i++) {
        to[i] = i < cols ? x[i] : 0;
    }
}

/* Adds some lines of each of `outs` rows, whose first elements have the scales at ws. */
INLINE void int8_lines(
    const int outs, const int lines, __m512 *a, int64_t part, const uint8_t *w, const uint16_t *ws, int64_t scaled, int64_t group,
    int shift, int64_t cols, const float *x) {
    __m512 scales[outs];
#pragma GCC unroll 4
    for (int o = 0; o < outs; o++) {
        scales[o] = group_scales(ws + o * part * scaled, group, 2 * lines, shift);
    }
#pragma GCC unroll 4
    for (int j = 0; j < lines; j++) {
#pragma GCC unroll 4
        for (int o = 0; o < outs; o++) {
            const uint8_t *line = w + o * part * cols + 64 * j;
            _mm_prefetch((const char *) line + AHEAD, _MM_HINT_T0);
            const __m512i v = _mm512_loadu_si512(line);
            const __m512 scale = _mm512_permutexvar_ps(spread(j, 3), scales[o]);
            const __m512 low = _mm512_mul_ps(scale, _mm512_set1_ps(-384));
#pragma GCC unroll 4
            for (int q = 0; q < 4; q++) {
                const __m512 weights = byte_weights(v, q, scale, low);
                a[o] = _mm512_fmadd_ps(weights, _mm512_loadu_ps(x + 64 * j + 16 * q), a[o]);
            }
        }
    }
}

/* A chain is a quarter of a superblock, not every fourth line: one sum for each row, and rows are read side by side. */
INLINE void int8_floats_tile(
    const int outs, float *out, int64_t part, const uint8_t *w, const uint16_t *ws, int64_t scaled, int shift, int64_t cols,
    const float *x) {
    const int64_t vectorized = cols - cols % 256;
    __m512 run[outs];
    for (int o = 0; o < outs; o++) {
        run[o] = _mm512_setzero_ps();
    }
    for (int64_t first = 0; first < vectorized; first += SUPERBLOCK) {
        const int64_t chain = least(SUPERBLOCK, vectorized - first) / 4;
        for (int c = 0; c < 4; c++) {
            const int64_t end = first + (c + 1) * chain;
            int64_t i = first + c * chain;
            __m512 a[outs];
#pragma GCC unroll 4
            for (int o = 0; o < outs; o++) {
                a[o] = _mm512_setzero_ps();
            }
            while (i < end) {
                /* group_scales takes no larger groups from their middle on. */
                if (i + 256 <= end && (shift < 2 || i % 256 == 0)) {
                    int8_lines(outs, 4, a, part, w + i, ws, scaled, i / GROUP, shift, cols, x + i);
                    i += 256;
                } else {
                    int8_lines(outs, 1, a, part, w + i, ws, scaled, i / GROUP, shift, cols, x + i);
                    i += 64;
                }
            }
#pragma GCC unroll 4
            for (int o = 0; o < outs; o++) {
                run[o] = _mm512_add_ps(run[o], a[o]);
            }
        }
    }
    for (int o = 0; o < outs; o++) {
        __m512 a = _mm512_setzero_ps();
        for (int64_t i = vectorized; i < cols; i += 16) {
            const __m512i v = _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(first16(cols - i), w + o * part * cols + i));
            const __m512 f = group_scales(ws + o * part * scaled, i / GROUP, 1, shift);
            const __m512 weights = _mm512_mul_ps(
                _mm512_cvtepi32_ps(_mm512_sub_epi32(v, _mm512_set1_epi32(128))), _mm512_broadcastss_ps(_mm512_castps512_ps128(f)));
            a = _mm512_fmadd_ps(_mm512_loadu_ps(x + i), weights, a);
        }
        out[o * part] = tree(vectorized < cols ? _mm512_add_ps(run[o], a) : run[o]);
    }
}

void KIMI(int8_floats)(
    float *out,
    const uint8_t *w,
    const uint16_t *ws,
    int64_t group,
    int64_t cols,
    int64_t outputs,
    const float *x,
    int64_t stride,
    int64_t rows) {
    const int64_t scaled = cols / group;
    const int shift = __builtin_ctzll((uint64_t) (group / GROUP));
    const int64_t part = outputs / STREAMS;
    for (int64_t o = 0; o < part; o++) {
        for (int64_t r = 0; r < rows; r++) {
            int8_floats_tile(
                STREAMS, out + r * outputs + o, part, w + o * cols, ws + o * scaled, scaled, shift, cols, x + r * stride);
        }
    }
    for (int64_t o = part * STREAMS; o < outputs; o++) {
        for (int64_t r = 0; r < rows; r++) {
            int8_floats_tile(
                1, out + r * outputs + o, 0, w + o * cols, ws + o * scaled, scaled, shift, cols, x + r * stride);
        }
    }
}

void KIMI(int4_pack)(const float *x, int64_t cols, float *to) {
    const int64_t vectorized = cols - cols % 512;
    for (int64_t first = 0; first < vectorized; first += SUPERBLOCK) {
        const int64_t length = least(SUPERBLOCK, vectorized - first), chain = length / 4;
        for (int64_t i = 0; i < length; i += 128) {
            for (int64_t e = 0; e < 8; e++) {
                float *q = to + first + e % 4 * chain + i / 4 + e / 4 * 16;
                for (int64_t lane = 0; lane < 16; lane++) {
                    q[lane] = x[first + i + 8 * lane + e];
                }
            }
        }
    }
    for (int64_t i = vectorized; i < (cols + 15) / 16 * 16; i++) {
        to[i] = i < cols ? x[i] : 0;
    }
}

/* Adds a line of one row, 128 weights, to its four chains. */
INLINE void int4_line(__m512 *a, const uint8_t *w, __m512 scale, const float *x, int64_t chain) {
    const __m512i v = _mm512_loadu_si512(w), up = _mm512_slli_epi32(v, 8), down = _mm512_srli_epi32(v, 12);
    const __m512 low2 = _mm512_mul_ps(scale, _mm512_set1_ps(-(float) ((1 << 15) + 8)));
    const __m512 low3 = _mm512_mul_ps(scale, _mm512_set1_ps(-(float) ((1 << 11) + 8)));
    const __m512 low4 = _mm512_mul_ps(scale, _mm512_set1_ps(-(float) ((1 << 7) + 8)));
    a[0] = _mm512_fmadd_ps(nibble_weights(up, 2, scale, low2), _mm512_loadu_ps(x), a[0]);
    a[1] = _mm512_fmadd_ps(nibble_weights(up, 3, scale, low3), _mm512_loadu_ps(x + chain), a[1]);
    a[2] = _mm512_fmadd_ps(nibble_weights(v, 2, scale, low2), _mm512_loadu_ps(x + 2 * chain), a[2]);
    a[3] = _mm512_fmadd_ps(nibble_weights(v, 3, scale, low3), _mm512_loadu_ps(x + 3 * chain), a[3]);
    a[0] = _mm512_fmadd_ps(nibble_weights(v, 4, scale, low4), _mm512_loadu_ps(x + 16), a[0]);
    a[1] = _mm512_fmadd_ps(nibble_weights(down, 2, scale, low2), _mm512_loadu_ps(x + chain + 16), a[1]);
    a[2] = _mm512_fmadd_ps(nibble_weights(down, 3, scale, low3), _mm512_loadu_ps(x + 2 * chain + 16), a[2]);
    a[3] = _mm512_fmadd_ps(nibble_weights(down, 4, scale, low4), _mm512_loadu_ps(x + 3 * chain + 16), a[3]);
}

INLINE void int4_floats_tile(
    const int outs, const int twice, float *out, int64_t part, const uint8_t *w, const uint16_t *ws, int64_t cols,
    const float *x) {
    const int64_t vectorized = cols - cols % 512, groups = cols / GROUP;
    __m512 run[outs];
    for (int o = 0; o < outs; o++) {
        run[o] = _mm512_setzero_ps();
    }
    for (int64_t first = 0; first < vectorized; first += SUPERBLOCK) {
        const int64_t chain = least(SUPERBLOCK, vectorized - first) / 4;
        __m512 a[outs][4];
#pragma GCC unroll 4
        for (int o = 0; o < outs; o++) {
            a[o][0] = a[o][1] = a[o][2] = a[o][3] = _mm512_setzero_ps();
        }
        for (int64_t i = 0; i < chain; i += 128) {
            const int64_t at = first + 4 * i;
            __m512 scales[outs];
#pragma GCC unroll 4
            for (int o = 0; o < outs; o++) {
                const uint16_t *s = ws + o * part * groups + at / GROUP;
                if (twice && at % 1024 == 0) {
                    ask_for_scales(s);
                }
                scales[o] = group_scales(s, 0, 16, 0);
            }
#pragma GCC unroll 4
            for (int j = 0; j < 4; j++) {
#pragma GCC unroll 4
                for (int o = 0; o < outs; o++) {
                    const uint8_t *line = w + (o * part * cols + at) / 2 + 64 * j;
                    if (twice) {
                        ask_twice(line);
                    } else {
                        _mm_prefetch((const char *) line + AHEAD, _MM_HINT_T0);
                    }
                    int4_line(a[o], line, _mm512_permutexvar_ps(spread(j, 2), scales[o]), x + first + i + 32 * j, chain);
                }
            }
        }
#pragma GCC unroll 4
        for (int o = 0; o < outs; o++) {
            const __m512 *c = a[o];
            run[o] = _mm512_add_ps(_mm512_add_ps(_mm512_add_ps(_mm512_add_ps(run[o], c[0]), c[1]), c[2]), c[3]);
        }
    }
    for (int o = 0; o < outs; o++) {
        __m512 a = _mm512_setzero_ps();
        for (int64_t i = vectorized; i < cols; i += 16) {
            const __m128i b = _mm_loadl_epi64((const __m128i *) (const void *) (w + (o * part * cols + i) / 2));
            const __m128i mask = _mm_set1_epi8(15);
            const __m128i n = _mm_unpacklo_epi8(_mm_and_si128(b, mask), _mm_and_si128(_mm_srli_epi16(b, 4), mask));
            const __m512 f = group_scales(ws + o * part * groups, i / GROUP, 1, 0);
            const __m512 scale = _mm512_broadcastss_ps(_mm512_castps512_ps128(f));
            const __m512 weights = _mm512_mul_ps(
                _mm512_cvtepi32_ps(_mm512_sub_epi32(_mm512_cvtepu8_epi32(n), _mm512_set1_epi32(8))), scale);
            a = _mm512_fmadd_ps(_mm512_loadu_ps(x + i), weights, a);
        }
        out[o * part] = tree(vectorized < cols ? _mm512_add_ps(run[o], a) : run[o]);
    }
}

INLINE void int4_floats_all(
    const int twice, float *out, const uint8_t *w, const uint16_t *ws, int64_t cols, int64_t outputs, const float *x,
    int64_t stride, int64_t rows) {
    const int64_t part = outputs / STREAMS, groups = cols / GROUP;
    for (int64_t o = 0; o < part; o++) {
        for (int64_t r = 0; r < rows; r++) {
            int4_floats_tile(
                STREAMS, twice, out + r * outputs + o, part, w + o * (cols / 2), ws + o * groups, cols, x + r * stride);
        }
    }
    for (int64_t o = part * STREAMS; o < outputs; o++) {
        for (int64_t r = 0; r < rows; r++) {
            int4_floats_tile(1, twice, out + r * outputs + o, 0, w + o * (cols / 2), ws + o * groups, cols, x + r * stride);
        }
    }
}

void KIMI(int4_floats)(
    float *out, const uint8_t *w, const uint16_t *ws, int64_t cols, int64_t outputs, const float *x, int64_t stride,
    int64_t rows) {
    if (asking() == TWICE) {
        int4_floats_all(1, out, w, ws, cols, outputs, x, stride, rows);
    } else {
        int4_floats_all(0, out, w, ws, cols, outputs, x, stride, rows);
    }
}
