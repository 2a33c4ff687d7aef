package io.github.shardsum.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

/**
 * The contract of every backend; a backend's test implements {@link #backend()}. Values are
 * compared with the reference.
 */
@SuppressWarnings("exports") // Only a module that runs the contract needs JUnit's module.
public interface BackendContract {
  /**
   * The backend under test.
   *
   * @return the backend
   */
  Backend backend();

  private static Program layer() {
    ProgramBuilder p = Program.builder("layer");
    Value x = p.input("x", "f32[b=3 m=4]");
    Value w = p.input("w", "f32[m=4 h=5]");
    Value bias = p.input("bias", "f32[h=5]");
    Value h = p.let("h", p.relu(p.add(p.einsum("bm,mh->bh", x, w), bias)));
    p.output("loss", p.sum(h, "b", "h"));
    p.output(h);
    return p.build();
  }

  private static double[] values(Tensor tensor) {
    return DoubleStream.of(tensor.toDoubleArray()).map(x -> x + 0.0).toArray();
  }

  /** Random programs on integer values: every output equals the reference's, bit for bit. */
  @Test
  default void exactProgramsEqualTheReferenceBitForBit() {
    for (int seed = 0; seed < 25; seed++) {
      for (DType dtype : new DType[] {DType.F32, DType.I64}) {
        Program program = Programs.exact(dtype, 20).of(seed);
        List<Tensor> inputs = Programs.inputs(program, true).of(seed);
        try (Executable wanted = new ReferenceBackend().compile(program);
            Executable given = backend().compile(program)) {
          List<Tensor> a = wanted.run(inputs);
          List<Tensor> b = given.run(inputs);
          for (int i = 0; i < a.size(); i++) {
            assertEquals(a.get(i).dtype(), b.get(i).dtype());
            assertArrayEquals(values(a.get(i)), values(b.get(i)), program::toString);
          }
        }
      }
    }
  }

  /**
   * Random programs on real values: every output equals the reference's within {@link ErrorBounds}.
   */
  @Test
  default void realProgramsEqualTheReferenceWithinRounding() {
    for (int seed = 0; seed < 25; seed++) {
      Program program = Programs.smooth(20).of(seed);
      List<Tensor> inputs = Programs.inputs(program, false).of(seed);
      try (Executable wanted = new ReferenceBackend().compile(program);
          Executable given = backend().compile(program)) {
        double[] a = wanted.run(inputs).getFirst().toDoubleArray();
        double[] b = given.run(inputs).getFirst().toDoubleArray();
        assertArrayEquals(a, b, 1e-9, program::toString);
      }
    }
  }

  /**
   * Runs by name give the same results as runs by position. Wrong names are errors that list the
   * right names.
   */
  @Test
  default void tensorsMayBeGivenByName() {
    Program program = layer();
    List<Tensor> inputs = Programs.inputs(program, true).of(9);
    Map<String, Tensor> named = new HashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      named.put(program.inputs().get(i).name(), inputs.get(i));
    }
    try (Executable executable = backend().compile(program)) {
      List<Tensor> expected = executable.run(inputs);
      Map<String, Tensor> results = executable.run(named);
      assertEquals(List.of("loss", "h"), List.copyOf(results.keySet()));
      assertEquals(expected.getFirst().getDouble(), named(results, "loss").getDouble());
      assertArrayEquals(expected.getLast().toFloatArray(), named(results, "h").toFloatArray());
      named.put("v", inputs.getFirst());
      String unknown = message(() -> executable.run(named));
      assertTrue(unknown.contains("[x: f32[b=3 m=4]") && unknown.contains("unknown [v]"), unknown);
      named.remove("w");
      named.remove("bias");
      String both = message(() -> executable.run(named));
      assertTrue(both.endsWith("missing [w, bias]; unknown [v]"), both);
    }
  }

  private static Tensor named(Map<String, Tensor> results, String name) {
    return Optional.ofNullable(results.get(name)).orElseThrow();
  }

  /** A null argument is an error that names it. */
  @Test
  @SuppressWarnings("NullAway") // The test passes nulls on purpose.
  default void nullsAreToldByName() {
    names("program", () -> backend().compile(null));
    names("options", () -> backend().compile(layer(), null));
    try (Executable executable = backend().compile(layer())) {
      names("inputs", () -> executable.run((List<Tensor>) null));
      names("inputs", () -> executable.run((Map<String, Tensor>) null));
      names("outputs", () -> executable.runInto(null, inputs(executable)));
      List<Tensor> without = new ArrayList<>(inputs(executable));
      without.set(2, null);
      names("input bias", () -> executable.run(without));
      Map<String, Tensor> named = new HashMap<>();
      executable.program().inputs().forEach(input -> named.put(input.name(), null));
      names("input x", () -> executable.run(named));
    }
  }

  private static List<Tensor> inputs(Executable executable) {
    return Programs.inputs(executable.program(), true).of(2);
  }

  private static void names(String argument, org.junit.jupiter.api.function.Executable call) {
    NullPointerException thrown = assertThrows(NullPointerException.class, call);
    String message = String.valueOf(thrown.getMessage());
    assertTrue(message.contains(argument), argument + " in: " + message);
  }

  /** A second run gives the same bits, and inputs keep their bits. */
  @Test
  default void runningAgainGivesTheSameBitsAndChangesNoInput() {
    Program program = layer();
    List<Tensor> inputs = Programs.inputs(program, false).of(3);
    List<double[]> before = inputs.stream().map(Tensor::toDoubleArray).toList();
    try (Executable executable = backend().compile(program)) {
      float[] first = executable.run(inputs).get(1).toFloatArray();
      executable.run(Programs.inputs(program, false).of(4));
      assertArrayEquals(first, executable.run(inputs).get(1).toFloatArray());
    }
    for (int i = 0; i < before.size(); i++) {
      assertArrayEquals(before.get(i), inputs.get(i).toDoubleArray());
    }
  }

  /** Views, and tensors on the heap or in native memory, give the same results. */
  @Test
  default void anyStridesAndMemoryAreTaken() {
    Program program = layer();
    List<Tensor> inputs = Programs.inputs(program, true).of(5);
    try (Arena arena = Arena.ofShared();
        Executable executable = backend().compile(program)) {
      List<Tensor> plain = executable.run(inputs);
      List<Tensor> odd = new ArrayList<>();
      for (Tensor input : inputs) {
        Tensor turned = Tensor.allocate(arena, input.dtype(), input.transpose().shape());
        turned.assign(input.transpose());
        odd.add(turned.transpose());
      }
      Tensor loss = Tensor.allocate(arena, DType.F32, Shape.of());
      Tensor wide = Tensor.full(DType.F32, -1, 3, 10);
      executable.runInto(List.of(loss, wide.slice(1, 0, 10, 2)), odd);
      assertEquals(plain.get(0).getDouble(), loss.getDouble());
      assertArrayEquals(plain.get(1).toFloatArray(), wide.slice(1, 0, 10, 2).copy().toFloatArray());
      assertEquals(-1, wide.getDouble(1, 3));
    }
  }

  /** A run may be started before earlier runs have ended. */
  @Test
  default void runsMayOverlap() {
    Program program = layer();
    try (Executable executable = backend().compile(program)) {
      List<CompletableFuture<List<Tensor>>> started = new ArrayList<>();
      List<List<Tensor>> inputs = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        inputs.add(Programs.inputs(program, false).of(i));
        started.add(executable.start(inputs.get(i)));
      }
      for (int i = 0; i < started.size(); i++) {
        assertArrayEquals(
            executable.run(inputs.get(i)).get(1).toFloatArray(),
            started.get(i).join().get(1).toFloatArray());
      }
    }
  }

  /** A started run that fails completes with the run's error. */
  @Test
  default void aStartedRunEndsWithItsError() {
    try (Executable executable = backend().compile(layer())) {
      CompletableFuture<List<Tensor>> started = executable.start(List.of());
      CompletionException failed = assertThrows(CompletionException.class, started::join);
      assertInstanceOf(IllegalArgumentException.class, failed.getCause());
    }
  }

  /** Arguments that do not fit are refused before anything is written. */
  @Test
  default void whatDoesNotFitIsAnErrorBeforeAnythingIsWritten() {
    Program program = layer();
    List<Tensor> inputs = Programs.inputs(program, false).of(6);
    try (Executable executable = backend().compile(program)) {
      String count = message(() -> executable.run(inputs.subList(0, 2)));
      assertTrue(count.contains("expected 3 inputs"), count);
      List<Tensor> wrong = new ArrayList<>(inputs);
      wrong.set(1, Tensor.zeros(DType.F32, 4, 6));
      String shape = message(() -> executable.run(wrong));
      assertTrue(shape.contains("w: f32[m=4 h=5]") && shape.contains("[4, 6]"), shape);
      wrong.set(1, Tensor.zeros(DType.F64, 4, 5));
      assertTrue(message(() -> executable.run(wrong)).contains("f64"));
      Tensor loss = Tensor.full(DType.F32, 7);
      Tensor overlapping = inputs.get(1).reshape(20).slice(0, 0, 15).reshape(3, 5);
      String apart = message(() -> executable.runInto(List.of(loss, overlapping), inputs));
      assertTrue(apart.contains("apart from input w"), apart);
      MemorySegment memory = MemorySegment.ofArray(new float[15]);
      Tensor running = Tensor.ofStrided(DType.F32, memory, 0, Shape.of(3, 5), 1, 1);
      String itself = message(() -> executable.runInto(List.of(loss, running), inputs));
      assertTrue(itself.contains("must not share elements"), itself);
      assertEquals(7, loss.getDouble());
    }
  }

  /**
   * Tensors whose arena is closed, or confined to another thread, are refused.
   *
   * @throws InterruptedException if the test is interrupted
   */
  @Test
  default void memoryThatIsClosedOrAnotherThreadsIsRefused() throws InterruptedException {
    Program program = layer();
    List<Tensor> inputs = Programs.inputs(program, true).of(7);
    try (Executable executable = backend().compile(program)) {
      List<Tensor> wanted = executable.run(inputs);
      List<Tensor> confined;
      try (Arena arena = Arena.ofConfined()) {
        confined = inputs.stream().map(each -> copied(arena, each)).toList();
        List<Tensor> outputs =
            wanted.stream()
                .map(each -> Tensor.allocate(arena, each.dtype(), each.shape()))
                .toList();
        executable.runInto(outputs, confined);
        assertArrayEquals(wanted.get(1).toFloatArray(), outputs.get(1).copy().toFloatArray());
        List<Throwable> failures = new ArrayList<>();
        Thread other =
            Thread.ofPlatform()
                .start(
                    () ->
                        failures.add(
                            assertThrows(Exception.class, () -> executable.run(confined))));
        other.join();
        assertInstanceOf(WrongThreadException.class, failures.getFirst());
        assertTrue(
            String.valueOf(failures.getFirst().getMessage()).contains("input x"),
            failures::toString);
      }
      IllegalStateException closed =
          assertThrows(IllegalStateException.class, () -> executable.run(confined));
      assertTrue(String.valueOf(closed.getMessage()).contains("input x"), closed::toString);
    }
  }

  private static Tensor copied(Arena arena, Tensor tensor) {
    Tensor copy = Tensor.allocate(arena, tensor.dtype(), tensor.shape());
    copy.assign(tensor);
    return copy;
  }

  private static String message(Runnable call) {
    return String.valueOf(assertThrows(IllegalArgumentException.class, call::run).getMessage());
  }

  /** An input may be an output, and a value may be several outputs. */
  @Test
  default void inputsMayBeOutputsAndOutputsMayStandTwice() {
    ProgramBuilder p = Program.builder("same");
    Value x = p.input("x", "i64[a=3]");
    p.output(x);
    Value negative = p.negate(x);
    p.output(negative);
    p.output(negative);
    try (Executable executable = backend().compile(p.build())) {
      List<Tensor> results = executable.run(Tensor.of(new long[] {1, 2, 3}, 3));
      assertArrayEquals(new long[] {1, 2, 3}, results.get(0).toLongArray());
      assertArrayEquals(new long[] {-1, -2, -3}, results.get(1).toLongArray());
      assertArrayEquals(new long[] {-1, -2, -3}, results.get(2).toLongArray());
    }
  }

  /** A run stays within the memory limit, or the compilation refuses the program. */
  @Test
  default void aMemoryLimitIsKeptOrRefusedBeforehand() {
    Program program = layer();
    long peak;
    try (Executable executable = backend().compile(program)) {
      peak = executable.peakBytes();
      assertFalse(executable.explain().isEmpty());
    }
    CompileOptions enough = CompileOptions.defaults().withMemoryLimit(peak);
    backend().compile(program, enough).close();
    if (peak > 0) {
      CompileOptions less = CompileOptions.defaults().withMemoryLimit(peak - 1);
      assertThrows(IllegalArgumentException.class, () -> backend().compile(program, less));
    }
  }

  /** A constant may be an operand and a factor of the same product. */
  @Test
  default void aConstantMayBeOperandAndFactorOfOneProduct() {
    Program program =
        Program.parse(
            """
            program p {
              input x: f32[a=3]
              two = constant() {type="f32[]", value=2.0}
              steps = iota() {type="f32[a=3]", label="a"}
              product = einsum(two, x) {equation=",a->a"}
              scaled = multiply(product, two)
              dot = einsum(steps, x) {equation="a,a->"}
              twice = multiply(dot, two)
              output scaled, twice
            }
            """);
    try (Executable compiled = backend().compile(program)) {
      List<Tensor> results = compiled.run(Tensor.of(new float[] {1, 2, 3}, 3));
      assertArrayEquals(new float[] {4, 8, 12}, results.get(0).toFloatArray());
      assertEquals(16, results.get(1).getDouble());
    }
  }

  /** A result in bf16 is rounded once, from the value in f32. */
  @Test
  default void bf16ResultsAreRoundedOnce() {
    // The value is slightly above the middle of two bf16 numbers. A rounding to f32 first would
    // give the middle, and the tie would go to the even number.
    double above = 1 + 0x1p-8 + 0x1p-40;
    ProgramBuilder p = Program.builder("p");
    Value x = p.input("x", "bf16[a=3]");
    p.output("sums", p.cumulativeSum(x, "a", false, false));
    p.output("number", p.constant(DType.BF16, above));
    p.output("padded", p.pad(x, "a", 0, 1, 0, above));
    Tensor terms = Tensor.of(new double[] {1, 0x1p-8, 0x1p-40}, 3).convert(DType.BF16);
    try (Executable executable = backend().compile(p.build())) {
      List<Tensor> results = executable.run(terms);
      assertEquals(1 + 0x1p-7, results.get(0).getDouble(2));
      assertEquals(1 + 0x1p-7, results.get(1).getDouble());
      assertEquals(1 + 0x1p-7, results.get(2).getDouble(3));
    }
  }

  /** A closed executable refuses to run. */
  @Test
  default void aClosedExecutableDoesNotRun() {
    Executable executable = backend().compile(layer());
    executable.close();
    executable.close();
    assertThrows(
        IllegalStateException.class,
        () -> executable.run(Programs.inputs(executable.program(), false).of(1)));
  }
}
