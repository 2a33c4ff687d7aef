package io.github.shardsum.einsum;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.einsum.EinsumCorpus.Case;
import io.github.shardsum.einsum.EinsumCorpus.Evaluator;
import io.github.shardsum.einsum.EinsumCorpus.GradientEvaluator;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The corpora against the scalar reference: {@code einsum_examples.jsonl} is a sample of a larger
 * one; {@code einsum_peers.jsonl} has further equations of the suites of NumPy, opt_einsum, torch,
 * JAX and TensorFlow, with values computed by NumPy 2.4.
 */
class CorpusTest {
  /** Refused by most peers; here they have a meaning, and are refused only when bound strictly. */
  private static final Set<String> LENIENT = Set.of("output_no_ellipsis", "output_repeat");

  private static final Map<String, Set<Enum<?>>> KINDS =
      Map.ofEntries(
          Map.entry("arrow", Set.of(EquationSyntaxException.Kind.ARROW)),
          Map.entry("bad_char", Set.of(EquationSyntaxException.Kind.LABEL)),
          Map.entry("ellipsis", Set.of(EquationSyntaxException.Kind.ELLIPSIS)),
          Map.entry("sublist_label", Set.of(EquationSyntaxException.Kind.LABEL)),
          Map.entry("operand_count", Set.of(EinsumShapeException.Kind.OPERAND_COUNT)),
          Map.entry("rank_mismatch", Set.of(EinsumShapeException.Kind.RANK)),
          Map.entry("diag_mismatch", Set.of(EinsumShapeException.Kind.DIAGONAL)),
          Map.entry("dim_mismatch", Set.of(EinsumShapeException.Kind.SIZE)),
          Map.entry(
              "ellipsis_mismatch",
              Set.of(EinsumShapeException.Kind.ELLIPSIS_SIZE, EinsumShapeException.Kind.SIZE)),
          Map.entry("output_label", Set.of(EinsumShapeException.Kind.OUTPUT_SIZE)),
          Map.entry("output_no_ellipsis", Set.of(EinsumShapeException.Kind.OUTPUT_ELLIPSIS)),
          Map.entry("output_repeat", Set.of(EinsumShapeException.Kind.OUTPUT_REPEAT)));

  private static Tensor reference(Equation equation, List<Tensor> operands) {
    BoundEquation bound = equation.bind(operands.stream().map(Tensor::shape).toList());
    return StepwiseReference.evaluate(bound, operands);
  }

  @TestFactory
  Stream<DynamicTest> everyExample() {
    return tests("/einsum_examples.jsonl", CorpusTest::reference);
  }

  @TestFactory
  Stream<DynamicTest> everyPeersCase() {
    return tests("/einsum_peers.jsonl", CorpusTest::reference);
  }

  private static Tensor gradient(
      Equation equation, int by, Tensor cotangent, List<Tensor> operands) {
    List<Tensor> others = new ArrayList<>(operands);
    others.remove(by);
    others.addFirst(cotangent);
    BoundEquation bound = equation.bind(operands.stream().map(Tensor::shape).toList());
    return StepwiseReference.evaluate(bound.vjp(by), others);
  }

  @TestFactory
  Stream<DynamicTest> everyGradient() {
    return gradientTests(CorpusTest::reference, CorpusTest::gradient);
  }

  /** One test a valid case of both corpora, for any evaluator. */
  static Stream<DynamicTest> gradientTests(Evaluator evaluator, GradientEvaluator gradients) {
    return Stream.of("/einsum_examples.jsonl", "/einsum_peers.jsonl")
        .flatMap(resource -> EinsumCorpus.load(resource).stream())
        .filter(Case::valid)
        .map(
            example ->
                DynamicTest.dynamicTest(
                    example.toString(),
                    () -> EinsumCorpus.checkGradients(example, evaluator, gradients)));
  }

  /** One test a case, for any evaluator. */
  static Stream<DynamicTest> tests(String resource, Evaluator evaluator) {
    return EinsumCorpus.load(resource).stream()
        .map(
            example ->
                DynamicTest.dynamicTest(example.toString(), () -> holds(example, evaluator)));
  }

  @Test
  void theCorporaAreWhole() {
    assertEquals(214, EinsumCorpus.load("/einsum_examples.jsonl").size());
    assertEquals(398, EinsumCorpus.load("/einsum_peers.jsonl").size());
  }

  private static void holds(Case example, Evaluator evaluator) {
    if (example.valid()) {
      EinsumCorpus.check(
          example.expected().orElseThrow(),
          evaluator.evaluate(example.equation(), example.operands()));
    } else if (LENIENT.contains(example.kind())) {
      Tensor value = evaluator.evaluate(example.equation(), example.operands());
      example.expected().ifPresent(expected -> EinsumCorpus.check(expected, value));
      assertKind(example, refusedStrictly(example));
    } else if (hasLargeLabel(example)) {
      Tensor value = evaluator.evaluate(example.equation(), example.operands());
      example.expected().ifPresent(expected -> EinsumCorpus.check(expected, value));
    } else {
      assertKind(
          example,
          assertThrows(
              IllegalArgumentException.class,
              () -> evaluator.evaluate(example.equation(), example.operands())));
    }
  }

  /** Integer labels have no upper limit here; NumPy and torch stop at 52. */
  private static boolean hasLargeLabel(Case example) {
    return example.kind().equals("sublist_label") && !example.json().toString().contains("-1");
  }

  private static IllegalArgumentException refusedStrictly(Case example) {
    return assertThrows(
        EinsumShapeException.class,
        () -> example.equation().bind(example.shapes(), Map.of(), Strictness.STRICT));
  }

  private static void assertKind(Case example, IllegalArgumentException refusal) {
    Enum<?> kind =
        switch (refusal) {
          case EquationSyntaxException e -> e.kind();
          case EinsumShapeException e -> e.kind();
          default -> throw new AssertionError("not an einsum's exception", refusal);
        };
    assertTrue(
        KINDS.getOrDefault(example.kind(), Set.of()).contains(kind),
        () -> example.kind() + ": " + refusal);
  }

  @TestFactory
  Stream<DynamicTest> sublistsMeanWhatTheirLettersMean() {
    return Stream.of("/einsum_examples.jsonl", "/einsum_peers.jsonl")
        .flatMap(resource -> EinsumCorpus.load(resource).stream())
        .filter(example -> example.valid() && example.hasSublists())
        .map(
            example ->
                DynamicTest.dynamicTest(
                    example.toString(),
                    () -> assertEquals(Equation.parse(example.notation()), example.equation())));
  }

  @TestFactory
  Stream<DynamicTest> strictBindsWhatNeedsNoBroadcastOfALabel() {
    return Stream.of("/einsum_examples.jsonl", "/einsum_peers.jsonl")
        .flatMap(resource -> EinsumCorpus.load(resource).stream())
        .filter(Case::valid)
        .map(
            example -> DynamicTest.dynamicTest(example.toString(), () -> strictIfUniform(example)));
  }

  /** Strict gives the same bound equation or refuses, and refuses only where lenient broadcasts. */
  private static void strictIfUniform(Case example) {
    BoundEquation lenient = example.equation().bind(example.shapes());
    boolean broadcasts = false;
    for (int operand = 0; operand < lenient.operandCount(); operand++) {
      for (int axis = 0; axis < lenient.operandRank(operand); axis++) {
        boolean named = !lenient.labelName(lenient.operandLabel(operand, axis)).startsWith("...");
        broadcasts |= named && lenient.isBroadcast(operand, axis);
      }
    }
    if (broadcasts) {
      assertThrows(
          EinsumShapeException.class,
          () -> example.equation().bind(example.shapes(), Map.of(), Strictness.STRICT));
    } else {
      assertEquals(lenient, example.equation().bind(example.shapes(), Map.of(), Strictness.STRICT));
    }
  }
}
