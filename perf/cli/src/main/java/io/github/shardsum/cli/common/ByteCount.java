package io.github.shardsum.cli.common;

import static io.github.shardsum.measure.Texts.wrongArgument;

import java.math.BigDecimal;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Numbers of bytes as people write them: {@code 4096}, {@code 8MB}, {@code 1.5GiB}. With a unit
 * there may be a fraction, which is rounded down to whole bytes.
 */
public final class ByteCount {
  private static final Pattern FORM =
      Pattern.compile("(\\d{1,18}(?:\\.\\d{1,9})?) ?([kKMGT]i?)?B?");

  private static final Map<Character, Integer> POWER =
      Map.of('k', 1, 'K', 1, 'M', 2, 'G', 3, 'T', 4);

  private ByteCount() {}

  /** For an option. */
  public static final class Converter implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
      try {
        return parse(text);
      } catch (IllegalArgumentException wrong) {
        throw new TypeConversionException(wrong.getMessage());
      }
    }
  }

  /**
   * Reads a number of bytes.
   *
   * @throws IllegalArgumentException if the text is not a number of bytes
   */
  public static long parse(String text) {
    Matcher form = FORM.matcher(text.strip());
    if (!form.matches()) {
      throw wrong(text);
    }
    BigDecimal count = new BigDecimal(form.group(1));
    String unit = form.group(2);
    if (unit == null && count.stripTrailingZeros().scale() > 0) {
      throw wrongArgument(
          "bytes: must be a whole number without a unit, got \"%s\"; a fraction needs one, as"
              + " in %sMB",
          text, form.group(1));
    }
    if (unit != null) {
      int base = unit.endsWith("i") ? 1024 : 1000;
      count = count.multiply(BigDecimal.valueOf(base).pow(POWER.getOrDefault(unit.charAt(0), 0)));
    }
    if (count.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
      throw wrong(text);
    }
    if (count.signum() > 0 && count.compareTo(BigDecimal.ONE) < 0) {
      throw new IllegalArgumentException("bytes: must be 0 or at least 1, got \"" + text + "\"");
    }
    return count.longValue();
  }

  private static IllegalArgumentException wrong(String text) {
    return new IllegalArgumentException(
        "bytes: must be a number such as 4096, 8MB or 1.5GiB below 2^63, got \"" + text + "\"");
  }
}
