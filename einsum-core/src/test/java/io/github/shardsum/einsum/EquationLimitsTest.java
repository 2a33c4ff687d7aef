package io.github.shardsum.einsum;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Long texts: the time is linear, and a heap of a few hundred megabytes is enough. */
class EquationLimitsTest {
  // A quadratic step would take minutes.
  private static final int LENGTH = 200_000;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "i",
        ",",
        "ij,",
        "i j,",
        "ab,",
        "ab |, ",
        "a b, ab, ",
        "...",
        "...,",
        "a@x ",
        "a@x.y, ",
        "n@x.",
        "| ",
        " ",
        "-",
        "->",
        "i j, jk, ",
        "β",
        "\uD835\uDC65"
      })
  void longTextsTakeLinearTime(String part) {
    String text = part.repeat(LENGTH / part.length());
    assertTimeout(Duration.ofSeconds(20), () -> readOrRefuse(text));
    assertTimeout(Duration.ofSeconds(20), () -> readOrRefuse("i j, " + text + " -> i"));
  }

  /** Different labels, so that no memo helps; the output is printed and read again. */
  @ParameterizedTest
  @ValueSource(strings = {", ", " "})
  void manyNamesTakeLinearTime(String separator) {
    StringBuilder text = new StringBuilder("a b");
    for (int i = 0; i < LENGTH / 10; i++) {
      text.append(separator).append("name").append(i);
    }
    assertTimeout(
        Duration.ofSeconds(20),
        () -> {
          Equation equation = Equation.parse(text.toString());
          assertEquals(equation, Equation.parse(equation.toString()));
        });
  }

  private static void readOrRefuse(String text) {
    try {
      Equation.parse(text);
    } catch (EquationSyntaxException refused) {
      assertEquals(text, refused.equation());
    }
  }
}
