package io.github.shardsum.internal.mpi;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/**
 * Control messages between processes, apart from the data.
 *
 * @param kind the purpose of the message
 * @param sender the sender's rank
 * @param channel the number of the channel that the message is about
 * @param joint the number of the sender's present or next operation, counted over the operations of
 *     both sender and receiver
 * @param text the sender's operation, or the reason for its failure
 */
record ControlMessage(Kind kind, int sender, int channel, long joint, String text) {
  enum Kind {
    /** The sender waits in the operation of the text and asks for the receiver's position. */
    QUESTION,
    /** The sender is in the operation of the text, together with the receiver. */
    ANSWER,
    /**
     * The sender is in no operation with the receiver; the text names the sender's other operation,
     * if any.
     */
    ELSEWHERE,
    /** The sender begins no further operation on the channel. */
    CLOSED,
    /** The channel has failed at the sender, for the reason in the text. */
    FAILED,
    /** The sender's program has ended. */
    LEAVING,
    /** The sender asks for a communicator of the processes in the text, and waits for it. */
    JOIN,
    /**
     * The sender has heard from all of these processes, and asks rank 0 for the right to make the
     * communicator.
     */
    LOCK,
    /** Rank 0 grants that right. */
    GRANT,
    /** The processes that joined are to make the communicator now. */
    GO,
    /** The sender returns the right. */
    UNLOCK
  }

  private static final Kind[] KINDS = Kind.values();

  /**
   * The longest message in bytes. Small enough for every transport to send it at once, before the
   * receiver has asked (the smallest eager limit is Open MPI's 4096 in shared memory).
   */
  static final int LONGEST = 2048;

  private static final int HEADER = 24;

  /** Writes the message; returns its length in bytes. */
  int write(MemorySegment target) {
    byte[] bytes = bytes();
    target.set(JAVA_INT_UNALIGNED, 0, kind.ordinal());
    target.set(JAVA_INT_UNALIGNED, 4, sender);
    target.set(JAVA_LONG_UNALIGNED, 8, joint);
    target.set(JAVA_INT_UNALIGNED, 16, channel);
    target.set(JAVA_INT_UNALIGNED, 20, bytes.length);
    MemorySegment.copy(bytes, 0, target, JAVA_BYTE, HEADER, bytes.length);
    return HEADER + bytes.length;
  }

  static ControlMessage read(MemorySegment source) {
    int length = source.get(JAVA_INT_UNALIGNED, 20);
    byte[] bytes = source.asSlice(HEADER, length).toArray(JAVA_BYTE);
    return new ControlMessage(
        KINDS[source.get(JAVA_INT_UNALIGNED, 0)],
        source.get(JAVA_INT_UNALIGNED, 4),
        source.get(JAVA_INT_UNALIGNED, 16),
        source.get(JAVA_LONG_UNALIGNED, 8),
        new String(bytes, StandardCharsets.UTF_8));
  }

  /**
   * A text that is too long is cut, with a hash of the whole, so that texts can still be compared.
   */
  private byte[] bytes() {
    byte[] whole = text.getBytes(StandardCharsets.UTF_8);
    int most = LONGEST - HEADER;
    if (whole.length <= most) {
      return whole;
    }
    byte[] mark =
        String.format(
                Locale.ROOT, "... (%d bytes, hash %08x)", whole.length, Arrays.hashCode(whole))
            .getBytes(StandardCharsets.UTF_8);
    byte[] shortened = Arrays.copyOf(whole, most);
    System.arraycopy(mark, 0, shortened, most - mark.length, mark.length);
    return shortened;
  }
}
