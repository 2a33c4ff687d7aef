package io.github.shardsum.internal.engine;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Device;
import io.github.shardsum.collective.Pending;
import io.github.shardsum.collective.RaggedCounts;
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
  private Meeting ahead;
  private volatile long entered;

  SpmdDevice(SpmdRun<?> run, Engine engine, int index, Meeting first) {
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

  /** How many meetings this device has entered. */
  long entered() {
    return entered;
  }

  @Override
  public Tensor run(Collective collective, Tensor x) {
    return blocking(new Call(collective, x, Optional.empty(), Optional.empty()));
  }

  @Override
  public Tensor run(Collective.RaggedAllToAll collective, Tensor x, RaggedCounts counts) {
    return blocking(
        new Call(
            collective,
            x,
            Optional.empty(),
            Optional.of(Objects.requireNonNull(counts, "counts"))));
  }

  @Override
  public void runInto(Collective collective, Tensor x, Tensor out) {
    blocking(
        new Call(collective, x, Optional.of(Objects.requireNonNull(out, "out")), Optional.empty()));
  }

  @Override
  public void runInto(
      Collective.RaggedAllToAll collective, Tensor x, RaggedCounts counts, Tensor out) {
    blocking(
        new Call(
            collective,
            x,
            Optional.of(Objects.requireNonNull(out, "out")),
            Optional.of(Objects.requireNonNull(counts, "counts"))));
  }

  @Override
  public Pending<Tensor> start(Collective collective, Tensor x) {
    return started(new Call(collective, x, Optional.empty(), Optional.empty()));
  }

  @Override
  public Pending<Tensor> start(
      Collective.RaggedAllToAll collective, Tensor x, RaggedCounts counts) {
    return started(
        new Call(
            collective,
            x,
            Optional.empty(),
            Optional.of(Objects.requireNonNull(counts, "counts"))));
  }

  @Override
  public Pending<Tensor> startInto(Collective collective, Tensor x, Tensor out) {
    return started(
        new Call(collective, x, Optional.of(Objects.requireNonNull(out, "out")), Optional.empty()));
  }

  @Override
  public void barrier(String... axes) {
    run(new Collective.Barrier(axes), Tensor.zeros(DType.BOOL, 0));
  }

  private Tensor blocking(Call call) {
    Meeting meeting = enter(call);
    if (run.arrive(meeting, index, new Meeting.Entry(call, Thread.currentThread(), ""))) {
      run.conduct();
    }
    return run.await(meeting, index);
  }

  private Pending<Tensor> started(Call call) {
    String site = engine.options().checked() ? Sites.here() : "";
    Meeting meeting = enter(call);
    if (run.arrive(meeting, index, new Meeting.Entry(call, Thread.currentThread(), site))) {
      run.conductLater(meeting);
    }
    return new PendingResult(run, meeting, index);
  }

  private Meeting enter(Call call) {
    run.checkUsable();
    engine.check(call, index);
    Meeting meeting = ahead;
    ahead = meeting.next();
    entered = meeting.number() + 1;
    return meeting;
  }

  private record PendingResult(SpmdRun<?> run, Meeting meeting, int index)
      implements Pending<Tensor> {
    @Override
    public Tensor await() {
      return run.await(meeting, index);
    }

    @Override
    public boolean isDone() {
      return meeting.results() != null || run.hasFailed();
    }
  }
}
