package org.kimi4j.kernel;

/** The products in Java. */
public final class VectorForms implements ProductForms {

    private final ElementOrders orders = new ElementOrders();
    private final Scratch[] scratch;

    /** Products for a pool of so many threads. */
    public VectorForms(int threads) {
        scratch = new Scratch[threads];
        for (int i = 0; i < threads; i++) {
            scratch[i] = new Scratch();
        }
    }

    @Override
    public String name() {
        return "vector " + Lanes.BITS;
    }

    @Override
    public RowProducts floats() {
        return new FloatRows(orders, scratch);
    }

    @Override
    public RowProducts integers() {
        return new IntegerRows(orders, scratch);
    }
}
