package io.github.shardsum.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A sentence says where a backend's results differ. */
class BackendCheckTest {
  private static final Program SAME =
      Program.parse(
          """
          program same {
            input x: f32[i=3]
            input n: i64[]
            y = negate(x)
            m = negate(n)
            output y
            output m
          }
          """);

  private static final ProgramCase CASE =
      new ProgramCase(SAME, List.of(floats(0, 2, -1), Tensor.of(new long[] {-(1L << 53) - 1})));

  private static final Backend REFERENCE = new ReferenceBackend();

  private static Tensor floats(float... values) {
    return Tensor.of(values, values.length);
  }

  private static Tensor whole(long value) {
    return Tensor.of(new long[] {value});
  }

  private static Optional<String> difference(Tensor... given) {
    return BackendCheck.difference(REFERENCE, CASE, List.of(given));
  }

  @Test
  void onlyTheSignOfAZeroMayDiffer() {
    assertEquals(Optional.empty(), difference(floats(0, -2, 1), whole((1L << 53) + 1)));
    assertEquals(Optional.empty(), difference(floats(-0f, -2, 1), whole((1L << 53) + 1)));
    assertEquals(
        Optional.of("output y, element 1: expected -2.0, got 2.0"),
        difference(floats(0, 2, 1), whole((1L << 53) + 1)));
  }

  /** As doubles both numbers are the same. */
  @Test
  void wholeNumbersAreComparedAsSuch() {
    assertEquals(
        Optional.of("output m, element 0: expected 9007199254740993, got 9007199254740992"),
        difference(floats(0, -2, 1), whole(1L << 53)));
  }

  @Test
  void countsDtypesAndShapesAreCompared() {
    assertEquals(Optional.of("expected 2 outputs, got 1"), difference(floats(0, -2, 1)));
    String shape = difference(floats(0, -2), whole((1L << 53) + 1)).orElseThrow();
    assertTrue(shape.startsWith("output y: expected f32[3]") && shape.contains("f32[2]"), shape);
    String dtype =
        difference(floats(0, -2, 1).convert(DType.F64), whole((1L << 53) + 1)).orElseThrow();
    assertTrue(dtype.startsWith("output y: expected f32[3]") && dtype.contains("f64[3]"), dtype);
  }

  /** Compiles another program of the same inputs and outputs. */
  private record Faulty(String from, String to) implements Backend {
    @Override
    public String name() {
      return "faulty";
    }

    @Override
    public Executable compile(Program program, CompileOptions options) {
      return REFERENCE.compile(Program.parse(program.toString().replace(from, to)), options);
    }
  }

  @Test
  void aFaultyBackendIsNotTheReference() {
    BackendCheck.equalsReference(REFERENCE, CASE);
    AssertionError error =
        assertThrows(
            AssertionError.class,
            () -> BackendCheck.equalsReference(new Faulty("negate(x)", "relu(x)"), CASE));
    String message = String.valueOf(error.getMessage());
    assertTrue(message.startsWith("output y, element 1: expected -2.0, got 2.0 of\n"), message);
    assertTrue(message.contains("relu(x)"), message);
  }

  @Test
  void whatIsOutsideOfItsBoundIsNamed() {
    Program program =
        Program.parse(
            """
            program tenth {
              input x: f32[i=2]
              y = exp(x)
              n = convert(y) {dtype=i32}
              output y
              output n
            }
            """);
    ProgramCase real = new ProgramCase(program, List.of(floats(0.5f, 1)));
    List<Double> widest = BackendCheck.withinErrorBounds(REFERENCE, real);
    assertEquals(1, widest.size(), "of outputs that round");
    assertTrue(widest.getFirst() > 0 && widest.getFirst() < 1e-5, widest::toString);
    Backend cosine = new Faulty("exp(x)", "cosine(x)");
    AssertionError error =
        assertThrows(AssertionError.class, () -> BackendCheck.withinErrorBounds(cosine, real));
    String message = String.valueOf(error.getMessage());
    assertTrue(message.startsWith("0: got 0.87"), message);
    assertTrue(message.contains("expected 1.6487"), message);
    Backend ofTheExponent = new Faulty("convert(y)", "convert(x)");
    assertThrows(AssertionError.class, () -> BackendCheck.withinErrorBounds(ofTheExponent, real));
  }
}
