package io.github.shardsum.einsum;

import io.github.shardsum.tensor.Operand;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The corpora, as in {@link CorpusTest}, against the compiled einsum. */
class EinsumCorpusTest {
  private static Tensor compiled(Equation equation, List<Tensor> operands) {
    Operand[] array = operands.toArray(Operand[]::new);
    return Einsum.compile(equation, EinsumOptions.defaults(), OperandSpec.like(array)).run(array);
  }

  @TestFactory
  Stream<DynamicTest> everyExample() {
    return CorpusTest.tests("/einsum_examples.jsonl", EinsumCorpusTest::compiled);
  }

  @TestFactory
  Stream<DynamicTest> everyPeersCase() {
    return CorpusTest.tests("/einsum_peers.jsonl", EinsumCorpusTest::compiled);
  }

  private static Tensor gradient(
      Equation equation, int by, Tensor cotangent, List<Tensor> operands) {
    List<Operand> others = new ArrayList<>(operands);
    others.remove(by);
    others.addFirst(cotangent);
    return Einsum.compile(
            equation, EinsumOptions.defaults(), OperandSpec.like(operands.toArray(Operand[]::new)))
        .vjp(by)
        .run(others.toArray(Operand[]::new));
  }

  @TestFactory
  Stream<DynamicTest> everyGradient() {
    return CorpusTest.gradientTests(EinsumCorpusTest::compiled, EinsumCorpusTest::gradient);
  }
}
