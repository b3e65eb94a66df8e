/* What the files for AMX share. */
#ifndef KIMI_AMX_H
#define KIMI_AMX_H

#include "kimi_avx512.h"

/* bfloat16 numbers to a row of a tile. */
#define STEP 32

/* Tiles 0 to 3 are sums, 4 and 5 left factors, 6 and 7 right ones. */
struct shapes {
    uint8_t palette, start, reserved[14];
    uint16_t bytes[16];
    uint8_t rows[16];
};

/* A product of tiles adds up `bytes` bytes of each row. */
static void configure(int bytes) {
    struct shapes shapes;
    memset(&shapes, 0, sizeof shapes);
    shapes.palette = 1;
    for (int t = 0; t < 8; t++) {
        shapes.bytes[t] = (uint16_t) (t == 4 || t == 5 ? bytes : 64);
        shapes.rows[t] = (uint8_t) (t >= 6 ? bytes / 4 : 16);
    }
    _tile_loadconfig(&shapes);
}

#endif
