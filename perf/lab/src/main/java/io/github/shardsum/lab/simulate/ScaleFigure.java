package io.github.shardsum.lab.simulate;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.cli.common.OutputFile;
import io.github.shardsum.cli.common.TextFiles;
import io.github.shardsum.cli.program.NamedPrograms;
import io.github.shardsum.cli.simulate.AxisSizes;
import io.github.shardsum.cli.simulate.Catalogue;
import io.github.shardsum.cli.simulate.Job;
import io.github.shardsum.cli.simulate.Machine;
import io.github.shardsum.cli.simulate.PlannedForms;
import io.github.shardsum.cli.simulate.Prediction;
import io.github.shardsum.cli.simulate.SimulateJobs;
import io.github.shardsum.cli.simulate.SimulatedModelFile;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.picture.Ink;
import io.github.shardsum.picture.Picture;
import io.github.shardsum.picture.Picture.Anchor;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The figure of the front page: the paper's layer planned and certified on 2,048 to 99,840 devices,
 * and the utilisation predicted for its model of 512 experts on slices of v5p.
 */
public final class ScaleFigure {
  static final List<Integer> DEVICES = List.of(2048, 8192, 51_200, 99_840);

  private static final String MODEL = "gshard-150b";
  private static final int SLICE = 512;
  private static final long SEQUENCES_OF_SLICE = 8192;
  private static final int ROW = 46;
  private static final int LEFT = 130;

  private ScaleFigure() {}

  /**
   * One number of devices.
   *
   * @param steps the number of steps of the plan of the layer with its gradient
   * @param collectives the number of these steps that are collectives
   * @param certificate the checker's certificate
   * @param prediction the prediction of a step of the model
   */
  record Row(
      int devices,
      String mesh,
      int steps,
      long collectives,
      String certificate,
      Prediction prediction) {}

  static List<Row> rows(List<Integer> devices) {
    return devices.stream().map(ScaleFigure::row).toList();
  }

  private static Row row(int devices) {
    int slices = devices / SLICE;
    Mesh mesh = Mesh.of("d", slices, "x", SLICE);
    ProgramPlan plan =
        ProgramPlan.of(
            NamedPrograms.MOE_GRADIENT.program(mesh),
            mesh,
            composite -> MoePrograms.kernels().kernel(composite).isPresent(),
            PlanOptions.defaults());
    List<PlanStep> steps = plan.plan().steps();
    SimulatedModelFile file = Catalogue.open().exact(MODEL).orElseThrow();
    Machine machine = Machine.parse("v5p:8x8x8*" + slices);
    AxisSizes layout = AxisSizes.of(Map.of("data", slices, "expert", SLICE));
    Job job = SimulateJobs.job(file, machine, Optional.of(layout), SEQUENCES_OF_SLICE * slices);
    return new Row(
        devices,
        mesh.notation(),
        steps.size(),
        steps.stream().filter(step -> step.action().isCollective()).count(),
        plan.certify(),
        PlannedForms.of(job, machine.family().eta()).prediction());
  }

  static void print(List<Row> rows, PrintWriter out) {
    out.print(
        format(
            "%9s %-14s %6s %12s %12s %14s%n",
            "devices", "mesh", "steps", "collectives", "utilisation", "tokens/s"));
    for (Row row : rows) {
      out.print(
          format(
              "%,9d %-14s %6d %12d %10.1f %% %,14.0f%n",
              row.devices(),
              row.mesh(),
              row.steps(),
              row.collectives(),
              100 * row.prediction().utilisation(),
              row.prediction().tokensPerSecond()));
    }
    rows.forEach(row -> out.println(row.certificate()));
    out.println(
        "plans are of the layer with its gradient; utilisation is that of "
            + MODEL
            + " on slices of 512 v5p, 16 sequences a chip");
    out.flush();
  }

  static String json(List<Row> rows) {
    ObjectNode answer = JsonAnswer.object();
    answer.put("model", MODEL);
    ArrayNode list = answer.putArray("rows");
    for (Row row : rows) {
      list.addObject()
          .put("devices", row.devices())
          .put("mesh", row.mesh())
          .put("steps", row.steps())
          .put("collectives", row.collectives())
          .put("certificate", row.certificate())
          .put("stepSeconds", row.prediction().seconds())
          .put("tokensPerSecond", row.prediction().tokensPerSecond())
          .put("utilisation", row.prediction().utilisation());
    }
    return JsonAnswer.text(answer);
  }

  /** Bars of utilisation with the size of each plan. */
  static String svg(List<Row> rows) {
    Picture picture =
        new Picture(
            Picture.WIDTH,
            ROW * rows.size() + 40,
            "plans, certificates and predicted utilisation over devices");
    double most =
        rows.stream().mapToDouble(each -> each.prediction().utilisation()).max().orElse(1);
    for (int i = 0; i < rows.size(); i++) {
      Row row = rows.get(i);
      double share = row.prediction().utilisation();
      double wide = share / most * (Picture.WIDTH - LEFT - 130);
      picture.text(LEFT - 8, i * ROW + 24, Anchor.END, format("%,d devices", row.devices()));
      picture.rect(LEFT, i * ROW + 8, wide, 18, Ink.BLUE, row.certificate());
      picture.text(
          LEFT + wide + 8, i * ROW + 22, Anchor.START, format("%.1f %% of peak", 100 * share));
      picture.text(
          LEFT,
          i * ROW + 40,
          Anchor.START,
          format(
              "layer and gradient on mesh %s: a plan of %d steps, %d collectives, certified",
              row.mesh(), row.steps(), row.collectives()));
    }
    picture.text(
        LEFT,
        rows.size() * ROW + 24,
        Anchor.START,
        "predicted for " + MODEL + " on slices of 512 TPU v5p: perf/lab/run scale");
    return picture.svg();
  }

  /** {@code scale}: plans and predictions of the paper's layer over devices. */
  @Command(
      name = "scale",
      description = "Draw plans, certificates and utilisation at 2,048 to 99,840 devices.")
  public static final class ScaleFigureCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "FILE.svg", description = "The file of the picture.")
    private Path file = Path.of("");

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
      OutputFile.checkText("FILE.svg", file);
      List<ScaleFigure.Row> rows = ScaleFigure.rows(ScaleFigure.DEVICES);
      PrintWriter out = spec.commandLine().getOut();
      if (json) {
        out.println(ScaleFigure.json(rows));
      } else {
        ScaleFigure.print(rows, out);
      }
      TextFiles.write(file, ScaleFigure.svg(rows));
      return 0;
    }
  }
}
