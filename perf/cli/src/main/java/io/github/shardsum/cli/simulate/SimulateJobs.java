package io.github.shardsum.cli.simulate;

import static io.github.shardsum.measure.Texts.format;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Makes a job from a model, a network and the command line. */
public final class SimulateJobs {
  private SimulateJobs() {}

  /**
   * A job.
   *
   * @param layout the requested layout; if it is absent, all weights are split over a slice, and
   *     slices hold copies
   * @param batch sequences of a step, 0 for the model's own
   * @throws SimulatedLayoutException if the axes do not make up the devices
   * @throws IllegalArgumentException if the batch or the sequence is not known
   */
  public static Job job(
      SimulatedModelFile file, Machine machine, Optional<AxisSizes> layout, long batch) {
    return job(file, machine, layout, batch, List.of());
  }

  /**
   * A job of a known model on any number of devices: its own layout, copies of that layout if they
   * make up the devices, or the layout that {@link #job} has without a requested layout.
   *
   * @param batch sequences of a step, 0 for the model's own
   */
  public static Job known(SimulatedModelFile file, Machine machine, long batch) {
    Optional<AxisSizes> own = file.layout();
    long devices = own.map(AxisSizes::devices).orElse(machine.devices());
    if (devices == machine.devices()) {
      return job(file, machine, own, batch);
    }
    Optional<AxisSizes> copies =
        own.filter(_ -> machine.devices() % devices == 0)
            .map(one -> one.withData(Math.toIntExact(one.data() * (machine.devices() / devices))))
            .filter(one -> one.data() % machine.slices() == 0);
    String rest = copies.isPresent() ? ", copied along data; affects collectives" : "";
    String assumption = format("the model's own layout is one of %d devices%s", devices, rest);
    return job(file, machine, copies, batch, List.of(assumption));
  }

  private static Job job(
      SimulatedModelFile file,
      Machine machine,
      Optional<AxisSizes> layout,
      long batch,
      List<String> given) {
    List<String> assumptions = new ArrayList<>(given);
    AxisSizes chosen =
        layout.orElseGet(
            () -> {
              assumptions.add(
                  "weights split over the devices of a slice (fsdp); affects collectives");
              return AxisSizes.ONE
                  .withFsdp(Math.toIntExact(machine.sliceDevices()))
                  .withData(machine.slices());
            });
    if (chosen.devices() != machine.devices()) {
      throw new SimulatedLayoutException(
          format(
              "layout: axes must make up %d devices, got %s, which are %d",
              machine.devices(), chosen.notation(), chosen.devices()));
    }
    if (machine.slices() > 1 && chosen.data() % machine.slices() != 0) {
      throw new SimulatedLayoutException(
          format(
              "layout: data must be a multiple of the %d slices, got %d",
              machine.slices(), chosen.data()));
    }
    long sequences = batch > 0 ? batch : file.batch();
    if (sequences == 0 || file.sequence() == 0) {
      throw new IllegalArgumentException(
          file.model().name()
              + ": must have a sequence and a batch, in the file or by --batch and --sequence");
    }
    if (!file.rematerialiseSaid()) {
      assumptions.add("the whole forward pass is rematerialised; affects all products");
    }
    return new Job(
        file.model(),
        machine,
        chosen,
        file.sequence(),
        sequences,
        file.precision(),
        file.rematerialise(),
        file.overlap(),
        1,
        !machine.family().gpu(),
        file.momentBytes(),
        List.copyOf(assumptions));
  }
}
