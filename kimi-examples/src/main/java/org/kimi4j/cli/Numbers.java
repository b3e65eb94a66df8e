package org.kimi4j.cli;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.kimi4j.tensor.DType;

/** Elements of stored tensors as doubles; exact but for 64-bit integers beyond 2^53. */
final class Numbers {

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Numbers() {}

    /** The element of a tensor's data at an index. */
    static double at(MemorySegment data, DType type, long index) {
        long at = index * type.bytes();
        return switch (type) {
            case F32 -> Float.intBitsToFloat(data.get(INT, at));
            case BF16 -> Float.intBitsToFloat(data.get(SHORT, at) << 16);
            case F16 -> Float.float16ToFloat(data.get(SHORT, at));
            case F64 -> Double.longBitsToDouble(data.get(LONG, at));
            case BOOL, U8 -> Byte.toUnsignedInt(data.get(ValueLayout.JAVA_BYTE, at));
            case I8 -> data.get(ValueLayout.JAVA_BYTE, at);
            case U16 -> Short.toUnsignedInt(data.get(SHORT, at));
            case I16 -> data.get(SHORT, at);
            case U32 -> Integer.toUnsignedLong(data.get(INT, at));
            case I32 -> data.get(INT, at);
            case U64, I64 -> data.get(LONG, at);
            case F8_E4M3, F8_E5M2 -> throw new CommandFailure("tensors of type " + type + " cannot be compared");
        };
    }
}
