package io.github.shardsum.cli.program;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.cli.common.InputArrays;
import io.github.shardsum.io.Npz;
import io.github.shardsum.io.Safetensors;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The places of a program's inputs: each is in the file of a {@code NAME=FILE}, in the file {@code
 * NAME.npy} of a folder, or under its name in an archive. A file that is named alone takes
 * precedence over folders and archives.
 *
 * @param named files of single inputs, as {@link InputArrays} takes them
 * @param bulk folders and archives in their order
 */
record ProgramInputs(Map<String, String> named, List<Bulk> bulk) {
  private static final String NPY = ".npy";
  private static final String NPZ = ".npz";
  private static final String SAFETENSORS = ".safetensors";

  /** A folder or an archive, and the names that it has. */
  private record Bulk(Path place, Set<String> names) {
    static Bulk of(Path place) throws IOException {
      if (Files.isDirectory(place)) {
        try (Stream<Path> files = Files.list(place)) {
          return new Bulk(
              place,
              files
                  .map(file -> String.valueOf(file.getFileName()))
                  .filter(name -> name.endsWith(NPY))
                  .map(name -> name.substring(0, name.length() - NPY.length()))
                  .collect(Collectors.toSet()));
        }
      }
      if (place.toString().endsWith(NPZ)) {
        try (Npz archive = Npz.open(place)) {
          return new Bulk(place, Set.copyOf(archive.names()));
        }
      }
      try (Safetensors archive = Safetensors.open(place)) {
        return new Bulk(place, Set.copyOf(archive.names()));
      }
    }

    String of(String name) {
      return Files.isDirectory(place) ? place.resolve(name + NPY).toString() : place + ":" + name;
    }
  }

  /**
   * Reads values of {@code --in}.
   *
   * @param values the values, as they were typed
   * @param wrong makes the error of an invalid value, or of a name with two values
   * @throws IOException if a folder or an archive cannot be read
   */
  static ProgramInputs of(List<String> values, Function<String, RuntimeException> wrong)
      throws IOException {
    Map<String, String> named = new LinkedHashMap<>();
    List<Bulk> bulk = new ArrayList<>();
    for (String value : values) {
      int sign = value.indexOf('=');
      if (isBulk(value)) {
        bulk.add(Bulk.of(Path.of(value)));
        continue;
      }
      if (sign < 1 || sign == value.length() - 1) {
        throw wrong.apply(
            "--in: must be NAME=FILE, a folder, an .npz or a .safetensors file, got " + value);
      }
      String before = named.put(value.substring(0, sign), value.substring(sign + 1));
      if (before != null) {
        throw wrong.apply(
            format(
                "--in: must have one value for each name, got %s=%s and %s",
                value.substring(0, sign), before, value));
      }
    }
    return new ProgramInputs(named, List.copyOf(bulk));
  }

  private static boolean isBulk(String value) {
    boolean archive = value.endsWith(NPZ) || value.endsWith(SAFETENSORS);
    return Files.isDirectory(Path.of(value)) || (archive && value.indexOf('=') < 0);
  }

  /** Names that no input of the program has. */
  Set<String> unknown(Program program) {
    Set<String> unknown = new TreeSet<>(named.keySet());
    program.inputs().forEach(input -> unknown.remove(input.name()));
    return unknown;
  }

  /** The place of an input, as {@link InputArrays} takes it; empty if no option names it. */
  Optional<String> find(Value input) {
    if (named.containsKey(input.name())) {
      return Optional.of(named.get(input.name()));
    }
    return bulk.stream()
        .filter(place -> place.names().contains(input.name()))
        .map(place -> place.of(input.name()))
        .findFirst();
  }
}
