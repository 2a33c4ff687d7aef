package io.github.shardsum.bench;

import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.measure.Timed;
import io.github.shardsum.moe.MoeSizes;
import java.io.IOException;

/** The layer's forward pass by torch in a Python of its own: a line in, a line out. */
final class TorchLayer implements AutoCloseable {
  private static final String SCRIPT = "torch_layer.py";

  private final PythonProcess process;

  TorchLayer(String python, int threads) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            python,
            "-c",
            PythonProcess.script(TorchLayer.class, SCRIPT),
            Integer.toString(threads));
    builder.environment().put("OMP_NUM_THREADS", Integer.toString(threads));
    this.process = new PythonProcess("torch", builder);
  }

  String version() {
    return process.version();
  }

  /** Makes the operands of a case; what it had before is freed. */
  void prepare(MoeSizes sizes) throws MeasurementException {
    ask(
        "prepare %d %d %d %d"
            .formatted(
                sizes.groups() * sizes.tokens(), sizes.model(), sizes.hidden(), sizes.experts()));
  }

  /** One of {@code bmm}, {@code loop} and {@code products}. */
  Timed timed(String what) {
    return calls -> Double.parseDouble(ask("time " + what + " " + calls));
  }

  private String ask(String request) throws MeasurementException {
    try {
      return process.ask(request);
    } catch (IOException e) {
      throw new MeasurementException(String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void close() throws IOException {
    process.close();
  }
}
