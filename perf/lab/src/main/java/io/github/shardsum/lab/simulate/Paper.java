package io.github.shardsum.lab.simulate;

import io.github.shardsum.cli.simulate.Assumption;
import io.github.shardsum.cli.simulate.Catalogue;
import io.github.shardsum.cli.simulate.DeviceFamily;
import io.github.shardsum.cli.simulate.Job;
import io.github.shardsum.cli.simulate.Machine;
import io.github.shardsum.cli.simulate.SimulateJobs;
import io.github.shardsum.cli.simulate.SimulatedModelFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The GShard paper's tables 1 and 3 and figure 8 compared with the formulas. */
final class Paper {
  /** FLOP/s of a core, bytes/s of a link and direction, and bytes of the two all-to-alls a core. */
  static final double PEAK = 61.5e12;

  static final double LINK = 82e9;
  static final double EXCHANGED = 8.39e6;
  private static final double PRODUCT_SHARE = 0.84;
  private static final double MEMORY = 450e9;
  private static final double TOKENS = 2048;
  private static final double WIDTH = 1024;
  private static final double HIDDEN = 8192;
  private static final double HEADS = 2048;

  /** Keys that a query of figure 8 attends to; this number alone is fitted to the figure. */
  private static final double KEYS_SEEN = 480;

  private Paper() {}

  /**
   * A row of tables 1 and 3.
   *
   * @param name the name of the model file
   * @param weights the paper's number of weights
   * @param batch tokens of a step
   */
  record Model(
      String name,
      int cores,
      double weights,
      double stepsPerSecond,
      double batch,
      double coreYears,
      double days) {
    /** Days for 10^12 tokens by the paper's own steps a second. */
    double ownDays() {
      return 1e12 / (batch * stepsPerSecond) / 86_400;
    }

    double ownCoreYears() {
      return ownDays() * cores / 365;
    }

    Job job() {
      SimulatedModelFile file = Catalogue.open().exact(name).orElseThrow();
      DeviceFamily family = DeviceFamily.named("v3");
      Machine machine = Machine.cubic(family, cores, 1, family.perChip());
      return SimulateJobs.job(file, machine, file.layout(), 0);
    }
  }

  static final List<Model> MODELS =
      List.of(
          new Model("gshard-600b", 2048, 600e9, 0.72, 4e6, 22.4, 4.0),
          new Model("gshard-200b", 2048, 200e9, 2.15, 4e6, 7.5, 1.4),
          new Model("gshard-150b", 512, 150e9, 1.05, 1e6, 15.5, 11.0),
          new Model("gshard-50b", 512, 50e9, 3.28, 1e6, 4.9, 3.5),
          new Model("gshard-37b", 128, 37e9, 0.67, 1e6, 6.1, 17.3),
          new Model("gshard-12b", 128, 12.5e9, 2.16, 1e6, 1.9, 5.4));

  /**
   * A bar of figure 8 in microseconds.
   *
   * @param roofline the paper's roofline
   * @param measured the paper's measurement
   * @param ours the result of our formula
   */
  record Bar(String name, int experts, double roofline, double measured, double ours) {
    double residual() {
      return ours - roofline;
    }

    /**
     * The measured bar by one calibration: products at 0.84 of peak, attention at 0.5, dispatch as
     * the two all-to-alls of figure 9.
     */
    double calibrated() {
      return switch (name) {
        case "attention" -> ours / Assumption.ATTENTION.value();
        case "dispatch and combine" -> 2 * (experts == 128 ? 732 : experts == 512 ? 1294 : 2359);
        default -> ours / PRODUCT_SHARE;
      };
    }
  }

  /**
   * The prefix sum of positions, a bar without a roofline.
   *
   * @param measured the paper's measurement
   */
  record Scan(int experts, double measured) {
    /**
     * One pass over [tokens, experts] in f32, read and written, for each bit of the number of
     * tokens.
     */
    double calibrated() {
      return 11 * 2 * TOKENS * experts * 4 / (Machine.ATTAINED * MEMORY) * 1e6;
    }
  }

  static final List<Scan> SCANS =
      List.of(new Scan(128, 65), new Scan(512, 328), new Scan(2048, 1179));

  /** All bars of figure 8 with a roofline. */
  static List<Bar> bars() {
    List<Bar> bars = new ArrayList<>();
    double[] gates = {590, 590, 721};
    double[] gatesMeasured = {721, 721, 1507};
    double[] dispatch = {589, 1244, 1638};
    double[] dispatchMeasured = {1245, 3013, 4782};
    double[] experts = {2489, 2424, 2424};
    List<Integer> counts = List.of(128, 512, 2048);
    for (int i = 0; i < counts.size(); i++) {
      int count = Objects.requireNonNull(counts.get(i));
      bars.add(new Bar("projections", count, 1114, 1310, projections()));
      bars.add(new Bar("feed-forward", count, 1114, 1507, micros(2 * 2 * WIDTH * HIDDEN)));
      bars.add(new Bar("attention", count, 262, 524, micros(2 * 2 * 2 * KEYS_SEEN * HEADS)));
      bars.add(new Bar("gate einsums", count, gates[i], gatesMeasured[i], gates(count)));
      bars.add(
          new Bar("dispatch and combine", count, dispatch[i], dispatchMeasured[i], moved(count)));
      bars.add(new Bar("experts", count, 2293, experts[i], micros(2 * 2 * 2 * WIDTH * HIDDEN)));
    }
    return List.copyOf(bars);
  }

  /** Four projections of each of the two layers. */
  private static double projections() {
    return micros(2 * 4 * 2 * WIDTH * HEADS);
  }

  /** Gates, and two einsums with a mask whose slots are twice the tokens of a group. */
  private static double gates(int experts) {
    return micros(2 * WIDTH * experts + 2 * 2 * (2 * TOKENS) * WIDTH);
  }

  /** Mean load of the links: a mesh up to 16x16 chips, a torus of 32x32. */
  private static double moved(int experts) {
    double side = Math.sqrt(experts / 2.0);
    double load = side < 32 ? (side + 1) / 3 : side / 4;
    return 2 * load * EXCHANGED / LINK * 1e6;
  }

  /**
   * Steps a second by the measured bars of figure 8: three or four passes over all pairs of layers.
   */
  static double stepsByBars(Job job, int experts) {
    double scan =
        SCANS.stream().filter(each -> each.experts() == experts).mapToDouble(Scan::measured).sum();
    double bars =
        scan
            + bars().stream()
                .filter(each -> each.experts() == experts)
                .mapToDouble(Bar::measured)
                .sum();
    double pairs = job.model().layers() / 2.0 * job.tokensPerDevice() / TOKENS;
    return 1e6 / (bars * pairs * (3 + job.rematerialise()));
  }

  private static double micros(double flopsOfToken) {
    return TOKENS * flopsOfToken / PEAK * 1e6;
  }
}
