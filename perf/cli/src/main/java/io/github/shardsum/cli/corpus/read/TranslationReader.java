package io.github.shardsum.cli.corpus.read;

import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A format of files with translations. All readers throw {@link IllegalArgumentException} or {@link
 * IOException} for a file that is not of the format.
 */
public sealed interface TranslationReader {
  /** A format whose files have the English text beside each translation. */
  sealed interface Aligned extends TranslationReader
      permits MoReader, PoReader, TmxReader, TsvReader {
    /**
     * Reads a file from start to end.
     *
     * @param sink gets each translation; a damaged file may give some before the exception
     */
    void read(InputStream in, Consumer<Translation> sink) throws IOException;
  }

  /** A format whose files have texts of one language under keys; English is another file. */
  sealed interface Keyed extends TranslationReader
      permits DtdReader, FluentReader, JsonReader, PakReader, PropertiesReader {
    /** The texts by key. */
    Map<String, String> read(InputStream in) throws IOException;
  }

  /**
   * A text in two languages.
   *
   * @param language the name of the other language in the file, or nothing if the file's path must
   *     have it
   * @param english the English text
   * @param text the text in the other language, empty if it is not translated
   */
  record Translation(String language, String english, String text) {}

  /** The reader of a file, by the ending of its name. */
  static Optional<TranslationReader> of(String fileName) {
    String ending = fileName.substring(fileName.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return Optional.ofNullable(
        switch (ending) {
          case "mo", "gmo" -> new MoReader();
          case "po" -> new PoReader();
          case "tmx" -> new TmxReader();
          case "tsv" -> new TsvReader();
          case "dtd" -> new DtdReader();
          case "ftl" -> new FluentReader();
          case "json" -> new JsonReader();
          case "pak" -> new PakReader();
          case "properties" -> new PropertiesReader();
          default -> null;
        });
  }
}
