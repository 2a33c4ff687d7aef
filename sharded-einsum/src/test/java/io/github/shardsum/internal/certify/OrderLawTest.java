package io.github.shardsum.internal.certify;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.Origin;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Plans made by hand that would add in another order than that of the tree, and some that do not.
 */
class OrderLawTest {
  private static final SumOrder ORDER = new SumOrder(2);

  /** A plan whose values are written down one after the other. */
  private static final class Draft {
    private final Mesh mesh;
    private final List<PlannedValue> inputs = new ArrayList<>();
    private final List<PlanStep> steps = new ArrayList<>();
    private int count;

    Draft(String mesh) {
      this.mesh = Mesh.parse(mesh);
    }

    private PlannedValue value(DType dtype, String layout, long... shape) {
      return new PlannedValue("v" + count, dtype, Shape.of(shape), Layout.parse(mesh, layout));
    }

    int input(String layout, long... shape) {
      return input(DType.F32, layout, shape);
    }

    int input(DType dtype, String layout, long... shape) {
      inputs.add(value(dtype, layout, shape));
      return count++;
    }

    int step(Action action, List<Integer> operands, String layout, long... shape) {
      return step(DType.F32, action, operands, layout, shape);
    }

    int step(DType dtype, Action action, List<Integer> operands, String layout, long... shape) {
      steps.add(new PlanStep(action, operands, value(dtype, layout, shape), Origin.of("by hand")));
      return count++;
    }

    SpmdPlan plan(SumOrder order) {
      return new SpmdPlan(mesh, inputs, steps, List.of(count - 1), order);
    }

    void isRight() {
      SpmdPlan plan = plan(ORDER);
      assertDoesNotThrow(() -> OrderLaw.check(plan));
    }

    void isRefused(String reason) {
      SpmdPlan plan = plan(ORDER);
      PlanRefusedException refused =
          assertThrows(PlanRefusedException.class, () -> OrderLaw.check(plan));
      String message = String.valueOf(refused.getMessage());
      assertTrue(message.startsWith("v" + (count - 1) + ": "), message);
      assertTrue(message.contains(reason), message);
      SpmdPlan free = plan(SumOrder.FASTEST);
      assertDoesNotThrow(() -> OrderLaw.check(free), "without an order every plan is right");
    }
  }

  /** The statement of a program of the inputs x and y. */
  private static Statement statement(String inputs, String operation) {
    String text = "program p {\n" + inputs + "\nr = " + operation + "\noutput r\n}\n";
    return Program.parse(text).statements().getFirst();
  }

  private static Action dot(long size) {
    String inputs = "input x: f32[k=" + size + "]\ninput y: f32[k=" + size + "]";
    return new Action.Apply(statement(inputs, "einsum(x, y) {equation=\"k,k->\"}"));
  }

  /** A dot product of vectors that are split over some axes, each a partial sum over others. */
  private static Draft dot(String mesh, String axes, long size, String partial) {
    Draft draft = new Draft(mesh);
    int x = draft.input("k@" + axes, size);
    int y = draft.input("k@" + axes, size);
    draft.step(dot(size), List.of(x, y), "| " + partial);
    return draft;
  }

  /** Of 2 elements a leaf; parts begin and end where nodes of the tree do. */
  @ParameterizedTest
  @CsvSource({
    "x=2, x, 4",
    "x=2, x, 8",
    "x=2, x, 7",
    "x=2, x, 3",
    "x=3, x, 12",
    "x=3, x, 11",
    "x=5, x, 10",
    "x=2 y=2, x.y, 8",
    "x=2 y=2, y.x, 16",
    "x=2 y=2, x.y, 7",
    "x=4, x, 8",
    "x=4 y=1, x.y, 8",
  })
  void partsThatAreNodesAreRight(String mesh, String axes, long size) {
    dot(mesh, axes, size, axes.replace(".y", mesh.contains("y=1") ? "" : " y").replace(".", " "))
        .isRight();
  }

  /** A tree over 6 leaves joins 4 and 2; halves of 3 leaves are none of its nodes. */
  @ParameterizedTest
  @CsvSource({
    "x=2, x, 12",
    "x=2, x, 11",
    "x=4, x, 12",
    "x=2, x, 6",
    "x=2, x, 5",
    "x=3, x, 9",
    "x=4, x, 4"
  })
  void partsThatAreNoNodesAreNot(String mesh, String axes, long size) {
    dot(mesh, axes, size, axes).isRefused("parts of k must be whole subtrees");
  }

  /** Of 5 elements, halves of 3 and 2 are cut into 2, 1, 1 and 1. */
  @Test
  void partsOfDifferentLengthsAreNot() {
    dot("x=2 y=2", "x.y", 5, "x y").isRefused("parts of k must be one after another");
  }

  @Test
  void addendsOfOtherAxesAreNot() {
    dot("x=2 y=2", "x", 8, "y").isRefused("must split k alone");
    dot("x=2 y=2", "x.y", 8, "x").isRefused("must split k alone");
    dot("x=2 y=2", "x", 8, "x y").isRefused("must split k alone");
  }

  @Test
  void aSumOfIntegersHasNoOrder() {
    Draft draft = new Draft("x=2");
    int x = draft.input(DType.I32, "k@x", 12);
    int y = draft.input(DType.I32, "k@x", 12);
    String inputs = "input x: i32[k=12]\ninput y: i32[k=12]";
    Action dot = new Action.Apply(statement(inputs, "einsum(x, y) {equation=\"k,k->\"}"));
    int partial = draft.step(DType.I32, dot, List.of(x, y), "| x");
    draft.step(DType.I32, new Action.AllReduce(List.of("x"), ReduceKind.SUM), List.of(partial), "");
    draft.isRight();
  }

  /** Only a label of all operands has addends that follow each other. */
  @Test
  void aLabelOfOneOperandHasNoAddends() {
    String inputs = "input x: f32[k=4 j=4]\ninput y: f32[j=4]";
    Action sum = new Action.Apply(statement(inputs, "einsum(x, y) {equation=\"kj,j->j\"}"));
    Draft draft = new Draft("x=2");
    int x = draft.input("k@x j", 4, 4);
    draft.step(sum, List.of(x, draft.input("j", 4)), "j | x", 4);
    draft.isRefused("a summed label must be in every operand");
  }

  /** With two summed labels each term is a leaf, and only the first may be split. */
  @Test
  void ofTwoLabelsTheOutermostIsSplit() {
    String inputs = "input x: f32[k=4 j=4]\ninput y: f32[k=4 j=4]";
    Action sum = einsum(inputs, "kj,kj->");
    Draft first = new Draft("x=2");
    int x = first.input("k@x j", 4, 4);
    first.step(sum, List.of(x, first.input("k@x j", 4, 4)), "| x");
    first.isRight();
    Draft second = new Draft("x=2");
    int y = second.input("k j@x", 4, 4);
    second.step(sum, List.of(y, second.input("k j@x", 4, 4)), "| x");
    second.isRefused("must split k alone");
    // A label of one element is not summed.
    Draft flat = new Draft("x=2");
    int z = flat.input("k j@x", 1, 4);
    flat.step(sum, List.of(z, flat.input("k j@x", 1, 4)), "| x");
    flat.isRight();
  }

  private static Action einsum(String inputs, String equation) {
    return new Action.Apply(statement(inputs, "einsum(x, y) {equation=\"" + equation + "\"}"));
  }

  @Test
  void aReductionIsASumOrHasNoOrder() {
    String inputs = "input x: f32[k=12 j=4]";
    for (String kind : List.of("sum", "max")) {
      Action reduce =
          new Action.Apply(statement(inputs, "reduce_" + kind + "(x) {labels=[\"k\"]}"));
      Draft draft = new Draft("x=2");
      draft.step(reduce, List.of(draft.input("k@x j", 12, 4)), "j | x", 4);
      if (kind.equals("sum")) {
        draft.isRefused("parts of k must be whole subtrees");
      } else {
        draft.isRight();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "x y, true",
    "y x, false",
    "x, false",
    "y, false",
    "x y w, true",
    "w x y, true",
    "w, false"
  })
  void theAddendsOfBothAxesAreJoinedAtOnceInTheirOrder(String axes, boolean isRight) {
    for (int kind = 0; kind < 3; kind++) {
      Draft draft = new Draft("x=2 y=2 z=2 w=1");
      int sum;
      List<String> over = List.of(axes.split(" ", -1));
      if (kind == 2) {
        sum = draft.input("j@z | x y", 8);
      } else {
        int x = draft.input("k@x.y j@z", 8, 8);
        String inputs = "input x: f32[k=8 j=8]\ninput y: f32[k=8]";
        Action dot = einsum(inputs, "kj,k->j");
        sum = draft.step(dot, List.of(x, draft.input("k@x.y", 8)), "j@z | x y", 8);
      }
      int moved = draft.step(new Action.AllGather("j", List.of("z")), List.of(sum), "j | x y", 8);
      if (kind == 0) {
        draft.step(new Action.AllReduce(over, ReduceKind.SUM), List.of(moved), "j", 8);
      } else {
        draft.step(new Action.ReduceScatter("j", over), List.of(moved), "j@x.y", 8);
      }
      if (isRight) {
        draft.isRight();
      } else {
        draft.isRefused("a reduction in order must be over all axes of the sum in their order");
      }
    }
  }

  @Test
  void aMaximumOfAddendsIsOneInEveryOrder() {
    Draft draft = new Draft("x=2 y=2");
    int most = draft.input("j | x y", 8);
    draft.step(new Action.AllReduce(List.of("y", "x"), ReduceKind.MAX), List.of(most), "j", 8);
    draft.isRight();
  }

  @Test
  void whatComputesReadsAndMakesCompleteSums() {
    Statement relu = statement("input x: f32[j=8]", "relu(x)");
    Draft reads = new Draft("x=2");
    reads.step(new Action.Apply(relu), List.of(reads.input("j | x", 8)), "j", 8);
    reads.isRefused("a step in order must read complete sums");
    Draft makes = new Draft("x=2");
    makes.step(new Action.Apply(relu), List.of(makes.input("j", 8)), "j | x", 8);
    makes.isRefused("its sums must have a known order");
    Draft contracts = new Draft("x=2");
    int x = contracts.input("k | x", 8);
    contracts.step(
        einsum("input x: f32[k=8]\ninput y: f32[k=8]", "k,k->"),
        List.of(x, contracts.input("k", 8)),
        "");
    contracts.isRefused("a step in order must read complete sums");
  }

  @Test
  void neighboursHaveCompleteSums() {
    Statement shift = statement("input x: f32[j=8]", "shift(x) {label=\"j\", by=1, fill=0}");
    Action neighbour = new Action.Neighbour(shift, List.of("x"), List.of(0));
    Draft right = new Draft("x=2 y=2");
    right.step(neighbour, List.of(right.input("j@x", 8)), "j@x", 8);
    right.isRight();
    Draft reads = new Draft("x=2 y=2");
    reads.step(neighbour, List.of(reads.input("j@x | y", 8)), "j@x", 8);
    reads.isRefused("a step in order must read complete sums");
    Draft makes = new Draft("x=2 y=2");
    makes.step(neighbour, List.of(makes.input("j@x", 8)), "j@x | y", 8);
    makes.isRefused("its sums must have a known order");
  }

  private static Action windows(int operand, String label) {
    Statement product =
        statement(
            "input x: f32[m=8 k=8]\ninput y: f32[k=8 n=8]",
            "einsum(x, y) {equation=\"mk,kn->mn\"}");
    return new Action.Windows(
        product,
        operand,
        label,
        List.of("x"),
        List.of(
            new Action.Ring(1, Action.Share.LARGER_HALF),
            new Action.Ring(-1, Action.Share.SMALLER_HALF)));
  }

  /** Rounds over a label of the result make whole sums; rounds that add follow the ring. */
  @Test
  void windowsMakeEachSumInOneRound() {
    Draft right = new Draft("x=2 y=2");
    int x = right.input("m@x k", 8, 8);
    right.step(windows(0, "m"), List.of(x, right.input("k n", 8, 8)), "m n", 8, 8);
    right.isRight();
    for (String fault : List.of("summed", "scattered", "partial")) {
      Draft draft = new Draft("x=2 y=2");
      boolean isSummed = fault.equals("summed");
      int a = draft.input(isSummed ? "m k@x" : "m@x k", 8, 8);
      draft.step(
          isSummed ? windows(0, "k") : windows(fault.equals("scattered") ? -1 : 0, "m"),
          List.of(a, draft.input("k n", 8, 8)),
          fault.equals("partial") ? "m n | y" : "m n",
          8,
          8);
      draft.isRefused("windows must not add rounds where sums have a fixed order");
    }
  }

  private static final String LOOPS =
      """
      program loops {
        input a: f32[k=4]
        b = scan(a) {count=2, label="t", carried=1, sequences=0, body=program round {
          input v: f32[k=4]
          r = relu(v)
          output r
        }}
        c = manual(b) {axes=["x=2"], in=["k"], out=["k"], body=program member {
          input v: f32[k=4]
          r = all_reduce(v) {axes=["x=2"], by=sum}
          output r
        }}
        output c
      }
      """;

  private static SpmdPlan body(SumOrder order) {
    Draft body = new Draft("x=2");
    Statement relu = statement("input x: f32[k=4]", "relu(x)");
    body.step(new Action.Apply(relu), List.of(body.input("k", 4)), "k", 4);
    return body.plan(order);
  }

  @Test
  void loopsKeepTheOrderAndRegionsHaveNone() {
    List<Statement> both = Program.parse(LOOPS).statements();
    Draft right = new Draft("x=2");
    right.step(new Action.Loop(both.getFirst(), body(ORDER)), List.of(right.input("k", 4)), "k", 4);
    right.isRight();
    Draft other = new Draft("x=2");
    other.step(
        new Action.Loop(both.getFirst(), body(SumOrder.TREE)),
        List.of(other.input("k", 4)),
        "k",
        4);
    other.isRefused("its body must have sums by a tree of leaves of 2");
    Draft reads = new Draft("x=2");
    reads.step(
        new Action.Loop(both.getFirst(), body(ORDER)), List.of(reads.input("k | x", 4)), "k", 4);
    reads.isRefused("a step in order must read complete sums");
    Draft region = new Draft("x=2");
    region.step(
        new Action.Loop(both.getLast(), body(ORDER)), List.of(region.input("k", 4)), "k", 4);
    region.isRefused("a manual region has no order of sums");
    Draft inside = new Draft("x=2");
    Nested.Manual manual = (Nested.Manual) both.getLast().operation();
    Statement communication = manual.body().statements().getFirst();
    inside.step(new Action.Communicate(communication), List.of(inside.input("k", 4)), "k", 4);
    inside.isRefused("a manual region has no order of sums");
  }

  /** A started reduction is checked where it starts. */
  @Test
  void startedReductionsAreInOrderToo() {
    Draft draft = new Draft("x=2 y=2");
    int sum = draft.input("j | x y", 8);
    Action reduce = new Action.AllReduce(List.of("y", "x"), ReduceKind.SUM);
    draft.step(new Action.Start(reduce), List.of(sum), "j", 8);
    draft.isRefused("a reduction in order must be over all axes of the sum in their order");
  }
}
