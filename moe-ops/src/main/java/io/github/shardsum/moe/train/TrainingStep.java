package io.github.shardsum.moe.train;

import io.github.shardsum.moe.model.Parameter;
import io.github.shardsum.moe.model.Transformer;
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.Passes;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A training step as one program: the loss, its backward pass, the clipping of the gradient by its
 * global norm, and the optimizer.
 */
public final class TrainingStep {
  private static final String NEXT = "next.";
  private static final String GRADIENT = "gradient.";

  /** Prefix of a parameter's name for the sum of its gradients so far. */
  private static final String SUM = "sum.";

  private TrainingStep() {}

  /**
   * The program of a step. The inputs are the parameters, the slots {@code SLOT.PARAMETER} of each
   * parameter in turn, the scalars {@code rate} and {@code step} of f64 (steps are counted from 1),
   * and then the other inputs of the loss. The outputs are the next parameters {@code
   * next.PARAMETER} and slots {@code next.SLOT.PARAMETER} in the same order, the gradient's norm
   * {@code norm} before clipping, and then the requested outputs of the loss.
   *
   * @param loss a program whose first inputs are the parameters and which has a scalar output
   *     {@code loss}
   * @param parameters the parameters to learn
   * @param optimizer the optimizer
   * @param clip the largest norm of the gradient; a larger one is scaled down to it
   * @param reported names of outputs of the loss
   * @return the program
   */
  public static Program of(
      Program loss,
      List<Parameter> parameters,
      Optimizer optimizer,
      double clip,
      List<String> reported) {
    ProgramBuilder p = Program.builder("training.step");
    Moved moved = new Moved(p, parameters, optimizer);
    List<Value> arguments = new ArrayList<>(moved.weights);
    for (Value input : loss.inputs().subList(parameters.size(), loss.inputs().size())) {
      arguments.add(p.input(input.name(), input.type()));
    }
    Map<String, Value> outputs = forward(p, loss, arguments);
    moved.by(gradients(p, loss, parameters, arguments), clip);
    reported.forEach(name -> p.output(name, output(outputs, name)));
    return Passes.deadCode(Passes.commonSubexpressions(p.build()));
  }

  /**
   * The first part of a step on several batches. The inputs are the parameters, the sums of
   * gradients so far {@code sum.PARAMETER}, and then the other inputs of the loss. The outputs are
   * the next sums {@code next.sum.PARAMETER}, and then the requested outputs of the loss. A sum has
   * the dtype of its parameter, or f32 if the parameter is bf16.
   *
   * @param loss a program whose first inputs are the parameters and which has a scalar output
   *     {@code loss}
   * @param parameters the parameters to learn
   * @param reported names of outputs of the loss
   * @return the program
   */
  public static Program sum(Program loss, List<Parameter> parameters, List<String> reported) {
    ProgramBuilder p = Program.builder("training.sum");
    List<Value> arguments = new ArrayList<>();
    parameters.forEach(each -> arguments.add(p.input(each.name(), each.type())));
    List<Value> sums = new ArrayList<>();
    parameters.forEach(each -> sums.add(p.input(SUM + each.name(), sum(each.type()))));
    for (Value input : loss.inputs().subList(parameters.size(), loss.inputs().size())) {
      arguments.add(p.input(input.name(), input.type()));
    }
    Map<String, Value> outputs = forward(p, loss, arguments);
    List<Value> gradients = gradients(p, loss, parameters, arguments);
    for (int i = 0; i < gradients.size(); i++) {
      Value sum = sums.get(i);
      Value next = p.add(sum, p.convert(gradients.get(i), sum.type().dtype()));
      p.output(p.let(NEXT + SUM + parameters.get(i).name(), next));
    }
    reported.forEach(name -> p.output(name, output(outputs, name)));
    return Passes.deadCode(Passes.commonSubexpressions(p.build()));
  }

  /**
   * The second part of a step on several batches. The inputs are the parameters, the slots, the
   * sums of gradients, and the scalars {@code rate}, {@code step} and {@code batches} of f64;
   * {@code batches} is the number of gradients in the sums. The outputs are the next parameters and
   * slots, the next sums, which are 0, and the norm of the mean gradient.
   *
   * @param parameters the parameters to learn
   * @param optimizer the optimizer
   * @param clip the largest norm of the mean gradient
   * @return the program
   */
  public static Program move(List<Parameter> parameters, Optimizer optimizer, double clip) {
    ProgramBuilder p = Program.builder("training.move");
    Moved moved = new Moved(p, parameters, optimizer, true);
    Value batches = p.input("batches", ValueType.scalar(DType.F64));
    List<Value> means = new ArrayList<>();
    for (int i = 0; i < parameters.size(); i++) {
      Value sum = moved.sums.get(i);
      Parameter parameter = parameters.get(i);
      Value mean = p.divide(sum, p.convert(batches, sum.type().dtype()));
      Value gradient = p.convert(mean, parameter.type().dtype());
      means.add(p.let(GRADIENT + parameter.name(), gradient));
    }
    moved.by(means, clip);
    return Passes.deadCode(Passes.commonSubexpressions(p.build()));
  }

  /** The type of a sum of gradients. It is f32 for bf16, because bf16 cannot count beyond 256. */
  private static ValueType sum(ValueType parameter) {
    return parameter.dtype() == DType.BF16
        ? ValueType.of(DType.F32, parameter.names(), parameter.sizes())
        : parameter;
  }

  /**
   * Inlines the loss. The gradient contains the same operations again, and common subexpressions
   * are merged, so the forward pass is computed once. Residuals keep their names.
   */
  private static Map<String, Value> forward(ProgramBuilder p, Program loss, List<Value> arguments) {
    Map<String, Value> outputs = new HashMap<>();
    List<Value> forward = p.inline(loss, arguments);
    for (int i = 0; i < forward.size(); i++) {
      String name = loss.outputs().get(i).name();
      boolean isResidual = name.startsWith(Transformer.Form.RESIDUAL);
      outputs.put(name, isResidual ? p.let(name, forward.get(i)) : forward.get(i));
    }
    return outputs;
  }

  private static Value output(Map<String, Value> outputs, String name) {
    return Objects.requireNonNull(outputs.get(name), name);
  }

  private static List<Value> gradients(
      ProgramBuilder p, Program loss, List<Parameter> parameters, List<Value> arguments) {
    List<String> names = parameters.stream().map(Parameter::name).toList();
    List<Value> inlined = p.inline(Gradients.gradient(loss, List.of("loss"), names), arguments);
    List<Value> gradients = new ArrayList<>();
    for (int i = 0; i < inlined.size(); i++) {
      gradients.add(p.let(GRADIENT + names.get(i), inlined.get(i)));
    }
    return gradients;
  }

  /** The inputs of the optimizer's update. */
  private static final class Moved {
    private final ProgramBuilder p;
    private final List<Parameter> parameters;
    private final Optimizer optimizer;
    private final List<Value> weights = new ArrayList<>();
    private final List<List<Value>> slots = new ArrayList<>();
    private final List<Value> sums = new ArrayList<>();
    private final Value rate;
    private final Value step;

    Moved(ProgramBuilder p, List<Parameter> parameters, Optimizer optimizer) {
      this(p, parameters, optimizer, false);
    }

    Moved(ProgramBuilder p, List<Parameter> parameters, Optimizer optimizer, boolean hasSums) {
      this.p = p;
      this.parameters = parameters;
      this.optimizer = optimizer;
      parameters.forEach(each -> weights.add(p.input(each.name(), each.type())));
      for (Parameter parameter : parameters) {
        slots.add(
            optimizer.slots(parameter.type()).stream()
                .map(slot -> p.input(slot.name() + "." + parameter.name(), slot.type()))
                .toList());
      }
      if (hasSums) {
        parameters.forEach(each -> sums.add(p.input(SUM + each.name(), sum(each.type()))));
      }
      this.rate = p.input("rate", ValueType.scalar(DType.F64));
      this.step = p.input("step", ValueType.scalar(DType.F64));
    }

    /**
     * Applies the optimizer and adds the outputs: the next values, sums of 0, and the norm of the
     * gradients.
     */
    void by(List<Value> gradients, double clip) {
      Value norm = norm(p, gradients);
      // A NaN norm gives a NaN factor, so the results show it.
      Value factor = p.divide(p.constant(norm.type().dtype(), clip), p.maximum(norm, clip));
      List<Value> moved = new ArrayList<>();
      List<Value> kept = new ArrayList<>();
      for (int i = 0; i < weights.size(); i++) {
        String name = parameters.get(i).name();
        Value clipped = p.multiply(gradients.get(i), factor);
        List<Value> next =
            optimizer.update(
                p, new Optimizer.Step(weights.get(i), clipped, slots.get(i), rate, step));
        moved.add(p.let(NEXT + name, next.getFirst()));
        List<Optimizer.Slot> of = optimizer.slots(weights.get(i).type());
        for (int j = 0; j < of.size(); j++) {
          kept.add(p.let(NEXT + of.get(j).name() + "." + name, next.get(j + 1)));
        }
      }
      moved.forEach(p::output);
      kept.forEach(p::output);
      for (Value sum : sums) {
        p.output(p.let(NEXT + sum.name(), p.constant(sum.type(), 0)));
      }
      p.output("norm", norm);
    }
  }

  /** The root of the sum of the squares of all gradients. */
  private static Value norm(ProgramBuilder p, List<Value> gradients) {
    Value sum = null;
    for (Value gradient : gradients) {
      String[] labels = gradient.type().names().toArray(String[]::new);
      Value squares = p.sum(p.multiply(gradient, gradient), labels);
      sum = sum == null ? squares : p.add(sum, squares);
    }
    return p.sqrt(Objects.requireNonNull(sum, "parameters"));
  }
}
