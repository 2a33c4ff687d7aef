package io.github.shardsum.internal.mpi;

import io.github.shardsum.internal.mpi.ControlMessage.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * This process among those of the job: numbers the collectives, compares them with what the others
 * call, waits with a deadline. For the MPI thread only.
 *
 * <p>After a failure the session is of no more use: its peers may be anywhere, and what was sent
 * may still come.
 */
final class MpiSession {
  /**
   * Of the deadline, how long the others have to say where they are: the last part, at most 2 s.
   */
  private static final int ASK_BEFORE_FRACTION = 4;

  private static final long ASK_BEFORE_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final int NAME_BYTES = 128;

  private final Mpi mpi;
  private final Settings settings;
  private final int rank;
  private final List<Peer> peers = new ArrayList<>();
  private final Control control;
  private final long dataCommunicator;
  private final MemorySegment request = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG);

  private Optional<Call> current = Optional.empty();
  private Optional<MpiException> failure = Optional.empty();
  private long sequence = -1;
  private long begun;
  private boolean asked;

  /** Joins the job; waits for every process of it. */
  MpiSession(Mpi mpi, Settings settings) {
    this.mpi = mpi;
    this.settings = settings;
    long world = mpi.handle(Predefined.COMM_WORLD);
    mpi.returnErrors(world);
    mpi.returnErrors(mpi.handle(Predefined.COMM_SELF));
    rank = mpi.rank(world);
    dataCommunicator = mpi.duplicate(world);
    long talk = mpi.duplicate(world);
    mpi.returnErrors(dataCommunicator);
    mpi.returnErrors(talk);
    meet(mpi.size(world));
    control = new Control(mpi, talk, this::hear);
  }

  private void meet(int size) {
    String own = mpi.host() + ", pid " + ProcessHandle.current().pid();
    byte[] name = own.getBytes(StandardCharsets.UTF_8);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment names = arena.allocate((size + 1L) * NAME_BYTES);
      MemorySegment mine = names.asSlice(size * (long) NAME_BYTES);
      MemorySegment.copy(
          name, 0, mine, ValueLayout.JAVA_BYTE, 0, Math.min(name.length, NAME_BYTES - 1));
      mpi.allGatherEven(
          mine, NAME_BYTES, names, mpi.handle(Predefined.BYTE), dataCommunicator, request);
      Pause pause = new Pause();
      while (!mpi.test(request)) {
        pause.pause();
      }
      for (int other = 0; other < size; other++) {
        String where = names.getString(other * (long) NAME_BYTES);
        peers.add(new Peer("rank " + other + " (" + where + ")"));
      }
    }
  }

  Mpi mpi() {
    return mpi;
  }

  Settings settings() {
    return settings;
  }

  int rank() {
    return rank;
  }

  int size() {
    return peers.size();
  }

  long dataCommunicator() {
    return dataCommunicator;
  }

  MemorySegment request() {
    return request;
  }

  Optional<MpiException> failure() {
    return failure;
  }

  /** Begins a collective: after this every process is known to make the same call, if checked. */
  void begin(Call call) {
    failure.ifPresent(
        earlier -> {
          throw new MpiException(
              earlier.kind(), call + ": the engine has failed before: " + earlier.getMessage());
        });
    sequence++;
    current = Optional.of(call);
    startClock();
    if (settings.checked() && size() > 1) {
      compare(call);
      startClock();
    }
  }

  /** Ends the collective that was begun. */
  void end() {
    current = Optional.empty();
  }

  private void startClock() {
    begun = System.nanoTime();
    asked = false;
  }

  private void compare(Call call) {
    ControlMessage arrival =
        new ControlMessage(Kind.ARRIVAL, rank, sequence, call.text(), call.place());
    control.announce(arrival);
    peers.get(rank).hear(arrival);
    Pause pause = new Pause();
    control.progress();
    while (peers.stream().anyMatch(peer -> peer.arrivals().isEmpty())) {
      pause.pause();
      control.progress();
      missingPeer().ifPresent(this::failForLost);
      if (pause.isLong()) {
        watch();
      }
    }
    List<ControlMessage> arrivals = peers.stream().map(peer -> peer.arrivals().remove()).toList();
    if (arrivals.stream().anyMatch(other -> !other.text().equals(arrival.text()))) {
      throw fail(MpiException.Kind.MISMATCH, mismatch(arrivals));
    }
  }

  private Optional<Peer> missingPeer() {
    return peers.stream()
        .filter(peer -> peer.arrivals().isEmpty() && peer.leaving().isPresent())
        .findFirst();
  }

  private void failForLost(Peer peer) {
    throw fail(MpiException.Kind.PEER_LOST, what() + ": " + peer.whereabouts());
  }

  private String mismatch(List<ControlMessage> arrivals) {
    StringBuilder text = new StringBuilder("collective #").append(sequence);
    text.append(": the same call is wanted on every process, got");
    for (int other = 0; other < arrivals.size(); other++) {
      ControlMessage arrival = arrivals.get(other);
      text.append("\n  ").append(peers.get(other)).append(": ").append(arrival.text());
      text.append("\n    at ").append(arrival.place());
    }
    return text.append("\nMake every process run the same collectives in the same order.")
        .toString();
  }

  /** Waits until the request is done. */
  void await(MemorySegment waiting) {
    Pause pause = new Pause();
    while (!mpi.test(waiting)) {
      pause.pause();
      if (pause.isLong()) {
        watch();
      }
    }
  }

  /** Hears the others, and fails if one has failed or left or the deadline has come. */
  private void watch() {
    control.progress();
    for (Peer peer : peers) {
      peer.failed()
          .ifPresent(
              message -> {
                throw fail(
                    MpiException.Kind.PEER_LOST,
                    what() + ": " + peer + " has failed: " + message.text());
              });
      if (peer.leaving().filter(message -> message.sequence() <= sequence).isPresent()) {
        failForLost(peer);
      }
    }
    long waited = System.nanoTime() - begun;
    long limit = settings.deadline().toNanos();
    if (!asked && waited > limit - Math.min(limit / ASK_BEFORE_FRACTION, ASK_BEFORE_NANOS)) {
      asked = true;
      peers.forEach(Peer::forgetAnswer);
      control.announce(new ControlMessage(Kind.QUESTION, rank, sequence, "", ""));
    }
    if (waited > limit) {
      throw fail(MpiException.Kind.DEADLINE, late());
    }
  }

  private String late() {
    StringBuilder text = new StringBuilder(what());
    text.append(": not done within ").append(seconds(settings.deadline()));
    List<Peer> missing =
        others().stream()
            .filter(peer -> peer.arrivals().isEmpty() && !peer.isAt(sequence))
            .toList();
    for (Peer peer : missing.isEmpty() ? others() : missing) {
      text.append("\n  ").append(peer.whereabouts());
    }
    return text.append("\nLook at the threads of the process that is missing (jstack PID).")
        .toString();
  }

  private List<Peer> others() {
    return peers.stream().filter(peer -> peer != peers.get(rank)).toList();
  }

  private String what() {
    return "collective #" + sequence + ", " + current.map(Call::toString).orElse("none");
  }

  private static String seconds(Duration duration) {
    return duration.toMillis() / 1000.0 + " s";
  }

  /** Marks the session as failed and tells the others why. */
  MpiException fail(MpiException.Kind kind, String message) {
    MpiException thrown = new MpiException(kind, "rank " + rank + ": " + message);
    if (failure.isEmpty()) {
      failure = Optional.of(thrown);
      control.announce(new ControlMessage(Kind.FAILED, rank, sequence, message, ""));
      control.progress();
    }
    return thrown;
  }

  /** Answers and hears the others while there is nothing else to do. */
  void idle() {
    control.progress();
  }

  private void hear(ControlMessage message) {
    peers.get(message.sender()).hear(message);
    if (message.kind() == Kind.QUESTION) {
      Call call = current.orElse(new Call("", ""));
      long where = current.isPresent() ? sequence : sequence + 1;
      control.tell(
          message.sender(),
          new ControlMessage(Kind.ANSWER, rank, where, call.text(), call.place()));
    }
  }

  /** Says that this process begins no further collective. */
  void sayLeaving() {
    ControlMessage leaving = new ControlMessage(Kind.LEAVING, rank, sequence + 1, "", "");
    control.announce(leaving);
    peers.get(rank).hear(leaving);
  }

  /** Those that have neither left nor failed. */
  List<Peer> staying() {
    control.progress();
    return peers.stream()
        .filter(peer -> peer.leaving().isEmpty() && peer.failed().isEmpty())
        .toList();
  }

  /** Ends MPI in order, when all have said that they leave. */
  void finish() {
    Pause pause = new Pause();
    while (!control.isQuiet()) {
      control.progress();
      pause.pause();
    }
    control.close();
    mpi.finish();
  }
}
