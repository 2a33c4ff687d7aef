package io.github.shardsum.internal.reshard;

import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The bounds of all chunks of a value's dimensions, and the elements that the busiest device
 * receives in a move between chunks of unequal length. Each list of bounds is computed once.
 */
final class ChunkBounds {
  /** The largest number of parts of a dimension that are all examined. */
  private static final long MOST_PARTS = 1 << 14;

  private final ReshardUnits units;
  private final Shape shape;
  private final List<Map<Long, long[]>> known = new ArrayList<>();

  ChunkBounds(ReshardUnits units, Shape shape) {
    this.units = units;
    this.shape = shape;
    for (int dim = 0; dim < shape.rank(); dim++) {
      known.add(new HashMap<>());
    }
  }

  /** Whether the parts of a dimension are few enough to be listed. */
  boolean isListed(int dim, int[] on) {
    return units.kept(dim) * units.product(on) <= MOST_PARTS;
  }

  /** The bounds of the chunks: part i is {@code [bounds[i], bounds[i + 1])}. */
  long[] bounds(int dim, int[] on) {
    long code = 0;
    for (int unit : on) {
      code = code * (Long.SIZE + 1) + unit + 1;
    }
    long[] bounds = known.get(dim).get(code);
    if (bounds == null) {
      bounds = of(shape.size(dim), units.levels(dim, on));
      known.get(dim).put(code, bounds);
    }
    return bounds;
  }

  /**
   * The bounds of chunks of chunks.
   *
   * @param size size of the dimension
   * @param levels sizes of the axes that cut it, major to minor
   */
  static long[] of(long size, List<Integer> levels) {
    long[] bounds = {0, size};
    for (int parts : levels) {
      bounds = cut(bounds, parts);
    }
    return bounds;
  }

  private static long[] cut(long[] whole, int parts) {
    long[] bounds = new long[(whole.length - 1) * parts + 1];
    for (int i = 0; i + 1 < whole.length; i++) {
      long chunk = Math.ceilDiv(whole[i + 1] - whole[i], parts);
      for (int part = 0; part < parts; part++) {
        bounds[i * parts + part] = Math.min(whole[i + 1], whole[i] + part * chunk);
      }
    }
    bounds[bounds.length - 1] = whole[whole.length - 1];
    return bounds;
  }

  private static long length(long[] bounds, int part) {
    return bounds[part + 1] - bounds[part];
  }

  /** Indices of a dimension that the busiest member of a gather receives. */
  long gathered(int dim, int[] before, int[] after) {
    long[] chunks = bounds(dim, before);
    long[] wholes = bounds(dim, after);
    int parts = (chunks.length - 1) / (wholes.length - 1);
    long most = 0;
    for (int part = 0; part + 1 < chunks.length; part++) {
      most = Math.max(most, length(wholes, part / parts) - length(chunks, part));
    }
    return most;
  }

  /**
   * Pairs of indices of two dimensions that the busiest member of an all-to-all receives.
   *
   * @param split the dimension that loses units
   * @param chunk the units of this dimension before the move
   * @param whole the units of this dimension afterwards
   * @param to the dimension that the moved units cut
   * @param cut the units of that dimension afterwards
   */
  long allToAll(int split, int[] chunk, int[] whole, int to, int[] cut) {
    long[] chunks = bounds(split, chunk);
    long[] wholes = bounds(split, whole);
    long[] others = bounds(to, cut);
    int parts = (chunks.length - 1) / (wholes.length - 1);
    long[] lacking = new long[parts];
    for (int part = 0; part + 1 < chunks.length; part++) {
      long lack = length(wholes, part / parts) - length(chunks, part);
      lacking[part % parts] = Math.max(lacking[part % parts], lack);
    }
    long most = 0;
    for (int part = 0; part + 1 < others.length; part++) {
      most = Math.max(most, lacking[part % parts] * length(others, part));
    }
    return most;
  }

  /**
   * The largest number of indices that a part must receive after the units of a dimension change
   * their order.
   */
  long exchanged(int dim, int[] before, int[] after) {
    long[] from = bounds(dim, before);
    long[] to = bounds(dim, after);
    int[] coordinates = new int[units.count()];
    long most = 0;
    for (int part = 0; part + 1 < from.length; part++) {
      int then = number(decoded(part, before, coordinates), after, coordinates);
      long start = Math.max(from[part], to[then]);
      long end = Math.min(from[part + 1], to[then + 1]);
      most = Math.max(most, length(to, then) - Math.max(0, end - start));
    }
    return most;
  }

  /**
   * Reads the coordinates of units from the number of a part, and returns the rest of the number,
   * which belongs to the axes before these units.
   */
  private int decoded(int number, int[] of, int[] coordinates) {
    int rest = number;
    for (int i = of.length - 1; i >= 0; i--) {
      int size = (int) units.product(of[i]);
      coordinates[of[i]] = rest % size;
      rest /= size;
    }
    return rest;
  }

  private int number(int before, int[] of, int[] coordinates) {
    int number = before;
    for (int unit : of) {
      number = number * (int) units.product(unit) + coordinates[unit];
    }
    return number;
  }

  /**
   * Elements of the largest block that a permute moves to another device, counted in the dimensions
   * that the permute changes; -1 if the devices are too many to examine each.
   */
  long permuted(ReshardState from, ReshardState to) {
    long changed = 0;
    List<Integer> dims = new ArrayList<>();
    for (int dim = 0; dim < from.dims().length; dim++) {
      if (!Arrays.equals(from.dims()[dim], to.dims()[dim])) {
        dims.add(dim);
        changed |= mask(from.dims()[dim]) | mask(to.dims()[dim]);
      }
    }
    int[] moved = units(changed);
    if (units.product(moved) > MOST_PARTS) {
      return -1;
    }
    long[][] lengths = new long[from.dims().length][];
    dims.forEach(dim -> lengths[dim] = longest(dim, to.dims()[dim]));
    int[] coordinates = new int[units.count()];
    long most = 0;
    for (int member = 0; member < units.product(moved); member++) {
      decoded(member, moved, coordinates);
      boolean stays = stays(from, to, changed, coordinates);
      long block = stays ? 0 : 1;
      for (int i = 0; i < dims.size() && !stays; i++) {
        int dim = dims.get(i);
        block *= lengths[dim][number(0, to.dims()[dim], coordinates)];
      }
      most = Math.max(most, block);
    }
    return most;
  }

  /** Whether a device has the same parts before and after a permute; unused units count too. */
  private boolean stays(ReshardState from, ReshardState to, long changed, int[] coordinates) {
    long before = 0;
    long after = 0;
    for (int dim = 0; dim < from.dims().length; dim++) {
      before |= mask(from.dims()[dim]);
      after |= mask(to.dims()[dim]);
      if (number(0, from.dims()[dim], coordinates) != number(0, to.dims()[dim], coordinates)) {
        return false;
      }
    }
    return number(0, units(changed & ~before), coordinates)
        == number(0, units(changed & ~after), coordinates);
  }

  private static long mask(int[] of) {
    long mask = 0;
    for (int unit : of) {
      mask |= 1L << unit;
    }
    return mask;
  }

  private static int[] units(long mask) {
    int[] units = new int[Long.bitCount(mask)];
    long rest = mask;
    for (int i = 0; i < units.length; i++) {
      units[i] = Long.numberOfTrailingZeros(rest);
      rest &= rest - 1;
    }
    return units;
  }

  /** The longest chunk of each part, over all coordinates of the axes before the units. */
  private long[] longest(int dim, int[] on) {
    long[] bounds = bounds(dim, on);
    long[] longest = new long[(int) units.product(on)];
    for (int part = 0; part + 1 < bounds.length; part++) {
      int of = part % longest.length;
      longest[of] = Math.max(longest[of], length(bounds, part));
    }
    return longest;
  }
}
