package io.github.shardsum.internal.testkit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Makes the choices of a failing example fewer and smaller, while the example still fails. Of two
 * lists of choices the shorter one is smaller; lists of one length are compared number by number.
 */
public final class Shrinker {
  private Shrinker() {}

  /** A change of some choices, from a given choice on. */
  private record Edit(Kind kind, int at, int size) {
    private enum Kind {
      DELETE,
      ZERO,
      HALVE,
      DECREMENT
    }

    long[] apply(long[] choices) {
      if (kind == Kind.DELETE) {
        long[] fewer = new long[choices.length - size];
        System.arraycopy(choices, 0, fewer, 0, at);
        System.arraycopy(choices, at + size, fewer, at, fewer.length - at);
        return fewer;
      }
      long[] smaller = choices.clone();
      for (int i = at; i < at + size; i++) {
        smaller[i] =
            switch (kind) {
              case ZERO, DELETE -> 0;
              case HALVE -> choices[i] / 2;
              case DECREMENT -> Math.max(0, choices[i] - 1);
            };
      }
      return smaller;
    }
  }

  /** The edits to try, beginning with the largest deletions. */
  private static List<Edit> edits(int length) {
    List<Edit> edits = new ArrayList<>();
    for (int size = Math.max(1, length / 2); size > 0; size /= 2) {
      add(edits, Edit.Kind.DELETE, length, size);
    }
    for (int size = Math.min(8, length); size > 0; size /= 2) {
      add(edits, Edit.Kind.ZERO, length, size);
    }
    add(edits, Edit.Kind.HALVE, length, 1);
    add(edits, Edit.Kind.DECREMENT, length, 1);
    return edits;
  }

  /** Adds edits from the end of the choices, since later choices depend on earlier ones. */
  private static void add(List<Edit> edits, Edit.Kind kind, int length, int size) {
    for (int at = length - size; at >= 0; at -= size) {
      edits.add(new Edit(kind, at, size));
    }
  }

  /** Choices that are smaller than the given ones, the smallest first. */
  public static Stream<long[]> smaller(long[] choices) {
    return edits(choices.length).stream()
        .map(edit -> edit.apply(choices))
        .filter(changed -> !Arrays.equals(changed, choices));
  }

  /**
   * The smallest choices found.
   *
   * @param choices choices of a failing example
   * @param failing the choices that an example actually used, if it fails
   * @param most the most examples to try
   */
  public static long[] shrink(
      long[] choices, Function<long[], Optional<long[]>> failing, int most) {
    long[] best = choices;
    long[] before;
    int tries = 0;
    do {
      before = best;
      List<Edit> edits = edits(best.length);
      for (int i = 0; i < edits.size() && tries < most; ) {
        long[] candidate = edits.get(i).apply(best);
        Optional<long[]> drawn = Optional.empty();
        if (!Arrays.equals(candidate, best)) {
          tries++;
          drawn = failing.apply(candidate);
        }
        if (drawn.isPresent() && isSmaller(drawn.get(), best)) {
          best = drawn.get();
          edits = edits(best.length);
        } else {
          i++;
        }
      }
    } while (!Arrays.equals(best, before) && tries < most);
    return best;
  }

  private static boolean isSmaller(long[] x, long[] y) {
    return x.length < y.length || (x.length == y.length && Arrays.compare(x, y) < 0);
  }
}
