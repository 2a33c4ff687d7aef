package io.github.shardsum.topology;

import java.util.List;

/**
 * Link loads of whole topologies as formulas, the oracle of the link-level model. s is the bytes of
 * a device's operand times the devices of a chip, n the chips along an axis.
 */
final class ClosedForms {
  private ClosedForms() {}

  /** The middle link of a line, any link of a ring, a chip's link to the switch. */
  static double allToAllLargest(Interconnect interconnect, int n, double s) {
    return switch (interconnect) {
      case LINE -> Math.floor(n / 2.0) * Math.ceil(n / 2.0) * s / n;
      case RING -> n % 2 == 0 ? n * s / 8 : (n * n - 1) * s / (8.0 * n);
      case SWITCH, BUS -> (n - 1) * s / n * (interconnect == Interconnect.BUS ? n : 1);
    };
  }

  /** The mean distance over the links: (n + 1) / 3 times a core's bytes on the paper's meshes. */
  static double allToAllMean(Interconnect interconnect, int n, double s) {
    return interconnect == Interconnect.LINE
        ? (n + 1) * s / 6
        : allToAllLargest(interconnect, n, s);
  }

  /** One axis: every piece passes the middle of a ring by halves, the ends of a line whole. */
  static double gatherLargest(Interconnect interconnect, int n, double s) {
    return switch (interconnect) {
      case RING -> (n - 1) * s / 2;
      case LINE, SWITCH -> (n - 1) * s;
      case BUS -> n * s;
    };
  }

  /** Several axes: the sum over steps of the busiest axis of each. */
  static double gatherLargest(Interconnect interconnect, List<Integer> sizes, double s) {
    int count = sizes.size();
    double sum = 0;
    for (int step = 0; step < count; step++) {
      double largest = 0;
      for (int part = 0; part < count; part++) {
        double held = s / count;
        for (int before = 0; before < step; before++) {
          held *= sizes.get((part + before) % count);
        }
        int n = sizes.get((part + step) % count);
        largest = Math.max(largest, gatherLargest(interconnect, n, held));
      }
      sum += largest;
    }
    return sum;
  }
}
