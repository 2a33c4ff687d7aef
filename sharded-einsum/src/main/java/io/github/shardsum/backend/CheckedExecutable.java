package io.github.shardsum.backend;

import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

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
    Arguments.fit("input", program.inputs(), inputs);
    List<Tensor> outputs = Arguments.fresh(program);
    runInto(outputs, inputs);
    return outputs;
  }

  @Override
  public void runInto(List<Tensor> outputs, List<Tensor> inputs) {
    if (closed.get()) {
      throw new IllegalStateException("program " + program.name() + ": the executable was closed");
    }
    Arguments.check(program, outputs, inputs);
    plan.run(outputs, inputs);
  }

  @Override
  public CompletableFuture<List<Tensor>> start(List<Tensor> outputs, List<Tensor> inputs) {
    return CompletableFuture.supplyAsync(
        () -> {
          runInto(outputs, inputs);
          return List.copyOf(outputs);
        },
        executor);
  }

  @Override
  public CompletableFuture<List<Tensor>> start(List<Tensor> inputs) {
    return CompletableFuture.supplyAsync(() -> run(inputs), executor);
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
  public void close() {
    closed.set(true);
  }
}
