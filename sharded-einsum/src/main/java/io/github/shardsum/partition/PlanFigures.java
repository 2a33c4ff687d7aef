package io.github.shardsum.partition;

import java.util.List;
import java.util.Optional;

/**
 * The figures of a plan, which its table, its JSON, its page and its traces show.
 *
 * @param steps figures of each step
 * @param elementsReceived elements that the busiest device receives in all steps
 * @param flops floating-point operations of the largest device
 * @param price sum of the steps' prices; if the plan starts transfers, the end of the timeline
 * @param isTimed whether prices are in seconds on a network; otherwise they are in elements, where
 *     a multiply-add counts as a fraction of an element
 * @param peakElements the most elements that the largest device holds
 * @param peakBytes the most bytes that the largest device holds
 */
public record PlanFigures(
    List<Step> steps,
    long elementsReceived,
    double flops,
    double price,
    boolean isTimed,
    long peakElements,
    long peakBytes) {
  /** Copies the list. */
  public PlanFigures {
    steps = List.copyOf(steps);
  }

  /**
   * Figures of a step.
   *
   * @param group name of the program's value that the step serves
   * @param text the op with its labels, axes or equation
   * @param values names of operands and results, and their local shapes on the largest device
   * @param localShapes local shapes alone, before and after
   * @param elementsReceived elements that the busiest device receives
   * @param bytesReceived bytes that the busiest device receives
   * @param bytesSent bytes that the busiest device sends: in a ring as many as it receives, in an
   *     exchange the part of its block that other devices need
   * @param lowerBound bytes that a device must receive for its new block, by any sequence of
   *     collectives
   * @param flops floating-point operations of the largest device
   * @param price cost of the step
   * @param schedule the step's times; none if the plan starts no transfer
   * @param heldBytes bytes that the largest device holds while the step runs
   * @param parts the communicating parts of a composite with its own partition
   * @param cause reason of the step
   * @param runnerUp the best alternative that was not taken
   * @param rounds number of rounds of a loop; 1 for other steps
   * @param body figures of one round of a loop; otherwise empty
   */
  public record Step(
      String group,
      String text,
      String values,
      String localShapes,
      long elementsReceived,
      long bytesReceived,
      long bytesSent,
      long lowerBound,
      double flops,
      double price,
      Optional<Schedule> schedule,
      long heldBytes,
      List<Part> parts,
      String cause,
      Optional<Origin.Alternative> runnerUp,
      long rounds,
      List<Step> body) {
    /** Copies the lists. */
    public Step {
      parts = List.copyOf(parts);
      body = List.copyOf(body);
    }
  }

  /**
   * The times of a step in the unit of prices; times in a loop's body begin at 0 in each round.
   *
   * @param begin the time at which the step begins; for a start, the time at which its transfer
   *     begins
   * @param end the time at which the step ends; for a start, the time at which its transfer ends
   * @param exposed the time that devices wait in the step; 0 for steps other than awaits
   * @param isTransfer whether the step uses the links: a collective or a start; other steps compute
   *     or wait
   */
  public record Schedule(double begin, double end, double exposed, boolean isTransfer) {}

  /**
   * A part of a composite that communicates.
   *
   * @param name its name, such as {@code rows}
   * @param bytesReceived bytes that the busiest device receives if rows are spread evenly
   * @param mostBytesReceived bytes that it receives at the bound of received rows
   * @param price its cost
   */
  public record Part(String name, long bytesReceived, long mostBytesReceived, double price) {}
}
