package io.github.shardsum.picture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;

class PictureProperties {
  @Example
  void figuresHaveTheUnitsThatPeopleRead() {
    assertEquals("243 MB", Unit.BYTES.text(243e6));
    assertEquals("12.3 kB", Unit.BYTES.text(12_288));
    assertEquals("448 B", Unit.BYTES.text(448));
    assertEquals("1.00 kB", Unit.BYTES.text(999.6));
    assertEquals("4.10 us", Unit.SECONDS.text(4.1e-6));
    assertEquals("-20.0 ms", Unit.SECONDS.text(-0.02));
    assertEquals("1.00 s", Unit.SECONDS.text(0.9999));
    assertEquals("3,600 s", Unit.SECONDS.text(3600));
    assertEquals("85.2 GFLOP/s", Unit.FLOP_A_SECOND.text(85.2e9));
    assertEquals("0 s", Unit.SECONDS.text(0));
    assertEquals("7", Unit.NUMBER.text(7));
    assertEquals("Infinity B", Unit.BYTES.text(Double.POSITIVE_INFINITY));
    // Beyond the last prefix there is none.
    assertEquals("10,000,000 EB", Unit.BYTES.text(1e25));
    assertEquals("0.00100 ps", Unit.SECONDS.text(1e-15));
    assertEquals("1.00e-04 ps", Unit.SECONDS.text(1e-16));
    assertEquals("0.500", Unit.NUMBER.text(0.5));
  }

  @Example
  void anAxisIsFromANumberToALargerOne() {
    for (double[] ends :
        new double[][] {{1, 1}, {2, 1}, {Double.NaN, 1}, {0, Double.NaN}, {0, 1.0 / 0}}) {
      String said =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> new Axis("a", Unit.NUMBER, false, ends[0], ends[1], 0, 9))
              .getMessage();
      assertTrue(said.startsWith("axis a: must be from a finite value to a larger one"), said);
    }
    assertThrows(
        IllegalArgumentException.class, () -> Axis.logarithmic("a", Unit.NUMBER, 0, 5, 0, 9));
    // Equal ends have some room.
    assertEquals(4, Axis.logarithmic("a", Unit.NUMBER, 2, 2, 0, 9).most());
  }

  /** A line of the grid for each figure, and a line of the legend for each entry. */
  @Example
  void gridAndLegendHaveALineForEach() {
    Axis axis = Axis.linear("share", Unit.NUMBER, 0, 10, 100, 0);
    Map<String, Ink> entries = new LinkedHashMap<>();
    entries.put("first", Ink.BLUE);
    entries.put("a < b", Ink.RED);
    String svg = new Picture(200, 120, "p").vertical(axis, 30, 190).legend(20, 40, entries).svg();
    for (double tick : axis.ticks()) {
      assertTrue(svg.contains(">" + Unit.NUMBER.tick(tick) + "<"), svg);
    }
    assertTrue(svg.contains(">share<") && svg.contains(">first<"), svg);
    assertTrue(svg.contains(">a &lt; b<"), svg);
  }

  @Example
  void ticksHaveNoZerosBehindTheirDigits() {
    assertEquals(
        List.of("0 s", "5 ms", "10 ms", "500 us", "2.5 s"),
        List.of(0.0, 5e-3, 10e-3, 500e-6, 2.5).stream().map(Unit.SECONDS::tick).toList());
  }

  /** A round number is 1, 2 or 5 times a power of ten. */
  @Property
  void ticksOfALinearAxisAreRoundAndCoverTheValues(
      @ForAll @DoubleRange(min = -1e6, max = 1e6) double least,
      @ForAll @DoubleRange(min = 0.01, max = 1e6) double span) {
    double most = least + span;
    Axis axis = Axis.linear("x", Unit.NUMBER, least, most, 10, 110);
    List<Double> ticks = axis.ticks();
    assertTrue(ticks.size() >= 3 && ticks.size() <= 11, () -> least + " " + most + " " + ticks);
    double slack = 1e-6 * Math.max(span, Math.abs(least));
    assertTrue(
        ticks.getFirst() <= least + slack && ticks.getLast() >= most - slack, ticks::toString);
    double step = ticks.get(1) - ticks.get(0);
    double digit = step / Math.pow(10, Math.floor(Math.log10(step * (1 + 1e-6))));
    assertTrue(
        Set.of(1L, 2L, 5L).contains(Math.round(digit))
            && Math.abs(digit - Math.round(digit)) < 1e-3,
        () -> step + " between " + ticks);
    assertTrue(axis.at(least) >= 10 && axis.at(most) <= 110);
  }

  @Property
  void equalRatiosAreEqualDistancesOnALogarithmicAxis(
      @ForAll @IntRange(min = -9, max = 9) int power,
      @ForAll @IntRange(min = 1, max = 9) int more) {
    double least = Math.pow(10, power);
    Axis axis =
        Axis.logarithmic("x", Unit.NUMBER, least, least * Math.pow(10, more), 0, 100.0 * more);
    for (int i = 0; i <= more; i++) {
      assertEquals(100.0 * i, axis.at(least * Math.pow(10, i)), 1e-6);
    }
    assertTrue(axis.ticks().size() > more, axis::toString);
  }

  @Property
  void aShortLogarithmicAxisHasTwoTicksAtLeast(
      @ForAll @DoubleRange(min = 0.1, max = 1e6) double least,
      @ForAll @DoubleRange(min = 1.2, max = 3) double ratio) {
    List<Double> ticks = Axis.logarithmic("x", Unit.NUMBER, least, ratio * least, 0, 100).ticks();
    assertTrue(ticks.size() >= 2 && ticks.size() <= 11, () -> least + " " + ratio + " " + ticks);
    assertTrue(
        ticks.getFirst() > 0.999 * least && ticks.getLast() < 1.001 * ratio * least,
        ticks::toString);
  }

  @Example
  void anAxisWithoutALengthIsRefused() {
    assertThrows(
        IllegalArgumentException.class, () -> new Axis("x", Unit.NUMBER, false, 1, 1, 0, 1));
    assertThrows(
        IllegalArgumentException.class, () -> Axis.logarithmic("x", Unit.NUMBER, 0, 1, 0, 1));
    assertEquals(1.5, Axis.linear("x", Unit.NUMBER, 0, 0, 0, 3).at(0.5), 1e-9);
  }

  @Example
  void textsOfAPageAreNoMarkup() {
    Picture picture =
        new Picture(10, 10, "a<b")
            .rect(0, 0, 1, 1, Ink.BLUE, "x<y")
            .bar(0, 0, 200, 9, Ink.RED, "EGCM,EMH->EGCH", "p&q")
            .text(0, 0, Picture.Anchor.START, "<script>");
    String page =
        new Page("<title>")
            .heading("1<2")
            .paragraph("a&b")
            .list(List.of("<li>"))
            .table(List.of(List.of("h"), List.of("<script>")))
            .picture(picture)
            .html();
    assertFalse(page.contains("<script"), page);
    for (String part : List.of("&lt;title&gt;", "1&lt;2", "a&amp;b", "x&lt;y", "EMH-&gt;EGCH")) {
      assertTrue(page.contains(part), part);
    }
    assertTrue(picture.svg().startsWith("<svg xmlns=\"http://www.w3.org/2000/svg\""));
  }

  @Example
  void aNameThatDoesNotFitIsCut() {
    String svg = new Picture(90, 10, "").bar(0, 0, 40, 9, Ink.BLUE, "reduce-scatter", "").svg();
    assertTrue(svg.contains(">redu…<"), svg);
    assertFalse(new Picture(9, 9, "").bar(0, 0, 8, 9, Ink.BLUE, "sum", "").svg().contains("<text"));
  }
}
