package io.github.shardsum.program;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.ErrorBound;
import io.github.shardsum.testkit.ErrorBounds;
import io.github.shardsum.testkit.Programs;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class ManualGradientTest {
  private static final double STEP = 1e-5;
  private static final double FINER = 0x1p-29;

  private static List<Tensor> run(Program program, List<Tensor> inputs) {
    try (Executable executable = new ReferenceBackend().compile(program)) {
      return executable.run(inputs);
    }
  }

  private static Program gradient(Program program) {
    return Gradients.gradient(
        program, List.of("result"), program.inputs().stream().map(Value::name).toList());
  }

  /**
   * Both are within the bounds of their roundings, whatever the order of sums. A rounding of f64 is
   * {@link #FINER} of one of f32, and bounds fall at least as fast as roundings do.
   */
  private static void assertNear(Program program, List<ErrorBound> wanted, List<Tensor> found) {
    for (int i = 0; i < wanted.size(); i++) {
      double[] a = wanted.get(i).value().toDoubleArray();
      double[] b = found.get(i).toDoubleArray();
      double[] bound = wanted.get(i).bound().toDoubleArray();
      for (int at = 0; at < a.length; at++) {
        if (Double.isFinite(bound[at])) {
          assertEquals(a[at], b[at], 2 * FINER * bound[at], program::toString);
        }
      }
    }
  }

  @Property(tries = 100)
  void isTheGradientOfTheUnrolledProgram(@ForAll long seed) {
    Program program = Programs.regions(DType.F64, MeshAxis.parseAll("x=2 y=3"), 8, true).of(seed);
    List<Tensor> inputs = Programs.inputs(program, false).of(seed);
    List<ErrorBound> wanted = ErrorBounds.of(gradient(Passes.unroll(program)), inputs);
    assertNear(program, wanted, run(gradient(program), inputs));
    try (Executable local = LocalBackend.of(Workers.sequential()).compile(gradient(program))) {
      assertNear(program, wanted, local.run(inputs));
    }
  }

  /**
   * The case of jax #36886: w is whole in a region over x and read as an addend by itself, with a
   * value that differs, behind an all-reduce, and in one; its cotangent is summed over x once.
   */
  @Example
  void ofAWholeValueTheSumOverMembersIsMadeOnce() {
    for (int p = 1; p <= 4; p++) {
      for (String body :
          List.of(
              // With a value that differs; alone; both; behind an all-reduce; in one.
              "a = multiply(w, x)\n y = all_reduce(a) {axes=[\"x=P\"], by=sum}",
              "y = multiply(w, w)",
              """
              a = multiply(w, x)
              b = all_reduce(a) {axes=["x=P"], by=sum}
              c = multiply(w, w)
              y = add(b, c)
              """,
              "a = all_reduce(x) {axes=[\"x=P\"], by=sum}\n y = multiply(w, a)",
              "a = multiply(w, w)\n y = all_reduce(a) {axes=[\"x=P\"], by=sum}",
              """
              a = all_gather(w) {axes=["x=P"], label="i"}
              b = reduce_scatter(a) {axes=["x=P"], label="i"}
              c = multiply(b, x)
              y = all_reduce(c) {axes=["x=P"], by=sum}
              """,
              "a = all_reduce(w) {axes=[\"x=P\"], by=max}\n y = multiply(a, a)")) {
        Program program =
            Program.parse(
                """
                program whole { input w: f64[i=3] input x: f64[i=N]
                 y = manual(w, x) {axes=["x=P"], in=["i", "i@x"], out=["i"], body=program region {
                 input w: f64[i=3] input x: f64[i=3]
                 BODY
                 output y }}
                 two = multiply(y, y) result = reduce_sum(two) {labels=["i"]}
                 output result }
                """
                    .replace("BODY", body)
                    .replace("P", Integer.toString(p))
                    .replace("N", Integer.toString(3 * p)));
        List<Tensor> inputs = Programs.inputs(program, false).of(p);
        List<Tensor> found = run(gradient(program), inputs);
        assertNear(program, ErrorBounds.of(gradient(Passes.unroll(program)), inputs), found);
        assertSlopes(program, inputs, found);
      }
    }
  }

  /** Of an output behind a bar every member's part has the whole cotangent. */
  @Example
  void ofAnOutputBehindABarEveryMemberHasTheCotangent() {
    ProgramBuilder p = Program.builder("bar");
    Value w = p.input("w", "f64[i=2]");
    Value y = p.manual("x=3", List.of(w), List.of("i"), List.of("i | x"), (_, in) -> in).getFirst();
    p.output("result", p.sum(y, "i"));
    List<Tensor> found = run(gradient(p.build()), List.of(Tensor.of(new double[] {1, 2}, 2)));
    assertArrayEquals(new double[] {3, 3}, found.getFirst().toDoubleArray());
  }

  @Example
  void theGradientHasARegionWithCollectives() {
    ProgramBuilder p = Program.builder("product");
    Value x = p.input("x", "f64[m=4 k=4]");
    Value w = p.input("w", "f64[k=4 n=2]");
    Value y =
        p.manual(
                "x=2",
                List.of(x, w),
                List.of("m k@x", "k@x n"),
                List.of("m n"),
                (b, in) ->
                    List.of(
                        b.allReduce(
                            b.einsum("mk,kn->mn", in.get(0), in.get(1)), ReduceKind.SUM, "x=2")))
            .getFirst();
    p.output("result", p.sum(p.multiply(y, y), "m", "n"));
    String text = gradient(p.build()).toString();
    assertEquals(2, text.split(" = manual\\(", -1).length - 1, text);
  }

  @Property(tries = 40)
  void equalsFiniteDifferences(@ForAll long seed) {
    Program program = Programs.regions(DType.F64, MeshAxis.parseAll("x=2"), 6, true).of(seed);
    List<Tensor> inputs = Programs.inputs(program, false).of(seed);
    assertSlopes(program, inputs, run(gradient(program), inputs));
  }

  private static void assertSlopes(Program program, List<Tensor> inputs, List<Tensor> found) {
    int result = program.outputs().indexOf(program.value("result"));
    try (Executable executable = new ReferenceBackend().compile(program)) {
      for (int i = 0; i < inputs.size(); i++) {
        double[] gradient = found.get(i).toDoubleArray();
        for (int at = 0; at < gradient.length; at++) {
          double up = moved(executable, inputs, i, at, STEP, result);
          double down = moved(executable, inputs, i, at, -STEP, result);
          double bound = 1e-5 * (1 + Math.abs(gradient[at]) + 1e-4 * Math.abs(up));
          assertEquals((up - down) / (2 * STEP), gradient[at], bound, program::toString);
        }
      }
    }
  }

  private static double moved(
      Executable executable, List<Tensor> inputs, int input, int at, double step, int result) {
    double[] values = inputs.get(input).toDoubleArray();
    values[at] += step;
    List<Tensor> moved = new ArrayList<>(inputs);
    moved.set(input, Tensor.of(values, inputs.get(input).shape().toArray()));
    return executable.run(moved).get(result).getDouble();
  }
}
