package io.github.shardsum.moe.train;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.internal.moe.route.Checks;
import io.github.shardsum.moe.model.Parameter;
import io.github.shardsum.moe.model.Transformer;
import io.github.shardsum.moe.model.TransformerSpec;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * A Transformer in training: its parameters, the optimizer's slots and the number of steps made.
 * The result of a step depends on them, the batch and the rate alone, to the bit. Programs are
 * compiled for each shape of a batch at its first use. Not thread-safe.
 */
public final class Training implements AutoCloseable {
  /** Names of tensors in a message. */
  private static final int MOST_NAMED = 3;

  private final TransformerSpec spec;
  private final Settings settings;
  private final Backend backend;
  private final List<Parameter> parameters;
  private final List<String> names = new ArrayList<>();
  private final List<String> reported = new ArrayList<>();
  private final Map<List<Integer>, Executable> steps = new HashMap<>();
  private final Map<List<Integer>, Executable> losses = new HashMap<>();

  /** The state, and the memory into which the next step writes it. */
  private List<Tensor> state = new ArrayList<>();

  private List<Tensor> spare = new ArrayList<>();
  private long step;

  /**
   * How a model is trained.
   *
   * @param loss what is made small
   * @param optimizer how parameters move
   * @param clip the largest norm of a gradient
   */
  public record Settings(Transformer.Loss loss, Optimizer optimizer, double clip) {
    /** Checks for null, and the norm. */
    public Settings {
      Objects.requireNonNull(loss, "loss");
      Objects.requireNonNull(optimizer, "optimizer");
      if (!(clip > 0)) {
        throw new IllegalArgumentException("training: clip must be above 0, got " + clip);
      }
    }
  }

  /**
   * Sentences of one step, padded to one length.
   *
   * @param source {@code [B, N]} of i32
   * @param target {@code [B, T]} of i32, beginning with {@link TransformerSpec#BEGIN}
   * @param next {@code [B, T]} of i32: the target without its beginning, and its end
   */
  public record Batch(Tensor source, Tensor target, Tensor next) {
    /** Checks that shapes agree. */
    public Batch {
      Checks.rank("training: source", "[B, N]", source);
      Checks.rank("training: target", "[B, T]", target);
      Checks.shape("training: next", "[B, T]", target.shape(), next);
      Checks.atLeast("training: sentences B", 1, source.size(0));
      Checks.atLeast("training: source tokens N", 1, source.size(1));
      Checks.atLeast("training: target tokens T", 1, target.size(1));
      if (source.size(0) != target.size(0)) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "training: source and target must have as many sentences, got %s and %s",
                source.description(),
                target.description()));
      }
    }

    private List<Integer> shape() {
      return List.of((int) source.size(0), (int) source.size(1), (int) target.size(1));
    }
  }

  /**
   * Losses and metrics of a step.
   *
   * @param loss before the step
   * @param norm of the gradient before it was clipped
   * @param balance the load-balancing loss, the sum over layers
   * @param unusable tokens that could not be routed, since a logit was NaN or infinite
   * @param placed for each layer with experts the tokens that each expert got
   */
  public record Report(
      double loss, double norm, double balance, long unusable, Map<String, long[]> placed) {}

  /**
   * A model with its first parameters.
   *
   * @param spec the model
   * @param settings how it is trained
   * @param backend runs its programs
   * @param seed of the parameters
   */
  public Training(TransformerSpec spec, Settings settings, Backend backend, long seed) {
    this.spec = Objects.requireNonNull(spec, "spec");
    this.settings = Objects.requireNonNull(settings, "settings");
    this.backend = Objects.requireNonNull(backend, "backend");
    this.parameters = Transformer.parameters(spec);
    for (int i = 0; i < parameters.size(); i++) {
      names.add(parameters.get(i).name());
      state.add(parameters.get(i).initial(seed, i));
    }
    for (Parameter parameter : parameters) {
      for (Optimizer.Slot slot : settings.optimizer().slots(parameter.type())) {
        names.add(slot.name() + "." + parameter.name());
        state.add(Tensor.zeros(slot.type().dtype(), slot.type().shape()));
      }
    }
    for (Tensor tensor : state) {
      spare.add(Tensor.zeros(tensor.dtype(), tensor.shape()));
    }
    reported.addAll(List.of("loss", "balance", "unusable"));
    loss(1, 1, 1).outputs().stream()
        .map(Value::name)
        .filter(name -> name.startsWith("placed."))
        .forEach(reported::add);
  }

  private Program loss(int batch, int source, int target) {
    return Transformer.loss(spec, settings.loss(), batch, source, target);
  }

  /**
   * The program of a step.
   *
   * @param batch B
   * @param source N
   * @param target T
   * @return the program
   */
  public Program program(int batch, int source, int target) {
    return TrainingStep.of(
        loss(batch, source, target), parameters, settings.optimizer(), settings.clip(), reported);
  }

  /**
   * Steps made so far.
   *
   * @return the number
   */
  public long steps() {
    return step;
  }

  /**
   * Parameters and slots by name; they change with the next step but one.
   *
   * @return an unmodifiable map in a fixed order
   */
  public Map<String, Tensor> state() {
    Map<String, Tensor> all = new LinkedHashMap<>();
    for (int i = 0; i < state.size(); i++) {
      all.put(names.get(i), state.get(i));
    }
    return Collections.unmodifiableMap(all);
  }

  /** Of hundreds of names the first few. */
  private static String first(List<String> list) {
    return list.isEmpty()
        ? ""
        : list.stream()
            .limit(MOST_NAMED)
            .collect(Collectors.joining(", ", " (", list.size() > MOST_NAMED ? ", ...)" : ")"));
  }

  /**
   * Goes on from a state.
   *
   * @param saved what {@link #state} gave
   * @param made steps that were made until then
   * @throws IllegalArgumentException if a tensor is missing, or of another dtype or shape, or the
   *     steps are negative; nothing is then changed
   */
  public void restore(Map<String, Tensor> saved, long made) {
    Checks.atLeast("training: steps that were made", 0, made);
    List<String> missing = names.stream().filter(name -> !saved.containsKey(name)).toList();
    List<String> unknown =
        saved.keySet().stream().filter(name -> !names.contains(name)).sorted().toList();
    if (!missing.isEmpty() || !unknown.isEmpty()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "training: state must have the %d tensors of the model, got one without %d of them%s and with %d others%s",
              names.size(),
              missing.size(),
              first(missing),
              unknown.size(),
              first(unknown)));
    }
    for (int i = 0; i < state.size(); i++) {
      Tensor given = Objects.requireNonNull(saved.get(names.get(i)));
      Tensor own = state.get(i);
      if (given.dtype() != own.dtype() || !given.shape().equals(own.shape())) {
        throw new IllegalArgumentException(
            "training: "
                + names.get(i)
                + " must be "
                + own.description()
                + ", got "
                + given.description());
      }
    }
    for (int i = 0; i < state.size(); i++) {
      state.get(i).assign(Objects.requireNonNull(saved.get(names.get(i))));
    }
    step = made;
  }

  /**
   * Makes a step.
   *
   * @param batch of which tokens
   * @param rate the learning rate
   * @return what it did
   * @throws IllegalArgumentException if the batch is not of i32, or longer than the model's
   *     positions
   */
  public Report step(Batch batch, double rate) {
    Executable executable =
        steps.computeIfAbsent(
            batch.shape(),
            shape -> backend.compile(program(shape.get(0), shape.get(1), shape.get(2))));
    List<Tensor> inputs = new ArrayList<>(state);
    inputs.add(Tensor.scalar(DType.F64, rate));
    inputs.add(Tensor.scalar(DType.F64, step + 1));
    inputs.addAll(List.of(batch.source(), batch.target(), batch.next()));
    List<Tensor> outputs = new ArrayList<>(spare);
    for (Value output :
        executable
            .program()
            .outputs()
            .subList(state.size(), executable.program().outputs().size())) {
      outputs.add(Tensor.zeros(output.type().dtype(), output.type().shape()));
    }
    executable.runInto(outputs, inputs);
    List<Tensor> before = state;
    state = spare;
    spare = before;
    step++;
    List<Tensor> told = outputs.subList(state.size(), outputs.size());
    Map<String, long[]> placed = new LinkedHashMap<>();
    for (int i = 3; i < reported.size(); i++) {
      placed.put(reported.get(i).substring("placed.".length()), told.get(i + 1).toLongArray());
    }
    return new Report(
        told.get(1).getDouble(),
        told.get(0).getDouble(),
        told.get(2).getDouble(),
        told.get(3).getLong(),
        Collections.unmodifiableMap(placed));
  }

  /**
   * The mean cross-entropy of a batch, without smoothing and without the routers' losses.
   *
   * @param batch of which tokens
   * @param weights parameters by name
   * @return the mean over its real targets, in nats
   * @throws IllegalArgumentException if the batch is not of i32, or longer than the model's
   *     positions, or if a parameter is missing, or of another dtype or shape
   */
  public double crossEntropy(Batch batch, Map<String, Tensor> weights) {
    Executable executable =
        losses.computeIfAbsent(
            batch.shape(),
            shape -> {
              Program whole = loss(shape.get(0), shape.get(1), shape.get(2));
              Program only =
                  new Program(
                      "transformer.nll",
                      whole.inputs(),
                      whole.statements(),
                      List.of(whole.value("nll")));
              return backend.compile(only);
            });
    List<Tensor> inputs = new ArrayList<>();
    for (Parameter parameter : parameters) {
      Tensor weight = weights.get(parameter.name());
      if (weight == null) {
        throw new IllegalArgumentException(
            "training: weights must have " + parameter.name() + ", got " + weights.keySet());
      }
      inputs.add(weight);
    }
    inputs.addAll(List.of(batch.source(), batch.target(), batch.next()));
    return executable.run(inputs).getFirst().getDouble();
  }

  /** Closes the programs that were compiled. */
  @Override
  public void close() {
    steps.values().forEach(Executable::close);
    losses.values().forEach(Executable::close);
  }
}
