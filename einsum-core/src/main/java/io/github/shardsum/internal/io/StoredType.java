package io.github.shardsum.internal.io;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import io.github.shardsum.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * An element type in a file, and the dtype that represents all its values. A type that is itself a
 * dtype is mapped; other types are widened into a copy.
 */
public enum StoredType {
  F16(2, DType.F32),
  BF16(2, DType.BF16),
  F32(4, DType.F32),
  F64(8, DType.F64),
  I8(1, DType.I32),
  I16(2, DType.I32),
  I32(4, DType.I32),
  I64(8, DType.I64),
  U8(1, DType.I32),
  U16(2, DType.I32),
  U32(4, DType.I64),
  BOOL(1, DType.BOOL);

  private final int byteSize;
  private final DType dtype;

  StoredType(int byteSize, DType dtype) {
    this.byteSize = byteSize;
    this.dtype = dtype;
  }

  public static StoredType of(DType dtype) {
    return valueOf(dtype.name());
  }

  public int byteSize() {
    return byteSize;
  }

  public DType dtype() {
    return dtype;
  }

  /** Whether elements in the machine's order are those of the dtype. */
  public boolean isDType() {
    return name().equals(dtype.name());
  }

  /**
   * Converts the first n elements of a segment from this type to dtype, as elements at, at + 1, ...
   * of the target.
   */
  public void decode(MemorySegment from, ByteOrder order, int n, MemorySegment to, long at) {
    if (isDType()) {
      MemorySegment.copy(
          from, layout(order), 0, to, layout(ByteOrder.nativeOrder()), at * byteSize, n);
      return;
    }
    for (int i = 0; i < n; i++) {
      if (this == F16) {
        float value = Float.float16ToFloat((short) integer(from, order, i));
        to.setAtIndex(JAVA_FLOAT_UNALIGNED, at + i, value);
      } else if (dtype == DType.I64) {
        to.setAtIndex(JAVA_LONG_UNALIGNED, at + i, integer(from, order, i));
      } else {
        to.setAtIndex(JAVA_INT_UNALIGNED, at + i, (int) integer(from, order, i));
      }
    }
  }

  private long integer(MemorySegment from, ByteOrder order, int i) {
    return switch (this) {
      case I8 -> from.get(JAVA_BYTE, i);
      case U8 -> Byte.toUnsignedLong(from.get(JAVA_BYTE, i));
      case I16, F16 -> from.getAtIndex(JAVA_SHORT_UNALIGNED.withOrder(order), i);
      case U16 -> Short.toUnsignedLong(from.getAtIndex(JAVA_SHORT_UNALIGNED.withOrder(order), i));
      case U32 -> Integer.toUnsignedLong(from.getAtIndex(JAVA_INT_UNALIGNED.withOrder(order), i));
      case BF16, F32, F64, I32, I64, BOOL ->
          throw new IllegalStateException(this + " is a dtype and is copied whole");
    };
  }

  /** The bits of an element, as an integer of its size. */
  private ValueLayout layout(ByteOrder order) {
    return switch (byteSize) {
      case 1 -> JAVA_BYTE;
      case 2 -> JAVA_SHORT_UNALIGNED.withOrder(order);
      case 4 -> JAVA_INT_UNALIGNED.withOrder(order);
      default -> JAVA_LONG_UNALIGNED.withOrder(order);
    };
  }
}
