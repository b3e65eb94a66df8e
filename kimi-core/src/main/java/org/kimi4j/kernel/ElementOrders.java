package org.kimi4j.kernel;

import java.util.Arrays;
import org.kimi4j.tensor.Matrix;

/** The orders in use, made when first asked for. There are few, and asking for one that exists leaves no garbage. */
final class ElementOrders {

    private record Made(int cols, int perWord, ElementOrder order) {}

    private volatile Made[] made = {};

    ElementOrder of(Matrix w) {
        int perWord = ElementOrder.perWord(w);
        for (Made m : made) {
            if (m.cols == w.cols() && m.perWord == perWord) {
                return m.order;
            }
        }
        return make(w.cols(), perWord);
    }

    private synchronized ElementOrder make(int cols, int perWord) {
        ElementOrder order = new ElementOrder(cols, perWord);
        Made[] more = Arrays.copyOf(made, made.length + 1);
        more[made.length] = new Made(cols, perWord, order);
        made = more;
        return order;
    }
}
