package io.github.shardsum.lab.compare.pjrt;

import io.github.shardsum.bench.BenchmarkScript;
import io.github.shardsum.measure.ChildProcess;
import io.github.shardsum.measure.MeasurementException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * JAX in a separate Python process, on the plugin under test. A line in is a request, a line out is
 * its answer; arrays and programs travel as files.
 */
final class PjrtJaxPeer implements AutoCloseable {
  private static final String SCRIPT = "jax_peer.py";

  private final ChildProcess process;
  private final Path folder;

  PjrtJaxPeer(String python, Path plugin) throws IOException, MeasurementException {
    this(registered(python, plugin), Files.createTempDirectory("shardsum-jax"), List.of());
  }

  /** A peer whose client has a number of devices. */
  PjrtJaxPeer(String python, Path plugin, int devices) throws IOException, MeasurementException {
    this(
        new ProcessBuilder(python, "-c", BenchmarkScript.text(PjrtJaxPeer.class, SCRIPT)),
        Files.createTempDirectory("shardsum-jax"),
        List.of(plugin.toString(), Integer.toString(devices)));
  }

  private PjrtJaxPeer(ProcessBuilder builder, Path folder, List<String> more)
      throws IOException, MeasurementException {
    this.folder = folder;
    builder.command().add(folder.toString());
    builder.command().addAll(more);
    builder.environment().put("JAX_PLATFORMS", "shardsum");
    this.process = new ChildProcess(builder);
  }

  private static ProcessBuilder registered(String python, Path plugin) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(python, "-c", BenchmarkScript.text(PjrtJaxPeer.class, SCRIPT));
    builder.environment().put("PJRT_NAMES_AND_LIBRARY_PATHS", "shardsum:" + plugin);
    return builder;
  }

  String version() {
    return process.greeting();
  }

  /** The folder of the arguments, the program and JAX's result of the present case. */
  Path file(String name) {
    return folder.resolve(name);
  }

  /** Makes the operands, compiles the program, and writes both. */
  void prepare(String equation, List<long[]> shapes) {
    StringBuilder request = new StringBuilder("prepare ").append(equation);
    for (long[] shape : shapes) {
      request.append(' ');
      for (int i = 0; i < shape.length; i++) {
        request.append(i == 0 ? "" : ",").append(shape[i]);
      }
    }
    ask(request.toString());
  }

  /** Compiles the program in the folder for a number of devices; its arguments are there too. */
  void load(int arguments, int devices) {
    ask("load " + arguments + " " + devices);
  }

  /** Runs the case a number of times, waiting for each result. */
  double seconds(long calls) {
    return Double.parseDouble(ask("time " + calls));
  }

  private String ask(String request) {
    try {
      return process.ask(request);
    } catch (MeasurementException e) {
      throw new IllegalStateException("JAX: " + e.why(), e);
    }
  }

  @Override
  public void close() {
    process.close();
  }
}
