package io.github.shardsum.moe.train;

import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.List;

/** How a parameter moves along its gradient, as operations of a program. */
public sealed interface Optimizer {
  /**
   * What is kept of a parameter from step to step.
   *
   * @param name its name
   * @param type its type; the first values are 0
   */
  record Slot(String name, ValueType type) {}

  /**
   * What is kept of a parameter.
   *
   * @param parameter its type
   * @return the slots
   */
  List<Slot> slots(ValueType parameter);

  /**
   * One step.
   *
   * @param p what builds the program
   * @param parameter its value
   * @param gradient of its type
   * @param slots what was kept of it
   * @param rate the learning rate, a scalar of f64
   * @param step the number of this step, from 1, a scalar of f64
   * @return the next value, and then the next slots
   */
  List<Value> update(
      ProgramBuilder p, Value parameter, Value gradient, List<Value> slots, Value rate, Value step);

  /**
   * Adam (Kingma and Ba, 2015).
   *
   * @param beta1 decay of the mean of gradients
   * @param beta2 decay of the mean of their squares
   * @param epsilon added to the root of the latter
   */
  record Adam(double beta1, double beta2, double epsilon) implements Optimizer {
    @Override
    public List<Slot> slots(ValueType parameter) {
      return List.of(new Slot("mean", parameter), new Slot("square", parameter));
    }

    @Override
    public List<Value> update(
        ProgramBuilder p,
        Value parameter,
        Value gradient,
        List<Value> slots,
        Value rate,
        Value step) {
      DType dtype = parameter.type().dtype();
      Value mean = p.add(p.scale(slots.get(0), beta1), p.scale(gradient, 1 - beta1));
      Value squared = p.multiply(gradient, gradient);
      Value square = p.add(p.scale(slots.get(1), beta2), p.scale(squared, 1 - beta2));
      // The order of their section 2: what corrects the means is computed once, not of each
      // element.
      Value second = p.sqrt(bias(p, beta2, step));
      Value by = p.multiply(rate, p.divide(second, bias(p, beta1, step)));
      Value floor = p.convert(p.scale(second, epsilon), dtype);
      Value direction = p.divide(mean, p.add(p.sqrt(square), floor));
      Value next = p.subtract(parameter, p.multiply(direction, p.convert(by, dtype)));
      return List.of(next, mean, square);
    }

    /** {@code 1 - beta^step}. */
    private static Value bias(ProgramBuilder p, double beta, Value step) {
      Value one = p.constant(DType.F64, 1.0);
      return p.subtract(one, p.power(p.constant(DType.F64, beta), step));
    }
  }

  /**
   * Adafactor (Shazeer and Stern, 2018): of the mean of squares of a matrix only sums of rows and
   * columns are kept, of each expert's its own. No mean of gradients; the update is relative to the
   * parameter's size.
   *
   * @param decay the decay of step t is {@code 1 - t^-decay}
   * @param clip the largest root mean square of an update before it is scaled
   * @param smallestSquare added to squares of gradients
   * @param smallestScale what a parameter's root mean square counts as at least
   */
  record Adafactor(double decay, double clip, double smallestSquare, double smallestScale)
      implements Optimizer {
    /**
     * The paper's numbers: 0.8, 1, 1e-30 and 1e-3.
     *
     * @return the optimizer
     */
    public static Adafactor paper() {
      return new Adafactor(0.8, 1, 1e-30, 1e-3);
    }

    @Override
    public List<Slot> slots(ValueType parameter) {
      int rank = parameter.rank();
      if (rank < 2) {
        return List.of(new Slot("square", parameter));
      }
      return List.of(
          new Slot("row", without(parameter, rank - 1)),
          new Slot("column", without(parameter, rank - 2)));
    }

    private static ValueType without(ValueType type, int axis) {
      List<String> names = new ArrayList<>(type.names());
      List<Long> sizes = new ArrayList<>(type.sizes());
      names.remove(axis);
      sizes.remove(axis);
      return ValueType.of(type.dtype(), names, sizes);
    }

    @Override
    public List<Value> update(
        ProgramBuilder p,
        Value parameter,
        Value gradient,
        List<Value> slots,
        Value rate,
        Value step) {
      DType dtype = parameter.type().dtype();
      Value forget = p.convert(p.power(step, p.constant(DType.F64, -decay)), dtype);
      Value keep = p.subtract(p.constant(dtype, 1.0), forget);
      Value square = p.add(p.multiply(gradient, gradient), smallestSquare);
      List<String> labels = parameter.type().names();
      int rank = labels.size();
      List<Value> results = new ArrayList<>();
      Value mean;
      if (rank < 2) {
        mean = p.add(p.multiply(slots.get(0), keep), p.multiply(square, forget));
        results.add(mean);
      } else {
        String last = labels.get(rank - 1);
        String before = labels.get(rank - 2);
        Value rows = p.multiply(p.mean(square, last), forget);
        Value columns = p.multiply(p.mean(square, before), forget);
        Value row = p.add(p.multiply(slots.get(0), keep), rows);
        Value column = p.add(p.multiply(slots.get(1), keep), columns);
        mean = p.multiply(p.divide(row, p.mean(row, before)), column);
        results.add(row);
        results.add(column);
      }
      Value update = p.multiply(gradient, p.rsqrt(mean));
      Value clipped = p.divide(update, p.maximum(p.scale(size(p, update), 1 / clip), 1));
      Value scale = p.maximum(size(p, parameter), smallestScale);
      Value by = p.multiply(scale, p.convert(rate, dtype));
      results.addFirst(p.subtract(parameter, p.multiply(clipped, by)));
      return List.copyOf(results);
    }

    /** The root mean square. */
    private static Value size(ProgramBuilder p, Value x) {
      String[] labels = x.type().names().toArray(String[]::new);
      return p.sqrt(p.mean(p.multiply(x, x), labels));
    }
  }

  /**
   * Another optimizer, and a running mean of the parameters it leads to, which is better than the
   * last of them: it does for a rate that stays what letting it fall would do. At step t the mean
   * moves by {@code max(1 - decay, 10 / (t + 9))}, the whole way at first.
   *
   * @param optimizer how parameters move
   * @param decay of the mean
   */
  record Averaged(Optimizer optimizer, double decay) implements Optimizer {
    /** The slot of the mean. */
    public static final String MEAN = "average";

    private static final double EARLY = 10;

    @Override
    public List<Slot> slots(ValueType parameter) {
      List<Slot> slots = new ArrayList<>(optimizer.slots(parameter));
      slots.add(new Slot(MEAN, parameter));
      return List.copyOf(slots);
    }

    @Override
    public List<Value> update(
        ProgramBuilder p,
        Value parameter,
        Value gradient,
        List<Value> slots,
        Value rate,
        Value step) {
      List<Value> own = slots.subList(0, slots.size() - 1);
      List<Value> results =
          new ArrayList<>(optimizer.update(p, parameter, gradient, own, rate, step));
      Value early = p.divide(p.constant(DType.F64, EARLY), p.add(step, EARLY - 1));
      Value share = p.convert(p.maximum(early, 1 - decay), parameter.type().dtype());
      Value mean = slots.getLast();
      Value way = p.subtract(results.getFirst(), mean);
      results.add(p.add(mean, p.multiply(way, share)));
      return List.copyOf(results);
    }
  }
}
