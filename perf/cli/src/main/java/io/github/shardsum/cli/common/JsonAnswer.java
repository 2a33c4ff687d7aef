package io.github.shardsum.cli.common;

import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Output of a command with {@code --json}: one object on one line, in ASCII. */
public final class JsonAnswer {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  private JsonAnswer() {}

  /** An empty object. */
  public static ObjectNode object() {
    return JSON.createObjectNode();
  }

  /** The text of an object. */
  public static String text(ObjectNode answer) {
    return JSON.writeValueAsString(answer);
  }
}
