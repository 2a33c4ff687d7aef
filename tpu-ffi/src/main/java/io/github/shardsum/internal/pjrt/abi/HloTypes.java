package io.github.shardsum.internal.pjrt.abi;

import io.github.shardsum.pjrt.ArrayType;
import io.github.shardsum.pjrt.PjrtType;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Reads XLA's shapes from its protocol buffers. */
final class HloTypes {
  // ShapeProto.
  private static final int ELEMENT_TYPE = 2;
  private static final int SIZES = 3;
  private static final int TUPLE_SHAPES = 4;

  private static final int TUPLE = 13;

  /** XLA's PrimitiveType, whose numbers differ from the C API's after F64. */
  private static final Map<Integer, PjrtType> TYPES =
      Map.ofEntries(
          Map.entry(1, PjrtType.PRED),
          Map.entry(2, PjrtType.S8),
          Map.entry(3, PjrtType.S16),
          Map.entry(4, PjrtType.S32),
          Map.entry(5, PjrtType.S64),
          Map.entry(6, PjrtType.U8),
          Map.entry(7, PjrtType.U16),
          Map.entry(8, PjrtType.U32),
          Map.entry(9, PjrtType.U64),
          Map.entry(10, PjrtType.F16),
          Map.entry(11, PjrtType.F32),
          Map.entry(12, PjrtType.F64),
          Map.entry(15, PjrtType.C64),
          Map.entry(16, PjrtType.BF16),
          Map.entry(17, PjrtType.TOKEN),
          Map.entry(18, PjrtType.C128),
          Map.entry(19, PjrtType.F8E5M2),
          Map.entry(20, PjrtType.F8E4M3FN),
          Map.entry(21, PjrtType.S4),
          Map.entry(22, PjrtType.U4),
          Map.entry(23, PjrtType.F8E4M3B11FNUZ),
          Map.entry(24, PjrtType.F8E5M2FNUZ),
          Map.entry(25, PjrtType.F8E4M3FNUZ),
          Map.entry(26, PjrtType.S2),
          Map.entry(27, PjrtType.U2),
          Map.entry(28, PjrtType.F8E4M3),
          Map.entry(29, PjrtType.F8E3M4),
          Map.entry(30, PjrtType.S1),
          Map.entry(31, PjrtType.U1),
          Map.entry(32, PjrtType.F4E2M1FN),
          Map.entry(33, PjrtType.F8E8M0FNU),
          Map.entry(35, PjrtType.F6E3M2FN),
          Map.entry(36, PjrtType.F6E2M3FN));

  private HloTypes() {}

  /**
   * Reads a shape that is not a tuple.
   *
   * @throws IllegalArgumentException if the shape is a tuple, or of a type that tensors do not have
   */
  static ArrayType array(List<ProtobufWire.Field> shape) {
    int type = 0;
    long[] sizes = new long[0];
    for (ProtobufWire.Field field : shape) {
      if (field.field() == ELEMENT_TYPE) {
        type = Math.toIntExact(field.number());
      } else if (field.field() == SIZES) {
        long[] more = field.numbers();
        int before = sizes.length;
        sizes = Arrays.copyOf(sizes, before + more.length);
        System.arraycopy(more, 0, sizes, before, more.length);
      }
    }
    PjrtType known = TYPES.get(type);
    if (known == null) {
      throw new IllegalArgumentException(
          "expected an element type of PJRT, got XLA's number " + type);
    }
    return new ArrayType(known, Shape.of(sizes));
  }

  /**
   * The arrays of a shape: the shape itself, or the arrays of a tuple, which may be nested.
   *
   * @throws IllegalArgumentException if an array is of a type that tensors do not have
   */
  static List<ArrayType> arrays(byte[] shape) {
    List<ProtobufWire.Field> fields = ProtobufWire.read(shape);
    boolean tuple =
        fields.stream().anyMatch(field -> field.field() == ELEMENT_TYPE && field.number() == TUPLE);
    if (!tuple) {
      return List.of(array(fields));
    }
    List<ArrayType> arrays = new ArrayList<>();
    for (ProtobufWire.Field field : fields) {
      if (field.field() == TUPLE_SHAPES) {
        arrays.addAll(arrays(field.bytes()));
      }
    }
    return arrays;
  }
}
