package io.github.shardsum.internal.assign;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;

/**
 * One or two searches on separate threads, which differ only in their random numbers. After equal
 * amounts of work both continue from the better choice, so that the answer does not depend on the
 * speed of the threads.
 */
final class SearchPair {
  private static final int ROUNDS = 12;
  private static final int STARTS = 8;

  /** If prices of memory move, chains of moves get one part in this many of the work. */
  private static final int CHAINS = 8;

  private final SolverEffort effort;
  private final double[] price;
  private final List<TreeMoveSearch> searches = new ArrayList<>();
  private final List<SolverEffort> efforts = new ArrayList<>();

  /**
   * Begins without a choice.
   *
   * @param effort counts the work of one of the threads
   * @param seed the seed of all random numbers
   */
  SearchPair(ReducedProblem model, SolverEffort effort, long seed, double[] price, int threads) {
    this.effort = effort;
    this.price = price;
    for (int thread = 0; thread < threads; thread++) {
      SolverEffort own = effort.another();
      efforts.add(own);
      searches.add(new TreeMoveSearch(model, own, 2 * seed + thread, price));
    }
  }

  /** The best feasible choice, empty if there is none. */
  int[] best() {
    return better().best();
  }

  private TreeMoveSearch better() {
    TreeMoveSearch better = searches.getFirst();
    for (TreeMoveSearch search : searches) {
      better = search.bestCost() < better.bestCost() ? search : better;
    }
    return better;
  }

  boolean isFound() {
    return best().length > 0;
  }

  void startFrom(int[] choice) {
    searches.forEach(search -> search.startFrom(choice));
  }

  /**
   * Looks for a feasible choice.
   *
   * @param starts choices that may break the limit
   * @param until work at which to end if there is none
   */
  void find(List<int[]> starts, long until) {
    long each = Math.max(1, (until - effort.done()) / STARTS);
    for (int attempt = 0; attempt < STARTS && effort.done() < until; attempt++) {
      int number = attempt;
      boolean isSecondTry = attempt >= (starts.size() + searches.size() - 1) / searches.size();
      if (isFound() && isSecondTry) {
        break;
      }
      together(
          search -> {
            int index = number * searches.size() + searches.indexOf(search);
            int[] start = starts.get(index % starts.size());
            double factor = 1 << Math.min(20, index / starts.size());
            search.find(start, price, factor, each);
          });
    }
    if (isFound()) {
      startFrom(best());
    }
  }

  /**
   * Searches from the best choices until the total work reaches {@code until}.
   *
   * @param moves whether prices of memory move for most of the work, in each thread separately
   */
  void search(long until, boolean moves) {
    if (moves) {
      long share = (until - effort.done()) / CHAINS * (CHAINS - 1);
      together(search -> search.descend(share));
      startFrom(best());
    }
    long round = Math.max(1, (until - effort.done()) / ROUNDS);
    while (effort.done() < until && !effort.isSpent()) {
      together(search -> search.search(round));
      TreeMoveSearch better = better();
      for (TreeMoveSearch search : searches) {
        if (search.bestCost() > better.bestCost()) {
          search.startFrom(better.best());
        }
      }
    }
  }

  private void together(Consumer<TreeMoveSearch> part) {
    long before = 0;
    for (SolverEffort own : efforts) {
      before = Math.max(before, own.done());
    }
    if (searches.size() == 1) {
      part.accept(searches.getFirst());
    } else {
      FutureTask<Boolean> other = new FutureTask<>(() -> part.accept(searches.getLast()), true);
      Thread.ofPlatform().daemon().name("assign").start(other);
      part.accept(searches.getFirst());
      join(other);
    }
    long after = 0;
    for (SolverEffort own : efforts) {
      after = Math.max(after, own.done());
    }
    for (SolverEffort own : efforts) {
      own.add(after - own.done());
    }
    effort.add(after - before);
    efforts.forEach(effort::stopWith);
  }

  private static void join(FutureTask<Boolean> task) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          task.get();
          return;
        } catch (InterruptedException again) {
          interrupted = true;
        } catch (ExecutionException failed) {
          throw new IllegalStateException("a search failed", failed.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
