package io.github.shardsum.cli.corpus.data;

import io.github.shardsum.cli.common.Abbreviation;
import java.util.regex.Pattern;

/**
 * A line of a file of pairs, with tabs between its columns.
 *
 * @param language the BCP 47 tag of the other language
 * @param source the name of the source
 * @param english the English text
 * @param text the text in the other language
 */
public record CorpusPair(String language, String source, String english, String text) {
  private static final int COLUMNS = 4;
  private static final Pattern TAB = Pattern.compile("\t");

  /** The line, without its end. */
  public String line() {
    return language + "\t" + source + "\t" + english + "\t" + text;
  }

  /**
   * Reads a line.
   *
   * @throws IllegalArgumentException if it has other columns
   */
  public static CorpusPair parse(String line) {
    String[] columns = TAB.split(line, -1);
    if (columns.length != COLUMNS) {
      throw new IllegalArgumentException(
          "a line must be language, source, English and text with tabs between them, got "
              + Abbreviation.text(line));
    }
    return new CorpusPair(columns[0], columns[1], columns[2], columns[3]);
  }
}
