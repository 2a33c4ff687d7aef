package io.github.shardsum.cli.common;

import com.fasterxml.jackson.annotation.JsonInclude.Include;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Output of a command with {@code --json}: one object on one line, in ASCII. */
public final class JsonAnswer {
  /**
   * Numbers that are read and written again keep their digits. NaN and infinities are read, so that
   * a command's error can name their place.
   */
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
          .build();

  private static final JsonMapper RECORDS =
      JsonMapper.builder()
          .changeDefaultPropertyInclusion(all -> all.withValueInclusion(Include.NON_ABSENT))
          .build();

  private JsonAnswer() {}

  /** An empty object. */
  public static ObjectNode object() {
    return JSON.createObjectNode();
  }

  /**
   * A value as JSON: a record has a member for each component, in their order, without those that
   * are empty.
   */
  public static JsonNode tree(Object value) {
    return RECORDS.valueToTree(value);
  }

  /** A record as an object. */
  public static ObjectNode object(Record value) {
    return RECORDS.valueToTree(value);
  }

  /** The text of an object. */
  public static String text(ObjectNode answer) {
    return JSON.writeValueAsString(answer);
  }

  /**
   * The value of a text in UTF-8.
   *
   * @throws tools.jackson.core.JacksonException if the text is not one value, or an object has two
   *     members of a name
   */
  public static JsonNode read(byte[] text) {
    return JSON.readTree(text);
  }
}
