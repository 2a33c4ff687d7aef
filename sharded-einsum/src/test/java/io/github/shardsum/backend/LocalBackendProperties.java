package io.github.shardsum.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.ErrorBounds;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.RandomPrograms;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.stream.DoubleStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.statistics.Statistics;

class LocalBackendProperties {
  private static void equalBits(Program program, long seed, Workers workers) {
    List<Tensor> inputs = RandomPrograms.inputs(program, seed, true);
    try (Executable wanted = new ReferenceBackend().compile(program);
        Executable given = LocalBackend.of(workers).compile(program)) {
      List<Tensor> a = wanted.run(inputs);
      // The second run finds what the first left in the workspace.
      given.run(RandomPrograms.inputs(program, seed + 1, true));
      List<Tensor> b = given.run(inputs);
      for (int i = 0; i < a.size(); i++) {
        int output = i;
        assertEquals(a.get(i).dtype(), b.get(i).dtype());
        assertArrayEquals(
            withoutSignOfZero(a.get(i)),
            withoutSignOfZero(b.get(i)),
            () -> "output " + output + " of\n" + program + given.explain());
      }
    }
  }

  /** Whether a sum begins at 0 or at its first term, -0, is nobody's promise. */
  private static double[] withoutSignOfZero(Tensor tensor) {
    return DoubleStream.of(tensor.toDoubleArray()).map(x -> x + 0.0).toArray();
  }

  @Property(tries = 400)
  void integersEqualTheReferenceBitForBit(@ForAll long seed) {
    equalBits(RandomPrograms.exact(seed, DType.I64, 20), seed, Workers.sequential());
  }

  @Property(tries = 400)
  void smallIntegersInF32EqualTheReferenceBitForBit(@ForAll long seed) {
    equalBits(RandomPrograms.exact(seed, DType.F32, 20), seed, Workers.sequential());
  }

  @Property(tries = 100)
  void smallIntegersInOtherDtypesEqualTheReferenceBitForBit(@ForAll long seed) {
    equalBits(RandomPrograms.exact(seed, DType.BF16, 15), seed, Workers.sequential());
    equalBits(RandomPrograms.exact(seed, DType.I32, 15), seed, Workers.sequential());
    equalBits(RandomPrograms.exact(seed, DType.F64, 15), seed, Workers.sequential());
  }

  @Property(tries = 50)
  void everyNumberOfThreadsGivesTheSameBits(@ForAll long seed) {
    try (Workers workers = Workers.of(3)) {
      equalBits(RandomPrograms.exact(seed, DType.F32, 15), seed, workers);
    }
  }

  /** What a run in f32 gives, here and by the reference, against f64 with a bound of the error. */
  @Property(tries = 400)
  void realNumbersAreWithinTheBoundOfTheirRoundings(@ForAll long seed) {
    Program program = RandomPrograms.real(seed, DType.F32, 20);
    List<Tensor> inputs = RandomPrograms.inputs(program, seed, false);
    List<Tensor> wide =
        inputs.stream().map(x -> x.dtype().isFloating() ? x.convert(DType.F64) : x).toList();
    Backend local = LocalBackend.of(Workers.sequential());
    try (Executable bounds = new ReferenceBackend().compile(ErrorBounds.of(program))) {
      List<Tensor> wanted = bounds.run(wide);
      for (Backend backend : List.of(new ReferenceBackend(), local)) {
        try (Executable executable = backend.compile(program)) {
          List<Tensor> given = executable.run(inputs);
          for (int i = 0; i < given.size(); i++) {
            within(given.get(i), wanted.get(2 * i), wanted.get(2 * i + 1), executable);
          }
        }
      }
    }
    // Bounds that are infinite would hold of anything: most are not, and most are narrow.
    Statistics.label("bound of an output")
        .coverage(
            outputs -> {
              outputs.check("below a thousandth").percentage(part -> part > 60);
              outputs.check("below 1").percentage(part -> part < 20);
              outputs.check("none").percentage(part -> part < 20);
            });
  }

  private static String widest(Tensor wanted, Tensor bound) {
    double widest = 0;
    for (int i = 0; i < bound.toDoubleArray().length; i++) {
      double size = Math.max(1, Math.abs(wanted.toDoubleArray()[i]));
      widest = Math.max(widest, bound.toDoubleArray()[i] / size);
    }
    return widest < 1e-3 ? "below a thousandth" : widest < 1 ? "below 1" : "none";
  }

  private static void within(Tensor given, Tensor wanted, Tensor bound, Executable executable) {
    double[] a = given.toDoubleArray();
    double[] b = wanted.toDoubleArray();
    double[] errors = bound.toDoubleArray();
    if (given.dtype().isFloating()) {
      Statistics.label("bound of an output").collect(widest(wanted, bound));
    }
    for (int i = 0; i < a.length; i++) {
      // Where f32 may be anything the bound is infinite; a choice that may be another is any.
      boolean any = errors[i] == Double.POSITIVE_INFINITY;
      boolean choice = !given.dtype().isFloating() && errors[i] > 0;
      int at = i;
      assertTrue(
          any || choice || Math.abs(a[i] - b[i]) <= errors[i],
          () ->
              at
                  + ": "
                  + a[at]
                  + " for "
                  + b[at]
                  + " +- "
                  + errors[at]
                  + " of\n"
                  + executable.program());
    }
  }
}
