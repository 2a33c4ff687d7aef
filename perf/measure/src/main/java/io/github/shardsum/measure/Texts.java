package io.github.shardsum.measure;

import com.google.errorprone.annotations.FormatMethod;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Texts from patterns, which are the same in every locale. */
public final class Texts {
  private Texts() {}

  /**
   * A text.
   *
   * @param pattern as {@link String#format} takes it
   * @param values the values of the pattern
   */
  @FormatMethod
  public static String format(String pattern, @Nullable Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }

  /**
   * An exception about an argument.
   *
   * @param pattern as {@link String#format} takes it: the rule that the argument must keep, and the
   *     argument
   * @param values the values of the pattern
   */
  @FormatMethod
  public static IllegalArgumentException wrongArgument(String pattern, @Nullable Object... values) {
    return new IllegalArgumentException(format(pattern, values));
  }
}
