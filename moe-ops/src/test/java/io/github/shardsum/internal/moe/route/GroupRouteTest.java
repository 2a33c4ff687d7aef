package io.github.shardsum.internal.moe.route;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.moe.RouteInput;
import io.github.shardsum.moe.RouteOptions;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
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
    // Where experts choose, the choices are the gates themselves.
    Set<Object> arrays = Collections.newSetFromMap(new IdentityHashMap<>());
    arrays.add(route.gates());
    long doubles = arrays.add(route.chosen()) ? route.chosen().length : 0;
    doubles += route.gates().length;
    doubles += route.gateSums().length;
    doubles += route.logZ().length;
    doubles += route.weights().length;
    long ints = route.kinds().length;
    ints += route.experts().length;
    ints += route.states().length;
    ints += route.positions().length;
    ints += route.firstChoices().length;
    ints += route.load().length;
    ints += route.placed().length;
    ints += route.taken().length;
    ints += route.order().length;
    ints += route.spare().length;
    return 8 * doubles + 4 * ints + 8L * route.keys().length;
  }
}
