package io.github.shardsum.internal.io;

import io.github.shardsum.io.TensorFileException;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The origin of bytes, for error messages: a file, its entry ("" for the file itself), and the
 * position from which offsets count.
 */
public record FileLocation(Path file, String entry, long base) {
  /** The longest quotation from a file in a message, so that a file cannot fill the log. */
  private static final int QUOTED = 60;

  public static FileLocation of(Path file) {
    return new FileLocation(file, "", 0);
  }

  /** The error for a file that breaks a rule at an offset from the base. */
  public TensorFileException broken(String rule, long offset, Object found) {
    return new TensorFileException(file, entry, base + offset, rule, found.toString());
  }

  /** A quotation that is safe to print. */
  public static String quote(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < Math.min(text.length(), QUOTED); i++) {
      char c = text.charAt(i);
      boolean printable = c >= ' ' && c != 0x7f && !(c >= 0x80 && c < 0xa0) && c < 0x2000;
      quoted.append(printable ? String.valueOf(c) : String.format(Locale.ROOT, "\\u%04x", (int) c));
    }
    return quoted.append(text.length() > QUOTED ? "...\"" : "\"").toString();
  }

  @Override
  public String toString() {
    return entry.isEmpty() ? file.toString() : file + ", entry " + quote(entry);
  }
}
