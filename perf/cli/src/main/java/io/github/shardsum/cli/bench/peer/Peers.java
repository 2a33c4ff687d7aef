package io.github.shardsum.cli.bench.peer;

import static io.github.shardsum.measure.Texts.wrongArgument;

import io.github.shardsum.cli.common.LibrarySearch;
import io.github.shardsum.measure.MeasurementException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;

/** The peers that this machine has, each with the same number of threads. */
public final class Peers implements AutoCloseable {
  private static final List<String> EINSUMS = List.of("numpy", "torch");

  private static final List<String> PYTHON =
      List.of("numpy", "torch", PythonPeer.TBLIS, PythonPeer.FAISS);
  private static final String NONE = "none";

  private final List<Competitor> competitors = new ArrayList<>();
  private final List<PeerVersion> found = new ArrayList<>();
  private final List<String> absent = new ArrayList<>();

  private Peers() {}

  /** All names, for the help text. */
  public static final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return all().iterator();
    }
  }

  /** Every peer's name. */
  static List<String> all() {
    return Stream.of(PYTHON, List.of(PanamaLoop.NAME), NativeGemm.NAMES, List.of(NetlibPeer.NAME))
        .flatMap(List::stream)
        .toList();
  }

  /** The peers that compute any einsum; each case is compared with them. */
  public static List<String> einsums() {
    return EINSUMS;
  }

  /**
   * The chosen names.
   *
   * @param names peers; all if empty; a single {@code none} for none
   * @throws IllegalArgumentException if there is no such peer
   */
  public static List<String> chosen(List<String> names) {
    if (names.equals(List.of(NONE))) {
      return List.of();
    }
    for (String name : names) {
      if (!all().contains(name)) {
        throw wrongArgument(
            "--peers: must be some of %s, or none, got %s", String.join(", ", all()), name);
      }
    }
    return names.isEmpty() ? all() : names;
  }

  /**
   * Starts and loads them; missing peers are in {@link #absent()}.
   *
   * @param names the names of the peers
   * @param python the interpreter of NumPy, torch, TBLIS and FAISS; its packages may contain other
   *     peers too
   * @param isa the instruction set that each may use
   * @param threads threads of each
   */
  public static Peers start(List<String> names, String python, Isa isa, int threads) {
    Peers peers = new Peers();
    LibrarySearch search = LibrarySearch.ofThisMachine(System.getenv());
    for (String name : names) {
      try {
        peers.add(start(name, python, search, isa, threads));
      } catch (MeasurementException e) {
        peers.absent.add(name + ": " + e.why());
      }
    }
    return peers;
  }

  private static Competitor start(
      String name, String python, LibrarySearch search, Isa isa, int threads)
      throws MeasurementException {
    return switch (name) {
      case "numpy", "torch", PythonPeer.TBLIS, PythonPeer.FAISS ->
          PythonPeer.start(name, python, isa, threads);
      case PanamaLoop.NAME -> PanamaLoop.start(threads);
      case NetlibPeer.NAME -> NetlibPeer.start(System.getenv(), isa, threads);
      default -> NativeGemm.load(NativeProductLibrary.of(name), search, python, isa, threads);
    };
  }

  private void add(Competitor competitor) {
    competitors.add(competitor);
    found.add(
        switch (competitor) {
          case PythonPeer peer -> peer.version();
          case NativeGemm peer -> peer.version();
          case NetlibPeer peer -> new PeerVersion(peer.name(), peer.version(), "");
          default -> new PeerVersion(competitor.name(), "", "");
        });
  }

  /** The peers that can be timed. */
  public List<Competitor> competitors() {
    return List.copyOf(competitors);
  }

  /** The versions that the found peers report. */
  public List<PeerVersion> found() {
    return List.copyOf(found);
  }

  /** A line for each that is missing: why, and the remedy. */
  public List<String> absent() {
    return List.copyOf(absent);
  }

  /** Ends the processes. */
  @Override
  public void close() {
    for (Competitor competitor : competitors) {
      switch (competitor) {
        case PythonPeer peer -> peer.close();
        case NetlibPeer peer -> peer.close();
        default -> {} // lives as long as this process
      }
    }
  }
}
