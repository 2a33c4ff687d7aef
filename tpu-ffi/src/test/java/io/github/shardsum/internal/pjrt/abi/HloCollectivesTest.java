package io.github.shardsum.internal.pjrt.abi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.shardsum.pjrt.ArrayType;
import io.github.shardsum.pjrt.CompiledCollective;
import io.github.shardsum.pjrt.PjrtType;
import io.github.shardsum.tensor.Shape;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class HloCollectivesTest {
  private static final int F32 = 11;

  private static byte[] array(long... sizes) {
    return new ProtobufWire.Writer().number(2, F32).packed(3, sizes).toBytes();
  }

  private static ProtobufWire.Writer instruction(
      long id, String opcode, byte[] shape, long... operands) {
    return new ProtobufWire.Writer()
        .text(1, opcode + "." + id)
        .text(2, opcode)
        .bytes(3, shape)
        .number(35, id)
        .packed(36, operands);
  }

  private static byte[] computation(long id, String name, ProtobufWire.Writer... instructions) {
    ProtobufWire.Writer writer = new ProtobufWire.Writer().text(1, name);
    for (ProtobufWire.Writer instruction : instructions) {
      writer.bytes(2, instruction.toBytes());
    }
    return writer.number(5, id).toBytes();
  }

  private static byte[] module(byte[]... computations) {
    ProtobufWire.Writer writer = new ProtobufWire.Writer().text(1, "m");
    for (byte[] computation : computations) {
      writer.bytes(3, computation);
    }
    return writer.number(6, 1).toBytes();
  }

  private static List<CompiledCollective> read(byte[] module) {
    return HloCollectives.of("hlo", module, 4).orElseThrow();
  }

  private static byte[] groups(long... members) {
    return new ProtobufWire.Writer().packed(1, members).toBytes();
  }

  private static ProtobufWire.Writer parameter(long id, long... sizes) {
    return instruction(id, "parameter", array(sizes));
  }

  @Test
  void groupsAreReadInEveryFormThatCompilersWrite() {
    byte[] list = new ProtobufWire.Writer().bytes(1, groups(0, 2)).bytes(1, groups(1, 3)).toBytes();
    // Devices 0 to 3 as [2, 2], transposed: groups {0, 2} and {1, 3}.
    byte[] iota =
        new ProtobufWire.Writer()
            .number(1, 2)
            .number(2, 2)
            .packed(3, new long[] {2, 2})
            .packed(4, new long[] {1, 0})
            .toBytes();
    // A mesh of axes of 2 and 2, along the first one, whose number is not written.
    byte[] axis = new ProtobufWire.Writer().text(1, "x").number(2, 2).toBytes();
    byte[] mesh = new ProtobufWire.Writer().bytes(1, axis).bytes(1, axis).toBytes();
    byte[] along = new ProtobufWire.Writer().text(3, "x").toBytes();
    byte[] axes = new ProtobufWire.Writer().bytes(1, mesh).bytes(2, along).toBytes();
    List<ProtobufWire.Writer> forms =
        List.of(
            gather().bytes(49, groups(0, 2)).bytes(49, groups(1, 3)),
            gather().bytes(87, list),
            gather().bytes(87, new ProtobufWire.Writer().bytes(2, iota).toBytes()),
            gather().number(92, 3).bytes(87, list),
            gather().bytes(92, iota),
            gather().bytes(93, axes));
    for (ProtobufWire.Writer form : forms) {
      CompiledCollective read =
          read(module(computation(1, "main", parameter(7, 3, 5), form))).getFirst();
      assertEquals(
          new CompiledCollective(
              "all-gather",
              "all-gather.8",
              List.of(new ArrayType(PjrtType.F32, Shape.of(3, 5))),
              List.of(List.of(0, 2), List.of(1, 3)),
              OptionalLong.of(1)),
          read);
      assertEquals(60, read.bytesReceived());
    }
    CompiledCollective all =
        read(module(computation(1, "main", parameter(7, 3, 5), gather()))).getFirst();
    assertEquals(List.of(List.of(0, 1, 2, 3)), all.groups());
    assertEquals(180, all.bytesReceived());
  }

  private static ProtobufWire.Writer gather() {
    return instruction(8, "all-gather", array(6, 5), 7);
  }

  @Test
  void collectivesOfALoopCountOnceARound() {
    ProtobufWire.Writer loop =
        instruction(8, "while", array(8), 7)
            .packed(38, new long[] {2})
            .text(43, "{\"known_trip_count\":{\"n\":\"6\"},\"other\":1}");
    ProtobufWire.Writer endless = instruction(9, "while", array(8), 8).packed(38, new long[] {2});
    byte[] body =
        computation(
            2,
            "body",
            parameter(10, 8),
            instruction(11, "all-reduce", array(8), 10).bytes(49, groups(0, 1, 2, 3)));
    List<CompiledCollective> read =
        read(module(body, computation(1, "main", parameter(7, 8), loop, endless)));
    assertEquals(2, read.size());
    assertEquals(OptionalLong.of(6), read.getFirst().times());
    assertEquals(OptionalLong.empty(), read.getLast().times());
    assertEquals(48, read.getFirst().bytesReceived());
  }

  @Test
  void asynchronousOnesCountOnce() {
    byte[] wrapped =
        computation(
            2,
            "wrapped",
            parameter(10, 8),
            instruction(11, "all-to-all", array(8), 10).bytes(49, groups(0, 1, 2, 3)));
    byte[] pair = new ProtobufWire.Writer().number(2, 1).toBytes();
    byte[] tuple = new ProtobufWire.Writer().number(2, 13).bytes(4, array(8)).toBytes();
    byte[] main =
        computation(
            1,
            "main",
            parameter(7, 8),
            instruction(8, "async-start", tuple, 7).packed(38, new long[] {2}),
            instruction(9, "async-done", array(8), 8).packed(38, new long[] {2}),
            instruction(12, "collective-permute-start", tuple, 7).bytes(52, pair),
            instruction(13, "collective-permute-done", array(8), 12));
    List<CompiledCollective> read = read(module(main, wrapped));
    assertEquals(
        List.of("all-to-all", "collective-permute"),
        read.stream().map(CompiledCollective::op).toList());
    assertEquals(List.of(List.of(0, 1)), read.getLast().groups());
    assertEquals(24, read.getFirst().bytesReceived());
    assertEquals(32, read.getLast().bytesReceived());
  }

  @Test
  void anAllReduceOfWhichAPartIsKeptIsAReduceScatter() {
    byte[] region =
        computation(
            2,
            "all-reduce-scatter.1",
            parameter(10, 8),
            instruction(11, "all-reduce", array(8), 10).bytes(49, groups(0, 1, 2, 3)));
    byte[] main =
        computation(
            1,
            "main",
            parameter(7, 8),
            instruction(8, "fusion", array(2), 7).packed(38, new long[] {2}));
    CompiledCollective read = read(module(region, main)).getFirst();
    assertEquals("reduce-scatter", read.op());
    assertEquals(24, read.bytesReceived());
  }

  @Test
  void aBlockThatStaysIsNotReceived() {
    byte[] stays = new ProtobufWire.Writer().number(1, 3).number(2, 3).toBytes();
    byte[] main =
        computation(
            1,
            "main",
            parameter(7, 8),
            instruction(8, "collective-permute", array(8), 7).bytes(52, stays));
    assertEquals(0, read(module(main)).getFirst().bytesReceived());
  }

  @Test
  void whatIsNoHloIsSaid() {
    assertEquals(Optional.empty(), HloCollectives.of("mlir", new byte[0], 4));
    byte[] dangling = module(computation(1, "main", gather()));
    assertThrows(IllegalArgumentException.class, () -> read(dangling));
    assertThrows(IllegalArgumentException.class, () -> read(new byte[] {1, 2, 3}));
  }
}
