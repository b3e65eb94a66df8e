/*
 * Attention of one row over a cache, by AVX-512, with the operations of the Java kernels. All heads share the latents: rows of
 * the cache are made floats once, and each number of them meets the queries of many heads, a head to a lane.
 */
#include "kimi_attention.h"

/* Vectors of heads that a register tile has, and numbers of the cache that they meet: 24 sums, of 32 registers. */
#define WIDE 4
#define WIDE_STEP 6
#define NARROW 2
#define NARROW_STEP 12
/* Numbers of an 8-bit cache that share a scale. */
#define SCALED 64

/* Sizes of a call and its parts of the scratch memory. Heads go in groups of two blocks, the last of one if there are no more. */
struct call {
    int64_t heads, latent, rope, width;
    float scale;
    float *rows;   /* [POSITIONS][width] */
    float *scores; /* [POSITIONS][lanes of a group] */
    float *query;  /* by groups: [width rounded up to 16][lanes] */
    float *sums;   /* by groups: [latent][lanes] */
};

static int64_t rounded(int64_t n) {
    return (n + LANES - 1) / LANES * LANES;
}

static int64_t lay_out(struct call *c, int64_t heads, int64_t latent, int64_t rope, uint8_t *scratch) {
    const int64_t lanes = (heads + HEADS - 1) / HEADS * HEADS;
    c->heads = heads;
    c->latent = latent;
    c->rope = rope;
    c->width = latent + rope;
    float *at = (float *) scratch;
    c->rows = at;
    c->scores = at += rounded(POSITIONS * c->width);
    c->query = at += POSITIONS * WIDE * LANES;
    c->sums = at += rounded(c->width) * lanes;
    return (uint8_t *) (at + latent * lanes) - scratch;
}

int64_t KIMI(attention_scratch)(int64_t heads, int64_t latent, int64_t rope) {
    struct call c;
    return lay_out(&c, heads, latent, rope, 0);
}

/* The queries of `lanes` heads from `head` on, as columns; lanes of no head are zeros. */
static void turn_queries(
    const struct call *c, float *to, int64_t head, int64_t lanes, const float *plain, const float *rotated, int64_t stride) {
    for (int64_t d = 0; d < c->width; d += LANES) {
        for (int64_t first = 0; first < lanes; first += LANES) {
            __m512i v[LANES];
            for (int64_t lane = 0; lane < LANES; lane++) {
                const int64_t h = head + first + lane;
                v[lane] = h < c->heads
                              ? _mm512_castps_si512(query_at(plain + h * c->latent, c->latent, rotated + h * stride, c->rope, d))
                              : _mm512_setzero_si512();
            }
            transpose(v);
            for (int64_t i = 0; i < LANES; i++) {
                _mm512_store_si512(to + (d + i) * lanes + first, v[i]);
            }
        }
    }
}

/* bfloat16 numbers, at any address. */
static void widen_halves(float *to, const void *from, int64_t count) {
    for (int64_t i = 0; i < count; i += LANES) {
        const __mmask16 m = first16(count - i);
        _mm512_mask_storeu_ps(to + i, m, widen(_mm256_maskz_loadu_epi16(m, (const char *) from + 2 * i)));
    }
}

INLINE float half_at(const int8_t *at) {
    uint16_t half;
    memcpy(&half, at, 2);
    const uint32_t bits = (uint32_t) half << 16;
    float f;
    memcpy(&f, &bits, 4);
    return f;
}

/* Rows of an 8-bit cache: codes, scales, rotated numbers. */
static void widen_bytes(const struct call *c, const int8_t *page, int64_t count) {
    const int64_t scales = (c->latent + SCALED - 1) / SCALED, bytes = c->latent + 2 * (scales + c->rope);
    for (int64_t p = 0; p < count; p++, page += bytes) {
        float *to = c->rows + p * c->width;
        const int8_t *scale = page + c->latent;
        for (int64_t i = 0; i < c->latent; i += LANES) {
            const __mmask16 m = first16(c->latent - i);
            const __m512 v = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(m, page + i)));
            _mm512_mask_storeu_ps(to + i, m, _mm512_mul_ps(v, _mm512_set1_ps(half_at(scale + i / SCALED * 2))));
        }
        widen_halves(to + c->latent, scale + 2 * scales, c->rope);
    }
}

/* The rows of a page as floats. */
static const float *rows_of(const struct call *c, int64_t type, const void *page, int64_t count) {
    switch (type) {
        case KIMI_CACHE_F32: return page;
        case KIMI_CACHE_BF16: widen_halves(c->rows, page, count * c->width); return c->rows;
        default: widen_bytes(c, page, count); return c->rows;
    }
}

/* Scaled scores of some rows with `vectors` of heads: one chain over the width for each. */
INLINE void score_tile(
    const int vectors, const int keys, float *to, const float *query, const float *rows, int64_t width, __m512 scale) {
    __m512 a[NARROW_STEP][WIDE];
#pragma GCC unroll 16
    for (int k = 0; k < keys; k++) {
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            a[k][v] = _mm512_setzero_ps();
        }
    }
    for (int64_t i = 0; i < width; i++) {
        __m512 x[WIDE];
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            x[v] = _mm512_load_ps(query + (i * vectors + v) * LANES);
        }
#pragma GCC unroll 16
        for (int k = 0; k < keys; k++) {
            const __m512 y = _mm512_set1_ps(rows[k * width + i]);
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++) {
                a[k][v] = _mm512_fmadd_ps(x[v], y, a[k][v]);
            }
        }
    }
#pragma GCC unroll 16
    for (int k = 0; k < keys; k++) {
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            _mm512_store_ps(to + (k * vectors + v) * LANES, _mm512_mul_ps(a[k][v], scale));
        }
    }
}

INLINE void score(const int vectors, const int step, const struct call *c, const float *query, const float *rows, int64_t count) {
    const __m512 scale = _mm512_set1_ps(c->scale);
    int64_t p = 0;
    for (; p + step <= count; p += step) {
        score_tile(vectors, step, c->scores + p * vectors * LANES, query, rows + p * c->width, c->width, scale);
    }
    for (; p + 4 <= count; p += 4) {
        score_tile(vectors, 4, c->scores + p * vectors * LANES, query, rows + p * c->width, c->width, scale);
    }
    for (; p < count; p++) {
        score_tile(vectors, 1, c->scores + p * vectors * LANES, query, rows + p * c->width, c->width, scale);
    }
}

/* Turns the scores of a vector of heads into weights relative to the new maximum; returns what older sums are worth to it. */
INLINE __m512 weigh(float *scores, int64_t lanes, int64_t count, float *max, float *total) {
    const __m512 before = _mm512_loadu_ps(max);
    __m512 largest = before, sum = _mm512_setzero_ps();
    for (int64_t p = 0; p < count; p++) {
        const __m512 v = _mm512_load_ps(scores + p * lanes);
        largest = _mm512_mask_blend_ps(_mm512_cmp_ps_mask(v, largest, _CMP_GT_OQ), largest, v);
    }
    for (int64_t p = 0; p < count; p++) {
        const __m512 w = exponential(_mm512_sub_ps(_mm512_load_ps(scores + p * lanes), largest));
        _mm512_store_ps(scores + p * lanes, w);
        sum = _mm512_add_ps(sum, w);
    }
    const __m512 decay = decay_of(before, largest);
    _mm512_storeu_ps(max, largest);
    _mm512_storeu_ps(total, _mm512_fmadd_ps(_mm512_loadu_ps(total), decay, sum));
    return decay;
}

/* Adds some numbers of the weighted rows: one chain over the positions for each. */
INLINE void sum_tile(
    const int vectors, const int numbers, float *sums, const float *weights, const float *rows, int64_t width, int64_t count,
    const __m512 *decay) {
    __m512 a[NARROW_STEP][WIDE];
#pragma GCC unroll 16
    for (int k = 0; k < numbers; k++) {
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            a[k][v] = _mm512_mul_ps(_mm512_load_ps(sums + (k * vectors + v) * LANES), decay[v]);
        }
    }
    for (int64_t p = 0; p < count; p++) {
        __m512 x[WIDE];
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            x[v] = _mm512_load_ps(weights + (p * vectors + v) * LANES);
        }
#pragma GCC unroll 16
        for (int k = 0; k < numbers; k++) {
            const __m512 y = _mm512_set1_ps(rows[p * width + k]);
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++) {
                a[k][v] = _mm512_fmadd_ps(x[v], y, a[k][v]);
            }
        }
    }
#pragma GCC unroll 16
    for (int k = 0; k < numbers; k++) {
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            _mm512_store_ps(sums + (k * vectors + v) * LANES, a[k][v]);
        }
    }
}

INLINE void accumulate(
    const int vectors, const int step, const struct call *c, float *sums, const float *rows, int64_t count, const __m512 *decay) {
    int64_t i = 0;
    for (; i + step <= c->latent; i += step) {
        sum_tile(vectors, step, sums + i * vectors * LANES, c->scores, rows + i, c->width, count, decay);
    }
    for (; i + 4 <= c->latent; i += 4) {
        sum_tile(vectors, 4, sums + i * vectors * LANES, c->scores, rows + i, c->width, count, decay);
    }
    for (; i < c->latent; i++) {
        sum_tile(vectors, 1, sums + i * vectors * LANES, c->scores, rows + i, c->width, count, decay);
    }
}

/* A page for one or two blocks of heads. */
INLINE void page_of_group(
    const int vectors, const int step, const struct call *c, const float *query, float *sums, float *out, const float *rows,
    int64_t count) {
    __m512 decay[WIDE];
    score(vectors, step, c, query, rows, count);
    for (int v = 0; v < vectors; v++) {
        float *max = out + v / 2 * (2 + c->latent) * HEADS + v % 2 * LANES;
        decay[v] = weigh(c->scores + v * LANES, vectors * LANES, count, max, max + HEADS);
    }
    accumulate(vectors, step, c, sums, rows, count, decay);
}

void KIMI(attention)(
    float *out,
    uint8_t *scratch,
    const float *latent_queries,
    const float *rope_queries,
    int64_t rope_stride,
    int64_t heads,
    int64_t latent,
    int64_t rope,
    float scale,
    int64_t type,
    const void *const *pages,
    int64_t positions) {
    struct call c;
    lay_out(&c, heads, latent, rope, scratch);
    c.scale = scale;
    const int64_t size = (2 + latent) * HEADS, blocks = (heads + HEADS - 1) / HEADS;
    for (int64_t block = 0; block < blocks; block++) {
        for (int64_t h = 0; h < HEADS; h++) {
            out[block * size + h] = -INFINITY;
            out[block * size + HEADS + h] = 0;
        }
    }
    memset(c.sums, 0, sizeof(float) * (size_t) (latent * blocks * HEADS));
    for (int64_t block = 0; block < blocks; block += 2) {
        const int64_t lanes = least(2, blocks - block) * HEADS;
        float *to = c.query + rounded(c.width) * block * HEADS;
        turn_queries(&c, to, block * HEADS, lanes, latent_queries, rope_queries, rope_stride);
    }
    for (int64_t first = 0; first < positions; first += POSITIONS) {
        const int64_t count = least(POSITIONS, positions - first);
        const float *rows = rows_of(&c, type, pages[first / POSITIONS], count);
        for (int64_t block = 0; block < blocks; block += 2) {
            const float *query = c.query + rounded(c.width) * block * HEADS;
            float *sums = c.sums + latent * block * HEADS, *to = out + block * size;
            if (blocks - block > 1) {
                page_of_group(WIDE, WIDE_STEP, &c, query, sums, to, rows, count);
            } else {
                page_of_group(NARROW, NARROW_STEP, &c, query, sums, to, rows, count);
            }
        }
    }
    for (int64_t block = 0; block < blocks; block++) {
        const int64_t group = block / 2 * 2, lanes = least(2, blocks - group) * HEADS;
        const float *from = c.sums + latent * group * HEADS + block % 2 * HEADS;
        float *to = out + block * size + 2 * HEADS;
        for (int64_t i = 0; i < latent; i++) {
            memcpy(to + i * HEADS, from + i * lanes, sizeof(float) * HEADS);
        }
    }
}
