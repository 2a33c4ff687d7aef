package io.github.shardsum.lab.compare;

import io.github.shardsum.bench.BenchmarkScript;
import io.github.shardsum.measure.ChildProcess;
import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.measure.Timed;
import java.io.IOException;
import java.util.Locale;

/** Steps of training by torch in a separate Python process, which answers each line with a line. */
final class TorchTraining implements AutoCloseable {
  private static final String SCRIPT = "torch_training.py";

  private final ChildProcess process;

  /** Makes a model of a vocabulary and this many experts, in a process of one thread. */
  TorchTraining(String python, int vocabulary, int experts)
      throws IOException, MeasurementException {
    ProcessBuilder builder =
        new ProcessBuilder(
            python,
            "-c",
            BenchmarkScript.text(TorchTraining.class, SCRIPT),
            "1",
            Integer.toString(vocabulary),
            Integer.toString(experts));
    builder.environment().put("OMP_NUM_THREADS", "1");
    this.process = new ChildProcess(builder);
  }

  /** The version, and the number of the model's parameters. */
  String version() {
    return process.greeting();
  }

  /** The number of the model's parameters. */
  long parameters() {
    return Long.parseLong(process.greeting().replaceAll(".*, (\\d+) parameters", "$1"));
  }

  /** Makes steps of random sentences, and returns the seconds of processor time. */
  Timed steps(int sentences, int source, int target) {
    return calls -> {
      String line = String.format(Locale.ROOT, "%d %d %d %d", calls, sentences, source, target);
      try {
        return Double.parseDouble(process.ask(line));
      } catch (MeasurementException e) {
        throw new MeasurementException("torch: " + e.why());
      }
    };
  }

  @Override
  public void close() {
    process.close();
  }
}
