package io.github.shardsum.internal.moe.train;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.moe.model.Parameter;
import io.github.shardsum.moe.model.Transformer;
import io.github.shardsum.moe.model.TransformerSpec;
import io.github.shardsum.moe.train.Training;
import io.github.shardsum.moe.train.TrainingLayouts;
import io.github.shardsum.moe.train.TrainingStep;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The programs of a training, each compiled for a shape of a batch at its first use. A shape is B,
 * N and T.
 */
public final class TrainingPrograms implements AutoCloseable {
  private final TransformerSpec spec;
  private final Training.Settings settings;
  private final Backend backend;
  private final Optional<Training.Placement> placement;
  private final List<Parameter> parameters;
  private final List<String> reported;
  private final Map<List<Integer>, Executable> steps = new HashMap<>();
  private final Map<List<Integer>, Executable> sums = new HashMap<>();
  private final Map<List<Integer>, Executable> losses = new HashMap<>();
  private final Map<List<Integer>, Executable> slotLosses = new HashMap<>();
  private Optional<Executable> move = Optional.empty();

  /**
   * Programs of a model.
   *
   * @param reported names of the outputs of a loss that a step reports, in their order
   */
  public TrainingPrograms(
      TransformerSpec spec,
      Training.Settings settings,
      Backend backend,
      Optional<Training.Placement> placement,
      List<Parameter> parameters,
      List<String> reported) {
    this.spec = spec;
    this.settings = settings;
    this.backend = backend;
    this.placement = placement;
    this.parameters = parameters;
    this.reported = List.copyOf(reported);
  }

  /** The layouts of a program's values; empty without a placement. */
  public Map<String, String> layouts(Program program) {
    return placement
        .map(at -> TrainingLayouts.of(program, at.axes(), at.splitsSlots()))
        .orElse(Map.of());
  }

  /** A step, in plain form. */
  public Program step(int batch, int source, int target) {
    return step(loss(batch, source, target));
  }

  private Program step(Program loss) {
    return TrainingStep.of(loss, parameters, settings.optimizer(), settings.clip(), reported);
  }

  /** The sum of gradients of batches, in plain form. */
  public Program sum() {
    return TrainingStep.sum(loss(1, 1, 1), parameters, reported);
  }

  /** A step. */
  public Executable compiledStep(List<Integer> shape) {
    return steps.computeIfAbsent(shape, of -> compile(step(loss(of))));
  }

  /** The sum of gradients of batches. */
  public Executable compiledSum(List<Integer> shape) {
    return sums.computeIfAbsent(
        shape, of -> compile(TrainingStep.sum(loss(of), parameters, reported)));
  }

  /** The end of a step of several batches: the sums of gradients move the parameters. */
  public Executable compiledMove() {
    Executable compiled =
        move.orElseGet(
            () ->
                backend.compile(
                    laid(TrainingStep.move(parameters, settings.optimizer(), settings.clip()))));
    move = Optional.of(compiled);
    return compiled;
  }

  /** The mean cross-entropy of a batch. */
  public Executable compiledLoss(List<Integer> shape) {
    return losses.computeIfAbsent(shape, of -> backend.compile(laid(crossEntropy(of))));
  }

  /** The same for parameters that have the layouts of one of their slots. */
  public Executable compiledLoss(String slot, List<Integer> shape) {
    return slotLosses.computeIfAbsent(shape, of -> backend.compile(laidAs(slot, crossEntropy(of))));
  }

  private Program loss(int batch, int source, int target) {
    return Transformer.loss(spec, settings.loss(), batch, source, target);
  }

  /** The loss in the form that is compiled; the other method has the plain form of the model. */
  private Program loss(List<Integer> shape) {
    Map<String, String> layouts =
        placement.map(at -> TrainingLayouts.ofSlots(at.axes())).orElse(Map.of());
    Transformer.Form form = new Transformer.Form(layouts, settings.recomputes());
    return Transformer.loss(spec, settings.loss(), form, shape.get(0), shape.get(1), shape.get(2));
  }

  private Program crossEntropy(List<Integer> shape) {
    Program whole = loss(shape);
    return new Program(
        "transformer.nll", whole.inputs(), whole.statements(), List.of(whole.value("nll")));
  }

  private Executable compile(Program step) {
    Program laid = laid(step);
    CompileOptions options = CompileOptions.defaults();
    return backend.compile(
        laid,
        settings.recomputes()
            ? options.rematerialize(
                TrainingRecomputation.names(laid, reported).toArray(String[]::new))
            : options);
  }

  private Program laid(Program program) {
    return placement.isEmpty() ? program : Annotations.of(layouts(program)).apply(program);
  }

  private Program laidAs(String slot, Program loss) {
    if (placement.isEmpty()) {
      return loss;
    }
    Map<String, String> layouts = new LinkedHashMap<>(layouts(loss));
    Map<String, String> ofStep = layouts(step(1, 1, 1));
    for (Parameter parameter : parameters) {
      String layout = ofStep.get(slot + "." + parameter.name());
      if (layout != null) {
        layouts.put(parameter.name(), layout);
      }
    }
    return Annotations.of(layouts).apply(loss);
  }

  @Override
  public void close() {
    steps.values().forEach(Executable::close);
    sums.values().forEach(Executable::close);
    losses.values().forEach(Executable::close);
    slotLosses.values().forEach(Executable::close);
    move.ifPresent(Executable::close);
  }
}
