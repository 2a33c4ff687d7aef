package io.github.shardsum.partition;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.backend.mesh.MeshExecutable;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Einsums of three operands in a program are planned pair by pair where that is cheaper. */
final class PairwiseEinsumsTest {
  private static final Mesh MESH = Mesh.of("x", 4);
  private static final List<String> LABELS = List.of("a", "b", "c", "d", "e");

  /** The product of the first two is small, and lies otherwise than they and the result do. */
  private static Program chain(DType dtype) {
    return Program.parse(
        """
        program chain {
          input a: f32[m@x=64 k=64]
          input b: f32[k=64 n=2]
          input c: f32[n=2 p@x=64]
          whole = einsum(a, b, c) {equation="m k, k n, n p -> m p"}
          result = annotate(whole) {layout="m p@x"}
          output result
        }
        """
            .replace("f32", dtype.toString()));
  }

  private static ProgramPlan plan(Program program, Mesh mesh) {
    ProgramPlan plan = ProgramPlan.of(program, mesh, _ -> false, PlanOptions.defaults());
    plan.certify();
    return plan;
  }

  @Test
  void aProgramReceivesWhatTheEinsumAloneDoes() {
    ShardedEinsumPlan alone =
        ShardedEinsumPlan.of(
            Equation.parse("m@x k, k n, n p@x -> m p@x"),
            MESH,
            List.of(Shape.of(64, 64), Shape.of(64, 2), Shape.of(2, 64)),
            Map.of(),
            DType.F32,
            PlanOptions.defaults());
    SpmdPlan plan = plan(chain(DType.F32), MESH).plan();
    assertEquals(alone.plan().elementsReceived(), plan.elementsReceived(), plan::explain);
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"BF16", "F32", "I64"})
  void itsBitsAreTheReferences(DType dtype) {
    Program program = chain(dtype);
    List<Tensor> inputs = new ArrayList<>();
    for (Value input : program.inputs()) {
      double[] values = new double[Math.toIntExact(input.type().shape().elementCount())];
      Arrays.setAll(values, i -> i % 3 - 1);
      inputs.add(Tensor.of(values, input.type().shape().toArray()).convert(dtype));
    }
    try (Collectives collectives = Collectives.open(MESH);
        Executable reference = new ReferenceBackend().compile(program);
        MeshExecutable sharded = MeshBackend.of(collectives).compile(program)) {
      assertArrayEquals(
          reference.run(inputs).getFirst().toDoubleArray(),
          sharded.run(inputs).getFirst().toDoubleArray());
    }
  }

  /** The first pair of the last einsum is the value that the einsum also has as an operand. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "square = einsum(x, x) {equation=\"b, b -> \"}\n"
            + "cube = einsum(x, square, x) {equation=\"b, , b -> \"}",
        "square = einsum(x, x) {equation=\"b, c -> b c\"}\n"
            + "cube = einsum(square, x, x) {equation=\"b c, d, e -> e b c d\"}"
      })
  void aPairMayBeAnOperand(String statements) {
    Program program =
        Program.parse("program p {\ninput x: f64[b=4]\n" + statements + "\noutput cube\n}");
    PlanOptions inOrder =
        PlanOptions.defaults().withSums(CompileOptions.defaults().withReproducible().sums());
    assertEquals(
        "certified", ProgramPlan.of(program, MESH, _ -> false, inOrder).certify().substring(0, 9));
  }

  @Test
  void aLoopsBodyIsWrittenToo() {
    Program loop =
        Program.parse(
            """
            program loop {
              input start: f32[m@x=64 k=64]
              input b: f32[k=64 n=2]
              input c: f32[n=2 p=64]
              last = scan(start, b, c) {count=3, label="t", reverse=false, carried=1, sequences=0, body=program round {
                input a: f32[m=64 k=64]
                input b: f32[k=64 n=2]
                input c: f32[n=2 p=64]
                next = einsum(a, b, c) {equation="m k, k n, n p -> m p"}
                renamed = einsum(next) {equation="m k -> m k"}
                output renamed
              }}
              output last
            }
            """);
    assertEquals(0, plan(loop, MESH).plan().elementsReceived());
  }

  /** A program is planned statement by statement, an einsum alone as a whole: a little less. */
  @Test
  void randomProgramsReceiveAboutWhatTheirEinsumsAloneDo() {
    long inPrograms = 0;
    long alone = 0;
    int cases = RandomSharding.cases(100, 1_000);
    for (int i = 0; i < cases; i++) {
      RandomSharding random = new RandomSharding(RandomSharding.SEED + i);
      Mesh mesh = random.mesh();
      Drawn drawn = new Drawn(random, mesh);
      long program = plan(drawn.program, mesh).plan().elementsReceived();
      long einsum =
          ShardedEinsumPlan.of(
                  drawn.equation, mesh, drawn.shapes, Map.of(), DType.F32, PlanOptions.defaults())
              .plan()
              .elementsReceived();
      inPrograms += program;
      alone += einsum;
    }
    assertTrue(inPrograms <= 1.1 * alone, inPrograms + " against " + alone);
  }

  /** An einsum of three operands, and a program of it alone. */
  private static final class Drawn {
    private final List<Shape> shapes = new ArrayList<>();
    private final Equation equation;
    private final Program program;

    Drawn(RandomSharding random, Mesh mesh) {
      Map<String, Long> sizes = new HashMap<>();
      LABELS.forEach(label -> sizes.put(label, 1 + random.size()));
      ProgramBuilder builder = Program.builder("drawn");
      List<Term> terms = new ArrayList<>();
      List<Value> operands = new ArrayList<>();
      Set<String> had = new LinkedHashSet<>();
      for (int i = 0; i < 3; i++) {
        List<String> labels = labels(random, LABELS);
        had.addAll(labels);
        Term term = random.layout(mesh, labels, List.of()).term();
        Shape shape = Shape.of(labels.stream().mapToLong(sizes::get).toArray());
        terms.add(term);
        shapes.add(shape);
        operands.add(builder.input("x" + i, new ValueType(DType.F32, term, shape)));
      }
      Layout result = random.layout(mesh, labels(random, List.copyOf(had)), List.of());
      equation = new Equation(terms, result.term());
      Value whole = builder.einsum(equation.withoutLayout(), operands, Map.of());
      builder.output("result", builder.shard(whole, result.term()));
      program = builder.build();
    }

    private static List<String> labels(RandomSharding random, List<String> from) {
      List<String> labels = new ArrayList<>(from);
      for (int i = labels.size(); i > 1; i--) {
        Collections.swap(labels, i - 1, random.below(i));
      }
      return labels.subList(0, Math.min(labels.size(), random.below(4)));
    }
  }
}
