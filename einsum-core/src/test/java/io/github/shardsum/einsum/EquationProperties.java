package io.github.shardsum.einsum;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.StringLength;
import net.jqwik.api.statistics.Statistics;

class EquationProperties {
  @Provide
  Arbitrary<Equation> equations() {
    return EquationArbitraries.equations();
  }

  @Provide
  Arbitrary<BoundEquation> bound() {
    return EquationArbitraries.bound();
  }

  /** Text near the notation: it is either read, or refused with a caret inside it. */
  @Provide
  Arbitrary<String> nearly() {
    return Arbitraries.of(
            "i",
            "j",
            "jk",
            "ij",
            ",",
            "->",
            "...",
            ".",
            " ",
            "@",
            "@x",
            "@x.y",
            "|",
            "x",
            "-",
            ">",
            "0",
            "*",
            "β",
            "\uD835\uDC65",
            "\uD835",
            "\n")
        .list()
        .ofMaxSize(14)
        .map(parts -> String.join("", parts))
        .withoutEdgeCases();
  }

  @Property(tries = 1000)
  void theRandomEquationsHaveEverything(@ForAll("bound") BoundEquation bound) {
    String inputs = bound.equation().toString().replaceFirst("->.*", "");
    covered("an ellipsis", inputs.contains("..."));
    covered("ellipses of different ranks", inputs.contains("...") && hasHiddenRanks(bound));
    covered("a repeated label in an operand", inputs.matches(".*(\\w)(\\w|\\.)*\\1.*"));
    covered("a label that broadcasts", broadcastsALabel(bound));
    covered("an ellipsis left out of the output", dropsTheEllipsis(bound));
    covered("a repeated output label", repeats(bound));
    covered("an output label of its own", !bound.givenSizes().isEmpty());
    covered(
        "an empty operand",
        bound.operandShapes().stream().anyMatch(shape -> shape.elementCount() == 0));
    covered("a scalar", bound.operandShapes().stream().anyMatch(s -> s.rank() == 0));
    covered("four operands", bound.operandCount() == 4);
    covered("a scalar result", bound.outputRank() == 0);
    covered("a summed label", summedLabels(bound) > 0);
  }

  private static void covered(String feature, boolean here) {
    Statistics.label(feature)
        .collect(here)
        .coverage(coverage -> coverage.check(true).percentage(p -> p >= 4));
  }

  private static long summedLabels(BoundEquation bound) {
    return IntStream.range(0, bound.labelCount()).filter(label -> !bound.inOutput(label)).count();
  }

  private static boolean hasHiddenRanks(BoundEquation bound) {
    return IntStream.range(0, bound.operandCount())
            .filter(operand -> bound.equation().operand(operand).ellipsis() >= 0)
            .map(operand -> bound.operandRank(operand) - bound.equation().operand(operand).size())
            .distinct()
            .count()
        > 1;
  }

  @Property(tries = 5000)
  void printingAndParsingAreInverse(@ForAll("equations") Equation equation) {
    assertEquals(equation, Equation.parse(equation.toString()));
  }

  @Property(tries = 3000)
  void printingAndParsingOfATermAreInverse(@ForAll("equations") Equation equation) {
    assertEquals(equation.output(), Term.parse(equation.output().toString()));
  }

  @Property
  void withoutLayoutKeepsTheLabels(@ForAll("equations") Equation equation) {
    Equation plain = equation.withoutLayout();
    assertFalse(plain.isAnnotated());
    assertEquals(equation.labels(), plain.labels());
    assertEquals(equation.isAnnotated(), !equation.equals(plain));
  }

  @Property(tries = 5000)
  void anyTextIsReadOrRefusedAtAColumn(@ForAll("nearly") String text) {
    readOrRefuse(text);
  }

  @Property
  void anyUnicodeIsReadOrRefusedAtAColumn(@ForAll @StringLength(max = 30) String text) {
    readOrRefuse(text);
  }

  private static void readOrRefuse(String text) {
    try {
      Equation equation = Equation.parse(text);
      assertEquals(equation, Equation.parse(equation.toString()));
    } catch (EquationSyntaxException e) {
      assertEquals(text, e.equation());
      assertTrue(e.column() >= 0 && e.column() <= text.length(), e::getMessage);
      List<String> lines = message(e).lines().toList();
      assertTrue(lines.get(2).isBlank() || lines.get(2).strip().equals("^"), e::getMessage);
    }
  }

  /** NumPy's rule, from the text alone. */
  @Property
  void theImplicitOutputHasTheEllipsisAndThenTheLabelsThatOccurOnceInOrder(
      @ForAll("bound") BoundEquation bound) {
    String inputs = bound.equation().toString().replaceFirst("->.*", "");
    Map<String, Long> counts =
        inputs
            .codePoints()
            .filter(Character::isLetter)
            .mapToObj(Character::toString)
            .collect(Collectors.groupingBy(c -> c, Collectors.counting()));
    String expected =
        (inputs.contains("...") ? "..." : "")
            + counts.entrySet().stream()
                .filter(e -> e.getValue() == 1)
                .map(Map.Entry::getKey)
                .sorted(Comparator.comparingInt(s -> s.codePointAt(0)))
                .collect(Collectors.joining());
    assertEquals(inputs + "->" + expected, Equation.parse(inputs).toString());
  }

  @Property
  void sublistsAndLettersAreOneEquation(@ForAll("bound") BoundEquation bound) {
    Equation equation = bound.equation();
    List<int[]> operands = equation.operands().stream().map(EquationProperties::numbers).toList();
    assertEquals(equation, Equation.ofSublists(operands, numbers(equation.output())));
    String inputs = equation.toString().replaceFirst("->.*", "");
    assertEquals(Equation.parse(inputs), Equation.ofSublists(operands));
  }

  private static int[] numbers(Term term) {
    return term.axes().stream()
        .mapToInt(axis -> axis.isEllipsis() ? Equation.ELLIPSIS : axis.label().charAt(0) - 'a')
        .toArray();
  }

  @Property
  void namesOfManyLettersMeanTheSame(@ForAll("bound") BoundEquation bound) {
    Equation named = renamed(bound.equation());
    assertEquals(named, Equation.parse(named.toString()));
    Map<String, Long> sizes =
        bound.givenSizes().entrySet().stream()
            .collect(Collectors.toMap(e -> e.getKey() + "_name", Map.Entry::getValue));
    BoundEquation other = named.bind(bound.operandShapes(), sizes, Strictness.LENIENT);
    assertEquals(bound.outputShape(), other.outputShape());
    assertEquals(labels(bound), labels(other));
  }

  private static List<List<Integer>> labels(BoundEquation bound) {
    return Stream.concat(
            IntStream.range(0, bound.operandCount()).mapToObj(bound::operandLabels),
            Stream.of(bound.outputLabels()))
        .map(labels -> IntStream.of(labels).boxed().toList())
        .toList();
  }

  private static Equation renamed(Equation equation) {
    return new Equation(
        equation.operands().stream().map(EquationProperties::renamed).toList(),
        renamed(equation.output()));
  }

  private static Term renamed(Term term) {
    return Term.of(
        term.axes().stream()
            .map(axis -> axis.isEllipsis() ? "..." : axis.label() + "_name")
            .toArray(String[]::new));
  }

  @Property
  void everyAxisHasTheSizeOfItsLabelOrBroadcasts(@ForAll("bound") BoundEquation bound) {
    for (int operand = 0; operand < bound.operandCount(); operand++) {
      assertEquals(bound.operandShape(operand).rank(), bound.operandRank(operand));
      for (int axis = 0; axis < bound.operandRank(operand); axis++) {
        long size = bound.operandShape(operand).size(axis);
        long wanted = bound.labelSize(bound.operandLabel(operand, axis));
        assertEquals(bound.isBroadcast(operand, axis) ? 1 : wanted, size);
      }
    }
    for (int axis = 0; axis < bound.outputRank(); axis++) {
      assertTrue(bound.inOutput(bound.outputLabel(axis)));
      assertEquals(bound.labelSize(bound.outputLabel(axis)), bound.outputShape().size(axis));
    }
  }

  @Property
  void aWrongSizeIsRefusedWithEveryShape(
      @ForAll("bound") BoundEquation bound, @ForAll("bound") BoundEquation other) {
    List<Shape> shapes = new ArrayList<>(bound.operandShapes());
    shapes.set(0, other.operandShape(0));
    try {
      bound.equation().bind(shapes, bound.givenSizes(), Strictness.LENIENT);
    } catch (EinsumShapeException e) {
      assertEquals(shapes, e.shapes());
      assertEquals(bound.equation(), e.equation());
      for (int i = 0; i < shapes.size(); i++) {
        assertTrue(message(e).contains("operand " + i + ": shape " + shapes.get(i)));
      }
      for (EinsumShapeException.Site site : e.sites()) {
        assertEquals(site.size(), shapes.get(site.operand()).size(site.axis()));
      }
    }
  }

  @Property
  void strictOnlyRefusesOrGivesTheSame(@ForAll("bound") BoundEquation bound) {
    boolean differs = broadcastsALabel(bound) || dropsTheEllipsis(bound) || repeats(bound);
    if (differs) {
      assertThrows(EinsumShapeException.class, () -> strict(bound));
    } else {
      assertEquals(bound, strict(bound));
    }
  }

  private static BoundEquation strict(BoundEquation bound) {
    return bound.equation().bind(bound.operandShapes(), bound.givenSizes(), Strictness.STRICT);
  }

  private static boolean broadcastsALabel(BoundEquation bound) {
    return IntStream.range(0, bound.operandCount())
        .anyMatch(
            operand ->
                IntStream.range(0, bound.operandRank(operand))
                    .anyMatch(
                        axis ->
                            bound.isBroadcast(operand, axis)
                                && !isHidden(bound, bound.operandLabel(operand, axis))));
  }

  private static boolean dropsTheEllipsis(BoundEquation bound) {
    return IntStream.range(0, bound.labelCount())
        .anyMatch(label -> isHidden(bound, label) && !bound.inOutput(label));
  }

  private static boolean isHidden(BoundEquation bound, int label) {
    return bound.labelName(label).startsWith("...");
  }

  private static boolean repeats(BoundEquation bound) {
    Set<Integer> seen = new HashSet<>();
    return IntStream.of(bound.outputLabels()).anyMatch(label -> !seen.add(label));
  }

  private static String message(Exception e) {
    return String.valueOf(e.getMessage());
  }
}
