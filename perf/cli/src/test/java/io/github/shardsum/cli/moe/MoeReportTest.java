package io.github.shardsum.cli.moe;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class MoeReportTest {
  @Test
  void numbersHaveThreeSignificantDigitsAndNoExponent() {
    assertEquals("123", MoeReport.digits(123.4));
    assertEquals("1230000", MoeReport.digits(1234567));
    assertEquals("0.0000123", MoeReport.digits(1.2345e-5));
    assertEquals("12.3", MoeReport.digits(12.345));
    assertEquals("-", MoeReport.digits(0));
    assertEquals("-", MoeReport.digits(Double.NaN));
  }
}
