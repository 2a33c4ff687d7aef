package io.github.shardsum.internal.mpi;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.stream.Stream;

/**
 * The calls of MPI that the engine makes. Not thread-safe: one thread at a time calls. No call is
 * linked as critical, since a call that waits would then delay every garbage collection.
 *
 * <p>Each call that starts an operation writes its request into its last argument, a segment of 8
 * bytes, which {@link #test} reads. Buffers are native memory and must live until the request is
 * done. Every call throws {@link MpiException} with MPI's own text if MPI reports an error.
 */
final class Mpi {
  /** At least MPI_MAX_ERROR_STRING and MPI_MAX_LIBRARY_VERSION_STRING of any ABI. */
  private static final long LONGEST_TEXT = 8192 + 1;

  /** At least the size of MPI_Status, which has at most 32 bytes in any ABI. */
  private static final long STATUS_BYTES = 64;

  private static final int SUCCESS = 0;

  private final MpiLibrary library;
  private final long[] predefined;
  private final MemorySegment ignoredStatus;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment answer = arena.allocate(JAVA_LONG);
  private final MemorySegment status = arena.allocate(STATUS_BYTES, Long.BYTES);
  private final MemorySegment text = arena.allocate(LONGEST_TEXT);

  private final MethodHandle initThread;
  private final MethodHandle initialized;
  private final MethodHandle finish;
  private final MethodHandle abort;
  private final MethodHandle commRank;
  private final MethodHandle commSize;
  private final MethodHandle commIdup;
  private final MethodHandle commFree;
  private final MethodHandle commGroup;
  private final MethodHandle commCreateGroup;
  private final MethodHandle groupIncl;
  private final MethodHandle groupFree;
  private final MethodHandle commSetErrhandler;
  private final MethodHandle errorString;
  private final MethodHandle libraryVersion;
  private final MethodHandle processorName;
  private final MethodHandle typeHindexed;
  private final MethodHandle typeCommit;
  private final MethodHandle typeFree;
  private final MethodHandle isend;
  private final MethodHandle irecv;
  private final MethodHandle test;
  private final MethodHandle improbe;
  private final MethodHandle imrecv;
  private final MethodHandle elements;
  private final MethodHandle ialltoallw;
  private final MethodHandle iallreduce;
  private final MethodHandle iallgather;
  private final MethodHandle cancel;

  Mpi(MpiLibrary library) {
    this.library = library;
    predefined =
        Stream.of(MpiConstant.values())
            .mapToLong(which -> library.abi().handle(library.symbols(), which))
            .toArray();
    ignoredStatus = MemorySegment.ofAddress(library.abi().ignoredStatus());
    initThread = bind("MPI_Init_thread", "ppip");
    initialized = bind("MPI_Initialized", "p");
    finish = bind("MPI_Finalize", "");
    abort = bind("MPI_Abort", "hi");
    commRank = bind("MPI_Comm_rank", "hp");
    commSize = bind("MPI_Comm_size", "hp");
    commIdup = bind("MPI_Comm_idup", "hpp");
    commFree = bind("MPI_Comm_free", "p");
    commGroup = bind("MPI_Comm_group", "hp");
    commCreateGroup = bind("MPI_Comm_create_group", "hhip");
    groupIncl = bind("MPI_Group_incl", "hipp");
    groupFree = bind("MPI_Group_free", "p");
    commSetErrhandler = bind("MPI_Comm_set_errhandler", "hh");
    errorString = bind("MPI_Error_string", "ipp");
    libraryVersion = bind("MPI_Get_library_version", "pp");
    processorName = bind("MPI_Get_processor_name", "pp");
    typeHindexed = bind("MPI_Type_create_hindexed", "ipphp");
    typeCommit = bind("MPI_Type_commit", "p");
    typeFree = bind("MPI_Type_free", "p");
    isend = bind("MPI_Isend", "pihiihp");
    irecv = bind("MPI_Irecv", "pihiihp");
    test = bind("MPI_Test", "ppp");
    improbe = bind("MPI_Improbe", "iihppp");
    imrecv = bind("MPI_Imrecv", "pihpp");
    elements = bind("MPI_Get_elements_x", "php");
    ialltoallw = bind("MPI_Ialltoallw", "pppppppphp");
    iallreduce = bind("MPI_Iallreduce", "ppihhhp");
    iallgather = bind("MPI_Iallgather", "pihpihhp");
    cancel = bind("MPI_Cancel", "p");
  }

  private MethodHandle bind(String name, String signature) {
    SymbolLookup symbols = library.symbols();
    return MpiFunctionLinker.bind(symbols, name, signature, library.abi().handle());
  }

  MpiLibrary library() {
    return library;
  }

  long handle(MpiConstant which) {
    return predefined[which.ordinal()];
  }

  int anySource() {
    return library.abi().anySource();
  }

  /**
   * Starts MPI.
   *
   * @return whether any thread may call MPI, one at a time; if not, only the thread that called
   *     this may
   */
  boolean init() {
    int wanted = library.abi().serialized();
    call(
        "MPI_Init_thread",
        () -> (int) initThread.invokeExact(MemorySegment.NULL, MemorySegment.NULL, wanted, answer));
    return answer.get(JAVA_INT, 0) >= wanted;
  }

  boolean isInitialized() {
    call("MPI_Initialized", () -> (int) initialized.invokeExact(answer));
    return answer.get(JAVA_INT, 0) != 0;
  }

  /** Ends MPI; waits for every process to do so. */
  void finish() {
    call("MPI_Finalize", () -> (int) finish.invokeExact());
  }

  /** Ends every process of the job; does not return if MPI works as specified. */
  void abort(int status) {
    call("MPI_Abort", () -> (int) abort.invokeExact(handle(MpiConstant.COMM_WORLD), status));
  }

  int rank(long communicator) {
    call("MPI_Comm_rank", () -> (int) commRank.invokeExact(communicator, answer));
    return answer.get(JAVA_INT, 0);
  }

  int size(long communicator) {
    call("MPI_Comm_size", () -> (int) commSize.invokeExact(communicator, answer));
    return answer.get(JAVA_INT, 0);
  }

  /**
   * Starts to make another communicator of the same processes, with messages of its own.
   *
   * @param made memory for its handle, to be read when the request is done
   */
  void duplicate(long communicator, MemorySegment made, MemorySegment request) {
    call("MPI_Comm_idup", () -> (int) commIdup.invokeExact(communicator, made, request));
  }

  /**
   * Makes a communicator of some of the processes; waits for each of them to call.
   *
   * @param ranks an int for each process, ascending
   * @param tag distinguishes calls between the same processes
   */
  long create(long communicator, MemorySegment ranks, int count, int tag) {
    call("MPI_Comm_group", () -> (int) commGroup.invokeExact(communicator, answer));
    long all = storedHandle(answer);
    call("MPI_Group_incl", () -> (int) groupIncl.invokeExact(all, count, ranks, answer));
    long some = storedHandle(answer);
    call(
        "MPI_Comm_create_group",
        () -> (int) commCreateGroup.invokeExact(communicator, some, tag, answer));
    long made = storedHandle(answer);
    free("MPI_Group_free", groupFree, all);
    free("MPI_Group_free", groupFree, some);
    return made;
  }

  /** Frees a communicator. */
  void freeCommunicator(long communicator) {
    free("MPI_Comm_free", commFree, communicator);
  }

  /** Frees a datatype. */
  void freeType(long type) {
    free("MPI_Type_free", typeFree, type);
  }

  private void free(String function, MethodHandle freeing, long handle) {
    storeHandle(answer, handle);
    call(function, () -> (int) freeing.invokeExact(answer));
  }

  /** Makes errors come back as return values; MPI's default is to end the process. */
  void returnErrors(long communicator) {
    call(
        "MPI_Comm_set_errhandler",
        () -> (int) commSetErrhandler.invokeExact(communicator, handle(MpiConstant.ERRORS_RETURN)));
  }

  /** The library's own name and version, its first line. */
  String version() {
    call("MPI_Get_library_version", () -> (int) libraryVersion.invokeExact(text, answer));
    return text.getString(0).lines().findFirst().orElse("").strip();
  }

  /** The name of this host. */
  String host() {
    call("MPI_Get_processor_name", () -> (int) processorName.invokeExact(text, answer));
    return text.getString(0);
  }

  /**
   * A datatype of blocks of bytes, ready to use.
   *
   * @param lengths an int for each block, its length in bytes
   * @param offsets a long for each block, its offset in bytes
   */
  long blocks(int count, MemorySegment lengths, MemorySegment offsets) {
    call(
        "MPI_Type_create_hindexed",
        () ->
            (int)
                typeHindexed.invokeExact(
                    count, lengths, offsets, handle(MpiConstant.BYTE), answer));
    call("MPI_Type_commit", () -> (int) typeCommit.invokeExact(answer));
    return storedHandle(answer);
  }

  void send(
      MemorySegment data,
      int count,
      long type,
      int target,
      int tag,
      long communicator,
      MemorySegment request) {
    call(
        "MPI_Isend",
        () -> (int) isend.invokeExact(data, count, type, target, tag, communicator, request));
  }

  void receive(
      MemorySegment data,
      int count,
      long type,
      int source,
      int tag,
      long communicator,
      MemorySegment request) {
    call(
        "MPI_Irecv",
        () -> (int) irecv.invokeExact(data, count, type, source, tag, communicator, request));
  }

  /** Lets MPI make progress; true once the request is done. */
  boolean test(MemorySegment request) {
    call("MPI_Test", () -> (int) test.invokeExact(request, answer, ignoredStatus));
    return answer.get(JAVA_INT, 0) != 0;
  }

  /**
   * Looks for a message and reserves it, so that no other call receives it.
   *
   * @param message memory for its handle, for {@link #receiveFound}
   * @return whether a message was found
   */
  boolean find(int source, int tag, long communicator, MemorySegment message) {
    call(
        "MPI_Improbe",
        () -> (int) improbe.invokeExact(source, tag, communicator, answer, message, status));
    return answer.get(JAVA_INT, 0) != 0;
  }

  /** The bytes of the message that was found last. */
  long foundBytes() {
    call(
        "MPI_Get_elements_x",
        () -> (int) elements.invokeExact(status, handle(MpiConstant.BYTE), answer));
    return answer.get(JAVA_LONG, 0);
  }

  /** Starts to receive a message that was found. */
  void receiveFound(
      MemorySegment data, int count, long type, MemorySegment message, MemorySegment request) {
    call("MPI_Imrecv", () -> (int) imrecv.invokeExact(data, count, type, message, request));
  }

  /** Cancels a receive; {@link #test} says when the cancellation is done. */
  void cancel(MemorySegment request) {
    call("MPI_Cancel", () -> (int) cancel.invokeExact(request));
  }

  /** All-gather of the same number of bytes from every process. */
  void allGatherEven(
      MemorySegment sent,
      int count,
      MemorySegment received,
      long type,
      long communicator,
      MemorySegment request) {
    call(
        "MPI_Iallgather",
        () ->
            (int)
                iallgather.invokeExact(
                    sent, count, type, received, count, type, communicator, request));
  }

  /** All-to-all, with a count, an offset in bytes and a type for each process. */
  void allToAll(
      MemorySegment sent,
      Parts out,
      MemorySegment received,
      Parts in,
      long communicator,
      MemorySegment request) {
    call(
        "MPI_Ialltoallw",
        () ->
            (int)
                ialltoallw.invokeExact(
                    sent,
                    out.counts(),
                    out.offsets(),
                    out.types(),
                    received,
                    in.counts(),
                    in.offsets(),
                    in.types(),
                    communicator,
                    request));
  }

  /** Native arrays with an entry for each process: ints, ints, handles. */
  record Parts(MemorySegment counts, MemorySegment offsets, MemorySegment types) {}

  /** The library's own all-reduce, in an order that it chooses; in place. */
  void allReduceInPlace(
      MemorySegment data,
      int count,
      long type,
      long operation,
      long communicator,
      MemorySegment request) {
    MemorySegment inPlace = MemorySegment.ofAddress(library.abi().inPlace());
    call(
        "MPI_Iallreduce",
        () ->
            (int)
                iallreduce.invokeExact(
                    inPlace, data, count, type, operation, communicator, request));
  }

  private interface Call {
    int run() throws Throwable;
  }

  private void call(String function, Call call) {
    int status;
    try {
      status = call.run();
    } catch (Throwable e) {
      throw MpiFunctionLinker.defect(function, e);
    }
    if (status != SUCCESS) {
      throw new MpiException(function + ": " + describe(status));
    }
  }

  private String describe(int status) {
    try {
      int known = (int) errorString.invokeExact(status, text, answer);
      return known == SUCCESS ? text.getString(0) : "error " + status;
    } catch (Throwable e) {
      throw MpiFunctionLinker.defect("MPI_Error_string", e);
    }
  }

  /** Size of a stored handle in bytes. */
  long handleBytes() {
    return library.abi().handle().byteSize();
  }

  void storeHandle(MemorySegment place, long handle) {
    if (handleBytes() == Integer.BYTES) {
      place.set(JAVA_INT, 0, (int) handle);
    } else {
      place.set(JAVA_LONG, 0, handle);
    }
  }

  long storedHandle(MemorySegment place) {
    return handleBytes() == Integer.BYTES ? place.get(JAVA_INT, 0) : place.get(JAVA_LONG, 0);
  }
}
