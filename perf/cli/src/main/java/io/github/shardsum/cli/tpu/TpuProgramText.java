package io.github.shardsum.cli.tpu;

import static io.github.shardsum.cli.common.UsageErrors.usageError;

import io.github.shardsum.cli.common.InputArrays;
import io.github.shardsum.cli.common.OutputFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * A program and the kind of shardings in its text.
 *
 * @param code StableHLO, text or bytecode: in both, the names that are searched for are ASCII
 */
record TpuProgramText(byte[] code) {
  private static final String SHARDY = "sdy.";
  private static final String GSPMD = "mhlo.sharding";

  /**
   * Reads a program, from standard input if the file is {@code -}. The results must go to other
   * files.
   *
   * @param spec the command, whose {@code -o} names the results
   * @throws IOException if the file cannot be read
   * @throws IllegalArgumentException if the file is a folder
   * @throws ParameterException if a result would take its place or another result's
   */
  static TpuProgramText read(CommandSpec spec, Path file, List<Path> results) throws IOException {
    if (Files.isDirectory(file)) {
      throw new IllegalArgumentException("program: must be a file, " + file + " is a folder");
    }
    boolean standard = file.toString().equals(InputArrays.STANDARD);
    TpuProgramText program =
        new TpuProgramText(standard ? System.in.readAllBytes() : Files.readAllBytes(file));
    Set<Path> taken = new HashSet<>();
    if (!standard) {
      taken.add(file.toRealPath());
    }
    for (Path result : results) {
      if (!result.toString().equals(InputArrays.STANDARD)) {
        OutputFile.check("-o", result);
      }
      Path real = Files.exists(result) ? result.toRealPath() : result.toAbsolutePath().normalize();
      if (!taken.add(real)) {
        throw usageError(
            spec,
            "-o: must be a file of its own for each result, got "
                + result
                + ", which is the program or another result");
      }
    }
    return program;
  }

  private String text() {
    return new String(code, StandardCharsets.ISO_8859_1);
  }

  /** Whether the program is meant for several devices. */
  boolean isSplit() {
    return text().contains("sdy.mesh") || text().contains(GSPMD);
  }

  /** Whether its shardings are Shardy's; Shardy also reads a program that has both kinds. */
  boolean isShardy() {
    return text().contains(SHARDY) || !text().contains(GSPMD);
  }
}
