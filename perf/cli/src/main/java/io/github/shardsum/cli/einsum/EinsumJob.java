package io.github.shardsum.cli.einsum;

import io.github.shardsum.cli.common.InputArrays;
import io.github.shardsum.cli.common.ResultArrays;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.io.Npy;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

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

  /** Computes the job, writes its file, and answers with the shape and the dtype. */
  void run(EinsumOptions options, ObjectNode answer) throws IOException {
    Path target = Path.of(out);
    if (out.equals(InputArrays.STANDARD) || operands.contains(InputArrays.STANDARD)) {
      throw new IllegalArgumentException(
          "job: must name files, got - (answers are on standard output)");
    }
    if (ResultArrays.isOfOtherFormat(target)) {
      throw new IllegalArgumentException("\"out\": must name a .npy file, got " + out);
    }
    try (InputArrays inputs = new InputArrays(InputStream.nullInputStream())) {
      Tensor[] tensors = EinsumCommand.map(operands, inputs);
      Einsum einsum = Einsum.compile(equation, options, OperandSpec.like(tensors));
      Tensor result =
          inputs.read(
              () -> {
                Tensor computed = EinsumCommand.run(einsum, inputs, tensors);
                Npy.write(target, computed);
                return computed;
              });
      ArrayNode shape = answer.putArray("shape");
      for (long size : result.shape().toArray()) {
        shape.add(size);
      }
      answer.put("dtype", result.dtype().toString());
    }
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
