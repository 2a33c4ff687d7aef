package io.github.shardsum.backend;

import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/** An executable in this process: checks, then runs a plan here or on an executor. Thread-safe. */
final class CheckedExecutable implements Executable {
  private final Program program;
  private final Plan plan;
  private final Executor executor;
  private final AtomicBoolean closed = new AtomicBoolean();

  CheckedExecutable(Program program, Plan plan, Executor executor) {
    this.program = program;
    this.plan = plan;
    this.executor = executor;
  }

  @Override
  public Program program() {
    return program;
  }

  @Override
  public List<Tensor> run(List<Tensor> inputs) {
    checkOpen();
    return runFresh(inputs);
  }

  @Override
  public void runInto(List<Tensor> outputs, List<Tensor> inputs) {
    checkOpen();
    write(outputs, inputs);
  }

  @Override
  public CompletableFuture<List<Tensor>> start(List<Tensor> outputs, List<Tensor> inputs) {
    return start(
        () -> {
          write(outputs, inputs);
          return List.copyOf(outputs);
        });
  }

  @Override
  public CompletableFuture<List<Tensor>> start(List<Tensor> inputs) {
    return start(() -> runFresh(inputs));
  }

  /** Whether it is open counts now, not when the executor comes to it. */
  private CompletableFuture<List<Tensor>> start(Supplier<List<Tensor>> work) {
    try {
      checkOpen();
    } catch (IllegalStateException wasClosed) {
      return CompletableFuture.failedFuture(wasClosed);
    }
    return CompletableFuture.supplyAsync(work, executor);
  }

  private void checkOpen() {
    if (closed.get()) {
      throw new IllegalStateException("program " + program.name() + ": the executable was closed");
    }
  }

  private List<Tensor> runFresh(List<Tensor> inputs) {
    Arguments.fit("input", program.inputs(), inputs);
    List<Tensor> outputs = Arguments.fresh(program);
    write(outputs, inputs);
    return outputs;
  }

  private void write(List<Tensor> outputs, List<Tensor> inputs) {
    Arguments.check(program, outputs, inputs);
    plan.run(outputs, inputs);
  }

  @Override
  public long peakBytes() {
    return plan.peakBytes();
  }

  @Override
  public String explain() {
    return plan.explain();
  }

  @Override
  public List<StepTime> profile() {
    return plan.profile();
  }

  @Override
  public void close() {
    closed.set(true);
  }
}
