/* Every function against loops in double, on odd sizes and addresses, in buffers of exactly the size they need. */
#include "kimi_native.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 20261123;

static uint32_t next(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t) (state >> 33);
}

static float unit(void) {
    return (float) next() / 1073741824.0f - 1.0f;
}

static double bf16(uint16_t bits) {
    uint32_t u = (uint32_t) bits << 16;
    float f;
    memcpy(&f, &u, 4);
    return f;
}

static uint16_t to_bf16(float f) {
    uint32_t u;
    memcpy(&u, &f, 4);
    return (uint16_t) (u >> 16);
}

/* A buffer of exactly `bytes`, at an odd distance from any alignment. */
static void *odd(size_t bytes, void **base) {
    *base = malloc(bytes + 2);
    return (char *) *base + 2;
}

static int failures;

#ifdef AMX_FUNCTIONS
#define FORMS 3
#else
#define FORMS 2
#endif

#ifdef AVX512_FUNCTIONS
/* Memory that begins at a multiple of 64 bytes, of exactly so many. */
static void *aligned(size_t bytes) {
    return aligned_alloc(64, (bytes + 63) / 64 * 64);
}
#endif

#ifdef AMX_FUNCTIONS
static int64_t tiles_of(int64_t rows) {
    return (rows + 15) / 16;
}

/* Rows of codes in tiles, against weights. */
static void by_tiles(
    int nibbles, float *out, int64_t stride, const uint8_t *w, const uint16_t *ws, int64_t group, int64_t cols,
    int64_t outputs, const int8_t *codes, const float *scales, int64_t rows) {
    int8_t *tiles = aligned(tiles_of(rows) * 16 * cols);
    float *tile_scales = aligned(tiles_of(rows) * 16 * (cols / 32) * 4), *scratch = aligned(tiles_of(rows) * 16 * stride * 4);
    memset(tiles, 0, tiles_of(rows) * 16 * cols);
    memset(tile_scales, 0, tiles_of(rows) * 16 * (cols / 32) * 4);
    for (int64_t r = 0; r < rows; r++) {
        KIMI(tile_codes)(
            codes + r * cols, scales + r * (cols / 32), cols, r % 16, tiles + r / 16 * 16 * cols,
            tile_scales + r / 16 * 16 * (cols / 32));
    }
    if (nibbles) {
        KIMI(int4_tiles)(out, stride, scratch, w, ws, cols, outputs, tiles, tile_scales, rows);
    } else {
        KIMI(int8_tiles)(out, stride, scratch, w, ws, group, cols, outputs, tiles, tile_scales, rows);
    }
    free(tiles), free(tile_scales), free(scratch);
}
#endif

static void expect(const char *what, int64_t cols, double error, double size, double bound) {
    const double relative = sqrt(error / size);
    if (!(relative <= bound)) {
        printf("%s at %lld columns: relative error %g, expected at most %g\n", what, (long long) cols, relative, bound);
        failures++;
    }
}

/* Whether every row has the bits it has alone. */
static void expect_same(const char *what, int64_t cols, const float *all, int64_t stride, const float *alone, int64_t r, int64_t count) {
    if (memcmp(all + r * stride, alone, sizeof(float) * count) != 0) {
        printf("%s at %lld columns: row %lld depends on the others\n", what, (long long) cols, (long long) r);
        failures++;
    }
}

static void integers(int64_t cols, int64_t group, int64_t outputs, int64_t rows) {
    float *x = malloc(sizeof(float) * rows * cols);
    int8_t *codes = malloc(rows * cols), *halves = malloc(rows * cols);
    float *scales = malloc(sizeof(float) * rows * cols / 32), *offsets = malloc(sizeof(float) * rows * cols / 32);
    void *b4, *b8, *s4, *s8;
    uint8_t *w4 = odd(outputs * cols / 2, &b4), *w8 = odd(outputs * cols, &b8);
    uint16_t *ws4 = odd(2 * outputs * cols / 32, &s4), *ws8 = odd(2 * outputs * cols / group, &s8);
    const int64_t stride = (outputs + KIMI_PANEL - 1) / KIMI_PANEL * KIMI_PANEL, groups = cols / 32;
    float *out = malloc(sizeof(float) * rows * outputs), *panel = malloc(sizeof(float) * rows * stride);
    float *alone = malloc(sizeof(float) * stride), *before = malloc(sizeof(float) * rows * stride);
    for (int64_t i = 0; i < rows * cols; i++) x[i] = unit();
    for (int64_t i = 0; i < outputs * cols / 2; i++) w4[i] = (uint8_t) next();
    for (int64_t i = 0; i < outputs * cols; i++) w8[i] = (uint8_t) next();
    for (int64_t i = 0; i < outputs * cols / 32; i++) ws4[i] = to_bf16(unit());
    for (int64_t i = 0; i < outputs * cols / group; i++) ws8[i] = to_bf16(unit());
    for (int kind = 0; kind < 2; kind++) {
        for (int64_t r = 0; r < rows; r++) {
            KIMI(quantize)(
                x + r * cols, cols, kind == 0 ? 8 : 128, codes + r * cols, halves + r * cols, scales + r * groups,
                offsets + r * groups);
            for (int64_t i = 0; i < cols; i++) {
                const double back = codes[r * cols + i] * (double) scales[r * groups + i / 32];
                if (fabs(back - x[r * cols + i]) > 0.51 * scales[r * groups + i / 32]) {
                    printf("kimi_quantize: %g became %g\n", x[r * cols + i], back);
                    failures++;
                }
            }
        }
        double *truth = malloc(sizeof(double) * rows * outputs), size = 0;
        for (int64_t r = 0; r < rows; r++) {
            for (int64_t o = 0; o < outputs; o++) {
                double sum = 0;
                for (int64_t i = 0; i < cols; i++) {
                    const double a = codes[r * cols + i] * (double) scales[r * groups + i / 32];
                    const int64_t at = o * cols + i;
                    sum += a * (kind == 0 ? ((w4[at / 2] >> (at & 1) * 4 & 15) - 8) * bf16(ws4[at / 32])
                                          : (w8[at] - 128) * bf16(ws8[at / group]));
                }
                truth[r * outputs + o] = sum;
                size += sum * sum;
            }
        }
        const char *names[] = {
            kind == 0 ? "kimi_int4_rows" : "kimi_int8_rows", kind == 0 ? "kimi_int4_panel" : "kimi_int8_panel",
            kind == 0 ? "kimi_int4_tiles" : "kimi_int8_tiles"};
        for (int form = 0; form < FORMS; form++) {
            double error = 0;
            float *y = form == 0 ? out : panel;
            if (form == 2) memcpy(before, panel, sizeof(float) * rows * stride);
            const int64_t pitch = form == 0 ? outputs : stride;
            /* All rows, and then each by itself. */
            for (int64_t r = -1; r < rows; r++) {
                const int64_t from = r < 0 ? 0 : r, n = r < 0 ? rows : 1;
                float *to = r < 0 ? y : alone;
                const int8_t *c = codes + from * cols, *h = halves + from * cols;
                const float *s = scales + from * groups, *f = offsets + from * groups;
                if (form == 0 && kind == 0) {
                    KIMI(int4_rows)(to, w4, ws4, cols, outputs, c, h, s, f, n);
                } else if (form == 0) {
                    KIMI(int8_rows)(to, w8, ws8, group, cols, outputs, c, s, f, n);
                } else if (form == 2) {
#ifdef AMX_FUNCTIONS
                    by_tiles(
                        kind == 0, to, stride, kind == 0 ? w4 : w8, kind == 0 ? ws4 : ws8, group, cols, outputs, c, s, n);
                    /* What the panel left there is what tiles have to be. */
                    expect_same("kimi_tiles beside panels", cols, before, stride, to, from, outputs);
#endif
                } else if (kind == 0) {
                    KIMI(int4_panel)(to, stride, w4, ws4, cols, outputs, h, s, f, n);
                } else {
                    KIMI(int8_panel)(to, stride, w8, ws8, group, cols, outputs, c, s, f, n);
                }
                if (r >= 0) expect_same(names[form], cols, y, pitch, alone, r, outputs);
            }
            for (int64_t r = 0; r < rows; r++) {
                for (int64_t o = 0; o < outputs; o++) error += pow(y[r * pitch + o] - truth[r * outputs + o], 2);
            }
            expect(names[form], cols, error, size, 2e-6);
        }
        free(truth);
    }
    free(x), free(codes), free(halves), free(scales), free(offsets), free(out), free(panel), free(alone), free(before);
    free(b4), free(b8), free(s4), free(s8);
}

#ifdef AVX512_FUNCTIONS
/* Many packed rows: the bits of few. */
static void expect_panel(
    int64_t type, const void *w, const uint16_t *ws, int64_t group, int64_t cols, int64_t outputs, const float *packed,
    int64_t stride, int64_t rows, const float *out) {
    const int64_t together = rows < KIMI_FLOAT_ROWS ? rows : KIMI_FLOAT_ROWS, sums = (together * KIMI_FLOAT_OUTPUTS + 15) / 16 * 16;
    float *scratch = aligned(sizeof(float) * 16 * sums), *x = aligned(sizeof(float) * rows * stride);
    float *panel = malloc(sizeof(float) * rows * KIMI_FLOAT_OUTPUTS);
    memcpy(x, packed, sizeof(float) * rows * stride);
    KIMI(floats_panel)(panel, scratch, type, w, ws, group, cols, outputs, x, stride, rows);
    for (int64_t r = 0; r < rows; r++) {
        if (memcmp(panel + r * KIMI_FLOAT_OUTPUTS, out + r * outputs, sizeof(float) * outputs) != 0) {
            printf("kimi_floats_panel of type %lld at %lld columns: row %lld is not what few rows are\n", (long long) type,
                   (long long) cols, (long long) r);
            failures++;
        }
    }
    free(scratch), free(x), free(panel);
}
#endif

static void floats(int64_t cols, int64_t outputs, int64_t rows) {
    const int64_t stride = (cols + 15) / 16 * 16;
    float *x = malloc(sizeof(float) * rows * cols), *packed = malloc(sizeof(float) * rows * stride);
    float *out = malloc(sizeof(float) * rows * outputs), *alone = malloc(sizeof(float) * outputs);
    void *base;
    uint16_t *w = odd(2 * outputs * cols, &base);
    for (int64_t i = 0; i < rows * cols; i++) x[i] = unit();
    for (int64_t i = 0; i < outputs * cols; i++) w[i] = to_bf16(unit());
    for (int64_t r = 0; r < rows; r++) KIMI(bf16_pack)(x + r * cols, cols, packed + r * stride);
    KIMI(bf16_rows)(out, w, cols, outputs, packed, stride, rows);
    for (int64_t r = 0; r < rows; r++) {
        KIMI(bf16_rows)(alone, w, cols, outputs, packed + r * stride, stride, 1);
        expect_same("kimi_bf16_rows", cols, out, outputs, alone, r, outputs);
    }
    double error = 0, size = 0;
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t o = 0; o < outputs; o++) {
            double sum = 0;
            for (int64_t i = 0; i < cols; i++) sum += (double) x[r * cols + i] * bf16(w[o * cols + i]);
            error += pow(out[r * outputs + o] - sum, 2);
            size += sum * sum;
        }
    }
    expect("kimi_bf16_rows", cols, error, size, 2e-6);
#ifdef AVX512_FUNCTIONS
    expect_panel(KIMI_WEIGHTS_BF16, w, 0, 0, cols, outputs, packed, stride, rows, out);
#endif
    free(x), free(packed), free(out), free(alone), free(base);
}

#ifdef AVX512_FUNCTIONS
static void exact_bytes(int64_t cols, int64_t group, int64_t outputs, int64_t rows) {
    const int64_t stride = (cols + 15) / 16 * 16;
    float *x = malloc(sizeof(float) * rows * cols), *packed = malloc(sizeof(float) * rows * stride);
    float *out = malloc(sizeof(float) * rows * outputs), *alone = malloc(sizeof(float) * outputs);
    void *base, *scale_base;
    uint8_t *w = odd(outputs * cols, &base);
    uint16_t *ws = odd(2 * outputs * (cols / group), &scale_base);
    for (int64_t i = 0; i < rows * cols; i++) x[i] = unit();
    for (int64_t i = 0; i < outputs * cols; i++) w[i] = (uint8_t) next();
    for (int64_t i = 0; i < outputs * (cols / group); i++) ws[i] = to_bf16(unit() / 64);
    for (int64_t r = 0; r < rows; r++) KIMI(int8_pack)(x + r * cols, cols, packed + r * stride);
    KIMI(int8_floats)(out, w, ws, group, cols, outputs, packed, stride, rows);
    double error = 0, size = 0;
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t o = 0; o < outputs; o++) {
            double sum = 0;
            for (int64_t i = 0; i < cols; i++) {
                sum += (double) x[r * cols + i] * (w[o * cols + i] - 128) * bf16(ws[(o * cols + i) / group]);
            }
            error += pow(out[r * outputs + o] - sum, 2);
            size += sum * sum;
        }
        KIMI(int8_floats)(alone, w, ws, group, cols, outputs, packed + r * stride, stride, 1);
        expect_same("kimi_int8_floats", cols, out, outputs, alone, r, outputs);
    }
    expect("kimi_int8_floats", cols, error, size, 2e-6);
    expect_panel(KIMI_WEIGHTS_INT8, w, ws, group, cols, outputs, packed, stride, rows, out);
    free(x), free(packed), free(out), free(alone), free(base), free(scale_base);
}

static void exact_nibbles(int64_t cols, int64_t outputs, int64_t rows) {
    const int64_t stride = (cols + 15) / 16 * 16;
    float *x = malloc(sizeof(float) * rows * cols), *packed = malloc(sizeof(float) * rows * stride);
    float *out = malloc(sizeof(float) * rows * outputs), *alone = malloc(sizeof(float) * outputs);
    void *base, *scale_base;
    uint8_t *w = odd(outputs * cols / 2, &base);
    uint16_t *ws = odd(2 * outputs * (cols / 32), &scale_base);
    for (int64_t i = 0; i < rows * cols; i++) x[i] = unit();
    for (int64_t i = 0; i < outputs * cols / 2; i++) w[i] = (uint8_t) next();
    for (int64_t i = 0; i < outputs * (cols / 32); i++) ws[i] = to_bf16(unit() / 8);
    for (int64_t r = 0; r < rows; r++) KIMI(int4_pack)(x + r * cols, cols, packed + r * stride);
    KIMI(int4_floats)(out, w, ws, cols, outputs, packed, stride, rows);
    double error = 0, size = 0;
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t o = 0; o < outputs; o++) {
            double sum = 0;
            for (int64_t i = 0; i < cols; i++) {
                const int64_t at = o * cols + i;
                sum += (double) x[r * cols + i] * ((w[at / 2] >> (at & 1) * 4 & 15) - 8) * bf16(ws[at / 32]);
            }
            error += pow(out[r * outputs + o] - sum, 2);
            size += sum * sum;
        }
        KIMI(int4_floats)(alone, w, ws, cols, outputs, packed + r * stride, stride, 1);
        expect_same("kimi_int4_floats", cols, out, outputs, alone, r, outputs);
    }
    expect("kimi_int4_floats", cols, error, size, 2e-6);
    expect_panel(KIMI_WEIGHTS_INT4, w, ws, 32, cols, outputs, packed, stride, rows, out);
    free(x), free(packed), free(out), free(alone), free(base), free(scale_base);
}

#ifndef AMX_FUNCTIONS
static void halves(int64_t cols, int64_t outputs, int64_t rows) {
    const int64_t pitch = (cols + 1) / 2 * 2, stride = (outputs + KIMI_PANEL - 1) / KIMI_PANEL * KIMI_PANEL;
    float *x = malloc(sizeof(float) * rows * cols);
    uint16_t *rounded = malloc(2 * rows * pitch);
    float *panel = malloc(sizeof(float) * rows * stride), *alone = malloc(sizeof(float) * stride);
    void *base;
    uint16_t *w = odd(2 * outputs * cols, &base);
    for (int64_t i = 0; i < rows * cols; i++) x[i] = unit();
    for (int64_t i = 0; i < outputs * cols; i++) w[i] = to_bf16(unit());
    for (int64_t r = 0; r < rows; r++) {
        KIMI(bf16_round)(x + r * cols, cols, rounded + r * pitch);
        for (int64_t i = 0; i < cols; i++) {
            if (fabs(bf16(rounded[r * pitch + i]) - x[r * cols + i]) > fabs(x[r * cols + i]) / 256) {
                printf("kimi_bf16_round: %g became %g\n", x[r * cols + i], bf16(rounded[r * pitch + i]));
                failures++;
            }
        }
    }
    KIMI(bf16_panel)(panel, stride, w, cols, outputs, rounded, rows);
    double error = 0, size = 0;
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t o = 0; o < outputs; o++) {
            double sum = 0;
            for (int64_t i = 0; i < cols; i++) sum += bf16(rounded[r * pitch + i]) * bf16(w[o * cols + i]);
            error += pow(panel[r * stride + o] - sum, 2);
            size += sum * sum;
        }
        KIMI(bf16_panel)(alone, stride, w, cols, outputs, rounded + r * pitch, 1);
        expect_same("kimi_bf16_panel", cols, panel, stride, alone, r, outputs);
    }
    expect("kimi_bf16_panel", cols, error, size, 2e-6);
    free(x), free(rounded), free(panel), free(alone), free(base);
}
#else
/* What the header says that the instruction sums, of a row and a weight row; every number must be a normal one or zero. */
static float summed(const uint16_t *x, const uint16_t *w, int64_t cols) {
    float sum = 0;
    for (int64_t i = 0; i < cols; i += 32) {
        float even = 0, odd = 0;
        for (int64_t j = i; j < i + 32 && j < cols; j += 2) {
            even = fmaf((float) bf16(x[j]), (float) bf16(w[j]), even);
            if (j + 1 < cols) odd = fmaf((float) bf16(x[j + 1]), (float) bf16(w[j + 1]), odd);
        }
        sum += even + odd;
    }
    return sum;
}

static void halves(int64_t cols, int64_t outputs, int64_t rows) {
    const int64_t pitch = (cols + 31) / 32 * 32, stride = (outputs + KIMI_PANEL - 1) / KIMI_PANEL * KIMI_PANEL;
    float *x = malloc(sizeof(float) * cols);
    uint16_t *rounded = malloc(2 * rows * cols), *tiles = aligned(2 * tiles_of(rows) * 16 * pitch);
    float *panel = malloc(sizeof(float) * rows * stride), *alone = malloc(sizeof(float) * stride);
    float *scratch = aligned(sizeof(float) * tiles_of(rows) * 16 * stride);
    void *base;
    uint16_t *w = odd(2 * outputs * cols, &base);
    memset(tiles, 0, 2 * tiles_of(rows) * 16 * pitch);
    for (int64_t i = 0; i < outputs * cols; i++) w[i] = to_bf16(unit());
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t i = 0; i < cols; i++) x[i] = unit();
        uint16_t *tile = tiles + r / 16 * 16 * pitch;
        KIMI(tile_halves)(x, cols, r % 16, tile);
        for (int64_t i = 0; i < cols; i++) {
            const uint16_t bits = tile[i / 2 * 32 + r % 16 * 2 + i % 2];
            rounded[r * cols + i] = bits;
            if (fabs(bf16(bits) - x[i]) > fabs(x[i]) / 256) {
                printf("kimi_tile_halves: %g became %g\n", x[i], bf16(bits));
                failures++;
            }
        }
    }
    KIMI(bf16_tiles)(panel, stride, scratch, w, cols, outputs, tiles, rows);
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t o = 0; o < outputs; o++) {
            const float meant = summed(rounded + r * cols, w + o * cols, cols), sum = panel[r * stride + o];
            if (sum != meant) {
                printf("kimi_bf16_tiles at %lld columns: %a, the header means %a\n", (long long) cols, sum, meant);
                failures++;
                r = rows;
                break;
            }
        }
    }
    /* The same row alone, in another lane, with something else in all others. */
    uint16_t *other = aligned(2 * 16 * pitch);
    for (int64_t r = 0; r < rows; r += 5) {
        for (int64_t i = 0; i < 16 * pitch; i++) other[i] = to_bf16(unit());
        for (int64_t i = 0; i < pitch; i++) {
            other[i / 2 * 32 + i % 2] = tiles[r / 16 * 16 * pitch + i / 2 * 32 + r % 16 * 2 + i % 2];
        }
        KIMI(bf16_tiles)(alone, stride, scratch, w, cols, outputs, other, 1);
        expect_same("kimi_bf16_tiles", cols, panel, stride, alone, r, outputs);
    }
    free(x), free(rounded), free(tiles), free(panel), free(alone), free(scratch), free(base), free(other);
}
#endif

/* To the nearest bfloat16, ties to even. */
static float nearest(float x) {
    uint32_t u;
    memcpy(&u, &x, 4);
    return (float) bf16((uint16_t) ((u + 0x7fff + (u >> 16 & 1)) >> 16));
}

/* The exponential of the Java kernels. */
static float exponential(float x) {
    x = x < -87.33f ? -87.33f : x;
    const float n = fmaf(x, 1.44269504f, 12582912.0f) - 12582912.0f;
    const float r = fmaf(n, 2.12194440e-4f, fmaf(n, -0.693359375f, x));
    float e = fmaf(1.9875691500e-4f, r, 1.3981999507e-3f);
    e = fmaf(e, r, 8.3334519073e-3f);
    e = fmaf(e, r, 4.1665795894e-2f);
    e = fmaf(e, r, 1.6666665459e-1f);
    e = fmaf(e, r, 5.0000001201e-1f);
    e = fmaf(e, r * r, r + 1.0f);
    const uint32_t bits = (uint32_t) ((int32_t) n + 127) << 23;
    float power;
    memcpy(&power, &bits, 4);
    return e * power;
}

/* x . y after `sum`, numbers `apart` from each other in y: one chain, or by tiles in steps of 32 and x in two parts. */
static float chain(int tiles, float sum, const float *x, const float *y, int64_t apart, int64_t count) {
    for (int64_t i = 0; !tiles && i < count; i++) sum = fmaf(x[i], y[i * apart], sum);
    for (int64_t i = 0; tiles && i < count; i += 32) {
        for (int part = 0; part < 2; part++) {
            float half[2] = {0, 0};
            for (int64_t j = i; j < i + 32 && j < count; j++) {
                const float high = nearest(x[j]);
                half[j % 2] = fmaf(part == 0 ? high : nearest(x[j] - high), y[j * apart], half[j % 2]);
            }
            sum += half[0] + half[1];
        }
    }
    return sum;
}

/* What the header means for one head: the largest score, the sum of weights and the weighted sums [latent]. */
static void attended(
    int tiles, float *found, const float *q, int64_t latent, int64_t width, float scale, const float *rows, int64_t positions) {
    float score[64];
    memset(found, 0, sizeof(float) * (2 + latent));
    found[0] = -INFINITY;
    for (int64_t first = 0; first < positions; first += 64, rows += 64 * width) {
        const int64_t count = positions - first < 64 ? positions - first : 64;
        float largest = found[0], total = 0;
        for (int64_t p = 0; p < count; p++) {
            score[p] = chain(tiles, 0, q, rows + p * width, 1, width) * scale;
            largest = score[p] > largest ? score[p] : largest;
        }
        for (int64_t p = 0; p < count; p++) {
            score[p] = exponential(score[p] - largest);
            total += score[p];
        }
        const float decay = found[0] == -INFINITY ? 0 : exponential(found[0] - largest);
        found[0] = largest;
        found[1] = fmaf(found[1], decay, total);
        for (int64_t c = 0; c < latent; c++) {
            found[2 + c] = chain(tiles, found[2 + c] * decay, score, rows + c, width, count);
        }
    }
}

/* How far sums are from those in doubles. */
static void expect_attended(
    const char *what, const float *found, int64_t apart, const float *q, int64_t latent, int64_t width, float scale,
    const float *rows, int64_t positions, double bound) {
    double *score = malloc(sizeof(double) * positions), largest = -INFINITY, total = 0, error = 0, size = 0;
    for (int64_t p = 0; p < positions; p++) {
        score[p] = 0;
        for (int64_t i = 0; i < width; i++) score[p] += (double) q[i] * rows[p * width + i];
        score[p] *= scale;
        largest = score[p] > largest ? score[p] : largest;
    }
    for (int64_t p = 0; p < positions; p++) total += exp(score[p] - largest);
    for (int64_t c = 0; c < latent; c++) {
        double sum = 0;
        for (int64_t p = 0; p < positions; p++) sum += exp(score[p] - largest) * rows[p * width + c];
        error += pow(found[(2 + c) * apart] / found[apart] - sum / total, 2);
        size += pow(sum / total, 2);
    }
    expect(what, width, error, size, bound);
    free(score);
}

/* A row of a cache of random numbers, and what they are as floats. */
static char *fill_row(char *to, float *row, int64_t type, int64_t latent, int64_t rope) {
    const int64_t scales = (latent + 63) / 64;
    for (int64_t i = 0; i < latent + rope; i++) {
        float x = unit();
        if (type == KIMI_CACHE_F32) {
            memcpy(to + 4 * i, &x, 4);
        } else if (type == KIMI_CACHE_BF16 || i >= latent) {
            const uint16_t bits = to_bf16(x);
            x = (float) bf16(bits);
            memcpy(type == KIMI_CACHE_BF16 ? to + 2 * i : to + latent + 2 * (scales + i - latent), &bits, 2);
        } else {
            const int8_t code = (int8_t) (x * 127);
            uint16_t bits;
            if (i % 64 == 0) {
                bits = to_bf16(unit() / 127);
                memcpy(to + latent + i / 64 * 2, &bits, 2);
            }
            memcpy(&bits, to + latent + i / 64 * 2, 2);
            to[i] = (char) code;
            x = (float) (code * bf16(bits));
        }
        row[i] = x;
    }
    return to + (type == KIMI_CACHE_F32 ? 4 * (latent + rope) : type == KIMI_CACHE_BF16 ? 2 * (latent + rope)
                                                              : latent + 2 * (scales + rope));
}

static void attend(
    int tiles, float *out, const float *q, const float *r, int64_t stride, int64_t heads, int64_t latent, int64_t rope,
    float scale, int64_t type, void **pages, int64_t positions) {
#ifdef AMX_FUNCTIONS
    if (tiles) {
        uint8_t *scratch = aligned(KIMI(attention_tiles_scratch)(heads, latent, rope));
        KIMI(attention_tiles)(
            out, scratch, q, r, stride, heads, latent, rope, scale, (const uint16_t *const *) (const void *) pages, positions);
        free(scratch);
        return;
    }
#endif
    (void) tiles;
    uint8_t *scratch = aligned(KIMI(attention_scratch)(heads, latent, rope));
    KIMI(attention)(
        out, scratch, q, r, stride, heads, latent, rope, scale, type, (const void *const *) (const void *) pages, positions);
    free(scratch);
}

static void attention(int tiles, int64_t type, int64_t heads, int64_t latent, int64_t rope, int64_t positions) {
    const int64_t width = latent + rope, stride = rope + 3, count = (positions + 63) / 64, size = (2 + latent) * 32;
    const char *what = tiles ? "kimi_attention_tiles" : "kimi_attention";
    const float scale = 3.0f / sqrtf((float) width);
    float *q = malloc(sizeof(float) * heads * latent), *r = malloc(sizeof(float) * heads * stride);
    float *out = malloc(sizeof(float) * (heads + 31) / 32 * size), *alone = malloc(sizeof(float) * size);
    float *found = malloc(sizeof(float) * (2 + latent)), *one = malloc(sizeof(float) * width);
    float *rows = malloc(sizeof(float) * count * 64 * width), *row = rows;
    void **pages = malloc(sizeof *pages * count), **bases = malloc(sizeof *bases * count);
    char *buffer = malloc(64 * 4 * width + 64 * 4);
    for (int64_t p = 0; p < count; p++) {
        char *end = buffer;
        for (int64_t i = 0; i < 64; i++, row += width) end = fill_row(end, row, type, latent, rope);
        const size_t bytes = (size_t) (end - buffer);
        pages[p] = type == KIMI_CACHE_F32 ? (bases[p] = malloc(bytes)) : odd(bytes, bases + p);
        memcpy(pages[p], buffer, bytes);
        /* What is behind the last position may be anything. */
        if (p == count - 1) {
            const size_t used = bytes / 64 * (size_t) (positions - 64 * p);
            memset((char *) pages[p] + used, 0x7f, bytes - used);
        }
    }
    for (int64_t i = 0; i < heads * latent; i++) q[i] = unit();
    for (int64_t i = 0; i < heads * stride; i++) r[i] = unit();
    attend(tiles, out, q, r, stride, heads, latent, rope, scale, type, pages, positions);
    for (int64_t h = 0; h < heads; h += heads > 8 ? 7 : 1) {
        const float *y = out + h / 32 * size + h % 32;
        memcpy(one, q + h * latent, sizeof(float) * latent);
        memcpy(one + latent, r + h * stride, sizeof(float) * rope);
        attended(tiles, found, one, latent, width, scale, rows, positions);
        attend(tiles, alone, q + h * latent, r + h * stride, stride, 1, latent, rope, scale, type, pages, positions);
        for (int64_t i = 0; i < 2 + latent; i++) {
            if (y[i * 32] != found[i] || alone[i * 32] != found[i]) {
                printf(
                    "%s of %lld heads, %lld + %lld, type %lld, %lld positions: number %lld of head %lld is %a, alone %a, the "
                    "header means %a\n",
                    what, (long long) heads, (long long) latent, (long long) rope, (long long) type, (long long) positions,
                    (long long) i, (long long) h, y[i * 32], alone[i * 32], found[i]);
                failures++;
                break;
            }
        }
        expect_attended(what, y, 32, one, latent, width, scale, rows, positions, tiles ? 1e-5 : 2e-6);
    }
    for (int64_t p = 0; p < count; p++) free(bases[p]);
    free(q), free(r), free(out), free(alone), free(found), free(one), free(rows), free(pages), free(bases), free(buffer);
}
#endif

int main(void) {
#ifdef AMX_FUNCTIONS
    if (KIMI(permit)() != 0) {
        puts("the system does not let this process use AMX");
        return 1;
    }
#endif
    static const int64_t by32[] = {32, 64, 96, 128, 256, 288, 352, 512, 544, 1056, 2048, 2080, 7168};
    for (size_t i = 0; i < sizeof by32 / sizeof *by32; i++) {
        integers(by32[i], 32, 21, 7);
        for (int64_t group = 64; group <= 2048; group *= 2) {
            if (by32[i] % group == 0) {
                integers(by32[i], group, 16, 3);
            }
        }
    }
    integers(288, 32, 1, 1);
#ifdef AVX512_FUNCTIONS
    floats(544, 7, 131);
#endif
    integers(544, 32, 35, 28);
    static const int64_t any[] = {1, 7, 8, 9, 31, 32, 33, 63, 64, 65, 207, 257, 2048, 2049, 2112, 7168};
    for (size_t i = 0; i < sizeof any / sizeof *any; i++) {
        floats(any[i], 21, 3);
        floats(any[i], 6, 5);
        floats(any[i], 24, 19);
#ifdef AVX512_FUNCTIONS
        halves(any[i], 21, 7);
        halves(any[i], 33, 28);
#endif
    }
#ifdef AVX512_FUNCTIONS
    for (size_t i = 0; i < sizeof by32 / sizeof *by32; i++) {
        exact_nibbles(by32[i], 21, 3);
        exact_nibbles(by32[i], 6, 2);
        exact_nibbles(by32[i], 23, 18);
        for (int64_t group = 32; group <= 2048; group *= 2) {
            if (by32[i] % group == 0) {
                exact_bytes(by32[i], group, 21, 3);
                exact_bytes(by32[i], group, 6, 2);
                exact_bytes(by32[i], group, 13, 9);
            }
        }
    }
#endif
#ifdef AVX512_FUNCTIONS
    static const int64_t cases[][4] = {{1, 1, 1, 1},     {4, 64, 16, 70},  {5, 7, 4, 97},     {16, 96, 48, 129}, {32, 32, 32, 64},
                                       {33, 40, 6, 65},  {70, 65, 2, 11},  {64, 512, 64, 16}, {64, 512, 64, 300}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int64_t type = KIMI_CACHE_F32; type <= KIMI_CACHE_I8; type++) {
            attention(0, type, cases[i][0], cases[i][1], cases[i][2], cases[i][3]);
        }
#ifdef AMX_FUNCTIONS
        attention(1, KIMI_CACHE_BF16, cases[i][0], cases[i][1], cases[i][2], cases[i][3]);
#endif
    }
#endif
    if (KIMI(version)() != KIMI_NATIVE_VERSION) {
        puts("kimi_version: not that of the header");
        failures++;
    }
    printf("%s: %s\n", KIMI(isa)(), failures == 0 ? "all agree" : "failures");
    return failures == 0 ? 0 : 1;
}
