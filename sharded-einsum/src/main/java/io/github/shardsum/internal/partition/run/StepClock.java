package io.github.shardsum.internal.partition.run;

import io.github.shardsum.partition.StepSpan;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * Records the times at which devices of this process run the stages of a plan. In a superstep each
 * device belongs to one thread, and a superstep ends before the next one begins, so threads share
 * no data here.
 */
final class StepClock {
  private final List<Integer> devices;
  private final long[] begun;
  private final List<List<StepSpan>> spans = new ArrayList<>();
  private List<StepSpan> before = List.of();

  StepClock(List<Integer> devices) {
    this.devices = devices;
    this.begun = new long[devices.size()];
    devices.forEach(_ -> spans.add(new ArrayList<>()));
  }

  void begin(int device) {
    begun[device] = System.nanoTime();
  }

  void end(int device, Timed of, SegmentWork work) {
    spans
        .get(device)
        .add(
            new StepSpan(
                of.name,
                of.steps,
                of.within,
                of.part,
                of.rest,
                devices.get(device),
                begun[device],
                System.nanoTime(),
                work.flops(),
                work.bytes()));
  }

  /** Steps that are timed together, or a part of a step. */
  record Timed(
      String name, List<Integer> steps, List<Integer> within, OptionalInt part, boolean rest) {
    Timed(String name, List<Integer> steps, List<Integer> within) {
      this(name, steps, within, OptionalInt.empty(), false);
    }

    Timed part(String ofPart, int number) {
      return new Timed(ofPart, steps, within, OptionalInt.of(number), false);
    }

    /** The rest of a transfer, after the simultaneous computation has ended. */
    Timed rest(String ofTransfer, int number) {
      return new Timed(ofTransfer, steps, within, OptionalInt.of(number), true);
    }
  }

  /** Begins another run. */
  void next() {
    before = all();
    spans.forEach(List::clear);
  }

  /** The spans of the run before the last. */
  List<StepSpan> before() {
    return before;
  }

  /** The spans of the last run, one device after another, each in order. */
  List<StepSpan> all() {
    return spans.stream().flatMap(List::stream).toList();
  }
}
