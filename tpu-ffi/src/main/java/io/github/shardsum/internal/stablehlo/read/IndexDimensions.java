package io.github.shardsum.internal.stablehlo.read;

import io.github.shardsum.internal.stablehlo.read.Mlir.Attribute;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The dimension numbers of a gather or a scatter.
 *
 * @param offset dimensions of the result, or of the updates, that are windows into the operand
 * @param collapsed dimensions of the operand of which one index is taken
 * @param batching dimensions of the operand that go along with dimensions of the indices
 * @param indexBatching these dimensions of the indices
 * @param map for each component of an index vector the dimension of the operand
 * @param vector the dimension of the indices that holds the vectors
 * @param sizes sizes of a gather's slices
 */
record IndexDimensions(
    List<Integer> offset,
    List<Integer> collapsed,
    List<Integer> batching,
    List<Integer> indexBatching,
    List<Integer> map,
    int vector,
    List<Long> sizes) {
  static IndexDimensions gather(SsaStep step) {
    Map<String, Attribute> numbers = numbers(step, "dimension_numbers");
    return new IndexDimensions(
        list(numbers, "offset_dims"),
        list(numbers, "collapsed_slice_dims"),
        list(numbers, "operand_batching_dims"),
        list(numbers, "start_indices_batching_dims"),
        list(numbers, "start_index_map"),
        list(numbers, "index_vector_dim").stream().findFirst().orElse(0),
        step.operation().integers("slice_sizes"));
  }

  static IndexDimensions scatter(SsaStep step) {
    Map<String, Attribute> numbers = numbers(step, "scatter_dimension_numbers");
    return new IndexDimensions(
        list(numbers, "update_window_dims"),
        list(numbers, "inserted_window_dims"),
        list(numbers, "input_batching_dims"),
        list(numbers, "scatter_indices_batching_dims"),
        list(numbers, "scatter_dims_to_operand_dims"),
        list(numbers, "index_vector_dim").stream().findFirst().orElse(0),
        List.of());
  }

  private static Map<String, Attribute> numbers(SsaStep step, String key) {
    return step.operation()
        .attribute(key)
        .orElseThrow(() -> step.operation().error("must have " + key))
        .named();
  }

  private static List<Integer> list(Map<String, Attribute> numbers, String key) {
    Attribute found = numbers.get(key);
    return found == null ? List.of() : found.integers().stream().map(Math::toIntExact).toList();
  }

  /** The component of an index vector for a dimension of the operand, -1 without one. */
  int component(int dimension) {
    return map.indexOf(dimension);
  }

  /** The dimension of the windows for one of the operand. */
  Optional<Integer> window(int dimension) {
    if (isPoint(dimension)) {
      return Optional.empty();
    }
    long before = IntStream.range(0, dimension).filter(i -> !isPoint(i)).count();
    return Optional.of(offset.get(Math.toIntExact(before)));
  }

  private boolean isPoint(int dimension) {
    return collapsed.contains(dimension) || batching.contains(dimension);
  }

  /** The dimensions of the result, or of the updates, that are those of the indices. */
  List<Integer> batch(int rank) {
    return IntStream.range(0, rank).filter(i -> !offset.contains(i)).boxed().toList();
  }

  /** The place in {@link #batch} of a dimension of the indices. */
  int place(int dimension) {
    return dimension > vector ? dimension - 1 : dimension;
  }
}
