package io.github.shardsum.lab.compare;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.bench.BenchmarkScript;
import io.github.shardsum.measure.ChildProcess;
import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.measure.Timed;
import io.github.shardsum.moe.MoeSizes;
import java.io.IOException;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The layer's forward pass by torch in a separate Python process, which answers each line with a
 * line.
 */
final class TorchLayer implements AutoCloseable {
  private static final String SCRIPT = "torch_layer.py";

  private final ChildProcess process;

  TorchLayer(String python, int threads) throws IOException, MeasurementException {
    ProcessBuilder builder =
        new ProcessBuilder(
            python,
            "-c",
            BenchmarkScript.text(TorchLayer.class, SCRIPT),
            Integer.toString(threads));
    builder.environment().put("OMP_NUM_THREADS", Integer.toString(threads));
    this.process = new ChildProcess(builder);
  }

  String version() {
    return process.greeting();
  }

  /**
   * Makes the operands of a layer; earlier operands are freed.
   *
   * @param counts rows of each expert; none for a random router
   */
  void prepare(MoeSizes sizes, long... counts) throws MeasurementException {
    ask(
        format(
            "prepare %d %d %d %d %s",
            sizes.groups() * sizes.tokens(),
            sizes.model(),
            sizes.hidden(),
            sizes.experts(),
            Arrays.stream(counts).mapToObj(Long::toString).collect(Collectors.joining(" "))));
  }

  /** Makes the operands of algorithm 2's einsums of dispatch and combine, of C slots each. */
  void prepareEinsums(MoeSizes sizes, long capacity) throws MeasurementException {
    ask(
        format(
            "einsums %d %d %d %d %d",
            sizes.groups(), sizes.tokens(), sizes.experts(), capacity, sizes.model()));
  }

  /**
   * One of the prepared computations.
   *
   * @param what {@code bmm}, {@code loop} or {@code products}; {@code dispatch} or {@code combine}
   */
  Timed timed(String what) {
    return calls -> Double.parseDouble(ask("time " + what + " " + calls));
  }

  private String ask(String request) throws MeasurementException {
    try {
      return process.ask(request);
    } catch (MeasurementException e) {
      throw new MeasurementException("torch: " + e.why());
    }
  }

  @Override
  public void close() {
    process.close();
  }
}
