package io.github.shardsum.bench.pjrt;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * JAX in a Python of its own, on the plugin that is measured. A line in is a request, a line out is
 * its answer; arrays and programs travel as files.
 */
final class JaxPeer implements AutoCloseable {
  private static final String SCRIPT = "jax_peer.py";

  private final Process process;
  private final BufferedWriter requests;
  private final BufferedReader answers;
  private final Path folder;
  private final String version;

  JaxPeer(String python, Path plugin) throws IOException {
    this(registered(python, plugin), Files.createTempDirectory("shardsum-jax"), List.of());
  }

  /** One whose client has so many devices. */
  JaxPeer(String python, Path plugin, int devices) throws IOException {
    this(
        new ProcessBuilder(python, "-c", script()),
        Files.createTempDirectory("shardsum-jax"),
        List.of(plugin.toString(), Integer.toString(devices)));
  }

  private JaxPeer(ProcessBuilder builder, Path folder, List<String> more) throws IOException {
    this.folder = folder;
    builder.command().add(folder.toString());
    builder.command().addAll(more);
    builder.environment().put("JAX_PLATFORMS", "shardsum");
    this.process = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    this.requests = process.outputWriter(StandardCharsets.UTF_8);
    this.answers = process.inputReader(StandardCharsets.UTF_8);
    this.version = answer();
  }

  private static ProcessBuilder registered(String python, Path plugin) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(python, "-c", script());
    builder.environment().put("PJRT_NAMES_AND_LIBRARY_PATHS", "shardsum:" + plugin);
    return builder;
  }

  private static String script() throws IOException {
    try (InputStream in = JaxPeer.class.getResourceAsStream(SCRIPT)) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  String version() {
    return version;
  }

  /** Where the arguments, the program and JAX's result of the present case lie. */
  Path file(String name) {
    return folder.resolve(name);
  }

  /** Makes operands, compiles, and writes all of it. */
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

  /** Compiles the program in the folder for so many devices; its arguments lie there too. */
  void load(int arguments, int devices) {
    ask("load " + arguments + " " + devices);
  }

  /** Runs the case so often, waiting for each result. */
  double seconds(long calls) {
    return Double.parseDouble(ask("time " + calls));
  }

  private String ask(String request) {
    try {
      requests.write(request);
      requests.newLine();
      requests.flush();
      return answer();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String answer() throws IOException {
    String line = answers.readLine();
    if (line == null || line.startsWith("error ")) {
      throw new IOException("JAX: " + (line == null ? "its process has ended" : line));
    }
    return line;
  }

  @Override
  public void close() throws IOException {
    requests.close();
    process.destroy();
  }
}
