package io.github.shardsum.program;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Annotation.LabelSpec;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/**
 * Annotations of layouts: their notation, what they change of values, which is nothing, and where
 * gradients have them.
 */
class AnnotateTest {
  @Property
  void theNotationIsReadBack(@ForAll("annotations") Annotation annotation) {
    assertEquals(annotation, Annotation.parse(annotation.layout(), annotation.priority()));
  }

  @Provide
  Arbitrary<Annotation> annotations() {
    Arbitrary<List<String>> labels = Arbitraries.of("G", "S", "model", "E").list().uniqueElements();
    Arbitrary<List<Integer>> places = Arbitraries.integers().between(-1, 4).list().ofSize(3);
    Arbitrary<Set<Integer>> open = Arbitraries.integers().between(0, 3).set();
    return Combinators.combine(labels, places, open, Arbitraries.integers().between(0, 3))
        .as(AnnotateTest::annotation);
  }

  /** Mesh axes x, y and z, each on the label of its place, partial beyond, unused at -1. */
  private static Annotation annotation(
      List<String> labels, List<Integer> places, Set<Integer> open, int priority) {
    List<LabelSpec> specs = new java.util.ArrayList<>();
    List<String> axes = List.of("x", "y", "z");
    for (int i = 0; i < labels.size(); i++) {
      int label = i;
      List<String> own =
          axes.stream().filter(axis -> places.get(axes.indexOf(axis)) == label).toList();
      specs.add(new LabelSpec(labels.get(i), own, open.contains(i)));
    }
    Set<String> partial =
        Set.copyOf(
            axes.stream().filter(axis -> places.get(axes.indexOf(axis)) >= labels.size()).toList());
    return new Annotation(specs, partial, priority);
  }

  @Test
  void namedLabelsAreClosedUnlessTheyHaveAQuestionMark() {
    Annotation annotation = Annotation.parse("E@x.y  G M? | z", 1);
    assertEquals(
        List.of(
            new LabelSpec("E", List.of("x", "y"), false),
            new LabelSpec("G", List.of(), false),
            new LabelSpec("M", List.of(), true)),
        annotation.labels());
    assertEquals(Set.of("z"), annotation.partial());
    assertEquals("E@x.y G M? | z", annotation.layout());
    assertEquals(Set.of(), annotation.dual().partial());
  }

  @Test
  void whatIsNoLayoutIsRefused() {
    for (String layout :
        List.of("E@x G@x", "E E", "E@", "E@x | x", "E@x.", "| x x", "?", "E@x@y")) {
      assertThrows(IllegalArgumentException.class, () -> Annotation.parse(layout), layout);
    }
    assertThrows(IllegalArgumentException.class, () -> Annotation.parse("E", -1));
  }

  private static Program layer(boolean annotated) {
    ProgramBuilder p = Program.builder("layer");
    Value x = p.input("x", "f32[G=2 S=3 M=4]");
    Value w = p.input("w", "f32[M=4 H=2]");
    Value h = p.einsum("GSM,MH->GSH", x, w);
    h = annotated ? p.split(h, "G", "x") : h;
    Value y = p.relu(h);
    p.output("y", annotated ? p.layout(y, "G@x S H?") : y);
    return p.build();
  }

  @Test
  void theTextHasTheLayoutAndThePriority() {
    ProgramBuilder p = Program.builder("p");
    Value x = p.input("x", "f32[E=2 G=3]");
    p.output("y", p.annotate(x, Annotation.parse("E@x G?", 1)));
    p.output("z", p.replicate(x));
    Program program = p.build();
    assertEquals(
        """
        program p {
          input x: f32[E=2 G=3]
          y: f32[E=2 G=3] = annotate(x) {layout="E@x G?", priority=1}
          z: f32[E=2 G=3] = annotate(x) {layout="E G"}
          output y, z
        }
        """,
        program.toString());
    assertEquals(program, Program.parse(program.toString()));
  }

  @Test
  void valuesAndTheirNamesAreThoseWithoutAnnotations() {
    for (Backend backend : List.of(new ReferenceBackend(), LocalBackend.of(Workers.sequential()))) {
      try (Executable plain = backend.compile(layer(false));
          Executable annotated = backend.compile(layer(true))) {
        float[] data = new float[24];
        for (int i = 0; i < 24; i++) {
          data[i] = i - 11.5f;
        }
        Tensor x = Tensor.of(data, 2, 3, 4);
        Tensor w = Tensor.of(new float[] {1, -2, 3, -4, 5, -6, 7, -8}, 4, 2);
        assertEquals(Set.of("y"), annotated.run(Map.of("x", x, "w", w)).keySet());
        assertArrayEquals(
            plain.run(x, w).getFirst().toDoubleArray(),
            annotated.run(x, w).getFirst().toDoubleArray());
        if (backend instanceof LocalBackend) {
          assertEquals(plain.peakBytes(), annotated.peakBytes());
        }
      }
    }
  }

  @Test
  void anAnnotatedValueThatIsNeverUsedIsAnError() {
    ProgramBuilder p = Program.builder("p");
    Value x = p.input("x", "f32[a=2]");
    p.split(x, "a", "x");
    p.output("y", p.exp(x));
    String message = String.valueOf(assertThrows(ProgramException.class, p::build).getMessage());
    assertTrue(message.contains("annotate(x: f32[a=2])"), message);
    assertTrue(message.contains("must be used in place of its operand"), message);
  }

  @Test
  void theCompactFormIsAnErrorThatShowsTheSpacedOne() {
    ProgramBuilder p = Program.builder("p");
    Value x = p.input("x", "f32[G=2 S=2 M=2]");
    String message =
        String.valueOf(assertThrows(ProgramException.class, () -> p.layout(x, "GSM")).getMessage());
    assertTrue(message.contains("must be of [G, S, M], got GSM"), message);
    assertTrue(message.contains("\"G S M\""), message);
    assertThrows(ProgramException.class, () -> p.split(x, "E", "x"));
  }

  @Test
  void theCotangentHasTheLayoutOfItsPrimalWithoutPartialSums() {
    Program program =
        Program.parse(
            """
            program p {
              input x: f32[a=2 b=3]
              y = exp(x)
              laid = annotate(y) {layout="a@x b | z", priority=2}
              loss = reduce_sum(laid) {labels=["a", "b"]}
              output loss
            }
            """);
    String gradient = Gradients.valueAndGradient(program, List.of("loss"), List.of("x")).toString();
    assertTrue(gradient.contains("{layout=\"a@x b | z\", priority=2}"), gradient);
    assertTrue(gradient.contains("{layout=\"a@x b\", priority=2}"), gradient);
  }

  @Test
  void gradientsKeepTheLayoutsOfInputsAndOutputs() {
    Program program =
        Program.parse(
            """
            program p {
              input x: f32[a@x=2 b=3]
              y = exp(x)
              z = annotate(y) {layout="a b@y"}
              output z
            }
            """);
    Program gradient = Gradients.gradient(program, List.of("z"), List.of("x"));
    assertEquals("cotangent.z: f32[a=2 b@y=3]", gradient.inputs().getLast().toString());
    Statement last = gradient.statements().getLast();
    assertEquals("gradient.x", last.result().name());
    assertEquals(
        new Movement.Annotate(last.operation().operands().getFirst(), Annotation.parse("a@x b")),
        last.operation());
  }

  @Test
  void theCotangentOfEachValueIsKnown() {
    Program program =
        Program.parse(
            """
            program p {
              input x: f32[a=2]
              input unused: f32[a=2]
              h = exp(x)
              y = tanh(h)
              index = arg_max(h) {label="a"}
              loss = reduce_sum(y) {labels=["a"]}
              output loss, index
            }
            """);
    Gradients.Gradient gradient = Gradients.differentiate(program, List.of("loss"), List.of("x"));
    assertEquals(
        Gradients.valueAndGradient(program, List.of("loss"), List.of("x")), gradient.program());
    Map<String, String> names = new java.util.LinkedHashMap<>();
    gradient.cotangents().forEach((x, g) -> names.put(x.name(), g.name()));
    assertEquals(
        Map.of("x", "gradient.x", "h", "cotangent.h", "y", "cotangent.y", "loss", "cotangent.loss"),
        names);
    gradient
        .cotangents()
        .values()
        .forEach(g -> assertEquals(g, gradient.program().value(g.name())));
  }

  @Test
  void aTableAnnotatesByName() {
    Program program =
        Program.parse(
            """
            program p {
              input x: f32[a=2 b=3]
              input steps: f32[t=4 a=2]
              y = exp(x)
              last = scan(y, steps) {count=4, label="t", carried=1, sequences=1, body=program round {
                input state: f32[a=2 b=3]
                input step: f32[a=2]
                next = add(state, step)
                output next
              }}
              output y, last
            }
            """);
    Program laid =
        Annotations.of(Map.of("x", "a@x", "y", "a@x b", "last.round.next", "a@x b?"))
            .apply(program);
    assertEquals(
        """
        program p {
          input x: f32[a=2 b=3]
          input steps: f32[t=4 a=2]
          x.annotated: f32[a=2 b=3] = annotate(x) {layout="a@x"}
          y.unannotated: f32[a=2 b=3] = exp(x.annotated)
          y: f32[a=2 b=3] = annotate(y.unannotated) {layout="a@x b"}
          last: f32[a=2 b=3] = scan(y, steps) {count=4, label="t", reverse=false, carried=1, sequences=1, body=program round {
            input state: f32[a=2 b=3]
            input step: f32[a=2]
            next.unannotated: f32[a=2 b=3] = add(state, step)
            next: f32[a=2 b=3] = annotate(next.unannotated) {layout="a@x b?"}
            output next
          }}
          output y, last
        }
        """,
        laid.toString());
    ProgramException none =
        assertThrows(
            ProgramException.class, () -> Annotations.of(Map.of("z", "a@x")).apply(program));
    assertTrue(
        String.valueOf(none.getMessage())
            .endsWith("got z; inputs are [x, steps], results are [y, last]"),
        none::getMessage);
    assertThrows(ProgramException.class, () -> Annotations.of(Map.of("y", "c@x")).apply(program));
  }

  /** Each chunk draws the numbers that the whole draws at the same indices. */
  @Property(tries = 50)
  void aRandomValueIsUniformOfItsRowMajorIndex(@ForAll long seed, @ForAll("floating") DType dtype) {
    ProgramBuilder p = Program.builder("p");
    Value key = p.input("seed", "i64[]");
    ValueType type = ValueType.of(dtype, List.of("a", "b"), List.of(3L, 5L));
    ValueType whole = type.withDtype(DType.I64);
    p.output("random", p.random(key, 7, type));
    Value index = p.add(p.scale(p.iota(whole, "a"), 5), p.iota(whole, "b"));
    p.output("uniform", p.uniform(key, index, 7, dtype));
    for (Backend backend : List.of(new ReferenceBackend(), LocalBackend.of(Workers.sequential()))) {
      try (Executable run = backend.compile(p.build())) {
        List<Tensor> both = run.run(Tensor.of(new long[] {seed}));
        assertArrayEquals(both.getFirst().toDoubleArray(), both.getLast().toDoubleArray());
      }
    }
  }

  @Provide
  Arbitrary<DType> floating() {
    return Arbitraries.of(DType.F32, DType.F64, DType.BF16);
  }
}
