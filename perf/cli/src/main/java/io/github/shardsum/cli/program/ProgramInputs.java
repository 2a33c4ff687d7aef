package io.github.shardsum.cli.program;

import io.github.shardsum.cli.common.InputArrays;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Where the inputs of a program are: {@code NAME=FILE}, or in a folder as {@code NAME.npy}, or in
 * an archive under their names. What is named alone comes before what a folder or an archive has.
 *
 * @param named files of single inputs, as {@link InputArrays} takes them
 * @param bulk folders and archives
 */
record ProgramInputs(Map<String, String> named, List<Path> bulk) {
  /**
   * Reads values of {@code --in}.
   *
   * @throws IllegalArgumentException if one is none, or a name has two
   */
  static ProgramInputs of(List<String> values) {
    Map<String, String> named = new LinkedHashMap<>();
    Set<Path> bulk = new LinkedHashSet<>();
    for (String value : values) {
      int sign = value.indexOf('=');
      if (isBulk(value)) {
        bulk.add(Path.of(value));
        continue;
      }
      if (sign < 1 || sign == value.length() - 1) {
        throw new IllegalArgumentException(
            "--in: expected NAME=FILE, a folder, an .npz or a .safetensors file, got " + value);
      }
      String before = named.put(value.substring(0, sign), value.substring(sign + 1));
      if (before != null) {
        throw new IllegalArgumentException(
            "--in: must have one value for each name, got %s=%s and %s"
                .formatted(value.substring(0, sign), before, value));
      }
    }
    return new ProgramInputs(named, List.copyOf(bulk));
  }

  private static boolean isBulk(String value) {
    boolean archive = value.endsWith(".npz") || value.endsWith(".safetensors");
    return Files.isDirectory(Path.of(value)) || (archive && value.indexOf('=') < 0);
  }

  /** Names that no input of the program has. */
  Set<String> unknown(Program program) {
    Set<String> unknown = new TreeSet<>(named.keySet());
    program.inputs().forEach(input -> unknown.remove(input.name()));
    return unknown;
  }

  /** Where an input is, as {@link InputArrays} takes it; nothing if nobody says so. */
  Optional<String> find(Value input) {
    if (named.containsKey(input.name())) {
      return Optional.of(named.get(input.name()));
    }
    return bulk.stream()
        .filter(place -> !Files.isDirectory(place) || Files.exists(file(place, input)))
        .map(
            place ->
                Files.isDirectory(place)
                    ? file(place, input).toString()
                    : place + ":" + input.name())
        .findFirst();
  }

  private static Path file(Path folder, Value input) {
    return folder.resolve(input.name() + ".npy");
  }
}
