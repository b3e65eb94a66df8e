package org.kimi4j.nativecpu;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.kimi4j.config.Precision;
import org.kimi4j.kernel.MlaShape;
import org.kimi4j.kernel.ProductForms;
import org.kimi4j.kernel.RowProducts;
import org.kimi4j.kernel.SegmentAttention;
import org.kimi4j.kernel.VectorForms;
import org.kimi4j.tensor.Matrix;

/**
 * The products in C. In FAST prompt rows meet INT4 and INT8 weights by integers too, in panels, and with AVX-512 bfloat16
 * weights by bfloat16; with AMX in tiles, as attention over a bfloat16 cache; with AVX-512 attention is in C too. Everything exact has the bits of the Java
 * kernels: where C is not faster, Java computes it.
 */
final class NativeForms implements ProductForms {

    private final VectorForms java;
    private final Worker[] workers;
    private final List<AutoCloseable> open = new ArrayList<>();

    /** One thread's memory. */
    static final class Worker {
        private final Buffer row = new Buffer();
        private final Buffer out = new Buffer();
        private float[] values = {};

        /** A row as it arrives. */
        Buffer row() {
            return row;
        }

        /** The products of one call. */
        Buffer out() {
            return out;
        }

        /** Products of one row on their way out. */
        float[] values(int size) {
            if (values.length < size) {
                values = new float[size];
            }
            return values;
        }
    }

    NativeForms(int threads) {
        java = new VectorForms(threads);
        workers = new Worker[threads];
        for (int i = 0; i < threads; i++) {
            workers[i] = new Worker();
            open.add(workers[i].row);
            open.add(workers[i].out);
        }
    }

    @Override
    public String name() {
        return "native " + Functions.isa() + " on " + java.name();
    }

    @Override
    public RowProducts floats() {
        NativeFloats products = new NativeFloats(java.floats(), workers);
        open.add(products);
        return products;
    }

    @Override
    public RowProducts integers() {
        NativeNarrow products = new NativeNarrow(workers);
        open.add(products);
        return products;
    }

    @Override
    public boolean byIntegers(Precision precision, Matrix w, boolean prompt) {
        return precision == Precision.FAST
                && (ProductForms.isQuantized(w)
                        || prompt && w instanceof Matrix.Bf16 && Library.isa().isAvx512());
    }

    @Override
    public Optional<SegmentAttention> attention(Precision precision, MlaShape shape) {
        return Library.isa().isAvx512()
                ? Optional.of(new NativeAttention(shape, precision == Precision.FAST && Library.isa() == Isa.AMX))
                : Optional.empty();
    }

    @Override
    public void close() {
        for (AutoCloseable each : open) {
            switch (each) {
                case Buffer buffer -> buffer.close();
                case NativeFloats floats -> floats.close();
                case NativeNarrow narrow -> narrow.close();
                default -> throw new IllegalStateException("not one of ours: " + each);
            }
        }
        java.close();
    }
}
