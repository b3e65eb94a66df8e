package org.kimi4j.kernel;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.kimi4j.tensor.Matrix;

/** The orders in use, made when first asked for. */
final class ElementOrders {

    private record Key(int cols, int perWord) {}

    private final Map<Key, ElementOrder> orders = new ConcurrentHashMap<>();

    ElementOrder of(Matrix w) {
        return orders.computeIfAbsent(
                new Key(w.cols(), ElementOrder.perWord(w)), key -> new ElementOrder(key.cols, key.perWord));
    }
}
