package io.github.shardsum.internal.pjrt.abi;

import io.github.shardsum.pjrt.ArrayType;
import io.github.shardsum.pjrt.CompiledCollective;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * The collectives of a compiled program, read from its HLO. Collectives in computations that the
 * entry calls are included. A collective in the body of a loop counts once for each round; a
 * collective in a fusion or an asynchronous region has the place where this region begins.
 */
public final class HloCollectives {
  // HloModuleProtoWithConfig, HloModuleProto, HloComputationProto.
  private static final int MODULE = 1;
  private static final int COMPUTATIONS = 3;
  private static final int ENTRY = 6;
  private static final int COMPUTATION_NAME = 1;
  private static final int INSTRUCTIONS = 2;
  private static final int COMPUTATION_ID = 5;

  private static final Set<String> OPS =
      Set.of(
          "all-gather",
          "all-reduce",
          "reduce-scatter",
          "all-to-all",
          "ragged-all-to-all",
          "collective-permute",
          "collective-broadcast");

  /** Opcodes of instructions that name a region which an earlier instruction begins. */
  private static final Set<String> CONTINUED = Set.of("async-update", "async-done");

  private static final Pattern ROUNDS =
      Pattern.compile("\"known_trip_count\"\\s*:\\s*\\{\\s*\"n\"\\s*:\\s*\"?(\\d+)");

  /** The TPU compiler's name for the region of an all-reduce whose result is kept in parts. */
  private static final String SCATTERED = "all-reduce-scatter";

  private record Computation(String name, Map<Long, HloInstruction> instructions) {}

  private final Map<Long, Computation> computations = new HashMap<>();
  private final int devices;
  private final List<CompiledCollective> found = new ArrayList<>();

  private HloCollectives(int devices) {
    this.devices = devices;
  }

  /**
   * Reads the collectives.
   *
   * @param format the plugin's name of the program's form
   * @param code the program
   * @param devices number of devices on which it runs
   * @return the collectives, in the order of the program; empty if the form is not HLO
   * @throws IllegalArgumentException if the code is not HLO, or a collective moves something other
   *     than plain arrays
   */
  public static Optional<List<CompiledCollective>> of(String format, byte[] code, int devices) {
    return switch (format) {
      case "hlo" -> Optional.of(new HloCollectives(devices).read(code));
      case "hlo_with_config" ->
          Optional.of(
              new HloCollectives(devices)
                  .read(
                      ProtobufWire.read(code).stream()
                          .filter(field -> field.field() == MODULE)
                          .findFirst()
                          .orElseThrow(
                              () -> new IllegalArgumentException("expected a module, got none"))
                          .bytes()));
      default -> Optional.empty();
    };
  }

  private List<CompiledCollective> read(byte[] module) {
    long entry = 0;
    for (ProtobufWire.Field field : ProtobufWire.read(module)) {
      switch (field.field()) {
        case COMPUTATIONS -> computation(field.bytes());
        case ENTRY -> entry = field.number();
        default -> {}
      }
    }
    visit(entry, OptionalLong.of(1));
    return List.copyOf(found);
  }

  private void computation(byte[] code) {
    long id = 0;
    String name = "";
    Map<Long, HloInstruction> instructions = new LinkedHashMap<>();
    for (ProtobufWire.Field field : ProtobufWire.read(code)) {
      switch (field.field()) {
        case COMPUTATION_NAME -> name = new String(field.bytes(), StandardCharsets.UTF_8);
        case INSTRUCTIONS -> {
          HloInstruction instruction = HloInstruction.read(field.bytes());
          instructions.put(instruction.id(), instruction);
        }
        case COMPUTATION_ID -> id = field.number();
        default -> {}
      }
    }
    computations.put(id, new Computation(name, instructions));
  }

  private void visit(long id, OptionalLong times) {
    Computation computation = computations.get(id);
    if (computation == null) {
      throw new IllegalArgumentException("expected computation " + id + ", got none");
    }
    for (HloInstruction instruction : computation.instructions().values()) {
      String op = instruction.opcode().replaceFirst("-start$", "");
      if (OPS.contains(op)) {
        boolean scattered = op.equals("all-reduce") && computation.name().startsWith(SCATTERED);
        add(scattered ? "reduce-scatter" : op, instruction, computation, times);
      } else if (!CONTINUED.contains(instruction.opcode())) {
        OptionalLong inside = times;
        if (instruction.opcode().equals("while")) {
          OptionalLong rounds = rounds(instruction);
          inside =
              times.isPresent() && rounds.isPresent()
                  ? OptionalLong.of(Math.multiplyExact(times.getAsLong(), rounds.getAsLong()))
                  : OptionalLong.empty();
        }
        for (long called : instruction.called()) {
          visit(called, inside);
        }
      }
    }
  }

  private static OptionalLong rounds(HloInstruction loop) {
    Matcher known = ROUNDS.matcher(loop.config());
    return known.find() ? OptionalLong.of(Long.parseLong(known.group(1))) : OptionalLong.empty();
  }

  private void add(
      String op, HloInstruction instruction, Computation computation, OptionalLong times) {
    List<ArrayType> operands = new ArrayList<>();
    for (long operand : instruction.operands()) {
      HloInstruction read = computation.instructions().get(operand);
      if (read == null) {
        throw new IllegalArgumentException("expected instruction " + operand + ", got none");
      }
      operands.addAll(HloTypes.arrays(read.shape()));
    }
    // Missing groups mean one group of all devices.
    List<List<Integer>> groups =
        instruction.groups().isEmpty()
            ? List.of(IntStream.range(0, devices).boxed().toList())
            : instruction.groups();
    found.add(new CompiledCollective(op, instruction.name(), operands, groups, times));
  }
}
