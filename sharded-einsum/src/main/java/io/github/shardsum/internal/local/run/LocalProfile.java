package io.github.shardsum.internal.local.run;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;

/** Times of a plan's steps, and of the steps of its loops' bodies. Thread-safe. */
public final class LocalProfile {
  private final LocalPlan plan;
  private final AtomicLongArray calls;
  private final AtomicLongArray nanoseconds;
  private final List<LocalProfile> nested;

  /**
   * A step and its time.
   *
   * @param program the program whose step it is
   * @param kernel the kernel that ran
   * @param detail its operands
   * @param results names of the values that it wrote
   * @param calls how often it ran
   * @param nanoseconds time of all calls
   */
  public record Entry(
      String program,
      String kernel,
      String detail,
      List<String> results,
      long calls,
      long nanoseconds) {
    /** Copies the list. */
    public Entry {
      results = List.copyOf(results);
    }
  }

  /**
   * A profile without times.
   *
   * @param plan the plan whose steps are timed
   */
  public LocalProfile(LocalPlan plan) {
    this.plan = plan;
    this.calls = new AtomicLongArray(plan.steps().size());
    this.nanoseconds = new AtomicLongArray(plan.steps().size());
    this.nested = plan.nested().stream().map(LocalProfile::new).toList();
  }

  public void add(int step, long time) {
    calls.getAndIncrement(step);
    nanoseconds.getAndAdd(step, time);
  }

  public LocalProfile nested(int index) {
    return nested.get(index);
  }

  /**
   * Times so far.
   *
   * @return an entry for each step in order, entries of loops' bodies last
   */
  public List<Entry> entries() {
    List<Entry> entries = new ArrayList<>();
    addTo(entries);
    return List.copyOf(entries);
  }

  private void addTo(List<Entry> entries) {
    for (int i = 0; i < calls.length(); i++) {
      LocalStep step = plan.steps().get(i);
      entries.add(
          new Entry(
              plan.name(),
              step.kernel(),
              step.detail(),
              step.results(),
              calls.get(i),
              nanoseconds.get(i)));
    }
    nested.forEach(body -> body.addTo(entries));
  }
}
