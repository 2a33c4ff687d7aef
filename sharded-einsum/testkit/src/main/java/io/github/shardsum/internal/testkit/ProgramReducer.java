package io.github.shardsum.internal.testkit;

import io.github.shardsum.testkit.ProgramCase;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Makes a failing program smaller while it still fails: the greedy reduction of Zeller and
 * Hildebrandt ("Simplifying and Isolating Failure-Inducing Input", TSE 2002) with edits that
 * respect the rules of programs. Every edit removes something, so the reduction ends.
 */
public final class ProgramReducer {
  private static final List<Function<ProgramCase, List<Supplier<ProgramCase>>>> EDITS =
      List.of(
          StatementEdits::windows,
          StatementEdits::withoutAnOutput,
          StatementEdits::cut,
          StatementEdits::bypassed,
          LayoutEdits::of,
          SizeEdits::of,
          InputEdits::of);

  private final Predicate<ProgramCase> fails;
  private int left;

  /** Number of edits after which the program still failed. */
  private int made;

  /**
   * A reducer, used once.
   *
   * @param fails whether a program fails in the same way as the first program
   * @param most the most programs to try
   */
  public ProgramReducer(Predicate<ProgramCase> fails, int most) {
    this.fails = fails;
    this.left = most;
  }

  /** The smallest program found. */
  public ProgramCase reduce(ProgramCase failing) {
    ProgramCase best = failing;
    int before;
    do {
      before = made;
      for (Function<ProgramCase, List<Supplier<ProgramCase>>> edits : EDITS) {
        best = greedy(best, edits);
      }
    } while (made > before && left > 0);
    return best;
  }

  private ProgramCase greedy(
      ProgramCase failing, Function<ProgramCase, List<Supplier<ProgramCase>>> edits) {
    ProgramCase best = failing;
    List<Supplier<ProgramCase>> smaller = edits.apply(best);
    int next = 0;
    while (next < smaller.size() && left > 0) {
      Optional<ProgramCase> tried = failing(smaller.get(next));
      if (tried.isPresent()) {
        best = tried.get();
        made++;
        // The next edit has moved to this place.
        smaller = edits.apply(best);
      } else {
        next++;
      }
    }
    return best;
  }

  private Optional<ProgramCase> failing(Supplier<ProgramCase> edit) {
    ProgramCase smaller;
    try {
      smaller = edit.get();
    } catch (IllegalArgumentException _) {
      // The edit does not fit this program.
      return Optional.empty();
    }
    left--;
    return fails.test(smaller) ? Optional.of(smaller) : Optional.empty();
  }
}
