package io.github.shardsum.internal.partition.text;

import io.github.shardsum.internal.reshard.PartFigures;
import io.github.shardsum.internal.reshard.PartSizes;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.CompositeParts.Buffer;
import io.github.shardsum.partition.CompositeParts.Extent;
import io.github.shardsum.partition.CompositeParts.Part;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** Bytes that the parts of a composite move, in words. */
final class PartText {
  private PartText() {}

  /**
   * As {@code at most 657 kB: counts 32 B, rows 131 kB (at most 262 kB); 2 of 8 devices have no
   * share of E}.
   */
  static String of(SpmdPlan plan, PlanStep step, Action.Partitioned action) {
    List<PlannedValue> operands = step.operands().stream().map(plan::value).toList();
    List<String> all = new ArrayList<>();
    long most = 0;
    for (PartFigures part : PartFigures.of(action, operands)) {
      most = Math.addExact(most, part.mostBytes());
      String bytes = part.name() + " " + orNone(part.bytes());
      all.add(
          part.mostBytes() == part.bytes()
              ? bytes
              : bytes + " (at most " + orNone(part.mostBytes()) + ")");
    }
    return String.format(
        Locale.ROOT,
        "receives at most %s: %s%s",
        orNone(most),
        String.join(", ", all),
        idle(plan, action, operands));
  }

  private static String orNone(long bytes) {
    return bytes == 0 ? "0 B" : Units.bytes(bytes);
  }

  /** Members of a group that have no columns of the counts, and so receive no rows. */
  private static String idle(
      SpmdPlan plan, Action.Partitioned action, List<PlannedValue> operands) {
    PartSizes sizes = new PartSizes(plan.mesh(), operands);
    for (Part part : action.parts().parts()) {
      if (part instanceof Part.Swap swap) {
        int members = plan.mesh().size(swap.axes());
        for (Buffer buffer : action.parts().buffers()) {
          if (buffer.name().equals(swap.x())
              && buffer.extents().getLast() instanceof Extent.Fixed(long count)) {
            Cut cut = sizes.chunks(count, swap.axes());
            long idle = IntStream.range(0, members).filter(at -> cut.length(at) == 0).count();
            String label = buffer.labels().getLast();
            return idle == 0
                ? ""
                : String.format(
                    Locale.ROOT,
                    "; %d of %d devices along %s have no share of %s",
                    idle,
                    members,
                    String.join(".", swap.axes()),
                    label);
          }
        }
      }
    }
    return "";
  }
}
