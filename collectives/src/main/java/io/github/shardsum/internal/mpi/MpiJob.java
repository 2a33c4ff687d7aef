package io.github.shardsum.internal.mpi;

import io.github.shardsum.internal.mpi.ControlMessage.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** This process and its job. Used by the thread that holds MPI. */
final class MpiJob implements PeerMonitor.Processes {
  private static final int NAME_BYTES = 128;

  private final Mpi mpi;
  private final int rank;
  private final List<String> names;
  private final boolean crowded;
  private final ControlChannel control;
  private final Communicators communicators;
  private final long world;
  private final Map<Integer, MpiChannel> channels = new HashMap<>();
  private final BitSet left = new BitSet();

  /** Memory that failed operations may still read or write; it is never freed. */
  private final List<PendingMpiOperation> abandoned = new ArrayList<>();

  private int channelsOpened;

  /** Joins the job; waits for every process of it. */
  MpiJob(Mpi mpi) {
    this.mpi = mpi;
    long everyone = mpi.handle(MpiConstant.COMM_WORLD);
    mpi.returnErrors(everyone);
    mpi.returnErrors(mpi.handle(MpiConstant.COMM_SELF));
    rank = mpi.rank(everyone);
    world = duplicate(everyone);
    names = gatherNames(mpi.size(everyone));
    crowded = processesHere() > Runtime.getRuntime().availableProcessors();
    control = new ControlChannel(mpi, duplicate(everyone), this::hear);
    communicators = new Communicators(this);
  }

  private long duplicate(long communicator) {
    Arena arena = Arena.ofAuto();
    MemorySegment made = arena.allocate(ValueLayout.JAVA_LONG);
    MemorySegment request = arena.allocate(ValueLayout.JAVA_LONG);
    mpi.duplicate(communicator, made, request);
    await(request);
    return mpi.storedHandle(made);
  }

  private List<String> gatherNames(int size) {
    String own = "rank " + rank + here() + ProcessHandle.current().pid() + ")";
    byte[] name = own.getBytes(StandardCharsets.UTF_8);
    Arena arena = Arena.ofAuto();
    MemorySegment all = arena.allocate((size + 1L) * NAME_BYTES);
    MemorySegment mine = all.asSlice(size * (long) NAME_BYTES);
    int length = Math.min(name.length, NAME_BYTES - 1);
    MemorySegment.copy(name, 0, mine, ValueLayout.JAVA_BYTE, 0, length);
    MemorySegment request = arena.allocate(ValueLayout.JAVA_LONG);
    mpi.allGatherEven(mine, NAME_BYTES, all, mpi.handle(MpiConstant.BYTE), world, request);
    await(request);
    List<String> met = new ArrayList<>();
    for (int other = 0; other < size; other++) {
      met.add(all.getString(other * (long) NAME_BYTES));
    }
    return List.copyOf(met);
  }

  private void await(MemorySegment request) {
    PollingBackoff backoff = new PollingBackoff(true);
    while (!mpi.test(request)) {
      backoff.backoff();
    }
  }

  Mpi mpi() {
    return mpi;
  }

  @Override
  public int rank() {
    return rank;
  }

  int size() {
    return names.size();
  }

  @Override
  public String name(int process) {
    return names.get(process);
  }

  @Override
  public void tell(int process, ControlMessage message) {
    control.tell(process, message);
  }

  private String here() {
    return " (" + mpi.host() + ", pid ";
  }

  /** The number of processes on this host. */
  int processesHere() {
    return (int) names.stream().filter(name -> name.contains(here())).count();
  }

  /** Whether the host runs more processes of the job than it has cores. */
  boolean isCrowded() {
    return crowded;
  }

  ControlChannel control() {
    return control;
  }

  Communicators communicators() {
    return communicators;
  }

  /** The communicator from which every channel makes its own. */
  long world() {
    return world;
  }

  /** All processes, ascending. */
  List<Integer> everyone() {
    return IntStream.range(0, size()).boxed().toList();
  }

  /** A channel with the next number. Until it has a communicator of its own, it uses the job's. */
  MpiChannel openChannel() {
    MpiChannel channel = new MpiChannel(channelsOpened++, rank, size());
    channel.communicators().put(everyone(), world);
    channels.put(channel.id(), channel);
    return channel;
  }

  /** Keeps the memory of an operation that failed. */
  void abandon(PendingMpiOperation operation) {
    abandoned.add(operation);
  }

  /** Announces to every other process that a channel closes, each with its own message. */
  void closeChannel(MpiChannel channel) {
    channels.remove(channel.id());
    for (int other = 0; other < size(); other++) {
      if (other != rank) {
        control.tell(other, channel.closing(other));
      }
    }
  }

  /** Announces that this process makes no further call, and closes its channels. */
  void leave() {
    List.copyOf(channels.values()).forEach(this::closeChannel);
    control.announce(new ControlMessage(Kind.LEAVING, rank, 0, 0, ""));
    left.set(rank);
  }

  /** The processes that have not announced their end. */
  List<String> staying() {
    List<String> staying = new ArrayList<>();
    for (int process = left.nextClearBit(0);
        process < size();
        process = left.nextClearBit(process + 1)) {
      staying.add(name(process));
    }
    return staying;
  }

  /** Whether an operation failed, so that MPI cannot be finalized in order. */
  boolean isBroken() {
    return !abandoned.isEmpty();
  }

  /** Finalizes MPI, when all processes have left. */
  void finish() {
    while (!control.isQuiet()) {
      control.progress();
      Thread.onSpinWait();
    }
    control.close();
    mpi.finish();
  }

  private void hear(ControlMessage message) {
    MpiChannel channel = channels.get(message.channel());
    switch (message.kind()) {
      case LEAVING -> left.set(message.sender());
      case JOIN, LOCK, GRANT, GO, UNLOCK -> communicators.hear(message);
      case QUESTION, ANSWER, ELSEWHERE, CLOSED, FAILED -> {
        if (channel != null) {
          channel.hear(message);
          if (message.kind() == Kind.QUESTION) {
            control.tell(message.sender(), channel.state(message.sender()));
          }
        }
      }
    }
  }
}
