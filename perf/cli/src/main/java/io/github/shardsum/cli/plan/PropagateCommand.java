package io.github.shardsum.cli.plan;

import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.cli.common.MeshOptions;
import io.github.shardsum.cli.common.OptionValue;
import io.github.shardsum.cli.common.RepeatedOptions;
import io.github.shardsum.cli.program.ProgramFile;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;
import io.github.shardsum.propagation.Propagated;
import io.github.shardsum.propagation.Propagation;
import io.github.shardsum.propagation.PropagationOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

/** {@code shardsum propagate}: the layout of every value of a program, and why. */
@Command(
    name = "propagate",
    description = {
      "%nPrint the layout that every value of a program gets from its annotations, and the"
          + " reason.%n"
    })
public final class PropagateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "FILE.program", description = "The file of the program.")
  private Path file = Path.of("");

  @Option(
      names = "--mesh",
      required = true,
      paramLabel = "AXES",
      description = "The mesh, as in x=2,y=2.")
  private String mesh = "";

  @Option(
      names = "--annotate",
      paramLabel = "NAME=LAYOUT",
      description = "Annotate a value, as in dispatched=E@x; may be given again.")
  private Map<String, String> annotations = Map.of();

  @Option(
      names = "--strict",
      description = "End with an error if annotations contradict each other, and list the choices.")
  private boolean strict;

  @Option(
      names = "--why",
      paramLabel = "NAME",
      description =
          "Print only the chain from this value to the annotation that caused its layout.")
  private List<String> why = List.of();

  @Option(names = "--json", description = "Print layouts and reasons as JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    RepeatedOptions.refuse(spec, "--annotate");
    Program given = ProgramFile.read(file);
    Mesh devices = OptionValue.of(spec, "--mesh", () -> PlanRequest.mesh(mesh));
    Program program = MeshOptions.annotated(spec, "--annotate", annotations, given, devices);
    PropagationOptions options = PropagationOptions.defaults();
    Propagated propagated = Propagation.of(program, devices, strict ? options.asStrict() : options);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(JsonAnswer.text(json(propagated, devices)));
    } else if (why.isEmpty()) {
      out.print(propagated.explain());
    } else {
      why.forEach(name -> out.println(why(propagated, name)));
    }
    out.flush();
    return 0;
  }

  /** {@code {"mesh":..,"layouts":{NAME:LAYOUT,..},"why":{NAME:TEXT,..}}}. */
  private ObjectNode json(Propagated propagated, Mesh devices) {
    ObjectNode answer = JsonAnswer.object().put("mesh", devices.notation());
    ObjectNode layouts = answer.putObject("layouts");
    propagated.layouts().forEach((name, layout) -> layouts.put(name, layout.toString()));
    if (!why.isEmpty()) {
      ObjectNode reasons = answer.putObject("why");
      why.forEach(name -> reasons.put(name, why(propagated, name)));
    }
    return answer;
  }

  private String why(Propagated propagated, String name) {
    return OptionValue.of(spec, "--why", () -> propagated.why(name).toString());
  }
}
