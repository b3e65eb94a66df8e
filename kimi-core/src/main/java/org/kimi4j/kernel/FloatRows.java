package org.kimi4j.kernel;

import org.jspecify.annotations.Nullable;
import org.kimi4j.tensor.Matrix;

/** Products of packed rows of floats, in Java; an owner. */
final class FloatRows implements RowProducts, AutoCloseable {

    /**
     * Weight bytes of one task: 10 to 20 microseconds. At the start of each the processor has yet to notice which way memory
     * is read, so that tasks of 64 KB cost a tenth and more.
     */
    private static final int TASK_BYTES = 256 << 10;

    private final ElementOrders orders;
    private final Scratch[] scratch;
    private final @Nullable VectorProduct[] products;
    private final PackedRows packed = new PackedRows();

    FloatRows(ElementOrders orders, Scratch[] scratch) {
        this.orders = orders;
        this.scratch = scratch;
        this.products = new VectorProduct[scratch.length];
    }

    @Override
    public void reset(Matrix like, int... sizes) {
        packed.reset(orders.of(like), sizes);
    }

    @Override
    public int rows(int set) {
        return packed.rows(set);
    }

    @Override
    public void set(int set, int r, float[] row, int from, boolean prompt, int worker) {
        packed.set(set, r, row, from, scratch[worker]);
    }

    @Override
    public void ready() {}

    @Override
    public int outputsPerTask(Matrix w) {
        return packed.hasTiles() ? TiledProduct.outputs(w, packed.mostRows(), scratch.length) : stretch(w);
    }

    /** Weight rows of about {@link #TASK_BYTES}, a multiple of the four that kernels take at a time. */
    static int stretch(Matrix w) {
        long rowBytes = Math.max(1, w.byteSize() / w.rows());
        return Math.clamp(TASK_BYTES / rowBytes, 4, 256) / 4 * 4;
    }

    /** A worker's product, of these weights. */
    static VectorProduct product(
            @Nullable VectorProduct[] products, Matrix w, ElementOrder order, Scratch[] scratch, int worker) {
        VectorProduct product = products[worker];
        if (product == null) {
            product = new VectorProduct(w, order, scratch[worker]);
            products[worker] = product;
        }
        return product.of(w, order);
    }

    @Override
    public void run(Matrix w, int set, int from, int to, int worker, Sink sink) {
        product(products, w, packed.order(), scratch, worker).run(packed, set, from, to, sink);
    }

    @Override
    public void close() {
        packed.close();
    }
}
