package io.github.shardsum.internal.engine;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.CollectiveException;
import io.github.shardsum.collective.CollectiveMismatchException;
import io.github.shardsum.collective.CollectiveOptions;
import io.github.shardsum.collective.CollectivePlan;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.collective.Pending;
import io.github.shardsum.collective.RaggedCounts;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.engine.check.AliasCheck;
import io.github.shardsum.internal.engine.check.CallExceptions;
import io.github.shardsum.internal.engine.check.CallRules;
import io.github.shardsum.internal.engine.check.ConsistencyCheck;
import io.github.shardsum.internal.engine.check.DeviceCall;
import io.github.shardsum.internal.engine.check.GroupCalls;
import io.github.shardsum.internal.engine.transfer.ExchangeBuffers;
import io.github.shardsum.internal.engine.transfer.Phase;
import io.github.shardsum.internal.engine.transfer.ProcessDevices;
import io.github.shardsum.internal.engine.transfer.TransferContext;
import io.github.shardsum.internal.engine.transfer.TransferGroups;
import io.github.shardsum.internal.engine.transfer.Transport;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntFunction;

/** The collectives of one mesh over any transport. */
public final class Engine implements Collectives {
  private final TransferContext context;
  private final Workers workers;
  private final boolean ownsWorkers;
  private final CollectiveOptions options;
  private final CollectiveExecutor executor = new CollectiveExecutor();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final AtomicReference<Optional<CollectiveException>> failure =
      new AtomicReference<>(Optional.empty());
  private long sequence;

  /** The lanes of collectives in flight, empty before the first one; guarded by itself. */
  private final List<TransferContext> lanes = new ArrayList<>();

  /** Held while a collective runs; close waits for it. */
  private final ReentrantLock running = new ReentrantLock();

  /** Whether the transport and the workers are closed; guarded by the lock. */
  private boolean ended;

  /** An engine over a transport. It closes the transport, and the workers if it owns them. */
  public Engine(
      Mesh mesh,
      Workers workers,
      boolean ownsWorkers,
      CollectiveOptions options,
      Transport transport) {
    this.workers = workers;
    this.ownsWorkers = ownsWorkers;
    this.options = options;
    this.context =
        new TransferContext(
            transport,
            new ExchangeBuffers(),
            new ProcessDevices(mesh, transport.processes(), transport.process()),
            options.deadline(),
            options.checked(),
            0,
            new AtomicBoolean());
  }

  /**
   * Opens an engine over a transport, which is closed with the engine, or at once if opening fails.
   */
  public static Engine open(
      Mesh mesh, Optional<Workers> given, CollectiveOptions options, Transport transport) {
    int processors = Runtime.getRuntime().availableProcessors();
    Workers workers =
        given.orElseGet(() -> Workers.of(Math.max(1, processors / transport.processesHere())));
    try {
      return new Engine(mesh, workers, given.isEmpty(), options, transport);
    } catch (RuntimeException | Error failed) {
      transport.close();
      if (given.isEmpty()) {
        workers.close();
      }
      throw failed;
    }
  }

  @Override
  public Mesh mesh() {
    return context.placement().mesh();
  }

  @Override
  public int processes() {
    return context.placement().processes();
  }

  @Override
  public int process() {
    return context.placement().process();
  }

  @Override
  public List<Integer> devices() {
    return context.placement().devices();
  }

  @Override
  public List<Tensor> run(Collective collective, List<Tensor> x) {
    return blocking(calls(collective, x, List.of()));
  }

  @Override
  public void runInto(Collective collective, List<Tensor> x, List<Tensor> out) {
    blocking(calls(collective, x, results(collective, out)));
  }

  @Override
  public Pending<List<Tensor>> start(Collective collective, List<Tensor> x) {
    return started(calls(collective, x, List.of()));
  }

  @Override
  public Pending<List<Tensor>> startInto(Collective collective, List<Tensor> x, List<Tensor> out) {
    return started(calls(collective, x, results(collective, out)));
  }

  /** The caller's results, one for each device of this process. */
  List<Tensor> results(Collective collective, List<Tensor> out) {
    return listed(collective, "result", Objects.requireNonNull(out, "out"));
  }

  private List<Tensor> blocking(List<DeviceCall> calls) {
    return executor.run(() -> execute(calls, _ -> CollectiveCallSites.here()));
  }

  private Pending<List<Tensor>> started(List<DeviceCall> calls) {
    String site = options.checked() ? CollectiveCallSites.here() : "";
    return executor.start(() -> execute(calls, _ -> site));
  }

  private <T> T of(List<T> list, String what, int index) {
    T found = list.get(index);
    if (found == null) {
      int device = context.placement().device(index);
      throw new NullPointerException(what + " of device " + device + " is null");
    }
    return found;
  }

  /** The list, which must have one entry for each device of this process. */
  <T> List<T> listed(Collective collective, String what, List<T> list) {
    Objects.requireNonNull(collective, "collective");
    int count = context.placement().count();
    if (list.size() != count) {
      throw CallRules.wrongList(collective, what, count, list.size());
    }
    return list;
  }

  /** The checked calls of all devices of this process. */
  List<DeviceCall> calls(Collective collective, List<Tensor> x, List<Tensor> out) {
    checkUsable();
    listed(collective, "operand", Objects.requireNonNull(x, "x"));
    List<RaggedCounts> counts =
        collective instanceof Collective.RaggedAllToAll ragged ? ragged.counts() : List.of();
    if (!counts.isEmpty()) {
      listed(collective, "list of counts", counts);
    }
    List<DeviceCall> calls = new ArrayList<>();
    for (int index = 0; index < x.size(); index++) {
      DeviceCall call =
          new DeviceCall(
              collective,
              of(x, "operand", index),
              out.isEmpty() ? Optional.empty() : Optional.of(of(out, "result", index)),
              counts.isEmpty() ? Optional.empty() : Optional.of(counts.get(index)));
      check(call, index);
      calls.add(call);
    }
    return calls;
  }

  /** Checks the call of one device without regard to the others. */
  void check(DeviceCall call, int index) {
    CallRules.checkRequest(call.collective(), mesh());
    TransferGroups layout = context.placement().layout(call.collective().axes());
    int member = layout.groups().memberOf(context.placement().device(index));
    CallRules.checkCall(call, layout, member);
  }

  void checkUsable() {
    if (isClosed()) {
      throw refusal();
    }
    if (failure.get().isPresent()) {
      throw CallExceptions.before(failure.get().get());
    }
  }

  boolean isClosed() {
    return closed.get();
  }

  private static IllegalStateException refusal() {
    return new IllegalStateException("collectives: must be open, but were closed");
  }

  /**
   * Runs a collective of checked calls. One thread at a time calls this, in the same order on every
   * process.
   */
  List<Tensor> execute(List<DeviceCall> calls, IntFunction<String> sites) {
    running.lock();
    try {
      if (ended) {
        throw refusal();
      }
      return executeOpen(calls, sites);
    } finally {
      running.unlock();
    }
  }

  private List<Tensor> executeOpen(List<DeviceCall> calls, IntFunction<String> sites) {
    GroupCalls groups = new GroupCalls(context.placement(), calls);
    if (options.checked()) {
      AliasCheck.check(context.placement(), groups);
    }
    long number = nextSequence();
    try {
      if (options.checked()) {
        new ConsistencyCheck(context, groups, number, sites).reach();
      }
      LoweredCollective lowered = CollectiveLowering.lower(context, groups, workers.parallelism());
      Supersteps.run(workers, Phase.blocking(lowered.phases(), context, workers.parallelism()));
      return lowered.results();
    } catch (CollectiveException failed) {
      poison(failed);
      throw failed;
    } catch (RuntimeException | Error failed) {
      context.transport().abort("a collective failed: " + failed);
      throw failed;
    }
  }

  /**
   * The lane to the other processes that a collective in flight uses. The first call opens all
   * lanes, so that processes with the same plans open them together.
   *
   * @param lane from 1 to {@link CollectivePlan#MOST_IN_FLIGHT}
   */
  TransferContext lane(int lane) {
    synchronized (lanes) {
      checkUsable();
      for (int number = lanes.size() + 1; number <= CollectivePlan.MOST_IN_FLIGHT; number++) {
        lanes.add(context.openLane(number));
      }
      return lanes.get(lane - 1);
    }
  }

  /** The number of the next collective. */
  long nextSequence() {
    return sequence++;
  }

  /** Makes every later call fail with this exception as its cause. */
  void poison(CollectiveException failed) {
    boolean first = failure.compareAndSet(Optional.empty(), Optional.of(failed));
    // A mismatch is known to all processes, and some may still be reading the report.
    if (first && !(failed instanceof CollectiveMismatchException)) {
      context.transport().abort(failed.summary());
    }
  }

  @Override
  public <T> List<T> spmd(DeviceBody<T> body) {
    checkUsable();
    return new SpmdRun<>(this, Objects.requireNonNull(body, "body")).run();
  }

  @Override
  public void progress() {
    context.transport().progress();
  }

  @Override
  public CollectivePlan.Builder plan(String name) {
    checkUsable();
    return new EnginePlan.Steps(this, context, workers, Objects.requireNonNull(name, "name"));
  }

  ProcessDevices placement() {
    return context.placement();
  }

  CollectiveOptions options() {
    return options;
  }

  CollectiveExecutor executor() {
    return executor;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      executor.close();
      running.lock();
      try {
        ended = true;
        synchronized (lanes) {
          lanes.forEach(lane -> lane.transport().close());
        }
        context.transport().close();
        if (ownsWorkers) {
          workers.close();
        }
      } finally {
        running.unlock();
      }
    }
  }
}
