/*
 * Attention of one row over cached bfloat16 latents, by AMX. All heads share the latents, so scores are a product of cached
 * rows, as they lie in memory, with queries that are turned once; results are a product of weights, turned for each tile of
 * positions, with the same rows in pairs. What is a float in the Java kernels is two bfloat16 parts here, the second of what
 * the first leaves: 16 bits of it, in two products.
 */
#include "kimi_amx.h"
#include "kimi_attention.h"

/* Floats to a tile. */
#define TILE (LANES * LANES)
/* Steps of a page. */
#define STEPS (POSITIONS / STEP)
#define CACHE_LINE 64

INLINE int64_t over(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

/* Sizes of a call and its parts of the scratch memory. */
struct call {
    int64_t heads, latent, rope, width, blocks;
    /* Steps of a cached row, whole ones of them, and pairs of tiles of its latent. */
    int64_t steps, whole, pairs;
    float scale;
    uint16_t *queries; /* [block][step][part][2][16 pairs][16 heads][2] */
    uint16_t *rest;    /* [POSITIONS][STEP]: what is left of rows after whole steps */
    uint16_t *values;  /* [step of positions][pair][2][16 pairs of positions][16][2] */
    uint16_t *weights; /* [step of positions][part][2][16 heads][STEP] */
    float *scores;     /* [POSITIONS][HEADS] */
    float *sums;       /* [block][pair][2 of heads][2 of latent][16 heads][16] */
};

static int64_t lay_out(struct call *c, int64_t heads, int64_t latent, int64_t rope, uint8_t *scratch) {
    c->heads = heads;
    c->latent = latent;
    c->rope = rope;
    c->width = latent + rope;
    c->blocks = over(heads, HEADS);
    c->steps = over(c->width, STEP);
    c->whole = c->width / STEP;
    c->pairs = over(latent, STEP);
    const int64_t halves[] = {
        c->blocks * c->steps * 8 * TILE, POSITIONS * STEP, STEPS * c->pairs * 4 * TILE, STEPS * 8 * TILE,
        2 * POSITIONS * HEADS, 2 * c->blocks * c->pairs * 4 * TILE};
    uint16_t *at = (uint16_t *) scratch;
    c->queries = at;
    c->rest = at += halves[0];
    c->values = at += halves[1];
    c->weights = at += halves[2];
    c->scores = (float *) (at += halves[3]);
    c->sums = (float *) (at += halves[4]);
    return (uint8_t *) (at + halves[5]) - scratch;
}

int64_t KIMI(attention_tiles_scratch)(int64_t heads, int64_t latent, int64_t rope) {
    struct call c;
    return lay_out(&c, heads, latent, rope, 0);
}

/* Floats in two parts. */
INLINE void split(__m512i parts[2], __m512 first, __m512 second) {
    const __m512i high = (__m512i) _mm512_cvtne2ps_pbh(second, first);
    first = _mm512_sub_ps(first, widen(_mm512_castsi512_si256(high)));
    second = _mm512_sub_ps(second, widen(_mm512_extracti64x4_epi64(high, 1)));
    parts[0] = high;
    parts[1] = (__m512i) _mm512_cvtne2ps_pbh(second, first);
}

static void turn_queries(const struct call *c, const float *latent, const float *rope, int64_t stride) {
    for (int64_t block = 0; block < c->blocks; block++) {
        for (int64_t t = 0; t < 2; t++) {
            for (int64_t s = 0; s < c->steps; s++) {
                __m512i part[2][LANES];
                for (int64_t lane = 0; lane < LANES; lane++) {
                    const int64_t head = block * HEADS + t * LANES + lane;
                    __m512i v[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()};
                    if (head < c->heads) {
                        const float *q = latent + head * c->latent, *r = rope + head * stride;
                        const int64_t d = s * STEP;
                        split(
                            v, query_at(q, c->latent, r, c->rope, d), query_at(q, c->latent, r, c->rope, d + LANES));
                    }
                    part[0][lane] = v[0];
                    part[1][lane] = v[1];
                }
                uint16_t *to = c->queries + ((block * c->steps + s) * 4 + t) * 2 * TILE;
                for (int p = 0; p < 2; p++) {
                    transpose(part[p]);
                    for (int j = 0; j < LANES; j++) {
                        _mm512_store_si512(to + p * 4 * TILE + j * STEP, part[p][j]);
                    }
                }
            }
        }
    }
}

/* Positions by pairs, and what is left of their rows after whole steps; positions from `count` on are zeros. */
static void pair_values(const struct call *c, const uint16_t *page, int64_t count) {
    const __m512i low = _mm512_setr_epi32(
        0x200000, 0x210001, 0x220002, 0x230003, 0x240004, 0x250005, 0x260006, 0x270007, 0x280008, 0x290009, 0x2a000a,
        0x2b000b, 0x2c000c, 0x2d000d, 0x2e000e, 0x2f000f);
    const __m512i high = _mm512_add_epi32(low, _mm512_set1_epi32(0x100010));
    const int64_t left = c->width - c->whole * STEP;
    for (int64_t p = 0; p < over(count, STEP) * STEP; p += 2) {
        const uint16_t *a = page + p * c->width;
        uint16_t *to = c->values + p / STEP * c->pairs * 4 * TILE + p % STEP / 2 * STEP;
        const __mmask32 first = p < count ? ~(__mmask32) 0 : 0, second = p + 1 < count ? ~(__mmask32) 0 : 0;
        for (int64_t i = 0; i < c->latent; i += STEP, to += 4 * TILE) {
            const __mmask32 m = (__mmask32) first64(least(STEP, c->latent - i));
            const __m512i x = _mm512_maskz_loadu_epi16(m & first, a + i);
            const __m512i y = _mm512_maskz_loadu_epi16(m & second, a + c->width + i);
            _mm512_store_si512(to, _mm512_permutex2var_epi16(x, low, y));
            _mm512_store_si512(to + 2 * TILE, _mm512_permutex2var_epi16(x, high, y));
        }
        if (left > 0) {
            const __mmask32 m = (__mmask32) first64(left);
            const uint16_t *r = a + c->whole * STEP;
            _mm512_store_si512(c->rest + p * STEP, _mm512_maskz_loadu_epi16(m & first, r));
            _mm512_store_si512(c->rest + (p + 1) * STEP, _mm512_maskz_loadu_epi16(m & second, r + c->width));
        }
    }
}

/* Thirty-two positions against the queries of one step. */
INLINE void score_step(const uint16_t *rows, int64_t stride, const uint16_t *queries) {
    _tile_loadd(4, rows, 2 * stride);
    _tile_loadd(5, rows + LANES * stride, 2 * stride);
    _tile_loadd(6, queries, CACHE_LINE);
    _tile_loadd(7, queries + 2 * TILE, CACHE_LINE);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
    _tile_loadd(6, queries + 4 * TILE, CACHE_LINE);
    _tile_loadd(7, queries + 6 * TILE, CACHE_LINE);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
}

/* Scores of a block of heads, not scaled; those from `count` on mean nothing. Asks for the page that comes next meanwhile. */
static void score(const struct call *c, int64_t block, const uint16_t *page, int64_t count, const uint16_t *next) {
    const int64_t lines = next == 0 ? 0 : 2 * c->width * POSITIONS / CACHE_LINE / c->blocks;
    const int64_t turns = over(count, STEP) * c->steps, each = over(lines, turns);
    const char *ask = (const char *) next + block * lines * CACHE_LINE;
    const char *end = ask + lines * CACHE_LINE;
    for (int64_t p = 0; p < count; p += STEP) {
        const uint16_t *queries = c->queries + block * c->steps * 8 * TILE;
        const uint16_t *rows = page + p * c->width;
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
        for (int64_t s = 0; s < c->whole; s++, queries += 8 * TILE) {
            for (int64_t i = 0; i < each && ask < end; i++, ask += CACHE_LINE) {
                _mm_prefetch(ask, _MM_HINT_T1);
            }
            score_step(rows + s * STEP, c->width, queries);
        }
        if (c->whole < c->steps) {
            score_step(c->rest + p * STEP, STEP, queries);
        }
        float *to = c->scores + p * HEADS;
        _tile_stored(0, to, 4 * HEADS);
        _tile_stored(1, to + LANES, 4 * HEADS);
        _tile_stored(2, to + LANES * HEADS, 4 * HEADS);
        _tile_stored(3, to + LANES * HEADS + LANES, 4 * HEADS);
    }
}

/*
 * Turns the scores of sixteen heads into weights relative to the new maximum, in two parts; those from `count` on are zeros.
 * Returns what the sums so far are worth relative to it.
 */
static __m512 weigh(const struct call *c, int64_t t, int64_t count, float *max, float *total) {
    const __m512 scale = _mm512_set1_ps(c->scale), before = _mm512_loadu_ps(max);
    float *scores = c->scores + t * LANES;
    __m512 largest = before, sum = _mm512_setzero_ps();
    for (int64_t p = 0; p < count; p++) {
        const __m512 v = _mm512_mul_ps(_mm512_load_ps(scores + p * HEADS), scale);
        _mm512_store_ps(scores + p * HEADS, v);
        largest = _mm512_mask_blend_ps(_mm512_cmp_ps_mask(v, largest, _CMP_GT_OQ), largest, v);
    }
    for (int64_t k = 0; k < count; k += STEP) {
        __m512i part[2][LANES];
        for (int64_t j = 0; j < LANES; j++) {
            __m512 w[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
            for (int64_t i = 0; i < 2; i++) {
                const int64_t p = k + 2 * j + i;
                if (p < count) {
                    w[i] = exponential(_mm512_sub_ps(_mm512_load_ps(scores + p * HEADS), largest));
                    sum = _mm512_add_ps(sum, w[i]);
                }
            }
            /* From a vector for each of two positions to pairs of both. */
            __m512i v[2];
            split(v, w[0], w[1]);
            for (int p = 0; p < 2; p++) {
                const __m512i first = _mm512_cvtepu16_epi32(_mm512_castsi512_si256(v[p]));
                const __m512i second = _mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(v[p], 1));
                part[p][j] = _mm512_or_si512(first, _mm512_slli_epi32(second, 16));
            }
        }
        for (int p = 0; p < 2; p++) {
            uint16_t *to = c->weights + ((k / STEP * 2 + p) * 2 + t) * 2 * TILE;
            transpose(part[p]);
            for (int lane = 0; lane < LANES; lane++) {
                _mm512_store_si512(to + lane * STEP, part[p][lane]);
            }
        }
    }
    const __m512 decay = decay_of(before, largest);
    _mm512_storeu_ps(max, largest);
    _mm512_storeu_ps(total, _mm512_fmadd_ps(_mm512_loadu_ps(total), decay, sum));
    return decay;
}

/* Takes the sums of sixteen heads to a new maximum. */
static void rescale(const struct call *c, float *sums, __m512 decay) {
    if (_mm512_cmp_ps_mask(decay, _mm512_set1_ps(1.0f), _CMP_NEQ_UQ) == 0) {
        return;
    }
    _Alignas(64) float factors[LANES];
    _mm512_store_ps(factors, decay);
    for (int64_t pair = 0; pair < c->pairs; pair++) {
        float *at = sums + pair * 4 * TILE;
        for (int i = 0; i < 2 * LANES; i++, at += LANES) {
            _mm512_store_ps(at, _mm512_mul_ps(_mm512_load_ps(at), _mm512_set1_ps(factors[i % LANES])));
        }
    }
}

/* Adds the weighted values of a block of heads. */
static void accumulate(const struct call *c, float *sums, int64_t count) {
    for (int64_t pair = 0; pair < c->pairs; pair++, sums += 4 * TILE) {
        _tile_loadd(0, sums, CACHE_LINE);
        _tile_loadd(1, sums + TILE, CACHE_LINE);
        _tile_loadd(2, sums + 2 * TILE, CACHE_LINE);
        _tile_loadd(3, sums + 3 * TILE, CACHE_LINE);
        for (int64_t k = 0; k < count; k += STEP) {
            const uint16_t *w = c->weights + k / STEP * 8 * TILE;
            const uint16_t *v = c->values + (k / STEP * c->pairs + pair) * 4 * TILE;
            _tile_loadd(4, w, CACHE_LINE);
            _tile_loadd(5, w + 2 * TILE, CACHE_LINE);
            _tile_loadd(6, v, CACHE_LINE);
            _tile_loadd(7, v + 2 * TILE, CACHE_LINE);
            _tile_dpbf16ps(0, 4, 6);
            _tile_dpbf16ps(1, 4, 7);
            _tile_dpbf16ps(2, 5, 6);
            _tile_dpbf16ps(3, 5, 7);
            _tile_loadd(4, w + 4 * TILE, CACHE_LINE);
            _tile_loadd(5, w + 6 * TILE, CACHE_LINE);
            _tile_dpbf16ps(0, 4, 6);
            _tile_dpbf16ps(1, 4, 7);
            _tile_dpbf16ps(2, 5, 6);
            _tile_dpbf16ps(3, 5, 7);
        }
        _tile_stored(0, sums, CACHE_LINE);
        _tile_stored(1, sums + TILE, CACHE_LINE);
        _tile_stored(2, sums + 2 * TILE, CACHE_LINE);
        _tile_stored(3, sums + 3 * TILE, CACHE_LINE);
    }
}

/* The sums of a block with heads as lanes. */
static void turn_sums(const struct call *c, const float *sums, float *to) {
    for (int64_t pair = 0; pair < c->pairs; pair++) {
        for (int64_t t = 0; t < 4; t++, sums += TILE) {
            __m512i v[LANES];
            for (int i = 0; i < LANES; i++) {
                v[i] = _mm512_load_si512(sums + i * LANES);
            }
            transpose(v);
            const int64_t from = pair * STEP + t % 2 * LANES;
            for (int64_t i = 0; i < least(LANES, c->latent - from); i++) {
                _mm512_storeu_si512(to + (from + i) * HEADS + t / 2 * LANES, v[i]);
            }
        }
    }
}

void KIMI(attention_tiles)(
    float *out,
    uint8_t *scratch,
    const float *latent_queries,
    const float *rope_queries,
    int64_t rope_stride,
    int64_t heads,
    int64_t latent,
    int64_t rope,
    float scale,
    const uint16_t *const *pages,
    int64_t positions) {
    struct call c;
    lay_out(&c, heads, latent, rope, scratch);
    c.scale = scale;
    const int64_t size = (2 + latent) * HEADS, block_sums = c.pairs * 4 * TILE;
    turn_queries(&c, latent_queries, rope_queries, rope_stride);
    memset(c.sums, 0, sizeof(float) * (size_t) (c.blocks * block_sums));
    for (int64_t block = 0; block < c.blocks; block++) {
        for (int64_t h = 0; h < HEADS; h++) {
            out[block * size + h] = -INFINITY;
            out[block * size + HEADS + h] = 0;
        }
    }
    configure(CACHE_LINE);
    for (int64_t first = 0; first < positions; first += POSITIONS) {
        const uint16_t *page = pages[first / POSITIONS];
        const uint16_t *next = first + POSITIONS < positions ? pages[first / POSITIONS + 1] : 0;
        const int64_t count = least(POSITIONS, positions - first);
        pair_values(&c, page, count);
        for (int64_t block = 0; block < c.blocks; block++) {
            float *max = out + block * size, *sums = c.sums + block * block_sums;
            score(&c, block, page, count, next);
            for (int64_t t = 0; t < 2; t++) {
                const __m512 decay = weigh(&c, t, count, max + t * LANES, max + HEADS + t * LANES);
                rescale(&c, sums + t * 2 * TILE, decay);
            }
            accumulate(&c, sums, count);
        }
    }
    _tile_release();
    for (int64_t block = 0; block < c.blocks; block++) {
        turn_sums(&c, c.sums + block * block_sums, out + block * size + 2 * HEADS);
    }
}
