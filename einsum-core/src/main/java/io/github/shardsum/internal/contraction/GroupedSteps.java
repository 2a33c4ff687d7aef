package io.github.shardsum.internal.contraction;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.selection.KernelSelection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Matrix products over groups of neighbouring rows, each group with a matrix of its own: the
 * kernels of a step, chosen for each group by its size.
 *
 * <p>Groups that are large for the number of threads run one after another, each divided among the
 * threads; the others run side by side. Neither way changes the bits of results.
 */
public final class GroupedSteps {
  /** The array of an operand or the result, and its strides along a group, a row, k and n. */
  public record Side(ArrayRef slot, long group, long row, long k, long n) {
    private ArrayRef at(long group, long row) {
      return slot.plus(group * this.group + row * this.row);
    }
  }

  /** One group: rows {@code [from, from + rows)}. */
  private record Group(int index, long from, long rows) {}

  private final StepPlanner planner;
  private final Workers workers;
  private final long[] sizes;
  private final int leaf;

  /**
   * Products over groups.
   *
   * @param type the type of the computation
   * @param sizes rows of each group
   * @param leaf number of terms of a leaf in the tree of sums, 0 for any order
   */
  public GroupedSteps(ComputeType type, long[] sizes, Workers workers, int leaf) {
    this.planner = new StepPlanner(KernelSelection.best(), type);
    this.sizes = sizes.clone();
    this.leaf = type == ComputeType.LONG ? 0 : leaf;
    this.workers = workers;
  }

  /**
   * out [row, n] = sum over k of x [row, k] * w [group, k, n]. The bits of a row do not depend on
   * the number of rows of its group.
   *
   * @param biasN stride of the bias along n
   * @param biasGroup stride of the bias along groups
   */
  public void rows(
      Side out, Side x, Side w, long k, long n, ResultScaling finish, long biasGroup, long biasN) {
    eachGroup(
        group -> {
          List<StepLabel> labels =
              List.of(
                  new StepLabel(group.rows(), true, true, false, strides(out.row, x.row, 0, 0)),
                  new StepLabel(k, false, true, true, strides(0, x.k, w.k, 0)),
                  new StepLabel(n, true, false, true, strides(out.n, 0, w.n, biasN)));
          ResultScaling own = finish.movedBy(group.from(), group.index() * biasGroup);
          run(
              leaf > 0 ? planner.tree(labels, true, leaf) : planner.rows(labels),
              out.at(0, group.from()),
              x.at(0, group.from()),
              w.at(group.index(), 0),
              own);
        });
  }

  /**
   * Bytes into which a thread packs blocks of a group's operands, all in C order.
   *
   * @param type the type of the computation
   * @param rows number of rows of the group
   * @param k number of columns of its rows
   * @param n number of columns of the result's rows
   * @return the larger number of {@link #rows} and {@link #weights}, on one thread
   */
  public static long packedBytes(ComputeType type, long rows, long k, long n) {
    StepPlanner planner = new StepPlanner(KernelSelection.best(), type);
    List<StepLabel> byRows =
        List.of(
            new StepLabel(rows, true, true, false, strides(n, k, 0, 0)),
            new StepLabel(k, false, true, true, strides(0, 1, n, 0)),
            new StepLabel(n, true, false, true, strides(1, 0, 1, 0)));
    List<StepLabel> byWeights =
        List.of(
            new StepLabel(rows, false, true, true, strides(0, k, n, 0)),
            new StepLabel(k, true, true, false, strides(n, 1, 0, 0)),
            new StepLabel(n, true, false, true, strides(1, 0, 1, 0)));
    return Math.max(
        planner.rows(byRows).kernel().packedBytes(1),
        planner.binary(byWeights).kernel().packedBytes(1));
  }

  /** out [group, k, n] = sum over the group's rows of x [row, k] * y [row, n]. */
  public void weights(Side out, Side x, Side y, long k, long n, ResultScaling finish) {
    eachGroup(
        group -> {
          List<StepLabel> labels = ofWeights(group, out, x, y, k, n);
          weights(
              leaf > 0 ? planner.tree(labels, true, leaf) : planner.binary(labels),
              group,
              out,
              x,
              y,
              finish);
        });
  }

  /**
   * Such products with the parts of each group's rows as the leaves of the group's sum.
   *
   * @param parts the rows of each group's parts
   */
  public void weights(Side out, Side x, Side y, long k, long n, List<int[]> parts) {
    eachGroup(
        group -> {
          StepPlanner.Choice choice =
              planner.tree(ofWeights(group, out, x, y, k, n), parts.get(group.index()));
          weights(choice, group, out, x, y, ResultScaling.PLAIN);
        });
  }

  private static List<StepLabel> ofWeights(Group group, Side out, Side x, Side y, long k, long n) {
    return List.of(
        new StepLabel(group.rows(), false, true, true, strides(0, x.row, y.row, 0)),
        new StepLabel(k, true, true, false, strides(out.k, x.k, 0, 0)),
        new StepLabel(n, true, false, true, strides(out.n, 0, y.n, 0)));
  }

  private void weights(
      StepPlanner.Choice choice, Group group, Side out, Side x, Side y, ResultScaling finish) {
    long row = group.from();
    run(choice, out.at(group.index(), 0), x.at(0, row), y.at(0, row), finish);
  }

  private static long[] strides(long out, long left, long right, long bias) {
    return new long[] {out, left, right, bias};
  }

  private void run(
      StepPlanner.Choice choice,
      ArrayRef out,
      ArrayRef left,
      ArrayRef right,
      ResultScaling finish) {
    ArrayRef first = choice.swapped() ? right : left;
    ArrayRef second = choice.swapped() ? left : right;
    choice.kernel().run(out, first, second, finish, workers);
  }

  private interface Body {
    void run(Group group);
  }

  private void eachGroup(Body body) {
    List<Group> groups = new ArrayList<>();
    long from = 0;
    for (int index = 0; index < sizes.length; index++) {
      if (sizes[index] > 0) {
        groups.add(new Group(index, from, sizes[index]));
      }
      from += sizes[index];
    }
    // The longest tasks come first, so that the last task to end is a short one.
    groups.sort(Comparator.comparingLong(Group::rows).reversed());
    long large = Arrays.stream(sizes).sum() / (2L * workers.parallelism());
    int alone = 0;
    while (workers.parallelism() > 1 && alone < groups.size() && groups.get(alone).rows() > large) {
      body.run(groups.get(alone++));
    }
    List<Group> rest = groups.subList(alone, groups.size());
    workers.run(rest.size(), (task, _) -> body.run(rest.get(task)));
  }
}
