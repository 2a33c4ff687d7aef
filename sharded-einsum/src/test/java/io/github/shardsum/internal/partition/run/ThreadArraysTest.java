package io.github.shardsum.internal.partition.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.local.run.LocalPlan;
import io.github.shardsum.internal.partition.run.Stages.Stage;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The arrays of a thread, which it keeps from one local program to the next, are counted. */
class ThreadArraysTest {
  /** More than the slots that kernels use. */
  private static final int SLOTS = 64;

  /** Rows that two devices share unevenly, so that each runs a local program of its own. */
  private static final String PRODUCT =
      """
      program product {
        input q: f32[s@x=1001 m=600]
        input w: f32[m=600 n=700]
        y = einsum(q, w) {equation="s m, m n -> s n"}
        output y
      }
      """;

  private static final String SUMS =
      """
      program sums {
        input q: bf16[s@x=5 m=512]
        y = cumulative_sum(q) {label="m", exclusive=false, reverse=false}
        output y
      }
      """;

  /** Two chains: the second has more blocks of f64, the first more of f32 and of integers. */
  private static final String CHAINS =
      """
      program chains {
        input q: f32[s@x=5 m=900]
        input r: f32[s@x=5 m=900]
        t = exp(q)
        above = gt(t, r)
        chosen = select(above, t, r)
        u = reduce_max(chosen) {labels=["m"]}
        v = convert(u) {dtype=f64}
        z = multiply(v, v)
        y = add(z, v)
        output y
      }
      """;

  /** The first product is computed while the operand of the second is gathered. */
  private static final String BEHIND =
      """
      program behind {
        input t: f32[m=600 n@x=700]
        input q: f32[s@x=1024 m=600]
        input w: f32[m=600 n=700]
        all = annotate(t) {layout="m n"}
        a = einsum(q, w) {equation="s m, m n -> s n"}
        y = einsum(q, all) {equation="s m, m n -> s n"}
        output a
        output y
        output all
      }
      """;

  private static SpmdPlan plan(String text, String mesh) {
    PlanOptions options = PlanOptions.defaults().withReplication().withOverlap(true);
    return ProgramPlan.of(Program.parse(text), Mesh.parse(mesh), _ -> false, options).plan();
  }

  private static Stages zeros(SpmdPlan plan, List<Integer> devices, OverlapWorkers behind) {
    Stages stages = Stages.of(plan, devices, _ -> Optional.empty(), behind);
    stages.compile();
    PlanRunFrame frame = stages.frame();
    frame.open(new BufferPlan(stages), false);
    for (int value = 0; value < plan.values().size(); value++) {
      List<Tensor> each = new ArrayList<>();
      for (int i = 0; i < devices.size(); i++) {
        each.add(Tensor.zeros(frame.value(value).dtype(), frame.local(value, i)));
      }
      frame.put(value, each);
    }
    return stages;
  }

  private static List<Segment> segments(Stages stages) {
    List<Segment> all = new ArrayList<>();
    for (Stage stage : stages.all()) {
      if (stage instanceof Stage.Local(Segment segment)) {
        all.add(segment);
      }
    }
    return all;
  }

  private static long bytes(Scratch scratch) {
    long bytes = 0;
    for (int slot = 0; slot < SLOTS; slot++) {
      bytes += (long) Float.BYTES * scratch.floats(slot, 0).length;
      bytes += (long) Double.BYTES * scratch.doubles(slot, 0).length;
      bytes += (long) Long.BYTES * scratch.longs(slot, 0).length;
      bytes += (long) Integer.BYTES * scratch.ints(slot, 0).length;
      bytes += scratch.bytes(slot, 0).length;
    }
    return bytes;
  }

  @Test
  void eachThreadPacksForTheLargestProgram() {
    OverlapWorkers behind = new OverlapWorkers(() -> {});
    Stages stages = zeros(plan(PRODUCT, "x=2"), List.of(0, 1), behind);
    long[] held = held(stages, behind.alone());
    assertTrue(held[0] <= stages.packedBytes(1), () -> held[0] + ", " + stages.packedBytes(1));
    assertTrue(stages.packedBytes(2) >= 2 * stages.packedBytes(1), stages.plan()::toString);
    assertEquals(stages.packedBytes(2), stages.packedBytes(3));
  }

  @Test
  void eachThreadHasRowsForTheLargestProgram() {
    OverlapWorkers behind = new OverlapWorkers(() -> {});
    Stages stages = zeros(plan(SUMS, "x=2"), List.of(0, 1), behind);
    long[] held = held(stages, behind.alone());
    long both = held[0] + held[1];
    assertTrue(both <= stages.workspaces(2), () -> both + ", " + stages.workspaces(2));
    assertTrue(stages.workspaces(2) >= 2 * stages.workspaces(1), stages.plan()::toString);
  }

  /** Chains run in blocks of 512: four of f32, one of bool; one of f32 and three of f64. */
  @Test
  void eachThreadHasTheBlocksOfAllChains() {
    OverlapWorkers behind = new OverlapWorkers(() -> {});
    Stages stages = zeros(plan(CHAINS, "x=2"), List.of(0, 1), behind);
    long[] held = held(stages, behind.alone());
    assertEquals(512L * (4 * Float.BYTES + Byte.BYTES + 3 * Double.BYTES), stages.packedBytes(1));
    assertEquals(stages.packedBytes(1), held[0]);
    assertEquals(2 * stages.packedBytes(1), stages.packedBytes(2));
  }

  /**
   * Bytes of the arrays of two threads: the second took those that were free while the first held
   * its own, as it may whenever both run. Both have run the program of the device with most rows.
   */
  private static long[] held(Stages stages, Workers alone) {
    List<Segment> segments = segments(stages);
    assertEquals(1, segments.size());
    assertEquals(2, segments.getFirst().users().size());
    segments.getFirst().run(0);
    alone.run(1, (_, _) -> segments.getFirst().run(0));
    long[] held = new long[2];
    alone.run(
        1,
        (_, one) ->
            alone.run(
                1,
                (_, two) -> {
                  held[0] = bytes(one);
                  held[1] = bytes(two);
                }));
    assertEquals(held[0], held[1]);
    assertTrue(held[0] > 0);
    return held;
  }

  /** Kernels behind a transfer are cut in tasks, and pack into arrays of their own. */
  @Test
  void programsBehindTransfersHaveTheirOwnArrays() {
    AtomicInteger calls = new AtomicInteger();
    OverlapWorkers behind = new OverlapWorkers(calls::incrementAndGet);
    Stages stages = zeros(plan(BEHIND, "x=4"), List.of(2), behind);
    long interleaved = 0;
    long others = 0;
    for (Segment segment : segments(stages)) {
      calls.set(0);
      segment.run(0);
      for (LocalPlan local : segment.users().keySet()) {
        interleaved += calls.get() > 0 ? local.packedBytes() : 0;
        others += calls.get() > 0 ? 0 : local.packedBytes();
      }
    }
    assertTrue(interleaved > 0 && others > 0, stages.plan()::toString);
    assertEquals(interleaved + others, stages.packedBytes(1));
    assertEquals(interleaved + others, stages.packedBytes(2));
  }
}
