package org.kimi4j.checkpoint;

import org.kimi4j.tensor.DType;

/**
 * What the header of a safetensors file says about one tensor.
 *
 * @param file name of the file, without its directory
 * @param begin byte of the file at which the data starts; not aligned to anything
 * @param byteSize bytes of the data: elements of the shape times bytes of the type
 */
public record TensorInfo(String name, String file, DType dtype, Shape shape, long begin, long byteSize) {

    /** Type and shape as messages show them: {@code BF16 [16384, 512]}. */
    public String type() {
        return dtype + " " + shape;
    }

    /** Where it is, as the first line of a message. */
    String where() {
        return where(file, name);
    }

    static String where(String file, String tensor) {
        return file + ": tensor " + tensor;
    }
}
