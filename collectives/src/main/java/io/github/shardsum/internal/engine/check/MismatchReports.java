package io.github.shardsum.internal.engine.check;

import io.github.shardsum.collective.Participant;
import io.github.shardsum.internal.engine.transfer.TransferContext;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Sends the calls of all devices to every process, if the calls do not agree. */
final class MismatchReports {
  /** Longest text of a participant; a longer one would be hard to read. */
  private static final int LONGEST = 400;

  private static final String WHAT = "report of a mismatch";

  private final TransferContext context;

  MismatchReports(TransferContext context) {
    this.context = context;
  }

  /** Sends this process's participants to all processes, and returns the participants of all. */
  List<Participant> exchange(List<Participant> own) {
    byte[] text = encode(own);
    long[] lengths = lengths(text.length);
    MemorySegment[] come = context.tell(WHAT, MemorySegment.ofArray(text), lengths, true);
    List<Participant> participants = new ArrayList<>();
    for (int process = 0; process < come.length; process++) {
      participants.addAll(
          process == context.placement().process()
              ? own
              : decode(come[process].toArray(ValueLayout.JAVA_BYTE)));
    }
    return participants;
  }

  private long[] lengths(int own) {
    long[] lengths = new long[context.placement().processes()];
    Arrays.fill(lengths, Long.BYTES);
    MemorySegment[] come =
        context.tell(WHAT, MemorySegment.ofArray(new long[] {own}), lengths, true);
    for (int process = 0; process < come.length; process++) {
      boolean here = process == context.placement().process();
      lengths[process] = here ? own : come[process].get(ValueLayout.JAVA_LONG, 0);
    }
    return lengths;
  }

  private static byte[] encode(List<Participant> participants) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(participants.size());
      for (Participant who : participants) {
        out.writeInt(who.device());
        out.writeInt(who.process());
        out.writeLong(who.sequence());
        out.writeUTF(shortened(who.request()));
        out.writeUTF(shortened(who.site()));
      }
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return bytes.toByteArray();
  }

  private static String shortened(String text) {
    return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "...";
  }

  private static List<Participant> decode(byte[] bytes) {
    List<Participant> participants = new ArrayList<>();
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      int count = in.readInt();
      for (int i = 0; i < count; i++) {
        participants.add(
            new Participant(in.readInt(), in.readInt(), in.readLong(), in.readUTF(), in.readUTF()));
      }
    } catch (IOException short_) {
      throw new UncheckedIOException("a report of a mismatch ends early", short_);
    }
    return participants;
  }
}
