package io.github.shardsum.internal.mpi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.internal.mpi.ControlMessage.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class ControlMessageTest {
  @Property(tries = 100)
  void whatIsWrittenIsRead(
      @ForAll Kind kind,
      @ForAll int sender,
      @ForAll int channel,
      @ForAll long joint,
      @ForAll @StringLength(max = 300) String text) {
    String valid = text.replaceAll("\\p{Cs}", "?");
    ControlMessage message = new ControlMessage(kind, sender, channel, joint, valid);
    assertEquals(message, passed(message));
  }

  @Test
  void longTextsThatDifferAtTheEndStillDiffer() {
    String common = "all-reduce SUM ".repeat(400);
    ControlMessage one = new ControlMessage(Kind.ANSWER, 1, 2, 3, common + "f32");
    ControlMessage other = new ControlMessage(Kind.ANSWER, 1, 2, 3, common + "f64");
    assertEquals(passed(one), passed(one));
    assertNotEquals(passed(one).text(), passed(other).text());
    assertTrue(passed(one).text().startsWith("all-reduce SUM all-reduce"), passed(one).text());
  }

  private static ControlMessage passed(ControlMessage message) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocate(ControlMessage.LONGEST, Long.BYTES);
      int length = message.write(bytes);
      assertTrue(length <= ControlMessage.LONGEST);
      return ControlMessage.read(bytes);
    }
  }
}
