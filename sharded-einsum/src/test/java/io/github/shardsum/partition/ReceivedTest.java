package io.github.shardsum.partition;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.layout.Box;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Figures of received elements are those of a count over all devices, element by element. */
final class ReceivedTest {
  private static final List<String> LABELS = List.of("a", "b", "c");

  @Test
  void stepsReceiveWhatTheBusiestDeviceReceives() {
    int cases = RandomSharding.cases(1_500, 30_000);
    for (int i = 0; i < cases; i++) {
      RandomSharding random = new RandomSharding(RandomSharding.SEED + 77_000 + i);
      Mesh mesh = random.mesh();
      List<String> labels = LABELS.subList(0, 1 + random.below(3));
      Shape shape = Shape.of(labels.stream().mapToLong(_ -> random.size()).toArray());
      Layout from = random.layout(mesh, labels, mesh.axisNames());
      Layout to = random.layout(mesh, labels, from.partial());
      check(from, to, shape);
    }
  }

  @Test
  void oneDeviceThatGathersAShortLabelReceivesAllOfIt() {
    Mesh mesh = Mesh.parse("x=8");
    Layout from = Layout.parse(mesh, "a@x b");
    Layout to = Layout.parse(mesh, "a b@x");
    ReshardPlan plan = plan(from, to, Shape.of(8, 1));
    assertEquals(7, plan.lowerBound());
    assertEquals(7, plan.plan().elementsReceived());
    assertTrue(plan.toJson().contains("\"elementsReceived\":7"), plan.toJson());
    assertTrue(plan.notes().contains("1.00 times"), plan.notes());
    check(from, to, Shape.of(8, 1));
  }

  private static void check(Layout from, Layout to, Shape shape) {
    ReshardPlan plan = plan(from, to, shape);
    String what =
        String.format(Locale.ROOT, "%s to %s of %s on %s", from, to, shape, from.mesh().notation());
    long sum = 0;
    int collectives = 0;
    PlannedValue before = plan.plan().inputs().getFirst();
    for (int i = 0; i < plan.plan().steps().size(); i++) {
      PlanStep step = plan.plan().steps().get(i);
      long busiest = busiest(step.action(), before, step.result());
      assertEquals(busiest, plan.plan().elementsReceived(i), () -> what + "\n" + plan);
      sum += busiest;
      collectives += step.action().isCollective() ? 1 : 0;
      before = step.result();
    }
    assertEquals(sum, plan.plan().elementsReceived(), what);
    assertEquals(sum + 1000.0 * collectives, plan.cost(), 0, () -> what + "\n" + plan);
    assertTrue(plan.lowerBound() <= sum, () -> what + "\n" + plan);
  }

  private static ReshardPlan plan(Layout from, Layout to, Shape shape) {
    return ReshardPlan.of(from, to, shape, DType.F32, PlanOptions.defaults().withReplication());
  }

  private static long busiest(Action action, PlannedValue before, PlannedValue after) {
    long most = 0;
    for (int device = 0; device < after.layout().mesh().size(); device++) {
      most = Math.max(most, received(action, before, after, device));
    }
    return most;
  }

  private static long received(Action action, PlannedValue before, PlannedValue after, int device) {
    Set<List<Long>> had = elements(before, device);
    Set<List<Long>> wanted = elements(after, device);
    long members = members(action, after.layout().mesh(), device);
    return switch (action) {
      case Action.Slice _ -> 0;
      case Action.ReduceScatter _ -> (members - 1) * wanted.size();
      case Action.AllReduce _ -> ring(had.size(), members);
      case Action.CollectivePermute _ -> had.equals(wanted) ? 0 : wanted.size();
      default -> {
        wanted.removeAll(had);
        yield wanted.size();
      }
    };
  }

  /** Twice all parts of a value but one, a fraction rounded up. */
  private static long ring(long elements, long members) {
    long received = 2 * elements * (members - 1);
    return received / members + (received % members == 0 ? 0 : 1);
  }

  /** Devices that differ from one along the action's axes only. */
  private static long members(Action action, Mesh mesh, int device) {
    long count = 0;
    for (int other = 0; other < mesh.size(); other++) {
      boolean same = true;
      for (String axis : mesh.axisNames()) {
        same &=
            action.groupAxes().contains(axis)
                || mesh.coordinate(other, axis) == mesh.coordinate(device, axis);
      }
      count += same ? 1 : 0;
    }
    return count;
  }

  private static Set<List<Long>> elements(PlannedValue value, int device) {
    Box box = value.layout().box(value.shape(), device);
    Set<List<Long>> elements = new HashSet<>(Set.of(List.of()));
    for (int dim = 0; dim < value.shape().rank(); dim++) {
      Set<List<Long>> longer = new HashSet<>();
      for (List<Long> element : elements) {
        for (long i = box.starts().get(dim); i < box.ends().get(dim); i++) {
          List<Long> next = new ArrayList<>(element);
          next.add(i);
          longer.add(List.copyOf(next));
        }
      }
      elements = longer;
    }
    return elements;
  }
}
