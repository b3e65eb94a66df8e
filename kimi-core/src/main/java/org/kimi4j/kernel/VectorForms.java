package org.kimi4j.kernel;

import java.util.ArrayList;
import java.util.List;

/** The products in Java. */
public final class VectorForms implements ProductForms {

    private final ElementOrders orders = new ElementOrders();
    private final Scratch[] scratch;
    private final List<FloatRows> open = new ArrayList<>();

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
        FloatRows products = new FloatRows(orders, scratch);
        open.add(products);
        return products;
    }

    @Override
    public RowProducts integers() {
        return new IntegerRows(orders, scratch);
    }

    @Override
    public void close() {
        open.forEach(FloatRows::close);
        for (Scratch each : scratch) {
            each.close();
        }
    }
}
