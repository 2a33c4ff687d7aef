package io.github.shardsum.internal.local.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.program.Program;
import io.github.shardsum.program.Source;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which kernels run as loops over whole arrays. */
class FusedKernelBuilderTest {
  private static final String ADAM =
      """
      program update {
        input p: f32[m=16 h=128]
        input mean: f32[m=16 h=128]
        input square: f32[m=16 h=128]
        input average: f32[m=16 h=128]
        input gradient: f32[m=16 h=128]
        input clip: f32[]
        input floor: f32[]
        input by: f32[]
        keep = constant {type="f32[]", value=0.9}
        take = constant {type="f32[]", value=0.1}
        g = multiply(gradient, clip)
        kept = multiply(mean, keep)
        taken = multiply(g, take)
        next_mean = add(kept, taken)
        squared = multiply(g, g)
        kept_square = multiply(square, keep)
        taken_square = multiply(squared, take)
        next_square = add(kept_square, taken_square)
        root = sqrt(next_square)
        below = add(root, floor)
        quotient = divide(next_mean, below)
        moved = multiply(quotient, by)
        next = subtract(p, moved)
        way = subtract(next, average)
        part = multiply(way, take)
        next_average = add(average, part)
        output next, next_mean, next_square, next_average
      }
      """;

  /** Loops of a kernel of all statements but constants. */
  private static int loops(String text) {
    Program program = Program.parse(text);
    List<Integer> group =
        IntStream.range(0, program.statements().size())
            .filter(i -> !(program.statements().get(i).operation() instanceof Source))
            .boxed()
            .toList();
    return new FusedKernelBuilder(program, new Uses(program), group, program.outputs())
        .kernel()
        .loops()
        .size();
  }

  /** Each of the four results is a loop of its own. */
  @Test
  void theUpdateOfAdamIsFourLoops() {
    assertEquals(4, loops(ADAM));
  }

  @Test
  void updatesOfOtherTypesAndShapesHaveNone() {
    assertEquals(0, loops(ADAM.replace("f32", "f64")));
    assertEquals(0, loops(ADAM.replace("floor: f32[]", "floor: f32[h=128]")));
  }
}
