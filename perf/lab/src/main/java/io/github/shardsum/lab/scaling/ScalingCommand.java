package io.github.shardsum.lab.scaling;

import static io.github.shardsum.cli.common.UsageErrors.usageError;
import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.cli.common.OutputFile;
import io.github.shardsum.cli.common.OwnJvm;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.lab.Lab;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.picture.Page;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code scaling}: weak scaling, real against predicted. */
@Command(
    name = "scaling",
    description = {
      "Run the Mixture-of-Experts layer and a training step on more and more devices, each with the"
          + " same work, and compare the times with predictions. --programs chooses others.",
      "The devices are in this process; with --processes they are also processes over MPI. All"
          + " devices share this machine."
    })
public final class ScalingCommand implements Callable<Integer> {
  private static final int MOST_DEVICES = 256;
  private static final int MOST_PROCESSES = 64;
  private static final double LONGEST_WARM_UP = 600;
  private static final String PREDICTED =
      "predicted: the time of one device on one thread, while every thread of the mesh runs one"
          + " device too, times the devices per core, plus the plan's collectives";

  /**
   * The option that gives child processes the time and FLOPs of one device, from which predictions
   * start.
   */
  private static final String ONE = "--one";

  @Spec private CommandSpec spec;

  @Option(
      names = "--devices",
      split = ",",
      paramLabel = "N",
      description = "Numbers of devices within this process (default: 1,2,4,8,16,32,64).")
  private List<Integer> devices = List.of(1, 2, 4, 8, 16, 32, 64);

  @Option(
      names = "--processes",
      split = ",",
      paramLabel = "N",
      description =
          "Numbers of processes over MPI, with one device each, such as 1,2,4 (default: none).")
  private List<Integer> processes = List.of();

  @Option(
      names = "--programs",
      split = ",",
      paramLabel = "NAME",
      description = "Names of programs to run, or all for all 20 (default: layer,step).")
  private List<String> programs = ScalingPrograms.USUAL;

  @Option(
      names = "--runs",
      paramLabel = "N",
      defaultValue = "25",
      description =
          "Timed runs of each program, of which the median counts (default: ${DEFAULT-VALUE}).")
  private int runs = 25;

  @Option(
      names = "--warm-up",
      paramLabel = "SECONDS",
      defaultValue = "1",
      description =
          "Warm up each program for at least this time, and until runs get no faster; with 0 there"
              + " is no warm-up (default: ${DEFAULT-VALUE}).")
  private double warmUp = 1;

  @Option(
      names = "--memory",
      description =
          "Also compare the bytes that are held after some runs with the bytes by the plan.")
  private boolean memory;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Also write an HTML page with the plot.")
  private Optional<Path> html = Optional.empty();

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Option(names = ONE, hidden = true, split = ",")
  private List<Double> one = List.of();

  @Override
  public Integer call() throws IOException {
    check();
    PrintWriter out = json ? new PrintWriter(Writer.nullWriter()) : spec.commandLine().getOut();
    if (!one.isEmpty()) {
      return ofOneProcess();
    }
    out.println(ScalingRun.head(memory));
    ScalingRun run = run();
    List<ScalingPoint> points =
        new ArrayList<>(
            run.inProcess(
                programs,
                devices,
                point -> {
                  out.println(ScalingRun.line(point));
                  out.flush();
                }));
    for (int count : processes) {
      List<ScalingPoint> over = overMpi(count, run);
      over.forEach(point -> out.println(ScalingRun.line(point)));
      points.addAll(over);
    }
    out.println(PREDICTED);
    ScalingErrors.lines(points).forEach(out::println);
    out.flush();
    if (json) {
      spec.commandLine().getOut().println(json(points));
      spec.commandLine().getOut().flush();
    }
    if (html.isPresent()) {
      Page page = new Page("Weak scaling on this machine");
      page.paragraph(
          "Each device has the same work. All share this machine, so that time grows with their"
              + " number. "
              + PREDICTED);
      ScalingErrors.lines(points).forEach(page::paragraph);
      ScalingPicture.draw(page, points);
      OutputFile.write(html.get(), page.html().getBytes(StandardCharsets.UTF_8));
    }
    return 0;
  }

  private void check() throws IOException {
    for (int count : devices) {
      if (count < 1 || count > MOST_DEVICES) {
        throw usageError(spec, "--devices: must be 1 to " + MOST_DEVICES + ", got " + count);
      }
    }
    for (int count : processes) {
      if (count < 1 || count > MOST_PROCESSES) {
        throw usageError(spec, "--processes: must be 1 to " + MOST_PROCESSES + ", got " + count);
      }
    }
    if (programs.equals(List.of("all"))) {
      programs = ScalingPrograms.ALL;
    }
    for (String name : programs) {
      if (!ScalingPrograms.ALL.contains(name)) {
        throw usageError(
            spec,
            "--programs: must be all, or some of "
                + ScalingPrograms.ALL
                + ", got \""
                + name
                + "\"");
      }
    }
    if (runs < 1 || runs > 1000) {
      throw usageError(spec, "--runs: must be 1 to 1000, got " + runs);
    }
    if (!(warmUp >= 0 && warmUp <= LONGEST_WARM_UP)) {
      throw usageError(spec, "--warm-up: must be 0 to 600 seconds, got " + warmUp);
    }
    if (html.isPresent()) {
      OutputFile.checkText("--html", html.get());
    }
  }

  private ScalingRun run() {
    return new ScalingRun(new ScalingSteadyRuns(warmUp, runs), memory);
  }

  /** Runs this process's part under launch; process 0 prints the points. */
  private int ofOneProcess() {
    List<ScalingPoint> points = new ArrayList<>();
    int process;
    ScalingRun run = run();
    for (int i = 0; i < programs.size(); i++) {
      ScalingRun.One begin = new ScalingRun.One(one.get(2 * i), one.get(2 * i + 1));
      points.add(run.overMpi(programs.get(i), devices.getFirst(), begin));
    }
    try (Collectives collectives = Collectives.open(Mesh.of("x", devices.getFirst()))) {
      process = collectives.process();
    }
    if (process == 0) {
      spec.commandLine().getOut().println(json(points));
      spec.commandLine().getOut().flush();
    }
    return 0;
  }

  private List<ScalingPoint> overMpi(int count, ScalingRun run) throws IOException {
    List<String> ours = new ArrayList<>(List.of("launch", "-n", Integer.toString(count)));
    ours.addAll(java(Lab.NAME));
    List<String> first = new ArrayList<>();
    for (String program : programs) {
      ScalingRun.One begin = run.one(program, count);
      first.add(Double.toString(begin.seconds()));
      first.add(Double.toString(begin.flops()));
    }
    ours.addAll(
        List.of(
            "scaling",
            "--devices",
            Integer.toString(count),
            "--programs",
            String.join(",", programs),
            "--runs",
            Integer.toString(runs),
            "--warm-up",
            Double.toString(warmUp),
            ONE,
            String.join(",", first)));
    if (memory) {
      ours.add("--memory");
    }
    List<String> command = new ArrayList<>(java(OwnJvm.MAIN));
    command.addAll(ours);
    Process child =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String text = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (child.waitFor() != 0) {
        throw new IOException("launch -n " + count + " ended with status " + child.exitValue());
      }
    } catch (InterruptedException interrupted) {
      child.destroy();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", interrupted);
    }
    return read(text);
  }

  /** This JVM again, with its flags. */
  private static List<String> java(String main) {
    List<String> command = new ArrayList<>(List.of(OwnJvm.java()));
    for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (flag.startsWith("-X") || flag.startsWith("--add")) {
        command.add(flag);
      }
    }
    command.addAll(List.of("--add-modules", "jdk.incubator.vector"));
    command.addAll(OwnJvm.main(main));
    return command;
  }

  private static List<ScalingPoint> read(String text) {
    List<ScalingPoint> points = new ArrayList<>();
    for (JsonNode each : new JsonMapper().readTree(text).path("points")) {
      points.add(
          new ScalingPoint(
              each.path("program").asString(),
              each.path("engine").asString(),
              each.path("devices").asInt(),
              each.path("seconds").asDouble(),
              each.path("oneDeviceSeconds").asDouble(),
              each.path("predictedSeconds").asDouble(),
              each.path("collectiveSeconds").asDouble(),
              each.path("bytes").asDouble(Double.NaN),
              each.path("predictedBytes").asDouble()));
    }
    return points;
  }

  private static String json(List<ScalingPoint> points) {
    ObjectNode answer = JsonAnswer.object();
    ArrayNode list = answer.putArray("points");
    for (ScalingPoint point : points) {
      ObjectNode each =
          list.addObject()
              .put("program", point.program())
              .put("engine", point.engine())
              .put("devices", point.devices())
              .put("seconds", point.seconds())
              .put("oneDeviceSeconds", point.one())
              .put("predictedSeconds", point.predicted())
              .put("collectiveSeconds", point.collectives())
              .put("error", point.error())
              .put("predictedBytes", point.predictedBytes());
      if (!Double.isNaN(point.bytes())) {
        each.put("bytes", point.bytes());
      }
    }
    return JsonAnswer.text(answer);
  }

  /** Errors of predictions over all points. */
  private static final class ScalingErrors {
    private ScalingErrors() {}

    /** A sentence on time and one on memory, each if something is compared. */
    static List<String> lines(List<ScalingPoint> points) {
      List<String> lines = new ArrayList<>();
      // Predictions begin with one device.
      List<ScalingPoint> timed = points.stream().filter(point -> point.devices() > 1).toList();
      if (!timed.isEmpty()) {
        lines.add(line("time", timed, ScalingPoint::error));
      }
      List<ScalingPoint> held =
          points.stream().filter(each -> !Double.isNaN(each.bytes())).toList();
      if (!held.isEmpty()) {
        lines.add(line("memory", held, ScalingPoint::bytesError));
      }
      return List.copyOf(lines);
    }

    private static String line(
        String what, List<ScalingPoint> points, ToDoubleFunction<ScalingPoint> error) {
      double mean =
          points.stream()
              .mapToDouble(each -> Math.abs(error.applyAsDouble(each)))
              .average()
              .orElse(0);
      ScalingPoint worst =
          points.stream()
              .max(Comparator.comparingDouble(each -> Math.abs(error.applyAsDouble(each))))
              .orElseThrow();
      return format(
          "%s of %d points: mean absolute error %.1f %%, largest %+.1f %% (%s on %d devices, %s)",
          what,
          points.size(),
          100 * mean,
          100 * error.applyAsDouble(worst),
          worst.program(),
          worst.devices(),
          worst.engine());
    }
  }
}
