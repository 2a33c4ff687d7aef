package io.github.shardsum.einsum;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Operand;
import io.github.shardsum.tensor.RoutingTensor;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

/** A null argument is named in the error. */
class NullArgumentsTest {
  private static final Tensor X = Tensor.zeros(DType.F32, 2, 2);
  private static final EinsumOptions DEFAULTS = EinsumOptions.defaults();
  private static final Einsum PRODUCT =
      Einsum.compile("ij,jk->ik", DType.F32, Shape.of(2, 2), Shape.of(2, 2));

  private static DynamicTest names(String argument, String call, Executable made) {
    return DynamicTest.dynamicTest(
        call,
        () -> {
          NullPointerException thrown = assertThrows(NullPointerException.class, made);
          String message = String.valueOf(thrown.getMessage());
          assertTrue(message.contains(argument), message);
        });
  }

  @Test
  void anArrayOfNoneIsNamedInOurWords() {
    assertSaid("sizes", () -> Shape.of((long[]) null));
    assertSaid("operands", () -> Einsum.einsum("ij->j", (Tensor[]) null));
  }

  private static void assertSaid(String argument, Executable made) {
    assertEquals(argument, assertThrows(NullPointerException.class, made).getMessage());
  }

  @TestFactory
  Stream<DynamicTest> tensors() {
    return Stream.of(
        names("data", "float[]", () -> Tensor.of((float[]) null, 2)),
        names("data", "double[]", () -> Tensor.of((double[]) null, 2)),
        names("data", "int[]", () -> Tensor.of((int[]) null, 2)),
        names("data", "long[]", () -> Tensor.of((long[]) null, 2)),
        names("bits", "bf16", () -> Tensor.ofBf16(null, 2)),
        names("data", "bool", () -> Tensor.ofBool(null, 2)),
        names("data", "boolean[]", () -> Tensor.of((boolean[]) null, 2)),
        names("rows", "int[][]", () -> Tensor.of((int[][]) null)),
        names("matrices", "float[][][]", () -> Tensor.of((float[][][]) null)),
        names("data", "int buffer", () -> Tensor.of((IntBuffer) null, 2)),
        names("notation", "slice", () -> X.slice(null)),
        names("options", "text", () -> X.toString(null)),
        names("data", "buffer", () -> Tensor.of((FloatBuffer) null, 2)),
        names("sizes", "shape", () -> Tensor.of(new float[2], (long[]) null)),
        names("dtype", "dtype", () -> Tensor.of(null, MemorySegment.NULL, 0)),
        names("segment", "segment", () -> Tensor.of(DType.F32, (MemorySegment) null, 0)),
        names("dtype", "zeros", () -> Tensor.zeros(null, 2)),
        names("shape", "zeros of", () -> Tensor.zeros(DType.F32, (Shape) null)),
        names("dtype", "full", () -> Tensor.full(null, 1, 2)),
        names("arena", "allocate", () -> Tensor.allocate(null, DType.F32, Shape.of(2))),
        names("dtype", "allocate", () -> Tensor.allocate(Arena.global(), null, Shape.of(2))),
        names("segment", "strided", () -> Tensor.ofStrided(DType.F32, null, 0, Shape.of(2), 1)),
        names("strides", "strides", () -> strided(Shape.of(2), (long[]) null)),
        names("shape", "strided shape", () -> strided(null, 1)),
        names("axes", "transpose", () -> X.transpose((int[]) null)),
        names("target", "broadcast", () -> X.broadcastTo(null)),
        names("sizes", "reshape", () -> X.reshape((long[]) null)),
        names("dtype", "convert", () -> X.convert(null)),
        names("source", "assign", () -> X.assign(null)),
        names("index", "get", () -> X.getDouble((long[]) null)),
        names("positions", "routing", () -> RoutingTensor.of(Shape.of(2, 2), null, X)),
        names(
            "weights",
            "weights",
            () -> RoutingTensor.of(Shape.of(2, 2), Tensor.zeros(DType.I32, 2, 1), null)),
        names("sizes", "shapes", () -> Shape.of((long[]) null)));
  }

  private static Tensor strided(Shape shape, long... strides) {
    return Tensor.ofStrided(DType.F32, X.segment(), 0, shape, strides);
  }

  @TestFactory
  Stream<DynamicTest> einsums() {
    Tensor none = null;
    Operand nothing = null;
    return Stream.of(
        names("notation", "parse", () -> Equation.parse(null)),
        names("notation", "term", () -> Term.parse(null)),
        names("notation", "compile", () -> Einsum.compile(null, DType.F32, Shape.of(2))),
        names("operand 1", "shape", () -> Einsum.compile("i,i->", DType.F32, Shape.of(2), null)),
        names("shapes", "shapes", () -> Einsum.compile("i->", DType.F32, (Shape[]) null)),
        names(
            "options",
            "options",
            () -> Einsum.compile("i->", (EinsumOptions) null, DType.F32, Shape.of(2))),
        names("options", "options for", () -> Einsum.compile("i->", null, OperandSpec.like(X))),
        names(
            "operand 1",
            "example",
            () -> Einsum.compile("i,i->", DEFAULTS, OperandSpec.like(X, nothing))),
        names(
            "equation",
            "equation",
            () -> Einsum.compile((Equation) null, DEFAULTS, OperandSpec.like(X))),
        names("operand 1", "einsum", () -> Einsum.einsum("ij,jk->ik", X, nothing)),
        names("operands", "operands", () -> Einsum.einsum("ij->", (Operand[]) null)),
        names("equation", "einsum of", () -> Einsum.einsum(null, X)),
        names("operand 1", "run", () -> PRODUCT.run(X, nothing)),
        names("operand 0", "run first", () -> PRODUCT.run(nothing, X)),
        names("out", "runInto", () -> PRODUCT.runInto(none, X, X)),
        names("operand", "runInto right", () -> PRODUCT.runInto(X.copy(), X, none)),
        names("operand 1", "accumulate", () -> PRODUCT.runInto(1, 1, X.copy(), X, nothing)),
        names("dtype", "withDtype", () -> DEFAULTS.withDtype(null)),
        names("workers", "withWorkers", () -> DEFAULTS.withWorkers(null)),
        names("path", "withPath", () -> DEFAULTS.withPath(null)),
        names("epilogue", "withEpilogue", () -> DEFAULTS.withEpilogue(null)),
        names("strictness", "withStrictness", () -> DEFAULTS.withStrictness(null)),
        names("kernels", "withKernels", () -> DEFAULTS.withKernels(null)),
        names("label", "withSize", () -> DEFAULTS.withSize(null, 2)),
        names("tensor", "withBias", () -> Epilogue.none().withBias("i", none)),
        names("notation", "bias labels", () -> Epilogue.none().withBias(null, X)));
  }
}
