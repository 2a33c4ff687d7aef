package io.github.shardsum.internal.pjrt.abi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.pjrt.ArrayType;
import io.github.shardsum.pjrt.PjrtType;
import io.github.shardsum.tensor.Shape;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ProgramSignatureTest {
  /** A module whose program shape has a bf16 matrix and a bool. */
  private static byte[] module(int firstType) {
    byte[] matrix =
        new ProtobufWire.Writer().number(2, firstType).packed(3, new long[] {2, 3}).toBytes();
    byte[] flag = new ProtobufWire.Writer().number(2, 1).toBytes();
    byte[] shape = new ProtobufWire.Writer().bytes(1, matrix).bytes(1, flag).text(3, "a").toBytes();
    return new ProtobufWire.Writer().text(1, "name").bytes(4, shape).number(5, 7).toBytes();
  }

  @Test
  void parametersAreReadFromTheModule() {
    Optional<List<ArrayType>> expected =
        Optional.of(
            List.of(
                new ArrayType(PjrtType.BF16, Shape.of(2, 3)),
                new ArrayType(PjrtType.PRED, Shape.of())));
    assertEquals(expected, ProgramSignature.of("hlo", module(16)).parameters());
    byte[] wrapped = new ProtobufWire.Writer().bytes(1, module(16)).toBytes();
    assertEquals(expected, ProgramSignature.of("hlo_with_config", wrapped).parameters());
  }

  @Test
  void whatCannotBeReadIsUnknown() {
    assertEquals(ProgramSignature.UNKNOWN, ProgramSignature.of("mlir", module(16)));
    assertEquals(ProgramSignature.UNKNOWN, ProgramSignature.of("hlo", new byte[] {1, 2, 3}));
    ProgramSignature tuple = ProgramSignature.of("hlo", module(13));
    assertEquals(Optional.empty(), tuple.parameters());
    assertEquals(Optional.of(Set.of()), tuple.donated());
  }

  @Test
  void whatIsGivenAwayIsReadFromTheModule() {
    // Output 0 takes parameter 0, whose number is not written, and parameter 3 is merely a donor.
    byte[] alias = new ProtobufWire.Writer().number(4, 1).toBytes();
    byte[] second = new ProtobufWire.Writer().packed(1, new long[] {1}).number(2, 1).toBytes();
    byte[] aliases = new ProtobufWire.Writer().bytes(1, alias).bytes(1, second).toBytes();
    byte[] donor = new ProtobufWire.Writer().number(1, 3).toBytes();
    byte[] donors = new ProtobufWire.Writer().bytes(1, donor).toBytes();
    byte[] shape = new ProtobufWire.Writer().text(3, "a").toBytes();
    byte[] module =
        new ProtobufWire.Writer().bytes(4, shape).bytes(8, aliases).bytes(18, donors).toBytes();
    assertEquals(Optional.of(Set.of(0, 1, 3)), ProgramSignature.of("hlo", module).donated());
  }
}
