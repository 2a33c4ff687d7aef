package io.github.shardsum.moe.train;

import io.github.shardsum.moe.model.Parameter;
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
 * A step of training as one program: the loss forward and backward, the gradient clipped by its
 * global norm, and the optimizer.
 */
public final class TrainingStep {
  private TrainingStep() {}

  /**
   * The program: inputs are the parameters, the slots {@code SLOT.PARAMETER} of each in turn, the
   * scalars {@code rate} and {@code step} of f64 (the step counted from 1), and then the other
   * inputs of the loss. Outputs are the next parameters {@code next.PARAMETER} and slots {@code
   * next.SLOT.PARAMETER} in the same order, the gradient's norm {@code norm} before it was clipped,
   * and then the outputs of the loss that are asked for.
   *
   * @param loss a program whose first inputs are the parameters and which has a scalar output
   *     {@code loss}
   * @param parameters what is learnt
   * @param optimizer how
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
    List<Value> weights = new ArrayList<>();
    parameters.forEach(each -> weights.add(p.input(each.name(), each.type())));
    List<List<Value>> slots = new ArrayList<>();
    for (Parameter parameter : parameters) {
      slots.add(
          optimizer.slots(parameter.type()).stream()
              .map(slot -> p.input(slot.name() + "." + parameter.name(), slot.type()))
              .toList());
    }
    Value rate = p.input("rate", ValueType.scalar(DType.F64));
    Value step = p.input("step", ValueType.scalar(DType.F64));
    List<Value> arguments = new ArrayList<>(weights);
    for (Value input : loss.inputs().subList(parameters.size(), loss.inputs().size())) {
      arguments.add(p.input(input.name(), input.type()));
    }
    // The forward pass of the gradient is computed once: the same operations are found.
    Map<String, Value> outputs = new HashMap<>();
    List<Value> forward = p.inline(loss, arguments);
    for (int i = 0; i < forward.size(); i++) {
      outputs.put(loss.outputs().get(i).name(), forward.get(i));
    }
    List<String> names = parameters.stream().map(Parameter::name).toList();
    List<Value> inlined = p.inline(Gradients.gradient(loss, List.of("loss"), names), arguments);
    List<Value> gradients = new ArrayList<>();
    for (int i = 0; i < inlined.size(); i++) {
      gradients.add(p.let("gradient." + names.get(i), inlined.get(i)));
    }
    Value norm = norm(p, gradients);
    // NaN stays NaN, as it is no less than 1.
    Value factor = p.divide(p.constant(norm.type().dtype(), clip), p.maximum(norm, clip));
    List<Value> moved = new ArrayList<>();
    List<Value> kept = new ArrayList<>();
    for (int i = 0; i < weights.size(); i++) {
      Value clipped = p.multiply(gradients.get(i), factor);
      List<Value> next =
          optimizer.update(
              p, new Optimizer.Step(weights.get(i), clipped, slots.get(i), rate, step));
      moved.add(p.let("next." + names.get(i), next.getFirst()));
      List<Optimizer.Slot> of = optimizer.slots(weights.get(i).type());
      for (int j = 0; j < of.size(); j++) {
        kept.add(p.let("next." + of.get(j).name() + "." + names.get(i), next.get(j + 1)));
      }
    }
    moved.forEach(p::output);
    kept.forEach(p::output);
    p.output("norm", norm);
    for (String name : reported) {
      p.output(name, Objects.requireNonNull(outputs.get(name), name));
    }
    return Passes.deadCode(Passes.commonSubexpressions(p.build()));
  }

  /** The root of the sum of all squares; a parameter of one label too. */
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
