/*
 * AVX-512: many rows of floats, with the bits of the Java kernels at 512 bits. A chain of six weight rows becomes floats, 24 KB
 * that the first cache holds, and meets all rows in register tiles of six by four. See kimi_native.h for shapes and contracts.
 */
#include "kimi_floats.h"

#define OUTPUTS 6
#define ROWS 4
#define CHAIN (SUPERBLOCK / 4)
#define CACHE_LINE 64

struct weights {
    int64_t type;
    const uint8_t *w;
    const uint16_t *ws;
    /* Bytes and scales of a row. */
    int64_t pitch, scaled;
    int64_t cols, outputs;
    int shift;
};

/* Bytes of so many elements. */
INLINE int64_t size(const struct weights *m, int64_t elements) {
    return m->type == KIMI_WEIGHTS_BF16 ? 2 * elements : m->type == KIMI_WEIGHTS_INT8 ? elements : elements / 2;
}

/* Columns of whole steps: four lines. */
INLINE int64_t vectorized(const struct weights *m) {
    const int64_t step = m->type == KIMI_WEIGHTS_BF16 ? 128 : m->type == KIMI_WEIGHTS_INT8 ? 256 : 512;
    return m->cols - m->cols % step;
}

/* Of a superblock of one row the vectors of a chain, each OUTPUTS vectors after the other. */

INLINE void unpack_halves(float *to, const uint8_t *w, int64_t chain, int64_t length) {
    for (int64_t i = 0; i < length; i += 128, to += 2 * OUTPUTS * 16) {
        const __m512i v = _mm512_loadu_si512(w + 2 * i + CACHE_LINE * chain);
        _mm512_store_ps(to, low_half(v));
        _mm512_store_ps(to + OUTPUTS * 16, high_half(v));
    }
}

INLINE void unpack_bytes(float *to, const struct weights *m, const uint8_t *w, const uint16_t *ws, int64_t first, int64_t length) {
    for (int64_t i = first; i < first + length; i += 64, to += 4 * OUTPUTS * 16) {
        const __m512i v = _mm512_loadu_si512(w + i);
        const __m512 scale = _mm512_permutexvar_ps(spread(0, 3), group_scales(ws, i / GROUP, 2, m->shift));
        const __m512 low = _mm512_mul_ps(scale, _mm512_set1_ps(-384));
#pragma GCC unroll 4
        for (int q = 0; q < 4; q++) {
            _mm512_store_ps(to + q * OUTPUTS * 16, byte_weights(v, q, scale, low));
        }
    }
}

INLINE void unpack_nibbles(float *to, const uint8_t *w, const uint16_t *ws, const int chain, int64_t length) {
    for (int64_t i = 0; i < length; i += 512) {
        const __m512 scales = group_scales(ws + i / GROUP, 0, 16, 0);
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++, to += 2 * OUTPUTS * 16) {
            const __m512i v = _mm512_loadu_si512(w + i / 2 + CACHE_LINE * j);
            const __m512 scale = _mm512_permutexvar_ps(spread(j, 2), scales);
            /* Where the nibbles chain and chain + 4 are, see nibble_weights. */
            const __m512i a = chain < 2 ? _mm512_slli_epi32(v, 8) : v, b = chain == 0 ? v : _mm512_srli_epi32(v, 12);
            const int p = chain % 2 + 2, q = chain == 0 ? 4 : chain + 1;
            const __m512 low_a = _mm512_mul_ps(scale, _mm512_set1_ps(-(float) ((1 << (23 - 4 * p)) + 8)));
            const __m512 low_b = _mm512_mul_ps(scale, _mm512_set1_ps(-(float) ((1 << (23 - 4 * q)) + 8)));
            _mm512_store_ps(to, nibble_weights(a, p, scale, low_a));
            _mm512_store_ps(to + OUTPUTS * 16, nibble_weights(b, q, scale, low_b));
        }
    }
}

/* Asks for `bytes` of each of OUTPUTS rows from row n on, from byte `at` on. */
static void ask(const struct weights *m, int64_t n, int64_t at, int64_t bytes) {
    for (int64_t o = n; o < least(n + OUTPUTS, m->outputs); o++) {
        for (int64_t i = at; i < least(m->pitch, at + bytes); i += CACHE_LINE) {
            _mm_prefetch((const char *) m->w + o * m->pitch + i, _MM_HINT_T1);
        }
    }
}

/* A chain of a superblock of OUTPUTS rows from row n on; rows that are not there are zeros. */
static void unpack(float *panel, const struct weights *m, int64_t n, int64_t first, int64_t length, int64_t chain) {
    for (int64_t o = 0; o < OUTPUTS; o++) {
        float *to = panel + o * 16;
        if (n + o >= m->outputs) {
            for (int64_t v = 0; v < length / 64; v++) {
                _mm512_store_ps(to + v * OUTPUTS * 16, _mm512_setzero_ps());
            }
            continue;
        }
        const uint8_t *row = m->w + (n + o) * m->pitch, *w = row + size(m, first);
        const uint16_t *ws = m->ws + (n + o) * m->scaled;
        if (m->type == KIMI_WEIGHTS_BF16) {
            unpack_halves(to, w, chain, length);
        } else if (m->type == KIMI_WEIGHTS_INT8) {
            unpack_bytes(to, m, row, ws, first + chain * (length / 4), length / 4);
        } else {
            switch (chain) {
                case 0: unpack_nibbles(to, w, ws + first / GROUP, 0, length); break;
                case 1: unpack_nibbles(to, w, ws + first / GROUP, 1, length); break;
                case 2: unpack_nibbles(to, w, ws + first / GROUP, 2, length); break;
                default: unpack_nibbles(to, w, ws + first / GROUP, 3, length);
            }
        }
    }
}

/* What is left of the rows after whole steps, filled up with zeros. */
static void unpack_tail(float *panel, const struct weights *m, int64_t n) {
    for (int64_t o = 0; o < OUTPUTS; o++) {
        float *to = panel + o * 16;
        for (int64_t i = vectorized(m); i < m->cols; i += 16, to += OUTPUTS * 16) {
            __m512 v = _mm512_setzero_ps();
            if (n + o < m->outputs) {
                const uint8_t *w = m->w + (n + o) * m->pitch + size(m, i);
                const uint16_t *ws = m->ws + (n + o) * m->scaled;
                if (m->type == KIMI_WEIGHTS_BF16) {
                    v = widen(_mm256_maskz_loadu_epi16(first16(m->cols - i), w));
                } else {
                    const __m128i mask = _mm_set1_epi8(15);
                    __m128i b;
                    if (m->type == KIMI_WEIGHTS_INT8) {
                        b = _mm_maskz_loadu_epi8(first16(m->cols - i), w);
                    } else {
                        b = _mm_loadl_epi64((const __m128i *) (const void *) w);
                        b = _mm_unpacklo_epi8(_mm_and_si128(b, mask), _mm_and_si128(_mm_srli_epi16(b, 4), mask));
                    }
                    const int zero = m->type == KIMI_WEIGHTS_INT8 ? 128 : 8;
                    const __m512 f = group_scales(ws, i / GROUP, 1, m->shift);
                    v = _mm512_mul_ps(
                        _mm512_cvtepi32_ps(_mm512_sub_epi32(_mm512_cvtepu8_epi32(b), _mm512_set1_epi32(zero))),
                        _mm512_broadcastss_ps(_mm512_castps512_ps128(f)));
                }
            }
            _mm512_store_ps(to, v);
        }
    }
}

/* Adds one chain of OUTPUTS weight rows and some rows to their running vectors. */
INLINE void tile(const int rows, float *sums, const float *panel, const float *x, int64_t stride, int64_t vectors) {
    __m512 a[ROWS][OUTPUTS];
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) {
#pragma GCC unroll 6
        for (int o = 0; o < OUTPUTS; o++) {
            a[r][o] = _mm512_setzero_ps();
        }
    }
    for (int64_t n = 0; n < vectors; n++) {
        __m512 v[ROWS];
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++) {
            v[r] = _mm512_load_ps(x + r * stride + n * 16);
        }
#pragma GCC unroll 6
        for (int o = 0; o < OUTPUTS; o++) {
            const __m512 u = _mm512_load_ps(panel + (n * OUTPUTS + o) * 16);
#pragma GCC unroll 4
            for (int r = 0; r < rows; r++) {
                a[r][o] = _mm512_fmadd_ps(v[r], u, a[r][o]);
            }
        }
    }
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) {
#pragma GCC unroll 6
        for (int o = 0; o < OUTPUTS; o++) {
            float *at = sums + (r * KIMI_FLOAT_OUTPUTS + o) * 16;
            _mm512_store_ps(at, _mm512_add_ps(_mm512_load_ps(at), a[r][o]));
        }
    }
}

/* A panel against all rows. */
static void add(float *sums, const float *panel, const float *x, int64_t stride, int64_t rows, int64_t vectors) {
    int64_t r = 0;
    for (; r + ROWS <= rows; r += ROWS) {
        tile(ROWS, sums + r * KIMI_FLOAT_OUTPUTS * 16, panel, x + r * stride, stride, vectors);
    }
    sums += r * KIMI_FLOAT_OUTPUTS * 16;
    x += r * stride;
    switch (rows - r) {
        case 1: tile(1, sums, panel, x, stride, vectors); break;
        case 2: tile(2, sums, panel, x, stride, vectors); break;
        case 3: tile(3, sums, panel, x, stride, vectors); break;
        default: break;
    }
}

/* The upper half of each vector added to its lower one until one lane is left. */
static void trees(float *out, const float *sums, int64_t count) {
    for (int64_t n = 0; n < count; n += 16) {
        __m512i v[16];
        for (int i = 0; i < 16; i++) {
            v[i] = _mm512_load_si512(sums + (n + i) * 16);
        }
        transpose(v);
        __m512 t[16];
        for (int i = 0; i < 16; i++) {
            t[i] = _mm512_castsi512_ps(v[i]);
        }
#pragma GCC unroll 4
        for (int half = 8; half > 0; half /= 2) {
#pragma GCC unroll 8
            for (int i = 0; i < half; i++) {
                t[i] = _mm512_add_ps(t[i], t[i + half]);
            }
        }
        _mm512_mask_storeu_ps(out + n, first16(count - n), t[0]);
    }
}

static void block(
    float *out, float *sums, float *panel, const struct weights *m, const float *x, int64_t stride, int64_t rows) {
    const int64_t whole = vectorized(m), count = (rows * KIMI_FLOAT_OUTPUTS + 15) / 16 * 16;
    memset(sums, 0, sizeof(float) * 16 * (size_t) count);
    for (int64_t first = 0; first < whole; first += SUPERBLOCK) {
        const int64_t length = least(SUPERBLOCK, whole - first);
        for (int64_t chain = 0; chain < 4; chain++) {
            for (int64_t n = 0; n < m->outputs; n += OUTPUTS) {
                if (first == 0 && chain == 0) {
                    ask(m, n + OUTPUTS, 0, size(m, length));
                }
                ask(m, n, size(m, length) * (4 + chain) / 4 + size(m, first), size(m, length) / 4);
                unpack(panel, m, n, first, length, chain);
                add(sums + n * 16, panel, x + first + chain * (length / 4), stride, rows, length / 64);
            }
        }
    }
    if (whole < m->cols) {
        for (int64_t n = 0; n < m->outputs; n += OUTPUTS) {
            unpack_tail(panel, m, n);
            add(sums + n * 16, panel, x + whole, stride, rows, (m->cols - whole + 15) / 16);
        }
    }
    trees(out, sums, rows * KIMI_FLOAT_OUTPUTS);
}

void KIMI(floats_panel)(
    float *out,
    float *scratch,
    int64_t type,
    const uint8_t *w,
    const uint16_t *ws,
    int64_t group,
    int64_t cols,
    int64_t outputs,
    const float *x,
    int64_t stride,
    int64_t rows) {
    _Alignas(64) float panel[OUTPUTS * CHAIN];
    struct weights m = {.type = type, .w = w, .ws = ws, .cols = cols, .outputs = outputs};
    m.pitch = size(&m, cols);
    m.scaled = type == KIMI_WEIGHTS_BF16 ? 0 : cols / group;
    m.shift = type == KIMI_WEIGHTS_BF16 ? 0 : __builtin_ctzll((uint64_t) (group / GROUP));
    for (int64_t r = 0; r < rows; r += KIMI_FLOAT_ROWS) {
        block(out + r * KIMI_FLOAT_OUTPUTS, scratch, panel, &m, x + r * stride, stride, least(KIMI_FLOAT_ROWS, rows - r));
    }
}
