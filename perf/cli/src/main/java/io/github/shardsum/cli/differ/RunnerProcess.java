package io.github.shardsum.cli.differ;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.cli.common.JsonErrors;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.Differ;
import io.github.shardsum.testkit.UnsupportedProgramException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A runner: a process that reads a program a line and answers each with a line, see {@code
 * docs/differ.md}. A program may end the process, as XLA's checks do, or never return; the process
 * is then started again for the next program. Not thread-safe.
 */
final class RunnerProcess implements Differ.Runner, AutoCloseable {
  private static final int TAIL = 600;

  private final String name;
  private final List<String> command;
  private final Mesh mesh;
  private final Duration deadline;
  private final Path log;
  private Optional<Running> process = Optional.empty();
  private long requests;

  /**
   * Starts the first process.
   *
   * @param name in words, for errors
   * @param deadline the time for one program, in whole seconds
   * @throws IOException if the process does not say what it can run; the message has the end of its
   *     standard error
   */
  RunnerProcess(String name, List<String> command, Mesh mesh, Duration deadline)
      throws IOException {
    this.name = name;
    this.command = command;
    this.mesh = mesh;
    this.deadline = deadline;
    this.log = Files.createTempFile("shardsum-differ-", ".log");
    // If a signal ends this process.
    log.toFile().deleteOnExit();
    try {
      this.process = Optional.of(started());
    } catch (IOException failed) {
      close();
      throw failed;
    }
  }

  /** The runner fails on the program. */
  static final class Failed extends Exception {
    private static final long serialVersionUID = 1;

    Failed(String message) {
      super(message);
    }
  }

  /** The runner's process ends. */
  static final class Ended extends Exception {
    private static final long serialVersionUID = 1;

    Ended(String message) {
      super(message);
    }
  }

  /**
   * The programs that a runner can run.
   *
   * @param operations names of operations, none for all
   * @param dtypes none for all
   */
  record Abilities(Set<String> operations, Set<DType> dtypes, boolean even) {}

  private record Running(Process process, BufferedReader in, Writer out, Abilities abilities) {}

  /** The operations and dtypes that the runner named. */
  Abilities abilities() {
    return process.orElseThrow().abilities();
  }

  @Override
  public List<Tensor> run(Program program, List<Tensor> inputs) throws Failed, Ended, IOException {
    Running running = process.isPresent() ? process.get() : started();
    process = Optional.of(running);
    String request = RunnerLines.request(++requests, mesh, program, inputs);
    JsonNode answer;
    AtomicBoolean late = new AtomicBoolean();
    Thread watch = watch(running.process(), late);
    try {
      running.out().write(request + "\n");
      running.out().flush();
      answer = RunnerLines.answer(running.in(), requests);
    } catch (IOException ended) {
      process = Optional.empty();
      throw new Ended(
          late.get() ? "no answer in " + deadline.toSeconds() + " s" : end(running.process()));
    } catch (IllegalArgumentException wrong) {
      process = Optional.empty();
      destroy(running.process());
      throw new Failed("its answer: " + wrong.getMessage());
    } finally {
      watch.interrupt();
    }
    if (answer.has("unsupported")) {
      throw new UnsupportedProgramException(answer.get("unsupported").asString(""));
    }
    if (answer.has("failure")) {
      throw new Failed(answer.get("failure").asString(""));
    }
    try {
      return RunnerLines.tensors(answer.path("values"), program.outputs());
    } catch (IllegalArgumentException wrong) {
      throw new Failed("its answer: " + wrong.getMessage());
    }
  }

  /**
   * Ends the process if it has not answered in time. Seconds are counted one by one, since both
   * processes may be suspended for a while, and then no answer is possible.
   */
  private Thread watch(Process running, AtomicBoolean late) {
    return Thread.ofVirtual()
        .start(
            () -> {
              try {
                for (long second = 0; second < deadline.toSeconds(); second++) {
                  Thread.sleep(Duration.ofSeconds(1));
                }
                late.set(true);
                destroy(running);
              } catch (InterruptedException _) {
                // It has answered.
              }
            });
  }

  /** Ends the process and those that it started, such as a shell's. */
  private static void destroy(Process running) {
    running.descendants().forEach(ProcessHandle::destroyForcibly);
    running.destroyForcibly();
  }

  /** The end of a process in words: its status and the end of its standard error. */
  private String end(Process ended) throws IOException {
    try {
      if (!ended.waitFor(10, TimeUnit.SECONDS)) {
        destroy(ended);
        ended.waitFor();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    // Bytes that are not UTF-8 must not hide the rest.
    String said = new String(Files.readAllBytes(log), StandardCharsets.UTF_8).strip();
    return format(
        "the process ended with status %d: %s",
        ended.isAlive() ? -1 : ended.exitValue(),
        said.substring(Math.max(0, said.length() - TAIL)));
  }

  private Running started() throws IOException {
    Process started = new ProcessBuilder(command).redirectError(log.toFile()).start();
    BufferedReader in = started.inputReader(StandardCharsets.UTF_8);
    AtomicBoolean late = new AtomicBoolean();
    Thread watch = watch(started, late);
    try {
      Writer out = started.outputWriter(StandardCharsets.UTF_8);
      return new Running(started, in, out, abilities(RunnerLines.next(in)));
    } catch (IOException ended) {
      String end = late.get() ? "no line in " + deadline.toSeconds() + " s" : end(started);
      throw new IOException(name + ": " + end, ended);
    } catch (IllegalArgumentException wrong) {
      destroy(started);
      throw new IOException(name + ": " + wrong.getMessage(), wrong);
    } finally {
      watch.interrupt();
    }
  }

  private static Abilities abilities(String line) {
    JsonNode said;
    try {
      said = JsonMapper.shared().readTree(line);
    } catch (JacksonException notJson) {
      throw new IllegalArgumentException(
          "its first line must be a JSON object: " + JsonErrors.describe(notJson), notJson);
    }
    if (!said.path("runner").isString()) {
      throw new IllegalArgumentException("its first line must have \"runner\", got " + line);
    }
    Set<String> operations = new HashSet<>();
    said.path("operations").forEach(each -> operations.add(each.asString("")));
    Set<DType> dtypes = new HashSet<>();
    said.path("dtypes").forEach(each -> dtypes.add(DType.parse(each.asString(""))));
    return new Abilities(operations, dtypes, said.path("even").asBoolean(false));
  }

  /** Ends the process. */
  @Override
  public void close() throws IOException {
    process.ifPresent(running -> destroy(running.process()));
    Files.deleteIfExists(log);
  }
}
