package io.github.shardsum.internal.pjrt.backend;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.TensorChecks;
import io.github.shardsum.pjrt.PjrtBuffer;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/** The runs of a compiled program: tensors in, tensors out. Thread-safe. */
public final class ProgramRun implements Executable {
  private final Program program;
  private final CompiledProgram compiled;
  private final Runnable release;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * An executable.
   *
   * @param program the program as it was given
   * @param release gives the compiled program back
   */
  public ProgramRun(Program program, CompiledProgram compiled, Runnable release) {
    this.program = program;
    this.compiled = compiled;
    this.release = release;
  }

  @Override
  public Program program() {
    return program;
  }

  @Override
  public List<Tensor> run(List<Tensor> inputs) {
    checkOpen();
    TensorChecks.checkInputs(program, inputs);
    return read(compiled.launch(inputs));
  }

  private static List<Tensor> read(List<PjrtBuffer> results) {
    try {
      return results.stream().map(PjrtBuffer::toTensor).toList();
    } finally {
      CompiledProgram.close(results);
    }
  }

  @Override
  public void runInto(List<Tensor> outputs, List<Tensor> inputs) {
    checkOpen();
    TensorChecks.check(program, outputs, inputs);
    assign(outputs, read(compiled.launch(inputs)));
  }

  private static void assign(List<Tensor> outputs, List<Tensor> results) {
    for (int i = 0; i < outputs.size(); i++) {
      outputs.get(i).assign(results.get(i));
    }
  }

  @Override
  public CompletableFuture<List<Tensor>> start(List<Tensor> inputs) {
    try {
      checkOpen();
      TensorChecks.checkInputs(program, inputs);
      return reading(compiled.launch(inputs));
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  @Override
  public CompletableFuture<List<Tensor>> start(List<Tensor> outputs, List<Tensor> inputs) {
    try {
      checkOpen();
      TensorChecks.check(program, outputs, inputs);
      return reading(compiled.launch(inputs))
          .thenApply(
              results -> {
                assign(outputs, results);
                return List.copyOf(outputs);
              });
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /**
   * The results, when they are complete. Their buffers are closed when all results have been read.
   */
  private static CompletableFuture<List<Tensor>> reading(List<PjrtBuffer> results) {
    List<CompletableFuture<Tensor>> tensors = new ArrayList<>();
    try {
      results.forEach(result -> tensors.add(result.toTensorAsync()));
    } catch (RuntimeException e) {
      CompiledProgram.close(results);
      throw e;
    }
    return CompletableFuture.allOf(tensors.toArray(CompletableFuture[]::new))
        .whenComplete((_, _) -> CompiledProgram.close(results))
        .thenApply(_ -> tensors.stream().map(CompletableFuture::join).toList());
  }

  private void checkOpen() {
    if (closed.get()) {
      throw new IllegalStateException("program " + program.name() + ": the executable was closed");
    }
  }

  @Override
  public long peakBytes() {
    return compiled.peakBytes();
  }

  @Override
  public String explain() {
    return compiled.explain();
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      release.run();
    }
  }
}
