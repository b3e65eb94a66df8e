/*
 * AMX: many rows against tiles of sixteen weight rows. The tile of weights is the left factor, in the checkpoint's own order
 * of columns, so that INT8 and INT4 need no turning and bfloat16 weights need nothing; the activations are turned once for
 * all weights, by kimi_tile_codes and kimi_tile_halves. A tile of sums has sixteen outputs by sixteen rows.
 */
#define _DEFAULT_SOURCE /* syscall */
#include "kimi_amx.h"

#include <sys/syscall.h>
#include <unistd.h>

/* Rows of activations to a tile. */
#define LANES KIMI_PANEL
#define TILE (KIMI_PANEL * LANES)

/* Columns of weights that are at hand for all rows: 16 KB of sixteen rows of bytes or of thirty-two of bfloat16. */
#define BYTE_BLOCK 1024
#define BLOCK_GROUPS (BYTE_BLOCK / GROUP)
#define HALF_BLOCK 256
#define STEPS (HALF_BLOCK / STEP)

int32_t KIMI(permit)(void) {
    const long request = 0x1023, tiles = 18; /* ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA */
    return (int32_t) syscall(SYS_arch_prctl, request, tiles);
}

void KIMI(tile_codes)(
    const int8_t *codes, const float *scales, int64_t cols, int64_t lane, int8_t *tiles, float *tile_scales) {
    for (int64_t i = 0; i < cols; i += 4) {
        memcpy(tiles + i * LANES + lane * 4, codes + i, 4);
    }
    for (int64_t g = 0; g < cols / GROUP; g++) {
        tile_scales[g * LANES + lane] = scales[g];
    }
}

void KIMI(tile_halves)(const float *x, int64_t cols, int64_t lane, uint16_t *tiles) {
    for (int64_t i = 0; i < cols; i += STEP) {
        _Alignas(64) uint16_t step[STEP];
        const __m512 a = _mm512_maskz_loadu_ps(first16(least(16, cols - i)), x + i);
        const __m512 b = cols - i > 16 ? _mm512_maskz_loadu_ps(first16(cols - i - 16), x + i + 16) : _mm512_setzero_ps();
        _mm512_store_si512(step, (__m512i) _mm512_cvtne2ps_pbh(b, a));
        for (int64_t j = 0; j < STEP; j += 2) {
            memcpy(tiles + (i + j) * LANES + lane * 2, step + j, 4);
        }
    }
}

/* What is missing of the last tile is filled up with its first row, and means nothing. */
INLINE int64_t row_or_first(int64_t n, int64_t outputs) {
    return n < outputs ? n : 0;
}

/* A block of weights: bytes by pairs of groups, [pair][16][64], and a factor for each output and group, [16][BLOCK_GROUPS]. */
struct block {
    _Alignas(64) int8_t weights[KIMI_PANEL * BYTE_BLOCK];
    _Alignas(64) float factors[KIMI_PANEL * BLOCK_GROUPS];
    /* Exact sums of two times four groups. */
    _Alignas(64) int32_t sums[2][4][TILE];
};

/* `groups` of the scales of sixteen weight rows from group `first` on, each for 2^shift groups. */
INLINE void factors_of(
    struct block *b, const uint16_t *ws, int64_t pitch, int64_t outputs, int64_t first, int64_t groups, int shift) {
    for (int64_t n = 0; n < KIMI_PANEL; n++) {
        for (int64_t g = 0; g < groups; g += 16) {
            const __m512 v =
                group_scales(ws + row_or_first(n, outputs) * pitch, first + g, least(16, groups - g), shift);
            _mm512_store_ps(b->factors + n * BLOCK_GROUPS + g, v);
        }
    }
}

INLINE void unpack_nibbles(struct block *b, const uint8_t *w, int64_t pitch, int64_t outputs, int64_t groups) {
    const __m512i mask = _mm512_set1_epi8(15), eight = _mm512_set1_epi8(8);
    for (int64_t n = 0; n < KIMI_PANEL; n++) {
        const uint8_t *p = w + row_or_first(n, outputs) * pitch;
        for (int64_t g = 0; g < groups; g += 2, p += 32) {
            if (g % 4 == 0) {
                _mm_prefetch((const char *) p + BYTE_BLOCK / 2, _MM_HINT_T0);
            }
            const __mmask32 m = groups - g > 1 ? 0xffffffff : 0xffff;
            const __m512i v = _mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8(m, p));
            const __m512i nibbles = _mm512_and_si512(_mm512_or_si512(v, _mm512_slli_epi16(v, 4)), mask);
            _mm512_store_si512(b->weights + (g / 2 * KIMI_PANEL + n) * 64, _mm512_sub_epi8(nibbles, eight));
        }
    }
}

INLINE void unpack_bytes(struct block *b, const uint8_t *w, int64_t pitch, int64_t outputs, int64_t groups) {
    const __m512i sign = _mm512_set1_epi8((char) 0x80);
    for (int64_t n = 0; n < KIMI_PANEL; n++) {
        const uint8_t *p = w + row_or_first(n, outputs) * pitch;
        for (int64_t g = 0; g < groups; g += 2, p += 64) {
            _mm_prefetch((const char *) p + BYTE_BLOCK, _MM_HINT_T0);
            const __m512i v = _mm512_maskz_loadu_epi8(first64((groups - g) * GROUP), p);
            _mm512_store_si512(b->weights + (g / 2 * KIMI_PANEL + n) * 64, _mm512_xor_si512(v, sign));
        }
    }
}

/* The sums of one group, of weights with tile t of activations. */
#define GROUP_SUMS(sums, weights, activations, a, x, to)                                                                 \
    do {                                                                                                                 \
        _tile_zero(sums);                                                                                                \
        _tile_loadd(weights, a, 64);                                                                                     \
        _tile_loadd(activations, x, 64);                                                                                 \
        _tile_dpbssd(sums, weights, activations);                                                                        \
        _tile_stored(sums, to, 64);                                                                                      \
    } while (0)

INLINE const int8_t *weights_of(const struct block *b, int64_t g) {
    return b->weights + g / 2 * KIMI_PANEL * 64 + g % 2 * GROUP;
}

/* Sums of a group as floats, times both scales. */
INLINE void add_group(__m512 *a, const int32_t *sums, const float *factors, const float *scales) {
    const __m512 scale = _mm512_loadu_ps(scales);
#pragma GCC unroll 16
    for (int n = 0; n < KIMI_PANEL; n++) {
        const __m512 v = _mm512_cvtepi32_ps(_mm512_load_si512(sums + n * LANES));
        a[n] = _mm512_fmadd_ps(v, _mm512_mul_ps(_mm512_set1_ps(factors[n * BLOCK_GROUPS]), scale), a[n]);
    }
}

/*
 * Sixteen outputs of one tile of rows. While the tiles of four groups are multiplied, the sums of the four before are added.
 *   x, scales   where the block begins in the tile of rows
 */
INLINE void integer_tile(float *to, int64_t first, struct block *b, int64_t groups, const int8_t *x, const float *scales) {
    __m512 a[KIMI_PANEL];
#pragma GCC unroll 16
    for (int n = 0; n < KIMI_PANEL; n++) {
        a[n] = first == 0 ? _mm512_setzero_ps() : _mm512_load_ps(to + n * LANES);
    }
    const int64_t by_four = groups / 4;
    for (int64_t q = 0; q <= by_four; q++) {
        if (q < by_four) {
            int32_t(*s)[TILE] = b->sums[q % 2];
            const int8_t *w = weights_of(b, 4 * q);
            const int8_t *y = x + 4 * q * GROUP * LANES;
            GROUP_SUMS(0, 4, 6, w, y, s[0]);
            GROUP_SUMS(1, 5, 7, w + GROUP, y + GROUP * LANES, s[1]);
            GROUP_SUMS(2, 4, 6, w + KIMI_PANEL * 64, y + 2 * GROUP * LANES, s[2]);
            GROUP_SUMS(3, 5, 7, w + KIMI_PANEL * 64 + GROUP, y + 3 * GROUP * LANES, s[3]);
        }
        if (q > 0) {
            const int64_t g = 4 * (q - 1);
            for (int j = 0; j < 4; j++) {
                add_group(a, b->sums[(q - 1) % 2][j], b->factors + g + j, scales + (g + j) * LANES);
            }
        }
    }
    for (int64_t g = 4 * by_four; g < groups; g++) {
        GROUP_SUMS(0, 4, 6, weights_of(b, g), x + g * GROUP * LANES, b->sums[0][0]);
        add_group(a, b->sums[0][0], b->factors + g, scales + g * LANES);
    }
#pragma GCC unroll 16
    for (int n = 0; n < KIMI_PANEL; n++) {
        _mm512_store_ps(to + n * LANES, a[n]);
    }
}

/* Tiles of sums, of each sixteen outputs the tiles of all rows, as rows of outputs. */
static void rows_of(float *out, int64_t stride, const float *scratch, int64_t outputs, int64_t rows) {
    for (int64_t o = 0; o < outputs; o += KIMI_PANEL) {
        for (int64_t r = 0; r < rows; r += LANES, scratch += TILE) {
            __m512i v[16];
            for (int n = 0; n < KIMI_PANEL; n++) {
                v[n] = _mm512_load_si512(scratch + n * LANES);
            }
            transpose(v);
            for (int i = 0; i < least(LANES, rows - r); i++) {
                _mm512_storeu_si512(out + (r + i) * stride + o, v[i]);
            }
        }
    }
}

INLINE void integer_tiles(
    const int nibbles, float *out, int64_t stride, float *scratch, const uint8_t *w, const uint16_t *ws, int64_t group,
    int64_t cols, int64_t outputs, const int8_t *tiles, const float *scales, int64_t rows) {
    struct block b;
    const int64_t groups = cols / GROUP, scaled = cols / group, pitch = nibbles ? cols / 2 : cols;
    const int shift = __builtin_ctzll((uint64_t) (group / GROUP));
    configure(GROUP);
    for (int64_t first = 0; first < groups; first += BLOCK_GROUPS) {
        const int64_t count = least(BLOCK_GROUPS, groups - first);
        float *to = scratch;
        for (int64_t o = 0; o < outputs; o += KIMI_PANEL) {
            const uint8_t *from = w + o * pitch + first * (nibbles ? GROUP / 2 : GROUP);
            if (nibbles) {
                unpack_nibbles(&b, from, pitch, outputs - o, count);
            } else {
                unpack_bytes(&b, from, pitch, outputs - o, count);
            }
            factors_of(&b, ws + o * scaled, scaled, outputs - o, first, count, shift);
            for (int64_t r = 0; r < rows; r += LANES, to += TILE) {
                integer_tile(
                    to, first, &b, count, tiles + r * cols + first * GROUP * LANES, scales + r * groups + first * LANES);
            }
        }
    }
    _tile_release();
    rows_of(out, stride, scratch, outputs, rows);
}

void KIMI(int4_tiles)(
    float *out,
    int64_t stride,
    float *scratch,
    const uint8_t *w,
    const uint16_t *ws,
    int64_t cols,
    int64_t outputs,
    const int8_t *tiles,
    const float *scales,
    int64_t rows) {
    integer_tiles(1, out, stride, scratch, w, ws, GROUP, cols, outputs, tiles, scales, rows);
}

void KIMI(int8_tiles)(
    float *out,
    int64_t stride,
    float *scratch,
    const uint8_t *w,
    const uint16_t *ws,
    int64_t group,
    int64_t cols,
    int64_t outputs,
    const int8_t *tiles,
    const float *scales,
    int64_t rows) {
    integer_tiles(0, out, stride, scratch, w, ws, group, cols, outputs, tiles, scales, rows);
}

/*
 * Weights by steps, [step][32 rows][STEP], filled up with zeros: rows of the checkpoint lie a multiple of a kilobyte apart,
 * where a cache has few places for them.
 */
INLINE void gather(uint16_t *to, const uint16_t *w, int64_t pitch, int64_t outputs, int64_t length) {
    for (int64_t n = 0; n < 2 * KIMI_PANEL; n++) {
        const uint16_t *p = w + row_or_first(n, outputs) * pitch;
        for (int64_t i = 0; i < length; i += STEP) {
            _mm_prefetch((const char *) (p + i + HALF_BLOCK), _MM_HINT_T0);
            const __m512i v = _mm512_maskz_loadu_epi8(first64(2 * (length - i)), p + i);
            _mm512_store_si512(to + (i / STEP * 2 * KIMI_PANEL + n) * STEP, v);
        }
    }
}

/*
 * One or two times sixteen outputs of one or two tiles of rows.
 *   to      the sums of the first sixteen outputs, those of the others `apart` from them
 *   w       of a step: rows `pitch` apart; from step to step `next` apart
 *   x       where the block begins in the first tile of rows, the second `beside` it
 */
INLINE void half_tile(
    const int panels, const int blocks, float *to, int64_t apart, int64_t first, const uint16_t *w, int64_t pitch,
    int64_t next, int64_t steps, const uint16_t *x, int64_t beside) {
    if (first == 0) {
        _tile_zero(0);
        if (blocks > 1) _tile_zero(1);
        if (panels > 1) _tile_zero(2);
        if (panels > 1 && blocks > 1) _tile_zero(3);
    } else {
        _tile_loadd(0, to, 64);
        if (blocks > 1) _tile_loadd(1, to + TILE, 64);
        if (panels > 1) _tile_loadd(2, to + apart, 64);
        if (panels > 1 && blocks > 1) _tile_loadd(3, to + apart + TILE, 64);
    }
    for (int64_t s = 0; s < steps; s++, w += next, x += STEP * LANES) {
        _tile_loadd(4, w, 2 * pitch);
        _tile_loadd(6, x, 64);
        _tile_dpbf16ps(0, 4, 6);
        if (blocks > 1) {
            _tile_loadd(7, x + beside, 64);
            _tile_dpbf16ps(1, 4, 7);
        }
        if (panels > 1) {
            _tile_loadd(5, w + KIMI_PANEL * pitch, 2 * pitch);
            _tile_dpbf16ps(2, 5, 6);
        }
        if (panels > 1 && blocks > 1) _tile_dpbf16ps(3, 5, 7);
    }
    _tile_stored(0, to, 64);
    if (blocks > 1) _tile_stored(1, to + TILE, 64);
    if (panels > 1) _tile_stored(2, to + apart, 64);
    if (panels > 1 && blocks > 1) _tile_stored(3, to + apart + TILE, 64);
}

/* Thirty-two outputs, or as many as there are, of all rows. */
INLINE void half_block(
    const int panels, float *to, int64_t first, const uint16_t *w, int64_t pitch, int64_t next, int64_t steps,
    const uint16_t *x, int64_t beside, int64_t rows) {
    const int64_t apart = (rows + LANES - 1) / LANES * TILE;
    int64_t r = 0;
    for (; r + LANES < rows; r += 2 * LANES) {
        half_tile(panels, 2, to + r * KIMI_PANEL, apart, first, w, pitch, next, steps, x + r / LANES * beside, beside);
    }
    if (r < rows) {
        half_tile(panels, 1, to + r * KIMI_PANEL, apart, first, w, pitch, next, steps, x + r / LANES * beside, beside);
    }
}

void KIMI(bf16_tiles)(
    float *out,
    int64_t stride,
    float *scratch,
    const uint16_t *w,
    int64_t cols,
    int64_t outputs,
    const uint16_t *tiles,
    int64_t rows) {
    _Alignas(64) uint16_t gathered[2 * KIMI_PANEL * HALF_BLOCK];
    const int64_t beside = (cols + STEP - 1) / STEP * STEP * LANES, tile_rows = (rows + LANES - 1) / LANES;
    configure(64);
    for (int64_t first = 0; first < cols; first += HALF_BLOCK) {
        const int64_t length = least(HALF_BLOCK, cols - first), steps = (length + STEP - 1) / STEP;
        for (int64_t o = 0; o < outputs; o += 2 * KIMI_PANEL) {
            const int64_t left = outputs - o;
            const uint16_t *from = w + o * cols + first, *x = tiles + first * LANES;
            float *to = scratch + o / KIMI_PANEL * tile_rows * TILE;
            gather(gathered, from, cols, left, length);
            if (left > KIMI_PANEL) {
                half_block(2, to, first, gathered, STEP, 2 * KIMI_PANEL * STEP, steps, x, beside, rows);
            } else {
                half_block(1, to, first, gathered, STEP, 2 * KIMI_PANEL * STEP, steps, x, beside, rows);
            }
        }
    }
    _tile_release();
    rows_of(out, stride, scratch, outputs, rows);
}
