/*
 * Inner loops of the Kimi kernels in C. The Java kernels keep everything else: packing, threads, attention.
 *
 * Every function but the panels does exactly the operations of its Java twin at 256 bits, in the same order, so that
 * results have the same bits: eight lanes, fused multiply-adds, four chains, one fixed tree at the end. The panels, which
 * Java has no twin of, say what they sum. Compile without -ffast-math and with -ffp-contract=off; the fused operations are
 * written out.
 *
 * All pointers are borrowed for the call. Nothing is allocated, nothing is kept, no thread is started. Weights may start
 * at any byte.
 */
#ifndef KIMI_NATIVE_H
#define KIMI_NATIVE_H

#include <stdint.h>

#if defined(_WIN32)
#define KIMI_EXPORT __declspec(dllexport)
#else
#define KIMI_EXPORT __attribute__((visibility("default")))
#endif

/* Changes whenever a signature or a layout does; the Java side refuses any other number. */
#define KIMI_NATIVE_VERSION 1

KIMI_EXPORT int32_t kimi_version(void);

/* The instruction sets this library was compiled for, for messages; a static string. */
KIMI_EXPORT const char *kimi_isa(void);

/*
 * One row of activations in 8 bits, groups of 32: codes, halves, a scale and -8 * (sum of the codes) for each group.
 *   x       [cols], cols a multiple of 32
 *   codes   [cols]
 *   halves  [cols]: of each 64 elements first the even ones, then the odd ones, as nibbles are unpacked; a last group of
 *           32 alone likewise
 *   scales, offsets [cols / 32]
 */
KIMI_EXPORT void kimi_quantize(
    const float *x, int64_t cols, int8_t *codes, int8_t *halves, float *scales, float *offsets);

/*
 * Products of INT4 weights with rows in 8 bits: out[r * outputs + o].
 *   w       packed nibbles of the first weight row, rows cols / 2 bytes apart
 *   ws      bfloat16 scales of the first weight row, rows cols / 32 apart
 *   codes, halves, scales, offsets: row r starts at r * cols, or r * cols / 32 for the last two
 * Each weight row is read once; meant for few rows.
 */
KIMI_EXPORT void kimi_int4_rows(
    float *out,
    const uint8_t *w,
    const uint16_t *ws,
    int64_t cols,
    int64_t outputs,
    const int8_t *codes,
    const int8_t *halves,
    const float *scales,
    const float *offsets,
    int64_t rows);

/*
 * Products of INT4 weights with many rows in 8 bits, at most KIMI_PANEL outputs: out[r * KIMI_PANEL + o]. A sum goes
 * through the groups in ascending order: fma(exact sum of the group, weight scale * activation scale, sum). Weights are
 * unpacked once for all rows, a few columns at a time on the stack. Every row gets the same bits however many there are;
 * they are not those of kimi_int4_rows.
 */
#define KIMI_PANEL 16

KIMI_EXPORT void kimi_int4_panel(
    float *out,
    const uint8_t *w,
    const uint16_t *ws,
    int64_t cols,
    int64_t outputs,
    const int8_t *halves,
    const float *scales,
    const float *offsets,
    int64_t rows);

/*
 * Products of INT8 weights (bytes offset by 128, a bfloat16 scale for each `group` of them) with rows in 8 bits.
 */
KIMI_EXPORT void kimi_int8_rows(
    float *out,
    const uint8_t *w,
    const uint16_t *ws,
    int64_t group,
    int64_t cols,
    int64_t outputs,
    const int8_t *codes,
    const float *scales,
    int64_t rows);

/* The same for many rows and at most KIMI_PANEL outputs, as kimi_int4_panel: out[r * KIMI_PANEL + o]. */
KIMI_EXPORT void kimi_int8_panel(
    float *out,
    const uint8_t *w,
    const uint16_t *ws,
    int64_t group,
    int64_t cols,
    int64_t outputs,
    const int8_t *codes,
    const float *scales,
    int64_t rows);

/*
 * A row of floats in the order in which bfloat16 weights are summed, as the Java kernels pack it at 256 bits.
 *   x       [cols]
 *   to      [cols rounded up to a multiple of 8]
 */
KIMI_EXPORT void kimi_bf16_pack(const float *x, int64_t cols, float *to);

/*
 * Products of bfloat16 weights with packed rows: out[r * outputs + o]. Each weight row is read once; meant for few rows.
 *   x       packed rows, `stride` floats apart
 */
KIMI_EXPORT void kimi_bf16_rows(
    float *out, const uint16_t *w, int64_t cols, int64_t outputs, const float *x, int64_t stride, int64_t rows);

#endif
