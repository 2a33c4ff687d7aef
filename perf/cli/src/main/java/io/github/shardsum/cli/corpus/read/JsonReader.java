package io.github.shardsum.cli.corpus.read;

import io.github.shardsum.cli.common.JsonErrors;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * MediaWiki's messages, and those of browser extensions: an object of texts. The key of a text in
 * an inner object has the names of all objects around it.
 */
record JsonReader() implements TranslationReader.Keyed {
  private static final JsonMapper JSON = new JsonMapper();

  @Override
  public Map<String, String> read(InputStream in) throws IOException {
    Map<String, String> texts = new HashMap<>();
    try {
      add("", JSON.readTree(WholeText.utf8(in)), texts);
    } catch (JacksonException malformed) {
      throw new IllegalArgumentException(
          "must be JSON, got " + JsonErrors.describe(malformed), malformed);
    }
    return texts;
  }

  private static void add(String key, JsonNode node, Map<String, String> texts) {
    if (node.isString()) {
      texts.put(key, node.stringValue());
    }
    node.properties().stream()
        .filter(each -> !isMeta(each.getKey()))
        .forEach(each -> add(key + "." + each.getKey(), each.getValue(), texts));
  }

  private static boolean isMeta(String name) {
    return switch (name) {
      case "@metadata", "description", "placeholders" -> true;
      default -> false;
    };
  }
}
