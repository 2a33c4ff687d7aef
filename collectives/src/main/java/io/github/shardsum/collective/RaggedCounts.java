package io.github.shardsum.collective;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The counts and offsets of the rows that one device sends to and receives from each member of its
 * group; an immutable value.
 */
public final class RaggedCounts {
  private final long[] send;
  private final long[] sendOffsets;
  private final long[] receive;
  private final long[] receiveOffsets;

  private RaggedCounts(long[] send, long[] sendOffsets, long[] receive, long[] receiveOffsets) {
    this.send = send;
    this.sendOffsets = sendOffsets;
    this.receive = receive;
    this.receiveOffsets = receiveOffsets;
  }

  /**
   * Counts of rows that follow one another in the order of the members.
   *
   * @param send for each member, the rows sent to it, at least 0; copied
   * @param receive for each member, the rows received from it, at least 0; copied
   * @return the counts
   * @throws IllegalArgumentException if the lengths differ, a count is negative or a sum exceeds
   *     2^63 - 1
   */
  public static RaggedCounts of(long[] send, long[] receive) {
    return of(send, starts(send), receive, starts(receive));
  }

  /**
   * Counts of rows at given offsets.
   *
   * @param send for each member, the rows sent to it, at least 0; copied
   * @param sendOffsets for each member, the first of these rows in the operand; copied
   * @param receive for each member, the rows received from it, at least 0; copied
   * @param receiveOffsets for each member, the first of these rows in the result; copied
   * @return the counts
   * @throws IllegalArgumentException if the lengths differ, a number is negative, a range ends
   *     beyond 2^63 - 1, or ranges of rows received overlap
   */
  public static RaggedCounts of(
      long[] send, long[] sendOffsets, long[] receive, long[] receiveOffsets) {
    RaggedCounts counts =
        new RaggedCounts(
            send.clone(), sendOffsets.clone(), receive.clone(), receiveOffsets.clone());
    counts.check();
    return counts;
  }

  private static long[] starts(long[] counts) {
    long[] starts = new long[counts.length];
    long sum = 0;
    for (int i = 0; i < counts.length; i++) {
      starts[i] = sum;
      if (counts[i] < 0 || counts[i] > Long.MAX_VALUE - sum) {
        throw new IllegalArgumentException(
            "ragged counts: counts must be at least 0 and their sum below 2^63, got "
                + Arrays.toString(counts));
      }
      sum += counts[i];
    }
    return starts;
  }

  private void check() {
    int members = send.length;
    if (sendOffsets.length != members
        || receive.length != members
        || receiveOffsets.length != members) {
      throw wrong("every list must have one number for each member");
    }
    for (int i = 0; i < members; i++) {
      checkRange(send[i], sendOffsets[i]);
      checkRange(receive[i], receiveOffsets[i]);
    }
    checkApart();
  }

  private void checkRange(long count, long offset) {
    if (count < 0 || offset < 0 || offset > Long.MAX_VALUE - count) {
      throw wrong("counts and offsets must be at least 0 and end below 2^63");
    }
  }

  private void checkApart() {
    List<Integer> byPlace =
        IntStream.range(0, receive.length)
            .filter(i -> receive[i] > 0)
            .boxed()
            .sorted((i, j) -> Long.compare(receiveOffsets[i], receiveOffsets[j]))
            .toList();
    for (int k = 1; k < byPlace.size(); k++) {
      int before = byPlace.get(k - 1);
      if (receiveOffsets[before] + receive[before] > receiveOffsets[byPlace.get(k)]) {
        throw wrong(
            "ranges of rows received from members "
                + before
                + " and "
                + byPlace.get(k)
                + " must not overlap");
      }
    }
  }

  private IllegalArgumentException wrong(String rule) {
    return new IllegalArgumentException("ragged counts: " + rule + ", got " + this);
  }

  /**
   * Number of members of the group.
   *
   * @return the length of each list
   */
  public int members() {
    return send.length;
  }

  /**
   * Rows sent to a member.
   *
   * @param member the member
   * @return the count, at least 0
   * @throws IndexOutOfBoundsException if there is no such member
   */
  public long send(int member) {
    return send[checked(member)];
  }

  /**
   * The first row of the operand that is sent to a member.
   *
   * @param member the member
   * @return the row
   * @throws IndexOutOfBoundsException if there is no such member
   */
  public long sendOffset(int member) {
    return sendOffsets[checked(member)];
  }

  /**
   * Rows received from a member.
   *
   * @param member the member
   * @return the count, at least 0
   * @throws IndexOutOfBoundsException if there is no such member
   */
  public long receive(int member) {
    return receive[checked(member)];
  }

  /**
   * The first row of the result that a member's rows fill.
   *
   * @param member the member
   * @return the row
   * @throws IndexOutOfBoundsException if there is no such member
   */
  public long receiveOffset(int member) {
    return receiveOffsets[checked(member)];
  }

  private int checked(int member) {
    if (member < 0 || member >= send.length) {
      throw new IndexOutOfBoundsException(
          "ragged counts: the member must be in [0, " + send.length + "), got " + member);
    }
    return member;
  }

  /**
   * The least number of rows of the operand.
   *
   * @return the end of the last range of rows sent
   */
  public long rowsNeeded() {
    return end(send, sendOffsets);
  }

  /**
   * The least number of rows of the result.
   *
   * @return the end of the last range of rows received
   */
  public long rowsReceived() {
    return end(receive, receiveOffsets);
  }

  private static long end(long[] counts, long[] offsets) {
    long end = 0;
    for (int i = 0; i < counts.length; i++) {
      end = counts[i] == 0 ? end : Math.max(end, offsets[i] + counts[i]);
    }
    return end;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RaggedCounts counts
        && Arrays.equals(send, counts.send)
        && Arrays.equals(sendOffsets, counts.sendOffsets)
        && Arrays.equals(receive, counts.receive)
        && Arrays.equals(receiveOffsets, counts.receiveOffsets);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(send) + Arrays.hashCode(receive);
  }

  /** The counts, and the offsets if rows are not contiguous. */
  @Override
  public String toString() {
    return "send " + text(send, sendOffsets) + " receive " + text(receive, receiveOffsets);
  }

  private static String text(long[] counts, long[] offsets) {
    StringBuilder text = new StringBuilder(Arrays.toString(counts));
    long next = 0;
    for (int i = 0; i < Math.min(counts.length, offsets.length); i++) {
      if (offsets[i] != next) {
        return text.append(" at ").append(Arrays.toString(offsets)).toString();
      }
      next += counts[i];
    }
    return text.toString();
  }
}
