package io.github.shardsum.io;

import io.github.shardsum.internal.io.FileLocation;
import java.io.Serial;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Thrown for a file that breaks a rule of its format, or has contents that this library does not
 * read.
 *
 * <p>The message is "file: rule at byte offset, got value"; the parts are here as data. An error of
 * the file system, in contrast, is an {@link java.io.IOException}. Immutable.
 */
public final class TensorFileException extends IllegalArgumentException {
  @Serial private static final long serialVersionUID = 1;

  /** The file, as it was given. */
  private final String file;

  /** The entry of an archive; empty if the file is not an archive. */
  private final String entry;

  /** Byte of the file at which the rule is broken. */
  private final long offset;

  /** The rule that is broken. */
  private final String rule;

  /**
   * The error of a rule that is broken.
   *
   * @param file the file
   * @param entry the entry of an archive; empty for the file itself
   * @param offset the place in the file, in bytes
   * @param rule the rule in words
   * @param found the contents at this place
   */
  public TensorFileException(Path file, String entry, long offset, String rule, String found) {
    super(new FileLocation(file, entry, 0) + ": " + rule + " at byte " + offset + ", got " + found);
    this.file = file.toString();
    this.entry = entry;
    this.offset = offset;
    this.rule = rule;
  }

  /**
   * The file, as it was given.
   *
   * @return its path
   */
  public Path file() {
    return Path.of(file);
  }

  /**
   * The archive's entry with the error.
   *
   * @return its name in the archive, or empty if the error is in the file itself
   */
  public Optional<String> entry() {
    return entry.isEmpty() ? Optional.empty() : Optional.of(entry);
  }

  /**
   * Where the rule is broken.
   *
   * @return the position in bytes from the start of the file; inside a deflated entry of an
   *     archive, from the start of the inflated bytes
   */
  public long offset() {
    return offset;
  }

  /**
   * The rule that is broken.
   *
   * @return the rule in words
   */
  public String rule() {
    return rule;
  }
}
