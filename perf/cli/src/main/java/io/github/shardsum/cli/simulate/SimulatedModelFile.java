package io.github.shardsum.cli.simulate;

import static io.github.shardsum.measure.Texts.wrongArgument;

import io.github.shardsum.cli.simulate.Architecture.Attention;
import io.github.shardsum.cli.simulate.Architecture.Experts;
import io.github.shardsum.cli.simulate.Architecture.Latent;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * A model as JSON, and the job that it names.
 *
 * @param aliases other names, separated by spaces
 * @param sequence tokens of a sequence, 0 if they are not given; the batch likewise
 * @param source the source of the figures; empty if it is not given
 */
public record SimulatedModelFile(
    Architecture model,
    List<String> aliases,
    String source,
    long sequence,
    long batch,
    Precision precision,
    double rematerialise,
    boolean rematerialiseSaid,
    Optional<AxisSizes> layout,
    boolean overlap,
    double momentBytes) {

  /**
   * Reads a model.
   *
   * @param place the place of the text, for errors
   * @throws IllegalArgumentException if a key is missing, unknown, or out of its range
   */
  static SimulatedModelFile read(String place, JsonNode node) {
    SimulateJsonFields fields = SimulateJsonFields.of(place, node);
    String name = fields.text("name", "model");
    Architecture model = architecture(name, fields);
    String aliases = fields.text("aliases", "");
    double remat = fields.number("rematerialise", 0, 1, -1);
    SimulatedModelFile file =
        new SimulatedModelFile(
            model,
            aliases.isEmpty() ? List.of() : List.of(aliases.split(" ")),
            fields.text("source", ""),
            fields.integer("sequence", 1, 0),
            fields.integer("globalBatch", 1, 0),
            precision(place, fields.text("precision", "bf16")),
            remat < 0 ? 1 : remat,
            remat >= 0,
            fields.object("layout").map(SimulatedModelFile::layout),
            fields.flag("overlap", false),
            moments(place, fields.text("optimizer", "adam")));
    fields.end();
    return file;
  }

  SimulatedModelFile withSequence(long tokens) {
    return new SimulatedModelFile(
        model,
        aliases,
        source,
        tokens,
        batch,
        precision,
        rematerialise,
        rematerialiseSaid,
        layout,
        overlap,
        momentBytes);
  }

  private static Architecture architecture(String name, SimulateJsonFields fields) {
    int layers = (int) fields.integer("layers", 1);
    long width = fields.integer("width", 1);
    long vocabulary = fields.integer("vocabulary", 1);
    boolean tied = fields.flag("tied", false);
    long encoder = fields.integer("encoderLayers", 0, 0);
    if (layers > 100_000 || encoder > layers) {
      throw wrongArgument(
          "%s: layers must be at most 100000 and encoderLayers at most layers, got %d and %d",
          name, layers, encoder);
    }
    Attention attention = attention(width, fields);
    Optional<SimulateJsonFields> inner = fields.object("feedForward");
    long hidden = inner.map(each -> each.integer("width", 0)).orElse(0L);
    boolean gated = inner.map(each -> each.flag("gated", true)).orElse(true);
    inner.ifPresent(SimulateJsonFields::end);
    return new Architecture(
        name,
        layers,
        width,
        attention,
        fields.integer("embeddingRows", 1, tied ? vocabulary : 2 * vocabulary),
        vocabulary,
        hidden,
        gated,
        fields.object("experts").map(SimulatedModelFile::experts),
        (int) encoder);
  }

  private static Attention attention(long width, SimulateJsonFields fields) {
    long heads = fields.integer("heads", 1);
    long keyValue = fields.integer("kvHeads", 1, heads);
    long head = fields.integer("headWidth", 1);
    Optional<SimulateJsonFields> inner = fields.object("attention");
    boolean causal = inner.map(each -> each.flag("causal", true)).orElse(true);
    long window = inner.map(each -> each.integer("window", 1, 0)).orElse(0L);
    double share = inner.map(each -> each.number("windowedShare", 0, 1, 0)).orElse(0.0);
    inner.ifPresent(SimulateJsonFields::end);
    Optional<Latent> latent = fields.object("latent").map(SimulatedModelFile::latent);
    long query = head + latent.map(Latent::rope).orElse(0L);
    long weights =
        latent
            .map(each -> latentWeights(each, width, heads, head))
            .orElse(2 * width * head * (heads + keyValue));
    return new Attention(
        (int) heads,
        (int) keyValue,
        (int) query,
        (int) head,
        weights,
        causal,
        window,
        share,
        latent);
  }

  private static Latent latent(SimulateJsonFields fields) {
    Latent latent =
        new Latent(
            fields.integer("query", 0, 0),
            fields.integer("keyValue", 1),
            fields.integer("rope", 0));
    fields.end();
    return latent;
  }

  private static long latentWeights(Latent latent, long width, long heads, long head) {
    long query = head + latent.rope();
    long rank = latent.query();
    return (rank == 0 ? width * heads * query : rank * (width + heads * query))
        + width * (latent.keyValue() + latent.rope())
        + latent.keyValue() * heads * 2 * head
        + heads * head * width;
  }

  private static Experts experts(SimulateJsonFields fields) {
    long count = fields.integer("count", 1);
    long topK = fields.integer("topK", 1);
    if (topK > count) {
      throw new IllegalArgumentException(
          "experts: \"topK\" must be at most \"count\", " + count + ", got " + topK);
    }
    String dispatch = fields.text("dispatch", "rows");
    if (!List.of("rows", "einsum").contains(dispatch)) {
      throw new IllegalArgumentException(
          "experts: \"dispatch\" must be rows or einsum, got \"" + dispatch + "\"");
    }
    long width = fields.integer("width", 1);
    Experts experts =
        new Experts(
            count,
            (int) topK,
            width,
            fields.integer("shared", 0, 0) * fields.integer("sharedWidth", 1, width),
            (int) fields.integer("every", 1, 1),
            (int) fields.integer("firstDense", 0, 0),
            fields.number("capacityFactor", 0, 1000, 0),
            dispatch.equals("einsum"),
            fields.integer("groupTokens", 1, 4096));
    fields.end();
    return experts;
  }

  private static AxisSizes layout(SimulateJsonFields fields) {
    AxisSizes layout =
        new AxisSizes(
            axis(fields, "data"),
            axis(fields, "fsdp"),
            axis(fields, "expert"),
            axis(fields, "tensor"),
            axis(fields, "context"),
            axis(fields, "pipeline"),
            axis(fields, "virtualStages"),
            axis(fields, "microbatches"));
    fields.end();
    return layout;
  }

  private static int axis(SimulateJsonFields fields, String name) {
    long size = fields.integer(name, 1, 1);
    if (size > 1 << 20) {
      throw new IllegalArgumentException(
          "layout: \"" + name + "\" must be at most " + (1 << 20) + ", got " + size);
    }
    return (int) size;
  }

  private static double moments(String place, String optimizer) {
    return switch (optimizer) {
      case "adam" -> 8;
      case "adafactor" -> 0;
      default ->
          throw new IllegalArgumentException(
              place + ": \"optimizer\" must be adam or adafactor, got \"" + optimizer + "\"");
    };
  }

  private static Precision precision(String place, String text) {
    return switch (text) {
      case "bf16" -> Precision.BF16;
      case "fp8" -> Precision.FP8;
      case "int8" -> Precision.INT8;
      default ->
          throw new IllegalArgumentException(
              place + ": \"precision\" must be bf16, fp8 or int8, got \"" + text + "\"");
    };
  }
}
