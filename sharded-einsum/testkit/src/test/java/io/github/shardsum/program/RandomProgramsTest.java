package io.github.shardsum.program;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.testkit.OperationKinds;
import io.github.shardsum.testkit.Programs;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class RandomProgramsTest {
  private static final int PROGRAMS = 300;

  private static List<Program> integers(DType... dtypes) {
    List<Program> programs = new ArrayList<>();
    for (DType dtype : dtypes) {
      for (int seed = 0; seed < PROGRAMS; seed++) {
        programs.add(Programs.exact(dtype, 20).of(seed));
      }
    }
    return programs;
  }

  private static List<Program> reals() {
    List<Program> programs = new ArrayList<>();
    for (int seed = 0; seed < PROGRAMS; seed++) {
      programs.add(Programs.real(DType.F32, 20).of(seed));
    }
    return programs;
  }

  /**
   * Only operations that are not exact are missing from exact programs; no operation is missing
   * from real ones.
   */
  @Test
  void everyKindOfOperationOccurs() {
    assertEquals(Set.of(), OperationKinds.missing(reals()));
    Set<String> inexact =
        new TreeSet<>(
            Set.of(
                "Unary.EXP",
                "Unary.LOG",
                "Unary.SQRT",
                "Unary.RSQRT",
                "Unary.TANH",
                "Unary.LOGISTIC",
                "Unary.SINE",
                "Unary.COSINE",
                "Binary.POWER",
                "Softmax"));
    assertEquals(
        inexact, OperationKinds.missing(integers(DType.I64, DType.I32, DType.F32, DType.BF16)));
  }

  @Test
  void theFamilyIsWhole() {
    Set<String> all = OperationKinds.all();
    assertEquals(
        27
            - 4
            + Pointwise.UnaryKind.values().length
            + Pointwise.BinaryKind.values().length
            + Pointwise.Comparison.values().length
            + Contraction.ReduceKind.values().length,
        all.size(),
        all::toString);
  }
}
