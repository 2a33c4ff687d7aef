package io.github.shardsum.propagation;

import static io.github.shardsum.propagation.StatementTexts.layout;
import static io.github.shardsum.propagation.StatementTexts.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.program.ProgramException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which statements carry axes first, and what passes the edges of loops and regions. */
final class PropagationOrderTest {
  /** The label of a sum, of a softmax, of a running sum and of a search carries axes in the end. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "softmax(a) {label=\"j\"} # i j@x",
        "cumulative_sum(a) {label=\"j\"} # i j@x",
        "exp(a) # i j@x",
        "shift(a) {label=\"j\", by=1, fill=0} # i j@x",
      })
  void everyOperationCarriesAxesInTheEnd(String operation, String expected) {
    String forward =
        "input p: f32[i=8 j=8]; a = annotate(p) {layout=\"j@x\"}; r = " + operation + "; output r";
    assertEquals(expected, layout(run(forward, "x=2"), "r"));
    String backward =
        "input a: f32[i=8 j=8]; q = " + operation + "; r = annotate(q) {layout=\"j@x\"}; output r";
    assertEquals(expected, layout(run(backward, "x=2"), "a"));
  }

  /** One that only moves or maps elements carries its axes before, so that the axis is taken. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "softmax(a) {label=\"j\"} # i@x j",
        "cumulative_sum(a) {label=\"j\"} # i@x j",
        "einsum(a, b) {equation=\"ij,jk->ijk\"} # i@x j k",
      })
  void elementwiseStatementsCarryTheirsFirst(String operation, String expected) {
    String type = operation.startsWith("einsum") ? "i=8 j=8 k=2" : "i=8 j=8";
    String text =
        "input p: f32[i=8 j=8]; input b: f32[j=8 k=2]; a = annotate(p) {layout=\"j@x\"}; r = "
            + operation
            + "; input z: f32["
            + type
            + "]; v = annotate(z) {layout=\"i@x\"}; s = add(r, v); output s";
    String ordered = text.replaceAll("(.*)(input z: [^;]*; )(.*)", "$2$1$3");
    Propagated laid = run(ordered, "x=2");
    assertEquals(expected, layout(laid, "r"));
    assertEquals(expected, layout(laid, "s"));
  }

  /** A composite goes before a product of its operand, though the product stands first. */
  @Test
  void aCompositeCarriesItsAxesBeforeAProduct() {
    String text =
        "input v: f32[i=8 j=8]; input q: f32[j=8 n=2]; w = annotate(q) {layout=\"j@x n\"}; p ="
            + " einsum(v, w) {equation=\"ij,jn->ijn\"}; c0 = composite(v) {name=test.exp,"
            + " splittable=[\"i\", \"j\"], decomposition=program meaning {; input u: f32[i=8 j=8];"
            + " e = exp(u); output e; }}; c = annotate(c0) {layout=\"i@x j\"}; output p; output c";
    assertEquals("i@x j", layout(run(text, "x=2"), "v"));
  }

  /** So does a communication: what goes from member to member has the same labels. */
  @Test
  void aCommunicationCarriesItsAxesBeforeAProduct() {
    String text =
        "input v: f32[i=8 j=8]; input q: f32[j=8 n=2]; w = annotate(q) {layout=\"j@y n\"}; r, s ="
            + " manual(v, w) {axes=[\"x=2\"], in=[\"i@x j\", \"j n\"], out=[\"i@x j n\", \"i@x"
            + " j\"], body=program member {; input part: f32[i=4 j=8]; input u: f32[j=8 n=2]; p ="
            + " einsum(part, u) {equation=\"ij,jn->ijn\"}; c0 = permute(part) {axes=[\"x=2\"],"
            + " by=1, wraps=true}; c = annotate(c0) {layout=\"i@y j\"}; output p; output c; }};"
            + " output r; output s";
    assertEquals("i@y j", layout(run(text, "x=2 y=2"), "r.body.part"));
  }

  @Test
  void aSearchKeepsTheAxesOfItsOtherLabels() {
    String text =
        "input v: f32[i=8 j=8]; a = annotate(v) {layout=\"i@x j@y\"}; r = arg_max(a)"
            + " {label=\"j\"}; output r";
    assertEquals("i@x", layout(run(text, "x=2 y=2"), "r"));
  }

  @Test
  void aCommunicationIsInARegion() {
    String text = "input a: f32[i=8]; c = all_reduce(a) {axes=[\"x=2\"], by=sum}; output c";
    String message =
        String.valueOf(assertThrows(ProgramException.class, () -> run(text, "x=2")).getMessage());
    assertTrue(message.contains("must be in a manual region over x=2"), message);
  }

  @Test
  void aSummedLabelPassesFromOneOperandToTheOtherUnlessTheAxisIsTaken() {
    String text =
        "input p: f32[i=8 j=8]; input w: f32[j=8 n=8]; a = annotate(p) {layout=\"j@x\"}; c ="
            + " einsum(a, w) {equation=\"ij,jn->in\"}; output c";
    Propagated free = run(text, "x=2");
    assertEquals("j@x n", layout(free, "w"));
    assertEquals("in", layout(free, "c"));
    String taken =
        text.replace("c = ", "z = exp(w); v = annotate(z) {layout=\"n@x\"}; c = ")
            .replace("output c", "output c; output v");
    assertEquals("j n@x", layout(run(taken, "x=2"), "w"));
  }

  /** What is broadcast takes axes after the operand of full rank has them, and gives its last. */
  @Test
  void aBroadcastOperandTakesAxesAndGivesThemLast() {
    String text =
        "input p: f32[i=8 j=8]; input b: f32[j=8]; a = annotate(p) {layout=\"i@x j@y\"}; r = add(a,"
            + " b); output r";
    assertEquals("j@y", layout(run(text, "x=2 y=2"), "b"));
    String gives =
        "input a: f32[i=8 j=8]; input q: f32[j=8]; b = annotate(q) {layout=\"j@x\"}; r = add(a, b);"
            + " output r";
    Propagated given = run(gives, "x=2");
    assertEquals("i j@x", layout(given, "r"));
    assertEquals("i j@x", layout(given, "a"));
    String product =
        "input w: f32[i=8 n=8]; "
            + gives.replace(
                "output r",
                "v = annotate(w) {layout=\"i@x n\"}; s = einsum(r, v) {equation=\"ij,in->ijn\"};"
                    + " output s");
    assertEquals("i@x j", layout(run(product, "x=2"), "r"));
  }

  private static final String LOOP =
      "input u: f32[i=8]; input xs: f32[step=4 j=8]; input w: f32[k=8]; ANNOTATED r, o, q = scan(U,"
          + " XS, W) {count=4, label=\"step\", carried=1, sequences=1, body=program body {; input"
          + " s: f32[i=8]; input e: f32[j=8]; input m: f32[k=8]; t = exp(s); f = exp(e); g ="
          + " exp(m); output t; output f; output g; }}; RESULTS output r; output o; output q";

  private static void isLaid(Propagated loop) {
    for (String carried : new String[] {"u", "r.body.s", "r.body.t", "r"}) {
      assertEquals("i@x", layout(loop, carried), carried);
    }
    assertEquals("step j@y", layout(loop, "xs"));
    assertEquals("step j@y", layout(loop, "o"));
    for (String each : new String[] {"r.body.e", "r.body.f"}) {
      assertEquals("j@y", layout(loop, each), each);
    }
    for (String same : new String[] {"w", "r.body.m", "r.body.g"}) {
      assertEquals("k@z", layout(loop, same), same);
    }
    assertEquals("step k@z", layout(loop, "q"));
  }

  @Test
  void valuesOfALoopLieAsThoseBeforeAndAfterIt() {
    String before =
        LOOP.replace(
                "ANNOTATED",
                "u1 = annotate(u) {layout=\"i@x\"}; xs1 = annotate(xs) {layout=\"j@y\"}; w1 ="
                    + " annotate(w) {layout=\"k@z\"};")
            .replace("(U, XS, W)", "(u1, xs1, w1)")
            .replace("RESULTS", "");
    isLaid(run(before, "x=2 y=2 z=2"));
    String after =
        LOOP.replace("ANNOTATED", "")
            .replace("(U, XS, W)", "(u, xs, w)")
            .replace(
                "RESULTS",
                "r1 = annotate(r) {layout=\"i@x\"}; o1 = annotate(o) {layout=\"j@y\"}; q1 ="
                    + " annotate(q) {layout=\"k@z\"}; output r1; output o1; output q1;");
    isLaid(run(after, "x=2 y=2 z=2"));
    String inside =
        LOOP.replace("ANNOTATED", "")
            .replace("(U, XS, W)", "(u, xs, w)")
            .replace("RESULTS", "")
            .replace("t = exp(s)", "t0 = exp(s); t = annotate(t0) {layout=\"i@x\"}")
            .replace("f = exp(e)", "f0 = exp(e); f = annotate(f0) {layout=\"j@y\"}")
            .replace("g = exp(m)", "g0 = exp(m); g = annotate(g0) {layout=\"k@z\"}");
    isLaid(run(inside, "x=2 y=2 z=2"));
  }

  /** A round has one index of the loop's label, so that axes of that label stay outside. */
  @Test
  void theLabelOfALoopIsNotSplitInside() {
    String text =
        LOOP.replace("ANNOTATED", "xs1 = annotate(xs) {layout=\"step@y j\"};")
            .replace("(U, XS, W)", "(u, xs1, w)")
            .replace("RESULTS", "");
    Propagated loop = run(text, "x=2 y=2 z=2");
    assertEquals("step@y j", layout(loop, "xs1"));
    assertEquals("j", layout(loop, "r.body.e"));
    assertEquals("step j", layout(loop, "o"));
    assertEquals("step k", layout(loop, "q"));
  }

  private static final String REGION =
      "input a: f32[k=8 j=8]; u = annotate(a) {layout=\"BEFORE\"}; r = manual(u) {axes=[\"x=2\"],"
          + " in=[\"k@x j\"], out=[\"k@x j\"], body=program member {; input part: f32[k=4 j=8]; v ="
          + " exp(part); output v; }}; z = annotate(r) {layout=\"AFTER\"}; output z";

  /** Outside a label has the region's axes first, and inside the others. */
  @ParameterizedTest
  @CsvSource({
    "k? j?, k? j?, k@x j, kj, k@x j",
    "k@x.y j, k? j?, k@x.y j, k@y j, k@x.y j",
    "k@x j@y, k? j?, k@x j@y, k j@y, k@x j@y",
    "k? j?, k@x.y j, k@x.y j, k@y j, k@x.y j",
    "k? j?, k@x j@y, k@x j@y, k j@y, k@x j@y",
  })
  void axesPassTheEdgeOfARegion(
      String before, String after, String outside, String inside, String result) {
    String text = REGION.replace("BEFORE", before).replace("AFTER", after);
    Propagated laid = run(text, "x=2 y=2");
    assertEquals(outside, layout(laid, "u"));
    assertEquals(inside, layout(laid, "r.body.part"));
    assertEquals(inside, layout(laid, "r.body.v"));
    assertEquals(result, layout(laid, "r"));
  }

  @ParameterizedTest
  @CsvSource({"x=4", "y=2", "x=2"})
  void theMeshHasTheAxesOfRegionsAlsoInsideOfLoops(String mesh) {
    String region =
        "manual(s) {axes=[\"x=2\"], in=[\"k@x\"], out=[\"k@x\"], body=program member {; input part:"
            + " f32[k=4]; v = exp(part); output v; }}";
    String plain = "input s: f32[k=8]; r = " + region + "; output r";
    String looped =
        "input a: f32[k=8]; r = scan(a) {count=3, label=\"t\", carried=1, sequences=0, body=program"
            + " body {; input s: f32[k=8]; b = "
            + region
            + "; output b; }}; output r";
    for (String text : new String[] {plain, looped}) {
      if (mesh.equals("x=2")) {
        assertTrue(run(text, mesh).layouts().size() > 2);
      } else {
        String message =
            assertThrows(PropagationException.class, () -> run(text, mesh)).getMessage();
        assertTrue(message.endsWith("must be of mesh \"" + mesh + "\", got x=2"), message);
      }
    }
  }
}
