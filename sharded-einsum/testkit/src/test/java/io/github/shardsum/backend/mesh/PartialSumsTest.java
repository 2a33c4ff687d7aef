package io.github.shardsum.backend.mesh;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A reader of a sum that is split over devices reads the sum, and not its addends. */
final class PartialSumsTest {
  private static Program program(String dtype, String statement) {
    return Program.parse(
        String.format(
            Locale.ROOT,
            """
        program sums {
          input x: %s[m@x=2 n=4]
          input y: %s[n=4]
          s = reduce_sum(x) {labels=["m"]}
          r = %s
          output r
        }
        """,
            dtype,
            dtype,
            statement));
  }

  /** Each device has one of the two addends of an element. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "i32 # 2147483647 # 1 # 1 # convert(s) {dtype=i64}",
        "i32 # 2147483647 # 1 # 1 # convert(s) {dtype=f64}",
        "f32 # 16777216 # 1 # 1 # convert(s) {dtype=f64}",
        "f32 # 2 # -1 # 0 # divide(s, y)",
        "f32 # 2 # -1 # Infinity # multiply(s, y)",
        "f32 # 3e38 # -3e38 # 2 # multiply(s, y)",
        "f32 # 3e38 # -3e38 # 0.25 # divide(s, y)",
        "f64 # 1e308 # -1e308 # 1e300 # multiply(y, s)",
        "f32 # 2 # -1 # Infinity # einsum(s, y) {equation=\"n,n->n\"}",
        "f32 # 3e38 # -3e38 # 1 # reduce_sum(s) {labels=[\"n\"]}",
        "i32 # 7 # -2 # 2 # divide(s, y)",
        "i32 # 3 # 2 # 7 # multiply(s, y)",
        "i64 # 9223372036854775807 # 1 # 3 # convert(s) {dtype=i32}",
      })
  void theResultIsThatOfTheSum(
      String dtype, String first, String second, String other, String statement) {
    Program program = program(dtype, statement);
    List<Tensor> inputs = inputs(DType.parse(dtype), first, second, other);
    try (Collectives collectives = Collectives.open(Mesh.parse("x=2"));
        Executable mesh = MeshBackend.of(collectives).compile(program);
        Executable reference = new ReferenceBackend().compile(program)) {
      Tensor expected = reference.run(inputs).getFirst();
      Tensor given = mesh.run(inputs).getFirst();
      if (expected.dtype().isFloating()) {
        assertArrayEquals(expected.toDoubleArray(), given.toDoubleArray(), mesh.explain());
      } else {
        assertArrayEquals(expected.toLongArray(), given.toLongArray(), mesh.explain());
      }
    }
  }

  private static List<Tensor> inputs(DType dtype, String first, String second, String other) {
    if (dtype.isFloating()) {
      double a = Double.parseDouble(first);
      double b = Double.parseDouble(second);
      double y = Double.parseDouble(other);
      return List.of(
          Tensor.of(new double[] {a, a, a, a, b, b, b, b}, 2, 4).convert(dtype),
          Tensor.of(new double[] {y, y, y, y}, 4).convert(dtype));
    }
    long a = Long.parseLong(first);
    long b = Long.parseLong(second);
    long y = Long.parseLong(other);
    return List.of(
        Tensor.of(new long[] {a, a, a, a, b, b, b, b}, 2, 4).convert(dtype),
        Tensor.of(new long[] {y, y, y, y}, 4).convert(dtype));
  }

  /** Integers wrap, so that a part of the sum is a sum of parts: less is added up. */
  @Test
  void addendsPassWhereThatIsCheaper() {
    assertEquals(
        List.of("slice", "all-reduce"), ops("f32", "slice(s) {label=\"n\", from=0, to=1, step=1}"));
    assertEquals(List.of("reduce_sum", "all-reduce"), ops("i32", "reduce_sum(s) {labels=[\"n\"]}"));
    // Of floats the sum is made first, two elements on a device, which adds up those alone.
    assertEquals(
        List.of("reduce-scatter", "reduce_sum", "all-reduce"),
        ops("f32", "reduce_sum(s) {labels=[\"n\"]}"));
  }

  /** An operation that makes no less of it reads the sum. */
  @Test
  void addendsDoNotPassWhereItSavesNothing() {
    assertEquals(List.of("all-reduce", "negate"), ops("i32", "negate(s)"));
    assertEquals(List.of("all-reduce", "multiply"), ops("i32", "multiply(s, y)"));
  }

  /** Operations from the first sum on. */
  private static List<String> ops(String dtype, String statement) {
    try (Collectives collectives = Collectives.open(Mesh.parse("x=2"));
        MeshExecutable mesh = MeshBackend.of(collectives).compile(program(dtype, statement))) {
      List<String> ops =
          mesh.plan().plan().steps().stream().map(step -> step.action()).map(Action::op).toList();
      return ops.subList(1, ops.size());
    }
  }
}
