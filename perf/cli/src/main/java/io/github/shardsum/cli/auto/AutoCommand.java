package io.github.shardsum.cli.auto;

import static io.github.shardsum.cli.common.UsageErrors.usageError;

import io.github.shardsum.assign.AssignmentOptions;
import io.github.shardsum.auto.Auto;
import io.github.shardsum.auto.AutoOptions;
import io.github.shardsum.auto.FoundLayouts;
import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.cli.common.LongRun;
import io.github.shardsum.cli.common.OutputFile;
import io.github.shardsum.cli.common.ProgressOption;
import io.github.shardsum.cli.common.RepeatedOptions;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.program.Program;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code shardsum auto}: the annotations of a program. */
@Command(
    name = "auto",
    description = {
      "%nFind the fewest annotations of a program that give the cheapest plan on a mesh.",
      "%nPrints the annotations as plan accepts them, the price of their plan, a"
          + " proven lower bound of the price of any plan, the gap between the two, the peak"
          + " of memory, the runner-up and the checker's certificate of the plan.%n"
    })
public final class AutoCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private AutoSettings layouts;

  @Mixin private ProgressOption progress = new ProgressOption();

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "60",
      description =
          "The amount of work of a search: about that of this many seconds, more on a busy machine"
              + " (default: ${DEFAULT-VALUE}). Two runs with the same N give the same answer.")
  private double seconds;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    long begun = System.nanoTime();
    checkOptions();
    return find(begun);
  }

  private <T> T watched(Supplier<T> search) {
    try (LongRun _ = progress.watch("", () -> 0, 0)) {
      return search.get();
    }
  }

  private int find(long begun) throws IOException {
    Mesh mesh =
        layouts.mesh().orElseThrow(() -> usageError(spec, "--mesh AXES: must be given, got none"));
    AutoOptions options = layouts.options(mesh, seconds);
    Program program = layouts.program(mesh);
    PrintWriter out = spec.commandLine().getOut();
    if (layouts.isPareto()) {
      List<FoundLayouts> all = watched(() -> Auto.pareto(program, mesh, options));
      if (json) {
        out.println(AutoJson.pareto(all, options.plan()));
      } else {
        AutoReport.pareto(all, options.plan()).forEach(out::println);
      }
      out.flush();
      // After the answer, which a full disk must not lose.
      if (layouts.html().isPresent()) {
        String title = "Plans of " + program.name() + " on mesh " + mesh.notation();
        String page = ParetoPage.html(title, all, options.plan());
        OutputFile.write(layouts.html().get(), page.getBytes(StandardCharsets.UTF_8));
      }
    } else {
      FoundLayouts found = watched(() -> Auto.find(program, mesh, options));
      String certificate = found.plan().certify();
      double took = (System.nanoTime() - begun) / 1e9;
      Map<String, String> kept = layouts.kept();
      if (json) {
        out.println(AutoJson.of(kept, found, options.plan(), took, certificate));
      } else {
        AutoReport.lines(kept, found, options.plan(), took, certificate).forEach(out::println);
      }
    }
    out.flush();
    return 0;
  }

  private void checkOptions() throws IOException {
    RepeatedOptions.refuse(spec, "--keep");
    if (!layouts.isGiven() || layouts.isBoth()) {
      throw usageError(
          spec,
          "must be one of FILE.program and --model, got " + (layouts.isBoth() ? "both" : "none"));
    }
    if (layouts.html().isPresent()) {
      if (!layouts.isPareto()) {
        throw usageError(spec, "--html: must be given with --pareto, got none");
      }
      OutputFile.checkText("--html", layouts.html().get());
    }
    try {
      AssignmentOptions.defaults().withSeconds(seconds).withClock(seconds);
    } catch (IllegalArgumentException wrong) {
      throw usageError(spec, "--" + wrong.getMessage());
    }
  }

  /** Answers of {@code auto} as JSON; prices are in elements, or in seconds on a network. */
  private static final class AutoJson {
    private AutoJson() {}

    /**
     * {@code {"kept":{NAME:LAYOUT},"annotations":{NAME:LAYOUT},"savings":{NAME:..},"unit":..,
     * "price":..,"bound":..,"gap":..,"peakBytes":..,"memoryLimit":..,"runnerUp":{..},"plans":..,
     * "seconds":..,"certificate":..}}; the limit and the runner-up are absent if there is none. If
     * the plan without an annotation exceeds the limit, the saving of the annotation is the text
     * {@code "above the limit"}.
     */
    static String of(
        Map<String, String> kept,
        FoundLayouts found,
        PlanOptions options,
        double seconds,
        String certificate) {
      ObjectNode answer = JsonAnswer.object();
      annotations(answer.putObject("kept"), kept);
      found(answer, found, options);
      answer.put("seconds", seconds).put("certificate", certificate);
      return JsonAnswer.text(answer);
    }

    /**
     * {@code {"pareto":[..]}}, each as above but without the kept annotations, the seconds and the
     * certificate.
     */
    static String pareto(List<FoundLayouts> all, PlanOptions options) {
      ObjectNode answer = JsonAnswer.object();
      ArrayNode array = answer.putArray("pareto");
      all.forEach(one -> found(array.addObject(), one, options));
      return JsonAnswer.text(answer);
    }

    private static void found(ObjectNode node, FoundLayouts found, PlanOptions options) {
      annotations(node.putObject("annotations"), found.annotations());
      ObjectNode savings = node.putObject("savings");
      found
          .savings()
          .forEach(
              (name, saved) -> {
                if (Double.isFinite(saved)) {
                  savings.put(name, saved);
                } else {
                  savings.put(name, "above the limit");
                }
              });
      node.put("unit", options.topology().isPresent() ? "seconds" : "elements")
          .put("price", found.price())
          .put("bound", found.bound())
          .put("gap", found.gap())
          .put("peakBytes", found.peakBytes());
      options.memoryLimit().ifPresent(limit -> node.put("memoryLimit", limit));
      found
          .runnerUp()
          .ifPresent(
              other -> {
                ObjectNode second = node.putObject("runnerUp");
                annotations(second.putObject("annotations"), other.annotations());
                second.put("price", other.price()).put("peakBytes", other.peakBytes());
              });
      node.put("plans", found.plans());
    }

    private static void annotations(ObjectNode node, Map<String, String> annotations) {
      annotations.forEach(node::put);
    }
  }
}
