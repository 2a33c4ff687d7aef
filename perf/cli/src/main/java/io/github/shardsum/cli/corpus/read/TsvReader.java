package io.github.shardsum.cli.corpus.read;

import io.github.shardsum.cli.common.Abbreviation;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Lines of language, text and English with tabs between them, as of {@code train --data}. */
record TsvReader() implements TranslationReader.Aligned {
  private static final int COLUMNS = 3;

  @Override
  public void read(InputStream in, Consumer<Translation> sink) throws IOException {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.isBlank()) {
        continue;
      }
      String[] columns = line.split("\t", -1);
      if (columns.length != COLUMNS || columns[0].isBlank()) {
        throw new IllegalArgumentException(
            "a line must be language, text and English with tabs between them, got "
                + Abbreviation.text(line));
      }
      sink.accept(new Translation(columns[0].strip(), columns[2], columns[1]));
    }
  }
}
