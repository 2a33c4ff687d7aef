package io.github.shardsum.lab.simulate;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.cli.simulate.Architecture;
import io.github.shardsum.cli.simulate.Architecture.Attention;
import io.github.shardsum.cli.simulate.Architecture.Experts;
import io.github.shardsum.cli.simulate.AxisSizes;
import io.github.shardsum.cli.simulate.Catalogue;
import io.github.shardsum.cli.simulate.DeviceFamily;
import io.github.shardsum.cli.simulate.Job;
import io.github.shardsum.cli.simulate.Machine;
import io.github.shardsum.cli.simulate.Precision;
import io.github.shardsum.cli.simulate.SimulatedModelFile;
import io.github.shardsum.lab.simulate.MeasurementTable.Row;
import io.github.shardsum.lab.simulate.TableRowWords.Axis;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.LongFunction;

/** Makes a job of a row of a table, or gives the reason why it cannot. */
final class TableRowJobs {
  private static final String HYBRID =
      "nemotron[-_ ]?h(?![a-z])|nemotron[-_"
          + " ]?3(?!\\d)|qwen-?3[-_.]?next|qwen-?3\\.5|jamba|mamba|zamba|linear attention|hybrid["
          + " -](?:attention|model)";

  private static final String NO_FSDP =
      "(?:no|without)[ _-]fsdp|(?<![a-z])fsdp *[=:]? *(?:(?:0|off|none|false|n/a)(?![a-z0-9.])|no"
          + " *(?:[,;|)]|$))";

  /** Load of the busiest expert over the mean load that every row with real routing gets. */
  static final double REAL_ROUTING = 1.25;

  private static final long USUAL_VOCABULARY = 128_000;
  private static final long MOST_DEVICES = 1 << 24;

  private final Catalogue catalogue;
  private final List<DeviceFamily> families;

  TableRowJobs(Catalogue catalogue) {
    this(catalogue, DeviceFamily.all());
  }

  TableRowJobs(Catalogue catalogue, List<DeviceFamily> families) {
    this.catalogue = catalogue;
    this.families = families;
  }

  /** The outcome of a row. */
  sealed interface Outcome {
    /** The row. */
    Row row();
  }

  /**
   * A job and its measured step.
   *
   * @param guessed whether a size was guessed because the row does not give it; such a row is left
   *     out of the fit
   */
  record Planned(Row row, Job job, double seconds, String metric, boolean guessed)
      implements Outcome {}

  /** A row that cannot become a job. */
  record Refused(Row row, String reason) implements Outcome {}

  Outcome plan(Row row) {
    try {
      return new Builder(row).planned();
    } catch (IllegalArgumentException | ArithmeticException reason) {
      return new Refused(row, String.valueOf(reason.getMessage()));
    }
  }

  /** One row while it becomes a job. */
  private final class Builder {
    private final Row row;
    private final TableRowWords words;
    private final List<String> assumptions = new ArrayList<>();
    private boolean guessed;

    Builder(Row row) {
      this.row = row;
      words = TableRowWords.of(row);
    }

    Planned planned() {
      if (!row.defect().isEmpty()) {
        throw refusal(row.defect());
      }
      String device = row.cell("device_type");
      DeviceFamily family =
          DeviceFamily.find(families, device)
              .orElseThrow(() -> refusal("unknown device \"" + shortened(device) + "\""));
      if (words.has(HYBRID)) {
        throw refusal("hybrid attention is not modelled");
      }
      Architecture model = capacity(family, architecture());
      long devices = whole("devices");
      long sequence = whole("seq");
      Machine machine = machine(family, devices);
      long batch = batch(devices);
      Precision precision = precision(family);
      AxisSizes layout = layout(machine, batch, model);
      boolean overlap = overlap();
      double imbalance = realRouting() ? REAL_ROUTING : 1;
      if (imbalance > 1) {
        assumptions.add(
            "real routing: the busiest expert has 1.25 times the mean load; affects experts,"
                + " dispatch and all-to-all");
      }
      Job job =
          new Job(
              model,
              machine,
              layout,
              sequence,
              batch,
              precision,
              rematerialise(family),
              overlap,
              imbalance,
              compiled(family),
              8,
              assumptions);
      return measured(job);
    }

    /**
     * Whether communication over the expert axis overlaps; overlap of gradients or of a tensor axis
     * does not count.
     */
    private boolean overlap() {
      boolean others =
          words.has(
              "(grad|param|tp|tensor|pp|p2p)[a-z_ -]*overlap|overlap[ _-]*(grad|param|p2p|tp)");
      boolean named =
          words.has(
              "(\\bep|expert|moe|a2a|all-?to-?all|dispatch|deepep|hybridep)[a-z_ /-]*overlap"
                  + "|overlap[a-z_ -]*(\\bep\\b|expert|moe|a2a|all-?to-?all|dispatch)|dualpipe");
      boolean off =
          words.has(
              "\\b(no|non|without|not)[ _-](\\w+[ _-])?overlap|overlap[a-z_ -]*["
                  + " =:]*(off|no\\b|none|false|0|disabled)");
      return !off && (named || (words.has("overlap") && !others));
    }

    private boolean realRouting() {
      boolean forced =
          words.has(
              "(forced?|perfect|ideal|uniform|artificial)[ _-]*(load[ _-]*)?balanc[a-z_ ]*(?![a-z_"
                  + " ]*[=:] *(false|0|off))");
      boolean real =
          words.has(
              "(real|natural|actual|learned|trained)["
                  + " _-](routing|router|data|load|tokens|dataset)|unbalanced|imbalanced|balanc[a-z_"
                  + " ]*[=:] *(false|0|off)|routing[ =:]*(is )?(real|natural|learned)|(no|without)["
                  + " _-]forced?[ _-]*(load[ _-]*)?balanc");
      return real
          && (!forced || words.has("balanc[a-z_ ]*[=:] *(false|0|off)|(no|without)[ _-]forced?"));
    }

    private boolean compiled(DeviceFamily family) {
      boolean compiled =
          !family.gpu()
              || words.has("cuda[ _-]?graph|maxtext|\\bjax\\b|\\bxla\\b|full[ _-]iteration");
      if (!compiled) {
        assumptions.add("the host launches each operation of a layer; affects small microbatches");
      }
      return compiled;
    }

    private Planned measured(Job job) {
      DeviceFamily family = job.machine().family();
      boolean full =
          row.cell("source").toLowerCase(Locale.ROOT).contains("maxtext")
              && List.of("v4", "v5e", "v5p").contains(family.name());
      StepSeconds.Step step = StepSeconds.step(row.metrics(), job, full);
      double flops = job.model().modelFlops(job.sequence(), false) * job.tokensPerDevice();
      double share = flops / step.seconds() / job.machine().peak(job.precision());
      if (share > 1 || (share > 0.85 && job.rematerialise() > 0.5)) {
        throw refusal(
            format(
                "the measured step would mean %.0f %% of the %s peak: the row's precision or units"
                    + " must be other than they seem",
                100 * share, job.precision()));
      }
      return new Planned(row, job, step.seconds(), step.metric(), guessed);
    }

    private IllegalArgumentException refusal(String reason) {
      return new IllegalArgumentException(reason);
    }

    private long whole(String column) {
      if (row.cell(column).isEmpty()) {
        throw refusal("no " + column);
      }
      double value = StepSeconds.number(column, row.cell(column));
      if (value != Math.rint(value) || value > mostOf(column)) {
        throw refusal(column + " must be a whole number of a usual size, got " + row.cell(column));
      }
      return (long) value;
    }

    private double mostOf(String column) {
      return List.of("global_batch", "seq", "devices").contains(column) ? 1L << 40 : 1L << 20;
    }

    private Optional<Long> some(String column) {
      return row.cell(column).isEmpty() ? Optional.empty() : Optional.of(whole(column));
    }

    private Architecture architecture() {
      Optional<Architecture> known =
          catalogue
              .within(row.cell("model"))
              .map(SimulatedModelFile::model)
              .map(this::asTheRowSays);
      if (known.isPresent() && fits(known.get())) {
        return known.get();
      }
      if (row.cell("layers").isEmpty()
          || row.cell("d_model").isEmpty()
          || row.cell("d_ff").isEmpty()) {
        throw refusal(
            known.isPresent()
                ? "the row's parameters or width are not those of the model of this name"
                : "unknown model, and no layers, d_model and d_ff");
      }
      guessed = true;
      assumptions.add(
          "unknown model: heads of width 128; the vocabulary follows from the parameter count if"
              + " that is plausible, else 128000; affects all products");
      Optional<Double> weights =
          row.cell("params_b").isEmpty()
              ? Optional.empty()
              : Optional.of(StepSeconds.number("params_b", row.cell("params_b")) * 1e9);
      Architecture gated = ofColumns(true, weights);
      Architecture plain = ofColumns(false, weights);
      return weights
          .filter(all -> Math.abs(plain.weights() - all) < Math.abs(gated.weights() - all))
          .map(_ -> plain)
          .orElse(gated);
    }

    /**
     * Whether a model has the row's d_model, and a number of weights within a quarter of the row's
     * count; an empty cell fits every model.
     */
    private boolean fits(Architecture model) {
      if (some("d_model").filter(width -> width != model.width()).isPresent()) {
        return false;
      }
      if (row.cell("params_b").isEmpty()) {
        return true;
      }
      double weights = StepSeconds.number("params_b", row.cell("params_b")) * 1e9;
      return Math.abs(model.weights() / weights - 1) < 0.25;
    }

    private Architecture asTheRowSays(Architecture known) {
      int layers = some("layers").map(Math::toIntExact).orElse(known.layers());
      Optional<Experts> experts =
          known
              .experts()
              .map(
                  each ->
                      new Experts(
                          some("experts").orElse(each.count()),
                          some("topk").map(Math::toIntExact).orElse(each.topK()),
                          each.width(),
                          each.shared(),
                          each.every(),
                          each.firstDense(),
                          each.capacityFactor(),
                          each.einsum(),
                          each.groupTokens()));
      return known.with(layers, experts, known.encoderLayers());
    }

    private Architecture ofColumns(boolean gated, Optional<Double> weights) {
      long width = whole("d_model");
      long hidden = whole("d_ff");
      int layers = Math.toIntExact(whole("layers"));
      int heads = Math.toIntExact(Math.max(1, width / 128));
      Attention attention =
          new Attention(
              heads, heads, 128, 128, 4 * width * heads * 128, true, 0, 0, Optional.empty());
      Optional<Experts> experts =
          some("experts")
              .filter(count -> count > 1)
              .map(
                  count ->
                      new Experts(
                          count,
                          some("topk").map(Math::toIntExact).orElse(2),
                          hidden,
                          0,
                          1,
                          0,
                          0,
                          false,
                          4096));
      LongFunction<Architecture> of =
          vocabulary ->
              new Architecture(
                  row.cell("model"),
                  layers,
                  width,
                  attention,
                  2 * vocabulary,
                  vocabulary,
                  hidden,
                  gated,
                  experts,
                  0);
      Architecture usual = of.apply(USUAL_VOCABULARY);
      double left =
          weights.map(all -> all - usual.weights() + usual.embeddingWeights()).orElse(-1.0);
      double vocabulary = left / (2.0 * width);
      return vocabulary >= 30_000 && vocabulary <= 300_000
          ? of.apply(Math.round(vocabulary))
          : usual;
    }

    private Architecture capacity(DeviceFamily family, Architecture model) {
      if (model.experts().isEmpty()) {
        return model;
      }
      Experts known = model.experts().get();
      OptionalDouble said = words.capacity();
      boolean dropless =
          words.has(
              "(?:dropless|megablox|ragged[a-z_]*+)"
                  + "(?! *[=:] *(?:false|0|no\\b|off|none|n/a|-|;|$))|no[ -]drop"
                  + "|sparse_matmul[ =:]*true");
      boolean dropping =
          words.has("capacity|dropping|token[ -]?drop(?!less)|einsum|sparse_matmul[ =:]*false");
      double factor = 0;
      if (said.isPresent() && said.getAsDouble() > 0) {
        factor = said.getAsDouble();
      } else if (dropping && !dropless && said.isEmpty()) {
        factor = family.gpu() ? 1 : 1.25; // as recipes of Megatron and MaxText have it
        guessed = true;
        assumptions.add("capacity factor " + factor + "; affects experts, dispatch and all-to-all");
      } else if (!dropless && said.isEmpty()) {
        assumptions.add("dropless, since no capacity is stated; affects experts and dispatch");
      }
      boolean einsum = factor > 0 && !family.gpu() && !dropless;
      long group = row.cell("seq").isEmpty() ? known.groupTokens() : whole("seq");
      if (einsum) {
        assumptions.add("einsum dispatch, with one sequence per group; affects dispatch");
      }
      return model.with(
          model.layers(),
          Optional.of(
              new Experts(
                  known.count(),
                  known.topK(),
                  known.width(),
                  known.shared(),
                  known.every(),
                  known.firstDense(),
                  factor,
                  einsum,
                  group)),
          model.encoderLayers());
    }

    private Machine machine(DeviceFamily family, long devices) {
      if (devices > MOST_DEVICES) {
        throw refusal("devices must be at most " + MOST_DEVICES + ", got " + devices);
      }
      int slices =
          TableRowWords.of(row.cell("device_type"))
              .slices()
              .or(() -> TableRowWords.of(row.cell("parallelism")).slices())
              .or(words::slices)
              .orElse(1);
      if (devices % slices != 0) {
        throw refusal(slices + " slices do not divide " + devices + " devices");
      }
      Optional<List<Integer>> sides =
          family.gpu()
              ? Optional.empty()
              : TableRowWords.torus(row.cell("device_type"))
                  .map(text -> Arrays.stream(text.split("x", -1)).map(Integer::parseInt).toList());
      long chips =
          sides
              .map(each -> each.stream().mapToLong(i -> i).reduce(slices, Math::multiplyExact))
              .orElse(0L);
      double half = family.peak() / family.perChip();
      boolean parts =
          family.perChip() > 1
              && (chips * family.perChip() == devices
                  || StepSeconds.statedPeak(row.metrics())
                      .filter(peak -> Math.abs(peak / half - 1) < 0.1)
                      .isPresent());
      int perChip = parts ? family.perChip() : 1;
      return sides.isPresent() && chips * perChip == devices
          ? new Machine(family, sides.get(), slices, devices, perChip)
          : Machine.cubic(family, devices, slices, perChip);
    }

    private long batch(long devices) {
      String said = row.cell("global_batch").toLowerCase(Locale.ROOT);
      if (said.isEmpty() && !row.cell("batch_tokens").isEmpty()) {
        said = row.cell("batch_tokens").toLowerCase(Locale.ROOT).replace("tokens", "") + " tokens";
      }
      if (said.contains("tok")) {
        double sequences = StepSeconds.number("global_batch", said) / whole("seq");
        if (sequences < 1 || Math.abs(sequences - Math.rint(sequences)) > 0.05 * sequences) {
          throw refusal("global_batch in tokens must be a multiple of seq, got " + shortened(said));
        }
        return Math.round(sequences);
      }
      if (!said.isEmpty()) {
        return whole("global_batch");
      }
      double each = words.deviceBatch().orElseThrow(() -> refusal("no global_batch"));
      return Math.max(1, Math.round(each * devices));
    }

    private Precision precision(DeviceFamily family) {
      for (String column :
          List.of("precision", "dtype", "parallelism", "device_type", "model", "note", "source")) {
        TableRowWords said = TableRowWords.of(row.cell(column));
        if (said.has("fp4")) {
          throw refusal("fp4 precision is not modelled");
        }
        // If a cell names several formats, the shortest is the format of the products.
        if (said.has("fp8|float8|e4m3")) {
          return eight(Precision.FP8, family);
        }
        if (said.has("int8|\\baqt\\b")) {
          return eight(Precision.INT8, family);
        }
        if (said.has("bf16|bfloat16")) {
          return Precision.BF16;
        }
      }
      assumptions.add("bf16, since no precision is stated; affects all products");
      return Precision.BF16;
    }

    private Precision eight(Precision precision, DeviceFamily family) {
      if (family.peak(precision) == family.peak(Precision.BF16)) {
        assumptions.add(precision + " runs at the bf16 peak of this family; affects nothing");
      }
      return precision;
    }

    private double rematerialise(DeviceFamily family) {
      if (words.has("qkv[a-z_ ]*offload|offload[a-z_ ]*qkv|save_qkv")) {
        return 0.8;
      }
      if (words.has(
          "(no|without)[ _-](remat|recompute)|remat[a-z_]*[ =:]*none|selective|recompute[a-z_]*["
              + " =:]*(none|false|off)")) {
        return 0.1;
      }
      if (words.has("remat[a-z_]*[ =:]*minimal")) {
        return 0.2;
      }
      if (words.has("remat[a-z_]*[ =:]*full|(full[ _-]?recompute|recompute[a-z_]*[ =:]*full)")) {
        return 1;
      }
      if (words.has("full remat|recompute[a-z_ -]*(layer|block)|activation[ _-]checkpointing")) {
        return 1;
      }
      double share = family.gpu() ? 0.1 : 1;
      assumptions.add(
          "rematerialised share of the forward pass " + share + "; affects all products");
      return share;
    }

    private int axis(Axis axis) {
      return words.axis(axis).orElse(1);
    }

    private AxisSizes layout(Machine machine, long batch, Architecture model) {
      int tensor = axis(Axis.TENSOR);
      int pipeline = axis(Axis.PIPELINE);
      int context = axis(Axis.CONTEXT);
      long inner = (long) tensor * pipeline * context;
      long all = machine.sliceDevices();
      if (all % inner != 0) {
        throw refusal("axes of " + inner + " devices do not divide " + all);
      }
      int expert = model.experts().isPresent() ? axis(Axis.EXPERT) : 1;
      long rest = Math.max(1, all / inner / expert);
      if (!machine.family().gpu() && rest * inner * expert != all) {
        throw refusal("axes of " + inner * expert + " devices do not divide " + all);
      }
      boolean gathered = !machine.family().gpu() || (words.has("fsdp") && !words.has(NO_FSDP));
      // On GPUs, fsdp=1 only says that weights are split, not over how many devices.
      long said =
          words
              .axis(Axis.FSDP)
              .map(Integer::longValue)
              .filter(size -> size > 1 || !machine.family().gpu())
              .orElse(rest);
      long fsdp = gathered ? rest % said == 0 ? said : rest : 1;
      long copies = rest / fsdp * machine.slices();
      int batches = microbatches(machine, batch, inner, pipeline);
      return new AxisSizes(
          Math.toIntExact(copies),
          Math.toIntExact(fsdp),
          expert,
          tensor,
          context,
          pipeline,
          axis(Axis.VIRTUAL),
          batches);
    }

    private int microbatches(Machine machine, long batch, long inner, int pipeline) {
      Optional<Integer> count = words.axis(Axis.MICROBATCHES);
      Optional<Integer> size = words.axis(Axis.MICROBATCH);
      if (count.isPresent() && size.isEmpty()) {
        return count.get();
      }
      if (pipeline > 1 && size.isEmpty()) {
        throw refusal("a pipeline without microbatches");
      }
      if (!machine.family().gpu() && size.isEmpty()) {
        return 1;
      }
      if (size.isEmpty()) {
        assumptions.add("a microbatch of one sequence; affects the reading of weights");
      }
      double each = (double) batch * inner / machine.devices() / size.orElse(1);
      int batches = (int) Math.max(1, Math.round(Math.min(each, 1e6)));
      if (count.filter(said -> said != batches).isPresent()) {
        assumptions.add(
            "number of microbatches computed from the batch and the microbatch size; the row states"
                + " another number; affects the bubble and the reading of weights");
      }
      return batches;
    }
  }

  private static String shortened(String text) {
    return text.length() > 40 ? text.substring(0, 40) + "..." : text;
  }
}
