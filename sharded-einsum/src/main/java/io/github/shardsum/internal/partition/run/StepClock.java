package io.github.shardsum.internal.partition.run;

import io.github.shardsum.partition.StepSpan;
import java.util.ArrayList;
import java.util.List;

/**
 * Records when devices of this process run the stages of a plan. In a superstep each device belongs
 * to one thread, and a superstep ends before the next begins, so devices share nothing here.
 */
final class StepClock {
  private final List<Integer> devices;
  private final long[] begun;
  private final List<List<StepSpan>> spans = new ArrayList<>();

  StepClock(List<Integer> devices) {
    this.devices = devices;
    this.begun = new long[devices.size()];
    devices.forEach(_ -> spans.add(new ArrayList<>()));
  }

  void begin(int device) {
    begun[device] = System.nanoTime();
  }

  void end(int device, String name, List<Integer> steps, List<Integer> within) {
    spans
        .get(device)
        .add(
            new StepSpan(
                name, steps, within, devices.get(device), begun[device], System.nanoTime()));
  }

  void clear() {
    spans.forEach(List::clear);
  }

  /** The spans of the last run, one device after another, each in order. */
  List<StepSpan> all() {
    return spans.stream().flatMap(List::stream).toList();
  }
}
