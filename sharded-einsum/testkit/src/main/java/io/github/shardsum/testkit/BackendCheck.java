package io.github.shardsum.testkit;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.internal.testkit.TensorDifference;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Compares a backend with the reference. */
public final class BackendCheck {
  private BackendCheck() {}

  /**
   * Runs a program whose values are exact, see {@link Programs#exact}, twice, and compares each
   * output with the bits of the reference. Only the sign of a zero may differ: a sum may begin at 0
   * or at its first term, which may be -0.
   *
   * @param backend the backend
   * @param exact the program and its inputs
   * @throws AssertionError if a dtype, shape or element differs
   */
  public static void equalsReference(Backend backend, ProgramCase exact) {
    Program program = exact.program();
    try (Executable reference = new ReferenceBackend().compile(program);
        Executable compiled = backend.compile(program)) {
      List<Tensor> expected = reference.run(exact.inputs());
      // The second run starts with the contents that the first run left in the kept memory.
      compiled.run(exact.inputs());
      List<Tensor> given = compiled.run(exact.inputs());
      Optional<String> difference = TensorDifference.between(program.outputs(), expected, given);
      if (difference.isPresent()) {
        throw new AssertionError(
            difference.get() + " of\n" + compiled.program() + compiled.explain());
      }
    }
  }

  /**
   * Compares tensors with the bits that a backend gives for a program, except for the sign of a
   * zero.
   *
   * @param backend the backend
   * @param exact the program and its inputs
   * @param given one tensor for each output
   * @return the first difference in a sentence; empty if there is none
   */
  public static Optional<String> difference(
      Backend backend, ProgramCase exact, List<Tensor> given) {
    try (Executable compiled = backend.compile(exact.program())) {
      List<Tensor> expected = compiled.run(exact.inputs());
      return TensorDifference.between(exact.program().outputs(), expected, given);
    }
  }

  /**
   * Compares each element of a program in f32 with the bound of its roundings, see {@link
   * ErrorBounds}.
   *
   * @param backend the backend
   * @param real the program and its inputs in f32
   * @return for each output of a floating dtype the widest bound, divided by the larger of 1 and
   *     the value; infinite if f32 has no bound. A test should check that most bounds are narrow
   * @throws AssertionError if an element is outside of its bound
   */
  public static List<Double> withinErrorBounds(Backend backend, ProgramCase real) {
    List<Tensor> wide =
        real.inputs().stream().map(x -> x.dtype().isFloating() ? x.convert(DType.F64) : x).toList();
    List<Double> widest = new ArrayList<>();
    try (Executable bounds = new ReferenceBackend().compile(ErrorBounds.of(real.program()));
        Executable compiled = backend.compile(real.program())) {
      List<Tensor> expected = bounds.run(wide);
      List<Tensor> given = compiled.run(real.inputs());
      for (int i = 0; i < given.size(); i++) {
        double bound = within(given.get(i), expected.get(2 * i), expected.get(2 * i + 1), compiled);
        if (given.get(i).dtype().isFloating()) {
          widest.add(bound);
        }
      }
    }
    return List.copyOf(widest);
  }

  private static double within(Tensor given, Tensor expected, Tensor bound, Executable compiled) {
    double[] a = given.toDoubleArray();
    double[] b = expected.toDoubleArray();
    double[] errors = bound.toDoubleArray();
    double widest = 0;
    for (int i = 0; i < a.length; i++) {
      // An element of an infinite bound, or a choice that may differ, may have any value.
      boolean any = errors[i] == Double.POSITIVE_INFINITY;
      boolean choice = !given.dtype().isFloating() && errors[i] > 0;
      if (!any && !choice && !(Math.abs(a[i] - b[i]) <= errors[i])) {
        throw new AssertionError(
            i
                + ": got "
                + a[i]
                + ", expected "
                + b[i]
                + " +- "
                + errors[i]
                + " of\n"
                + compiled.program());
      }
      widest = Math.max(widest, errors[i] / Math.max(1, Math.abs(b[i])));
    }
    return widest;
  }
}
