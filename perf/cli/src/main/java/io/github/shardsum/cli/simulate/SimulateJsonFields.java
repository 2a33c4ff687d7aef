package io.github.shardsum.cli.simulate;

import static io.github.shardsum.measure.Texts.wrongArgument;

import io.github.shardsum.cli.common.JsonErrors;
import io.github.shardsum.cli.common.TextFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Reads one JSON object key by key; {@link #end} refuses keys that were never read. */
final class SimulateJsonFields {
  /** Keys whose values may exceed 2^20, the limit of every other key. */
  private static final Map<String, Long> LARGEST =
      Map.of(
          "globalBatch",
          1L << 40,
          "sequence",
          1L << 40,
          "vocabulary",
          1L << 30,
          "embeddingRows",
          1L << 31);

  private final String place;
  private final ObjectNode object;
  private final Set<String> known = new LinkedHashSet<>();

  private SimulateJsonFields(String place, ObjectNode object) {
    this.place = place;
    this.object = object;
  }

  /**
   * Reads the JSON of a file.
   *
   * @param name its name, {@code -} for standard input
   */
  static JsonNode file(String name) throws IOException {
    JsonMapper mapper =
        JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    try (InputStream in = TextFiles.open(Path.of(name))) {
      return mapper.readTree(in);
    } catch (JacksonException bad) {
      throw new IllegalArgumentException(name + ": " + JsonErrors.describe(bad), bad);
    }
  }

  /** The first characters of a text, for a message. */
  static String shortened(String text) {
    return text.length() > 40 ? text.substring(0, 40) + "..." : text;
  }

  static SimulateJsonFields of(String place, JsonNode node) {
    if (!(node instanceof ObjectNode object)) {
      throw new IllegalArgumentException(place + ": must be an object, got " + node);
    }
    return new SimulateJsonFields(place, object);
  }

  private Optional<JsonNode> find(String key) {
    known.add(key);
    return Optional.ofNullable(object.get(key)).filter(node -> !node.isNull());
  }

  long integer(String key, long least) {
    return optional(key, least)
        .orElseThrow(
            () -> new IllegalArgumentException(place + ": must have \"" + key + "\", got none"));
  }

  long integer(String key, long least, long otherwise) {
    return optional(key, least).orElse(otherwise);
  }

  Optional<Long> optional(String key, long least) {
    return find(key).map(node -> checked(key, node, least));
  }

  private long checked(String key, JsonNode node, long least) {
    boolean whole = node.isIntegralNumber() && node.canConvertToLong();
    long most = LARGEST.getOrDefault(key, 1L << 20);
    if (!whole || node.longValue() < least || node.longValue() > most) {
      throw wrongArgument(
          "%s: \"%s\" must be a whole number from %d to %d, got %s", place, key, least, most, node);
    }
    return node.longValue();
  }

  double number(String key, double least, double most, double otherwise) {
    Optional<JsonNode> node = find(key);
    if (node.isEmpty()) {
      return otherwise;
    }
    double value = node.get().isNumber() ? node.get().doubleValue() : Double.NaN;
    if (!(value >= least && value <= most)) {
      throw wrongArgument(
          "%s: \"%s\" must be a number from %s to %s, got %s", place, key, least, most, node.get());
    }
    return value;
  }

  boolean flag(String key, boolean otherwise) {
    Optional<JsonNode> node = find(key);
    if (node.isPresent() && !node.get().isBoolean()) {
      throw new IllegalArgumentException(
          place + ": \"" + key + "\" must be true or false, got " + node.get());
    }
    return node.map(JsonNode::booleanValue).orElse(otherwise);
  }

  String text(String key, String otherwise) {
    Optional<JsonNode> node = find(key);
    if (node.isPresent() && !node.get().isString()) {
      throw new IllegalArgumentException(
          place + ": \"" + key + "\" must be a text, got " + node.get());
    }
    return node.map(JsonNode::stringValue).orElse(otherwise);
  }

  Optional<SimulateJsonFields> object(String key) {
    return find(key).map(node -> of(place + ": \"" + key + "\"", node));
  }

  /** Refuses the keys that nothing has read. */
  void end() {
    for (String key : object.propertyNames()) {
      if (!known.contains(key)) {
        throw wrongArgument(
            "%s: must be one of %s, got \"%s\"", place, String.join(", ", known), key);
      }
    }
  }
}
