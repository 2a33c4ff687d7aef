package io.github.shardsum.internal.pjrt;

import io.github.shardsum.pjrt.ArrayType;
import io.github.shardsum.pjrt.PjrtType;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a compiled program takes, read from its HLO: the C API has no call for it, and a plugin does
 * not compare shapes itself.
 */
public final class ProgramSignature {
  // HloModuleProtoWithConfig, HloModuleProto, ProgramShapeProto, ShapeProto.
  private static final int MODULE = 1;
  private static final int PROGRAM_SHAPE = 4;
  private static final int PARAMETERS = 1;
  private static final int ELEMENT_TYPE = 2;
  private static final int SIZES = 3;

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
          Map.entry(18, PjrtType.C128));

  private ProgramSignature() {}

  /**
   * The parameters of a program.
   *
   * @param format the plugin's name of the program's form
   * @param code the program
   * @return one each; empty if the form is another, or a parameter is no plain array
   */
  public static Optional<List<ArrayType>> parameters(String format, byte[] code) {
    try {
      return switch (format) {
        case "hlo" -> Optional.of(ofModule(code));
        case "hlo_with_config" -> Optional.of(ofModule(only(Proto.read(code), MODULE)));
        default -> Optional.empty();
      };
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static byte[] only(List<Proto.Field> fields, int number) {
    return fields.stream()
        .filter(field -> field.field() == number)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no field " + number))
        .bytes();
  }

  private static List<ArrayType> ofModule(byte[] module) {
    List<ArrayType> parameters = new ArrayList<>();
    for (Proto.Field field : Proto.read(only(Proto.read(module), PROGRAM_SHAPE))) {
      if (field.field() == PARAMETERS) {
        parameters.add(array(Proto.read(field.bytes())));
      }
    }
    return parameters;
  }

  private static ArrayType array(List<Proto.Field> shape) {
    int type = 0;
    long[] sizes = new long[0];
    for (Proto.Field field : shape) {
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
      throw new IllegalArgumentException("element type " + type);
    }
    return new ArrayType(known, Shape.of(sizes));
  }
}
