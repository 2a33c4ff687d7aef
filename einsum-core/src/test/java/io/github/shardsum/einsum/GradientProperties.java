package io.github.shardsum.einsum;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.shardsum.einsum.OperandArbitraries.Problem;
import io.github.shardsum.einsum.OperandArbitraries.Values;
import io.github.shardsum.internal.reference.ReferenceEinsum;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class GradientProperties {
  private static final double STEP = 1.0 / 1024;

  @Provide
  Arbitrary<Problem> real() {
    return OperandArbitraries.problems(EquationArbitraries.bound(), DType.F64, Values.REAL);
  }

  @Provide
  Arbitrary<Problem> whole() {
    return OperandArbitraries.problems(EquationArbitraries.bound(), DType.F64, Values.WHOLE);
  }

  /**
   * An einsum is linear in each operand, so a central difference has no error but rounding's. The
   * cotangent is 1, 2, 3, ...; the loss is its inner product with the value.
   */
  @Property(tries = 150)
  void theGradientIsTheFiniteDifference(@ForAll("real") Problem problem) {
    for (int i = 0; i < problem.operands().size(); i++) {
      double[] gradient = gradient(problem, i).toDoubleArray();
      for (int j = 0; j < Math.min(gradient.length, 12); j++) {
        double above = loss(problem, i, j, STEP);
        double below = loss(problem, i, j, -STEP);
        double bound = 1e-10 * (1 + Math.abs(above) + Math.abs(below)) / STEP;
        assertEquals((above - below) / (2 * STEP), gradient[j], bound);
      }
    }
  }

  /**
   * On whole numbers both sides are exact: the loss is the inner product of gradient and operand.
   */
  @Property(tries = 400)
  void theGradientIsTheAdjoint(@ForAll("whole") Problem problem) {
    double loss = loss(problem, 0, 0, 0);
    for (int i = 0; i < problem.operands().size(); i++) {
      assertEquals(loss, inner(gradient(problem, i), problem.operands().get(i)));
    }
  }

  /** The gradient's gradient by the cotangent is the value with the operand replaced by it. */
  @Property(tries = 200)
  void theGradientHasGradients(@ForAll("whole") Problem problem) {
    BoundEquation vjp = problem.equation().vjp(0);
    List<Tensor> operands = new ArrayList<>(problem.operands());
    Tensor direction = operands.removeFirst();
    // d(direction . vjp(cotangent, others)) / d(cotangent) = equation(direction, others)
    operands.addFirst(direction);
    Tensor twice = ReferenceEinsum.evaluate(vjp.vjp(0), operands.toArray(Tensor[]::new));
    Tensor value = ReferenceEinsum.evaluate(problem.equation(), problem.array());
    assertEquals(value.shape(), twice.shape());
    assertEquals(inner(value, cotangent(value.shape())), inner(twice, cotangent(value.shape())));
  }

  @Property(tries = 400)
  void theGradientHasTheShapesOfTheEquation(@ForAll("whole") Problem problem) {
    BoundEquation equation = problem.equation();
    for (int i = 0; i < equation.operandCount(); i++) {
      BoundEquation vjp = equation.vjp(i);
      assertEquals(equation.operandShape(i), vjp.outputShape());
      assertEquals(equation.outputShape(), vjp.operandShape(0));
      List<Shape> others = new ArrayList<>(equation.operandShapes());
      others.remove(i);
      assertEquals(others, vjp.operandShapes().subList(1, vjp.operandCount()));
      assertEquals(vjp.equation(), Equation.parse(vjp.equation().toString()));
    }
  }

  @Example
  void anOperandThatIsNotThereIsRefused() {
    Einsum product = Einsum.compile("ij,jk->ik", DType.F32, Shape.of(2, 3), Shape.of(3, 2));
    for (int operand : new int[] {-1, 2}) {
      IndexOutOfBoundsException refused =
          assertThrows(IndexOutOfBoundsException.class, () -> product.vjp(operand));
      assertEquals(
          "vjp: expected an operand in [0, 2) of ij,jk->ik, got " + operand, refused.getMessage());
    }
  }

  @Example
  void theGradientOfAProductIsAProduct() {
    BoundEquation product = Equation.parse("ij,jk->ik").bind(Shape.of(2, 3), Shape.of(3, 4));
    assertEquals("ik,jk->ij", product.vjp(0).equation().toString());
    assertEquals("ik,ij->jk", product.vjp(1).equation().toString());
  }

  @Example
  void aLabelOfThisOperandAloneIsRepeated() {
    BoundEquation vjp = Equation.parse("ij->i").bind(Shape.of(2, 3)).vjp(0);
    assertEquals("i->ij", vjp.equation().toString());
    assertEquals(Map.of("j", 3L), vjp.givenSizes());
    assertEquals(
        List.of(1.0, 1.0, 1.0, 2.0, 2.0, 2.0),
        boxed(ReferenceEinsum.evaluate(vjp, Tensor.of(new double[] {1, 2}, 2))));
  }

  @Example
  void aDiagonalIsWrittenBack() {
    BoundEquation vjp = Equation.parse("ii->").bind(Shape.of(2, 2)).vjp(0);
    assertEquals("->ii", vjp.equation().toString());
    assertEquals(
        List.of(5.0, 0.0, 0.0, 5.0),
        boxed(ReferenceEinsum.evaluate(vjp, Tensor.scalar(DType.F64, 5))));
  }

  @Example
  void aBroadcastAxisIsSummed() {
    BoundEquation vjp = Equation.parse("i,i->i").bind(Shape.of(1), Shape.of(3)).vjp(0);
    assertEquals("i,i->a", vjp.equation().toString());
    Tensor cotangent = Tensor.of(new double[] {1, 10, 100}, 3);
    Tensor other = Tensor.of(new double[] {1, 2, 3}, 3);
    assertEquals(List.of(321.0), boxed(ReferenceEinsum.evaluate(vjp, cotangent, other)));
  }

  @Example
  void anEllipsisOfLowerRankIsSummed() {
    BoundEquation vjp =
        Equation.parse("...ij,...jk->...ik").bind(Shape.of(2, 3), Shape.of(5, 3, 4)).vjp(0);
    assertEquals("aik,ajk->ij", vjp.equation().toString());
  }

  private static Tensor gradient(Problem problem, int by) {
    List<Tensor> operands = new ArrayList<>(problem.operands());
    operands.remove(by);
    operands.addFirst(cotangent(problem.equation().outputShape()));
    return ReferenceEinsum.evaluate(problem.equation().vjp(by), operands.toArray(Tensor[]::new));
  }

  private static Tensor cotangent(Shape shape) {
    double[] data = new double[(int) shape.elementCount()];
    Arrays.setAll(data, i -> i % 7 + 1);
    return Tensor.of(data, shape.toArray());
  }

  private static double loss(Problem problem, int operand, int element, double change) {
    List<Tensor> operands = new ArrayList<>(problem.operands());
    double[] data = operands.get(operand).toDoubleArray();
    if (data.length > 0) {
      data[element] += change;
    }
    operands.set(operand, Tensor.of(data, operands.get(operand).shape().toArray()));
    Tensor value = ReferenceEinsum.evaluate(problem.equation(), operands.toArray(Tensor[]::new));
    return inner(value, cotangent(value.shape()));
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

  private static List<Double> boxed(Tensor tensor) {
    return Arrays.stream(tensor.toDoubleArray()).boxed().toList();
  }
}
