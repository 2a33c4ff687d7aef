package io.github.shardsum.cli.bench;

import static io.github.shardsum.measure.Texts.wrongArgument;

import io.github.shardsum.cli.bench.peer.BenchCase;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Strictness;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The list of cases, and cases made from an equation of the user's. */
public final class BenchCases {

  private BenchCases() {}

  /** All cases of the list, in its order. */
  static List<BenchCase> listed() {
    return Stream.of("einsum.jsonl", "products.jsonl", "tccg.jsonl")
        .flatMap(name -> lines(name).stream())
        .map(BenchCases::parse)
        .toList();
  }

  /**
   * A case of the user's.
   *
   * @param notation an equation whose labels are all written out
   * @param sizes a size for each label
   * @param dtype f32, f64, i32 or i64
   * @throws IllegalArgumentException if a label has no size, or a size no label
   */
  public static BenchCase of(String notation, Map<String, Long> sizes, DType dtype) {
    Equation equation = equation(notation);
    checkSizes(equation, sizes);
    List<Shape> shapes =
        IntStream.range(0, equation.operandCount())
            .mapToObj(
                operand ->
                    equation.operand(operand).axes().stream()
                        .mapToLong(axis -> sizes.get(axis.label()))
                        .toArray())
            .map(Shape::of)
            .toList();
    Einsum plan =
        Einsum.compile(
            equation.toString(),
            EinsumOptions.defaults().withDtype(dtype),
            dtype,
            shapes.toArray(Shape[]::new));
    return new BenchCase(
        notation,
        "own",
        notation,
        plan.bound(),
        dtype,
        plan.explain().flops(),
        touched(equation, sizes) * dtype.byteSize());
  }

  /**
   * The equation of a case of the user's.
   *
   * @throws IllegalArgumentException if the text is not an equation, or has an ellipsis
   */
  static Equation equation(String notation) {
    Equation equation = Equation.parse(notation).withoutLayout();
    if (equation.labels().size() != equation.labels().stream().distinct().count()
        || Stream.concat(equation.operands().stream(), Stream.of(equation.output()))
            .anyMatch(term -> term.axes().stream().anyMatch(axis -> axis.isEllipsis()))) {
      throw new IllegalArgumentException(
          "equation: must have every label written out, got an ellipsis in " + equation);
    }
    return equation;
  }

  private static void checkSizes(Equation equation, Map<String, Long> sizes) {
    List<String> missing =
        equation.labels().stream().filter(label -> !sizes.containsKey(label)).toList();
    if (!missing.isEmpty()) {
      throw wrongArgument(
          "--sizes: must have a size for each label of %s, got none for %s: add %s",
          equation,
          String.join(", ", missing),
          String.join(",", missing.stream().map(label -> label + "=64").toList()));
    }
    Set<String> unknown = new LinkedHashSet<>(sizes.keySet());
    unknown.removeAll(equation.labels());
    if (!unknown.isEmpty()) {
      throw wrongArgument(
          "--sizes: must be labels of %s, got %s", equation, String.join(", ", unknown));
    }
    sizes.forEach(
        (label, size) -> {
          if (size < 1) {
            throw wrongArgument("--sizes: must be at least 1, got %s=%d", label, size);
          }
        });
  }

  /** Elements that must be read or written; for a diagonal, only its elements. */
  private static double touched(Equation equation, Map<String, Long> sizes) {
    return Stream.concat(equation.operands().stream(), Stream.of(equation.output()))
        .mapToDouble(
            term ->
                term.axes().stream()
                    .map(axis -> axis.label())
                    .distinct()
                    .mapToDouble(label -> Objects.requireNonNull(sizes.get(label)))
                    .reduce(1, (a, b) -> a * b))
        .sum();
  }

  private static BenchCase parse(String line) {
    JsonNode node = JsonMapper.shared().readTree(line);
    List<Shape> shapes = new ArrayList<>();
    for (JsonNode shape : node.get("shapes")) {
      shapes.add(
          Shape.of(
              IntStream.range(0, shape.size()).mapToLong(i -> shape.get(i).longValue()).toArray()));
    }
    String equation = node.get("eq").stringValue();
    return new BenchCase(
        node.get("id").stringValue(),
        node.get("group").stringValue(),
        equation,
        Equation.parse(equation).bind(shapes, Map.of(), Strictness.STRICT),
        DType.parse(node.get("dtype").stringValue()),
        node.get("flops").doubleValue(),
        node.get("bytes").doubleValue());
  }

  private static List<String> lines(String resource) {
    try (InputStream in = BenchCases.class.getResourceAsStream(resource);
        BufferedReader reader =
            new BufferedReader(
                new InputStreamReader(Objects.requireNonNull(in), StandardCharsets.UTF_8))) {
      return reader.lines().filter(line -> !line.isBlank()).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
