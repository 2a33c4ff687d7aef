package io.github.shardsum.internal.contract;

import io.github.shardsum.internal.contract.Program.Ref;
import java.util.ArrayList;
import java.util.List;

/** Places of intermediates: one whose value is no longer needed is used again. */
final class Temporaries {
  private final long[] labelSizes;
  private final List<Integer> sizes = new ArrayList<>();
  private final List<Integer> free = new ArrayList<>();

  Temporaries(long[] labelSizes) {
    this.labelSizes = labelSizes;
  }

  /** A place for a value with some labels, the smallest free one that is large enough if any is. */
  Ref.Temporary take(int[] labels) {
    int size = size(labels);
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

  private int size(int[] labels) {
    long size = 1;
    for (int label : labels) {
      size = Math.multiplyExact(size, labelSizes[label]);
    }
    if (size > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "einsum: an intermediate of "
              + size
              + " elements is wanted, at most 2^31 - 9 fit; set "
              + "EinsumOptions.memoryLimit or another path");
    }
    return (int) size;
  }

  /** Gives a place back; a value that is no temporary has none. */
  void free(Ref ref) {
    if (ref instanceof Ref.Temporary(int index)) {
      free.add(index);
    }
  }

  int[] sizes() {
    return sizes.stream().mapToInt(Integer::intValue).toArray();
  }
}
