package io.github.shardsum.program;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Communication.Routes;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.OperationKinds;
import io.github.shardsum.testkit.Programs;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class ManualTest {
  private static final List<MeshAxis> AXES = MeshAxis.parseAll("x=2 y=3 z=1");

  private static List<Tensor> run(Backend backend, Program program, List<Tensor> inputs) {
    try (Executable executable = backend.compile(program)) {
      return executable.run(inputs);
    }
  }

  private static void assertSame(Program program, List<Tensor> a, List<Tensor> b) {
    for (int i = 0; i < a.size(); i++) {
      assertArrayEquals(a.get(i).toLongArray(), b.get(i).toLongArray(), program::toString);
    }
  }

  @Property(tries = 200)
  void unrolledRegionsAreRegions(@ForAll long seed) {
    Program program = Programs.regions(DType.I64, AXES, 8, false).of(seed);
    List<Tensor> inputs = Programs.inputs(program, true).of(seed);
    List<Tensor> wanted = run(new ReferenceBackend(), program, inputs);
    Program unrolled = Passes.unroll(program);
    assertTrue(OperationKinds.of(unrolled).stream().noneMatch(OperationKinds.manual()::contains));
    assertSame(program, wanted, run(new ReferenceBackend(), unrolled, inputs));
    assertSame(program, wanted, run(LocalBackend.of(Workers.sequential()), program, inputs));
  }

  @Property(tries = 100)
  void textOfRegionsIsReadBack(@ForAll long seed) {
    Program program = Programs.regions(DType.F32, AXES, 8, false).of(seed);
    assertEquals(program, Program.parse(program.toString()));
  }

  @Example
  void everyCommunicationIsDrawn() {
    Set<String> seen = new TreeSet<>();
    for (int seed = 0; seed < 200; seed++) {
      seen.addAll(OperationKinds.of(Programs.regions(DType.I64, AXES, 8, false).of(seed)));
    }
    assertTrue(seen.containsAll(OperationKinds.manual()), seen::toString);
  }

  /** What one member makes of its input. */
  private interface Step {
    Value of(ProgramBuilder body, Value input);
  }

  /** What each member of x=3 makes of its chunk of 0 to 8, one row a member. */
  private static long[][] members(Step step) {
    ProgramBuilder p = Program.builder("members");
    Value x = p.input("x", "i64[i=9]");
    p.output(
        "y",
        p.manual(
                "x=3",
                List.of(x),
                List.of("i@x"),
                List.of("i m@x"),
                (b, in) -> List.of(b.broadcast(step.of(b, in.getFirst()), "m", 1)))
            .getFirst());
    Tensor input = Tensor.of(new long[] {0, 1, 2, 3, 4, 5, 6, 7, 8}, 9);
    Tensor result = run(new ReferenceBackend(), p.build(), List.of(input)).getFirst();
    long[][] rows = new long[3][];
    for (int member = 0; member < 3; member++) {
      rows[member] = result.select(1, member).toLongArray();
    }
    return rows;
  }

  @Example
  void communicationsAreWhatTheySay() {
    long[][] sum = {{9, 12, 15}, {9, 12, 15}, {9, 12, 15}};
    assertArrayEquals(sum, members((b, x) -> b.allReduce(x, ReduceKind.SUM, "x=3")));
    long[][] most = {{6, 7, 8}, {6, 7, 8}, {6, 7, 8}};
    assertArrayEquals(most, members((b, x) -> b.allReduce(x, ReduceKind.MAX, "x=3")));
    long[] all = {0, 1, 2, 3, 4, 5, 6, 7, 8};
    assertArrayEquals(new long[][] {all, all, all}, members((b, x) -> b.allGather(x, "i", "x=3")));
    assertArrayEquals(
        new long[][] {{9}, {12}, {15}}, members((b, x) -> b.reduceScatter(x, "i", "x=3")));
    assertArrayEquals(new long[][] {{0}, {4}, {8}}, members((b, x) -> b.ownChunk(x, "i", "x=3")));
    long[][] ring = {{6, 7, 8}, {0, 1, 2}, {3, 4, 5}};
    assertArrayEquals(ring, members((b, x) -> b.rotate(x, 1, "x=3")));
    long[][] ends = {{3, 4, 5}, {6, 7, 8}, {0, 0, 0}};
    assertArrayEquals(ends, members((b, x) -> b.permute(x, new Routes.Shift(-1, false), "x=3")));
    Routes pairs = new Routes.Pairs(List.of(new Routes.Pair(0, 2), new Routes.Pair(2, 1)));
    long[][] paired = {{0, 0, 0}, {6, 7, 8}, {0, 1, 2}};
    assertArrayEquals(paired, members((b, x) -> b.permute(x, pairs, "x=3")));
    long[][] scaled = {{0, 0, 0}, {3, 4, 5}, {12, 14, 16}};
    assertArrayEquals(scaled, members((b, x) -> b.multiply(x, b.axisIndex("x=3"))));
  }

  @Example
  void anAllToAllMovesTheSplitFromOneLabelToAnother() {
    ProgramBuilder p = Program.builder("moved");
    Value x = p.input("x", "i64[i=6 j=3]");
    p.output(
        "y",
        p.manual(
                "x=3",
                List.of(x),
                List.of("i@x j"),
                List.of("i j@x"),
                (b, in) -> List.of(b.allToAll(in.getFirst(), "i", "j", "x=3")))
            .getFirst());
    long[] values = new long[18];
    for (int i = 0; i < 18; i++) {
      values[i] = (long) i * i;
    }
    Tensor y = run(new ReferenceBackend(), p.build(), List.of(Tensor.of(values, 6, 3))).getFirst();
    assertArrayEquals(values, y.toLongArray());
  }

  /** The first axis that is named is major, whatever the order of the region's. */
  @Example
  void axesAreMajorToMinorAsTheyAreNamed() {
    Program program =
        Program.parse(
            """
            program order {
              input x: i64[i=4 j=1]
              y, z = manual(x) {axes=["a=2", "b=2"], in=["i@b.a j"], out=["i j", "i@b.a j"], body=program region {
                input x: i64[i=1 j=1]
                a = axis_index {axis="a=2"}
                b = axis_index {axis="b=2"}
                ten = constant {type="i64[]", value=10}
                tens = multiply(a, ten)
                both = add(tens, b)
                zero = subtract(x, x)
                here = add(zero, both)
                all = all_gather(here) {axes=["b=2", "a=2"], label="i"}
                output all, here
              }}
              output y, z
            }
            """);
    List<Tensor> results =
        run(new ReferenceBackend(), program, List.of(Tensor.of(new long[] {1, 2, 3, 4}, 4, 1)));
    assertArrayEquals(new long[] {0, 10, 1, 11}, results.get(0).toLongArray());
    assertArrayEquals(new long[] {0, 10, 1, 11}, results.get(1).toLongArray());
  }

  /** A region in a region communicates over axes of both; behind a bar members' values add up. */
  @Example
  void regionsNest() {
    ProgramBuilder p = Program.builder("nested");
    Value x = p.input("x", "i64[i=4 j=2]");
    ProgramBuilder.Body inner =
        (b, in) -> List.of(b.allReduce(in.getFirst(), ReduceKind.SUM, "x=2"));
    p.output(
        "y",
        p.manual(
                "x=2",
                List.of(x),
                List.of("i@x j"),
                List.of("i j | x"),
                (b, in) -> b.manual("y=2", in, List.of("i j@y"), List.of("i j@y"), inner))
            .getFirst());
    Tensor y =
        run(
                new ReferenceBackend(),
                p.build(),
                List.of(Tensor.of(new long[] {1, 2, 3, 4, 5, 6, 7, 8}, 4, 2)))
            .getFirst();
    // Rows 0 and 2, and rows 1 and 3, by both members of x, which hold the same.
    assertArrayEquals(new long[] {12, 16, 20, 24}, y.toLongArray());
  }

  private static void refused(String message, Runnable build) {
    ProgramException refused = assertThrows(ProgramException.class, build::run);
    assertTrue(refused.getMessage().contains(message), refused::getMessage);
  }

  private static void region(String type, String axes, String in, String out, Step step) {
    ProgramBuilder p = Program.builder("bad");
    Value x = p.input("x", type);
    p.manual(
        axes,
        List.of(x),
        List.of(in),
        List.of(out),
        (b, inputs) -> List.of(step.of(b, inputs.getFirst())));
  }

  @Example
  void errorsSayWhatMustBe() {
    refused(
        "S=10 must be a multiple of 4, the size of x; pad it first",
        () -> region("f32[S=10]", "x=4", "S@x", "S@x", (_, x) -> x));
    refused(
        "axes of a term must be of the region, got y",
        () -> region("f32[S=8]", "x=4", "S@y", "S", (_, x) -> x));
    refused(
        "a term must have the labels [S], got",
        () -> region("f32[S=8]", "x=4", "T", "S", (_, x) -> x));
    refused(
        "in must have no axes behind a bar",
        () -> region("f32[S=8]", "x=4", "S | x", "S", (_, x) -> x));
    refused(
        "it may differ along x; name them, or all_reduce or all_gather it",
        () -> region("f32[S=8]", "x=4", "S@x", "S", (_, x) -> x));
    refused(
        "S=2 must be a multiple of 4, the members; pad it first",
        () -> region("f32[S=8]", "x=4", "S@x", "S@x", (b, x) -> b.ownChunk(x, "S", "x=4")));
    refused(
        "axes of a communication must have the region's size, x=4, got x=2",
        () ->
            region(
                "f32[S=8]", "x=4", "S@x", "S@x", (b, x) -> b.allReduce(x, ReduceKind.SUM, "x=2")));
    refused(
        "axes of a region in it must be others, got x again",
        () ->
            region(
                "f32[S=8]",
                "x=2",
                "S@x",
                "S@x",
                (b, x) ->
                    b.manual("x=2", List.of(x), List.of("S@x"), List.of("S@x"), (_, in) -> in)
                        .getFirst()));
    refused(
        "an annotation in it must be of other axes than the region's",
        () -> region("f32[S=8]", "x=2", "S@x", "S@x", (b, x) -> b.layout(x, "S@x")));
    refused(
        "from and to must be two labels, got S twice",
        () -> region("f32[S=8]", "x=2", "S@x", "S@x", (b, x) -> b.allToAll(x, "S", "S", "x=2")));
    refused(
        "operand must have a dtype of numbers",
        () ->
            region(
                "bool[S=8]", "x=2", "S@x", "S", (b, x) -> b.allReduce(x, ReduceKind.SUM, "x=2")));
    Routes twice = new Routes.Pairs(List.of(new Routes.Pair(0, 1), new Routes.Pair(0, 0)));
    refused(
        "sources must be distinct, got 0 twice",
        () -> region("f32[S=8]", "x=2", "S@x", "S@x", (b, x) -> b.permute(x, twice, "x=2")));
    refused(
        "must be at least 1, got 0",
        () -> {
          try {
            MeshAxis.parse("x=0");
          } catch (IllegalArgumentException bad) {
            throw ProgramException.at("axis", String.valueOf(bad.getMessage()));
          }
        });
  }

  private static String over(String part, String body) {
    return """
    program p {
      input a: f32[m=8]
      y = manual(a) {axes=["x=2"], in=["m@x"], out=["m@x"], body=program member {
        PART
        BODY
        output r
      }}
      output y
    }
    """
        .replace("PART", part)
        .replace("BODY", body);
  }

  /** Inside of a region its own axes split nothing, as the type of an input or in a composite. */
  @Example
  void layoutsOfABodyAreOfOtherAxes() {
    Program.parse(over("input b: f32[m@c=4]", "r = relu(b)"));
    refused(
        "a body's input must be of other axes than the region's",
        () -> Program.parse(over("input b: f32[m@x=4]", "r = relu(b)")));
    ProgramBuilder meaning = Program.builder("meaning");
    meaning.output("z", meaning.layout(meaning.input("v", "f32[S=4]"), "S@x"));
    refused(
        "an annotation in it must be of other axes than the region's",
        () ->
            region(
                "f32[S=8]",
                "x=2",
                "S@x",
                "S@x",
                (b, x) -> b.composite("laid", meaning.build(), x).getFirst()));
  }

  @Example
  void aCommunicationOutsideOfRegionsIsRefused() {
    ProgramBuilder p = Program.builder("outside");
    Value x = p.input("x", "f32[i=2]");
    p.output("y", p.allReduce(x, ReduceKind.SUM, "x=2"));
    Program program = p.build();
    String message = "it must be in a manual region over x=2, got none around it";
    refused(message, () -> Passes.unroll(program));
    refused(message, () -> new ReferenceBackend().compile(program).run(Tensor.of(new float[2], 2)));
    refused(message, () -> LocalBackend.of(Workers.sequential()).compile(program));
    refused(message, () -> Gradients.gradient(program, List.of("y"), List.of("x")));
  }

  @Example
  void manyMembersAreForAMesh() {
    ProgramBuilder p = Program.builder("many");
    Value x = p.input("x", "f32[i=128]");
    p.output(
        "y",
        p.manual("x=128", List.of(x), List.of("i@x"), List.of("i@x"), (_, in) -> in).getFirst());
    refused(
        "members must be at most 64 where a region runs on one device, got 128; run it on a mesh",
        () -> Passes.unroll(p.build()));
  }

  /** What a scan carries differs as soon as it does in one round. */
  @Example
  void varianceOfWhatIsCarriedIsThatOfEveryRound() {
    ProgramBuilder round = Program.builder("round");
    Value carried = round.input("c", "f32[i=2]");
    Value seen = round.input("s", "f32[i=2]");
    round.output("next", round.add(carried, seen));
    Program body = round.build();
    refused(
        "it may differ along x",
        () ->
            region(
                "f32[i=4]",
                "x=2",
                "i@x",
                "i",
                (b, x) ->
                    b.scan(
                            3,
                            "r",
                            body,
                            List.of(b.allReduce(x, ReduceKind.SUM, "x=2")),
                            List.of(),
                            List.of(x))
                        .getFirst()));
  }

  @Example
  void kindsOfRegionsAreNotAmongTheOthers() {
    assertFalse(OperationKinds.all().contains("Manual"));
    assertTrue(OperationKinds.manual().contains("AllReduce.SUM"));
  }
}
