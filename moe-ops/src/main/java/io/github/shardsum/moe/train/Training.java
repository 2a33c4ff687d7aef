package io.github.shardsum.moe.train;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.backend.mesh.MeshExecutable;
import io.github.shardsum.internal.moe.route.ArgumentChecks;
import io.github.shardsum.internal.moe.train.ShardedTrainingState;
import io.github.shardsum.internal.moe.train.TrainingPrograms;
import io.github.shardsum.internal.moe.train.TrainingState;
import io.github.shardsum.internal.moe.train.WholeTrainingState;
import io.github.shardsum.layout.Box;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.moe.model.Parameter;
import io.github.shardsum.moe.model.Transformer;
import io.github.shardsum.moe.model.TransformerSpec;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.CompositeParts;
import io.github.shardsum.partition.CompositeParts.Extent;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A Transformer in training: its parameters, the optimizer's slots and the number of steps made.
 * The bits of a step's result depend only on these, on the batch and on the rate. Programs are
 * compiled for each shape of a batch at its first use. Not thread-safe.
 */
public final class Training implements AutoCloseable {
  /** The largest number of tensors named in a message. */
  private static final int MOST_NAMED = 3;

  private static final String LOSS = "loss";
  private static final String CROSS_ENTROPY = "nll";
  private static final String BALANCE = "balance";
  private static final String UNUSABLE = "unusable";
  private static final String DROPPED = "dropped";

  /** Prefix of the outputs with the loads of layers. */
  private static final String PLACED = "placed.";

  /** Outputs of a loss that a step reports; the loads of layers follow them. */
  private static final List<String> METRICS =
      List.of(LOSS, CROSS_ENTROPY, BALANCE, UNUSABLE, DROPPED);

  private final TransformerSpec spec;
  private final List<Parameter> parameters;
  private final List<String> names = new ArrayList<>();
  private final List<String> reported = new ArrayList<>(METRICS);
  private final TrainingPrograms programs;
  private final Optional<Placement> placement;
  private final TrainingState state;

  /** Types of the state, in its order. */
  private final List<ValueType> types = new ArrayList<>();

  private long step;
  private Optional<Executable> last = Optional.empty();
  private boolean hasSums;

  /**
   * Whether a step failed between its batches, so that the sums are not those of a complete step.
   */
  private boolean sumsAreStale;

  /**
   * The placement of a training's state on the mesh of its backend.
   *
   * @param axes the axes of the mesh with the labels that they split
   * @param splitsSlots whether axes of data also split the optimizer's slots
   */
  public record Placement(MeshAxes axes, boolean splitsSlots) {
    /** Checks for null. */
    public Placement {
      Objects.requireNonNull(axes, "axes");
    }
  }

  /**
   * The settings of a training.
   *
   * @param loss the loss that training reduces
   * @param optimizer the optimizer of the parameters
   * @param clip the largest norm of a gradient
   * @param recomputes whether the backward pass computes the activations inside each part of a
   *     layer again from the residual before the part, instead of keeping them. The bits are the
   *     same on one device, and on a mesh if sums have a fixed order
   */
  public record Settings(
      Transformer.Loss loss, Optimizer optimizer, double clip, boolean recomputes) {
    /**
     * Settings that keep activations.
     *
     * @param loss the loss that training reduces
     * @param optimizer the optimizer of the parameters
     * @param clip the largest norm of a gradient
     */
    public Settings(Transformer.Loss loss, Optimizer optimizer, double clip) {
      this(loss, optimizer, clip, false);
    }

    /**
     * The same settings, with activations kept or computed again.
     *
     * @param recomputes whether activations are computed again
     * @return the settings
     */
    public Settings withRecomputes(boolean recomputes) {
      return new Settings(loss, optimizer, clip, recomputes);
    }

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
   * The sentences of one step, padded to one length.
   *
   * @param source {@code [B, N]} of i32
   * @param target {@code [B, T]} of i32, beginning with {@link TransformerSpec#BEGIN}
   * @param next {@code [B, T]} of i32: the target without its first token, followed by the end
   *     token
   */
  public record Batch(Tensor source, Tensor target, Tensor next) {
    /** Checks that shapes agree. */
    public Batch {
      ArgumentChecks.rank("training: source", "[B, N]", source);
      ArgumentChecks.rank("training: target", "[B, T]", target);
      ArgumentChecks.shape("training: next", "[B, T]", target.shape(), next);
      ArgumentChecks.atLeast("training: sentences B", 1, source.size(0));
      ArgumentChecks.atLeast("training: source tokens N", 1, source.size(1));
      ArgumentChecks.atLeast("training: target tokens T", 1, target.size(1));
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
   * Losses and metrics of a step, computed with the parameters before the step.
   *
   * @param loss the loss that training reduces: the cross-entropy with label smoothing, plus the
   *     routers' losses times their factors, as {@link Transformer.Loss} has them
   * @param crossEntropy the mean cross-entropy of the batch's real targets, in nats, without
   *     smoothing and without the routers' losses, as {@link #crossEntropy(Batch, Map)} has it
   * @param norm the norm of the gradient before clipping
   * @param balance the load-balancing loss, the sum over layers
   * @param unusable tokens that could not be routed, because a logit was NaN or infinite
   * @param dropped choices that found their expert full, the sum over layers
   * @param placed the tokens that each expert got, for each layer with experts
   */
  public record Report(
      double loss,
      double crossEntropy,
      double norm,
      double balance,
      long unusable,
      long dropped,
      Map<String, long[]> placed) {}

  /**
   * The planned traffic and memory of a step on a mesh.
   *
   * @param collectives the number of collectives
   * @param receivedBytes the bytes that the largest device receives
   * @param heldBytes the bytes that the largest device holds at once, inputs and outputs included
   * @param kinds the same collectives by kind, those with the most bytes first
   * @param rows the rows of tokens that travel to their experts, if the plan sends rows
   */
  public record Traffic(
      long collectives,
      long receivedBytes,
      long heldBytes,
      List<Kind> kinds,
      Optional<SentRows> rows) {
    /** Copies the list. */
    public Traffic {
      kinds = List.copyOf(kinds);
      Objects.requireNonNull(rows, "rows");
    }
  }

  /**
   * Rows of tokens that travel to the devices of their experts.
   *
   * @param steps the number of times that rows travel: forward and backward in each layer with
   *     experts
   * @param axes the axes along which they travel
   * @param sent the rows that the largest device sends in the transfer with the most rows, one for
   *     each choice
   * @param most the most rows that a device may receive in this transfer
   * @param bound {@code most} as a multiple of the sent rows; a step that needs more raises it
   * @param pieces the number of pieces into which rows are cut; one piece travels while another is
   *     computed
   */
  public record SentRows(
      int steps, List<String> axes, long sent, long most, double bound, int pieces) {
    /** Copies the axes. */
    public SentRows {
      axes = List.copyOf(axes);
    }

    /** The rows of a plan; empty if the plan sends none. */
    static Optional<SentRows> of(SpmdPlan plan) {
      List<PlanStep> steps =
          plan.steps().stream()
              .filter(step -> step.action() instanceof Action.Partitioned)
              .toList();
      return steps.stream()
          .map(step -> of(plan, step, ((Action.Partitioned) step.action()).parts(), steps.size()))
          .max(Comparator.comparingLong(SentRows::sent).thenComparingLong(SentRows::most));
    }

    private static SentRows of(SpmdPlan plan, PlanStep step, CompositeParts parts, int steps) {
      long sent = 0;
      for (CompositeParts.Buffer buffer : parts.buffers()) {
        if (buffer.extents().getFirst() instanceof Extent.Bounded(Extent.Local rows, _, _)) {
          PlannedValue value = plan.value(step.operands().get(rows.operand()));
          Shape shape = value.layout().largestShape(value.shape());
          sent =
              rows.labels().stream()
                  .mapToLong(label -> shape.size(value.layout().dim(label)))
                  .reduce(1, Math::multiplyExact);
        }
      }
      long all = Math.multiplyExact(sent, plan.mesh().size(parts.rowAxes()));
      long most = Math.min(all, (long) Math.ceil(parts.bound() * sent));
      return new SentRows(
          steps, parts.rowAxes(), sent, most, parts.bound(), Math.toIntExact(parts.pieces()));
    }
  }

  /**
   * Collectives of one kind.
   *
   * @param op the operation, such as {@code all-to-all}
   * @param axes the axes of the mesh along which devices communicate
   * @param count the number of these collectives
   * @param receivedBytes the bytes that the largest device receives in all of them
   */
  public record Kind(String op, List<String> axes, long count, long receivedBytes) {
    /** Copies the list. */
    public Kind {
      axes = List.copyOf(axes);
    }

    private Kind and(Kind other) {
      return new Kind(op, axes, count + other.count, receivedBytes + other.receivedBytes);
    }
  }

  /**
   * A model with its first parameters, on one device.
   *
   * @param spec the model
   * @param settings the settings of the training
   * @param backend runs its programs
   * @param seed the seed of the parameters
   */
  public Training(TransformerSpec spec, Settings settings, Backend backend, long seed) {
    this(spec, settings, backend, Optional.empty(), seed);
  }

  /**
   * A model with its first parameters. On one of Shardsum's meshes the state is held as shards: a
   * process holds only the parts of its own devices.
   *
   * @param spec the model
   * @param settings the settings of the training
   * @param backend runs its programs
   * @param placement the layouts of the state, for a backend of several devices
   * @param seed the seed of the parameters
   * @throws IllegalArgumentException if the number of the model's groups is not a multiple of the
   *     number of devices that split sentences
   */
  public Training(
      TransformerSpec spec,
      Settings settings,
      Backend backend,
      Optional<Placement> placement,
      long seed) {
    this.spec = Objects.requireNonNull(spec, "spec");
    Objects.requireNonNull(settings, "settings");
    Objects.requireNonNull(backend, "backend");
    this.placement = Objects.requireNonNull(placement, "placement");
    placement.ifPresent(at -> at.axes().checkGroups(spec.groups()));
    this.parameters = Transformer.parameters(spec);
    for (Parameter parameter : parameters) {
      names.add(parameter.name());
      types.add(parameter.type());
    }
    for (Parameter parameter : parameters) {
      for (Optimizer.Slot slot : settings.optimizer().slots(parameter.type())) {
        names.add(slot.name() + "." + parameter.name());
        types.add(slot.type());
      }
    }
    Transformer.loss(spec, settings.loss(), 1, 1, 1).outputs().stream()
        .map(Value::name)
        .filter(name -> name.startsWith(PLACED))
        .forEach(reported::add);
    this.programs = new TrainingPrograms(spec, settings, backend, placement, parameters, reported);
    this.state = first(backend, seed);
  }

  private TrainingState first(Backend backend, long seed) {
    TrainingState first =
        placement.isPresent() && backend instanceof MeshBackend mesh
            ? new ShardedTrainingState(mesh)
            : new WholeTrainingState();
    Map<String, String> layouts = programs.layouts(programs.step(1, 1, 1));
    for (int i = 0; i < names.size(); i++) {
      add(first, first(seed, i), layouts.getOrDefault(names.get(i), ""));
    }
    return first;
  }

  private void add(TrainingState to, Tensor tensor, String layout) {
    switch (to) {
      case WholeTrainingState whole -> whole.add(tensor);
      case ShardedTrainingState sharded ->
          sharded.add(tensor, Layout.parse(placement.orElseThrow().axes().mesh(), layout));
    }
  }

  private static List<Integer> range(int from, int to) {
    return IntStream.range(from, to).boxed().toList();
  }

  private Tensor first(long seed, int index) {
    ValueType type = types.get(index);
    return index < parameters.size()
        ? parameters.get(index).initial(seed, index)
        : Tensor.zeros(type.dtype(), type.shape());
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
    return programs.step(batch, source, target);
  }

  /**
   * The number of steps made so far.
   *
   * @return the number
   */
  public long steps() {
    return step;
  }

  /**
   * Parameters and slots by name. The tensors are valid until the step after the next one. On a
   * mesh they are gathered, so every process must call this method.
   *
   * @return an unmodifiable map in a fixed order
   */
  public Map<String, Tensor> state() {
    Map<String, Tensor> all = new LinkedHashMap<>();
    state(_ -> true, all::put);
    return Collections.unmodifiableMap(all);
  }

  /**
   * Passes some of the parameters and slots to a function, one after the other in a fixed order.
   * The tensors are valid until the step after the next one. On a mesh each of them is gathered in
   * turn, so every process must call this method. A process that keeps none of them needs memory
   * for only one at a time.
   *
   * @param some the names, the same on every process
   * @param use receives the name and the value of each tensor
   */
  public void state(Predicate<String> some, BiConsumer<String, Tensor> use) {
    for (int i = 0; i < names.size(); i++) {
      if (some.test(names.get(i))) {
        use.accept(names.get(i), state.get(i));
      }
    }
  }

  /**
   * A part of a tensor of the state.
   *
   * @param name the tensor's name
   * @param shape the tensor's shape
   * @param box the box of the part in the tensor
   * @param values the values, of the box's shape, valid until the step after the next one
   */
  public record Part(String name, Shape shape, Box box, Tensor values) {
    /** Checks that the values have the shape of the box. */
    public Part {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(shape, "shape");
      if (!box.shape().equals(values.shape())) {
        throw new IllegalArgumentException(
            "training: part of " + name + " must be of " + box + ", got " + values.description());
      }
    }
  }

  /**
   * The parts of the state that this process must save. Each element of the state is in exactly one
   * part of one process. Nothing is gathered.
   *
   * @return the parts, in the order of the state
   */
  public List<Part> parts() {
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      for (TrainingState.Tile tile : state.tiles(i)) {
        parts.add(new Part(names.get(i), types.get(i).shape(), tile.box(), tile.values()));
      }
    }
    return parts;
  }

  /**
   * The shapes of the parameters and slots.
   *
   * @return the shapes by name, in the order of the state
   */
  public Map<String, Shape> shapes() {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      shapes.put(names.get(i), types.get(i).shape());
    }
    return Collections.unmodifiableMap(shapes);
  }

  /** The first few names, because there may be hundreds. */
  private static String first(List<String> list) {
    return list.isEmpty()
        ? ""
        : list.stream()
            .limit(MOST_NAMED)
            .collect(Collectors.joining(", ", " (", list.size() > MOST_NAMED ? ", ...)" : ")"));
  }

  /**
   * Continues from a state.
   *
   * @param saved a result of {@link #state}
   * @param made the number of steps that had been made
   * @throws IllegalArgumentException if a tensor is missing, or has another dtype or shape, or the
   *     number of steps is negative; nothing is then changed
   */
  public void restore(Map<String, Tensor> saved, long made) {
    ArgumentChecks.atLeast("training: steps that were made", 0, made);
    List<String> missing = names.stream().filter(name -> !saved.containsKey(name)).toList();
    List<String> unknown =
        saved.keySet().stream().filter(name -> !names.contains(name)).sorted().toList();
    if (!missing.isEmpty() || !unknown.isEmpty()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "training: state must have the %d tensors of the model, got one without %d of them%s"
                  + " and with %d others%s",
              names.size(),
              missing.size(),
              first(missing),
              unknown.size(),
              first(unknown)));
    }
    for (int i = 0; i < names.size(); i++) {
      Tensor given = Objects.requireNonNull(saved.get(names.get(i)));
      ValueType own = types.get(i);
      if (given.dtype() != own.dtype() || !given.shape().equals(own.shape())) {
        throw new IllegalArgumentException(
            "training: "
                + names.get(i)
                + " must be "
                + own.dtype()
                + own.shape()
                + ", got "
                + given.description());
      }
    }
    for (int i = 0; i < names.size(); i++) {
      state.set(i, Objects.requireNonNull(saved.get(names.get(i))));
    }
    step = made;
  }

  /**
   * Makes a step.
   *
   * @param batch the tokens
   * @param rate the learning rate
   * @return the results of the step
   * @throws IllegalArgumentException if the batch is not of i32, or longer than the model's
   *     positions, or on a mesh not a multiple of the model's groups
   */
  public Report step(Batch batch, double rate) {
    check(batch);
    Executable executable = programs.compiledStep(batch.shape());
    List<Tensor> others = new ArrayList<>();
    others.add(Tensor.scalar(DType.F64, rate));
    others.add(Tensor.scalar(DType.F64, step + 1));
    others.addAll(tokens(batch));
    List<Integer> all = range(0, names.size());
    List<Tensor> outputs = state.step(executable, all, others, all);
    last = Optional.of(executable);
    step++;
    return report(outputs.getFirst().getDouble(), outputs.subList(1, outputs.size()));
  }

  /**
   * The report of a step.
   *
   * @param outputs the reported outputs, in the order of their names
   */
  private Report report(double norm, List<Tensor> outputs) {
    Map<String, Tensor> named = new HashMap<>();
    Map<String, long[]> placed = new LinkedHashMap<>();
    for (int i = 0; i < reported.size(); i++) {
      String name = reported.get(i);
      named.put(name, outputs.get(i));
      if (name.startsWith(PLACED)) {
        placed.put(name.substring(PLACED.length()), outputs.get(i).toLongArray());
      }
    }
    Function<String, Tensor> of = name -> Objects.requireNonNull(named.get(name), name);
    return new Report(
        of.apply(LOSS).getDouble(),
        of.apply(CROSS_ENTROPY).getDouble(),
        norm,
        of.apply(BALANCE).getDouble(),
        of.apply(UNUSABLE).getLong(),
        of.apply(DROPPED).getLong(),
        Collections.unmodifiableMap(placed));
  }

  private static List<Tensor> tokens(Batch batch) {
    return List.of(batch.source(), batch.target(), batch.next());
  }

  /**
   * Makes a step on the mean of the gradients of several batches. The batches are computed one
   * after the other, so a step needs memory for one batch and for the sum of gradients. With one
   * batch it is {@link #step(Batch, double)}.
   *
   * @param batches the tokens, of any shapes
   * @param rate the learning rate
   * @return the results of the step: means of losses, sums of numbers of tokens
   * @throws IllegalArgumentException as for one batch, or if there is no batch; nothing is then
   *     changed
   */
  public Report step(List<Batch> batches, double rate) {
    ArgumentChecks.atLeast("training: batches of a step", 1, batches.size());
    if (batches.size() == 1) {
      return step(batches.getFirst(), rate);
    }
    batches.forEach(this::check);
    List<Executable> compiled =
        batches.stream().map(batch -> programs.compiledSum(batch.shape())).toList();
    Executable end = programs.compiledMove();
    addSums();
    int first = names.size();
    List<Integer> sums = range(first, first + parameters.size());
    List<Integer> read = new ArrayList<>(range(0, parameters.size()));
    read.addAll(sums);
    List<Report> each = new ArrayList<>();
    sumsAreStale = true;
    for (int i = 0; i < batches.size(); i++) {
      each.add(report(0, state.step(compiled.get(i), read, tokens(batches.get(i)), sums)));
    }
    List<Tensor> others =
        List.of(
            Tensor.scalar(DType.F64, rate),
            Tensor.scalar(DType.F64, step + 1),
            Tensor.scalar(DType.F64, batches.size()));
    List<Integer> all = range(0, first + parameters.size());
    double norm = state.step(end, all, others, all).getFirst().getDouble();
    sumsAreStale = false;
    last = Optional.of(compiled.getLast());
    step++;
    return together(each, norm);
  }

  /**
   * Sets the sums to 0 if they are missing or stale. Gradients of a failed step must not count in
   * the next step.
   */
  private void addSums() {
    if (hasSums && !sumsAreStale) {
      return;
    }
    Program program = programs.sum();
    Map<String, String> layouts = programs.layouts(program);
    for (int i = 0; i < parameters.size(); i++) {
      Value sum = program.inputs().get(parameters.size() + i);
      Tensor zero = Tensor.zeros(sum.type().dtype(), sum.type().shape());
      if (hasSums) {
        state.set(names.size() + i, zero);
      } else {
        add(state, zero, layouts.getOrDefault(sum.name(), ""));
      }
    }
    hasSums = true;
    sumsAreStale = false;
  }

  private static Report together(List<Report> each, double norm) {
    Map<String, long[]> placed = new LinkedHashMap<>();
    for (Report report : each) {
      report
          .placed()
          .forEach(
              (layer, tokens) ->
                  placed.merge(
                      layer,
                      tokens,
                      (one, other) ->
                          IntStream.range(0, one.length)
                              .mapToLong(i -> one[i] + other[i])
                              .toArray()));
    }
    return new Report(
        each.stream().mapToDouble(Report::loss).average().orElseThrow(),
        each.stream().mapToDouble(Report::crossEntropy).average().orElseThrow(),
        norm,
        each.stream().mapToDouble(Report::balance).average().orElseThrow(),
        each.stream().mapToLong(Report::unusable).sum(),
        each.stream().mapToLong(Report::dropped).sum(),
        Collections.unmodifiableMap(placed));
  }

  /**
   * The traffic and memory of the last step on one of Shardsum's meshes.
   *
   * @return the plan's numbers; empty before the first step, and on other backends
   */
  public Optional<Traffic> traffic() {
    if (last.isEmpty() || !(last.get() instanceof MeshExecutable mesh)) {
      return Optional.empty();
    }
    SpmdPlan plan = mesh.plan().plan();
    Map<List<String>, Kind> kinds = new LinkedHashMap<>();
    for (int i = 0; i < plan.steps().size(); i++) {
      if (plan.steps().get(i).action().isCollective()) {
        Action action = plan.steps().get(i).action();
        long bytes = plan.bytesReceived(i);
        List<String> key = new ArrayList<>(action.groupAxes());
        key.add(action.op());
        kinds.merge(key, new Kind(action.op(), action.groupAxes(), 1, bytes), Kind::and);
      }
    }
    List<Kind> all =
        kinds.values().stream()
            .sorted(Comparator.comparingLong(Kind::receivedBytes).reversed())
            .toList();
    return Optional.of(
        new Traffic(
            all.stream().mapToLong(Kind::count).sum(),
            all.stream().mapToLong(Kind::receivedBytes).sum(),
            mesh.heldBytes(),
            all,
            SentRows.of(plan)));
  }

  /**
   * The mean cross-entropy of a batch, without smoothing and without the routers' losses.
   *
   * @param batch the tokens
   * @param weights parameters by name
   * @return the mean over its real targets, in nats
   * @throws IllegalArgumentException if the batch is not of i32, or longer than the model's
   *     positions, or if a parameter is missing or has another dtype or shape
   */
  public double crossEntropy(Batch batch, Map<String, Tensor> weights) {
    check(batch);
    List<Tensor> inputs = new ArrayList<>();
    for (Parameter parameter : parameters) {
      Tensor weight = weights.get(parameter.name());
      if (weight == null) {
        throw new IllegalArgumentException(
            "training: weights must have " + parameter.name() + ", got " + weights.keySet());
      }
      inputs.add(weight);
    }
    inputs.addAll(tokens(batch));
    return programs.compiledLoss(batch.shape()).run(inputs).getFirst().getDouble();
  }

  /**
   * The mean cross-entropy with a slot in place of the parameters. The slot must hold a value for
   * each parameter, as {@link Optimizer.Averaged#MEAN} does, and is read in place.
   *
   * @param batch the tokens
   * @param slot the slot's name
   * @return the mean over its real targets, in nats
   * @throws IllegalArgumentException if the batch is not of i32, or longer than the model's
   *     positions, or if the optimizer does not have this slot for each parameter
   */
  public double crossEntropy(Batch batch, String slot) {
    check(batch);
    List<Integer> read = new ArrayList<>();
    for (Parameter parameter : parameters) {
      int index = names.indexOf(slot + "." + parameter.name());
      if (index < 0) {
        throw new IllegalArgumentException(
            "training: slot must be of each parameter, got " + slot + " and " + parameter.name());
      }
      read.add(index);
    }
    return state
        .run(programs.compiledLoss(slot, batch.shape()), read, tokens(batch))
        .getFirst()
        .getDouble();
  }

  /**
   * Checks that a batch on a mesh is a multiple of the number of groups. Otherwise it would be
   * routed in fewer groups, and the devices might not divide their number.
   */
  private void check(Batch batch) {
    if (placement.isPresent() && batch.source().size(0) % spec.groups() != 0) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "training: sentences must be a multiple of the model's %d groups on a mesh, got %d",
              spec.groups(),
              batch.source().size(0)));
    }
  }

  /** Closes the compiled programs. */
  @Override
  public void close() {
    programs.close();
  }
}
