package org.kimi4j.testkit;

import java.util.List;

/**
 * A tensor to be written.
 *
 * @param dtype as safetensors names it: BF16, F32, I32, ...
 * @param shape outermost size first
 */
public record TensorSpec(String name, String dtype, List<Long> shape) {

    public TensorSpec {
        shape = List.copyOf(shape);
    }

    /** A tensor of the given sizes. */
    public static TensorSpec of(String name, String dtype, long... shape) {
        return new TensorSpec(
                name, dtype, java.util.Arrays.stream(shape).boxed().toList());
    }

    /** How many elements. */
    public long elements() {
        long product = 1;
        for (long size : shape) {
            product = Math.multiplyExact(product, size);
        }
        return product;
    }

    /** Bytes of all elements. */
    public long byteSize() {
        return Math.multiplyExact(elements(), elementBytes(dtype));
    }

    /** Values that one output sums over: all sizes but the first. */
    long fanIn() {
        return elements() / Math.max(1, shape.getFirst());
    }

    static int elementBytes(String dtype) {
        return switch (dtype) {
            case "BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2" -> 1;
            case "U16", "I16", "F16", "BF16" -> 2;
            case "U32", "I32", "F32" -> 4;
            case "U64", "I64", "F64" -> 8;
            default -> throw new IllegalArgumentException("no safetensors dtype " + dtype);
        };
    }
}
