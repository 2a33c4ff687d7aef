package io.github.shardsum.bench;

import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.measure.Timed;
import io.github.shardsum.moe.MoeSizes;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** The layer's forward pass by torch in a Python of its own: a line in, a line out. */
final class TorchLayer implements AutoCloseable {
  private static final String SCRIPT = "torch_layer.py";

  private final Process process;
  private final BufferedWriter requests;
  private final BufferedReader answers;
  private final String version;

  TorchLayer(String python, int threads) throws IOException, MeasurementException {
    ProcessBuilder builder = new ProcessBuilder(python, "-c", script(), Integer.toString(threads));
    builder.environment().put("OMP_NUM_THREADS", Integer.toString(threads));
    this.process = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    this.requests = process.outputWriter(StandardCharsets.UTF_8);
    this.answers = process.inputReader(StandardCharsets.UTF_8);
    this.version = answer();
  }

  private static String script() throws IOException {
    try (InputStream in = TorchLayer.class.getResourceAsStream(SCRIPT)) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  String version() {
    return version;
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
      requests.write(request);
      requests.newLine();
      requests.flush();
    } catch (IOException e) {
      throw new MeasurementException("torch: its process has ended");
    }
    return answer();
  }

  private String answer() throws MeasurementException {
    try {
      String line = answers.readLine();
      if (line == null || line.startsWith("error ")) {
        throw new MeasurementException("torch: " + (line == null ? "its process ended" : line));
      }
      return line;
    } catch (IOException e) {
      throw new MeasurementException("torch: " + e.getMessage());
    }
  }

  @Override
  public void close() throws IOException {
    requests.close();
    process.destroy();
  }
}
