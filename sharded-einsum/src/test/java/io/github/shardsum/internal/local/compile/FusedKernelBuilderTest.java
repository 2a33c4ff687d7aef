package io.github.shardsum.internal.local.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.backend.AdamUpdate;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Source;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which kernels run as loops over whole arrays. */
class FusedKernelBuilderTest {
  private static final String ADAM = AdamUpdate.text(16, 128);

  /** Loops of a kernel of all statements but constants. */
  private static int loops(String text) {
    Program program = Program.parse(text);
    List<Integer> group =
        IntStream.range(0, program.statements().size())
            .filter(i -> !(program.statements().get(i).operation() instanceof Source))
            .boxed()
            .toList();
    return new FusedKernelBuilder(program, new LocalValueUses(program), group, program.outputs())
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
