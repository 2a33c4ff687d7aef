package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.layout.FactorRule.Dim;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Enumerates the ways to give mesh axes to the factors of a rule; this object holds one way at a
 * time. An axis splits one factor, stays partial on a set of operands, or does nothing. The axes of
 * one factor are enumerated in every order.
 */
final class Splits {
  /** An axis along which devices repeat the computation. */
  static final int NONE = -1;

  private final List<String> axes;
  private final int[][] choices;
  private final int[][] on;
  private final int[] count;
  private final int[] chosen;

  /**
   * A space of ways.
   *
   * @param axes names of the mesh axes
   * @param choices for each axis: {@link #NONE}, the number of a factor, or {@link #keep} of a set
   * @param factors number of factors
   */
  Splits(List<String> axes, int[][] choices, int factors) {
    this.axes = axes;
    this.choices = choices;
    this.on = new int[factors][axes.size()];
    this.count = new int[factors];
    this.chosen = new int[axes.size()];
    Arrays.fill(chosen, NONE);
  }

  /** The choice to stay partial on a set of operands. */
  static int keep(int set) {
    return NONE - 1 - set;
  }

  private static int set(int choice) {
    return NONE - 1 - choice;
  }

  /** The number of ways, or a number above {@code most} if there are more. */
  long count(long most) {
    long[] found = {0};
    count(0, most, found);
    return found[0];
  }

  private void count(int axis, long most, long[] found) {
    if (axis == axes.size()) {
      found[0]++;
      return;
    }
    for (int choice : choices[axis]) {
      int places = choice >= 0 ? count[choice] + 1 : 1;
      for (int place = 0; place < places && found[0] <= most; place++) {
        if (choice >= 0) {
          count[choice]++;
        }
        count(axis + 1, most, found);
        if (choice >= 0) {
          count[choice]--;
        }
      }
    }
  }

  /** Calls a consumer for every way, in a fixed order. */
  void forEach(Consumer<Splits> out) {
    choose(0, out);
  }

  private void choose(int axis, Consumer<Splits> out) {
    if (axis == axes.size()) {
      out.accept(this);
      return;
    }
    for (int choice : choices[axis]) {
      chosen[axis] = choice;
      if (choice < 0) {
        choose(axis + 1, out);
      } else {
        int[] there = on[choice];
        int had = count[choice]++;
        for (int place = 0; place <= had; place++) {
          System.arraycopy(there, place, there, place + 1, had - place);
          there[place] = axis;
          choose(axis + 1, out);
          System.arraycopy(there, place + 1, there, place, had - place);
        }
        count[choice]--;
      }
    }
    chosen[axis] = NONE;
  }

  /** Number of parts of a factor. */
  long parts(int factor, int[] sizes) {
    long parts = 1;
    for (int i = 0; i < count[factor]; i++) {
      parts *= sizes[on[factor][i]];
    }
    return parts;
  }

  /** Whether an axis splits a factor. */
  boolean isSplit(int factor) {
    return count[factor] > 0;
  }

  /** The numbers of the axes of a factor, major to minor. */
  List<Integer> axes(int factor) {
    return Arrays.stream(on[factor], 0, count[factor]).boxed().toList();
  }

  /** Whether an axis stays partial on operands. */
  boolean keeps() {
    return Arrays.stream(chosen).anyMatch(choice -> choice < NONE);
  }

  /** The choice of an axis. */
  int choice(int axis) {
    return chosen[axis];
  }

  /**
   * The layout of a value as a key: the axes of its dimensions, and its partial axes.
   *
   * @param dims the factors of its dimensions
   * @param partial a bit for each axis
   */
  String key(List<Dim> dims, long partial) {
    StringBuilder key = new StringBuilder();
    for (Dim dim : dims) {
      for (int factor : dim.factors()) {
        for (int i = 0; i < count[factor]; i++) {
          key.append((char) ('a' + on[factor][i]));
        }
        key.append(',');
      }
    }
    return key.append(partial).toString();
  }

  /** The axes that stay partial on sets of operands, one bit for each axis. */
  long kept(List<Boolean> sets) {
    long kept = 0;
    for (int axis = 0; axis < chosen.length; axis++) {
      if (chosen[axis] < NONE && sets.get(set(chosen[axis]))) {
        kept |= 1L << axis;
      }
    }
    return kept;
  }

  /** The axes that split a factor, one bit for each axis. */
  long mask(int factor) {
    long mask = 0;
    for (int i = 0; i < count[factor]; i++) {
      mask |= 1L << on[factor][i];
    }
    return mask;
  }

  /** This way, with names in place of numbers. */
  ComputeSharding sharding(List<String> factors) {
    Map<String, List<String>> split = new TreeMap<>();
    Map<String, Integer> kept = new TreeMap<>();
    for (int factor = 0; factor < factors.size(); factor++) {
      if (count[factor] > 0) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < count[factor]; i++) {
          names.add(axes.get(on[factor][i]));
        }
        split.put(factors.get(factor), names);
      }
    }
    for (int axis = 0; axis < chosen.length; axis++) {
      if (chosen[axis] < NONE) {
        kept.put(axes.get(axis), set(chosen[axis]));
      }
    }
    return new ComputeSharding(split, kept);
  }
}
