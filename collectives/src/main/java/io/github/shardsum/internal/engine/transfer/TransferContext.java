package io.github.shardsum.internal.engine.transfer;

import io.github.shardsum.collective.CollectiveMismatchException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;

/**
 * The connection to the other processes, for the parts of an engine.
 *
 * @param transport the transport of the bytes
 * @param buffers memory for these bytes
 * @param placement the position of this process
 * @param deadline the longest time to wait
 * @param checked whether participants are compared before a collective runs
 * @param lane 0 for collectives that block; each collective in flight has a lane of its own, with
 *     its own transport, buffers and {@code verified}
 * @param verified whether participants of the running collective were compared, and every process
 *     packs its bytes into its own buffers, see {@link ByteExchange}
 */
public record TransferContext(
    Transport transport,
    ExchangeBuffers buffers,
    ProcessDevices placement,
    Duration deadline,
    boolean checked,
    int lane,
    AtomicBoolean verified) {
  /**
   * Opens another lane to the other processes, for a collective in flight. Every process must open
   * this lane.
   *
   * @param number the number of the lane, from 1 on
   */
  public TransferContext openLane(int number) {
    Transport own = transport.openLane(deadline);
    return new TransferContext(
        own, new ExchangeBuffers(), placement, deadline, checked, number, new AtomicBoolean());
  }

  /** Whether this lane is for a collective in flight. */
  boolean isLane() {
    return lane > 0;
  }

  public boolean isAlone() {
    return transport.processes() == 1;
  }

  /** All processes, ascending. */
  List<Integer> allProcesses() {
    return IntStream.range(0, transport.processes()).boxed().toList();
  }

  /** Begins an exchange of placed blocks, which keep their memory until its end. */
  public Transport.InFlight begin(Phase.Exchange exchange) {
    return transport.begin(
        new ByteExchange(
            exchange.name(),
            exchange.peers(),
            exchange.send().segments(),
            exchange.receive().segments(),
            verified.get(),
            () -> {}));
  }

  /** One exchange of placed blocks; this process works during the exchange. */
  public void exchange(
      String what,
      List<Integer> peers,
      ExchangeBlocks send,
      ExchangeBlocks receive,
      Runnable meanwhile) {
    transport.exchange(
        new ByteExchange(
            what, peers, send.segments(), receive.segments(), verified.get(), meanwhile),
        deadline);
  }

  /**
   * If participants are not compared, checks that all processes are about to run the same
   * reduction. If they differed, the transport's own reductions (MPI's) could write beyond their
   * memory.
   *
   * @throws CollectiveMismatchException if a process is about to run something else
   */
  void agree(String what, List<Integer> peers) {
    if (checked) {
      return;
    }
    long own = Fingerprint.of(what);
    MemorySegment from = buffers.apart(Long.BYTES);
    from.set(ValueLayout.JAVA_LONG, 0, own);
    MemorySegment[] send = new MemorySegment[peers.size()];
    ExchangeBlocks receive = new ExchangeBlocks(peers.size());
    for (int peer = 0; peer < send.length; peer++) {
      boolean self = peers.get(peer) == placement.process();
      send[peer] = self ? MemorySegment.NULL : from;
      if (!self) {
        receive.add(peer, Long.BYTES);
      }
    }
    receive.place(buffers::receive);
    MemorySegment[] into = receive.segments();
    transport.exchange(new ByteExchange(what, peers, send, into, false, () -> {}), deadline);
    for (int peer = 0; peer < send.length; peer++) {
      MemorySegment come = receive.segments()[peer];
      if (come.byteSize() > 0 && come.get(ValueLayout.JAVA_LONG, 0) != own) {
        throw new CollectiveMismatchException(
            what + ": process " + peers.get(peer) + " does something else", List.of());
      }
    }
  }

  /**
   * Sends the same bytes to all other processes.
   *
   * @param bytes the bytes of this process
   * @param lengths the number of bytes of each process
   * @param verified whether the sizes are known to agree
   * @return the bytes of each other process, in the receive buffer
   */
  public MemorySegment[] tell(String what, MemorySegment bytes, long[] lengths, boolean verified) {
    List<Integer> all = allProcesses();
    MemorySegment from = buffers.send(bytes.byteSize()).asSlice(0, bytes.byteSize());
    MemorySegment.copy(bytes, 0, from, 0, bytes.byteSize());
    MemorySegment[] send = new MemorySegment[lengths.length];
    ExchangeBlocks receive = new ExchangeBlocks(lengths.length);
    for (int process : all) {
      boolean own = process == placement.process();
      send[process] = own ? MemorySegment.NULL : from;
      if (!own) {
        receive.add(process, lengths[process]);
      }
    }
    receive.place(buffers::receive);
    MemorySegment[] into = receive.segments();
    transport.exchange(new ByteExchange(what, all, send, into, verified, () -> {}), deadline);
    return into;
  }
}
