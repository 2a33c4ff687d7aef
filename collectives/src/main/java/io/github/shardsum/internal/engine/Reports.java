package io.github.shardsum.internal.engine;

import io.github.shardsum.collective.Participant;
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
import java.util.stream.IntStream;

/** Tells every process what the devices of all others entered; used where they do not agree. */
final class Reports {
  /** Longest text of a participant: it is for people. */
  private static final int LONGEST = 400;

  private final Wire wire;
  private final List<Integer> all;

  Reports(Wire wire) {
    this.wire = wire;
    this.all = IntStream.range(0, wire.placement().processes()).boxed().toList();
  }

  /** Gives this process's participants to all; returns everybody's. */
  List<Participant> exchange(List<Participant> own) {
    byte[] text = encode(own);
    long[] lengths = lengths(text.length);
    MemorySegment come = exchange(MemorySegment.ofArray(text), lengths);
    List<Participant> participants = new ArrayList<>();
    long at = 0;
    for (int process : all) {
      if (process == wire.placement().process()) {
        participants.addAll(own);
      } else {
        byte[] bytes = come.asSlice(at, lengths[process]).toArray(ValueLayout.JAVA_BYTE);
        participants.addAll(decode(bytes));
        at += Buffers.align(lengths[process]);
      }
    }
    return participants;
  }

  private long[] lengths(int own) {
    long[] sizes = new long[all.size()];
    Arrays.fill(sizes, Long.BYTES);
    MemorySegment come = exchange(MemorySegment.ofArray(new long[] {own}), sizes);
    long[] lengths = new long[all.size()];
    long at = 0;
    for (int process : all) {
      if (process == wire.placement().process()) {
        lengths[process] = own;
      } else {
        lengths[process] = come.get(ValueLayout.JAVA_LONG, at);
        at += Buffers.ALIGNMENT;
      }
    }
    return lengths;
  }

  private MemorySegment exchange(MemorySegment bytes, long[] lengths) {
    int process = wire.placement().process();
    Blocks send = new Blocks(all.size());
    send.share(bytes.byteSize(), process);
    Blocks receive = new Blocks(all.size());
    for (int peer : all) {
      receive.begin(peer);
      if (peer != process) {
        receive.add(peer, lengths[peer]);
      }
    }
    MemorySegment from = wire.buffers().send(send.size());
    MemorySegment to = wire.buffers().receive(receive.size());
    MemorySegment.copy(bytes, 0, from, 0, bytes.byteSize());
    wire.exchange("report of a mismatch", all, send, from, receive, to);
    return to;
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
