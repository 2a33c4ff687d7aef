package io.github.shardsum.internal.pjrt;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.pjrt.ArrayType;
import io.github.shardsum.pjrt.PjrtType;
import io.github.shardsum.tensor.Shape;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ProgramSignatureTest {
  /** A module whose program shape has a bf16 matrix and a bool. */
  private static byte[] module(int firstType) {
    byte[] matrix = new Proto.Writer().number(2, firstType).packed(3, new long[] {2, 3}).toBytes();
    byte[] flag = new Proto.Writer().number(2, 1).toBytes();
    byte[] shape = new Proto.Writer().bytes(1, matrix).bytes(1, flag).text(3, "a").toBytes();
    return new Proto.Writer().text(1, "name").bytes(4, shape).number(5, 7).toBytes();
  }

  @Test
  void parametersAreReadFromTheModule() {
    Optional<List<ArrayType>> expected =
        Optional.of(
            List.of(
                new ArrayType(PjrtType.BF16, Shape.of(2, 3)),
                new ArrayType(PjrtType.PRED, Shape.of())));
    assertEquals(expected, ProgramSignature.parameters("hlo", module(16)));
    byte[] wrapped = new Proto.Writer().bytes(1, module(16)).toBytes();
    assertEquals(expected, ProgramSignature.parameters("hlo_with_config", wrapped));
  }

  @Test
  void whatCannotBeReadIsUnknown() {
    assertEquals(Optional.empty(), ProgramSignature.parameters("mlir", module(16)));
    assertEquals(Optional.empty(), ProgramSignature.parameters("hlo", new byte[] {1, 2, 3}));
    assertEquals(Optional.empty(), ProgramSignature.parameters("hlo", module(13)));
  }
}
