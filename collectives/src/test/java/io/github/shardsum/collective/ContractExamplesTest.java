package io.github.shardsum.collective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.mesh.Cut;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The contracts as their javadoc states them: each has pseudocode, and its examples are run. */
class ContractExamplesTest {
  private static final Path SOURCE =
      Path.of("src/main/java/io/github/shardsum/collective/Collective.java");
  private static final Pattern CONTRACT =
      Pattern.compile("/\\*\\*((?:(?!\\*/).)*)\\*/\\s+record (\\w+)\\(", Pattern.DOTALL);

  /** What an example says before its code: "SUM, dim 0", "root 1", "the pair 0 to 1". */
  private static final Pattern EXAMPLE =
      Pattern.compile(
          "(?:Two devices|Split)([^:{]*):? ?\\{@code x = (.+?)\\}(?: with (.+?))? gives"
              + " \\{@code out = (.+?\\})\\}");

  private static final Pattern COUNTS = Pattern.compile("\\{@code (\\w+) = (.+?\\})\\}");

  /** The javadoc of one collective, without line ends. */
  record Contract(String name, String text) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Contract> contracts() throws IOException {
    return CONTRACT
        .matcher(Files.readString(SOURCE))
        .results()
        .map(
            found ->
                new Contract(found.group(2), found.group(1).replaceAll("\\s*\\n\\s*\\* ?", " ")))
        .filter(contract -> !List.of("Route", "Interval").contains(contract.name()));
  }

  @Test
  void aShiftGoesAnyDistance() {
    for (int distance : List.of(Integer.MIN_VALUE, -5, 1, Integer.MAX_VALUE)) {
      assertEquals(Collective.Permute.shift(1, 3, "x"), Collective.Permute.shift(distance, 3, "x"));
    }
    assertThrows(IllegalArgumentException.class, () -> Collective.Permute.shift(1, 0, "x"));
  }

  @Test
  void sourcesAreThoseOfMembersOnly() {
    Collective.Permute permute =
        new Collective.Permute(List.of("x"), List.of(new Collective.Route(2, 0)));
    assertArrayEquals(new int[] {2, -1, -1}, permute.sources(3));
    IndexOutOfBoundsException outside =
        assertThrows(IndexOutOfBoundsException.class, () -> permute.sources(2));
    assertEquals("collective-permute: members must be in [0, 2), got 2->0", outside.getMessage());
  }

  @ParameterizedTest
  @MethodSource("contracts")
  void everyContractHasPseudocodeAndItsExamplesHold(Contract contract) {
    assertTrue(contract.text().contains("<pre>{@code"), contract.text());
    assertTrue(contract.text().contains("Two devices"), contract.text());
    List<MatchResult> examples = EXAMPLE.matcher(contract.text()).results().toList();
    int wanted =
        switch (contract.name()) {
          case "Barrier" -> 0;
          case "AllToAll" -> 2;
          default -> 1;
        };
    assertEquals(wanted, examples.size(), contract.text());
    examples.forEach(example -> assertHolds(contract.name(), example));
  }

  @ParameterizedTest
  @MethodSource("names")
  void everyCollectiveHasAContract(String name) throws IOException {
    assertTrue(contracts().anyMatch(contract -> contract.name().equals(name)), name);
  }

  static Stream<String> names() {
    return Arrays.stream(Collective.class.getPermittedSubclasses()).map(Class::getSimpleName);
  }

  private static void assertHolds(String name, MatchResult example) {
    String said = example.group(1);
    List<Tensor> x = tensors(example.group(2));
    List<Tensor> expected = tensors(example.group(4));
    Collective collective = collective(name, said);
    List<RaggedCounts> counts = counts(Optional.ofNullable(example.group(3)).orElse(""));
    Mesh mesh = Mesh.of("x", 2);
    try (Collectives collectives = Collectives.open(mesh)) {
      List<Tensor> got =
          collectives.run(
              collective instanceof Collective.RaggedAllToAll ragged
                  ? ragged.with(counts)
                  : collective,
              x);
      List<Optional<RaggedCounts>> each =
          counts.isEmpty()
              ? Collections.nCopies(2, Optional.empty())
              : counts.stream().map(Optional::of).toList();
      List<Tensor> byPseudocode = Reference.run(mesh, collective, x, each);
      for (int device = 0; device < 2; device++) {
        assertEquals(text(expected.get(device)), text(got.get(device)), example.group());
        assertEquals(text(expected.get(device)), text(byPseudocode.get(device)), example.group());
      }
    }
  }

  private static Collective collective(String name, String said) {
    return switch (name) {
      case "AllReduce" -> new Collective.AllReduce(Reduction.SUM, "x");
      case "ReduceScatter" -> new Collective.ReduceScatter(Reduction.SUM, number("dim", said), "x");
      case "AllGather" -> new Collective.AllGather(List.of("x"), number("dim", said), total(said));
      case "AllToAll" ->
          new Collective.AllToAll(
              List.of("x"),
              said.startsWith(",") ? number("split", said) : number("", said),
              number("concat", said),
              total(said));
      case "RaggedAllToAll" -> new Collective.RaggedAllToAll("x");
      case "Permute" ->
          new Collective.Permute(
              List.of("x"),
              List.of(new Collective.Route(number("the pair", said), number("to", said))));
      case "Exchange" -> {
        Cut chunks = Cut.chunks(3, 2);
        yield new Collective.Exchange(
            number("dim", said), chunks, chunks.shift(1).window(3, 1, 1, 3), "x");
      }
      case "Broadcast" -> new Collective.Broadcast(number("root", said), "x");
      default -> throw new IllegalArgumentException(name);
    };
  }

  private static OptionalLong total(String said) {
    return said.contains("total") ? OptionalLong.of(number("total", said)) : OptionalLong.empty();
  }

  private static int number(String word, String said) {
    Matcher found = Pattern.compile(word + " (\\d+)").matcher(said);
    assertTrue(found.find(), word + " in: " + said);
    return Integer.parseInt(found.group(1));
  }

  private static List<RaggedCounts> counts(String text) {
    List<List<Tensor>> lists =
        COUNTS.matcher(text).results().map(found -> tensors(found.group(2))).toList();
    if (lists.isEmpty()) {
      return List.of();
    }
    List<RaggedCounts> counts = new ArrayList<>();
    for (int device = 0; device < 2; device++) {
      long[] send = longs(lists.get(0).get(device));
      counts.add(RaggedCounts.of(send, longs(lists.get(1).get(device))));
    }
    return counts;
  }

  private static long[] longs(Tensor tensor) {
    long[] values = new long[(int) tensor.shape().elementCount()];
    Arrays.setAll(values, i -> (long) tensor.getDouble(i));
    return values;
  }

  /** One tensor a device, from {@code {[1, 2], [3, 4]}}, of one or two dimensions. */
  private static List<Tensor> tensors(String text) {
    String inner = text.substring(1, text.length() - 1);
    return Pattern.compile("\\[(?:[^\\[\\]]|\\[[^\\]]*\\])*\\]")
        .matcher(inner)
        .results()
        .map(found -> tensor(found.group()))
        .toList();
  }

  private static Tensor tensor(String text) {
    float[] values = new float[(int) Pattern.compile("\\d+").matcher(text).results().count()];
    Matcher number = Pattern.compile("\\d+").matcher(text);
    for (int i = 0; number.find(); i++) {
      values[i] = Float.parseFloat(number.group());
    }
    boolean matrix = text.startsWith("[[");
    long rows = text.chars().filter(c -> c == '[').count() - 1;
    return matrix
        ? Tensor.of(values, rows, values.length / rows)
        : Tensor.of(values, values.length);
  }

  private static String text(Tensor tensor) {
    assertEquals(DType.F32, tensor.dtype());
    return tensor.shape() + Arrays.toString(flat(tensor));
  }

  private static double[] flat(Tensor tensor) {
    Tensor copy = tensor.copy();
    double[] values = new double[(int) copy.shape().elementCount()];
    for (int i = 0; i < values.length; i++) {
      values[i] = copy.segment().getAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED, i);
    }
    return values;
  }
}
