package io.github.shardsum.internal.stablehlo.read;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The dimensions of a {@code dot_general}, for the left and the right operand each. The result has
 * the batch dimensions, then the free ones of the left and of the right operand.
 */
record ProductDimensions(
    List<List<Integer>> batches, List<List<Integer>> contractions, List<List<Integer>> frees) {
  static ProductDimensions of(SsaStep step) {
    List<List<Integer>> batches = sides(step, "batching_dims", "batching");
    List<List<Integer>> contractions = sides(step, "contracting_dims", "contracting");
    List<List<Integer>> frees =
        List.of(
            free(step.operand(0), batches.getFirst(), contractions.getFirst()),
            free(step.operand(1), batches.getLast(), contractions.getLast()));
    int rank = batches.getFirst().size() + frees.getFirst().size() + frees.getLast().size();
    if (batches.getFirst().size() != batches.getLast().size()
        || contractions.getFirst().size() != contractions.getLast().size()
        || rank != step.result().rank()) {
      throw step.operation().error("dimensions must fit the operands and the result");
    }
    return new ProductDimensions(batches, contractions, frees);
  }

  List<Integer> batch(int side) {
    return batches.get(side);
  }

  List<Integer> contracted(int side) {
    return contractions.get(side);
  }

  List<Integer> free(int side) {
    return frees.get(side);
  }

  /** Both sides in the short form, or in the attribute of the generic form. */
  private static List<List<Integer>> sides(SsaStep step, String printed, String generic) {
    return IntStream.range(0, 2)
        .mapToObj(
            side -> {
              String key = side == 0 ? printed : printed + " right";
              List<Long> found = step.operation().integers(key);
              String full = (side == 0 ? "lhs_" : "rhs_") + generic + "_dimensions";
              List<Long> held =
                  found.isEmpty()
                      ? step.operation()
                          .attribute("dot_dimension_numbers")
                          .flatMap(numbers -> Optional.ofNullable(numbers.named().get(full)))
                          .map(Mlir.Attribute::integers)
                          .orElse(List.of())
                      : found;
              return held.stream().map(Math::toIntExact).toList();
            })
        .toList();
  }

  private static List<Integer> free(
      SsaValue operand, List<Integer> batch, List<Integer> contracted) {
    return IntStream.range(0, operand.rank())
        .boxed()
        .filter(i -> !batch.contains(i) && !contracted.contains(i))
        .toList();
  }
}
