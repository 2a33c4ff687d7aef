package io.github.shardsum.internal.testkit;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.testkit.ProgramCase;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Makes a failing program smaller while it still fails: the greedy reduction of Zeller and
 * Hildebrandt ("Simplifying and Isolating Failure-Inducing Input", TSE 2002) with edits that
 * respect the rules of programs. The number of edits is limited, so the reduction ends.
 */
public final class ProgramReducer {
  private final Predicate<ProgramCase> fails;
  private final List<Function<ProgramCase, List<Supplier<ProgramCase>>>> edits;
  private int left;

  /** Number of edits after which the program still failed. */
  private int made;

  /**
   * A reducer, used once.
   *
   * @param fails whether a program fails in the same way as the first program
   * @param mesh the mesh that layouts name
   * @param most the most programs to try
   */
  public ProgramReducer(Predicate<ProgramCase> fails, Mesh mesh, int most) {
    this.fails = fails;
    this.edits =
        List.of(
            StatementEdits::windows,
            StatementEdits::withoutAnOutput,
            StatementEdits::cut,
            StatementEdits::bypassed,
            LayoutEdits::of,
            from -> SizeEdits.of(from, mesh),
            InputEdits::of);
    this.left = most;
  }

  /** The smallest program found. */
  public ProgramCase reduce(ProgramCase failing) {
    ProgramCase best = failing;
    int before;
    do {
      before = made;
      for (Function<ProgramCase, List<Supplier<ProgramCase>>> kind : edits) {
        best = greedy(best, kind);
      }
    } while (made > before && left > 0);
    return best;
  }

  private ProgramCase greedy(
      ProgramCase failing, Function<ProgramCase, List<Supplier<ProgramCase>>> kind) {
    ProgramCase best = failing;
    List<Supplier<ProgramCase>> smaller = kind.apply(best);
    int next = 0;
    while (next < smaller.size() && left > 0) {
      Optional<ProgramCase> tried = failing(smaller.get(next));
      if (tried.isPresent()) {
        best = tried.get();
        made++;
        // The next edit has moved to this place.
        smaller = kind.apply(best);
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
