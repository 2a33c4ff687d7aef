package io.github.shardsum.path;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * The automatic path against the best that opt_einsum 3.4 finds: by {@code dp}, {@code optimal} and
 * {@code random-greedy} up to 16 operands, by {@code random-greedy} in three seconds beyond. {@code
 * make_paths.py} made the file; both paths are counted by {@link PathCost}.
 */
class OptEinsumPathsTest {
  private static final int FEW = 16;

  /** Two orders of one sum of steps may round differently. */
  private static final double ROUNDING = 1e-9;

  /** One line of the file. */
  record Case(String id, Network network, ContractionPath path) {
    double theirs() {
      return PathCost.of(network, path).flops();
    }

    double ours() {
      return PathFinder.auto().plan(network).cost().flops();
    }

    @Override
    public String toString() {
      return id;
    }
  }

  static Stream<Case> few() throws IOException {
    return cases().stream().filter(subject -> subject.network().operandCount() <= FEW);
  }

  static Stream<Case> many() throws IOException {
    return cases().stream().filter(subject -> subject.network().operandCount() > FEW);
  }

  @Test
  void theFileHasNetworksOfEachKind() throws IOException {
    assertEquals(168, few().count());
    assertEquals(40, many().count());
  }

  @ParameterizedTest
  @MethodSource("few")
  void ofUpToSixteenOperandsNoPathIsBetter(Case subject) {
    assertNoWorse(subject);
  }

  @ParameterizedTest
  @MethodSource("many")
  void ofManyOperandsThePathIsAtLeastAsGood(Case subject) {
    assertNoWorse(subject);
  }

  private static void assertNoWorse(Case subject) {
    double ours = subject.ours();
    double theirs = subject.theirs();
    assertTrue(
        ours <= theirs * (1 + ROUNDING),
        () -> String.format(Locale.ROOT, "%s: %.4g, opt_einsum %.4g", subject, ours, theirs));
  }

  static List<Case> cases() throws IOException {
    try (InputStream in = OptEinsumPathsTest.class.getResourceAsStream("opt_einsum.jsonl")) {
      String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      ObjectMapper mapper = new ObjectMapper();
      return text.lines().map(line -> parse(mapper.readTree(line))).toList();
    }
  }

  private static Case parse(JsonNode node) {
    List<List<Integer>> terms = new ArrayList<>();
    node.get("terms").forEach(term -> terms.add(numbers(term)));
    List<Long> sizes = numbers(node.get("sizes")).stream().map(Integer::longValue).toList();
    int[][] path = new int[node.get("path").size()][];
    for (int step = 0; step < path.length; step++) {
      path[step] =
          numbers(node.get("path").get(step)).stream().mapToInt(Integer::intValue).toArray();
    }
    return new Case(
        node.get("id").asString(),
        new Network(terms, numbers(node.get("output")), sizes),
        ContractionPath.ofLinear(terms.size(), path));
  }

  private static List<Integer> numbers(JsonNode array) {
    List<Integer> values = new ArrayList<>();
    array.forEach(value -> values.add(value.intValue()));
    return values;
  }
}
