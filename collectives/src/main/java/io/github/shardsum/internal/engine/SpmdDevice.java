package io.github.shardsum.internal.engine;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Device;
import io.github.shardsum.collective.Pending;
import io.github.shardsum.internal.engine.check.DeviceCall;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.Objects;
import java.util.Optional;

/** One device of an SPMD run. */
final class SpmdDevice implements Device {
  private final SpmdRun<?> run;
  private final Engine engine;
  private final int index;
  private final int id;
  private Rendezvous ahead;
  private volatile long entered;

  SpmdDevice(SpmdRun<?> run, Engine engine, int index, Rendezvous first) {
    this.run = run;
    this.engine = engine;
    this.index = index;
    this.id = engine.placement().device(index);
    this.ahead = first;
  }

  @Override
  public int id() {
    return id;
  }

  @Override
  public Mesh mesh() {
    return engine.mesh();
  }

  /** The number of rendezvous that this device has entered. */
  long entered() {
    return entered;
  }

  @Override
  public Tensor run(Collective collective, Tensor x) {
    return blocking(DeviceCall.of(collective, x, Optional.empty()));
  }

  @Override
  public void runInto(Collective collective, Tensor x, Tensor out) {
    blocking(DeviceCall.of(collective, x, Optional.of(Objects.requireNonNull(out, "out"))));
  }

  @Override
  public Pending<Tensor> start(Collective collective, Tensor x) {
    return started(DeviceCall.of(collective, x, Optional.empty()));
  }

  @Override
  public Pending<Tensor> startInto(Collective collective, Tensor x, Tensor out) {
    return started(DeviceCall.of(collective, x, Optional.of(Objects.requireNonNull(out, "out"))));
  }

  @Override
  public void barrier(String... axes) {
    run(new Collective.Barrier(axes), Tensor.zeros(DType.BOOL, 0));
  }

  private Tensor blocking(DeviceCall call) {
    Rendezvous rendezvous = enter(call);
    if (run.arrive(rendezvous, index, new Rendezvous.Entry(call, Thread.currentThread(), ""))) {
      run.runFull();
    }
    return run.await(rendezvous, index);
  }

  private Pending<Tensor> started(DeviceCall call) {
    String site = engine.options().checked() ? CollectiveCallSites.here() : "";
    Rendezvous rendezvous = enter(call);
    if (run.arrive(rendezvous, index, new Rendezvous.Entry(call, Thread.currentThread(), site))) {
      run.runFullLater(rendezvous);
    }
    return new PendingResult(run, rendezvous, index);
  }

  private Rendezvous enter(DeviceCall call) {
    run.checkUsable();
    engine.check(call, index);
    Rendezvous rendezvous = ahead;
    ahead = rendezvous.next();
    entered = rendezvous.number() + 1;
    return rendezvous;
  }

  private record PendingResult(SpmdRun<?> run, Rendezvous rendezvous, int index)
      implements Pending<Tensor> {
    @Override
    public Tensor await() {
      return run.await(rendezvous, index);
    }

    @Override
    public boolean isDone() {
      return rendezvous.results() != null || run.hasFailed();
    }
  }
}
