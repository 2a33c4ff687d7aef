package io.github.shardsum.internal.mpi;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What processes tell each other beside the data: where they are in the program.
 *
 * @param kind why it was sent
 * @param sender the sender's rank
 * @param sequence the number of the collective that it speaks of, from 0
 * @param text what the sender does, or why it failed
 * @param place where in its program
 */
record ControlMessage(Kind kind, int sender, long sequence, String text, String place) {
  enum Kind {
    /** The sender is at this collective. */
    ARRIVAL,
    /** The sender ends in order and begins no further collective. */
    LEAVING,
    /** The sender's engine has failed, for the reason in the text. */
    FAILED,
    /** The sender is about to run out of patience and asks where everyone is. */
    QUESTION,
    /** The sender is between collectives, this one the next, or in it if there is a text. */
    ANSWER
  }

  private static final Kind[] KINDS = Kind.values();

  /**
   * The longest message in bytes. Small enough for every transport to send it at once, before the
   * receiver has asked (the smallest eager limit is Open MPI's 4096 in shared memory).
   */
  static final int LONGEST = 2048;

  private static final int TEXT_BYTES = 1400;
  private static final int PLACE_BYTES = 600;
  private static final int HEADER = 24;

  /** Writes the message; returns its length in bytes. */
  int write(MemorySegment target) {
    byte[] what = bytes(text, TEXT_BYTES);
    byte[] where = bytes(place, PLACE_BYTES);
    target.set(JAVA_INT_UNALIGNED, 0, kind.ordinal());
    target.set(JAVA_INT_UNALIGNED, 4, sender);
    target.set(JAVA_LONG_UNALIGNED, 8, sequence);
    target.set(JAVA_INT_UNALIGNED, 16, what.length);
    target.set(JAVA_INT_UNALIGNED, 20, where.length);
    MemorySegment.copy(what, 0, target, JAVA_BYTE, HEADER, what.length);
    MemorySegment.copy(where, 0, target, JAVA_BYTE, HEADER + what.length, where.length);
    return HEADER + what.length + where.length;
  }

  static ControlMessage read(MemorySegment source) {
    int textLength = source.get(JAVA_INT_UNALIGNED, 16);
    int placeLength = source.get(JAVA_INT_UNALIGNED, 20);
    return new ControlMessage(
        KINDS[source.get(JAVA_INT_UNALIGNED, 0)],
        source.get(JAVA_INT_UNALIGNED, 4),
        source.get(JAVA_LONG_UNALIGNED, 8),
        string(source, HEADER, textLength),
        string(source, HEADER + textLength, placeLength));
  }

  private static String string(MemorySegment source, int offset, int length) {
    byte[] bytes = source.asSlice(offset, length).toArray(JAVA_BYTE);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** A text too long keeps its beginning and a hash of the whole, so that it still compares. */
  private static byte[] bytes(String text, int most) {
    byte[] whole = text.getBytes(StandardCharsets.UTF_8);
    if (whole.length <= most) {
      return whole;
    }
    byte[] mark =
        String.format("... (%d bytes, hash %08x)", whole.length, Arrays.hashCode(whole))
            .getBytes(StandardCharsets.UTF_8);
    byte[] shortened = Arrays.copyOf(whole, most);
    System.arraycopy(mark, 0, shortened, most - mark.length, mark.length);
    return shortened;
  }
}
