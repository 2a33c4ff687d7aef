package io.github.shardsum.partition;

import io.github.shardsum.collective.Collectives;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.internal.partition.run.SpmdRunner;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * An einsum with operands and result on a mesh. It is planned and compiled once, and can run any
 * number of times. Thread-safe, one run at a time.
 *
 * <pre>{@code
 * Mesh mesh = Mesh.parse("x=8");
 * try (ShardedEinsum dispatch =
 *     ShardedEinsum.compile("G@x S E C, G@x S M -> E@x G C M", mesh, mask.shape(), inputs.shape())) {
 *   System.out.println(dispatch.plan());
 *   Tensor dispatched = dispatch.run(mask, inputs);
 * }
 * }</pre>
 *
 * <p>Where arithmetic is exact (integers, bool, and floats of small integers) the result has the
 * same bits as the einsum without layouts. Elsewhere floating-point sums have another order, which
 * depends only on the plan, not on threads or processes.
 */
public final class ShardedEinsum implements AutoCloseable {
  private final ShardedEinsumPlan plan;
  private final Collectives collectives;
  private final boolean owned;
  private final SpmdRunner runner;

  private ShardedEinsum(ShardedEinsumPlan plan, Collectives collectives, boolean owned) {
    this.plan = plan;
    this.collectives = collectives;
    this.owned = owned;
    this.runner = new SpmdRunner(plan.plan(), collectives);
  }

  /**
   * Plans and compiles an einsum of f32 on the configured engine, see {@link
   * Collectives#open(Mesh)}.
   *
   * @param equation the equation with its layouts
   * @param mesh the devices
   * @param shapes logical shapes of the operands
   * @return the einsum, to be closed
   * @throws IllegalArgumentException if the equation names an axis that the mesh does not have, or
   *     the shapes do not fit it
   * @throws PlanException if the einsum has no plan
   */
  public static ShardedEinsum compile(String equation, Mesh mesh, Shape... shapes) {
    ShardedEinsumPlan plan =
        ShardedEinsumPlan.of(
            Equation.parse(equation),
            mesh,
            List.of(shapes),
            Map.of(),
            DType.F32,
            PlanOptions.defaults());
    Collectives collectives = Collectives.open(mesh);
    try {
      return new ShardedEinsum(plan, collectives, true);
    } catch (RuntimeException | Error failed) {
      collectives.close();
      throw failed;
    }
  }

  /**
   * Compiles a plan on an engine that the caller keeps.
   *
   * @param plan the plan
   * @param collectives the engine, of the plan's mesh; not closed by {@link #close()}
   * @return the einsum
   * @throws IllegalArgumentException if the meshes differ
   */
  public static ShardedEinsum of(ShardedEinsumPlan plan, Collectives collectives) {
    return new ShardedEinsum(plan, Objects.requireNonNull(collectives, "collectives"), false);
  }

  /**
   * The plan that runs follow.
   *
   * @return the plan
   */
  public ShardedEinsumPlan plan() {
    return plan;
  }

  /**
   * Runs on logical values: lays out the operands, runs, and puts the result together.
   *
   * @param operands the operands, the same on every process; not written to
   * @return the result, on every process
   * @throws IllegalArgumentException if operands do not have the planned shapes and dtype
   */
  public Tensor run(Tensor... operands) {
    List<PlannedValue> inputs = plan.plan().inputs();
    checkCount(operands.length);
    List<ShardedTensor> shards = new ArrayList<>();
    for (int i = 0; i < operands.length; i++) {
      PlannedValue input = inputs.get(i);
      Tensor operand = operands[i];
      boolean addends = input.dtype() == DType.F32 && operand.dtype() == DType.BF16;
      check(i, input, operand.shape(), addends ? DType.F32 : operand.dtype());
      Tensor stored = addends ? operand.convert(DType.F32) : operand;
      shards.add(ShardedTensor.of(stored, input.layout(), collectives.devices()));
    }
    return gather(runSharded(shards));
  }

  /**
   * Runs on shards, which are not copied.
   *
   * @param operands the operands' shards on this process's devices, in the layouts of the plan's
   *     inputs
   * @return the result's shards on these devices, in the layout of the plan's output; not to be
   *     written to
   * @throws IllegalArgumentException if operands do not have the planned shapes, dtypes and layouts
   */
  public ShardedTensor runSharded(List<ShardedTensor> operands) {
    checkCount(operands.size());
    for (int i = 0; i < operands.size(); i++) {
      PlannedValue input = plan.plan().inputs().get(i);
      ShardedTensor operand = operands.get(i);
      check(i, input, operand.shape(), operand.dtype());
      if (!operand.layout().mesh().equals(input.layout().mesh())
          || !same(operand, input)
          || !operand.devices().equals(collectives.devices())) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "operand %d: must have layout %s on devices %s, got %s on devices %s",
                i,
                input.layout(),
                collectives.devices(),
                operand.layout(),
                operand.devices()));
      }
    }
    synchronized (runner) {
      return runner.run(operands).getFirst();
    }
  }

  /** Compares layouts: labels may differ, mesh axes may not. */
  private static boolean same(ShardedTensor operand, PlannedValue input) {
    boolean same = operand.layout().partial().equals(input.layout().partial());
    for (int dim = 0; dim < input.shape().rank(); dim++) {
      same &= operand.layout().axes(dim).equals(input.layout().axes(dim));
    }
    return same;
  }

  private void checkCount(int given) {
    int wanted = plan.plan().inputs().size();
    if (given != wanted) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "einsum %s: number of operands must be %d, got %d",
              plan.equation(),
              wanted,
              given));
    }
  }

  private static void check(int number, PlannedValue input, Shape shape, DType dtype) {
    if (!shape.equals(input.shape()) || dtype != input.dtype()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "operand %d: must be %s%s, got %s%s",
              number,
              input.dtype(),
              input.shape(),
              dtype,
              shape));
    }
  }

  /**
   * Puts a result together on every process.
   *
   * @param result a result of {@link #runSharded}
   * @return the logical value
   */
  public Tensor gather(ShardedTensor result) {
    Tensor whole;
    synchronized (runner) {
      whole = Reshard.gather(result, collectives);
    }
    // The addends of a partial sum of bf16 are f32.
    return whole.dtype() == plan.dtype() ? whole : whole.convert(plan.dtype());
  }

  /** Closes the engine if this object opened it. */
  @Override
  public void close() {
    if (owned) {
      collectives.close();
    }
  }

  /** The plan's table. */
  @Override
  public String toString() {
    return plan.toString();
  }
}
