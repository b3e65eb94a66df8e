/*
 * NEON with dot products of bytes (ARMv8.2). See kimi_native.h for shapes and contracts.
 *
 * Bytes are multiplied as signed ones, so that weights lose their offset before and no product has to be corrected.
 */
#include "kimi_native.h"

#include <arm_neon.h>
#include <string.h>

/* Activations that share a scale, and INT4 weights that do. */
#define GROUP 32
#define SUPERBLOCK 4096
/* Groups whose unpacked weights are 8 KB. */
#define BLOCK 16
#define INLINE static inline __attribute__((always_inline))

int32_t KIMI(version)(void) {
    return KIMI_NATIVE_VERSION;
}

const char *KIMI(isa)(void) {
    return "NEON dotprod";
}

INLINE float bf16(uint16_t bits) {
    const uint32_t u = (uint32_t) bits << 16;
    float f;
    memcpy(&f, &u, 4);
    return f;
}

/* The upper half is added to the lower until one lane is left. */
INLINE float tree(float32x4_t v) {
    const float32x2_t a = vadd_f32(vget_low_f32(v), vget_high_f32(v));
    return vget_lane_f32(a, 0) + vget_lane_f32(a, 1);
}

void KIMI(quantize)(
    const float *x, int64_t cols, int64_t zero, int8_t *codes, int8_t *halves, float *scales, float *offsets) {
    for (int64_t g = 0; g < cols / GROUP; g++) {
        const float *p = x + g * GROUP;
        float32x4_t m = vdupq_n_f32(0);
        for (int i = 0; i < GROUP; i += 4) {
            m = vmaxq_f32(m, vabsq_f32(vld1q_f32(p + i)));
        }
        float max = vmaxvq_f32(m);
        if (max < 0x1p-100f) {
            max = 0;
        }
        const float inverse = max == 0 ? 0 : 127.0f / max;
        scales[g] = max / 127.0f;
        int32_t sum = 0;
        for (int i = 0; i < GROUP; i += 16) {
            int16x8_t half[2];
            for (int k = 0; k < 2; k++) {
                const int32x4_t a = vcvtnq_s32_f32(vmulq_n_f32(vld1q_f32(p + i + 8 * k), inverse));
                const int32x4_t b = vcvtnq_s32_f32(vmulq_n_f32(vld1q_f32(p + i + 8 * k + 4), inverse));
                half[k] = vcombine_s16(vmovn_s32(a), vmovn_s32(b));
            }
            const int8x16_t c = vcombine_s8(vmovn_s16(half[0]), vmovn_s16(half[1]));
            sum += vaddlvq_s8(c);
            vst1q_s8(codes + g * GROUP + i, c);
            vst1_s8(halves + g * GROUP + i / 2, vget_low_s8(vuzp1q_s8(c, c)));
            vst1_s8(halves + g * GROUP + 16 + i / 2, vget_low_s8(vuzp2q_s8(c, c)));
        }
        offsets[g] = (float) (-zero * sum);
    }
}

INLINE int8x16_t low_nibbles(uint8x16_t v) {
    return vsubq_s8(vreinterpretq_s8_u8(vandq_u8(v, vdupq_n_u8(15))), vdupq_n_s8(8));
}

INLINE int8x16_t high_nibbles(uint8x16_t v) {
    return vsubq_s8(vreinterpretq_s8_u8(vshrq_n_u8(v, 4)), vdupq_n_s8(8));
}

INLINE int8x16_t centered(uint8x16_t v) {
    return vreinterpretq_s8_u8(veorq_u8(v, vdupq_n_u8(128)));
}

INLINE float32x4_t group_sums(int8x16_t a, int8x16_t b, const int8_t *x) {
    return vcvtq_f32_s32(vdotq_s32(vdotq_s32(vdupq_n_s32(0), a, vld1q_s8(x)), b, vld1q_s8(x + 16)));
}

/* Groups take turns in two chains. */
INLINE float row_product(
    const int nibbles, const uint8_t *w, const uint16_t *ws, int64_t per_scale, int64_t groups, const int8_t *x,
    const float *scales) {
    float32x4_t chain[2] = {vdupq_n_f32(0), vdupq_n_f32(0)};
    for (int64_t g = 0; g < groups; g++) {
        int8x16_t a, b;
        if (nibbles) {
            const uint8x16_t v = vld1q_u8(w + g * 16);
            a = low_nibbles(v);
            b = high_nibbles(v);
        } else {
            a = centered(vld1q_u8(w + g * GROUP));
            b = centered(vld1q_u8(w + g * GROUP + 16));
        }
        const float scale = bf16(ws[g / per_scale]) * scales[g];
        chain[g & 1] = vfmaq_n_f32(chain[g & 1], group_sums(a, b, x + g * GROUP), scale);
    }
    return tree(vaddq_f32(chain[0], chain[1]));
}

void KIMI(int4_rows)(
    float *out,
    const uint8_t *w,
    const uint16_t *ws,
    int64_t cols,
    int64_t outputs,
    const int8_t *codes,
    const int8_t *halves,
    const float *scales,
    const float *offsets,
    int64_t rows) {
    (void) codes;
    (void) offsets;
    const int64_t groups = cols / GROUP;
    for (int64_t o = 0; o < outputs; o++) {
        for (int64_t r = 0; r < rows; r++) {
            out[r * outputs + o] = row_product(
                1, w + o * (cols / 2), ws + o * groups, 1, groups, halves + r * cols, scales + r * groups);
        }
    }
}

void KIMI(int8_rows)(
    float *out,
    const uint8_t *w,
    const uint16_t *ws,
    int64_t group,
    int64_t cols,
    int64_t outputs,
    const int8_t *codes,
    const float *scales,
    const float *offsets,
    int64_t rows) {
    (void) offsets;
    const int64_t groups = cols / GROUP;
    for (int64_t o = 0; o < outputs; o++) {
        for (int64_t r = 0; r < rows; r++) {
            out[r * outputs + o] = row_product(
                0, w + o * cols, ws + o * (cols / group), group / GROUP, groups, codes + r * cols, scales + r * groups);
        }
    }
}

/*
 * Words of four bytes of sixteen weight rows, lane by lane: [groups, 8, 16, 4]. Of nibbles the first four words are the
 * even elements, the others the odd ones. What is missing of the last panel is filled up with its first row.
 */
INLINE void unpack(
    const int nibbles, int8_t *panel, float *factors, const uint8_t *w, const uint16_t *ws, int64_t per_scale, int64_t groups,
    int64_t outputs, int64_t first, int64_t to) {
    for (int64_t n = 0; n < KIMI_PANEL; n++) {
        const int64_t row = n < outputs ? n : 0;
        for (int64_t g = first; g < to; g++) {
            int8_t bytes[GROUP];
            if (nibbles) {
                const uint8x16_t v = vld1q_u8(w + row * groups * 16 + g * 16);
                vst1q_s8(bytes, low_nibbles(v));
                vst1q_s8(bytes + 16, high_nibbles(v));
            } else {
                vst1q_s8(bytes, centered(vld1q_u8(w + (row * groups + g) * GROUP)));
                vst1q_s8(bytes + 16, centered(vld1q_u8(w + (row * groups + g) * GROUP + 16)));
            }
            int8_t *p = panel + (g - first) * GROUP * KIMI_PANEL;
            for (int j = 0; j < 8; j++) {
                memcpy(p + (j * KIMI_PANEL + n) * 4, bytes + 4 * j, 4);
            }
            factors[(g - first) * KIMI_PANEL + n] = bf16(ws[row * (groups / per_scale) + g / per_scale]);
        }
    }
}

/* Eight outputs, so that sums stay in registers. */
INLINE void half_panel(
    const int rows, float *out, int64_t stride, const int8_t *panel, const float *factors, int64_t groups, int64_t first,
    int64_t to, const int8_t *x, const float *scales) {
    float32x4_t a[4][2];
    for (int r = 0; r < rows; r++) {
        for (int h = 0; h < 2; h++) {
            a[r][h] = first == 0 ? vdupq_n_f32(0) : vld1q_f32(out + r * stride + 4 * h);
        }
    }
    for (int64_t g = first; g < to; g++, panel += GROUP * KIMI_PANEL, factors += KIMI_PANEL) {
        int32x4_t s[4][2];
        for (int r = 0; r < rows; r++) {
            s[r][0] = s[r][1] = vdupq_n_s32(0);
        }
#pragma GCC unroll 2
        for (int part = 0; part < 2; part++) {
            int8x16_t v[4];
            for (int r = 0; r < rows; r++) {
                v[r] = vld1q_s8(x + (r * groups + g) * GROUP + part * 16);
            }
            const int8_t *p = panel + part * 4 * KIMI_PANEL * 4;
#define WORD(j)                                                                                                          \
    {                                                                                                                    \
        const int8x16_t w0 = vld1q_s8(p + (j) * KIMI_PANEL * 4), w1 = vld1q_s8(p + (j) * KIMI_PANEL * 4 + 16);           \
        for (int r = 0; r < rows; r++) {                                                                                 \
            s[r][0] = vdotq_laneq_s32(s[r][0], w0, v[r], j);                                                             \
            s[r][1] = vdotq_laneq_s32(s[r][1], w1, v[r], j);                                                             \
        }                                                                                                                \
    }
            WORD(0)
            WORD(1)
            WORD(2)
            WORD(3)
#undef WORD
        }
        for (int r = 0; r < rows; r++) {
            for (int h = 0; h < 2; h++) {
                const float32x4_t f = vmulq_n_f32(vld1q_f32(factors + 4 * h), scales[r * groups + g]);
                a[r][h] = vfmaq_f32(a[r][h], vcvtq_f32_s32(s[r][h]), f);
            }
        }
    }
    for (int r = 0; r < rows; r++) {
        for (int h = 0; h < 2; h++) {
            vst1q_f32(out + r * stride + 4 * h, a[r][h]);
        }
    }
}

INLINE void panels(
    const int nibbles, float *out, int64_t stride, const uint8_t *w, const uint16_t *ws, int64_t per_scale, int64_t groups,
    int64_t outputs, const int8_t *x, const float *scales, int64_t rows) {
    _Alignas(64) int8_t panel[BLOCK * GROUP * KIMI_PANEL];
    _Alignas(64) float factors[BLOCK * KIMI_PANEL];
    const int64_t bytes = nibbles ? groups * 16 : groups * GROUP;
    for (int64_t o = 0; o < outputs; o += KIMI_PANEL) {
        for (int64_t first = 0; first < groups; first += BLOCK) {
            const int64_t to = first + BLOCK < groups ? first + BLOCK : groups;
            unpack(
                nibbles, panel, factors, w + o * bytes, ws + o * (groups / per_scale), per_scale, groups, outputs - o, first,
                to);
            for (int64_t half = 0; half < KIMI_PANEL; half += 8) {
                int64_t r = 0;
#define TILE(n)                                                                                                          \
    for (; r + n <= rows; r += n) {                                                                                      \
        half_panel(                                                                                                      \
            n, out + r * stride + o + half, stride, panel + half * 4, factors + half, groups, first, to,                 \
            x + r * groups * GROUP, scales + r * groups);                                                                \
    }
                TILE(4)
                TILE(1)
#undef TILE
            }
        }
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
    (void) offsets;
    panels(1, out, stride, w, ws, 1, cols / GROUP, outputs, halves, scales, rows);
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
    (void) offsets;
    panels(0, out, stride, w, ws, group / GROUP, cols / GROUP, outputs, codes, scales, rows);
}

void KIMI(bf16_pack)(const float *x, int64_t cols, float *to) {
    const int64_t vectorized = cols - cols % 32;
    for (int64_t first = 0; first < vectorized; first += SUPERBLOCK) {
        const int64_t length = vectorized - first < SUPERBLOCK ? vectorized - first : SUPERBLOCK;
        for (int64_t i = 0; i < length; i += 8) {
            const float32x4x2_t v = vld2q_f32(x + first + i);
            float *q = to + first + i % 32 / 8 * (length / 4) + i / 32 * 8;
            vst1q_f32(q, v.val[0]);
            vst1q_f32(q + 4, v.val[1]);
        }
    }
    for (int64_t i = vectorized; i < (cols + 15) / 16 * 16; i++) {
        to[i] = i < cols ? x[i] : 0;
    }
}

INLINE float bf16_product(const uint16_t *w, int64_t cols, const float *x) {
    const int64_t vectorized = cols - cols % 32;
    float32x4_t run = vdupq_n_f32(0);
    for (int64_t first = 0; first < vectorized; first += SUPERBLOCK) {
        const int64_t length = vectorized - first < SUPERBLOCK ? vectorized - first : SUPERBLOCK;
        const int64_t chain = length / 4;
        float32x4_t a[4] = {vdupq_n_f32(0), vdupq_n_f32(0), vdupq_n_f32(0), vdupq_n_f32(0)};
        for (int64_t i = 0; i < chain; i += 8) {
            for (int j = 0; j < 4; j++) {
                const float *y = x + first + j * chain + i;
                const uint32x4_t v = vreinterpretq_u32_u16(vld1q_u16(w + first + 4 * i + 8 * j));
                a[j] = vfmaq_f32(a[j], vld1q_f32(y), vreinterpretq_f32_u32(vshlq_n_u32(v, 16)));
                a[j] = vfmaq_f32(
                    a[j], vld1q_f32(y + 4), vreinterpretq_f32_u32(vandq_u32(v, vdupq_n_u32(0xffff0000u))));
            }
        }
        for (int j = 0; j < 4; j++) {
            run = vaddq_f32(run, a[j]);
        }
    }
    if (vectorized < cols) {
        float32x4_t a = vdupq_n_f32(0);
        for (int64_t i = vectorized; i < cols; i += 4) {
            float tail[4] = {0};
            for (int64_t k = 0; k < 4 && i + k < cols; k++) {
                tail[k] = bf16(w[i + k]);
            }
            a = vfmaq_f32(a, vld1q_f32(x + i), vld1q_f32(tail));
        }
        run = vaddq_f32(run, a);
    }
    return tree(run);
}

void KIMI(bf16_rows)(
    float *out, const uint16_t *w, int64_t cols, int64_t outputs, const float *x, int64_t stride, int64_t rows) {
    for (int64_t o = 0; o < outputs; o++) {
        for (int64_t r = 0; r < rows; r++) {
            out[r * outputs + o] = bf16_product(w + o * cols, cols, x + r * stride);
        }
    }
}
