package io.github.shardsum.internal.partition.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** JSON as RFC 8259 has it. */
final class JsonTest {
  @ParameterizedTest
  @ValueSource(
      strings = {"", "plain", "\"\\/\b\f\n\r\t", "\u0000\u001f", "~\u007f\u00e9\ud835\udc9c"})
  void aStringIsReadBackFromItsQuotes(String text) {
    String quoted = Json.quoted(text);
    assertTrue(quoted.chars().allMatch(c -> c >= ' ' && c <= '~'), quoted);
    assertEquals(new Json.Text(text), Json.parse(quoted));
  }

  @Test
  void everyEscapeIsRead() {
    assertEquals(
        new Json.Text("\"\\/\b\f\n\r\t\u00e9A"),
        Json.parse("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00E9\\u0041\""));
    assertEquals(
        new Json.Elements(List.of(new Json.Digits("-1.5e+3"), new Json.Word("null"))),
        Json.parse(" [ -1.5e+3 ,\tnull ]\r\n"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      quoteCharacter = '\'',
      value = {
        "\"\\x\" # expected an escape at character 3",
        "\"\\u12\" # expected an escape at character 3",
        "\"\\u12g4\" # expected an escape at character 3",
        "\"\\ # expected an escape at character 3, got the end",
        "\"a # at character 3, got the end",
        "01 # expected a value",
        "+1 # expected a value",
        "1. # expected a value",
        ".5 # expected a value",
        "nul # expected a value",
        "[1 # at character 3, got the end",
        "[1,] # expected a value at character 4",
        "{\"a\" 1} # at character 6",
        "{a:1} # at character 2",
        "1 1 # expected the end at character 3",
      })
  void whatIsNoJsonIsRefusedWithItsPlace(String text, String why) {
    String said = assertThrows(IllegalArgumentException.class, () -> Json.parse(text)).getMessage();
    assertTrue(said.startsWith("json: ") && said.contains(why), said);
  }

  @Test
  void aControlCharacterIsEscapedInAString() {
    String said =
        assertThrows(IllegalArgumentException.class, () -> Json.parse("\"a\nb\"")).getMessage();
    assertEquals(
        "json: expected a character that is no control character at character 3, got \"\\n\"",
        said);
  }
}
