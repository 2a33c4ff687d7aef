package io.github.shardsum.internal.engine;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.CollectiveException;
import io.github.shardsum.collective.CollectivePlan;
import io.github.shardsum.collective.RaggedCounts;
import io.github.shardsum.collective.TransportException;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.engine.check.AliasCheck;
import io.github.shardsum.internal.engine.check.CallExceptions;
import io.github.shardsum.internal.engine.check.CallRules;
import io.github.shardsum.internal.engine.check.ConsistencyCheck;
import io.github.shardsum.internal.engine.check.DeviceCall;
import io.github.shardsum.internal.engine.check.GroupCalls;
import io.github.shardsum.internal.engine.transfer.Phase;
import io.github.shardsum.internal.engine.transfer.TransferContext;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * A plan as a list of stretches. A stretch holds phases that were made when the plan was built, or
 * a call that is made when the stretch runs.
 */
final class EnginePlan implements CollectivePlan {
  private final Engine engine;
  private final String name;
  private final List<Step> steps;
  private final List<Runnable> stretches;
  private final List<Memory> memories;
  private final PendingCollectives flights;

  /** Memory that may be closed between two runs, with the name of its tensor. */
  private record Memory(MemorySegment.Scope scope, Collective collective, String what) {
    void check() {
      CallRules.checkAlive(scope, collective, what);
    }
  }

  private EnginePlan(
      Engine engine,
      String name,
      List<Step> steps,
      List<Runnable> stretches,
      List<Memory> memories,
      PendingCollectives flights) {
    this.flights = flights;
    this.engine = engine;
    this.name = name;
    this.steps = steps;
    this.stretches = stretches;
    this.memories = memories;
  }

  @Override
  public void run() {
    engine.checkUsable();
    memories.forEach(Memory::check);
    engine
        .executor()
        .run(
            () -> {
              try {
                stretches.forEach(Runnable::run);
              } catch (RuntimeException | Error failed) {
                abandon(failed);
                throw failed;
              }
              return 0;
            });
  }

  /** Gives up the lanes in flight, since messages to other processes cannot be cancelled. */
  private void abandon(Throwable failed) {
    if (!flights.isEmpty()) {
      String reason = "plan " + name + " failed with collectives in flight: " + failed;
      flights.abandon(reason);
      if (engine.processes() > 1) {
        engine.poison(new TransportException(reason, List.of(), failed));
      }
    }
  }

  @Override
  public List<Step> steps() {
    return steps;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("plan ").append(name).append(", ");
    text.append(engine.mesh().notation()).append(", ").append(engine.mesh().size());
    text.append(" devices on ").append(engine.processes());
    text.append(engine.processes() == 1 ? " process" : " processes");
    int width = steps.stream().mapToInt(step -> width(step, 0)).max().orElse(0);
    int number = 0;
    for (Step step : steps) {
      text.append(String.format(Locale.ROOT, "\n%3d  ", ++number));
      append(step, 0, width, text);
    }
    return text.toString();
  }

  private static String title(Step step, int depth) {
    String times = step.body().isEmpty() ? "" : ", " + step.rounds() + " rounds";
    return "  ".repeat(depth) + step.name() + times;
  }

  private static int width(Step step, int depth) {
    return step.body().stream()
        .mapToInt(inner -> width(inner, depth + 1))
        .reduce(title(step, depth).length(), Math::max);
  }

  private static void append(Step step, int depth, int width, StringBuilder text) {
    text.append(String.format(Locale.ROOT, "%-" + width + "s", title(step, depth)));
    if (step.collective().isPresent()) {
      text.append(String.format(Locale.ROOT, "  %,14d bytes", step.operandBytes()));
    }
    for (Step inner : step.body()) {
      text.append("\n     ");
      append(inner, depth + 1, width, text);
    }
  }

  /** Collects the steps. */
  static final class Steps implements Builder {
    private final Engine engine;
    private final TransferContext context;
    private final Workers workers;
    private final String name;
    private final List<Step> steps = new ArrayList<>();
    private final List<Runnable> stretches = new ArrayList<>();
    private final List<Phase> open = new ArrayList<>();
    private final IdentityHashMap<MemorySegment.Scope, Memory> memories;
    private final boolean isBody;
    private final PendingCollectives flights;

    /** The lane of each collective in flight that was started around this body. */
    private final Map<String, Integer> around;

    /** The lane of each collective in flight that was started in this body. */
    private final Map<String, Integer> flying = new HashMap<>();

    private boolean ended;

    Steps(Engine engine, TransferContext context, Workers workers, String name) {
      this(
          engine,
          context,
          workers,
          name,
          new IdentityHashMap<>(),
          false,
          new PendingCollectives(workers),
          Map.of());
    }

    private Steps(
        Engine engine,
        TransferContext context,
        Workers workers,
        String name,
        IdentityHashMap<MemorySegment.Scope, Memory> memories,
        boolean isBody,
        PendingCollectives flights,
        Map<String, Integer> around) {
      this.flights = flights;
      this.around = around;
      this.engine = engine;
      this.context = context;
      this.workers = workers;
      this.name = name;
      this.memories = memories;
      this.isBody = isBody;
    }

    private void checkOpen() {
      if (ended) {
        throw new IllegalStateException(
            "plan: steps of a repeat must be added while its body runs, got one after it");
      }
    }

    @Override
    public Builder compute(String what, DeviceTask task) {
      Objects.requireNonNull(what, "name");
      Objects.requireNonNull(task, "task");
      checkOpen();
      Phase.Tasks phase = new Phase.Tasks(what, context.placement().count(), task::run);
      if (isFlying()) {
        close();
        stretches.add(() -> runGuarded(() -> flights.run(phase)));
      } else {
        open.add(phase);
      }
      steps.add(new Step(Kind.COMPUTE, what, Optional.empty(), 0, 1, List.of()));
      return this;
    }

    @Override
    public Builder communicate(Collective collective, List<Tensor> x, List<Tensor> out) {
      checkOpen();
      List<DeviceCall> calls = engine.calls(collective, x, engine.results(collective, out));
      boolean barrier = collective instanceof Collective.Barrier;
      checkBarrier(collective);
      if (!barrier || calls.stream().anyMatch(DeviceCall::copiesPastBarrier)) {
        note(collective, "operand", x);
        note(collective, "result", out);
      }
      String site = CollectiveCallSites.here();
      GroupCalls groups = new GroupCalls(context.placement(), calls);
      if (engine.options().checked()) {
        AliasCheck.check(context.placement(), groups);
        new ConsistencyCheck(context, groups, steps.size(), _ -> site).reachHere();
        if (isFlying()) {
          close();
          stretches.add(() -> flights.checkApart(calls));
        }
        if (!context.isAlone()) {
          open.add(
              Phase.Tasks.single(
                  collective + ": check",
                  () ->
                      new ConsistencyCheck(context, groups, engine.nextSequence(), _ -> site)
                          .reach()));
        }
      }
      open.addAll(CollectiveLowering.lower(context, groups, workers.parallelism()).phases());
      steps.add(
          new Step(
              Kind.COLLECTIVE,
              collective.toString(),
              Optional.of(collective),
              bytes(x),
              1,
              List.of()));
      return this;
    }

    @Override
    public Builder communicate(
        Collective collective, Supplier<List<Tensor>> x, Supplier<List<Tensor>> out) {
      Objects.requireNonNull(collective, "collective");
      return bound(collective, () -> collective, x, out);
    }

    @Override
    public Builder communicate(
        Collective.RaggedAllToAll collective,
        Supplier<List<RaggedCounts>> counts,
        Supplier<List<Tensor>> x,
        Supplier<List<Tensor>> out) {
      Objects.requireNonNull(collective, "collective");
      Objects.requireNonNull(counts, "counts");
      return bound(collective, () -> collective.with(counts.get()), x, out);
    }

    private Builder bound(
        Collective shown,
        Supplier<Collective> collective,
        Supplier<List<Tensor>> x,
        Supplier<List<Tensor>> out) {
      Objects.requireNonNull(x, "x");
      Objects.requireNonNull(out, "out");
      checkOpen();
      CallRules.checkRequest(shown, engine.mesh());
      checkBarrier(shown);
      close();
      String site = CollectiveCallSites.here();
      stretches.add(
          () -> {
            Collective now = collective.get();
            List<DeviceCall> calls = engine.calls(now, x.get(), engine.results(now, out.get()));
            if (engine.options().checked()) {
              flights.checkApart(calls);
            }
            engine.execute(calls, _ -> site);
          });
      steps.add(new Step(Kind.COLLECTIVE, shown.toString(), Optional.of(shown), 0, 1, List.of()));
      return this;
    }

    private boolean isFlying() {
      return !flying.isEmpty() || !around.isEmpty();
    }

    private void checkBarrier(Collective collective) {
      if (isFlying() && collective instanceof Collective.Barrier) {
        throw new IllegalArgumentException(
            "plan: nothing must be in flight at a barrier, got " + flying());
      }
    }

    private Set<String> flying() {
      Set<String> names = new TreeSet<>(around.keySet());
      names.addAll(flying.keySet());
      return names;
    }

    @Override
    public Builder start(String what, Collective collective, List<Tensor> x, List<Tensor> out) {
      TransferContext lane = takeLane(what, collective);
      List<DeviceCall> calls = engine.calls(collective, x, engine.results(collective, out));
      note(collective, "operand", x);
      note(collective, "result", out);
      GroupCalls groups = new GroupCalls(context.placement(), calls);
      if (engine.options().checked()) {
        AliasCheck.check(context.placement(), groups);
        new ConsistencyCheck(context, groups, steps.size(), _ -> "").reachHere();
      }
      LoweredCollective lowered = CollectiveLowering.lower(lane, groups, workers.parallelism());
      String site = CollectiveCallSites.here();
      stretches.add(
          () ->
              runGuarded(
                  () -> {
                    check(lane, groups, site, true);
                    begin(what, lane, groups, lowered);
                  }));
      steps.add(
          new Step(Kind.START, "start " + what, Optional.of(collective), bytes(x), 1, List.of()));
      return this;
    }

    @Override
    public Builder start(
        String what, Collective collective, Supplier<List<Tensor>> x, Supplier<List<Tensor>> out) {
      Objects.requireNonNull(collective, "collective");
      return started(what, collective, () -> collective, x, out, true);
    }

    @Override
    public Builder startRound(
        String what, Collective collective, Supplier<List<Tensor>> x, Supplier<List<Tensor>> out) {
      Objects.requireNonNull(collective, "collective");
      return started(what, collective, () -> collective, x, out, false);
    }

    @Override
    public Builder start(
        String what,
        Collective.RaggedAllToAll collective,
        Supplier<List<RaggedCounts>> counts,
        Supplier<List<Tensor>> x,
        Supplier<List<Tensor>> out) {
      Objects.requireNonNull(collective, "collective");
      Objects.requireNonNull(counts, "counts");
      return started(what, collective, () -> collective.with(counts.get()), x, out, true);
    }

    private Builder started(
        String what,
        Collective shown,
        Supplier<Collective> collective,
        Supplier<List<Tensor>> x,
        Supplier<List<Tensor>> out,
        boolean isCompared) {
      Objects.requireNonNull(x, "x");
      Objects.requireNonNull(out, "out");
      TransferContext lane = takeLane(what, shown);
      String site = CollectiveCallSites.here();
      stretches.add(
          () -> {
            Collective now = collective.get();
            List<DeviceCall> calls = engine.calls(now, x.get(), engine.results(now, out.get()));
            GroupCalls groups = new GroupCalls(context.placement(), calls);
            if (engine.options().checked()) {
              AliasCheck.check(context.placement(), groups);
            }
            runGuarded(
                () -> {
                  check(lane, groups, site, isCompared);
                  LoweredCollective lowered =
                      CollectiveLowering.lower(lane, groups, workers.parallelism());
                  begin(what, lane, groups, lowered);
                });
          });
      steps.add(new Step(Kind.START, "start " + what, Optional.of(shown), 0, 1, List.of()));
      return this;
    }

    /** The first free lane, for a collective that is about to start. */
    private TransferContext takeLane(String what, Collective collective) {
      Objects.requireNonNull(what, "name");
      Objects.requireNonNull(collective, "collective");
      checkOpen();
      CallRules.checkRequest(collective, engine.mesh());
      if (collective instanceof Collective.Barrier) {
        throw new IllegalArgumentException(
            "plan: a started collective must move data, got a barrier");
      }
      if (flying().contains(what)) {
        throw new IllegalArgumentException(
            "plan: names in flight must differ, got " + what + " twice");
      }
      if (flying().size() == MOST_IN_FLIGHT) {
        throw new IllegalArgumentException(
            "plan: at most "
                + MOST_IN_FLIGHT
                + " collectives must be in flight, got "
                + what
                + " in addition to "
                + flying());
      }
      int lane = 1;
      while (flying.containsValue(lane) || around.containsValue(lane)) {
        lane++;
      }
      TransferContext opened = engine.lane(lane);
      flying.put(what, lane);
      close();
      return opened;
    }

    /**
     * Checks that a collective touches no memory in flight, and compares the processes, as a
     * blocking collective does.
     */
    private void check(TransferContext lane, GroupCalls groups, String site, boolean isCompared) {
      if (engine.options().checked()) {
        flights.checkApart(groups.calls());
        if (isCompared) {
          new ConsistencyCheck(context, groups, engine.nextSequence(), _ -> site).reach();
        }
        lane.verified().set(isCompared && context.verified().get());
      }
    }

    /** Starts a collective without waiting for it. */
    private void begin(
        String what, TransferContext lane, GroupCalls groups, LoweredCollective lowered) {
      flights.start(what, lane, lowered, groups.calls());
    }

    @Override
    public Builder await(String what) {
      Objects.requireNonNull(what, "name");
      checkOpen();
      if (flying.remove(what) == null) {
        throw new IllegalArgumentException(
            "plan: an await must name a collective started in the same steps, "
                + (flying.isEmpty() ? "where nothing is in flight" : flying.keySet())
                + ", got "
                + what);
      }
      close();
      stretches.add(() -> runGuarded(() -> flights.finish(what)));
      steps.add(new Step(Kind.AWAIT, "await " + what, Optional.empty(), 0, 1, List.of()));
      return this;
    }

    @Override
    public Builder repeat(String what, int rounds, BiConsumer<Builder, IntSupplier> body) {
      Objects.requireNonNull(what, "name");
      Objects.requireNonNull(body, "body");
      checkOpen();
      if (rounds < 0) {
        throw new IllegalArgumentException(
            "plan: rounds of " + what + " must be at least 0, got " + rounds);
      }
      Map<String, Integer> all = new HashMap<>(around);
      all.putAll(flying);
      Steps inner = new Steps(engine, context, workers, name, memories, true, flights, all);
      // Tasks read the round on other threads; it is set before a superstep begins.
      AtomicInteger round = new AtomicInteger();
      body.accept(inner, round::get);
      inner.checkLanded("the body of " + what);
      inner.close();
      inner.ended = true;
      close();
      List<Runnable> each = List.copyOf(inner.stretches);
      stretches.add(
          () -> {
            for (int next = 0; next < rounds; next++) {
              round.set(next);
              each.forEach(Runnable::run);
            }
          });
      steps.add(new Step(Kind.REPEAT, what, Optional.empty(), 0, rounds, List.copyOf(inner.steps)));
      return this;
    }

    private void checkLanded(String what) {
      if (!flying.isEmpty()) {
        throw new IllegalStateException(
            "plan: "
                + what
                + " must await every collective that it starts, got in flight at its end: "
                + new TreeSet<>(flying.keySet()));
      }
    }

    /** Records each arena once; Java arrays have none. */
    private void note(Collective collective, String what, List<Tensor> tensors) {
      for (Tensor tensor : tensors) {
        if (tensor.segment().isNative()) {
          MemorySegment.Scope scope = tensor.segment().scope();
          memories.computeIfAbsent(scope, _ -> new Memory(scope, collective, what));
        }
      }
    }

    private static long bytes(List<Tensor> x) {
      return x.stream().mapToLong(t -> t.shape().elementCount() * t.dtype().byteSize()).sum();
    }

    private void close() {
      if (!open.isEmpty()) {
        List<Phase.Tasks> phases =
            Phase.blocking(List.copyOf(open), context, workers.parallelism());
        stretches.add(() -> runGuarded(() -> Supersteps.run(workers, phases)));
        open.clear();
      }
    }

    private void runGuarded(Runnable phases) {
      try {
        phases.run();
      } catch (CollectiveException failed) {
        engine.poison(failed);
        throw CallExceptions.again(failed);
      }
    }

    @Override
    public CollectivePlan build() {
      if (isBody) {
        throw new IllegalStateException("plan: the body of a repeat must not be built by itself");
      }
      checkLanded("the plan");
      close();
      return new EnginePlan(
          engine,
          name,
          List.copyOf(steps),
          List.copyOf(stretches),
          List.copyOf(memories.values()),
          flights);
    }
  }
}
