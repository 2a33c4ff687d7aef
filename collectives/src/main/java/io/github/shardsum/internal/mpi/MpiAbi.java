package io.github.shardsum.internal.mpi;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;

/**
 * Differences between the binary interfaces of MPIs, as data; {@link MpiConstant} has the handles.
 *
 * <p>A handle is a {@code long} in Java, independent of its C type.
 */
enum MpiAbi {
  /** Handles are pointers to variables of the library. */
  OPEN_MPI("Open MPI", Long.BYTES, -1, 1, 0, 0),
  /** Handles are numbers of 32 bits. */
  MPICH("MPICH", Integer.BYTES, -2, -1, 1, 0),
  /** The binary interface of the MPI-5 standard: small numbers in pointers. */
  STANDARD("MPI-5 ABI", Long.BYTES, -1, 1, 0, 1024);

  /**
   * The level of thread support at which any thread may call, one at a time; the standard interface
   * counts levels in steps of 1024.
   */
  private static final int SERIALIZED = 2;

  private final String title;
  private final int handleBytes;
  private final int anySource;
  private final long inPlace;
  private final long ignoredStatus;
  private final int threadLevelStep;

  MpiAbi(
      String title,
      int handleBytes,
      int anySource,
      long inPlace,
      long ignoredStatus,
      int threadLevelStep) {
    this.title = title;
    this.handleBytes = handleBytes;
    this.anySource = anySource;
    this.inPlace = inPlace;
    this.ignoredStatus = ignoredStatus;
    this.threadLevelStep = threadLevelStep;
  }

  /**
   * The ABI of a loaded library.
   *
   * @param standardVersion the result of MPI_Abi_get_version, -1 from a library that does not speak
   *     the standard interface and 0 if it has no such function
   */
  static MpiAbi of(SymbolLookup library, int standardVersion) {
    if (standardVersion > 0) {
      return STANDARD;
    }
    boolean pointers = library.find(MpiConstant.COMM_WORLD.openMpiSymbol()).isPresent();
    return pointers ? OPEN_MPI : MPICH;
  }

  /** The layout of a handle passed by value. */
  MemoryLayout handle() {
    return handleBytes == Integer.BYTES ? ValueLayout.JAVA_INT : ValueLayout.JAVA_LONG;
  }

  /** The value of a predefined handle. */
  long handle(SymbolLookup library, MpiConstant which) {
    return switch (this) {
      case OPEN_MPI -> library.findOrThrow(which.openMpiSymbol()).address();
      case MPICH -> which.mpich();
      case STANDARD -> which.standard();
    };
  }

  int anySource() {
    return anySource;
  }

  long inPlace() {
    return inPlace;
  }

  long ignoredStatus() {
    return ignoredStatus;
  }

  int serialized() {
    return threadLevelStep == 0 ? SERIALIZED : SERIALIZED * threadLevelStep;
  }

  @Override
  public String toString() {
    return title;
  }
}
