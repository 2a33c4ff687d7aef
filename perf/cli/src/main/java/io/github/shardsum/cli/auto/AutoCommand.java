package io.github.shardsum.cli.auto;

import io.github.shardsum.assign.AssignmentOptions;
import io.github.shardsum.auto.Auto;
import io.github.shardsum.auto.AutoOptions;
import io.github.shardsum.auto.FoundLayouts;
import io.github.shardsum.cli.common.LongRun;
import io.github.shardsum.cli.common.OutputFile;
import io.github.shardsum.cli.common.ProgressOption;
import io.github.shardsum.cli.common.RepeatedOptions;
import io.github.shardsum.mesh.Mesh;
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
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

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
        layouts
            .mesh()
            .orElseThrow(
                () ->
                    new ParameterException(
                        spec.commandLine(), "--mesh AXES: must be given, got none"));
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
      throw new ParameterException(
          spec.commandLine(),
          "must be one of FILE.program and --model, got " + (layouts.isBoth() ? "both" : "none"));
    }
    if (layouts.html().isPresent()) {
      if (!layouts.isPareto()) {
        throw new ParameterException(
            spec.commandLine(), "--html: must be given with --pareto, got none");
      }
      OutputFile.checkText("--html", layouts.html().get());
    }
    try {
      AssignmentOptions.defaults().withSeconds(seconds).withClock(seconds);
    } catch (IllegalArgumentException wrong) {
      throw new ParameterException(spec.commandLine(), "--" + wrong.getMessage());
    }
  }
}
