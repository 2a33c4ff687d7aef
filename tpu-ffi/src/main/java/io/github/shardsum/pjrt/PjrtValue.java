package io.github.shardsum.pjrt;

import java.util.Arrays;
import java.util.List;

/** The value of an option or of an attribute. */
public sealed interface PjrtValue {
  /**
   * Text.
   *
   * @param value the text
   */
  record Text(String value) implements PjrtValue {
    @Override
    public String toString() {
      return value;
    }
  }

  /**
   * A number.
   *
   * @param value the number, of 64 bits
   */
  record Int64(long value) implements PjrtValue {
    @Override
    public String toString() {
      return Long.toString(value);
    }
  }

  /**
   * A list of numbers.
   *
   * @param value the numbers, of 64 bits each
   */
  record Int64List(List<Long> value) implements PjrtValue {
    /** Copies the list. */
    public Int64List {
      value = List.copyOf(value);
    }

    @Override
    public String toString() {
      return value.toString();
    }
  }

  /**
   * A real number.
   *
   * @param value the number, of 32 bits
   */
  record Real(float value) implements PjrtValue {
    @Override
    public String toString() {
      return Float.toString(value);
    }
  }

  /**
   * True or false.
   *
   * @param value true or false
   */
  record Flag(boolean value) implements PjrtValue {
    @Override
    public String toString() {
      return Boolean.toString(value);
    }
  }

  /**
   * Text as a value.
   *
   * @param value the text
   * @return the value
   */
  static PjrtValue of(String value) {
    return new Text(value);
  }

  /**
   * A number as a value.
   *
   * @param value the number
   * @return the value
   */
  static PjrtValue of(long value) {
    return new Int64(value);
  }

  /**
   * A list as a value.
   *
   * @param value the numbers
   * @return the value
   */
  static PjrtValue of(long... value) {
    return new Int64List(Arrays.stream(value).boxed().toList());
  }

  /**
   * A real number as a value.
   *
   * @param value the number
   * @return the value
   */
  static PjrtValue of(float value) {
    return new Real(value);
  }

  /**
   * True or false as a value.
   *
   * @param value true or false
   * @return the value
   */
  static PjrtValue of(boolean value) {
    return new Flag(value);
  }
}
