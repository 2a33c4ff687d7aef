package io.github.shardsum.partition;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.collective.Collectives;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.RandomSharding.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Any value is, in any layout, what it was in any other. */
final class RandomReshardsTest {
  private static final List<String> LABELS = List.of("a", "b", "c", "d");

  @Test
  void reshardedValuesAreTheSameToTheBit() {
    int refused = 0;
    int cases = RandomSharding.cases(600, 8_000);
    for (int i = 0; i < cases; i++) {
      refused += reshard(RandomSharding.SEED + i) ? 0 : 1;
    }
    assertTrue(refused <= cases / 20, refused + " of " + cases + " were refused");
  }

  /** Whether there was a plan; without one the whole value would be on a device. */
  private static boolean reshard(long seed) {
    RandomSharding random = new RandomSharding(seed);
    Mesh mesh = random.mesh();
    try (Collectives collectives = RandomSharding.collectives(mesh)) {
      return reshard(random, "seed " + seed, mesh, collectives);
    }
  }

  /** The same on an engine, in this process or with others. */
  static boolean reshard(RandomSharding random, String seed, Mesh mesh, Collectives collectives) {
    List<String> labels = LABELS.subList(0, random.below(4));
    Shape shape = Shape.of(labels.stream().mapToLong(_ -> random.size()).toArray());
    Layout from = random.layout(mesh, labels, mesh.axisNames());
    Layout to = random.layout(mesh, labels, from.partial());
    String what =
        String.format(
            Locale.ROOT, "%s: %s to %s of %s on %s", seed, from, to, shape, mesh.notation());
    ReshardPlan plan;
    try {
      plan = ReshardPlan.of(from, to, shape, DType.F32, PlanOptions.defaults());
    } catch (PlanException refused) {
      plan = ReshardPlan.of(from, to, shape, DType.F32, PlanOptions.defaults().withReplication());
      boolean whole =
          plan.plan().steps().stream()
              .anyMatch(step -> step.result().localElements() == shape.elementCount());
      assertTrue(whole, what);
      return false;
    }
    PlanOptions options = PlanOptions.defaults();
    if (random.oneIn(4)) {
      options = options.withMemoryLimit(random.below((int) (4 * shape.elementCount()) + 1));
      plan = within(options, plan, what).orElse(plan);
    }
    assertTrue(plan.certify().startsWith("certified"), what);
    Value value = random.value(from, shape, DType.F32, DType.F32, 9);
    List<Integer> devices = collectives.devices();
    ShardedTensor result =
        Reshard.of(plan, collectives).run(RandomSharding.on(devices, value.shards()));
    assertTrue(result.layout().isEquivalent(to), what);
    for (int i = 0; i < devices.size() && to.partial().isEmpty(); i++) {
      Tensor wanted = to.box(shape, devices.get(i)).of(value.whole());
      assertTrue(RandomSharding.isEqual(wanted, result.shards().get(i)), what + "\n" + plan);
    }
    Tensor whole = Reshard.gather(result, collectives);
    assertTrue(RandomSharding.isEqual(value.whole(), whole), what + "\n" + plan);
    // A plan is a function of its arguments.
    assertEquals(plan, within(options, plan, what).orElse(plan), what);
    return true;
  }

  /** The plan with a memory limit, in which no block is larger than that or both ends. */
  private static Optional<ReshardPlan> within(PlanOptions options, ReshardPlan free, String what) {
    PlannedValue value = free.plan().inputs().getFirst();
    try {
      ReshardPlan plan =
          ReshardPlan.of(free.from(), free.to(), value.shape(), value.dtype(), options);
      PlannedValue last = plan.plan().value(plan.plan().outputs().getFirst());
      long ends = Math.max(value.localElements(), last.localElements());
      long most = Math.max(ends, options.memoryLimit().orElse(Long.MAX_VALUE) / 4);
      assertTrue(
          plan.plan().values().stream().allMatch(v -> v.localElements() <= most),
          () -> what + "\n" + plan);
      return Optional.of(plan);
    } catch (PlanException refused) {
      String words = "no way stays within the memory limit of";
      assertTrue(String.valueOf(refused.getMessage()).contains(words), what);
      return Optional.empty();
    }
  }
}
