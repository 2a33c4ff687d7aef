package io.github.shardsum.cli.train.data;

import static io.github.shardsum.measure.Texts.wrongArgument;

import io.github.shardsum.cli.common.Abbreviation;
import io.github.shardsum.cli.common.TextFiles;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The user's own pairs: lines of language, source and target with tabs between them. */
public final class PairFile {
  private static final int COLUMNS = 3;

  private PairFile() {}

  /**
   * Reads pairs; empty lines are skipped.
   *
   * @throws IllegalArgumentException if a line has other columns, or there is no line
   */
  public static List<Pair> read(Path file) throws IOException {
    List<Pair> pairs = new ArrayList<>();
    try (BufferedReader in =
        // An explicit decoder reports bytes that are not UTF-8; the default one would replace them.
        new BufferedReader(
            new InputStreamReader(TextFiles.open(file), StandardCharsets.UTF_8.newDecoder()))) {
      int number = 0;
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        number++;
        if (line.isBlank()) {
          continue;
        }
        if (line.indexOf('\0') >= 0) {
          throw wrongArgument(
              "%s: line %d must be text in UTF-8, got a NUL character (U+0000)", file, number);
        }
        String[] columns = line.split("\t", -1);
        if (columns.length != COLUMNS || columns[1].isBlank() || columns[2].isBlank()) {
          throw wrongArgument(
              "%s: line %d must be language, source and target with tabs between them, got %s",
              file, number, Abbreviation.text(line));
        }
        pairs.add(
            new Pair(
                Pair.Kind.GIVEN,
                columns[0].strip(),
                columns[1].strip(),
                columns[2].strip(),
                columns[1].strip()));
      }
    } catch (CharacterCodingException notUtf8) {
      throw new IllegalArgumentException(
          file + ": must be text in UTF-8, got other bytes", notUtf8);
    }
    if (pairs.isEmpty()) {
      throw new IllegalArgumentException(file + ": must have at least one pair, got none");
    }
    return pairs.stream().distinct().toList();
  }
}
