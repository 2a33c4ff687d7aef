package io.github.shardsum.cli.simulate;

import io.github.shardsum.collective.Collectives;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.measure.Stopwatch;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.topology.LinkFit;
import io.github.shardsum.topology.MachineProbe;
import java.util.List;
import java.util.regex.Pattern;

/** This machine as devices that share its cores and its memory, measured here and now. */
final class ThisMachine {
  private static final int SIDE = 768;
  private static final int LONG = 1 << 24;

  private ThisMachine() {}

  /**
   * Measures f32 products, a sum of two long rows and collectives in process; takes seconds.
   *
   * @param devices how many share the machine
   */
  static Machine measured(int devices) {
    Tensor square = Tensor.zeros(DType.F32, Shape.of(SIDE, SIDE));
    Tensor row = Tensor.zeros(DType.F32, Shape.of(LONG));
    double product = Stopwatch.best(() -> Einsum.einsum("ij,jk->ik", square, square));
    double flops = 2.0 * SIDE * SIDE * SIDE / product;
    double bytes = 3.0 * 4 * LONG / Stopwatch.best(() -> Einsum.einsum("i,i->i", row, row));
    double link = devices == 1 ? bytes : bus(devices);
    // Formulas multiply bandwidths by 0.8, which these measured ones already contain.
    DeviceFamily family =
        new DeviceFamily(
            "here",
            Pattern.compile("here"),
            flops / devices,
            1,
            1,
            (double) Runtime.getRuntime().maxMemory() / devices,
            bytes / devices / Machine.ATTAINED,
            link / devices / Machine.ATTAINED,
            0,
            1,
            link / devices / Machine.ATTAINED,
            devices,
            1,
            1,
            1,
            "measured here and now: f32 products, memory and collectives of all devices, shared");
    return new Machine(family, List.of(devices), 1, devices, 1);
  }

  /** Bytes a second of all devices together. */
  private static double bus(int devices) {
    try (Collectives collectives = Collectives.open(Mesh.of("d", devices))) {
      LinkFit fit = MachineProbe.measure(collectives);
      return fit.link().bytesPerSecond();
    }
  }
}
