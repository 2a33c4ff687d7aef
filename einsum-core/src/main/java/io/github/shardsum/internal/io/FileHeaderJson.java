package io.github.shardsum.internal.io;

import io.github.shardsum.io.TensorFileException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * Reads JSON (RFC 8259) strictly, and only the parts of a known grammar: objects key by key,
 * strings, arrays of natural numbers. It accepts no unknown value, so it never recurses.
 */
public final class FileHeaderJson {
  private final FileLocation place;
  private final String text;
  private final long start;
  private int at;
  private int tokenAt;
  private int counted;
  private long countedBytes;

  private FileHeaderJson(FileLocation place, String text, long start) {
    this.place = place;
    this.text = text;
    this.start = start;
  }

  /** The JSON in some bytes, which begin at an offset of the location. */
  public static FileHeaderJson of(FileLocation place, long start, byte[] bytes) {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
    if (decoder.decode(in, out, true).isError()) {
      throw place.broken(
          "expected a header in UTF-8", start + in.position(), "byte " + (in.get() & 0xff));
    }
    return new FileHeaderJson(place, out.flip().toString(), start);
  }

  /** The error for a rule that the last token breaks. */
  public TensorFileException broken(String rule, Object found) {
    return brokenAt(offset(tokenAt), rule, found);
  }

  /** The error for a rule that is broken at an offset of the file. */
  public TensorFileException brokenAt(long offset, String rule, Object found) {
    return place.broken(rule, offset, found);
  }

  /** Refuses the last key if the object already has it. */
  public void once(boolean first) {
    if (!first) {
      throw broken("expected each key once", found());
    }
  }

  private TensorFileException unexpected(String wanted) {
    return broken("expected " + wanted, found());
  }

  private String found() {
    return tokenAt == text.length()
        ? "the end"
        : FileLocation.quote(text.substring(tokenAt, Math.min(text.length(), tokenAt + 100)));
  }

  /**
   * The offset of a character in the file; a character outside of ASCII has several bytes. The
   * count continues from the last answer, since a count from the start for each of a million
   * tensors would take hours.
   */
  private long offset(int index) {
    if (index < counted) {
      counted = 0;
      countedBytes = 0;
    }
    countedBytes += text.substring(counted, index).getBytes(StandardCharsets.UTF_8).length;
    counted = index;
    return start + countedBytes;
  }

  private void skipSpace() {
    while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    tokenAt = at;
  }

  private boolean accept(char wanted) {
    skipSpace();
    boolean there = at < text.length() && text.charAt(at) == wanted;
    at += there ? 1 : 0;
    return there;
  }

  private void expect(char wanted) {
    if (!accept(wanted)) {
      throw unexpected("'" + wanted + "'");
    }
  }

  /**
   * Reads the start of an object, whose {@link #keys()} come next. Returns its offset in the file.
   */
  public long object() {
    expect('{');
    return offset(tokenAt);
  }

  /** The keys of an object; the caller reads the value of each before it asks for the next. */
  public Iterable<String> keys() {
    return () ->
        new Iterator<>() {
          private boolean begun;
          private boolean ended = accept('}');

          @Override
          public boolean hasNext() {
            if (begun && !ended && !accept(',')) {
              expect('}');
              ended = true;
            }
            begun = false;
            return !ended;
          }

          @Override
          public String next() {
            if (ended) {
              throw new NoSuchElementException();
            }
            begun = true;
            String key = string();
            int keyAt = tokenAt;
            expect(':');
            tokenAt = keyAt;
            return key;
          }
        };
  }

  /** Reads an array of integers from 0 to 2^63 - 1. */
  public List<Long> naturals() {
    expect('[');
    List<Long> values = new ArrayList<>();
    if (accept(']')) {
      return values;
    }
    do {
      values.add(natural());
    } while (accept(','));
    expect(']');
    return values;
  }

  private long natural() {
    skipSpace();
    while (at < text.length() && "0123456789.eE+-".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    String digits = text.substring(tokenAt, at);
    boolean plain = digits.chars().allMatch(c -> c >= '0' && c <= '9');
    if (digits.isEmpty() || !plain || (digits.length() > 1 && digits.charAt(0) == '0')) {
      throw unexpected("an integer of at least 0");
    }
    try {
      return Long.parseLong(digits);
    } catch (NumberFormatException tooLong) {
      throw unexpected("an integer below 2^63");
    }
  }

  /** Reads a string. */
  public String string() {
    expect('"');
    int quoteAt = tokenAt;
    StringBuilder value = new StringBuilder();
    while (true) {
      char c = nextInString(quoteAt);
      if (c == '"') {
        tokenAt = quoteAt;
        return checkedPairs(value.toString());
      }
      if (c < ' ') {
        throw unexpected("a string without control characters");
      }
      value.append(c == '\\' ? escape(quoteAt) : c);
    }
  }

  private char nextInString(int quoteAt) {
    if (at == text.length()) {
      tokenAt = quoteAt;
      throw unexpected("a string that ends");
    }
    return text.charAt(at++);
  }

  private char escape(int quoteAt) {
    char c = nextInString(quoteAt);
    return switch (c) {
      case '"', '\\', '/' -> c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> {
        int value = 0;
        for (int i = 0; i < 4; i++) {
          int digit = Character.digit(nextInString(quoteAt), 16);
          if (digit < 0) {
            throw unexpected("an escape of four hexadecimal digits");
          }
          value = value << 4 | digit;
        }
        yield (char) value;
      }
      default -> throw unexpected("an escape of JSON");
    };
  }

  /** Refuses half of a surrogate pair, which only an escape can contain. */
  private String checkedPairs(String value) {
    try {
      var _ = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(value));
      return value;
    } catch (CharacterCodingException e) {
      throw unexpected("a string of whole Unicode characters");
    }
  }

  /** Refuses anything but white space. */
  public void end() {
    skipSpace();
    if (at < text.length()) {
      throw unexpected("the end of the header");
    }
  }
}
