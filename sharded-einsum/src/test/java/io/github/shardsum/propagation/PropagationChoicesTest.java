package io.github.shardsum.propagation;

import static io.github.shardsum.propagation.StatementTexts.layout;
import static io.github.shardsum.propagation.StatementTexts.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.propagation.Pricing.Price;
import io.github.shardsum.propagation.Reason.Alternative;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Choices between labels and between axes, with prices counted by hand: a reshard costs the
 * elements that a device lacks.
 */
final class PropagationChoicesTest {
  private static final PropagationOptions STRICT = PropagationOptions.defaults().asStrict();

  private static PropagationOptions priced(Pricing pricing) {
    return PropagationOptions.defaults().withPricing(pricing);
  }

  /** The choices that were rejected for a dimension, the cheapest first, as text. */
  private static List<String> rejected(Propagated laid, String value, int dim) {
    return alternatives(laid, value, dim).stream().map(Alternative::toString).toList();
  }

  private static List<Alternative> alternatives(Propagated laid, String value, int dim) {
    Reason reason = Objects.requireNonNull(laid.reasons().get(value)).get(dim);
    return assertInstanceOf(Reason.Chosen.class, reason).others();
  }

  /** The label n passes a product before k is summed, though k would move fewer elements. */
  @Test
  void aLabelThatStaysGoesBeforeOneThatIsSummed() {
    String text =
        "input p: f32[m=8 k=64]; input b: f32[k=64 n=2]; a = annotate(p) {layout=\"m k@x\"}; u ="
            + " einsum(a, b) {equation=\"m k, k n -> m n\"}; c = annotate(u) {layout=\"m n@x\"};"
            + " output c";
    assertEquals("k n@x", layout(run(text, "x=2"), "b"));
  }

  /** The label j would be cheaper, but b does not have it. */
  @Test
  void aLabelThatAValueDoesNotHaveIsNoRival() {
    String text =
        "input p: f32[i=8 j=8 l=64]; input b: f32[i=8 k=2]; a = annotate(p) {layout=\"i j@x l\"}; u"
            + " = einsum(a, b) {equation=\"i j l, i k -> i j k\"}; c = annotate(u) {layout=\"i@x j"
            + " k\"}; output c";
    assertEquals("i@x k", layout(run(text, "x=2"), "b"));
  }

  @Test
  void aBroadcastOperandIsNoRivalBeforeTheLastLevel() {
    String text =
        "input p: f32[i=8 j=8]; input q: f32[j=8]; a = annotate(p) {layout=\"i@x j\"}; b ="
            + " annotate(q) {layout=\"j@x\"}; y = multiply(a, b); output y";
    Pricing vectorsAreDear =
        (_, _, type) -> type.rank() == 1 ? new Price(100, "dear") : new Price(1, "cheap");
    assertEquals("i@x j", layout(run(text, "x=2", priced(vectorsAreDear)), "y"));
  }

  /** Of equal prices the larger value decides, but only of those that have the axis. */
  @Test
  void aLabelWithoutTheAxisIsNoRival() {
    String text =
        "input p: f32[i=4 j=8]; input b: f32[j=8 k=8]; a = annotate(p) {layout=\"i@x j\"}; u ="
            + " einsum(a, b) {equation=\"i j, j k -> i k\"}; output u";
    assertEquals("i@x k", layout(run(text, "x=2", priced((_, _, _) -> new Price(0, ""))), "u"));
  }

  /**
   * With x on i, a lacks 16 of the 32 elements of its new block; with x on j, b lacks 4 k of 8 k.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "2 # i j@x k # 1 # i@x, asked for by b: a: 16 elements",
        "8 # i@x j k # 0 # j@x, asked for by a: b: 32 elements",
      })
  void theLabelThatMovesLessHasTheAxis(int k, String expected, int dim, String other) {
    String text =
        "input p: f32[i=8 j=8]; input q: f32[i=8 k="
            + k
            + "]; a = annotate(p) {layout=\"i j@x\"}; b = annotate(q) {layout=\"i@x k\"}; u ="
            + " einsum(a, b) {equation=\"i j, i k -> i j k\"}; output u";
    Propagated laid = run(text, "x=2");
    assertEquals(expected, layout(laid, "u"));
    assertEquals(List.of(other), rejected(laid, "u", dim));
  }

  @Test
  void labelsThatLostAnAxisAreListedByPrice() {
    String text =
        "input p: f32[i=16]; input q: f32[j=8]; input r: f32[k=4]; a = annotate(p)"
            + " {layout=\"i@x\"}; b = annotate(q) {layout=\"j@x\"}; c = annotate(r)"
            + " {layout=\"k@x\"}; u = einsum(a, b, c) {equation=\"i, j, k -> i j k\"}; output u";
    Propagated laid = run(text, "x=2");
    assertEquals("i@x j k", layout(laid, "u"));
    assertEquals(
        List.of(
            "j@x, asked for by b: a: 8 elements, c: 2 elements",
            "k@x, asked for by c: a: 8 elements, b: 4 elements"),
        rejected(laid, "u", 0));
  }

  /** To move i of 8 from one axis of 2 to another costs a device 2 of its 4 rows. */
  @Test
  void axesThatLostALabelAreListedByPrice() {
    String text =
        "input p: f32[i=8 j=2]; input q: f32[i=8 k=4]; input r: f32[i=8 l=8]; a = annotate(p)"
            + " {layout=\"i@x j\"}; b = annotate(q) {layout=\"i@y k\"}; c = annotate(r)"
            + " {layout=\"i@z l\"}; u = einsum(a, b, c) {equation=\"i j, i k, i l -> i j k l\"};"
            + " output u";
    Propagated laid = run(text, "x=2 y=2 z=2");
    assertEquals("i@z j k l", layout(laid, "u"));
    assertEquals(
        List.of(
            "i@y, asked for by b: a: 4 elements, c: 16 elements",
            "i@x, asked for by a: b: 8 elements, c: 16 elements"),
        rejected(laid, "u", 0));
  }

  /** The larger value moves less here: to a half of its block, of which it has a half. */
  @Test
  void thePriceDecidesBeforeTheSize() {
    String text =
        "input p: f32[i=8 j=5]; input q: f32[i=8 k=4]; a = annotate(p) {layout=\"i@y j\"}; b ="
            + " annotate(q) {layout=\"i@x.y k\"}; u = einsum(a, b) {equation=\"i j, i k -> i j"
            + " k\"}; output u";
    Propagated laid = run(text, "x=2 y=2");
    assertEquals("i@x.y j k", layout(laid, "u"));
    assertEquals(List.of("i@y, asked for by a: b: 12 elements"), rejected(laid, "u", 0));
  }

  /** A value that takes an axis on one label gives it up on others, and as a sum. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "i@y k@x # i k # 12",
        "k@x i@y # k i # 12",
        "i@y k | x # i k # 8",
      })
  void anAxisIsPricedAsUsedOnce(String layout, String labels, int elements) {
    String text =
        "input p: i32[i=8 j=2]; input q: i32["
            + labels.replace("i", "i=8").replace("k", "k=4")
            + " l=3]; a = annotate(p) {layout=\"i@x j\"}; s = reduce_sum(q) {labels=[\"l\"]}; b ="
            + " annotate(s) {layout=\""
            + layout
            + "\"}; u = einsum(a, b) {equation=\"i j, "
            + labels
            + " -> i j k\"}; output u";
    Propagated laid = run(text, "x=2 y=2");
    assertEquals("i@y j k", layout(laid, "u"));
    assertEquals(
        List.of("i@x, asked for by a: b: " + elements + " elements"), rejected(laid, "u", 0));
  }

  /** The sum s over x would be scattered for i, and u would be brought to its reader. */
  @Test
  void anAxisThatIsLostIsPricedWhereItIsAskedForAndWhereItIsRead() {
    String text =
        "input q: i32[i=8 j=8 l=3]; input p: i32[i=8 k=2]; s0 = reduce_sum(q) {labels=[\"l\"]}; s ="
            + " annotate(s0) {layout=\"i j | x\"}; b = annotate(p) {layout=\"i@x k\"}; u ="
            + " einsum(s, b) {equation=\"i j, i k -> i j k\"}; r0 = abs(u); r = annotate(r0)"
            + " {layout=\"i j@x k\"}; output r";
    Propagated laid = run(text, "x=2");
    assertEquals("i j@x k", layout(laid, "u"));
    assertEquals(List.of("i@x, asked for by b: u: 32 elements"), rejected(laid, "u", 1));
    Propagated equal = run(text, "x=2", priced((_, _, _) -> new Price(1, "one")));
    assertEquals(new Price(2, "s: one, u: one"), alternatives(equal, "u", 1).getFirst().price());
  }

  private static final String PRODUCT =
      "input p: f32[e=2 m=8 k=4]; input q: f32[e=2 k=4 n=16]; a = annotate(p) {layout=\"m@x\"}; b ="
          + " annotate(q) {layout=\"n@x\"}; u = einsum(a, b) {equation=\"e m k, e k n -> e m n\"};"
          + " c = annotate(u) {layout=\"ASKED\"}; output c";

  /** An annotation of another label decides nothing about the two that ask for x. */
  @Test
  void anAxisThatTwoLabelsAskForIsAnErrorIfNoAnnotationDecides() {
    String message =
        assertThrows(
                PropagationException.class,
                () -> run(PRODUCT.replace("ASKED", "e@y"), "x=4 y=2", STRICT))
            .getMessage();
    assertTrue(message.startsWith("mesh axis x of u is asked for by 2 labels, in u:"), message);
    assertTrue(
        message.endsWith(
            ":\n  n@x, asked for by b: a: 24 elements\n  m@x, asked for by a: b: 48 elements\n"
                + "annotate u with the layout that it should have"),
        message);
  }

  /** The label that has it is the result's first, and the second of its operand. */
  @Test
  void theLabelThatHasTheAxisIsFoundInTheResult() {
    String text =
        "input p: f32[k=4 m=16]; input q: f32[k=4 n=8]; a = annotate(p) {layout=\"m@x\"}; b ="
            + " annotate(q) {layout=\"n@x\"}; u = einsum(a, b) {equation=\"k m, k n -> m n\"};"
            + " output u";
    String message =
        assertThrows(PropagationException.class, () -> run(text, "x=4", STRICT)).getMessage();
    assertTrue(
        message.contains(
            ":\n  m@x, asked for by a: b: 24 elements\n  n@x, asked for by b: a: 48 elements\n"),
        message);
  }

  /** The label that lost the axis must not have it: that is a decision as well. */
  @Test
  void anAnnotationOfTheLabelThatLostDecides() {
    assertEquals("e m n@x", layout(run(PRODUCT.replace("ASKED", "m"), "x=4", STRICT), "c"));
  }

  @Test
  void aSummedLabelGoesBeforeOneThatIsNormalized() {
    String text =
        "input v: f32[i=8 j=8]; input q: f32[i=8 k=2]; s0 = softmax(v) {label=\"j\"}; s ="
            + " annotate(s0) {layout=\"i j@x\"}; w = annotate(q) {layout=\"i@x k\"}; p = einsum(v,"
            + " w) {equation=\"i j, i k -> j k\"}; output p; output s";
    assertEquals("i@x j", layout(run(text, "x=2"), "v"));
  }

  /** Behind its other readers that keep all labels, and before those that sum. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "ADD; e0 = exp(b); e = annotate(e0) {layout=\"j@y\"}; output y; output e # j@y",
        "w = annotate(q) {layout=\"j@y k\"}; d = einsum(b, w) {equation=\"j, j k -> k\"}; ADD;"
            + " output y; output d # j@x",
      })
  void aBroadcastOperandTakesAxesOnTheSecondLevel(String statements, String expected) {
    String text =
        "input p: f32[i=8 j=8]; input b: f32[j=8]; input q: f32[j=8 k=2]; a = annotate(p)"
            + " {layout=\"i j@x\"}; "
            + statements.replace("ADD", "y = add(a, b)");
    assertEquals(expected, layout(run(text, "x=2 y=2"), "b"));
  }

  /** A transposition renames; a sum of one operand is a contraction. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "p = einsum(v, w) {equation=\"i j, j n -> i j n\"}; t0 = einsum(v) {equation=\"i j -> j"
            + " i\"}; t = annotate(t0) {layout=\"j i@x\"}; output p; output t # i@x j",
        "e0 = exp(v); e = annotate(e0) {layout=\"i j@x\"}; r0 = einsum(v) {equation=\"i j -> i\"};"
            + " r = annotate(r0) {layout=\"i@x\"}; output r; output e # i j@x",
      })
  void whatOnlyRenamesLabelsGoesBeforeContractions(String statements, String expected) {
    String text =
        "input v: f32[i=8 j=8]; input q: f32[j=8 n=2]; w = annotate(q) {layout=\"j@x n\"}; "
            + statements;
    assertEquals(expected, layout(run(text, "x=2"), "v"));
  }

  /** The axis of z0 reaches z4 in two rounds, before the product is asked. */
  @Test
  void aLevelEndsWhereNothingChanges() {
    String text =
        "input p: f32[i=8 j=8]; input z1: f32[i=8 j=8]; input z2: f32[i=8 j=8]; input z3: f32[i=8"
            + " j=8]; input z4: f32[i=8 j=8]; input q: f32[j=8 n=2]; w = annotate(q) {layout=\"j@x"
            + " n\"}; r = einsum(z4, w) {equation=\"i j, j n -> i j n\"}; z0 = annotate(p)"
            + " {layout=\"i@x j\"}; b = add(z1, z2); d = add(z3, z4); a = add(z0, z1); c = add(z2,"
            + " z3); output a; output b; output c; output d; output r";
    assertEquals("i@x j", layout(run(text, "x=2"), "z4"));
  }

  /** Backward the last statement is the first: f reaches v before e does. */
  @Test
  void statementsAreVisitedBackwardFromTheLast() {
    String text =
        "input v: f32[i=8 j=8]; e0 = exp(v); f0 = exp(v); f1 = exp(f0); f = annotate(f1)"
            + " {layout=\"i j@x\"}; e = annotate(e0) {layout=\"i@x j\"}; output e; output f";
    assertEquals("i j@x", layout(run(text, "x=2"), "v"));
  }

  private static String loop(String body) {
    return "input w: f32[i=8]; input u: f32[i=8]; GIVEN r, o = scan(U, W) {count=3, label=\"step\","
        + " carried=1, sequences=0, body=program body {; input s: f32[i=8]; input m: f32[i=8]; "
        + body
        + "}}; output r; output o";
  }

  /** The round's result is the next round's operand, though nothing in the body joins them. */
  @Test
  void aCarriedResultIsTheNextRoundsOperand() {
    String text =
        loop("t = exp(m); q = einsum(s) {equation=\"i->\"}; output t; output q; ")
            .replace("GIVEN", "m0 = annotate(w) {layout=\"i@x\"};")
            .replace("(U, W)", "(u, m0)");
    Propagated laid = run(text, "x=2");
    assertEquals("i@x", layout(laid, "r.body.s"));
    assertEquals("i@x", layout(laid, "u"));
  }

  /** A result that is collected, the second here, is nobody's operand. */
  @Test
  void aCollectedResultIsNoOperand() {
    String text =
        loop("t = exp(s); c = abs(s); q = einsum(m) {equation=\"i->\"}; z = multiply(c, q);"
                + " output t; output z; ")
            .replace("GIVEN", "s0 = annotate(u) {layout=\"i@x\"};")
            .replace("(U, W)", "(s0, w)");
    Propagated laid = run(text, "x=2");
    assertEquals("i@x", layout(laid, "r.body.z"));
    assertEquals("i", layout(laid, "r.body.m"));
    assertEquals("i", layout(laid, "w"));
  }

  private static String region(String operand, String axes, String term, String body) {
    return "r = manual("
        + operand
        + ") {axes=["
        + axes
        + "], in=[\""
        + term
        + "\"], out=[\""
        + term
        + "\"], body=program member {; "
        + body
        + " }}; output r";
  }

  /** The label k has y outside, and the region gives y to j: inside it splits nothing. */
  @Test
  void noAxisOfARegionIsInsideOfIt() {
    String text =
        "input a: f32[k=16 j=8]; u = annotate(a) {layout=\"k@x.y j\"}; "
            + region(
                "u",
                "\"x=2\", \"y=2\"",
                "k@x j@y",
                "input part: f32[k=8 j=4]; v = exp(part); output v;");
    Propagated laid = run(text, "x=2 y=2");
    assertEquals("kj", layout(laid, "r.body.part"));
    assertEquals("k@x j@y", layout(laid, "r"));
    assertTrue(laid.why("r").contains("the region over x.y has it so"), laid.why("r"));
  }

  /** A label that is split otherwise than the region has it takes no more axes from inside. */
  @Test
  void aLabelThatHasOtherAxesThanTheRegionKeepsThem() {
    String text =
        "input a: f32[k=16 j=8]; u = annotate(a) {layout=\"k@y.z? j\"}; "
            + region(
                "u",
                "\"x=2\"",
                "k@x j",
                "input part: f32[k=8 j=8]; v0 = exp(part); v = annotate(v0) {layout=\"k@w j\"};"
                    + " output v;");
    Propagated laid = run(text, "x=2 y=2 z=2 w=2");
    assertEquals("k@y.z j", layout(laid, "u"));
    assertEquals("k@w j", layout(laid, "r.body.part"));
  }

  /** Behind the region's x and its own y the label goes on as it does inside. */
  @Test
  void aLabelGoesOnBehindTheAxesThatItHasInside() {
    String text =
        "input a: f32[k=16 j=8]; u = annotate(a) {layout=\"k@x.y? j\"}; "
            + region(
                "u",
                "\"x=2\"",
                "k@x j",
                "input part: f32[k=8 j=8]; v0 = exp(part); v = annotate(v0) {layout=\"k@y.z j\"};"
                    + " output v;");
    Propagated laid = run(text, "x=2 y=2 z=2");
    assertEquals("k@x.y.z j", layout(laid, "u"));
    assertEquals("k@y.z j", layout(laid, "r.body.part"));
  }

  @Test
  void theMeshHasTheAxesOfARegionInARegion() {
    String inner = "input one: f32[k=2]; e = exp(one); output e;";
    String text =
        "input s: f32[k=8]; "
            + region(
                "s",
                "\"x=2\"",
                "k@x",
                "input part: f32[k=4]; "
                    + region("part", "\"y=2\"", "k@y", inner).replace("; ", ";")
                    + ";");
    assertEquals("k@x.y", layout(run(text, "x=2 y=2"), "r"));
    String message =
        assertThrows(PropagationException.class, () -> run(text, "x=2 z=2")).getMessage();
    assertTrue(message.endsWith("must be of mesh \"x=2 z=2\", got y=2"), message);
  }

  /** An input's own layout and a region ask for layouts as annotations do. */
  @Test
  void aGivenLayoutOrARegionIsEnough() {
    Propagated given = run("input p: f32[i@x=8]; r = exp(p); output r", "x=2", STRICT);
    assertEquals(List.of(), given.notes());
    assertEquals("i@x", layout(given, "r"));
    String text =
        "input a: f32[k=8]; "
            + region("a", "\"x=2\"", "k@x", "input part: f32[k=4]; v = exp(part); output v;");
    Propagated region = run(text, "x=2", STRICT);
    assertEquals(List.of(), region.notes());
    assertEquals("k@x", layout(region, "a"));
  }

  /** A part is whole by now, so that the axis of one device goes on with the next part. */
  @Test
  void anAxisOfOneDeviceIsOfThePartThatIsLeftToSplit() {
    String text =
        "input q: f32[m=8]; m = annotate(q) {layout=\"m@x.o\"}; a = split(m) {label=\"m\","
            + " into=[\"i\", \"j\"], sizes=[\"2\", \"4\"]}; output a";
    assertEquals("i@x j@o", layout(run(text, "x=2 o=1"), "a"));
  }

  /** An annotation of a later priority takes x from the label that had it, and keeps the sum. */
  @Test
  void aSumTakesItsAxisFromALabel() {
    String text =
        "input p: f32[m=8 i=8 k=4]; s = reduce_sum(p) {labels=[\"k\"]}; c = annotate(s) {layout=\"|"
            + " x\", priority=1}; d0 = exp(c); d = annotate(d0) {layout=\"m i@x\"}; output d";
    Propagated laid = run(text, "x=2");
    assertEquals("m i | x", layout(laid, "c"));
    assertEquals("m i@x", layout(laid, "d0"));
  }

  @Test
  void aSumOverAnUnknownAxisIsAnErrorThatNamesTheMesh() {
    String text =
        "input p: f32[m=8 k=4]; s = reduce_sum(p) {labels=[\"k\"]}; c = annotate(s) {layout=\"m |"
            + " q\"}; output c";
    assertEquals(
        "annotation of c: a mesh axis must be one of mesh \"x=2\", got \"q\"",
        assertThrows(PropagationException.class, () -> run(text, "x=2")).getMessage());
  }

  /** The annotation does not name i, which had x from an annotation of an earlier priority. */
  @Test
  void anAnnotationTakesItsAxisFromALabelThatItDoesNotName() {
    String text =
        "input p: f32[i=8 j=8]; a = annotate(p) {layout=\"i@x j\"}; r = exp(a); b = annotate(r)"
            + " {layout=\"j@x\", priority=1}; output b";
    Propagated laid = run(text, "x=2");
    assertEquals("i@x j", layout(laid, "r"));
    assertEquals("i j@x", layout(laid, "b"));
  }

  /** Taking x from i leaves y on k, so that j cannot go on with y. */
  @Test
  void anAnnotationTakesItsOwnAxesOnly() {
    String text =
        "input p: f32[i=8 j=8 k=8]; input q: f32[k=8 n=2]; r = annotate(p) {layout=\"i? j? k\"}; b"
            + " = annotate(r) {layout=\"j@x?\", priority=1}; c = annotate(b) {layout=\"i j@x.y k\","
            + " priority=1}; w = annotate(q) {layout=\"k@y n\"}; s = einsum(b, w) {equation=\"i j"
            + " k, k n -> i j n\"}; output c; output s";
    assertEquals("i j@x k@y", layout(run(text, "x=2 y=2"), "b"));
  }

  /** Neither operand is a sum that can wait, whichever place it is read at. */
  @Test
  void aProductOfAValueWithItselfIsNoSumUnlessTheValueIs() {
    String text =
        "input a: i32[m=8 k=4]; s = reduce_sum(a) {labels=[\"k\"]}; r = abs(s); t = multiply(r, r);"
            + " c = annotate(t) {layout=\"m | x\"}; output c";
    assertThrows(PropagationException.class, () -> run(text, "x=2"));
  }

  /** A product is linear in each operand, and the first that can be a sum is asked. */
  @ParameterizedTest
  @CsvSource({"s, t, s, t", "t, s, t, s", "a, s, s, a", "v, t, v, t"})
  void theFirstSumOfAProductStaysPartial(String one, String two, String asked, String other) {
    String text =
        "input p: i32[m=8 k=4]; input q: i32[m=8 k=4]; s = reduce_sum(p) {labels=[\"k\"]}; t ="
            + " reduce_sum(q) {labels=[\"k\"]}; a = abs(t); v = negate(s); u = multiply("
            + one
            + ", "
            + two
            + "); c = annotate(u) {layout=\"m | x\"}; output c; output a; output v";
    Propagated laid = run(text, "x=2");
    assertEquals("m | x", layout(laid, "u"));
    assertEquals("m | x", layout(laid, asked));
    assertEquals("m", layout(laid, other));
  }
}
