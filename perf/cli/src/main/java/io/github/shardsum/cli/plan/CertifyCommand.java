package io.github.shardsum.cli.plan;

import static io.github.shardsum.measure.Texts.wrongArgument;

import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.cli.common.MeshOptions;
import io.github.shardsum.cli.common.RepeatedOptions;
import io.github.shardsum.cli.program.ProgramFile;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code shardsum certify}: checks a plan from a file against its program. */
@Command(
    name = "certify",
    description = {
      "%nCheck a plan from a file, as plan --json prints it, against its program or"
          + " equation: an independent checker replays it on symbolic shards, and the figures"
          + " of the file must match the plan. A plan that computes something else is"
          + " refused.%n"
    })
public final class CertifyCommand implements Callable<Integer> {
  /** Members of a file that follow from its plan alone, whatever options it was chosen by. */
  private static final List<String> FIGURES =
      List.of("steps", "localShapes", "elementsReceived", "flops", "peakElements", "peakBytes");

  /** Members of a step that depend on prices. */
  private static final Set<String> PRICED =
      Set.of("price", "seconds", "lane", "begin", "end", "exposed", "because", "runnerUp");

  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "PLAN.json",
      description = "The file of the plan, or - for standard input.")
  private Path file = Path.of("");

  @Parameters(
      index = "1",
      paramLabel = "FILE.program|EQUATION",
      description =
          "The file of the program, or the einsum with its layouts; for a reshard as in 'a@x b -> a"
              + " b@x'.")
  private String of = "";

  @Option(
      names = "--annotate",
      paramLabel = "NAME=LAYOUT",
      description = "An annotation of the program that the plan was made with; may be given again.")
  private Map<String, String> annotations = Map.of();

  @Option(names = "--json", description = "Print the answer as JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    RepeatedOptions.refuse(spec, "--annotate");
    String text = PlanFile.text(file);
    SpmdPlan plan = PlanFile.plan(file, text);
    MeshOptions.checkSize(plan.mesh());
    String certificate;
    if (ProgramFile.isNamed(of)) {
      Program given = ProgramFile.read(Path.of(of));
      Program program = MeshOptions.annotated(spec, "--annotate", annotations, given, plan.mesh());
      certificate = followed(() -> plan.certify(program));
    } else {
      Equation equation = Equation.parse(of);
      certificate = followed(() -> plan.certify(equation, DType.F32));
    }
    checkFigures(text, plan);
    PrintWriter out = spec.commandLine().getOut();
    out.println(
        json ? JsonAnswer.text(JsonAnswer.object().put("certificate", certificate)) : certificate);
    out.flush();
    return 0;
  }

  /** A plan on which the checker fails with any exception is refused too. */
  private static String followed(Supplier<String> check) {
    try {
      return check.get();
    } catch (ArithmeticException overflow) {
      throw PlanTarget.beyondCounting(overflow);
    } catch (IllegalStateException refused) {
      throw new IllegalArgumentException(refused.getMessage(), refused);
    } catch (RuntimeException | StackOverflowError lost) {
      throw new IllegalArgumentException(
          "plan refused: the checker cannot follow it: " + lost, lost);
    }
  }

  private static void checkFigures(String text, SpmdPlan plan) {
    JsonMapper mapper = JsonMapper.shared();
    JsonNode given = mapper.readTree(text);
    JsonNode counted = mapper.readTree(plan.toJson(PlanOptions.defaults()));
    for (String member : FIGURES) {
      if (!given.path(member).isMissingNode()) {
        checkEqual("\"" + member + "\"", counted.path(member), given.path(member));
      }
    }
  }

  /**
   * The message names the first element or member in which two values differ. Prices and their
   * reasons are not compared, since they follow from options that the file does not have.
   */
  private static void checkEqual(String what, JsonNode counted, JsonNode given) {
    if (counted.isArray() && given.isArray() && counted.size() == given.size()) {
      for (int i = 0; i < counted.size(); i++) {
        checkEqual(what + "[" + i + "]", counted.get(i), given.get(i));
      }
    } else if (counted.isObject() && given.isObject()) {
      for (String member : counted.propertyNames()) {
        if (!PRICED.contains(member)) {
          checkEqual(what + "." + member, counted.path(member), given.path(member));
        }
      }
    } else if (!counted.equals(given)) {
      throw wrongArgument(
          "plan refused: %s must be %s, got %s", what, shortened(counted), shortened(given));
    }
  }

  private static String shortened(JsonNode node) {
    String text = node.toString();
    return text.length() > 200 ? text.substring(0, 200) + "..." : text;
  }
}
