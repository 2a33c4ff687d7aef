package io.github.shardsum.internal.stablehlo.read;

import io.github.shardsum.internal.stablehlo.read.Mlir.Operation;
import java.util.List;

/**
 * An operation of the flat program.
 *
 * @param operation what the text says
 * @param bodies its regions: the condition and the body of a loop, the function of a reduction
 */
record SsaStep(
    Operation operation, List<SsaValue> operands, List<SsaValue> results, List<SsaBody> bodies) {
  String name() {
    return operation.name();
  }

  SsaValue operand(int index) {
    if (index >= operands.size()) {
      throw operation.error("must have an operand " + index + ", got " + operands.size());
    }
    return operands.get(index);
  }

  SsaValue result() {
    return results.getFirst();
  }

  SsaBody body() {
    return bodies.getLast();
  }
}
