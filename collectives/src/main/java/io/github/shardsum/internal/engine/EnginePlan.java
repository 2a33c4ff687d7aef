package io.github.shardsum.internal.engine;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.CollectiveException;
import io.github.shardsum.collective.Plan;
import io.github.shardsum.collective.RaggedCounts;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/** A plan as stretches: phases that were made when it was built, or a call made when it runs. */
final class EnginePlan implements Plan {
  private final Engine engine;
  private final String name;
  private final List<Step> steps;
  private final List<Runnable> stretches;
  private final List<Memory> memories;

  /** Memory that may be closed between two runs, and of what it is. */
  private record Memory(MemorySegment.Scope scope, Collective collective, String what) {
    void check() {
      Rules.checkAlive(scope, collective, what);
    }
  }

  private EnginePlan(
      Engine engine,
      String name,
      List<Step> steps,
      List<Runnable> stretches,
      List<Memory> memories) {
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
              stretches.forEach(Runnable::run);
              return 0;
            });
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
    int width = steps.stream().mapToInt(step -> step.name().length()).max().orElse(0);
    int number = 0;
    for (Step step : steps) {
      text.append('\n')
          .append(String.format(Locale.ROOT, "%3d  %-" + width + "s", ++number, step.name()));
      if (step.collective().isPresent()) {
        text.append(String.format(Locale.ROOT, "  %,14d bytes", step.operandBytes()));
      }
    }
    return text.toString();
  }

  /** Collects the steps. */
  static final class Steps implements Builder {
    private final Engine engine;
    private final EngineContext context;
    private final Workers workers;
    private final String name;
    private final List<Step> steps = new ArrayList<>();
    private final List<Runnable> stretches = new ArrayList<>();
    private final List<Phase> open = new ArrayList<>();
    private final IdentityHashMap<MemorySegment.Scope, Memory> memories = new IdentityHashMap<>();

    Steps(Engine engine, EngineContext context, Workers workers, String name) {
      this.engine = engine;
      this.context = context;
      this.workers = workers;
      this.name = name;
    }

    @Override
    public Builder compute(String what, DeviceTask task) {
      Objects.requireNonNull(what, "name");
      Objects.requireNonNull(task, "task");
      open.add(new Phase(what, context.placement().count(), task::run));
      steps.add(new Step(what, Optional.empty(), 0));
      return this;
    }

    @Override
    public Builder communicate(Collective collective, List<Tensor> x, List<Tensor> out) {
      List<DeviceCall> calls = engine.calls(collective, x, out);
      boolean barrier = collective instanceof Collective.Barrier;
      if (!barrier || calls.stream().anyMatch(DeviceCall::copiesPastBarrier)) {
        note(collective, "operand", x);
        note(collective, "result", out);
      }
      if (out.size() != x.size()) {
        throw Rules.wrongList(collective, "result", x.size(), out.size());
      }
      String site = CallSites.here();
      if (engine.options().checked()) {
        AliasCheck.check(context.placement(), calls);
        new ConsistencyCheck(context, calls, steps.size(), _ -> site).reachHere();
        if (!context.isAlone()) {
          open.add(
              Phase.single(
                  collective + ": check",
                  () ->
                      new ConsistencyCheck(context, calls, engine.nextSequence(), _ -> site)
                          .reach()));
        }
      }
      open.addAll(CollectiveLowering.prepare(context, calls, workers.parallelism()).phases());
      steps.add(new Step(collective.toString(), Optional.of(collective), bytes(x)));
      return this;
    }

    @Override
    public Builder communicate(
        Collective.RaggedAllToAll collective,
        List<Tensor> x,
        Supplier<List<RaggedCounts>> counts,
        List<Tensor> out) {
      engine.listed(collective, "operand", Objects.requireNonNull(x, "x"));
      engine.listed(collective, "result", Objects.requireNonNull(out, "out"));
      Objects.requireNonNull(counts, "counts");
      close();
      String site = CallSites.here();
      List<Tensor> operands = List.copyOf(x);
      List<Tensor> results = List.copyOf(out);
      note(collective, "operand", operands);
      note(collective, "result", results);
      stretches.add(
          () ->
              engine.execute(
                  engine.calls(collective.with(counts.get()), operands, results), _ -> site));
      steps.add(new Step(collective.toString(), Optional.of(collective), bytes(x)));
      return this;
    }

    /** Notes each arena once; arrays are in none. */
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
        List<Phase> phases = List.copyOf(open);
        stretches.add(() -> runPhases(phases));
        open.clear();
      }
    }

    private void runPhases(List<Phase> phases) {
      try {
        Supersteps.run(workers, phases);
      } catch (CollectiveException failed) {
        engine.poison(failed);
        throw Failures.again(failed);
      }
    }

    @Override
    public Plan build() {
      close();
      return new EnginePlan(
          engine, name, List.copyOf(steps), List.copyOf(stretches), List.copyOf(memories.values()));
    }
  }
}
