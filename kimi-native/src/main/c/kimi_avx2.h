/* What the files for AVX2 share. */
#ifndef KIMI_AVX2_H
#define KIMI_AVX2_H

#include "kimi_native.h"

#include <immintrin.h>
#include <string.h>

/* Activations that share a scale, and INT4 weights that do. */
#define GROUP 32

static inline float bf16(uint16_t bits) {
    union {
        uint32_t u;
        float f;
    } v = {(uint32_t) bits << 16};
    return v.f;
}

#endif
