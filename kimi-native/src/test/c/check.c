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

static void expect(const char *what, int64_t cols, double error, double size, double bound) {
    const double relative = sqrt(error / size);
    if (!(relative <= bound)) {
        printf("%s at %lld columns: relative error %g, expected at most %g\n", what, (long long) cols, relative, bound);
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
    float *out = malloc(sizeof(float) * rows * outputs), *panel = malloc(sizeof(float) * rows * KIMI_PANEL);
    for (int64_t i = 0; i < rows * cols; i++) x[i] = unit();
    for (int64_t i = 0; i < outputs * cols / 2; i++) w4[i] = (uint8_t) next();
    for (int64_t i = 0; i < outputs * cols; i++) w8[i] = (uint8_t) next();
    for (int64_t i = 0; i < outputs * cols / 32; i++) ws4[i] = to_bf16(unit());
    for (int64_t i = 0; i < outputs * cols / group; i++) ws8[i] = to_bf16(unit());
    for (int64_t r = 0; r < rows; r++) {
        kimi_quantize(
            x + r * cols, cols, codes + r * cols, halves + r * cols, scales + r * cols / 32, offsets + r * cols / 32);
        for (int64_t i = 0; i < cols; i++) {
            const double back = codes[r * cols + i] * (double) scales[r * cols / 32 + i / 32];
            if (fabs(back - x[r * cols + i]) > 0.51 * scales[r * cols / 32 + i / 32]) {
                printf("kimi_quantize: %g became %g\n", x[r * cols + i], back);
                failures++;
            }
        }
    }
    for (int kind = 0; kind < 2; kind++) {
        double *truth = malloc(sizeof(double) * rows * outputs), size = 0;
        for (int64_t r = 0; r < rows; r++) {
            for (int64_t o = 0; o < outputs; o++) {
                double sum = 0;
                for (int64_t i = 0; i < cols; i++) {
                    const double a = codes[r * cols + i] * (double) scales[r * cols / 32 + i / 32];
                    const int64_t at = o * cols + i;
                    sum += a * (kind == 0 ? ((w4[at / 2] >> (at & 1) * 4 & 15) - 8) * bf16(ws4[at / 32])
                                          : (w8[at] - 128) * bf16(ws8[at / group]));
                }
                truth[r * outputs + o] = sum;
                size += sum * sum;
            }
        }
        if (kind == 0) {
            kimi_int4_rows(out, w4, ws4, cols, outputs, codes, halves, scales, offsets, rows);
        } else {
            kimi_int8_rows(out, w8, ws8, group, cols, outputs, codes, scales, rows);
        }
        double error = 0;
        for (int64_t i = 0; i < rows * outputs; i++) error += pow(out[i] - truth[i], 2);
        expect(kind == 0 ? "kimi_int4_rows" : "kimi_int8_rows", cols, error, size, 2e-6);
        error = 0;
        for (int64_t o = 0; o < outputs; o += KIMI_PANEL) {
            const int64_t count = outputs - o < KIMI_PANEL ? outputs - o : KIMI_PANEL;
            if (kind == 0) {
                kimi_int4_panel(
                    panel, w4 + o * cols / 2, ws4 + o * cols / 32, cols, count, halves, scales, offsets, rows);
            } else {
                kimi_int8_panel(panel, w8 + o * cols, ws8 + o * cols / group, group, cols, count, codes, scales, rows);
            }
            for (int64_t r = 0; r < rows; r++) {
                for (int64_t n = 0; n < count; n++) {
                    error += pow(panel[r * KIMI_PANEL + n] - truth[r * outputs + o + n], 2);
                }
            }
        }
        expect(kind == 0 ? "kimi_int4_panel" : "kimi_int8_panel", cols, error, size, 2e-6);
        free(truth);
    }
    free(x), free(codes), free(halves), free(scales), free(offsets), free(out), free(panel);
    free(b4), free(b8), free(s4), free(s8);
}

static void floats(int64_t cols, int64_t outputs, int64_t rows) {
    const int64_t stride = (cols + 7) / 8 * 8;
    float *x = malloc(sizeof(float) * rows * cols), *packed = malloc(sizeof(float) * rows * stride);
    float *out = malloc(sizeof(float) * rows * outputs);
    void *base;
    uint16_t *w = odd(2 * outputs * cols, &base);
    for (int64_t i = 0; i < rows * cols; i++) x[i] = unit();
    for (int64_t i = 0; i < outputs * cols; i++) w[i] = to_bf16(unit());
    for (int64_t r = 0; r < rows; r++) kimi_bf16_pack(x + r * cols, cols, packed + r * stride);
    kimi_bf16_rows(out, w, cols, outputs, packed, stride, rows);
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
    free(x), free(packed), free(out), free(base);
}

int main(void) {
    static const int64_t by32[] = {32, 64, 96, 128, 256, 288, 352, 1056, 2048, 2080, 7168};
    for (size_t i = 0; i < sizeof by32 / sizeof *by32; i++) {
        integers(by32[i], 32, 21, 7);
        if (by32[i] % 64 == 0) {
            integers(by32[i], 64, 16, 3);
        }
    }
    static const int64_t any[] = {1, 7, 8, 9, 63, 64, 65, 207, 2048, 2049, 2112, 7168};
    for (size_t i = 0; i < sizeof any / sizeof *any; i++) {
        floats(any[i], 21, 3);
    }
    if (kimi_version() != KIMI_NATIVE_VERSION) {
        puts("kimi_version: not that of the header");
        failures++;
    }
    printf("%s: %s\n", kimi_isa(), failures == 0 ? "all agree" : "failures");
    return failures == 0 ? 0 : 1;
}
