package io.github.shardsum.internal.pjrt.abi;

import io.github.shardsum.pjrt.ArrayType;
import io.github.shardsum.pjrt.PjrtType;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a compiled program takes, read from its HLO: the C API has no call for it, and a plugin does
 * not compare shapes itself.
 *
 * @param parameters one each; empty if the form is another, or a parameter is no plain array
 * @param donated the parameters whose memory the program takes, by number from 0; empty if the form
 *     is another
 */
public record ProgramSignature(
    Optional<List<ArrayType>> parameters, Optional<Set<Integer>> donated) {
  /** Where there is no HLO to read. */
  public static final ProgramSignature UNKNOWN =
      new ProgramSignature(Optional.empty(), Optional.empty());

  // HloModuleProtoWithConfig, HloModuleProto, ProgramShapeProto, ShapeProto.
  private static final int MODULE = 1;
  private static final int PROGRAM_SHAPE = 4;
  private static final int PARAMETERS = 1;
  private static final int ELEMENT_TYPE = 2;
  private static final int SIZES = 3;

  // HloModuleProto, HloInputOutputAliasProto and its entries, HloBufferDonorProto and its entries.
  private static final int ALIASES = 8;
  private static final int DONORS = 18;
  private static final int ENTRIES = 1;
  private static final int ALIASED_PARAMETER = 2;
  private static final int DONATED_PARAMETER = 1;

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

  /**
   * What a program takes.
   *
   * @param format the plugin's name of the program's form
   * @param code the program
   * @return as much of it as can be read
   */
  public static ProgramSignature of(String format, byte[] code) {
    try {
      return switch (format) {
        case "hlo" -> ofModule(code);
        case "hlo_with_config" -> ofModule(only(Proto.read(code), MODULE));
        default -> UNKNOWN;
      };
    } catch (IllegalArgumentException e) {
      return UNKNOWN;
    }
  }

  private static byte[] only(List<Proto.Field> fields, int number) {
    return fields.stream()
        .filter(field -> field.field() == number)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no field " + number))
        .bytes();
  }

  private static ProgramSignature ofModule(byte[] code) {
    List<Proto.Field> module = Proto.read(code);
    Set<Integer> donated = new TreeSet<>(entries(module, ALIASES, ALIASED_PARAMETER));
    donated.addAll(entries(module, DONORS, DONATED_PARAMETER));
    return new ProgramSignature(parameters(module), Optional.of(Set.copyOf(donated)));
  }

  /** The numbers of parameters in a list of the module; 0 is one that is not written. */
  private static List<Integer> entries(List<Proto.Field> module, int list, int parameter) {
    List<Integer> numbers = new ArrayList<>();
    for (Proto.Field entries : module) {
      for (Proto.Field entry :
          entries.field() == list ? Proto.read(entries.bytes()) : List.<Proto.Field>of()) {
        if (entry.field() == ENTRIES) {
          numbers.add(
              Proto.read(entry.bytes()).stream()
                  .filter(field -> field.field() == parameter)
                  .mapToInt(field -> (int) field.number())
                  .findFirst()
                  .orElse(0));
        }
      }
    }
    return numbers;
  }

  private static Optional<List<ArrayType>> parameters(List<Proto.Field> module) {
    try {
      return Optional.of(shapes(Proto.read(only(module, PROGRAM_SHAPE))));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static List<ArrayType> shapes(List<Proto.Field> program) {
    List<ArrayType> parameters = new ArrayList<>();
    for (Proto.Field field : program) {
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
