package io.github.shardsum.cli.differ;

import static io.github.shardsum.measure.Texts.wrongArgument;

import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.cli.common.JsonErrors;
import io.github.shardsum.cli.common.TensorJson;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The lines between {@code differ} and a runner. */
final class RunnerLines {
  private RunnerLines() {}

  /**
   * {@code {"id":1,"mesh":"x=4 y=2","program":TEXT,"inputs":{NAME:{"type":..,"elements":[..]}}}}.
   */
  static String request(long id, Mesh mesh, Program program, List<Tensor> inputs) {
    ObjectNode line =
        JsonAnswer.object()
            .put("id", id)
            .put("mesh", mesh.notation())
            .put("program", program.toString());
    put(line.putObject("inputs"), program.inputs(), inputs);
    return JsonAnswer.text(line);
  }

  /** The next line that is an object; a library may print others. */
  static String next(BufferedReader in) throws IOException {
    String line = in.readLine();
    while (line != null && !line.startsWith("{")) {
      line = in.readLine();
    }
    if (line == null) {
      throw new EOFException();
    }
    return line;
  }

  /**
   * The answer to a request.
   *
   * @throws IOException if the process ends
   * @throws IllegalArgumentException if it says something else
   */
  static JsonNode answer(BufferedReader in, long id) throws IOException {
    String line = next(in);
    try {
      JsonNode answer = JsonMapper.shared().readTree(line);
      if (answer.path("id").asLong(0) == id) {
        return answer;
      }
    } catch (JacksonException notJson) {
      throw new IllegalArgumentException(
          "must be a JSON object: " + JsonErrors.describe(notJson), notJson);
    }
    throw new IllegalArgumentException("must have id " + id + ", got " + line);
  }

  /** Adds {@code NAME:{"type":..,"elements":[..]}} for each value. */
  static void put(ObjectNode all, List<Value> values, List<Tensor> tensors) {
    for (int i = 0; i < values.size(); i++) {
      Value value = values.get(i);
      ObjectNode tensor = all.putObject(value.name()).put("type", value.type().toString());
      TensorJson.values(tensor.putArray("elements"), tensors.get(i));
    }
  }

  /**
   * The tensors of some values.
   *
   * @throws IllegalArgumentException if one is missing or has another number of elements
   */
  static List<Tensor> tensors(JsonNode all, List<Value> values) {
    List<Tensor> tensors = new ArrayList<>();
    for (Value value : values) {
      tensors.add(tensor(value, all.path(value.name()).path("elements")));
    }
    return List.copyOf(tensors);
  }

  private static Tensor tensor(Value value, JsonNode elements) {
    ValueType type = value.type();
    int count = Math.toIntExact(type.shape().elementCount());
    if (!elements.isArray() || elements.size() != count) {
      throw wrongArgument(
          "%s must have \"elements\", an array of %d numbers, got %s",
          value.name(), count, elements.isArray() ? elements.size() + " of them" : "none");
    }
    long[] shape = type.shape().toArray();
    if (type.dtype().isFloating()) {
      double[] numbers = new double[count];
      for (int i = 0; i < count; i++) {
        numbers[i] = number(value, elements.get(i));
      }
      return Tensor.of(numbers, shape).convert(type.dtype());
    }
    long[] numbers = new long[count];
    for (int i = 0; i < count; i++) {
      JsonNode element = elements.get(i);
      boolean isBool = type.dtype() == DType.BOOL && element.isBoolean();
      if (!isBool && !element.canConvertToLong()) {
        throw notNumber(value, element);
      }
      numbers[i] = isBool ? (element.asBoolean() ? 1 : 0) : element.asLong();
    }
    return Tensor.of(numbers, shape).convert(type.dtype());
  }

  private static double number(Value value, JsonNode element) {
    if (element.isNumber()) {
      return element.asDouble();
    }
    return switch (element.asString("")) {
      case "NaN" -> Double.NaN;
      case "Infinity" -> Double.POSITIVE_INFINITY;
      case "-Infinity" -> Double.NEGATIVE_INFINITY;
      default -> throw notNumber(value, element);
    };
  }

  private static IllegalArgumentException notNumber(Value value, JsonNode element) {
    return wrongArgument(
        "%s: an element must be a number of %s, got %s",
        value.name(), value.type().dtype(), element);
  }
}
