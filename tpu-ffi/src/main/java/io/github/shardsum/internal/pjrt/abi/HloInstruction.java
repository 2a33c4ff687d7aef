package io.github.shardsum.internal.pjrt.abi;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * The parts of an HLO instruction that are needed to find collectives.
 *
 * @param id the number by which other instructions name it
 * @param opcode its operation, such as {@code all-gather}
 * @param operands numbers of the instructions that it reads
 * @param called numbers of the computations that it calls
 * @param groups the groups of a collective; for a permute pairs of source and target
 * @param config the compiler's notes on the instruction
 */
record HloInstruction(
    long id,
    String name,
    String opcode,
    byte[] shape,
    List<Long> operands,
    List<Long> called,
    List<List<Integer>> groups,
    String config) {
  // HloInstructionProto.
  private static final int NAME = 1;
  private static final int OPCODE = 2;
  private static final int SHAPE = 3;
  private static final int ID = 35;
  private static final int OPERANDS = 36;
  private static final int CALLED = 38;
  private static final int CONFIG = 43;
  private static final int GROUPS = 49;
  private static final int PAIRS = 52;
  private static final int DEVICE_LIST = 87;
  private static final int IOTA_LIST = 92;
  private static final int MESH_LIST = 93;

  static HloInstruction read(byte[] code) {
    long id = 0;
    String name = "";
    String opcode = "";
    byte[] shape = new byte[0];
    String config = "";
    List<Long> operands = new ArrayList<>();
    List<Long> called = new ArrayList<>();
    List<List<Integer>> written = new ArrayList<>();
    List<List<Integer>> listed = new ArrayList<>();
    for (ProtobufWire.Field field : ProtobufWire.read(code)) {
      switch (field.field()) {
        case NAME -> name = text(field);
        case OPCODE -> opcode = text(field);
        case SHAPE -> shape = field.bytes();
        case ID -> id = field.number();
        case OPERANDS -> Arrays.stream(field.numbers()).forEach(operands::add);
        case CALLED -> Arrays.stream(field.numbers()).forEach(called::add);
        case CONFIG -> config = text(field);
        case GROUPS -> written.add(members(field.bytes()));
        case PAIRS -> written.add(pair(field.bytes()));
        case DEVICE_LIST -> listed.addAll(listed(field.bytes()));
        // Older compilers have a number here instead of a list.
        case IOTA_LIST -> listed.addAll(iota(field.bytes()));
        case MESH_LIST -> listed.addAll(ofMesh(field.bytes()));
        default -> {}
      }
    }
    // If groups are written in both ways, both give the same groups.
    List<List<Integer>> groups = written.isEmpty() ? listed : written;
    return new HloInstruction(id, name, opcode, shape, operands, called, groups, config);
  }

  private static String text(ProtobufWire.Field field) {
    return new String(field.bytes(), StandardCharsets.UTF_8);
  }

  /** A ReplicaGroup. */
  private static List<Integer> members(byte[] group) {
    return numbers(group, 1);
  }

  /** Reads a SourceTarget. The format leaves out a number that is 0. */
  private static List<Integer> pair(byte[] code) {
    int source = 0;
    int target = 0;
    for (ProtobufWire.Field field : ProtobufWire.read(code)) {
      switch (field.field()) {
        case 1 -> source = Math.toIntExact(field.number());
        case 2 -> target = Math.toIntExact(field.number());
        default -> {}
      }
    }
    return List.of(source, target);
  }

  /** A CollectiveDeviceListProto: groups, or a rule that gives them. */
  private static List<List<Integer>> listed(byte[] code) {
    List<List<Integer>> groups = new ArrayList<>();
    for (ProtobufWire.Field field : ProtobufWire.read(code)) {
      switch (field.field()) {
        case 1 -> groups.add(members(field.bytes()));
        case 2 -> groups.addAll(iota(field.bytes()));
        default -> {}
      }
    }
    return groups;
  }

  /** An IotaReplicaGroupListProto: all devices reshaped, transposed, and cut into groups. */
  private static List<List<Integer>> iota(byte[] code) {
    List<Integer> count = numbers(code, 2);
    if (count.isEmpty()) {
      return List.of();
    }
    return cut(transposed(numbers(code, 3), numbers(code, 4)), count.getFirst());
  }

  /** A MeshAxesReplicaGroupListProto: the devices that differ along some axes of a mesh. */
  private static List<List<Integer>> ofMesh(byte[] code) {
    List<Integer> sizes = new ArrayList<>();
    List<Integer> order = new ArrayList<>();
    List<Integer> axes = new ArrayList<>();
    for (ProtobufWire.Field field : ProtobufWire.read(code)) {
      if (field.field() == 2) {
        List<Integer> axis = numbers(field.bytes(), 1);
        axes.add(axis.isEmpty() ? 0 : axis.getFirst());
        if (ProtobufWire.read(field.bytes()).stream().anyMatch(part -> part.field() == 2)) {
          throw new IllegalArgumentException(
              "groups must be along whole axes of a mesh, got a part of one");
        }
      } else if (field.field() == 1) {
        for (ProtobufWire.Field part : ProtobufWire.read(field.bytes())) {
          if (part.field() == 1) {
            sizes.addAll(numbers(part.bytes(), 2));
          }
        }
        order.addAll(numbers(field.bytes(), 2));
      }
    }
    List<Integer> permutation =
        new ArrayList<>(
            IntStream.range(0, sizes.size()).boxed().filter(axis -> !axes.contains(axis)).toList());
    permutation.addAll(axes);
    int members = axes.stream().mapToInt(sizes::get).reduce(1, Math::multiplyExact);
    List<Integer> all = transposed(sizes, permutation);
    return cut(order.isEmpty() ? all : all.stream().map(order::get).toList(), members);
  }

  /** The numbers from 0 on, read row by row from a transposed array. */
  private static List<Integer> transposed(List<Integer> sizes, List<Integer> permutation) {
    List<Integer> order =
        permutation.isEmpty() ? IntStream.range(0, sizes.size()).boxed().toList() : permutation;
    List<Integer> all = List.of(0);
    for (int axis : order) {
      int stride = 1;
      for (int minor : sizes.subList(axis + 1, sizes.size())) {
        stride = Math.multiplyExact(stride, minor);
      }
      List<Integer> more = new ArrayList<>();
      for (int before : all) {
        for (int i = 0; i < sizes.get(axis); i++) {
          more.add(before + i * stride);
        }
      }
      all = more;
    }
    return all;
  }

  private static List<List<Integer>> cut(List<Integer> all, int members) {
    List<List<Integer>> groups = new ArrayList<>();
    for (int from = 0; from < all.size(); from += members) {
      groups.add(List.copyOf(all.subList(from, from + members)));
    }
    return groups;
  }

  private static List<Integer> numbers(byte[] message, int number) {
    return ProtobufWire.read(message).stream()
        .filter(field -> field.field() == number)
        .flatMapToLong(field -> LongStream.of(field.numbers()))
        .mapToObj(Math::toIntExact)
        .toList();
  }
}
