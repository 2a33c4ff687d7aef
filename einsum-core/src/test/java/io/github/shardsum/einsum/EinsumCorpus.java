package io.github.shardsum.einsum;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Equations from the test suites of other libraries, with checksums of their results, and the
 * library that evaluates them.
 *
 * <p>Element j of operand i, flat and in C order, is {@code ((37 j + 101 i + 11) mod 97) / 97 -
 * 0.5} in f64. A value may be off by {@code 8 eps min(terms, 1e6) scale}, where scale is the
 * largest einsum of the absolute values; the two sums by the same with scalesum.
 */
final class EinsumCorpus {
  private static final double EPS = Math.ulp(1.0);

  private EinsumCorpus() {}

  /** What is tested: the reference, or a compiled einsum. */
  @FunctionalInterface
  interface Evaluator {
    /** The value of an equation on f64 operands, or an exception of this package. */
    Tensor evaluate(Equation equation, List<Tensor> operands);
  }

  /** One line of a file. */
  record Case(JsonNode json) {
    String id() {
      return json.get("id").asString();
    }

    String notation() {
      return json.get("eq").asString();
    }

    boolean valid() {
      return json.get("valid").asBoolean();
    }

    String kind() {
      return json.get("kind").asString();
    }

    boolean hasSublists() {
      return json.has("sublists");
    }

    /** The equation, of the sublists where there are some. */
    Equation equation() {
      if (!hasSublists()) {
        return Equation.parse(notation());
      }
      List<int[]> operands = array(json.get("sublists")).map(Case::sublist).toList();
      return json.has("out_sublist")
          ? Equation.ofSublists(operands, sublist(json.get("out_sublist")))
          : Equation.ofSublists(operands);
    }

    List<Shape> shapes() {
      return array(json.get("shapes")).map(Case::shape).toList();
    }

    /** The checksums of a valid case, or of the meaning that some libraries give an invalid one. */
    Optional<JsonNode> expected() {
      return Optional.ofNullable(json.get(valid() ? "expect" : "expect_if_accepted"));
    }

    private static java.util.stream.Stream<JsonNode> array(JsonNode node) {
      return IntStream.range(0, node.size()).mapToObj(node::get);
    }

    private static int[] sublist(JsonNode labels) {
      return array(labels).mapToInt(l -> l.isString() ? Equation.ELLIPSIS : l.asInt()).toArray();
    }

    private static Shape shape(JsonNode sizes) {
      return Shape.of(array(sizes).mapToLong(JsonNode::asLong).toArray());
    }

    List<Tensor> operands() {
      List<Tensor> operands = new ArrayList<>();
      for (Shape shape : shapes()) {
        double[] data = new double[(int) shape.elementCount()];
        for (int j = 0; j < data.length; j++) {
          data[j] = ((37L * j + 101L * operands.size() + 11) % 97) / 97.0 - 0.5;
        }
        operands.add(Tensor.of(data, shape.toArray()));
      }
      return operands;
    }

    /** Operands of -1, 0 and 1, on which sums and products are exact in any order. */
    List<Tensor> wholeOperands() {
      List<Tensor> operands = new ArrayList<>();
      for (Shape shape : shapes()) {
        operands.add(whole(shape, operands.size()));
      }
      return operands;
    }

    @Override
    public String toString() {
      return id() + " " + notation() + " " + shapes();
    }
  }

  /** The gradient by one operand. */
  @FunctionalInterface
  interface GradientEvaluator {
    /** The gradient of an equation by an operand, given the cotangent of its value. */
    Tensor gradient(Equation equation, int by, Tensor cotangent, List<Tensor> operands);
  }

  /** A tensor of -1, 0 and 1. */
  static Tensor whole(Shape shape, int seed) {
    double[] data = new double[(int) shape.elementCount()];
    for (int j = 0; j < data.length; j++) {
      data[j] = ((37L * j + 101L * seed + 11) % 97) % 3 - 1;
    }
    return Tensor.of(data, shape.toArray());
  }

  /**
   * An einsum is linear in each operand, so the inner product of value and cotangent is that of the
   * operand and the gradient by it. Of many operands about five are tried.
   */
  static void checkGradients(Case example, Evaluator evaluator, GradientEvaluator gradients) {
    List<Tensor> operands = example.wholeOperands();
    Tensor value = evaluator.evaluate(example.equation(), operands);
    Tensor cotangent = whole(value.shape(), 5);
    for (int i = 0; i < operands.size(); i += 1 + operands.size() / 5) {
      Tensor gradient = gradients.gradient(example.equation(), i, cotangent, operands);
      assertEquals(operands.get(i).shape(), gradient.shape());
      assertEquals(inner(value, cotangent), inner(gradient, operands.get(i)), "by operand " + i);
    }
  }

  private static double inner(Tensor x, Tensor y) {
    double[] left = x.toDoubleArray();
    double[] right = y.toDoubleArray();
    double sum = 0;
    for (int i = 0; i < left.length; i++) {
      sum += left[i] * right[i];
    }
    return sum;
  }

  /** The cases of a resource. */
  static List<Case> load(String resource) {
    ObjectMapper mapper = new ObjectMapper();
    try (InputStream file = EinsumCorpus.class.getResourceAsStream(resource)) {
      String text = new String(file.readAllBytes(), StandardCharsets.UTF_8);
      return text.lines().map(line -> new Case(mapper.readTree(line))).toList();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Holds a result against the checksums of its case. */
  static void check(JsonNode expected, Tensor result) {
    List<Long> shape = new ArrayList<>();
    expected.get("out").forEach(size -> shape.add(size.asLong()));
    assertEquals(shape, java.util.Arrays.stream(result.shape().toArray()).boxed().toList());
    double[] values = result.toDoubleArray();
    double unit = 8 * EPS * Math.min(expected.get("terms").asDouble(), 1e6);
    double each = unit * expected.get("scale").asDouble();
    double all = unit * expected.get("scalesum").asDouble();
    JsonNode first = expected.get("first8");
    for (int i = 0; i < first.size(); i++) {
      assertEquals(first.get(i).asDouble(), values[i], each, "element " + i);
    }
    assertNear(expected.get("sum").asDouble(), java.util.Arrays.stream(values).sum(), all);
    assertNear(
        expected.get("sumabs").asDouble(),
        java.util.Arrays.stream(values).map(Math::abs).sum(),
        all);
  }

  private static void assertNear(double expected, double got, double bound) {
    assertTrue(
        Math.abs(got - expected) <= bound, () -> got + " is not " + expected + " within " + bound);
  }
}
