package io.github.shardsum.internal.local.run;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * A program lowered to steps. Immutable and thread-safe; a run writes to its own workspace.
 *
 * @param name the program's name
 * @param locations the location of each value, by its number; absent for values that are never
 *     stored
 * @param steps the steps in order
 * @param memory places of the buffers
 * @param routings routing tensors of the workspace
 * @param nested plans of loops' bodies
 * @param biased einsums that each workspace compiles
 * @param packedBytes bytes into which a thread packs blocks of operands, the most of any step
 * @param blocks blocks of a thread in which chains of pointwise operations run
 * @param notes remarks for a reader of the plan
 */
public record LocalPlan(
    String name,
    List<Optional<ValueMemory>> locations,
    List<LocalStep> steps,
    MemoryPlan memory,
    List<ValueMemory.Routed> routings,
    List<LocalPlan> nested,
    List<BiasedEinsum> biased,
    long packedBytes,
    BlockCounts blocks,
    List<String> notes) {
  /** Width of the bar of live bytes. */
  private static final int BAR = 20;

  /** The least width of columns, in characters. */
  private static final int KERNEL = 14;

  private static final int LIVE = 14;

  /** Copies the lists. */
  public LocalPlan {
    locations = List.copyOf(locations);
    steps = List.copyOf(steps);
    routings = List.copyOf(routings);
    nested = List.copyOf(nested);
    biased = List.copyOf(biased);
    notes = List.copyOf(notes);
  }

  /** Runs all steps, and measures them if there is a profile. */
  public void run(
      LocalWorkspace workspace,
      Workers workers,
      List<Tensor> inputs,
      List<Tensor> outputs,
      Optional<LocalProfile> profile) {
    LocalRunContext frame = new LocalRunContext(this, workspace, workers, inputs, outputs, profile);
    if (profile.isEmpty()) {
      for (LocalStep step : steps) {
        step.action().run(frame);
      }
      return;
    }
    for (int i = 0; i < steps.size(); i++) {
      long start = System.nanoTime();
      steps.get(i).action().run(frame);
      profile.get().add(i, System.nanoTime() - start);
    }
  }

  /** Bytes of a run, without inputs and outputs. */
  public long bytes() {
    long bytes = memory.bytes();
    for (LocalStep step : steps) {
      bytes += step.ownBytes();
    }
    for (LocalPlan body : nested) {
      bytes += body.bytes();
    }
    return bytes + scratchBytes();
  }

  /** One step runs at a time, so all steps share the largest scratch. */
  public long scratchBytes() {
    return steps.stream().mapToLong(LocalStep::scratchBytes).max().orElse(0);
  }

  /**
   * Arithmetic operations of a run.
   *
   * @return the sum over the steps
   */
  public double flops() {
    return steps.stream().mapToDouble(LocalStep::flops).sum();
  }

  /**
   * Least bytes that a run reads and writes.
   *
   * @return the sum over the steps
   */
  public double traffic() {
    return steps.stream().mapToDouble(LocalStep::bytes).sum();
  }

  /**
   * This plan with another note.
   *
   * @param more the notes
   */
  public LocalPlan withNotes(Collection<String> more) {
    List<String> all = new ArrayList<>(notes);
    all.addAll(more);
    return new LocalPlan(
        name, locations, steps, memory, routings, nested, biased, packedBytes, blocks, all);
  }

  /** The notes of the plan and of loops' bodies, each once. */
  private Set<String> allNotes() {
    Set<String> all = new LinkedHashSet<>(notes);
    nested.forEach(body -> all.addAll(body.allNotes()));
    return all;
  }

  /**
   * Describes the steps of a run.
   *
   * @return memory and FLOPs, the table of the steps, and notes
   */
  public String explain() {
    StringBuilder text = new StringBuilder();
    text.append("local: program ")
        .append(name)
        .append(", at most ")
        .append(bytes())
        .append(" bytes without inputs and outputs, ")
        .append(String.format(Locale.ROOT, "%.3e", flops()))
        .append(" FLOPs\n")
        .append(table());
    allNotes().forEach(note -> text.append("note: ").append(note).append('\n'));
    return text.toString();
  }

  /**
   * The bytes of planned memory in use during each step, without bytes that steps keep outside of
   * it.
   */
  public long[] liveBytes() {
    return memory.liveBytes(steps.size());
  }

  /**
   * The table of the steps.
   *
   * @return a line for each step, with a bar for the live bytes
   */
  private String table() {
    long[] live = liveBytes();
    long most = Math.max(1, Arrays.stream(live).max().orElse(0));
    // A column is as wide as its widest cell, so that none runs into the next.
    int kernel =
        Math.max(KERNEL, steps.stream().mapToInt(step -> step.kernel().length()).max().orElse(0));
    int bytes = Math.max(LIVE, String.format(Locale.ROOT, "%,d", most).length());
    String columns = "  %-" + kernel + "s  %10s  %10s  %" + bytes + "s  %-" + BAR + "s  %s%n";
    StringBuilder text = new StringBuilder();
    text.append("step")
        .append(
            String.format(
                Locale.ROOT, columns, "kernel", "FLOPs", "bytes", "live bytes", "", "what"));
    for (int i = 0; i < steps.size(); i++) {
      LocalStep step = steps.get(i);
      text.append(String.format(Locale.ROOT, "%4d", i))
          .append(
              String.format(
                  Locale.ROOT,
                  columns,
                  step.kernel(),
                  String.format(Locale.ROOT, "%.3e", step.flops()),
                  String.format(Locale.ROOT, "%.3e", step.bytes()),
                  String.format(Locale.ROOT, "%,d", live[i]),
                  "#".repeat((int) (BAR * (double) live[i] / most)),
                  step.detail()));
    }
    for (LocalPlan body : nested) {
      text.append("body of ").append(body.name()).append('\n').append(body.table().indent(2));
    }
    return text.toString();
  }
}
