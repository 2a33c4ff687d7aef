package io.github.shardsum.internal.io;

import io.github.shardsum.io.TensorFileException;
import io.github.shardsum.tensor.Shape;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The dict of an .npy header. Its keys may be in any order, with any white space, trailing commas
 * and both kinds of quotes. Nothing is evaluated.
 */
public final class NpyDict {
  private static final String KEYS = "expected the keys descr, fortran_order and shape, each once";

  private final FileLocation place;
  private final byte[] text;
  private final long start;
  private int at;
  private Optional<NpyType> type = Optional.empty();
  private Optional<Boolean> fortran = Optional.empty();
  private Optional<Shape> shape = Optional.empty();

  /** Reads the dict in some bytes; the offset of the first byte is for messages. */
  public NpyDict(FileLocation place, byte[] text, long start) {
    this.place = place;
    this.text = text;
    this.start = start;
  }

  public StoredArray parse() {
    expect('{');
    while (!accept('}')) {
      entry();
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skipSpace();
    if (at < text.length) {
      throw broken("expected the end of the header behind its dict");
    }
    if (type.isEmpty() || fortran.isEmpty() || shape.isEmpty()) {
      throw place.broken(
          KEYS, start, FileLocation.quote(new String(text, StandardCharsets.ISO_8859_1)));
    }
    return new StoredArray(type.get().type(), type.get().order(), shape.get(), fortran.get());
  }

  private void entry() {
    int keyAt = skipSpace();
    String key = string();
    expect(':');
    switch (key) {
      case "descr" -> {
        once(type, keyAt);
        type = Optional.of(descr());
      }
      case "fortran_order" -> {
        once(fortran, keyAt);
        fortran = Optional.of(bool());
      }
      case "shape" -> {
        once(shape, keyAt);
        shape = Optional.of(shape());
      }
      default -> throw place.broken(KEYS, start + keyAt, FileLocation.quote(key));
    }
  }

  private void once(Optional<?> value, int keyAt) {
    if (value.isPresent()) {
      at = keyAt;
      throw broken(KEYS);
    }
  }

  private NpyType descr() {
    int valueAt = skipSpace();
    if (peek() == '[' || peek() == '(') {
      throw broken("expected a plain dtype (not a structured one: save its fields one by one)");
    }
    String descr = string();
    return NpyType.parse(descr)
        .orElseThrow(
            () -> place.broken(NpyType.refusal(descr), start + valueAt, FileLocation.quote(descr)));
  }

  private boolean bool() {
    skipSpace();
    if (acceptWord("True")) {
      return true;
    }
    if (acceptWord("False")) {
      return false;
    }
    throw broken("expected True or False");
  }

  private boolean acceptWord(String word) {
    int end = at + word.length();
    boolean there =
        end <= text.length
            && new String(text, at, word.length(), StandardCharsets.ISO_8859_1).equals(word);
    if (there) {
      at = end;
    }
    return there;
  }

  private Shape shape() {
    int valueAt = skipSpace();
    expect('(');
    List<Long> sizes = new ArrayList<>();
    boolean comma = true;
    while (!accept(')')) {
      if (!comma) {
        throw broken("expected a comma or a closing parenthesis");
      }
      sizes.add(size());
      comma = accept(',');
    }
    if (sizes.size() == 1 && !comma) {
      at = valueAt;
      throw broken("expected a tuple of sizes, as in (3,)");
    }
    long[] shape = sizes.stream().mapToLong(Long::longValue).toArray();
    try {
      return Shape.of(shape);
    } catch (IllegalArgumentException tooMany) {
      at = valueAt;
      throw broken("expected a shape of fewer than 2^62 elements");
    }
  }

  private long size() {
    int valueAt = skipSpace();
    long value = 0;
    while (peek() >= '0' && peek() <= '9') {
      int digit = peek() - '0';
      if (value > (Long.MAX_VALUE - digit) / 10) {
        at = valueAt;
        throw broken("expected a size below 2^63");
      }
      value = 10 * value + digit;
      at++;
    }
    boolean zeroInFront = at > valueAt + 1 && text[valueAt] == '0';
    if (at == valueAt || zeroInFront) {
      at = valueAt;
      throw broken("expected a size of at least 0, in decimal digits");
    }
    if (peek() == 'L') {
      // The suffix of a Python 2 long, which old files have.
      at++;
    }
    return value;
  }

  private String string() {
    int quoteAt = skipSpace();
    int quote = peek();
    if (quote != '\'' && quote != '"') {
      throw broken("expected a string in quotes");
    }
    at++;
    int from = at;
    while (peek() != quote) {
      if (peek() < ' ' || peek() == '\\') {
        at = quoteAt;
        throw broken("expected a string that ends, without escapes");
      }
      at++;
    }
    return new String(text, from, at++ - from, StandardCharsets.ISO_8859_1);
  }

  private int skipSpace() {
    while (" \t\n\r\f".indexOf(peek()) >= 0) {
      at++;
    }
    return at;
  }

  /** The next byte, or -1 at the end. */
  private int peek() {
    return at < text.length ? Byte.toUnsignedInt(text[at]) : -1;
  }

  private boolean accept(char wanted) {
    skipSpace();
    boolean there = peek() == wanted;
    at += there ? 1 : 0;
    return there;
  }

  private void expect(char wanted) {
    if (!accept(wanted)) {
      throw broken("expected '" + wanted + "'");
    }
  }

  private TensorFileException broken(String rule) {
    String rest = new String(text, at, text.length - at, StandardCharsets.ISO_8859_1);
    return place.broken(rule, start + at, rest.isEmpty() ? "the end" : FileLocation.quote(rest));
  }
}
