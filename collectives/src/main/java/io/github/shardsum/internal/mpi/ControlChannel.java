package io.github.shardsum.internal.mpi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The channel for control: small messages to all other processes, and one receive that always
 * waits. Used by the thread that holds MPI.
 */
final class ControlChannel {
  private static final int TAG = 1;

  /** A message in transit; its bytes must stay until each send is done. */
  private record Letter(MemorySegment bytes, MemorySegment requests, boolean[] done) {}

  private final Mpi mpi;
  private final long communicator;
  private final int rank;
  private final int size;
  private final long byteType;
  private final Arena arena = Arena.ofAuto();
  private final MemorySegment inbox = arena.allocate(ControlMessage.LONGEST, Long.BYTES);
  private final MemorySegment receive = arena.allocate(Long.BYTES, Long.BYTES);
  private final List<Letter> free = new ArrayList<>();
  private final List<Letter> sent = new ArrayList<>();
  private final Consumer<ControlMessage> listener;

  ControlChannel(Mpi mpi, long communicator, Consumer<ControlMessage> listener) {
    this.mpi = mpi;
    this.communicator = communicator;
    this.listener = listener;
    rank = mpi.rank(communicator);
    size = mpi.size(communicator);
    byteType = mpi.handle(MpiConstant.BYTE);
    listen();
  }

  /** Sends a message to every other process. */
  void announce(ControlMessage message) {
    Letter letter = free.isEmpty() ? newLetter() : free.removeLast();
    int length = message.write(letter.bytes());
    for (int target = 0; target < size; target++) {
      letter.done()[target] = target == rank;
      if (target != rank) {
        post(letter, length, target);
      }
    }
    sent.add(letter);
  }

  /** Sends a message to one other process. */
  void tell(int target, ControlMessage message) {
    Letter letter = free.isEmpty() ? newLetter() : free.removeLast();
    int length = message.write(letter.bytes());
    for (int other = 0; other < size; other++) {
      letter.done()[other] = other != target;
    }
    post(letter, length, target);
    sent.add(letter);
  }

  private void post(Letter letter, int length, int target) {
    MemorySegment request = request(letter, target);
    mpi.send(letter.bytes(), length, byteType, target, TAG, communicator, request);
  }

  /** Receives the messages that have arrived, and frees the memory of sent ones. */
  void progress() {
    while (mpi.test(receive)) {
      ControlMessage message = ControlMessage.read(inbox);
      listen();
      listener.accept(message);
    }
    for (int i = sent.size() - 1; i >= 0; i--) {
      if (isGone(sent.get(i))) {
        free.add(sent.remove(i));
      }
    }
  }

  /** Whether every send is done. */
  boolean isQuiet() {
    return sent.isEmpty();
  }

  /** Cancels the waiting receive; afterwards no message is received. */
  void close() {
    mpi.cancel(receive);
    while (!mpi.test(receive)) {
      Thread.onSpinWait();
    }
  }

  private boolean isGone(Letter letter) {
    boolean gone = true;
    for (int target = 0; target < size; target++) {
      if (!letter.done()[target]) {
        letter.done()[target] = mpi.test(request(letter, target));
        gone &= letter.done()[target];
      }
    }
    return gone;
  }

  private static MemorySegment request(Letter letter, int target) {
    return letter.requests().asSlice(target * (long) Long.BYTES, Long.BYTES);
  }

  private void listen() {
    mpi.receive(
        inbox, ControlMessage.LONGEST, byteType, mpi.anySource(), TAG, communicator, receive);
  }

  private Letter newLetter() {
    return new Letter(
        arena.allocate(ControlMessage.LONGEST, Long.BYTES),
        arena.allocate(size * (long) Long.BYTES, Long.BYTES),
        new boolean[size]);
  }
}
