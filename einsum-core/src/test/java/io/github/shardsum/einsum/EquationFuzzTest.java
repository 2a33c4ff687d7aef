package io.github.shardsum.einsum;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hostile text: {@code JAZZER_FUZZ=1} searches, otherwise the saved inputs are tried. */
class EquationFuzzTest {
  @FuzzTest(maxDuration = "2m")
  void anyTextIsReadOrRefused(FuzzedDataProvider data) {
    String text = data.consumeRemainingAsString();
    try {
      Equation equation = Equation.parse(text);
      assertEquals(equation, Equation.parse(equation.toString()));
    } catch (EquationSyntaxException refused) {
      assertEquals(text, refused.equation());
    }
  }

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
  void aMillionCharactersTakeNoTime(String part) {
    String text = part.repeat(1_000_000 / part.length());
    assertTimeout(Duration.ofSeconds(20), () -> readOrRefuse(text));
    assertTimeout(Duration.ofSeconds(20), () -> readOrRefuse("i j, " + text + " -> i"));
  }

  /** Different labels, so that no memo helps; the output is printed and read again. */
  @ParameterizedTest
  @ValueSource(strings = {", ", " "})
  void aHundredThousandNamesTakeNoTime(String separator) {
    StringBuilder text = new StringBuilder("a b");
    for (int i = 0; i < 100_000; i++) {
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
