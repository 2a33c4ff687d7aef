package io.github.shardsum.internal.einsum;

import io.github.shardsum.einsum.BoundEquation;
import io.github.shardsum.einsum.Epilogue;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Operand;
import io.github.shardsum.tensor.RoutingTensor;
import io.github.shardsum.tensor.Tensor;
import java.util.List;

/** Checks that a run makes before it writes anything. */
public final class EinsumRunChecks {
  public static final int OUT = -1;
  public static final int BIAS = -2;

  private EinsumRunChecks() {}

  /** Refuses an operand or shape that is null. */
  public static <T> T present(T operand, int number) {
    if (operand == null) {
      throw new NullPointerException("einsum: operand " + number + " is null");
    }
    return operand;
  }

  /** Refuses operands whose shapes or dtypes are not the compiled ones. */
  public static void operands(BoundEquation bound, List<OperandSpec> specs, Operand[] operands) {
    if (operands.length != bound.operandCount()) {
      throw new IllegalArgumentException(
          "einsum: expected "
              + bound.operandCount()
              + " operands of "
              + bound.equation()
              + ", got "
              + operands.length);
    }
    for (int i = 0; i < operands.length; i++) {
      if (!present(operands[i], i).shape().equals(bound.operandShape(i))) {
        throw new IllegalArgumentException(
            compiledFor(bound, i)
                + "shape "
                + bound.operandShape(i)
                + ", got "
                + operands[i].shape()
                + "; compile an einsum for these shapes");
      }
      if (operands[i].dtype() != specs.get(i).dtype()) {
        throw new IllegalArgumentException(
            compiledFor(bound, i)
                + specs.get(i).dtype()
                + ", got "
                + operands[i].dtype()
                + "; compile it for the operands, as by Einsum.compile(equation, operands), or"
                + " convert the operand with Tensor.convert");
      }
    }
  }

  private static String compiledFor(BoundEquation bound, int operand) {
    return "einsum: operand " + operand + " of " + bound.equation() + " was compiled for ";
  }

  public static void result(BoundEquation bound, DType dtype, Tensor out) {
    if (!out.shape().equals(bound.outputShape()) || out.dtype() != dtype) {
      throw new IllegalArgumentException(
          "einsum: expected an out of "
              + dtype
              + bound.outputShape()
              + " for "
              + bound.equation()
              + ", got "
              + out.description());
    }
    if (out.isReadOnly()) {
      throw new IllegalArgumentException("einsum: expected a writable out, got a read-only one");
    }
    if (out.overlapsItself()) {
      throw new IllegalArgumentException(
          "einsum: expected an out whose elements are apart, got "
              + out.description()
              + ", a broadcast or overlapping view; use a fresh tensor");
    }
  }

  public static void integral(String name, double value) {
    if (value != Math.rint(value) || Math.abs(value) > 1L << 53) {
      throw new IllegalArgumentException(
          "einsum: expected an integer " + name + " for integer dtypes, got " + value);
    }
  }

  /** Refuses an epilogue with numbers that the result's dtype cannot represent. */
  public static void epilogue(DType dtype, Epilogue epilogue) {
    if (dtype.isFloating()) {
      return;
    }
    integral("scale", epilogue.scale());
    if (epilogue.bias().isEmpty()) {
      return;
    }
    DType bias = epilogue.bias().get().tensor().dtype();
    if (bias.isFloating() || (dtype == DType.BOOL && bias != DType.BOOL)) {
      throw new IllegalArgumentException(
          "bias: expected "
              + (dtype == DType.BOOL ? "bool" : "an integer dtype")
              + " for a result of "
              + dtype
              + ", got "
              + bias
              + "; convert it, or choose another dtype with EinsumOptions.withDtype");
    }
  }

  /**
   * Refuses an out that shares an element with an operand; the error names the operand by its
   * number, which is {@link #BIAS} for the bias.
   */
  public static void apart(Tensor out, Operand operand, int number) {
    boolean overlaps =
        switch (operand) {
          case Tensor tensor -> out.overlaps(tensor);
          case RoutingTensor routing ->
              out.overlaps(routing.positions()) || out.overlaps(routing.weights());
        };
    if (overlaps) {
      throw new IllegalArgumentException(
          "einsum: expected an out that shares no element with an operand, got one that overlaps "
              + name(number)
              + "; copy that operand or use a fresh out");
    }
  }

  /**
   * Whether threads other than the caller may access the memory.
   *
   * @throws IllegalStateException if some memory was closed
   * @throws WrongThreadException if some memory is confined to another thread
   */
  public static boolean reachable(Tensor out, Operand[] operands, Epilogue epilogue) {
    boolean shared = reachable(out, OUT);
    if (epilogue.bias().isPresent()) {
      shared &= reachable(epilogue.bias().get().tensor(), BIAS);
    }
    for (int i = 0; i < operands.length; i++) {
      shared &=
          switch (operands[i]) {
            case Tensor tensor -> reachable(tensor, i);
            case RoutingTensor routing -> bothReachable(routing, i);
          };
    }
    return shared;
  }

  private static boolean reachable(Tensor tensor, int number) {
    if (!tensor.isAccessible()) {
      tensor.checkAccessible("einsum: " + name(number));
    }
    return tensor.isShared();
  }

  private static boolean bothReachable(RoutingTensor routing, int number) {
    boolean positions = reachable(routing.positions(), number);
    return reachable(routing.weights(), number) && positions;
  }

  private static String name(int number) {
    return switch (number) {
      case OUT -> "out";
      case BIAS -> "the bias";
      default -> "operand " + number;
    };
  }
}
