package io.github.shardsum.internal.mpi;

import io.github.shardsum.collective.CollectiveMismatchException;
import io.github.shardsum.internal.engine.transfer.ByteExchange;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.function.LongFunction;

/**
 * An exchange message by message: a message is received only after it has arrived and its length
 * was found to be the expected one. Used by the thread that holds MPI.
 *
 * <p>A receive that is posted before the length is known is not safe: Open MPI 4.1 reports a
 * message that is too long, but has then written all of it. Without a posted receive, no message is
 * written after this process has given up and its memory may be freed.
 */
final class PointToPointExchange implements PendingMpiOperation.Action {
  private static final int TAG = 2;

  /**
   * Bytes up to which MPI copies a message when it sends it. If the sender of a longer one has
   * given up, MPI might read from freed memory.
   */
  private static final int SURELY_SENT = 1024;

  private final Mpi mpi;
  private final ByteExchange exchange;
  private final Runnable meanwhile;
  private final int own;
  private final LongFunction<Optional<Long>> types;
  private final IntPredicate hasFailed;
  private final long byteType;
  private final MemorySegment message;
  private final Iterator<MemorySegment> slots;
  private final List<MemorySegment> requests = new ArrayList<>();
  private final List<Integer> awaited = new ArrayList<>();
  private final List<Long> made = new ArrayList<>();
  private boolean started;

  /**
   * An exchange that has yet to begin.
   *
   * @param meanwhile work that runs once, after its messages were sent
   * @param own this process's index among the peers
   * @param slots memory for handles: one, and two for each peer
   * @param types a datatype of a number of bytes that an int cannot hold
   * @param hasFailed whether a process has announced that it gave up
   */
  PointToPointExchange(
      Mpi mpi,
      ByteExchange exchange,
      Runnable meanwhile,
      int own,
      List<MemorySegment> slots,
      LongFunction<Optional<Long>> types,
      IntPredicate hasFailed) {
    this.mpi = mpi;
    this.byteType = mpi.handle(MpiConstant.BYTE);
    this.hasFailed = hasFailed;
    this.exchange = exchange;
    this.meanwhile = meanwhile;
    this.own = own;
    this.slots = slots.iterator();
    this.message = this.slots.next();
    this.types = types;
  }

  @Override
  public boolean advance(long communicator) {
    if (!started) {
      started = true;
      start(communicator);
      meanwhile.run();
    }
    if (!awaited.isEmpty()) {
      awaited.removeIf(peer -> receive(peer, communicator));
    }
    // Until all messages have arrived there is nothing to complete, and each test takes as long as
    // a message.
    if (!awaited.isEmpty()) {
      return false;
    }
    while (!requests.isEmpty() && mpi.test(requests.getLast())) {
      requests.removeLast();
    }
    if (requests.isEmpty()) {
      made.forEach(mpi::freeType);
    }
    return requests.isEmpty();
  }

  private void start(long communicator) {
    for (int peer = 0; peer < exchange.peers().size(); peer++) {
      MemorySegment segment = exchange.send()[peer];
      if (peer != own && segment.byteSize() > 0) {
        Counted counted = counted(segment);
        mpi.send(
            counted.data(), counted.count(), counted.type(), peer, TAG, communicator, request());
      }
      if (peer != own && exchange.receive()[peer].byteSize() > 0) {
        awaited.add(peer);
      }
    }
  }

  private boolean receive(int peer, long communicator) {
    if (!mpi.find(peer, TAG, communicator, message)) {
      return false;
    }
    MemorySegment segment = exchange.receive()[peer];
    long come = mpi.foundBytes();
    if (come != segment.byteSize()) {
      throw different(peer, come);
    }
    if (come > SURELY_SENT && hasFailed.test(exchange.peers().get(peer))) {
      return false;
    }
    Counted counted = counted(segment);
    mpi.receiveFound(counted.data(), counted.count(), counted.type(), message, request());
    return true;
  }

  private CollectiveMismatchException different(int peer, long come) {
    return new CollectiveMismatchException(
        exchange.what()
            + ": expected "
            + exchange.receive()[peer].byteSize()
            + " bytes from process "
            + exchange.peers().get(peer)
            + ", got "
            + come
            + "; open with the check on to see who entered what",
        List.of());
  }

  private MemorySegment request() {
    requests.add(slots.next());
    return requests.getLast();
  }

  /** The arguments that describe a segment to MPI. */
  private record Counted(MemorySegment data, int count, long type) {}

  private Counted counted(MemorySegment segment) {
    // The segment is passed by its address: another thread may send memory of a confined arena.
    MemorySegment data = MemorySegment.ofAddress(segment.address());
    Optional<Long> type = types.apply(segment.byteSize());
    type.ifPresent(made::add);
    return type.map(blocks -> new Counted(data, 1, blocks))
        .orElseGet(() -> new Counted(data, (int) segment.byteSize(), byteType));
  }
}
