package io.github.shardsum.testkit;

import io.github.shardsum.internal.testkit.ProgramGenerator;
import io.github.shardsum.internal.testkit.RegionGenerator;
import io.github.shardsum.internal.testkit.ValuePool;
import io.github.shardsum.program.MeshAxis;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Generators of valid programs of one dtype, with every kind of operation, small sizes and empty
 * labels. A smaller example has fewer operations.
 */
public final class Programs {
  private static final int SMALL = 4;

  private Programs() {}

  /**
   * Programs whose values are small integers, so that arithmetic is exact in any order and every
   * backend must give the same bits.
   *
   * @param dtype the programs' dtype, not bool
   * @param operations approximate number of operations
   * @return the generator
   */
  public static Generator<Program> exact(DType dtype, int operations) {
    return exact(dtype, operations, SMALL);
  }

  /**
   * Programs like those of {@link #exact(DType, int)}, but with larger inputs.
   *
   * @param dtype the programs' dtype, not bool
   * @param operations approximate number of operations
   * @param size the largest size of an input's label
   * @return the generator
   */
  public static Generator<Program> exact(DType dtype, int operations, int size) {
    return choices -> make(new ValuePool(choices, dtype, true, false), operations, size);
  }

  /**
   * Programs like those of {@link #exact(DType, int, int)}. Half of them have mostly one to three
   * kinds of operations, which then meet each other far more often (Groce et al., "Swarm Testing",
   * ISSTA 2012).
   *
   * @param dtype the programs' dtype, not bool
   * @param operations approximate number of operations
   * @param size the largest size of an input's label
   * @param multiple if above 1, inputs' labels have this size or twice this size
   * @return the generator
   */
  static Generator<Program> mixed(DType dtype, int operations, int size, int multiple) {
    return choices -> {
      boolean swarm = choices.nextBoolean();
      ProgramGenerator generator = new ProgramGenerator(new ValuePool(choices, dtype, true, false));
      return (swarm ? generator.swarm() : generator).make(operations, size, multiple);
    };
  }

  /**
   * Programs on integers that wrap: values have the whole range of the dtype, and arithmetic is
   * exact in any order.
   *
   * @param dtype i32 or i64
   * @param operations approximate number of operations
   * @return the generator
   * @throws IllegalArgumentException for another dtype
   */
  public static Generator<Program> wrapping(DType dtype, int operations) {
    if (dtype != DType.I32 && dtype != DType.I64) {
      throw new IllegalArgumentException("dtype: must be i32 or i64, got " + dtype);
    }
    return choices -> make(ValuePool.wrapping(choices, dtype), operations, SMALL);
  }

  /**
   * Programs on real numbers, also with poles and overflow.
   *
   * @param dtype the programs' dtype, a floating one
   * @param operations approximate number of operations
   * @return the generator
   */
  public static Generator<Program> real(DType dtype, int operations) {
    return choices -> make(new ValuePool(choices, dtype, false, false), operations, SMALL);
  }

  /**
   * Programs in f64 that have a derivative almost everywhere and whose values stay small. The only
   * output, {@code result}, is a scalar.
   *
   * @param operations approximate number of operations
   * @return the generator
   */
  public static Generator<Program> smooth(int operations) {
    return choices -> make(new ValuePool(choices, DType.F64, false, true), operations, SMALL);
  }

  /**
   * Programs with manual regions, which may be nested, and with all communications. Each region is
   * over some of the axes. The last output, {@code result}, is a scalar.
   *
   * @param dtype dtype of inputs, not bool
   * @param axes axes of the mesh
   * @param operations approximate number of operations in the bodies
   * @param smooth whether programs have a derivative everywhere; otherwise their results are exact
   *     on integers
   * @return the generator
   */
  public static Generator<Program> regions(
      DType dtype, List<MeshAxis> axes, int operations, boolean smooth) {
    return choices -> new RegionGenerator(choices, dtype, axes, smooth).make(operations);
  }

  private static Program make(ValuePool pool, int operations, int size) {
    return new ProgramGenerator(pool).make(operations, size, 1);
  }

  /**
   * Inputs of a program.
   *
   * @param program the program
   * @param exact whether the inputs are integers, see {@link Tensors#integers}, or real numbers,
   *     see {@link Tensors#reals}
   * @return the generator
   */
  public static Generator<List<Tensor>> inputs(Program program, boolean exact) {
    return choices -> {
      List<Tensor> inputs = new ArrayList<>();
      for (Value input : program.inputs()) {
        DType dtype = input.type().dtype();
        Generator<Tensor> tensors =
            exact
                ? Tensors.integers(dtype, input.type().shape())
                : Tensors.reals(dtype, input.type().shape());
        inputs.add(tensors.generate(choices));
      }
      return List.copyOf(inputs);
    };
  }

  /**
   * Programs with inputs.
   *
   * @param programs makes the programs
   * @param exact whether the inputs are integers, as in {@link #inputs}
   * @return the generator
   */
  public static Generator<ProgramCase> withInputs(Generator<Program> programs, boolean exact) {
    return programs.flatMap(
        program -> inputs(program, exact).map(tensors -> new ProgramCase(program, tensors)));
  }
}
