package io.github.shardsum.internal.pjrt.abi;

import io.github.shardsum.pjrt.ArrayType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Parameters of a compiled program, read from its HLO: the C API has no call for the parameters,
 * and a plugin does not compare shapes itself.
 *
 * @param parameters the type of each parameter; empty if the program is not HLO, or a parameter is
 *     not a plain array
 * @param donated the numbers, from 0, of parameters whose memory the program takes; empty if the
 *     program is not HLO
 */
public record ProgramSignature(
    Optional<List<ArrayType>> parameters, Optional<Set<Integer>> donated) {
  /** The signature of a program that is not HLO. */
  public static final ProgramSignature UNKNOWN =
      new ProgramSignature(Optional.empty(), Optional.empty());

  // HloModuleProtoWithConfig, HloModuleProto, ProgramShapeProto.
  private static final int MODULE = 1;
  private static final int PROGRAM_SHAPE = 4;
  private static final int PARAMETERS = 1;

  // HloModuleProto, HloInputOutputAliasProto and its entries, HloBufferDonorProto and its entries.
  private static final int ALIASES = 8;
  private static final int DONORS = 18;
  private static final int ENTRIES = 1;
  private static final int ALIASED_PARAMETER = 2;
  private static final int DONATED_PARAMETER = 1;

  /**
   * Parameters of a program.
   *
   * @param format the plugin's name of the program's form
   * @param code the program
   * @return the parts of the signature that can be read
   */
  public static ProgramSignature of(String format, byte[] code) {
    try {
      return switch (format) {
        case "hlo" -> ofModule(code);
        case "hlo_with_config" -> ofModule(only(ProtobufWire.read(code), MODULE));
        default -> UNKNOWN;
      };
    } catch (IllegalArgumentException e) {
      return UNKNOWN;
    }
  }

  private static byte[] only(List<ProtobufWire.Field> fields, int number) {
    return fields.stream()
        .filter(field -> field.field() == number)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no field " + number))
        .bytes();
  }

  private static ProgramSignature ofModule(byte[] code) {
    List<ProtobufWire.Field> module = ProtobufWire.read(code);
    Set<Integer> donated = new TreeSet<>(entries(module, ALIASES, ALIASED_PARAMETER));
    donated.addAll(entries(module, DONORS, DONATED_PARAMETER));
    return new ProgramSignature(parameters(module), Optional.of(Set.copyOf(donated)));
  }

  /** The numbers of parameters in a list of the module; a missing number is 0. */
  private static List<Integer> entries(List<ProtobufWire.Field> module, int list, int parameter) {
    List<Integer> numbers = new ArrayList<>();
    for (ProtobufWire.Field entries : module) {
      for (ProtobufWire.Field entry :
          entries.field() == list
              ? ProtobufWire.read(entries.bytes())
              : List.<ProtobufWire.Field>of()) {
        if (entry.field() == ENTRIES) {
          numbers.add(
              ProtobufWire.read(entry.bytes()).stream()
                  .filter(field -> field.field() == parameter)
                  .mapToInt(field -> (int) field.number())
                  .findFirst()
                  .orElse(0));
        }
      }
    }
    return numbers;
  }

  private static Optional<List<ArrayType>> parameters(List<ProtobufWire.Field> module) {
    try {
      return Optional.of(shapes(ProtobufWire.read(only(module, PROGRAM_SHAPE))));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static List<ArrayType> shapes(List<ProtobufWire.Field> program) {
    List<ArrayType> parameters = new ArrayList<>();
    for (ProtobufWire.Field field : program) {
      if (field.field() == PARAMETERS) {
        parameters.add(HloTypes.array(ProtobufWire.read(field.bytes())));
      }
    }
    return parameters;
  }
}
