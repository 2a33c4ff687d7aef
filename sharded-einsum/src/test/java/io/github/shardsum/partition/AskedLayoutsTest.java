package io.github.shardsum.partition;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The checker holds a plan to the layouts and dtypes that the program says, not to the plan's. */
final class AskedLayoutsTest {
  private static final String PRODUCT =
      """
      program product {
        input a: f32[m=6 k=8]
        input b: f32[k=8 n=5]
        c: f32[m=6 n=5] = einsum(a, b) {equation="m k, k n -> m n"}
        d: f32[m=6 n=5] = annotate(c) {layout="m@x n?"}
        e: f32[m=6 n=5] = relu(d)
        output OUTPUT
      }
      """;

  private static PlanDraft product(String output) {
    return new PlanDraft(PRODUCT.replace("OUTPUT", output), "m k@x", "k@x n")
        .apply("c", "m n | x", 0, 1);
  }

  @Test
  void anOutputThatIsNotSummed() {
    product("c").isRefused("c must have the requested layout");
    product("c").then(new Action.AllReduce(List.of("x")), "m n").isAccepted();
  }

  @Test
  void anOutputWithoutItsReduceScatter() {
    product("d")
        .then(new Action.AllReduce(List.of("x")), "m n")
        .isRefused("d must have the requested layout");
    product("d").then(new Action.ReduceScatter("m", List.of("x")), "m@x n").isAccepted();
  }

  /** An open label may have further axes, a closed one may not. */
  @Test
  void anOutputWithMoreAxes() {
    PlanDraft open = product("d").then(new Action.ReduceScatter("m", List.of("x")), "m@x n");
    open.then(new Action.Slice("n", List.of("y")), "m@x n@y").isAccepted();
    PlanDraft closed = product("d").then(new Action.ReduceScatter("m", List.of("x")), "m@x n");
    closed
        .then(new Action.Slice("m", List.of("y")), "m@x.y n")
        .isRefused("d must have the requested layout");
  }

  @Test
  void aValueThatIsNowhereAsAnnotated() {
    PlanDraft scattered = product("e").then(new Action.ReduceScatter("m", List.of("x")), "m@x n");
    scattered.apply("e", "m@x n", 3).isAccepted();
    PlanDraft whole = product("e").then(new Action.AllReduce(List.of("x")), "m n");
    whole.apply("e", "m n", 3).isRefused("d must at some step have the requested layout");
  }

  /** Nothing reads a layout that another annotation replaces, so that a plan need not make it. */
  @Test
  void aValueThatOnlyAnAnnotationReads() {
    String program =
        """
        program twice {
          input a: f32[m@x=6 n=4]
          b: f32[m=6 n=4] = annotate(a) {layout="m n@x"}
          c: f32[m=6 n=4] = annotate(b) {layout="m@x n"}
          d: f32[m=6 n=4] = relu(c)
          output d
        }
        """;
    new PlanDraft(program, "m@x n").apply("d", "m@x n", 0).isAccepted();
    Mesh mesh = Mesh.parse("x=2,y=2");
    ProgramPlan plan =
        ProgramPlan.of(Program.parse(program), mesh, _ -> true, PlanOptions.defaults());
    assertTrue(plan.certify().startsWith("certified"));
    assertTrue(plan.plan().elementsReceived() == 0, plan::toString);
  }

  @Test
  void anInputThatLiesOtherwise() {
    String program =
        """
        program given {
          input a: f32[m@x=6 k=8]
          b: f32[m=6 k=8] = negate(a)
          output b
        }
        """;
    new PlanDraft(program, "m@x k").apply("b", "m@x k", 0).isAccepted();
    new PlanDraft(program, "m k")
        .apply("b", "m k", 0)
        .isRefused("a must have the requested layout");
    new PlanDraft(program, "m@x.y k")
        .apply("b", "m@x.y k", 0)
        .isRefused("a must have the requested layout");
  }

  @ParameterizedTest
  @CsvSource({"BOOL", "I32", "I64", "F64", "BF16"})
  void aValueThatIsStoredInAnotherDType(DType dtype) {
    product("c")
        .then(new Action.AllReduce(List.of("x")), "m n")
        .stored(dtype)
        .isRefused("must be stored as f32");
  }

  /** Two roundings of bf16 are one too many. */
  @Test
  void addendsOfBf16() {
    String program = PRODUCT.replace("OUTPUT", "c").replace("f32", "bf16");
    new PlanDraft(program, "m k@x", "k@x n")
        .apply("c", "m n | x", 0, 1)
        .then(new Action.AllReduce(List.of("x")), "m n")
        .isRefused("must be stored as f32");
    new PlanDraft(program, "m k@x", "k@x n")
        .apply("c", "m n | x", 0, 1)
        .stored(DType.F32)
        .then(new Action.AllReduce(List.of("x")), "m n")
        .stored(DType.BF16)
        .isAccepted();
  }

  @Test
  void aLoopThatGivesAddends() {
    String program =
        """
        program rounds {
          input x: f32[r=2 m=4]
          y: f32[r=2] = scan(x) {count=2, label="r", reverse=false, carried=0, sequences=1, body=program round {
              input a: f32[m=4]
              s: f32[] = reduce_sum(a) {labels=["m"]}
              output s
            }}
          output y
        }
        """;
    new PlanDraft(program, "r m@x")
        .loop("y", "m@x", "| x", "r | x", 0)
        .then(new Action.AllReduce(List.of("x")), "r")
        .isRefused("result must be no addends");
    new PlanDraft(program, "r m").loop("y", "m", "", "r", 0).isAccepted();
  }

  /** A region of two bodies is one by its meaning, and may lie in each as is asked there. */
  @ParameterizedTest
  @CsvSource({"relu", "negate"})
  void aRegionOfTwoBodies(String after) {
    String region =
        """
        RESULT: f32[k=24] = manual(x) {axes=["z=2"], in=["k@z j"], out=["k@z"], body=program outer {
          input of: f32[k=12 j=12]
          s: f32[k=12] = manual(of) {axes=["y=3"], in=["k@y j"], out=["k@y"], body=program inner {
            input part: f32[k=4 j=12]
            t: f32[k=4] = reduce_sum(part) {labels=["j"]}
            output t
          }}
          r: f32[k=12] = OPERATION(s)
          output r
        }}
        """;
    String program =
        "program two {\ninput x: f32[k=24 j=12]\n"
            + region.replace("RESULT", "a").replace("OPERATION", "negate")
            + region.replace("RESULT", "b").replace("OPERATION", after)
            + "c: f32[k=24] = add(a, b)\noutput c\n}";
    Mesh mesh = Mesh.parse("x=2 y=3 z=2");
    Map<String, Layout> one = parts(mesh, "k j@x", "k j");
    Map<String, Layout> other = parts(mesh, "k j", "k j@x");
    for (Map<String, Layout> asked : List.of(one, other)) {
      ProgramPlan plan =
          ProgramPlan.withLayouts(Program.parse(program), mesh, asked, PlanOptions.defaults());
      assertTrue(plan.certify().startsWith("certified"));
      Map<String, Layout> neither = parts(mesh, "k@x j", "k@x j");
      ProgramPlan of =
          new ProgramPlan(plan.given(), neither, plan.program(), plan.plan(), plan.cost());
      String message = assertThrows(IllegalStateException.class, of::certify).getMessage();
      assertTrue(message.contains("part must at some step have the requested layout"), message);
    }
  }

  private static Map<String, Layout> parts(Mesh mesh, String first, String second) {
    return Map.of(
        "a.body.s.body.part", Layout.parse(mesh, first),
        "b.body.s.body.part", Layout.parse(mesh, second));
  }

  /** An operation that is not linear gives another value of the addends than of the sum. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "i32 # i32 # divide(s, t)",
        "i32 # i64 # convert(s) {dtype=i64}",
        "f64 # f32 # convert(s) {dtype=f32}",
        "f32 # f64 # convert(s) {dtype=f64}",
        "f32 # f32 # cumulative_sum(s) {label=\"n\", exclusive=false, reverse=false}",
        "f32 # f32 # multiply(s, t)",
        "f32 # f32 # add(s, t)",
        "i32 # i32 # add(s, t)",
      })
  void addendsThatAreReadBeforeTheyAreSummed(String dtype, String result, String operation) {
    sums(dtype, result, operation).isRefused("operands must be no addends");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "i32 # i32 # multiply(s, t)",
        "i64 # i32 # convert(s) {dtype=i32}",
        "i32 # i32 # cumulative_sum(s) {label=\"n\", exclusive=false, reverse=false}",
        "f32 # f32 # shift(s) {label=\"n\", by=1, fill=0}",
      })
  void addendsThatMayBeRead(String dtype, String result, String operation) {
    sums(dtype, result, operation).isAccepted();
  }

  /** The sum of negated maxima is no negated maximum, though negation is linear in addends. */
  @ParameterizedTest
  @CsvSource({"reduce_max, MAX", "reduce_min, MIN"})
  void partsOfAMaximumAreNoAddends(String reduction, ReduceKind kind) {
    String program =
        """
        program most {
          input x: i32[m=4 n=5]
          s: i32[n=5] = REDUCE(x) {labels=["m"]}
          r: i32[n=5] = negate(s)
          output r
        }
        """
            .replace("REDUCE", reduction);
    for (ReduceKind by : ReduceKind.values()) {
      new PlanDraft(program, "m@x n")
          .apply("s", "n | x", 0)
          .apply("r", "n | x", 1)
          .then(new Action.AllReduce(List.of("x"), by), "n")
          .isRefused("operands must be no addends");
    }
    new PlanDraft(program, "m@x n")
        .apply("s", "n | x", 0)
        .then(new Action.AllReduce(List.of("x"), kind), "n")
        .apply("r", "n", 2)
        .isAccepted();
    new PlanDraft(program, "m@x n")
        .apply("s", "n | x", 0)
        .then(new Action.AllReduce(List.of("x")), "n")
        .apply("r", "n", 2)
        .isRefused("must be a " + kind);
  }

  private static PlanDraft sums(String dtype, String result, String operation) {
    String program =
        """
        program sums {
          input x: DTYPE[m=4 n=5]
          input t: DTYPE[n=5]
          s: DTYPE[n=5] = reduce_sum(x) {labels=["m"]}
          r: RESULT[n=5] = OPERATION
          output r
        }
        """
            .replace("DTYPE", dtype)
            .replace("RESULT", result)
            .replace("OPERATION", operation);
    PlanDraft draft = new PlanDraft(program, "m@x n", "n").apply("s", "n | x", 0);
    PlanDraft read =
        operation.contains(", t)") ? draft.apply("r", "n | x", 2, 1) : draft.apply("r", "n | x", 2);
    return read.then(new Action.AllReduce(List.of("x")), "n");
  }

  /** The labels of an ellipsis and of an axis of size 1 have no name in the equation. */
  @ParameterizedTest
  @CsvSource({
    "'...m@x k, k n -> m@x... n', 2.4.6, 6.5, m@x",
    "'m k@x, k@x n -> m@x n', 4.6, 1.5, m@x",
    "'...k@x, k@x n -> ...n@x', 2.4.6, 6.8, n@x"
  })
  void anEquationWithAnEllipsisLiesAsItSays(String text, String one, String two, String split) {
    Equation equation = Equation.parse(text.replace("...", " ... "));
    List<Shape> shapes = List.of(shape(one), shape(two));
    ShardedEinsumPlan plan =
        ShardedEinsumPlan.of(
            equation, Mesh.parse("x=2"), shapes, Map.of(), DType.F32, PlanOptions.defaults());
    assertTrue(plan.certify().startsWith("certified"));
    Equation other = Equation.parse(equation.toString().replace(split, split.substring(0, 1)));
    ShardedEinsumPlan of = new ShardedEinsumPlan(other, plan.dtype(), plan.plan(), plan.cost());
    String message = assertThrows(IllegalStateException.class, of::certify).getMessage();
    assertTrue(message.contains("must have the requested layout"), message);
  }

  private static Shape shape(String sizes) {
    return Shape.of(Stream.of(sizes.split("\\.")).mapToLong(Long::parseLong).toArray());
  }
}
