package io.github.shardsum.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each rule of the header broken once; the error names file, offset, rule and what was found. */
class MalformedSafetensorsTest {
  private static final String A = "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}";
  private static final String B = "\"b\":{\"dtype\":\"I8\",\"shape\":[4],\"data_offsets\":[8,12]}";
  private static final String GOOD = "{" + A + "," + B + "}";

  @TempDir private Path folder;

  private static byte[] file(byte[] header, int dataBytes) {
    return ByteBuffer.allocate(8 + header.length + dataBytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(header.length)
        .put(header)
        .array();
  }

  private static byte[] file(String header) {
    return file(header.getBytes(StandardCharsets.UTF_8), 12);
  }

  /** A header, where in it the rule is broken (at the first such text), and the rule. */
  private static Arguments broken(String header, String where, String rule) {
    int at = header.indexOf(where);
    return Arguments.of(header, 8 + at, rule);
  }

  private static Arguments changed(String from, String to, String where, String rule) {
    assertTrue(GOOD.contains(from), from);
    return broken(GOOD.replace(from, to), where, rule);
  }

  static Stream<Arguments> syntax() {
    return Stream.of(
        Arguments.of("", 8, "expected '{' at byte 8, got the end"),
        broken("[]", "[", "expected '{'"),
        Arguments.of("{" + A, 8 + A.length() + 1, "expected '}'"),
        Arguments.of(GOOD + "x", 8 + GOOD.length(), "the end of the header"),
        Arguments.of(GOOD + "\0", 8 + GOOD.length(), "the end of the header"),
        Arguments.of("{" + A + ",}", 8 + A.length() + 2, "expected '\"'"),
        broken("{'a':1}", "'a'", "expected '\"'"),
        broken("{\"a\" 1}", "1", "expected ':'"),
        broken("{\"a", "\"a", "a string that ends"),
        broken("{\"a\\", "\"a", "a string that ends"),
        broken("{\"\\u12", "\"\\u12", "a string that ends"),
        broken("{\"a\tb\":{}}", "\"a", "without control characters"),
        broken("{\"a\\x\":{}}", "\"a", "an escape of JSON"),
        broken("{\"\\u12g4\":{}}", "\"\\u", "four hexadecimal digits"),
        broken("{\"\\ud800\":{}}", "\"\\u", "whole Unicode characters"),
        broken("{\"a\":[]}", "[]", "expected '{'"),
        Arguments.of("{\"a\":{\"shape\":[1", 8 + 16, "expected ']'"),
        Arguments.of("{\"a\":{\"shape\":[", 8 + 15, "an integer of at least 0"),
        broken("{\"a\":" + "[".repeat(50_000) + "}", "[", "expected '{'"),
        Arguments.of("{\"a\":".repeat(50_000), 8 + 6, "dtype, shape or data_offsets"));
  }

  static Stream<Arguments> fields() {
    return Stream.of(
        changed("[2]", "2", "2,\"data", "expected '['"),
        changed("[2]", "[2", "\"data", "an integer of at least 0"),
        changed("[2]", "[2 2]", "2]", "expected ']'"),
        changed("[2]", "[2,]", "],", "an integer of at least 0"),
        changed("[2]", "[-2]", "-2", "an integer of at least 0"),
        changed("[2]", "[2.0]", "2.0", "an integer of at least 0"),
        changed("[2]", "[2e0]", "2e0", "an integer of at least 0"),
        changed("[2]", "[02]", "02", "an integer of at least 0"),
        changed("[2]", "[\"2\"]", "\"2\"", "an integer of at least 0"),
        changed("[2]", "[null]", "null", "an integer of at least 0"),
        changed("[2]", "[9223372036854775808]", "9223372036854775808", "below 2^63"),
        changed("[2]", "[4294967296,4294967296]", "{\"dtype", "fewer than 2^62 elements"),
        changed("\"F32\"", "\"F33\"", "\"F33\"", "a dtype of the format"),
        changed("\"F32\"", "32", "32,", "expected '\"'"),
        changed("\"dtype\":\"F32\",", "", "{\"shape", "a dtype, a shape and data_offsets"),
        changed("\"shape\":[2],", "", "{\"dtype", "a dtype, a shape and data_offsets"),
        changed(",\"data_offsets\":[0,8]", "", "{\"dtype", "a dtype, a shape and data_offsets"),
        changed("[0,8]", "[0]", "{\"dtype", "data_offsets of two numbers"),
        changed("[0,8]", "[0,8,8]", "{\"dtype", "data_offsets of two numbers"),
        changed("\"dtype\":\"F32\"", "\"stride\":1", "\"stride\"", "dtype, shape or data_offsets"),
        changed("\"shape\":[2]", "\"dtype\":\"F32\"", "\"dtype\":\"F32\",\"data", "each key once"));
  }

  static Stream<Arguments> layout() {
    String two = "{\"dtype\":\"I8\"";
    String tooLong = GOOD.replace("[4]", "[99]").replace("[8,12]", "[8,107]");
    return Stream.of(
        changed("[0,8]", "[0,7]", "{\"dtype", "as many bytes as shape [2] of F32"),
        changed("[2]", "[3]", "{\"dtype", "as many bytes as shape [3] of F32"),
        changed("[2]", "[4611686018427387900]", "{\"dtype", "as many bytes as shape"),
        changed("\"F32\"", "\"F64\"", "{\"dtype", "as many bytes as shape [2] of F64"),
        changed("\"F32\"", "\"F4\"", "{\"dtype", "got 8 bytes"),
        changed("\"F32\",\"shape\":[2]", "\"F4\",\"shape\":[17]", "{\"dtype", "got 8 bytes"),
        changed("[8,12]", "[7,11]", two, " that begin at 8 (no hole, no overlap)"),
        changed("[8,12]", "[9,13]", two, " that begin at 8 (no hole, no overlap)"),
        changed("[8,12]", "[0,8]", two, "no overlap"),
        changed("[8,12]", "[8,4]", two, " that begin at 8"),
        changed("[0,8]", "[1,9]", "{\"dtype", " that begin at 0"),
        Arguments.of("{" + A + "}", 8 + A.length() + 2, "data of 8 bytes, as the header says"),
        Arguments.of("{}", 10, "data of 0 bytes"),
        Arguments.of(tooLong, 8 + tooLong.length(), "data of 107 bytes"));
  }

  static Stream<Arguments> keys() {
    String metadata = "\"__metadata__\":{\"x\":\"y\"}";
    return Stream.of(
        Arguments.of("{" + A + "," + A + "}", 8 + A.length() + 2, "each key once"),
        Arguments.of(
            "{" + A + "," + A.replace("\"a\"", "\"\\u0061\"") + "}",
            8 + A.length() + 2,
            "each key once"),
        Arguments.of(
            "{" + metadata + "," + metadata + "}", 8 + metadata.length() + 2, "each key once"),
        broken("{\"__metadata__\":{\"x\":\"y\",\"x\":\"z\"}}", "\"x\":\"z\"", "each key once"),
        broken("{\"__metadata__\":{\"x\":1}}", "1", "expected '\"'"),
        broken("{\"__metadata__\":{\"x\":{}}}", "{}", "expected '\"'"),
        broken("{\"__metadata__\":null}", "null", "expected '{'"));
  }

  private void assertRefused(byte[] bytes, long offset, String rule) throws IOException {
    Path file = Files.write(folder.resolve("bad.safetensors"), bytes);
    TestFiles.refuses(file, offset, rule, () -> Safetensors.open(file).close());
  }

  @ParameterizedTest
  @MethodSource({"syntax", "fields", "layout", "keys"})
  void aHeaderThatBreaksARule(String header, long offset, String rule) throws IOException {
    assertRefused(file(header), offset, rule);
  }

  @Test
  void theGoodOneIsGood() throws IOException {
    Path file = Files.write(folder.resolve("good.safetensors"), file(GOOD + "  \n"));
    try (Safetensors good = Safetensors.open(file)) {
      assertEquals(List.of("a", "b"), good.names());
    }
  }

  @Test
  void aLengthThatLies() throws IOException {
    byte[] good = file(GOOD);
    assertRefused(new byte[0], 0, "8 bytes of header length");
    assertRefused(new byte[7], 0, "got 7 bytes");
    assertRefused(new byte[8], 8, "expected '{'");
    ByteBuffer bytes = ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(0, good.length - 7L);
    assertRefused(good, 0, "a header of at most " + (good.length - 8) + " bytes");
    bytes.putLong(0, Long.MAX_VALUE);
    assertRefused(good, 0, "a length of 9223372036854775807");
    bytes.putLong(0, -1);
    assertRefused(good, 0, "a length of 18446744073709551615");
    assertRefused(TestFiles.npy("{}", 24), 0, ", as a .npy file begins");
  }

  @Test
  void aFileCutShortOrWithMoreBehind() throws IOException {
    byte[] good = file(GOOD);
    assertRefused(Arrays.copyOf(good, good.length - 1), 8 + GOOD.length(), "got 11 bytes");
    assertRefused(Arrays.copyOf(good, good.length + 1), 8 + GOOD.length(), "got 13 bytes");
  }

  @Test
  void aHeaderThatIsNotUtf8() throws IOException {
    byte[] good = file(GOOD);
    good[8 + 2] = (byte) 0xff;
    assertRefused(good, 10, "expected a header in UTF-8 at byte 10, got byte 255");
  }

  @Test
  void offsetsCountBytesAndNotCharacters() throws IOException {
    String header = "{\"größe\":x}";
    assertRefused(file(header), 8 + header.indexOf('x') + 2, "expected '{'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"é", "€", "\ud83d\ude00"})
  void aCharacterCutShort(String character) throws IOException {
    byte[] whole = ("{\"" + character).getBytes(StandardCharsets.UTF_8);
    assertRefused(file(Arrays.copyOf(whole, whole.length - 1), 0), 10, "a header in UTF-8");
  }
}
