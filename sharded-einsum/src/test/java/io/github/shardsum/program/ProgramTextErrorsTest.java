package io.github.shardsum.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Texts of programs that are refused, each with what is wrong. */
class ProgramTextErrorsTest {
  private static final String BOOL = "{label=\"i\", exclusive=%, reverse=false}";

  private static Program parsed(String statement) {
    return Program.parse("program p {\n  input a: f32[i=4]\n  " + statement + "\n  output b\n}\n");
  }

  private static void refused(String statement, String why) {
    ProgramException refused = assertThrows(ProgramException.class, () -> parsed(statement));
    assertTrue(refused.getMessage().contains(why), refused::getMessage);
  }

  @Test
  void aFlagIsTrueOrFalse() {
    assertEquals(
        parsed("b = cumulative_sum(a) {label=\"i\"}"),
        parsed("b = cumulative_sum(a) " + BOOL.replace("%", "false")));
    parsed("b = cumulative_sum(a) " + BOOL.replace("%", "true"));
    refused("b = cumulative_sum(a) " + BOOL.replace("%", "yes"), "expected true or false, got yes");
    refused("b = cumulative_sum(a) " + BOOL.replace("%", "True"), "expected true or false");
  }

  @Test
  void anAttributeIsThereOnceAndIsKnown() {
    refused(
        "b = cumulative_sum(a) {label=\"i\", label=\"i\"}",
        "attributes must be distinct, got label");
    refused("b = cumulative_sum(a) {label=\"i\", size=3}", "expected no attributes [size]");
    refused("b = cumulative_sum(a) {}", "expected an attribute label");
  }

  /** A backslash stands before a quote, before itself, and before an n that means a new line. */
  @Test
  void aTextHasEscapes() {
    refused("b = cumulative_sum(a) {label=\"i\\nj\"}", "i\nj");
    refused("b = cumulative_sum(a) {label=\"i\\\\j\"}", "i\\j");
    refused("b = cumulative_sum(a) {label=\"i\\\"j\"}", "i\"j");
  }

  @Test
  void namesAreDefinedAboveAndOnce() {
    refused("b = exp(c)", "expected a value defined above, got c");
    refused("a = exp(a)", "names must be distinct, got a again");
    refused("b, c = exp(a)", "has 1 results, got 2");
    refused("b: f64[i=4] = exp(a)", "but the text says f64[i=4]");
  }
}
