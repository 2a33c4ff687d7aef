package io.github.shardsum.internal.contraction;

import io.github.shardsum.internal.contraction.ContractionProgram.Ref;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** Arrays of intermediates; an array may be used again once its value is no longer needed. */
final class ContractionTemporaries {
  private final boolean reuse;
  private final List<Integer> sizes = new ArrayList<>();
  private final List<Integer> free = new ArrayList<>();

  ContractionTemporaries(boolean reuse) {
    this.reuse = reuse;
  }

  /** The smallest free array for a number of elements, or a new one. */
  Ref.Temporary take(long elements) {
    int size = checkedSize(elements);
    int best = -1;
    for (int place : free) {
      boolean fits = sizes.get(place) >= size;
      if (fits && (best < 0 || sizes.get(place) < sizes.get(best))) {
        best = place;
      }
    }
    if (best >= 0) {
      free.remove(Integer.valueOf(best));
      return new Ref.Temporary(best);
    }
    sizes.add(size);
    return new Ref.Temporary(sizes.size() - 1);
  }

  private static int checkedSize(long elements) {
    if (elements > Shape.LONGEST_ARRAY) {
      throw new IllegalArgumentException(
          "einsum: expected an intermediate of at most 2^31 - 9 elements, got "
              + elements
              + "; set EinsumOptions.withMemoryLimit or another path");
    }
    return (int) elements;
  }

  /** Frees the array of a value; a value that is not a temporary has none. */
  void free(Ref ref) {
    if (reuse && ref instanceof Ref.Temporary(int index)) {
      free.add(index);
    }
  }

  List<Integer> sizes() {
    return List.copyOf(sizes);
  }
}
