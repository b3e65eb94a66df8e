package org.kimi4j.benchmarks.peer;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.kimi4j.tensor.Matrix;

/**
 * Writes an ONNX model of MatMulNBits nodes side by side, as protocol buffers by hand: an input A [rows, cols] and an
 * output Y0, Y1, ... for each of the weights. The nibbles are the checkpoint's; scales become 32-bit floats.
 */
final class OnnxModel {

    private static final int FLOAT = 1;
    private static final int UINT8 = 2;
    private static final int INT_ATTRIBUTE = 2;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private OnnxModel() {}

    /** The bytes of a model. */
    static byte[] of(Peer.Request request, int accuracyLevel) {
        OnnxModel graph = new OnnxModel();
        for (int i = 0; i < request.weights().size(); i++) {
            graph.message(1, node(i, request, accuracyLevel));
        }
        graph.text(2, "products");
        for (int i = 0; i < request.weights().size(); i++) {
            Matrix.Int4 w = request.weights().get(i);
            graph.message(5, tensor("B" + i, UINT8, bytes(w.packed()), w.rows(), w.cols() / 32, 16));
            graph.message(5, tensor("S" + i, FLOAT, scales(w), (long) w.rows() * w.cols() / 32));
        }
        graph.message(11, value("A", request.rows(), request.cols()));
        for (int i = 0; i < request.weights().size(); i++) {
            graph.message(12, value("Y" + i, request.rows(), request.outputs()));
        }
        OnnxModel model = new OnnxModel();
        model.number(1, 8); // IR version
        model.message(7, graph);
        model.message(8, operators("", 17));
        model.message(8, operators("com.microsoft", 1));
        return model.out.toByteArray();
    }

    private static OnnxModel operators(String domain, int version) {
        OnnxModel set = new OnnxModel();
        set.text(1, domain);
        set.number(2, version);
        return set;
    }

    private static OnnxModel node(int i, Peer.Request request, int accuracyLevel) {
        OnnxModel node = new OnnxModel();
        node.text(1, "A");
        node.text(1, "B" + i);
        node.text(1, "S" + i);
        node.text(2, "Y" + i);
        node.text(3, "product" + i);
        node.text(4, "MatMulNBits");
        node.message(5, attribute("K", request.cols()));
        node.message(5, attribute("N", request.outputs()));
        node.message(5, attribute("bits", 4));
        node.message(5, attribute("block_size", 32));
        node.message(5, attribute("accuracy_level", accuracyLevel));
        node.text(7, "com.microsoft");
        return node;
    }

    private static OnnxModel attribute(String name, long value) {
        OnnxModel attribute = new OnnxModel();
        attribute.text(1, name);
        attribute.number(3, value);
        attribute.number(20, INT_ATTRIBUTE);
        return attribute;
    }

    private static OnnxModel tensor(String name, int type, byte[] data, long... dims) {
        OnnxModel tensor = new OnnxModel();
        for (long dim : dims) {
            tensor.number(1, dim);
        }
        tensor.number(2, type);
        tensor.text(8, name);
        tensor.bytes(9, data);
        return tensor;
    }

    private static OnnxModel value(String name, int rows, int cols) {
        OnnxModel shape = new OnnxModel();
        for (int dim : new int[] {rows, cols}) {
            OnnxModel dimension = new OnnxModel();
            dimension.number(1, dim);
            shape.message(1, dimension);
        }
        OnnxModel tensorType = new OnnxModel();
        tensorType.number(1, FLOAT);
        tensorType.message(2, shape);
        OnnxModel type = new OnnxModel();
        type.message(1, tensorType);
        OnnxModel value = new OnnxModel();
        value.text(1, name);
        value.message(2, type);
        return value;
    }

    private static byte[] bytes(MemorySegment segment) {
        return segment.toArray(ValueLayout.JAVA_BYTE);
    }

    private static byte[] scales(Matrix.Int4 w) {
        float[] scales = floatScales(w);
        ByteBuffer bytes = ByteBuffer.allocate(4 * scales.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(scales);
        return bytes.array();
    }

    /** The scales of a matrix, [rows, cols / 32]. */
    static float[] floatScales(Matrix.Int4 w) {
        short[] bf16 = w.scales().toArray(ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN));
        float[] scales = new float[bf16.length];
        for (int i = 0; i < scales.length; i++) {
            scales[i] = Float.intBitsToFloat(bf16[i] << 16);
        }
        return scales;
    }

    private void number(int field, long value) {
        varint((long) field << 3);
        varint(value);
    }

    private void text(int field, String value) {
        bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    private void message(int field, OnnxModel value) {
        bytes(field, value.out.toByteArray());
    }

    private void bytes(int field, byte[] value) {
        varint((long) field << 3 | 2);
        varint(value.length);
        out.writeBytes(value);
    }

    private void varint(long value) {
        long left = value;
        while ((left & ~0x7fL) != 0) {
            out.write((int) (left & 0x7f | 0x80));
            left >>>= 7;
        }
        out.write((int) left);
    }
}
