package io.github.shardsum.moe.train;

import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The update of a parameter by its gradient, as operations of a program. */
public sealed interface Optimizer {
  /**
   * A tensor that the optimizer keeps for a parameter from step to step.
   *
   * @param name the name of the slot
   * @param type the type of the slot; the first values are 0
   */
  record Slot(String name, ValueType type) {}

  /**
   * The slots of a parameter.
   *
   * @param parameter the type of the parameter
   * @return the slots
   */
  List<Slot> slots(ValueType parameter);

  /**
   * The values from which a step starts.
   *
   * @param parameter the value of the parameter
   * @param gradient the gradient, of the parameter's type
   * @param slots the values of the slots, of the types of {@link #slots}
   * @param rate the learning rate, a scalar of f64
   * @param number the number of this step, from 1, a scalar of f64
   */
  record Step(Value parameter, Value gradient, List<Value> slots, Value rate, Value number) {
    /** Copies the list. */
    public Step {
      slots = List.copyOf(slots);
    }

    private DType dtype() {
      return parameter.type().dtype();
    }
  }

  /**
   * One step.
   *
   * @param p the builder of the program
   * @param step the values from which the step starts
   * @return the next value, and then the next slots
   */
  List<Value> update(ProgramBuilder p, Step step);

  private static void check(boolean fits, String rule, Object got) {
    if (!fits) {
      throw new IllegalArgumentException("optimizer: " + rule + ", got " + got);
    }
  }

  /**
   * Adam (Kingma and Ba, 2015).
   *
   * @param beta1 decay of the mean of gradients
   * @param beta2 decay of the mean of squared gradients
   * @param epsilon added to the root of the mean of squares
   */
  record Adam(double beta1, double beta2, double epsilon) implements Optimizer {
    /** Checks the numbers. */
    public Adam {
      check(beta1 >= 0 && beta1 < 1, "beta1 must be in [0, 1)", beta1);
      check(beta2 >= 0 && beta2 < 1, "beta2 must be in [0, 1)", beta2);
      check(epsilon >= 0, "epsilon must be at least 0", epsilon);
    }

    @Override
    public List<Slot> slots(ValueType parameter) {
      return List.of(new Slot("mean", parameter), new Slot("square", parameter));
    }

    @Override
    public List<Value> update(ProgramBuilder p, Step step) {
      Value gradient = step.gradient();
      Value mean = average(p, step.slots().get(0), gradient, beta1);
      Value square = average(p, step.slots().get(1), p.multiply(gradient, gradient), beta2);
      // The order of operations is that of section 2 of the paper: the corrections of the means
      // are scalars, not computed for each element.
      Value second = p.sqrt(bias(p, beta2, step));
      Value by = p.multiply(step.rate(), p.divide(second, bias(p, beta1, step)));
      Value floor = p.convert(p.scale(second, epsilon), step.dtype());
      Value direction = p.divide(mean, p.add(p.sqrt(square), floor));
      Value moved = p.multiply(direction, p.convert(by, step.dtype()));
      return List.of(p.subtract(step.parameter(), moved), mean, square);
    }

    /** {@code beta mean + (1 - beta) next}. */
    private static Value average(ProgramBuilder p, Value mean, Value next, double beta) {
      return p.add(p.scale(mean, beta), p.scale(next, 1 - beta));
    }

    /** {@code 1 - beta^step}. */
    private static Value bias(ProgramBuilder p, double beta, Step step) {
      Value one = p.constant(DType.F64, 1.0);
      return p.subtract(one, p.power(p.constant(DType.F64, beta), step.number()));
    }
  }

  /**
   * Adafactor (Shazeer and Stern, 2018). Of a matrix's mean of squares, it keeps only the sums of
   * rows and columns, for each expert separately. It keeps no mean of gradients. The update is
   * relative to the parameter's size.
   *
   * @param decay the decay of step t is {@code 1 - t^-decay}
   * @param clip the largest root mean square of an update before it is scaled
   * @param smallestSquare added to squares of gradients
   * @param smallestScale used in place of a parameter's root mean square if the latter is smaller
   */
  record Adafactor(double decay, double clip, double smallestSquare, double smallestScale)
      implements Optimizer {
    /** Checks the numbers. */
    public Adafactor {
      check(decay > 0, "decay must be above 0", decay);
      check(clip > 0, "clip must be above 0", clip);
      check(smallestSquare >= 0, "smallestSquare must be at least 0", smallestSquare);
      check(smallestScale >= 0, "smallestScale must be at least 0", smallestScale);
    }

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
    public List<Value> update(ProgramBuilder p, Step step) {
      DType dtype = step.dtype();
      Value forget = p.convert(p.power(step.number(), p.constant(DType.F64, -decay)), dtype);
      Value keep = p.subtract(p.constant(dtype, 1.0), forget);
      Value square = p.add(p.multiply(step.gradient(), step.gradient()), smallestSquare);
      List<Value> slots = new ArrayList<>();
      Value mean;
      List<String> labels = step.parameter().type().names();
      int rank = labels.size();
      if (rank < 2) {
        mean = p.add(p.multiply(step.slots().get(0), keep), p.multiply(square, forget));
        slots.add(mean);
      } else {
        String last = labels.get(rank - 1);
        String before = labels.get(rank - 2);
        Value rows = p.multiply(p.mean(square, last), forget);
        Value columns = p.multiply(p.mean(square, before), forget);
        Value row = p.add(p.multiply(step.slots().get(0), keep), rows);
        Value column = p.add(p.multiply(step.slots().get(1), keep), columns);
        mean = p.multiply(p.divide(row, p.mean(row, before)), column);
        slots.addAll(List.of(row, column));
      }
      List<Value> results = new ArrayList<>(List.of(moved(p, step, mean)));
      results.addAll(slots);
      return List.copyOf(results);
    }

    /** The next value of the parameter, from the mean of squares. */
    private Value moved(ProgramBuilder p, Step step, Value mean) {
      Value update = p.multiply(step.gradient(), p.rsqrt(mean));
      Value clipped = p.divide(update, p.maximum(p.scale(size(p, update), 1 / clip), 1));
      Value scale = p.maximum(size(p, step.parameter()), smallestScale);
      Value by = p.multiply(scale, p.convert(step.rate(), step.dtype()));
      return p.subtract(step.parameter(), p.multiply(clipped, by));
    }

    /** The root mean square. */
    private static Value size(ProgramBuilder p, Value x) {
      String[] labels = x.type().names().toArray(String[]::new);
      return p.sqrt(p.mean(p.multiply(x, x), labels));
    }
  }

  /**
   * Another optimizer with a running mean of its parameters. The mean is better than the last
   * parameters: with a constant rate, it has the effect of a falling rate. At step t the mean moves
   * towards the parameters by the share {@code max(1 - decay, 10 / (t + 9))}, which is 1 at the
   * first step.
   *
   * @param optimizer the optimizer of the parameters
   * @param decay the decay of the mean
   */
  record Averaged(Optimizer optimizer, double decay) implements Optimizer {
    /** Checks for null, and the decay. */
    public Averaged {
      Objects.requireNonNull(optimizer, "optimizer");
      check(decay >= 0 && decay <= 1, "decay must be in [0, 1]", decay);
    }

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
    public List<Value> update(ProgramBuilder p, Step step) {
      List<Value> own = step.slots().subList(0, step.slots().size() - 1);
      Step of = new Step(step.parameter(), step.gradient(), own, step.rate(), step.number());
      List<Value> results = new ArrayList<>(optimizer.update(p, of));
      Value early = p.divide(p.constant(DType.F64, EARLY), p.add(step.number(), EARLY - 1));
      Value share = p.convert(p.maximum(early, 1 - decay), step.dtype());
      Value mean = step.slots().getLast();
      Value way = p.subtract(results.getFirst(), mean);
      results.add(p.add(mean, p.multiply(way, share)));
      return List.copyOf(results);
    }
  }
}
