package io.github.shardsum.partition;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.CompositeParts.Buffer;
import io.github.shardsum.partition.CompositeParts.Extent;
import io.github.shardsum.partition.CompositeParts.Part;
import io.github.shardsum.partition.CompositeParts.Piece;
import io.github.shardsum.partition.CompositeParts.Place;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Steps and plans that cannot be written down, whatever their program is. */
final class RefusedStepsTest {
  private static final Mesh MESH = Mesh.parse("x=2");
  private static final Origin BY_HAND = Origin.of("by hand");
  private static final PlannedValue VALUE = value(MESH);

  private static PlannedValue value(Mesh mesh) {
    return new PlannedValue("a", DType.F32, Shape.of(4), Layout.parse(mesh, "i@x"));
  }

  private static Statement product() {
    return Program.parse(
            """
            program p {
              input a: f32[i=4]
              r = einsum(a, a) {equation="i,i->i"}
              output r
            }
            """)
        .statements()
        .getFirst();
  }

  private static void refuses(String says, Executable made) {
    String message = assertThrows(IllegalArgumentException.class, made, says).getMessage();
    assertTrue(message.contains(says), message);
  }

  private static PlanStep step(Action action, int operands, int results) {
    return new PlanStep(
        action, Collections.nCopies(operands, 0), Collections.nCopies(results, VALUE), BY_HAND);
  }

  @Test
  void aStepReadsAndGivesAsManyAsItsActionHas() {
    Action gather = new Action.AllGather("i", List.of("x"));
    Action reduce = new Action.AllReduce(List.of("x"));
    Action apply = new Action.Apply(product());
    assertEquals(1, step(gather, 1, 1).operands().size());
    refuses("step all-gather: operands must be one, got []", () -> step(gather, 0, 1));
    refuses("step all-gather: operands must be one, got [0, 0]", () -> step(gather, 2, 1));
    refuses("step all-gather: results must be one, got []", () -> step(gather, 1, 0));
    refuses("step all-gather: results must be one, got [", () -> step(gather, 1, 2));
    assertEquals(3, step(reduce, 3, 3).results().size());
    refuses("step all-reduce: operands must be one, got [0, 0]", () -> step(reduce, 2, 1));
    refuses("step all-reduce: results must be one, got [", () -> step(reduce, 1, 2));
    assertEquals(2, step(apply, 0, 2).results().size());
    refuses("results must be at least one, got []", () -> step(apply, 2, 0));
    Action windows = windows(0, ring(1));
    assertEquals(2, step(windows, 2, 1).operands().size());
    refuses("operands must be at least one, got []", () -> step(windows, 0, 1));
    refuses("results must be one, got [", () -> step(windows, 2, 2));
  }

  /** Each of them has an action of its own, whose rule the checker would otherwise pass by. */
  @Test
  void communicationsLoopsAndRegionsAreNoStatementsOnBlocks() {
    Program program =
        Program.parse(
            """
            program p {
              input a: f32[i=4]
              r = manual(a) {axes=["x=2"], in=["i@x"], out=["i@x"], body=program member {
                input b: f32[i=2]
                c = permute(b) {axes=["x=2"], by=1, wraps=true}
                output c
              }}
              s = scan(r) {count=3, label="t", carried=1, sequences=0, body=program round {
                input c: f32[i=4]
                next = relu(c)
                output next
              }}
              output s
            }
            """);
    Statement region = program.statements().getFirst();
    Statement permute = ((Nested.Manual) region.operation()).body().statements().getFirst();
    for (Statement other : List.of(region, permute, program.statements().getLast())) {
      refuses("must be no communication, loop or region, got ", () -> new Action.Apply(other));
    }
    SpmdPlan body = new SpmdPlan(MESH, List.of(VALUE), List.of(), List.of(0));
    for (Statement other : List.of(permute, product())) {
      refuses("must be a loop or region, got ", () -> new Action.Loop(other, body));
    }
  }

  private static Action.Ring ring(int step) {
    return new Action.Ring(step, Action.Share.ALL);
  }

  private static Action.Windows windows(int operand, Action.Ring... rings) {
    return new Action.Windows(product(), operand, "i", List.of("x"), List.of(rings));
  }

  @Test
  void windowsGatherOneOfTwoOperandsOrScatterInOneRingOrTwo() {
    assertTrue(windows(-1, ring(1), ring(-1)).isScatter());
    assertTrue(!windows(0, ring(1)).isScatter());
    assertTrue(!windows(1, ring(1)).isScatter());
    refuses("operand 0 or 1, or scatter as -1, got 2", () -> windows(2, ring(1)));
    refuses("operand 0 or 1, or scatter as -1, got -2", () -> windows(-2, ring(1)));
    refuses("must have one or two rings, got []", () -> windows(0));
    refuses("must have one or two rings", () -> windows(0, ring(1), ring(-1), ring(1)));
  }

  @Test
  void aPlansStepsReadWhatIsBeforeThemOnOneMesh() {
    PlanStep first = step(new Action.AllGather("i", List.of("x")), 1, 1);
    SpmdPlan plan = new SpmdPlan(MESH, List.of(VALUE), List.of(first), List.of(1));
    assertEquals(VALUE, plan.value(1));
    assertThrows(IndexOutOfBoundsException.class, () -> plan.value(2));
    for (int output : new int[] {-1, 2}) {
      refuses(
          "must be one of the 2 before its reader, got " + output,
          () -> new SpmdPlan(MESH, List.of(VALUE), List.of(first), List.of(output)));
    }
    PlanStep ahead = new PlanStep(first.action(), List.of(1), first.results(), BY_HAND);
    refuses(
        "must be one of the 1 before its reader, got 1",
        () -> new SpmdPlan(MESH, List.of(VALUE), List.of(ahead), List.of(1)));
    PlannedValue elsewhere = value(Mesh.parse("x=2 y=2"));
    refuses(
        "every layout must be of mesh \"x=2\"",
        () -> new SpmdPlan(MESH, List.of(elsewhere), List.of(), List.of(0)));
  }

  @Test
  void limitsAndBoundsAreInTheirRange() {
    PlanOptions options = PlanOptions.defaults();
    refuses("at least 0 bytes, got -1", () -> options.withMemoryLimit(-1));
    assertEquals(0, options.withMemoryLimit(0).memoryLimit().orElseThrow());
    assertEquals(1, options.withRaggedBound(1).raggedBound());
    for (double bad : new double[] {0.99, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      refuses("at least 1 times the local rows, got " + bad, () -> options.withRaggedBound(bad));
      refuses(
          "the factor must be at least 1, got " + bad,
          () -> new Extent.Bounded(rows(), List.of("x"), bad));
    }
  }

  private static Extent.Local rows() {
    return new Extent.Local(0, List.of("i"));
  }

  private static Buffer buffer(String name, Extent... extents) {
    return new Buffer(name, DType.F32, List.of("i", "j"), List.of(extents));
  }

  private static Place.InBuffer in(String buffer) {
    return new Place.InBuffer(buffer);
  }

  /** Rows travel over the axes of the first part that moves rows; the largest bound counts. */
  @Test
  void partsOfACompositeHaveTheirLargestBound() {
    refuses("must have an extent a label", () -> buffer("b", rows()));
    Extent few = new Extent.Bounded(rows(), List.of("x"), 1.5);
    Extent many = new Extent.Bounded(rows(), List.of("x"), 4);
    List<Buffer> buffers =
        List.of(
            buffer("even", rows(), new Extent.Fixed(3)),
            buffer("sent", many, new Extent.Fixed(3)),
            buffer("back", few, new Extent.Members(List.of("x"))));
    Part run =
        new Part.Run(
            "route", new TreeMap<>(), List.of(in("even")), List.of(in("sent")), Piece.WHOLE);
    Part there = new Part.Rows(List.of("x"), in("s"), in("r"), in("even"), in("sent"), Piece.WHOLE);
    Part again = new Part.Rows(List.of("y"), in("s"), in("r"), in("sent"), in("back"), Piece.WHOLE);
    Part sum =
        new Part.Reduce(
            List.of("x"), in("s"), OptionalInt.empty(), in("sent"), in("back"), Piece.WHOLE);
    CompositeParts parts = new CompositeParts(buffers, List.of(run, there, again, sum));
    assertEquals(List.of("x"), parts.rowAxes());
    assertEquals(4, parts.bound());
    assertEquals(0, new CompositeParts(buffers.subList(0, 1), List.of(run)).bound());
    assertEquals(List.of(), new CompositeParts(buffers, List.of(run, sum)).rowAxes());
    CompositeParts raised = parts.withBound(8);
    assertEquals(buffers.getFirst(), raised.buffers().getFirst());
    for (int i = 1; i < 3; i++) {
      assertEquals(
          new Extent.Bounded(rows(), List.of("x"), 8), raised.buffers().get(i).extents().get(0));
      assertEquals(buffers.get(i).extents().get(1), raised.buffers().get(i).extents().get(1));
    }
    assertEquals(parts.parts(), raised.parts());
  }
}
