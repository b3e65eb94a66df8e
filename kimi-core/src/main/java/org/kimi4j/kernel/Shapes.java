package org.kimi4j.kernel;

import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;

/** The shape checks of the operations: one comparison per call, always on. */
final class Shapes {

    private Shapes() {}

    static void check(String op, Tensor x, Matrix w) {
        if (x.cols() != w.cols()) {
            throw new IllegalArgumentException(
                    op + ": x " + x + " by w [" + w.rows() + ", " + w.cols() + "]: inner sizes differ");
        }
    }

    static void check(String op, Tensor x, int cols) {
        if (x.cols() != cols) {
            throw new IllegalArgumentException(op + ": x " + x + ": expected " + cols + " columns");
        }
    }

    static void check(String op, Matrix vector, int cols) {
        if (vector.rows() != 1 || vector.cols() != cols) {
            throw new IllegalArgumentException(
                    op + ": vector [" + vector.rows() + ", " + vector.cols() + "]: expected [1, " + cols + "]");
        }
    }

    static void checkLinear(Tensor out, Tensor x, Matrix w, Matrix bias) {
        check("linear", x, w);
        check("linear", bias, w.rows());
        if (out.rows() != x.rows() || out.cols() != w.rows()) {
            throw new IllegalArgumentException(
                    "linear: out " + out + ": expected [" + x.rows() + ", " + w.rows() + "]");
        }
    }

    static void checkRows(String op, Tensor x, int rows) {
        if (x.rows() != rows) {
            throw new IllegalArgumentException(op + ": x " + x + ": expected " + rows + " rows");
        }
    }

    static void checkSame(String op, Tensor x, Tensor y) {
        if (x.rows() != y.rows() || x.cols() != y.cols()) {
            throw new IllegalArgumentException(op + ": x " + x + " and y " + y + " differ in shape");
        }
    }
}
