package io.github.shardsum.io;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Each rule of .npy broken once; the error names file, offset, rule and what was found. */
class MalformedNpyTest {
  private static final String GOOD = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}";

  @TempDir private Path folder;

  private static Arguments dict(String dict, long offsetInDict, String rule) {
    return Arguments.of(TestFiles.npy(dict, 24), 10 + offsetInDict, rule);
  }

  private static Arguments shape(String shape, String rule) {
    return dict(GOOD.replace("(2, 3)", shape), GOOD.indexOf("(2, 3)"), rule);
  }

  private static Arguments atSize(String shape, String rule) {
    return dict(GOOD.replace("(2, 3)", shape), GOOD.indexOf("(2, 3)") + 1, rule);
  }

  private static byte[] changed(int at, int... values) {
    byte[] bytes = TestFiles.npy(GOOD, 24);
    for (int i = 0; i < values.length; i++) {
      bytes[at + i] = (byte) values[i];
    }
    return bytes;
  }

  private static byte[] cut(int length) {
    return Arrays.copyOf(TestFiles.npy(GOOD, 24), length);
  }

  static Stream<Arguments> prefixes() {
    return Stream.of(
        Arguments.of(new byte[0], 0, "the 10 bytes that a .npy starts with"),
        Arguments.of(cut(9), 0, "the 10 bytes"),
        Arguments.of(changed(0, 0x92), 0, "expected the magic \\x93NUMPY"),
        Arguments.of("PK\3\4 no npy file".getBytes(StandardCharsets.US_ASCII), 0, "got \"PK"),
        Arguments.of(
            "PK\3\4 no npy file".getBytes(StandardCharsets.US_ASCII), 0, "an .npz file begins"),
        Arguments.of(
            "\2\0\0\0\0\0\0\0{}".getBytes(StandardCharsets.US_ASCII),
            0,
            "\", as a .safetensors file begins"),
        Arguments.of(changed(6, 0), 6, "version 1.0, 2.0 or 3.0"),
        Arguments.of(changed(6, 4), 6, "got 4.0"),
        Arguments.of(changed(6, 255), 6, "got 255.0"),
        Arguments.of(changed(6, 1, 1), 6, "got 1.1"),
        Arguments.of(changed(8, 0xff, 0xff), 8, "got a length of 65535"),
        Arguments.of(changed(8, 24 + GOOD.length() + 1, 0), 8, "a header of at most "),
        Arguments.of(Arrays.copyOf(TestFiles.npy(2, "", 0), 11), 8, "4 bytes of header length"),
        Arguments.of(TestFiles.npy(2, " ".repeat((1 << 20) + 1), 9), 8, "at most 1048576 bytes"),
        Arguments.of(changed(6, 2, 0, 0xff, 0xff, 0xff, 0xff), 8, "got a length of 4294967295"),
        Arguments.of(cut(10 + GOOD.length() + 23), 10 + GOOD.length(), "got 23 bytes"),
        Arguments.of(cut(10 + GOOD.length()), 10 + GOOD.length(), "the data of shape [2, 3]"));
  }

  static Stream<Arguments> dicts() {
    String keys = "the keys descr, fortran_order and shape, each once";
    return Stream.of(
        dict("", 0, "expected '{' at byte 10, got the end"),
        dict("[]", 0, "expected '{'"),
        dict("{}", 0, keys),
        dict("{'descr': '<f4', 'fortran_order': False}", 0, keys),
        dict(GOOD.replace("descr", "dtype"), 1, "got \"dtype\""),
        dict(GOOD.replace("}", ", 'x': 1}"), GOOD.length() + 1, "got \"x\""),
        dict(GOOD.replace("}", ", 'descr': '<f4'}"), GOOD.length() + 1, keys),
        dict(GOOD.replace("}", ""), GOOD.length() - 1, "expected '}'"),
        dict("{'fortran_order': True", 22, "expected '}'"),
        dict("{'fortran_order': Tru", 18, "True or False"),
        dict(GOOD + " {}", GOOD.length() + 1, "the end of the header"),
        dict(GOOD + "\0", GOOD.length(), "the end of the header"),
        dict("{'descr' '<f4'}", 9, "expected ':'"),
        dict("{descr: '<f4'}", 1, "a string in quotes"),
        dict("{'descr", 1, "a string that ends"),
        dict("{'de\\x73cr': '<f4'}", 1, "without escapes"),
        dict("{'descr': '<f4\"}", 10, "a string that ends"),
        dict("{,}", 1, "a string in quotes"),
        dict(GOOD.replace("False", "false"), GOOD.indexOf("False"), "True or False"),
        dict(GOOD.replace("False", "0"), GOOD.indexOf("False"), "True or False"),
        dict(GOOD.replace("False", "F"), GOOD.indexOf("False"), "True or False"));
  }

  static Stream<Arguments> shapes() {
    return Stream.of(
        shape("(6)", "a tuple of sizes"),
        shape("[2, 3]", "expected '('"),
        shape("6", "expected '('"),
        shape("(4611686018427387904,)", "fewer than 2^62 elements"),
        shape("(2147483648, 2147483648)", "fewer than 2^62 elements"),
        shape("(4294967296, 4294967296)", "fewer than 2^62 elements"),
        atSize("(-1, 3)", "a size of at least 0"),
        atSize("(2.0, 3)", "a comma or a closing parenthesis"),
        atSize("(x,)", "a size of at least 0"),
        atSize("(02,)", "a size of at least 0"),
        atSize("(,)", "a size of at least 0"),
        atSize("(9223372036854775808,)", "a size below 2^63"),
        atSize("(99999999999999999999999999,)", "a size below 2^63"));
  }

  private void assertRefused(byte[] bytes, long offset, String rule) throws IOException {
    Path file = Files.write(folder.resolve("bad.npy"), bytes);
    try (Arena arena = Arena.ofConfined()) {
      TestFiles.refuses(file, offset, rule, () -> Npy.read(file));
      TestFiles.refuses(file, offset, rule, () -> Npy.map(file, arena));
    }
  }

  @ParameterizedTest
  @MethodSource("prefixes")
  void aPrefixThatBreaksARule(byte[] bytes, long offset, String rule) throws IOException {
    assertRefused(bytes, offset, rule);
  }

  @ParameterizedTest
  @MethodSource("dicts")
  void aDictThatBreaksARule(byte[] bytes, long offset, String rule) throws IOException {
    assertRefused(bytes, offset, rule);
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void aShapeThatBreaksARule(byte[] bytes, long offset, String rule) throws IOException {
    // "(2.0, 3)" is found wrong behind the 2.
    assertRefused(bytes, rule.startsWith("a comma") ? offset + 1 : offset, rule);
  }

  @ParameterizedTest
  @CsvSource({
    "u8, not all u8 fit in i64",
    "c8, not complex",
    "string, not strings",
    "bytes, not strings",
    "time, not times",
    "longdouble, a dtype of f2",
    "structured, not a structured one",
    "void1, a dtype of f2",
    "object, pickles"
  })
  void whatNumpyWroteAndIsNotReadIsRefused(String name, String rule) throws IOException {
    Path file = TestFiles.fixture("refused_" + name + ".npy");
    TestFiles.refuses(file, 20, rule, () -> Npy.read(file));
  }

  @Test
  void aClaimOfMoreThanTheFileHoldsAllocatesNothing() throws IOException {
    for (String descr : new String[] {"<f4", ">f8", "<f2", "|u1", "|b1"}) {
      for (String claim : new String[] {"(2147483000,)", "(1000000, 1000000, 1000)", "(7,)"}) {
        String dict = GOOD.replace("<f4", descr).replace("(2, 3)", claim);
        Path file = Files.write(folder.resolve("lie.npy"), TestFiles.npy(dict, 6));
        try (Arena arena = Arena.ofConfined()) {
          TestFiles.refuses(file, 10 + dict.length(), "got 6 bytes", () -> Npy.map(file, arena));
        }
        TestFiles.refuses(file, 10 + dict.length(), "got 6 bytes", () -> Npy.read(file));
      }
    }
  }

  @Test
  void anErrorQuotesLittleAndPrintsNoControlCharacters() throws IOException {
    byte[] bytes = TestFiles.npy("{'\u001b[31m" + "x".repeat(10_000) + "': 1}", 0);
    Path file = Files.write(folder.resolve("log.npy"), bytes);
    String message =
        String.valueOf(assertThrows(TensorFileException.class, () -> Npy.read(file)).getMessage());
    assertTrue(message.length() < 400 + file.toString().length(), message);
    assertFalse(message.chars().anyMatch(c -> c < ' '), message);
  }
}
