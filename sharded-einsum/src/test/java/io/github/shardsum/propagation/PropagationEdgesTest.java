package io.github.shardsum.propagation;

import static io.github.shardsum.propagation.StatementTexts.layout;
import static io.github.shardsum.propagation.StatementTexts.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Layouts of inputs, labels that are made of others, and values at the edge of a region. */
final class PropagationEdgesTest {
  /**
   * A merged label has the axes of its first part and goes on with those of the next if nothing of
   * the first is left to split: only then are its blocks those of the parts.
   */
  @ParameterizedTest
  @CsvSource({
    "2, 4, i@x j, m@x k",
    "2, 4, i@x j@y, m@x.y k",
    "2, 4, i@x j@y.z, m@x.y.z k",
    "2, 4, i j@y, mk",
    "4, 4, i@x j@y, m@x k",
    "4, 4, i@x.y j@z, m@x.y.z k",
    "4, 4, i@w j@x, m@w.x k",
    "2, 4, i@x j@w, m@x.w k",
    "6, 4, i@w j, mk",
    "6, 4, i@x j@y, m@x k",
    "1, 8, i j@x.y, m@x.y k",
  })
  void aMergedLabelHasTheAxesOfItsParts(int i, int j, String parts, String merged) {
    String type = "i=" + i + " j=" + j + " k=2";
    String merge = "m = merge(a) {labels=[\"i\", \"j\"], into=\"m\"}; ";
    String forward =
        "input q: f32["
            + type
            + "]; a = annotate(q) {layout=\""
            + parts
            + " k\"}; "
            + merge
            + "output m";
    assertEquals(merged, layout(run(forward, "x=2 y=2 z=2 w=4"), "m"));
    String split =
        "a = split(m) {label=\"m\", into=[\"i\", \"j\"], sizes=[\"" + i + "\", \"" + j + "\"]}; ";
    String backward =
        "input m: f32[m="
            + i * j
            + " k=2]; "
            + split
            + "b = annotate(a) {layout=\""
            + parts
            + " k\"}; output b";
    assertEquals(merged, layout(run(backward, "x=2 y=2 z=2 w=4"), "m"));
  }

  /**
   * Each part takes axes as long as they divide it, and the next goes on only behind a whole one.
   */
  @ParameterizedTest
  @CsvSource({
    "2, 4, m@x, i@x j",
    "2, 4, m@x.y, i@x j@y",
    "2, 4, m@x.y.z, i@x j@y.z",
    "4, 4, m@x.y, i@x.y j",
    "4, 4, m@w.x, i@w j@x",
    "2, 4, m@w, ij",
    "2, 4, m@x.w, i@x j@w",
    "3, 4, m@x, ij",
    "6, 4, m@x.y, i@x j",
    "1, 8, m@x.y, i j@x.y",
  })
  void partsHaveTheAxesOfTheMergedLabel(int i, int j, String merged, String parts) {
    String split =
        "a = split(m) {label=\"m\", into=[\"i\", \"j\"], sizes=[\"" + i + "\", \"" + j + "\"]}; ";
    String forward =
        "input q: f32[m=" + i * j + "]; m = annotate(q) {layout=\"" + merged + "\"}; " + split;
    assertEquals(parts, layout(run(forward + "output a", "x=2 y=2 z=2 w=4"), "a"));
    String backward =
        "input a: f32[i="
            + i
            + " j="
            + j
            + "]; q = merge(a) {labels=[\"i\", \"j\"], into=\"m\"}; m = annotate(q) {layout=\""
            + merged
            + "\"}; output m";
    assertEquals(parts, layout(run(backward, "x=2 y=2 z=2 w=4"), "a"));
  }

  /** An axis that straddles two parts ends the merged label: behind it is no part's own block. */
  @Test
  void nothingFollowsAnAxisOfTwoParts() {
    String text =
        "input q: f32[i=2 j=4 k=2]; a = annotate(q) {layout=\"i j@y k\"}; m = merge(a)"
            + " {labels=[\"i\", \"j\"], into=\"m\"}; n = annotate(m) {layout=\"m@w? k\"}; output n";
    Propagated laid = run(text, "w=4 y=2");
    assertEquals("m@w k", layout(laid, "n"));
    assertEquals("m@w k", layout(laid, "m"));
    assertEquals("i j@y k", layout(laid, "a"));
  }

  /** Parts of a label of the same cut take what an annotation says; others take no empty parts. */
  @Test
  void onlyAnAnnotationCutsALabelIntoEmptyParts() {
    String text =
        "input q: f32[i=2 j=3]; a = annotate(q) {layout=\"i@x.y j\"}; r = exp(a); m = merge(r)"
            + " {labels=[\"i\", \"j\"], into=\"m\"}; output m";
    Propagated laid = run(text, "x=2 y=2");
    assertEquals("i@x.y j", layout(laid, "r"));
    assertEquals("m@x", layout(laid, "m"));
  }

  @Test
  void anInputLiesAsItsTypeSays() {
    String text =
        "input p: f32[i@x=8 j=8]; r = exp(p); s = annotate(r) {layout=\"i? j@y\"}; output s";
    Propagated laid = run(text, "x=2 y=2");
    assertEquals("i@x j", layout(laid, "p"));
    assertEquals("i@x j@y", layout(laid, "r"));
    assertEquals(List.of(), laid.notes());
    assertTrue(laid.why("r").contains("input p, of type f32[i@x=8 j=8]"), laid.why("r"));
    String unknown = text.replace("i@x=8", "i@q=8");
    assertEquals(
        "annotation of p: a mesh axis must be one of mesh \"x=2 y=2\", got \"q\"",
        assertThrows(PropagationException.class, () -> run(unknown, "x=2 y=2")).getMessage());
  }

  @Test
  void anInputMayBeASum() {
    String text = "input p: f32[i@y=8 j=8 | x]; r = negate(p); output r";
    Propagated laid = run(text, "x=2 y=2");
    assertEquals("i@y j | x", layout(laid, "p"));
    String unknown = text.replace("| x", "| q");
    assertEquals(
        "annotation of p: a mesh axis must be one of mesh \"x=2 y=2\", got \"q\"",
        assertThrows(PropagationException.class, () -> run(unknown, "x=2 y=2")).getMessage());
  }

  /** Without one there is a note, unless a region or an input says how something lies. */
  @Test
  void aProgramWithoutAnnotationsIsNoted() {
    assertEquals(
        List.of("program p has no annotation, so every value is whole"),
        run("input p: f32[i=8]; r = exp(p); output r", "x=2").notes());
    assertEquals(List.of(), run(region("a", "k@x j"), "x=2 y=2").notes());
  }

  private static String region(String operand, String in) {
    return "input a: f32[k=8 j=8]; u = annotate(a) {layout=\"k? j@x\"}; r = manual("
        + operand
        + ") {axes=[\"x=2\"], in=[\""
        + in
        + "\"], out=[\"k@x j\"], body=program member {; input part: f32[k=4 j=8]; v = exp(part);"
        + " output v; }}; output r; output u";
  }

  /**
   * A value that has the region's axis elsewhere keeps it there, and is brought before the region.
   */
  @Test
  void anAxisThatIsUsedElsewhereIsNotTheRegions() {
    Propagated laid = run(region("u", "k@x j"), "x=2 y=2");
    assertEquals("k j@x", layout(laid, "u"));
    assertEquals("k@x j", layout(laid, "r"));
    assertEquals("kj", layout(laid, "r.body.part"));
  }

  /**
   * A value has what it is annotated, also where an earlier priority had led the axis elsewhere.
   */
  @ParameterizedTest
  @CsvSource({"0, 1, i@x j", "1, 0, i j@x"})
  void anAnnotationGivesAnAxisAnotherUse(int first, int second, String behind) {
    String text =
        "input p: f32[i=8 j=8]; a = annotate(p) {layout=\"i@x j?\", priority=FIRST}; r = exp(a); b"
            + " = annotate(r) {layout=\"i? j@x\", priority=SECOND}; s = exp(b); output s";
    Propagated laid = run(text.replace("FIRST", "" + first).replace("SECOND", "" + second), "x=2");
    assertEquals("i@x j", layout(laid, "a"));
    assertEquals("i j@x", layout(laid, "b"));
    assertEquals(behind, layout(laid, "s"));
  }

  /** An empty dimension may have any axes: none of its parts has an element to lose. */
  @Test
  void anEmptyLabelHasNoEmptyPartsToAvoid() {
    String text =
        "input q: f32[i=0 j=4]; a = annotate(q) {layout=\"i@x j@y\"}; r = exp(a); output r";
    assertEquals("i@x j@y", layout(run(text, "x=2 y=2"), "r"));
  }
}
