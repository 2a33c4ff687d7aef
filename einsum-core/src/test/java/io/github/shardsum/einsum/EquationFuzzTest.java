package io.github.shardsum.einsum;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;

/** Hostile text: the saved inputs are tried, and with {@code JAZZER_FUZZ=1} new ones searched. */
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
}
