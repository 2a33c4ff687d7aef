package io.github.shardsum.internal.assign;

import java.util.Arrays;

/**
 * The Lagrangian dual: memory has a price at each point, and messages along edges bound all other
 * costs from below (sequential tree-reweighted message passing). Prices move along smoothed
 * subgradients, in steps of Polyak's length.
 */
final class Dual {
  private static final double SMOOTH = 0.7;
  private static final double STEP = 0.3;
  private static final double SHRINK = 0.7;
  private static final int PATIENCE = 20;
  private static final double GAP = 0.2;
  private static final int MANY_NODES = 1000;

  private static final double LEAST_NORM = 0.01;

  private final ReducedProblem model;
  private final SolverEffort effort;
  private final double[] scale;
  private double[] price;
  private double[] memory;

  /** Messages to the strategies of an edge's ends. */
  private double[] message;

  private final double[] smooth;
  private double best = Double.NEGATIVE_INFINITY;
  private double[] bestPrice;
  private double[] bestMessage;
  private int[] rounded;
  private double step = 1;
  private boolean isFirst = true;
  private int since;
  private final double[] theta;
  private final double[] row;

  Dual(ReducedProblem model, SolverEffort effort, double[] price) {
    this(model, effort, price, new double[model.vectorLength]);
  }

  /** Begins with the prices and messages of another dual of the same edges and points. */
  Dual(ReducedProblem model, SolverEffort effort, double[] price, double[] messages) {
    this.model = model;
    this.effort = effort;
    this.price = price.clone();
    this.memory = model.memoryCosts(price);
    this.message = messages.clone();
    this.smooth = new double[model.points];
    this.bestPrice = price.clone();
    this.bestMessage = message.clone();
    this.rounded = new int[model.nodes];
    this.theta = new double[model.offset[model.nodes]];
    int widest = 0;
    for (int node = 0; node < model.nodes; node++) {
      widest = Math.max(widest, model.size(node));
    }
    this.row = new double[widest];
    long most = 1;
    for (long limit : model.limit) {
      most = Math.max(most, limit);
    }
    scale = new double[model.points];
    for (int point = 0; point < model.points; point++) {
      scale[point] = Math.max(model.limit[point], 0.05 * most);
    }
  }

  double[] price() {
    return bestPrice;
  }

  double[] messages() {
    return bestMessage;
  }

  /** The choice to which the last iteration was rounded; it may break the limit. */
  int[] rounded() {
    return rounded;
  }

  double bound() {
    return best;
  }

  /** Whether steps have become so short that further iterations would hardly raise the bound. */
  boolean isDone() {
    return step < (model.nodes < MANY_NODES ? 1e-3 : 2e-4);
  }

  /**
   * Takes one step.
   *
   * @param upper cost of the best solution known, infinite if there is none
   */
  void iterate(double upper) {
    forward();
    double bound = backward();
    effort.add(work());
    for (int point = 0; point < model.points; point++) {
      bound -= price[point] * model.limit[point];
    }
    if (bound > best + 1e-7 * Math.abs(best) || best == Double.NEGATIVE_INFINITY) {
      since = 0;
    } else if (++since >= PATIENCE) {
      step *= SHRINK;
      since = 0;
    }
    if (bound > best) {
      best = bound;
      bestPrice = price.clone();
      System.arraycopy(message, 0, bestMessage, 0, message.length);
    }
    move(bound, upper);
  }

  long work() {
    return 2 * model.entries
        + 4L * model.vectorLength
        + 2L * model.item[model.nodes]
        + 4L * model.points
        + model.nodes;
  }

  private void move(double bound, double upper) {
    long[] usage = model.usage(rounded);
    double norm = 0;
    for (int point = 0; point < model.points; point++) {
      double over = (usage[point] - model.limit[point]) / scale[point];
      smooth[point] = isFirst ? over : SMOOTH * smooth[point] + (1 - SMOOTH) * over;
      if (price[point] > 0 || smooth[point] > 0) {
        norm += smooth[point] * smooth[point];
      }
    }
    if (norm == 0) {
      since++;
      return;
    }
    isFirst = false;
    double whole = Math.abs(best + (double) (model.base >> model.shift));
    double gap = Math.min(Math.max(upper - bound, 1e-5 * whole), GAP * whole + 1);
    double length = step * STEP * gap / Math.max(norm, LEAST_NORM);
    double[] next = new double[model.points];
    for (int point = 0; point < model.points; point++) {
      next[point] = Math.max(0, price[point] + length * smooth[point] / scale[point]);
    }
    price = next;
    memory = model.memoryCosts(price);
  }

  /** Adds up a node's costs, the price of its memory and all messages to it, for each strategy. */
  private void gather(int node) {
    int at = model.offset[node];
    int size = model.size(node);
    for (int strategy = 0; strategy < size; strategy++) {
      theta[at + strategy] = model.costs[at + strategy] + memory[at + strategy];
    }
    for (int i = model.incident[node]; i < model.incident[node + 1]; i++) {
      int from = model.vector(model.edge[i], node);
      for (int strategy = 0; strategy < size; strategy++) {
        theta[at + strategy] += message[from + strategy];
      }
    }
  }

  private double weight(int node) {
    int after = model.incident[node + 1] - model.later[node];
    int before = model.later[node] - model.incident[node];
    return 1.0 / Math.max(1, Math.max(after, before));
  }

  private void forward() {
    for (int node = 0; node < model.nodes; node++) {
      gather(node);
      round(node);
      double weight = weight(node);
      for (int i = model.later[node]; i < model.incident[node + 1]; i++) {
        send(node, model.edge[i], model.other[i], weight);
      }
    }
  }

  /** Chooses a strategy by the choices of earlier nodes and the messages of later nodes. */
  private void round(int node) {
    int at = model.offset[node];
    int size = model.size(node);
    System.arraycopy(theta, at, row, 0, size);
    for (int i = model.incident[node]; i < model.later[node]; i++) {
      int e = model.edge[i];
      double[] rows = model.byFirst[e];
      int from = rounded[model.other[i]] * size;
      int incoming = model.atSecond[e];
      for (int strategy = 0; strategy < size; strategy++) {
        row[strategy] += rows[from + strategy] - message[incoming + strategy];
      }
    }
    int least = 0;
    for (int strategy = 1; strategy < size; strategy++) {
      least = row[strategy] < row[least] ? strategy : least;
    }
    rounded[node] = least;
  }

  private double backward() {
    double bound = 0;
    for (int node = model.nodes - 1; node >= 0; node--) {
      gather(node);
      int at = model.offset[node];
      int size = model.size(node);
      double least = theta[at];
      for (int strategy = 1; strategy < size; strategy++) {
        least = Math.min(least, theta[at + strategy]);
      }
      bound += least;
      for (int strategy = 0; strategy < size; strategy++) {
        theta[at + strategy] -= least;
      }
      double weight = weight(node);
      for (int i = model.incident[node]; i < model.later[node]; i++) {
        bound += send(node, model.edge[i], model.other[i], weight);
      }
    }
    return bound;
  }

  /** Sends a message to an edge's other end, and returns its least entry, which was subtracted. */
  private double send(int node, int e, int to, double weight) {
    int at = model.offset[node];
    int size = model.size(node);
    int width = model.size(to);
    int from = model.vector(e, node);
    int into = model.vector(e, to);
    double[] rows = model.rowsOf(e, node);
    double[] out = row;
    Arrays.fill(out, 0, width, Double.POSITIVE_INFINITY);
    for (int strategy = 0; strategy < size; strategy++) {
      lower(
          out,
          rows,
          strategy * width,
          width,
          weight * theta[at + strategy] - message[from + strategy]);
    }
    double least = out[0];
    for (int of = 1; of < width; of++) {
      least = Math.min(least, out[of]);
    }
    for (int of = 0; of < width; of++) {
      message[into + of] = Math.min(out[of] - least, model.impossible);
    }
    return least;
  }

  /** An element-wise minimum, which the compiler turns into vectors. */
  static void lower(double[] out, double[] rows, int at, int width, double height) {
    for (int of = 0; of < width; of++) {
      out[of] = Math.min(out[of], height + rows[at + of]);
    }
  }
}
