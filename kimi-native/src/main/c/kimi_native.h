/*
 * Inner loops of the Kimi kernels in C. The Java kernels keep everything else: packing, threads, what is not faster here.
 *
 * Every function exists once for each instruction set, with its name at the end: kimi_int4_rows_avx2. Which set a file is
 * compiled for, KIMI_ISA says. A process uses one set only: rows prepared by one are not for the functions of another.
 *
 * The functions named pack, kimi_bf16_rows, kimi_int8_floats, kimi_int4_floats,
 * kimi_floats_panel and kimi_attention do exactly the operations of their Java twins, at 256
 * bits with AVX2 and at 512 with AVX-512, in the same order, so that results have the same bits: fused multiply-adds, four
 * chains, one fixed tree at the end. The others say what they sum. Whatever the number of rows or outputs of a call, each
 * product has the same bits. Compile without -ffast-math and with -ffp-contract=off; the fused operations are written out.
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

#ifndef KIMI_ISA
#error "compile with -DKIMI_ISA=avx2 or another instruction set"
#endif
#define KIMI_JOINED(name, isa) kimi_##name##_##isa
#define KIMI_JOIN(name, isa) KIMI_JOINED(name, isa)
#define KIMI(name) KIMI_JOIN(name, KIMI_ISA)

/* Changes whenever a signature or a layout does; the Java side refuses any other number. */
#define KIMI_NATIVE_VERSION 5

KIMI_EXPORT int32_t KIMI(version)(void);

/* The instructions these functions were compiled for, for messages; a static string. */
KIMI_EXPORT const char *KIMI(isa)(void);

/*
 * One row of activations in 8 bits, groups of 32: codes, halves, a scale and -zero * (sum of the codes) for each group.
 *   x       [cols], cols a multiple of 32
 *   zero    what stands for 0 in the weights to come: 8 of INT4, 128 of INT8
 *   codes   [cols]
 *   halves  [cols]: of each block of elements first the even ones, then the odd ones, as nibbles are unpacked; a shorter
 *           last block likewise. A block is as many elements as a vector has nibbles: 64 with AVX2, 128 with AVX-512
 *   scales, offsets [cols / 32]
 */
KIMI_EXPORT void KIMI(quantize)(
    const float *x, int64_t cols, int64_t zero, int8_t *codes, int8_t *halves, float *scales, float *offsets);

/*
 * Products of INT4 weights with rows in 8 bits: out[r * outputs + o].
 *   w       packed nibbles of the first weight row, rows cols / 2 bytes apart
 *   ws      bfloat16 scales of the first weight row, rows cols / 32 apart
 *   codes, halves, scales, offsets: row r starts at r * cols, or r * cols / 32 for the last two
 * Each weight row is read from memory once; meant for few rows.
 *
 * With AVX-512 a lane sums the eight products of a word of weights, which is exact; times both scales the words go to two
 * chains by turns, the groups' offsets times both scales to a third, and the three are added. With AVX2 likewise, the loads
 * of a step of four to four chains; what is left goes to their sum, group by group.
 */
KIMI_EXPORT void KIMI(int4_rows)(
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
 * Products of INT8 weights (bytes offset by 128, a bfloat16 scale for each `group` of them) with rows in 8 bits. With
 * AVX-512 as kimi_int4_rows, four products to a lane. With AVX2 a lane sums four products too; times both scales, the loads
 * of a step of four go to four chains, what is left to their sum, group by group.
 */
KIMI_EXPORT void KIMI(int8_rows)(
    float *out,
    const uint8_t *w,
    const uint16_t *ws,
    int64_t group,
    int64_t cols,
    int64_t outputs,
    const int8_t *codes,
    const float *scales,
    const float *offsets,
    int64_t rows);

/* Panels have room for a multiple of so many outputs. */
#define KIMI_PANEL 16

/*
 * Products of INT4 weights with many rows in 8 bits: out[r * stride + o]. A sum goes through the groups in ascending
 * order: fma(exact sum of the group, weight scale * activation scale, sum). Weights are unpacked once for all rows, a few
 * columns of KIMI_PANEL outputs at a time on the stack. The bits are not those of kimi_int4_rows.
 *   stride  at least outputs, rounded up to a multiple of KIMI_PANEL; what is beyond the outputs is overwritten
 */
KIMI_EXPORT void KIMI(int4_panel)(
    float *out,
    int64_t stride,
    const uint8_t *w,
    const uint16_t *ws,
    int64_t cols,
    int64_t outputs,
    const int8_t *halves,
    const float *scales,
    const float *offsets,
    int64_t rows);

/* The same of INT8 weights. */
KIMI_EXPORT void KIMI(int8_panel)(
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
    int64_t rows);

/*
 * A row of floats in the order in which bfloat16 weights are summed, as the Java kernels pack it at this width.
 *   x       [cols]
 *   to      [cols rounded up to a multiple of 16]
 */
KIMI_EXPORT void KIMI(bf16_pack)(const float *x, int64_t cols, float *to);

/*
 * Products of bfloat16 weights with packed rows: out[r * outputs + o]. Each weight row is read from memory once; meant for
 * few rows.
 *   x       packed rows, `stride` floats apart
 */
KIMI_EXPORT void KIMI(bf16_rows)(
    float *out, const uint16_t *w, int64_t cols, int64_t outputs, const float *x, int64_t stride, int64_t rows);

/*
 * A row of floats in the order in which INT8 weights are summed, as the Java kernels pack it at this width. Not with AVX2.
 *   x       [cols]
 *   to      [cols rounded up to a multiple of 16]
 */
KIMI_EXPORT void KIMI(int8_pack)(const float *x, int64_t cols, float *to);

/*
 * Products of INT8 weights, as exact floats, with packed rows: out[r * outputs + o]. Each weight row is read from memory once;
 * meant for few rows. Scales below 2^118. Not with AVX2.
 *   x       packed rows, `stride` floats apart
 */
KIMI_EXPORT void KIMI(int8_floats)(
    float *out,
    const uint8_t *w,
    const uint16_t *ws,
    int64_t group,
    int64_t cols,
    int64_t outputs,
    const float *x,
    int64_t stride,
    int64_t rows);

/* As kimi_int8_pack for INT4 weights; cols a multiple of 32. Not with AVX2. */
KIMI_EXPORT void KIMI(int4_pack)(const float *x, int64_t cols, float *to);

/* As kimi_int8_floats of INT4 weights, scales for each 32 of them and below 2^112. Not with AVX2. */
KIMI_EXPORT void KIMI(int4_floats)(
    float *out, const uint8_t *w, const uint16_t *ws, int64_t cols, int64_t outputs, const float *x, int64_t stride,
    int64_t rows);

/* Kinds of weights, outputs of a call of kimi_floats_panel at most, and rows that meet them together. */
#define KIMI_WEIGHTS_BF16 0
#define KIMI_WEIGHTS_INT8 1
#define KIMI_WEIGHTS_INT4 2
#define KIMI_FLOAT_OUTPUTS 24
#define KIMI_FLOAT_ROWS 64

/*
 * The same as kimi_bf16_rows, kimi_int8_floats and kimi_int4_floats, with the same bits, for many rows: weights become floats
 * once for all rows, a few at a time on the stack. out[r * KIMI_FLOAT_OUTPUTS + o]. Not with AVX2.
 *   scratch  16 floats for each of KIMI_FLOAT_OUTPUTS and of as many rows as there are, at most KIMI_FLOAT_ROWS, the number of
 *            sums rounded up to a multiple of 16; begins at a multiple of 64 bytes
 *   ws, group  not looked at for bfloat16 weights
 *   x        packed rows, `stride` floats apart; begins at a multiple of 64 bytes, stride a multiple of 16
 */
KIMI_EXPORT void KIMI(floats_panel)(
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
    int64_t rows);

/*
 * A row of floats rounded to bfloat16, to the nearest, ties to even; numbers too small for a normal one become zeros. Not
 * with AVX2.
 *   to      [cols rounded up to a multiple of 2], filled up with a zero
 */
KIMI_EXPORT void KIMI(bf16_round)(const float *x, int64_t cols, uint16_t *to);

/*
 * Products of bfloat16 weights with many rows of bfloat16 activations, as kimi_int4_panel: out[r * stride + o]. A sum goes
 * through the pairs of neighbouring columns in ascending order, each added by the processor's own instruction for pairs,
 * which takes numbers too small for a normal float as zeros. Not with AVX2.
 *   x       rows of kimi_bf16_round, one after the other
 */
KIMI_EXPORT void KIMI(bf16_panel)(
    float *out, int64_t stride, const uint16_t *w, int64_t cols, int64_t outputs, const uint16_t *x, int64_t rows);

/* Heads that stand side by side in a result of attention, and positions of a page of the cache. */
#define KIMI_ATTENTION_HEADS 32
#define KIMI_ATTENTION_POSITIONS 64

/* What a row of the cache is: latent + rope floats; as many bfloat16 numbers; latent codes in 8 bits, a bfloat16 scale for each
 * 64 of them and rope bfloat16 numbers. */
#define KIMI_CACHE_F32 0
#define KIMI_CACHE_BF16 1
#define KIMI_CACHE_I8 2

/* Bytes of scratch memory that kimi_attention needs. Not with AVX2. */
KIMI_EXPORT int64_t KIMI(attention_scratch)(int64_t heads, int64_t latent, int64_t rope);

/*
 * Attention of the heads of one row over cached rows: a running softmax over pages of 64 positions in ascending order, from
 * scratch, with exactly the operations of the Java kernels. A head's bits do not depend on the heads beside it. Not with AVX2.
 *   out      for each block of 32 heads the largest scores [32], the sums of weights [32] and the weighted sums of latents
 *            [latent][32], both relative to the largest score; what is in the lanes of no head means nothing
 *   scratch  of attention_scratch bytes; begins at a multiple of 64 bytes
 *   latent_queries  [heads][latent]
 *   rope_queries    [rope] of the first head, those of the others rope_stride floats apart
 *   scale    of the scores
 *   type     of the cache
 *   pages    where each page begins, 64 rows one after the other; floats at a multiple of 4 bytes
 *   positions       from the first page's first on; not more than there are pages for
 */
KIMI_EXPORT void KIMI(attention)(
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
    int64_t positions);

#ifdef __AMX_TILE__
/*
 * Asks the system for the registers of AMX, for all threads of the process; 0 if it has them now. To be called before any
 * other function of this instruction set.
 */
KIMI_EXPORT int32_t KIMI(permit)(void);

/*
 * Rows of activations as the columns of tiles: sixteen rows to a tile, one word of four bytes of each after the other. Row r
 * of several is in lane r % 16 of tile r / 16. These two write one lane; what is in the lanes of no row means nothing.
 *   lane    0 to 15
 *   tiles   where the row's tile begins: [cols / 4][16] words of codes, [cols rounded up to a multiple of 32 / 2][16] pairs
 *           of bfloat16 numbers, to the nearest, ties to even; numbers too small for a normal one become zeros
 *   tile_scales  [cols / 32][16]
 */
KIMI_EXPORT void KIMI(tile_codes)(
    const int8_t *codes, const float *scales, int64_t cols, int64_t lane, int8_t *tiles, float *tile_scales);
KIMI_EXPORT void KIMI(tile_halves)(const float *x, int64_t cols, int64_t lane, uint16_t *tiles);

/*
 * Products of INT4 weights with many rows in 8 bits: out[r * stride + o], with the bits of kimi_int4_panel. For
 * some thirty rows and more: a tile has room for sixteen, and its sums of each group go through memory.
 *   stride  at least outputs, rounded up to a multiple of KIMI_PANEL; what is beyond the outputs is overwritten
 *   scratch rows and outputs, both rounded up to a multiple of 16; begins at a multiple of 64 bytes
 *   tiles, scales   of kimi_tile_codes, tile after tile; likewise at multiples of 64 bytes
 */
KIMI_EXPORT void KIMI(int4_tiles)(
    float *out,
    int64_t stride,
    float *scratch,
    const uint8_t *w,
    const uint16_t *ws,
    int64_t cols,
    int64_t outputs,
    const int8_t *tiles,
    const float *scales,
    int64_t rows);

/* The same of INT8 weights. */
KIMI_EXPORT void KIMI(int8_tiles)(
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
    int64_t rows);

/*
 * Products of bfloat16 weights with many rows of bfloat16 activations, likewise. Of each step of 32 columns the processor's
 * instruction sums the even and the odd ones, each in ascending order, and adds the sum of both to what came before; numbers
 * too small for a normal float count as zeros.
 *   tiles   of kimi_tile_halves, tile after tile
 */
KIMI_EXPORT void KIMI(bf16_tiles)(
    float *out,
    int64_t stride,
    float *scratch,
    const uint16_t *w,
    int64_t cols,
    int64_t outputs,
    const uint16_t *tiles,
    int64_t rows);

/* Bytes of scratch memory that kimi_attention_tiles needs. */
KIMI_EXPORT int64_t KIMI(attention_tiles_scratch)(int64_t heads, int64_t latent, int64_t rope);

/*
 * As kimi_attention over a bfloat16 cache, of which the rows of all 64 positions of a page can be read. Queries and weights
 * are two bfloat16 parts each, the second of what the first leaves. A score goes through steps of 32 numbers of the row, in
 * each through the first parts and then the second, as kimi_bf16_tiles; a weighted sum likewise through steps of 32 positions.
 * Everything between is in 32-bit floats, with the exponential of the Java kernels.
 */
KIMI_EXPORT void KIMI(attention_tiles)(
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
    int64_t positions);
#endif

#endif
