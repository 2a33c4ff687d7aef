package io.github.shardsum.internal.backend;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.PlannedStep;
import io.github.shardsum.backend.StepTime;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/** An executable in this process: checks tensors, then runs here or on an executor. Thread-safe. */
public final class CheckedExecutable implements Executable {
  private final Program program;
  private final Code code;
  private final Executor executor;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * The compiled code of a program.
   *
   * @param run writes outputs, given first, from inputs; thread-safe
   * @param peakBytes the most bytes of a run, without inputs and outputs
   * @param explain the steps as text
   * @param steps the steps as data
   * @param profile times of the steps so far
   */
  public record Code(
      BiConsumer<List<Tensor>, List<Tensor>> run,
      long peakBytes,
      Supplier<String> explain,
      Supplier<List<PlannedStep>> steps,
      Supplier<List<StepTime>> profile) {
    /** Code of a backend that has no steps. */
    public Code(
        BiConsumer<List<Tensor>, List<Tensor>> run,
        long peakBytes,
        Supplier<String> explain,
        Supplier<List<StepTime>> profile) {
      this(run, peakBytes, explain, List::of, profile);
    }
  }

  public CheckedExecutable(Program program, Code code, Executor executor) {
    this.program = program;
    this.code = code;
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

  /** A closed executable is refused at once, not only when the executor reaches the run. */
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
    ExecutableArguments.fit("input", program.inputs(), inputs);
    List<Tensor> outputs = ExecutableArguments.fresh(program);
    write(outputs, inputs);
    return outputs;
  }

  private void write(List<Tensor> outputs, List<Tensor> inputs) {
    ExecutableArguments.check(program, outputs, inputs);
    code.run().accept(outputs, inputs);
  }

  @Override
  public long peakBytes() {
    return code.peakBytes();
  }

  @Override
  public String explain() {
    return code.explain().get();
  }

  @Override
  public List<PlannedStep> steps() {
    return code.steps().get();
  }

  @Override
  public List<StepTime> profile() {
    return code.profile().get();
  }

  @Override
  public void close() {
    closed.set(true);
  }
}
