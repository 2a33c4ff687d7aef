package io.github.shardsum.cli.moe;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.backend.mesh.MeshExecutable;
import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.cli.common.MeshOptions;
import io.github.shardsum.cli.common.PluginChoice;
import io.github.shardsum.cli.common.TraceOption;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.MoeSizes;
import io.github.shardsum.moe.MoeSpec;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.train.MeshAxes;
import io.github.shardsum.moe.train.TrainingLayouts;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.CompositeParts;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.pjrt.PjrtClient;
import io.github.shardsum.pjrt.PjrtPlugin;
import io.github.shardsum.pjrt.backend.PjrtBackend;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The layer on a mesh of our devices or a plugin's, with the annotations of the paper's algorithm
 * 2: groups are split before and after the experts, and experts in between. On our devices it also
 * runs without a capacity, with rows instead of slots. Prints each of our collectives, and compares
 * the results with those of one of our devices.
 */
final class MoeMeshRun {
  private static final long ROUTING_STREAM = 4;
  private static final int TIMED_RUNS = 5;

  private final MoeJob job;
  private final Mesh mesh;
  private final Optional<Path> plugin;
  private final CompileOptions options;
  private final Workers workers;
  private final PlanOptions planning;
  private final PrintWriter out;
  private final TraceOption trace;
  private final ObjectNode answer = JsonAnswer.object();

  /** A run on a mesh of Shardsum's devices, or of a plugin's if there is one. */
  MoeMeshRun(
      MoeJob job,
      Mesh mesh,
      Optional<Path> plugin,
      CompileOptions options,
      PlanOptions planning,
      Workers workers,
      PrintWriter out,
      TraceOption trace) {
    this.planning = planning;
    this.trace = trace;
    this.job = job;
    this.mesh = mesh;
    this.plugin = plugin;
    this.options = options;
    this.workers = workers;
    this.out = out;
  }

  /** The report as an object; empty on processes that do not print it. */
  ObjectNode answer() {
    return answer;
  }

  /** Runs on the beginning of a text. Returns whether the results equal those of one device. */
  boolean run(MoeTextSource text) throws IOException {
    MoeTokenBatch batch =
        new MoeTokenBatch(job, text, new MoeByteEmbedding(job.model(), job.seed()));
    batch.load(0, workers);
    MoeSizes sizes = job.sizes(batch.groups());
    Randomness randomness = Randomness.seeded(job.seed()).stream(ROUTING_STREAM);
    MoeSpec spec = job.spec(sizes, randomness);
    Program layer = job.dropless() ? MoePrograms.raggedLayer(spec) : MoePrograms.layer(spec);
    Program annotated = Annotations.of(layouts(layer)).apply(layer);
    Program one = job.backward() ? MoePrograms.gradient(layer) : layer;
    Program many = job.backward() ? MoePrograms.gradient(annotated) : annotated;
    List<Tensor> inputs = inputs(one, batch);
    if (plugin.isPresent()) {
      return onPlugin(plugin.get(), one, many, inputs, sizes);
    }
    trace.calibrate(mesh, workers);
    try (Collectives collectives = MeshOptions.open(mesh, workers);
        Executable local = LocalBackend.of(workers, MoePrograms.kernels()).compile(one, options);
        MeshExecutable sharded =
            MeshBackend.of(collectives, MoePrograms.kernels(), planning).compile(many, timed())) {
      // All processes of a job have the same results, which the first one prints.
      MoeMeshRun told = collectives.process() == 0 ? this : silent();
      told.head(
          sizes,
          format(
              "%d devices in %s",
              mesh.size(),
              collectives.processes() == 1
                  ? "one process"
                  : collectives.processes() + " processes"));
      List<Tensor> results = sharded.run(inputs);
      // The plan that ran, since a run may need a larger bound of received rows.
      told.collectives(sharded.plan().plan());
      boolean isEqual =
          told.compare(one, local.run(inputs), results, sizes)
              && told.times(local, sharded, inputs, "on the mesh");
      if (trace.isGiven()) {
        trace.write(sharded, () -> sharded.run(inputs), collectives, told.out);
      }
      return isEqual;
    }
  }

  /**
   * Annotations of tokens and weights: groups are split over the axes of data and experts, experts
   * over the experts' axes, and their hidden width over the axes of hidden widths. With slots the
   * rows that travel to experts and back are annotated too.
   */
  private Map<String, String> layouts(Program layer) {
    MeshAxes axes = MeshAxes.of(mesh);
    Map<String, String> layouts = new HashMap<>();
    if (mesh.axisNames().isEmpty()) {
      return layouts;
    }
    String groups = MeshAxes.split("G", axes.tokens()) + " S M";
    layouts.put("inputs", groups);
    layouts.put("outputs", groups);
    if (!job.dropless()) {
      layouts.putAll(TrainingLayouts.ofSlots(axes));
    }
    for (Value input : layer.inputs()) {
      List<String> labels = input.type().names();
      if (labels.getFirst().equals("E") && (job.dropless() || !axes.hidden().isEmpty())) {
        layouts.put(input.name(), ofExperts(axes, labels));
      }
    }
    return layouts;
  }

  private static String ofExperts(MeshAxes axes, List<String> labels) {
    return labels.stream()
        .map(
            label ->
                switch (label) {
                  case "E" -> MeshAxes.split(label, axes.experts());
                  case "H" -> MeshAxes.split(label, axes.hidden());
                  default -> label;
                })
        .collect(Collectors.joining(" "));
  }

  private CompileOptions timed() {
    return trace.isGiven() ? options.withProfile() : options;
  }

  private MoeMeshRun silent() {
    return new MoeMeshRun(
        job, mesh, plugin, options, planning, workers, new PrintWriter(Writer.nullWriter()), trace);
  }

  private boolean onPlugin(
      Path library, Program one, Program many, List<Tensor> inputs, MoeSizes sizes) {
    try (PjrtClient client = PluginChoice.client(PjrtPlugin.open(library), mesh.size());
        PjrtBackend backend =
            mesh.size() == 1 ? PjrtBackend.of(client) : PjrtBackend.of(client, mesh);
        Executable local = LocalBackend.of(workers, MoePrograms.kernels()).compile(one);
        Executable compiled = backend.compile(many)) {
      head(sizes, format("%d devices of %s", mesh.size(), backend));
      out.print(
          format(
              "memory   %,d bytes a device without inputs and outputs; %,d by our kernels%n%n",
              compiled.peakBytes(), local.peakBytes()));
      return compare(one, local.run(inputs), compiled.run(inputs), sizes)
          && times(local, compiled, inputs, "on the plugin");
    }
  }

  private List<Tensor> inputs(Program program, MoeTokenBatch batch) {
    List<Tensor> inputs = new ArrayList<>(List.of(batch.tokens()));
    inputs.addAll(job.weights().tensors());
    for (Value input : program.inputs().subList(inputs.size(), program.inputs().size())) {
      inputs.add(Tensor.full(input.type().dtype(), 1, input.type().shape().toArray()));
    }
    return inputs;
  }

  private void head(MoeSizes sizes, String devices) {
    answer
        .put("groups", sizes.groups())
        .put("tokens", sizes.tokens())
        .put("experts", sizes.experts())
        .put("capacity", sizes.capacity())
        .put("model", sizes.model())
        .put("hidden", sizes.hidden())
        .put("backward", job.backward())
        .put("mesh", mesh.axisNames().isEmpty() ? "" : mesh.notation())
        .put("devices", devices);
    out.print(
        format(
            "layer    G=%d S=%d E=%d C=%d M=%d H=%d, f32, %s%n",
            sizes.groups(),
            sizes.tokens(),
            sizes.experts(),
            sizes.capacity(),
            sizes.model(),
            sizes.hidden(),
            job.backward() ? "forward and backward" : "forward"));
    out.print(
        format(
            "mesh     %s, %s%n",
            mesh.axisNames().isEmpty() ? "of one device" : mesh.notation(), devices));
  }

  private void collectives(SpmdPlan plan) {
    out.print(
        format("%n%-20s  %-28s  %-24s  %14s%n", "collective", "of", "becomes", "bytes received"));
    ArrayNode list = answer.putArray("collectives");
    long sum = 0;
    for (int i = 0; i < plan.steps().size(); i++) {
      PlanStep step = plan.steps().get(i);
      if (step.action().isCollective()) {
        PlannedValue value = step.result();
        long bytes = plan.bytesReceived(i);
        sum += bytes;
        ObjectNode told =
            list.addObject()
                .put("op", step.action().op())
                .put("axes", String.join(".", step.action().groupAxes()))
                .put("of", value.programName())
                .put("becomes", value.layout().toString())
                .put("bytesReceived", bytes);
        out.print(
            format(
                "%-20s  %-28s  %-24s  %,14d%n",
                step.action().op() + " " + String.join(".", step.action().groupAxes()),
                step.results().stream()
                    .map(PlannedValue::programName)
                    .collect(Collectors.joining(", ")),
                value.layout(),
                bytes));
        if (step.action() instanceof Action.Partitioned(_, CompositeParts parts)) {
          told.put("mostBytesReceived", plan.mostBytesReceived(i)).put("pieces", parts.pieces());
          out.print(
              format(
                  "%-76s  %,14d at most%n",
                  "  by rows, of even loads"
                      + (parts.pieces() == 1 ? "" : ", in " + parts.pieces() + " pieces"),
                  plan.mostBytesReceived(i)));
        }
      }
    }
    out.print(format("%-76s  %,14d a device%n%n", "in all", sum));
  }

  /** Each result must equal that of one device, up to the rounding of sums in another order. */
  private boolean compare(Program program, List<Tensor> one, List<Tensor> many, MoeSizes sizes) {
    double terms =
        Math.max(
            Math.max((double) sizes.groups() * sizes.tokens(), sizes.hidden()),
            (double) sizes.experts() * sizes.capacity());
    boolean passed = true;
    ArrayNode list = answer.putArray("outputs");
    for (int i = 0; i < one.size(); i++) {
      double[] a = one.get(i).toDoubleArray();
      double[] b = many.get(i).toDoubleArray();
      double largest = 0;
      double apart = 0;
      boolean same = true;
      for (int at = 0; at < a.length; at++) {
        largest = Math.max(largest, Math.abs(a[at]));
        apart = Math.max(apart, Math.abs(a[at] - b[at]));
        same &= Double.doubleToRawLongBits(a[at]) == Double.doubleToRawLongBits(b[at]);
      }
      boolean near = same || (!options.sums().isTree() && apart <= terms * 0x1p-24 * largest);
      passed &= near;
      list.addObject()
          .put("name", program.outputs().get(i).name())
          .put("apart", apart)
          .put("largest", largest)
          .put("near", near);
      out.print(
          format(
              "%-20s  %s%n",
              program.outputs().get(i).name(),
              same
                  ? "the bits of one device"
                  : format(
                      "at most %.2g from one device, of %.2g%s",
                      apart, largest, near ? "" : ": TOO FAR")));
    }
    return passed;
  }

  private boolean times(Executable local, Executable sharded, List<Tensor> inputs, String where) {
    double one = Double.MAX_VALUE;
    double many = Double.MAX_VALUE;
    for (int i = 0; i < TIMED_RUNS; i++) {
      one = Math.min(one, seconds(local, inputs));
      many = Math.min(many, seconds(sharded, inputs));
    }
    answer.put("seconds", many).put("secondsOfOneDevice", one);
    out.print(
        format(
            "%nbest of %d runs: %.1f ms %s, whole values in and out; %.1f ms by our kernels on one"
                + " device, %d threads%n",
            TIMED_RUNS, many * 1e3, where, one * 1e3, workers.parallelism()));
    out.flush();
    return true;
  }

  private static double seconds(Executable executable, List<Tensor> inputs) {
    long begin = System.nanoTime();
    executable.run(inputs);
    return (System.nanoTime() - begin) / 1e9;
  }
}
