package io.github.shardsum.internal.moe.route;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.moe.RouteInput;
import io.github.shardsum.moe.RouteOptions;
import java.util.List;
import org.junit.jupiter.api.Test;

class GroupRouteTest {
  /** Bytes of the header of an array of the JVM, as the scratch bytes of all kernels count them. */
  private static final int HEADER = 16;

  private static final int ARRAYS = 16;

  /** A new scratch has arrays of exactly the lengths that are asked for. */
  @Test
  void bytesAreThoseOfEachArray() {
    for (String options : List.of("top1", "top2", "top3 capacity=load", "experts2")) {
      for (int tokens : List.of(1, 7, 400)) {
        for (int experts : List.of(4, 9, 300)) {
          GroupRoute.Setup setup =
              new GroupRoute.Setup(
                  RouteOptions.parse(options), RouteInput.Kind.LOGITS, true, tokens, experts);
          GroupRoute route = GroupRoute.in(new Scratch(), setup);
          assertEquals(
              elements(route) + HEADER * ARRAYS,
              GroupRoute.bytes(setup),
              () -> options + " of " + tokens + " tokens and " + experts + " experts");
        }
      }
    }
  }

  private static long elements(GroupRoute route) {
    long doubles =
        route.gates().length
            + route.gateSums().length
            + route.logZ().length
            + route.weights().length
            // Where experts choose, the gates themselves.
            + (route.chosen() == route.gates() ? 0 : route.chosen().length);
    long ints =
        route.kinds().length
            + route.experts().length
            + route.states().length
            + route.positions().length
            + route.firstChoices().length
            + route.load().length
            + route.placed().length
            + route.taken().length
            + route.order().length
            + route.spare().length;
    return 8 * doubles + 4 * ints + 8L * route.keys().length;
  }
}
