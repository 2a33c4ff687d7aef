package io.github.shardsum.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Sums of one-hots as positions and weights, forward and backward. */
class RoutedValuesTest {
  /** Dispatch and combine of the GShard paper, from positions and weights. */
  private static Program layer(long g, long s, long k, long e, long c, long m, DType dtype) {
    return Program.parse(
        String.format(
                Locale.ROOT,
                """
        program layer {
          input x: DT[G=%1$d S=%2$d M=%6$d]
          input weights: DT[G=%1$d S=%2$d K=%3$d]
          input positions: i32[G=%1$d S=%2$d K=%3$d]
          hot = one_hot(positions) {label="P", size=%7$d, dtype=DT}
          slots = split(hot) {label="P", into=["E", "C"], sizes=["%4$d", "%5$d"]}
          mask = reduce_sum(slots) {labels=["K"]}
          combine = einsum(weights, slots) {equation="GSK,GSKEC->GSEC"}
          dispatched = einsum(mask, x) {equation="GSEC,GSM->EGCM"}
          squared = multiply(dispatched, dispatched)
          y = einsum(combine, squared) {equation="GSEC,EGCM->GSM"}
          output y
        }
        """,
                g,
                s,
                k,
                e,
                c,
                m,
                e * c)
            .replace("DT", dtype.toString()));
  }

  private static Tensor integers(Random random, ValueType type, int from, int to) {
    int count = (int) type.shape().elementCount();
    double[] values = random.doubles(count, from, to).map(Math::floor).toArray();
    return Tensor.of(values, type.shape().toArray()).convert(type.dtype());
  }

  private static List<Tensor> inputs(Program program, int positions) {
    Random random = new Random(5);
    List<Tensor> inputs = new ArrayList<>();
    for (Value input : program.inputs()) {
      boolean index = input.name().equals("positions");
      inputs.add(integers(random, input.type(), index ? -2 : -4, index ? positions : 4));
    }
    return inputs;
  }

  private static void equalsTheReference(Program program, int positions) {
    List<Tensor> inputs = inputs(program, positions);
    try (Executable wanted = new ReferenceBackend().compile(program);
        Executable given = LocalBackend.of(Workers.sequential()).compile(program)) {
      List<Tensor> results = given.run(inputs);
      for (int i = 0; i < results.size(); i++) {
        assertArrayEquals(numbers(wanted.run(inputs).get(i)), numbers(results.get(i)));
      }
    }
  }

  /** The sign of a zero is not promised. */
  private static double[] numbers(Tensor tensor) {
    return Arrays.stream(tensor.toDoubleArray()).map(x -> x + 0.0).toArray();
  }

  private static Program gradient(Program layer) {
    return Gradients.valueAndGradient(layer, List.of("y"), List.of("x", "weights"));
  }

  @Test
  void equalThoseOfTheReferenceForwardAndBackward() {
    for (DType dtype : List.of(DType.F32, DType.F64)) {
      Program layer = layer(2, 7, 3, 4, 5, 6, dtype);
      equalsTheReference(layer, 22);
      equalsTheReference(gradient(layer), 22);
    }
    equalsTheReference(layer(2, 7, 3, 4, 5, 6, DType.BF16), 22);
  }

  @Test
  void slotsOfOnePositionAddUp() {
    equalsTheReference(layer(1, 6, 4, 2, 2, 3, DType.F64), 1);
  }

  @Test
  void aWeightedSumKeepsItsWeightsWhenItsLabelIsSplit() {
    Program program =
        Program.parse(
            """
            program split {
              input x: f64[E=3 C=4 M=5]
              input weights: f64[S=6 K=2]
              input positions: i32[S=6 K=2]
              hot = one_hot(positions) {label="P", size=12, dtype=f64}
              sum = einsum(weights, hot) {equation="SK,SKP->SP"}
              slots = split(sum) {label="P", into=["E", "C"], sizes=["3", "4"]}
              y = einsum(slots, x) {equation="SEC,ECM->SM"}
              output y
            }
            """);
    equalsTheReference(program, 12);
  }

  @Test
  void emptyLabelsAreLegal() {
    equalsTheReference(gradient(layer(0, 7, 3, 4, 5, 6, DType.F64)), 20);
    equalsTheReference(gradient(layer(2, 0, 3, 4, 5, 6, DType.F64)), 20);
    equalsTheReference(gradient(layer(2, 7, 0, 4, 5, 6, DType.F64)), 20);
    equalsTheReference(gradient(layer(2, 7, 3, 4, 0, 6, DType.F64)), 20);
  }

  @Test
  void noneOfTheirElementsIsEverWritten() {
    Program program = gradient(layer(2, 256, 2, 8, 64, 16, DType.F32));
    long dense = 2L * 256 * 8 * 64 * Float.BYTES;
    try (Executable local = LocalBackend.of(Workers.sequential()).compile(program)) {
      assertTrue(local.peakBytes() < dense / 2, local.explain());
    }
  }

  /** As a device of a mesh has it: indices of the whole label, less where its own part begins. */
  private static Program chunkOfExperts(boolean offset) {
    ProgramBuilder p = Program.builder("chunk");
    Value x = p.input("x", "f32[S=256 M=16]");
    Value indices = p.convert(p.input("indices", "i32[S=256]"), DType.I64);
    Value start = p.input("start", "i64[]");
    Value hot = p.oneHot(offset ? p.subtract(indices, start) : indices, "E", 4096, DType.F32);
    p.output("y", p.einsum("SE,SM->EM", hot, x));
    return p.build();
  }

  @Test
  void indicesThatWereMovedAreStillPositions() {
    Backend backend = LocalBackend.of(Workers.sequential());
    long rows = 256 * Long.BYTES;
    try (Executable whole = backend.compile(chunkOfExperts(false));
        Executable chunk = backend.compile(chunkOfExperts(true))) {
      assertTrue(whole.peakBytes() < 256L * 4096 * Float.BYTES / 8, whole.explain());
      assertTrue(chunk.peakBytes() <= whole.peakBytes() + 2 * rows, chunk.explain());
    }
    equalsTheReference(chunkOfExperts(true), 23);
  }

  @Test
  void theirElementsAreWrittenForOperationsThatReadThem() {
    String text = layer(2, 7, 3, 4, 5, 6, DType.F64).toString();
    Program all = Program.parse(text.replace("output y", "output y, combine, mask, slots"));
    assertEquals(4, all.outputs().size());
    equalsTheReference(all, 22);
  }

  @Test
  void aSumOfMoreOnesThanItsDtypeCanCountIsRoundedOnce() {
    Program program =
        Program.parse(
            """
            program counts {
              input positions: i32[K=300]
              input x: bf16[M=2]
              hot = one_hot(positions) {label="P", size=3, dtype=bf16}
              count = reduce_sum(hot) {labels=["K"]}
              y = einsum(count, x) {equation="P,M->PM"}
              output y, count
            }
            """);
    List<Tensor> inputs =
        List.of(
            Tensor.zeros(DType.I32, 300), Tensor.of(new double[] {1, 2}, 2).convert(DType.BF16));
    try (Executable local = LocalBackend.of(Workers.sequential()).compile(program)) {
      assertEquals(300, local.run(inputs).getLast().getDouble(0));
      assertEquals(600, local.run(inputs).getFirst().getDouble(0, 1));
    }
  }
}
