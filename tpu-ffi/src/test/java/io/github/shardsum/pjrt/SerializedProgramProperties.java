package io.github.shardsum.pjrt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.internal.pjrt.client.SerializedProgram;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class SerializedProgramProperties {
  @Property
  void whatWasPutInComesOut(@ForAll byte[] program, @ForAll String maker) {
    assertArrayEquals(
        program, SerializedProgram.open(SerializedProgram.around(program, maker), maker));
  }

  @Property
  void aChangedBitIsFound(
      @ForAll @Size(max = 50) byte[] program,
      @ForAll int place,
      @ForAll @IntRange(max = 7) int bit) {
    byte[] all = SerializedProgram.around(program, "me");
    all[Math.floorMod(place, all.length)] ^= (byte) (1 << bit);
    assertThrows(IllegalArgumentException.class, () -> SerializedProgram.open(all, "me"));
  }

  @Property
  void aMissingEndIsFound(@ForAll @Size(max = 50) byte[] program, @ForAll int length) {
    byte[] all = SerializedProgram.around(program, "me");
    byte[] cut = Arrays.copyOf(all, Math.floorMod(length, all.length));
    assertThrows(IllegalArgumentException.class, () -> SerializedProgram.open(cut, "me"));
  }

  @Property
  void bytesOfSomeoneElseAreRefused(@ForAll byte[] others) {
    assertThrows(IllegalArgumentException.class, () -> SerializedProgram.open(others, "me"));
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> SerializedProgram.open(SerializedProgram.around(others, "you"), "me"));
    assertTrue(e.getMessage().contains("you wrote it, this plugin is me"), e.getMessage());
  }
}
