package io.github.shardsum.cli.einsum;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * One line of a file of jobs.
 *
 * @param operands names of .npy files
 * @param out name of the .npy file to write
 */
record EinsumJob(String equation, List<String> operands, String out) {
  /**
   * The job of a line.
   *
   * @throws IllegalArgumentException if a member is missing or of another kind
   */
  static EinsumJob of(JsonNode line) {
    if (!line.isObject()) {
      throw new IllegalArgumentException("job: must be an object, got " + kind(line));
    }
    JsonNode operands = line.path("operands");
    if (!operands.isArray()) {
      throw new IllegalArgumentException(
          "job: \"operands\": must be an array of file names, got " + kind(operands));
    }
    List<String> files = new ArrayList<>();
    for (JsonNode operand : operands) {
      files.add(text(operand, "operands"));
    }
    String equation = text(line.path("equation"), "equation");
    return new EinsumJob(equation, files, text(line.path("out"), "out"));
  }

  private static String text(JsonNode node, String member) {
    if (!node.isString()) {
      throw new IllegalArgumentException(
          "job: \"" + member + "\": must be a string, got " + kind(node));
    }
    return node.stringValue();
  }

  private static String kind(JsonNode node) {
    return node.isMissingNode()
        ? "none"
        : node.getNodeType().toString().toLowerCase(java.util.Locale.ROOT);
  }
}
