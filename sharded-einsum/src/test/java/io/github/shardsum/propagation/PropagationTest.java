package io.github.shardsum.propagation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Layouts that a few annotations give to all values. */
class PropagationTest {
  private static final String LAYER =
      """
      program layer {
        input x: f32[G=8 S=4 M=6]
        input mask: f32[G=8 S=4 E=8 C=1]
        input wi: f32[E=8 M=6 H=10]
        input wo: f32[E=8 H=10 M=6]
        tokens = annotate(x) {layout="G@x S M"}
        rows = einsum(mask, tokens) {equation="G S E C, G S M -> E G C M"}
        dispatched = annotate(rows) {layout="E@x"}
        hidden = einsum(dispatched, wi) {equation="E G C M, E M H -> E G C H"}
        h = relu(hidden)
        out = einsum(h, wo) {equation="E G C H, E H M -> G E C M"}
        y = einsum(mask, out) {equation="G S E C, G E C M -> G S M"}
        output y
      }
      """;

  private static Propagated run(String text, String mesh) {
    return Propagation.of(Program.parse(text), Mesh.parse(mesh), PropagationOptions.defaults());
  }

  private static String body(String statements) {
    return "program p {\n" + statements.replace(";", "\n") + "\n}\n";
  }

  @Test
  void theLayerOfThePaperFollowsFromTwoAnnotations() {
    Propagated layer = run(LAYER, "x=4");
    Map<String, String> expected =
        Map.of(
            "x", "G@x S M",
            "wi", "E@x M H",
            "wo", "E@x H M",
            "h", "E@x G C H",
            "y", "G@x S M");
    expected.forEach((name, layout) -> assertEquals(layout, layer.layout(name).term().toString()));
  }

  @Test
  void aValueThatNothingReachesIsWholeAndOneThatIsNotThereIsNamed() {
    Propagated laid =
        run(
            body(
                "input x: f32[m@x=2]; input w: f32[n=2]; y = tanh(x);"
                    + " z = tanh(w); output y; output z"),
            "x=2");
    assertEquals("z is whole: no annotation reaches it", laid.why("z"));
    String message =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> laid.layout("u")).getMessage());
    assertTrue(message.startsWith("value: must be one of ["), message);
    assertTrue(message.endsWith("got u"), message);
    String notes = run(body("input x: f32[m=2]; y = tanh(x); output y"), "x=2").explain();
    assertTrue(notes.contains("note: "), notes);
  }

  @Test
  void whyPrintsTheChainToTheAnnotation() {
    String why = run(LAYER, "x=4").why("h");
    assertTrue(why.startsWith("h E@x <- E of "), why);
    assertTrue(why.endsWith("dispatched, annotated E@x"), why);
  }

  /** Found by differ: an axis for one of the merged labels divided by the size of the other. */
  @Test
  void nothingIsSplitAlongAnEmptyMergedLabel() {
    String text =
        body("input a: f32[i=0 j@x=8]; m = merge(a) {labels=[\"i\", \"j\"], into=\"k\"}; output m");
    assertEquals("k", run(text, "x=2").layout("m").term().toString());
  }

  @Test
  void withoutAnnotationsEveryValueIsWholeAndSaidToBe() {
    String text = body("input a: f32[i=4]; b = exp(a); output b");
    Propagated whole = run(text, "x=2");
    assertEquals("i", whole.layout("b").term().toString());
    assertEquals(1, whole.notes().size());
    Program program = Program.parse(text);
    assertThrows(
        PropagationException.class,
        () -> Propagation.of(program, Mesh.of("x", 2), PropagationOptions.defaults().asStrict()));
  }

  /** XLA's tests of propagation, as far as programs can say them. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        // PartialShardingOnElementwise
        "x=2 y=2!input p: f32[i=2 j=9]; input q: f32[i=2 j=9]; a = annotate(p) {layout=\"j@x\"};"
            + " b = annotate(q) {layout=\"i@y\"}; c = exp(a); d = exp(b); s = add(c, d); output"
            + " s!s!i@y j@x",
        // ReshapeForwardPassPartialMatch
        "a=4 b=2 c=2!input p: f32[i=14 j=32]; q = annotate(p) {layout=\"i@a j@b.c\"}; r = split(q)"
            + " {label=\"i\", into=[\"k\", \"l\"], sizes=[\"7\", \"2\"]}; s = split(r)"
            + " {label=\"j\", into=[\"m\", \"n\"], sizes=[\"2\", \"16\"]}; output s!s!k l m@b n@c",
        // PartialShardingTransposeForwardPass
        "x=2 y=2 z=2!input p: f32[i=7 j=11 k=13]; q = annotate(p) {layout=\"i@x k@y\"}; t ="
            + " einsum(q) {equation=\"i j k -> j k i\"}; output t!t!j k@y i@x",
        // DotMergeOperands
        "x=2 y=2 z=2!input p: f32[b=8 m=256 k=512]; input q: f32[b=8 n=128 k=512]; a = annotate(p)"
            + " {layout=\"b@x m@y\"}; c = annotate(q) {layout=\"b@x n@z\"}; d = einsum(a, c)"
            + " {equation=\"bmk,bnk->bmn\"}; output d!d!b@x m@y n@z",
        // ReshapeForwardPass
        "x=2!input p: f32[i=1430]; q = annotate(p) {layout=\"i@x\"}; r = split(q) {label=\"i\","
            + " into=[\"j\", \"k\", \"l\"], sizes=[\"10\", \"11\", \"13\"]}; output r!r!j@x k l",
        // ElementwiseOperationBackwardPass
        "x=2 y=2!input p: f32[i=5 j=7 k=11]; input q: f32[i=5 j=7 k=11]; s = add(p, q); c = exp(s);"
            + " r = annotate(c) {layout=\"i j@x k@y\"}; output r!p!i j@x k@y",
        // BroadcastForwardPartial
        "x=2!input p: f32[i=3 j=2048]; q = annotate(p) {layout=\"j@x\"}; r = einsum(q)"
            + " {equation=\"ij->ijk\", sizes=[\"k=3\"]}; output r!r!i j@x k",
        // DotMergeOperands2: an axis splits one label of a value
        "x=2 y=2 z=2!input p: f32[b=8 m=256 k=512]; input q: f32[b=8 n=128 k=512]; a = annotate(p)"
            + " {layout=\"b@x m@y k@z\"}; c = annotate(q) {layout=\"b@x n@y k@z\"}; d = einsum(a,"
            + " c) {equation=\"bmk,bnk->bmn\"}; output d!d!b@x m@y n",
      })
  void examplesOfXla(String mesh, String statements, String value, String layout) {
    assertEquals(layout, run(body(statements), mesh).layout(value).term().toString());
  }

  @Test
  void aConflictIsDecidedByPriceAndAnErrorIfAskedFor() {
    String text =
        body(
            "input p: f32[i=8 j=8]; input q: f32[i=8 j=8]; a = annotate(p) {layout=\"i@x j\"}; b ="
                + " annotate(q) {layout=\"i@y j\"}; s = add(a, b); output s");
    Propagated priced = run(text, "x=2 y=2");
    assertTrue(priced.why("s").contains("(not i@"), priced.why("s"));
    PropagationException strict =
        assertThrows(
            PropagationException.class,
            () ->
                Propagation.of(
                    Program.parse(text),
                    Mesh.parse("x=2 y=2"),
                    PropagationOptions.defaults().asStrict()));
    assertTrue(strict.getMessage().contains("i@x, asked for by a"), strict.getMessage());
    assertTrue(strict.getMessage().contains("i@y, asked for by b"), strict.getMessage());
  }

  private static Propagated product(Map<String, String> layouts, PropagationOptions options) {
    Program program =
        Program.parse(
            body(
                "input a: f32[m=8 k=4]; input b: f32[k=4 n=16]; c = einsum(a, b) {equation=\"m k, k"
                    + " n -> m n\"}; output c"));
    return Propagation.of(Annotations.of(layouts).apply(program), Mesh.parse("x=4 y=2"), options);
  }

  private static final PropagationOptions STRICT = PropagationOptions.defaults().asStrict();

  /** Each operand lacks three quarters of itself if the axis splits the other's label. */
  @Test
  void oneAxisAskedForByTwoLabelsIsDecidedByPriceAndAnErrorIfAskedFor() {
    Map<String, String> layouts = Map.of("a", "m@x", "b", "n@x");
    Propagated priced = product(layouts, PropagationOptions.defaults());
    assertEquals("m n@x", priced.layout("c").term().toString());
    String lost = "m@x, asked for by a.annotated: b.annotated: 48 elements";
    assertTrue(priced.why("c").contains("(not " + lost + ")"), priced.why("c"));
    String message =
        assertThrows(PropagationException.class, () -> product(layouts, STRICT)).getMessage();
    assertTrue(message.startsWith("mesh axis x of c is asked for by 2 labels"), message);
    assertTrue(message.contains("m@x, asked for by a: b: 48 elements"), message);
    assertTrue(message.contains("n@x, asked for by b: a: 24 elements"), message);
  }

  @ParameterizedTest
  @CsvSource({"m@x, m@x n", "n@x, m n@x", "m n, mn", "m n@x?, m n@x"})
  void anAnnotationOfTheValueDecidesWhichLabelHasAnAxis(String layout, String expected) {
    Propagated decided = product(Map.of("a", "m@x", "b", "n@x", "c", layout), STRICT);
    assertEquals(expected, decided.layout("c").term().toString());
  }

  /** Axes that go on are no conflict; axes that begin otherwise are one, however many they are. */
  @Test
  void moreAxesWinOnlyIfTheyGoOnWithTheOthers() {
    String text =
        body(
            "input p: f32[i=8 j=64]; input q: f32[i=8 k=2]; a = annotate(p) {layout=\"i@x j\"}; b ="
                + " annotate(q) {layout=\"i@AXES k\"}; c = einsum(a, b) {equation=\"i j, i k -> i j"
                + " k\"}; output c");
    Mesh mesh = Mesh.parse("x=2 y=2 z=2");
    Program onwards = Program.parse(text.replace("AXES", "x.y"));
    assertEquals("i@x.y j k", Propagation.of(onwards, mesh, STRICT).layout("c").term().toString());
    Program other = Program.parse(text.replace("AXES", "y.z"));
    String message =
        assertThrows(PropagationException.class, () -> Propagation.of(other, mesh, STRICT))
            .getMessage();
    assertTrue(message.contains("label i of"), message);
    assertTrue(message.contains("is asked for in 2 ways"), message);
    Propagated cheaper = Propagation.of(other, mesh, PropagationOptions.defaults());
    assertEquals("i@x j k", cheaper.layout("c").term().toString());
  }

  /**
   * The sum is computed where the large operand has i over x, so that x on j is of no use to the
   * small one, though its label i cannot take x.
   */
  @Test
  void anAxisGoesToTheLabelThatMovesLessOrToNone() {
    String text =
        "input p: f32[i=8 j=8]; input q: f32[i=8 j=8 k=16]; v = annotate(p) {layout=\"i@y j?\"}; b"
            + " = annotate(q) {layout=\"i@x j k\"}; s = einsum(v, b) {equation=\"i j, i j k -> i"
            + " j\"}; r = annotate(s) {layout=\"i j@x\"}; output r";
    Propagated laid = run(body(text), "x=2 y=2");
    assertEquals("i@y j", laid.layout("v").term().toString());
    String whole = text.replace("i@x j k", "i j k");
    assertEquals("i@y j@x", run(body(whole), "x=2 y=2").layout("v").term().toString());
  }

  /** Annotations of the lowest priority go first, so that a later one takes what they left. */
  @ParameterizedTest
  @CsvSource({"0, 1, i@x j", "1, 0, i j@x", "3, 7, i@x j"})
  void annotationsOfALowerPriorityGoFirst(int first, int second, String expected) {
    String text =
        body(
            "input p: f32[i=8 j=8]; input q: f32[i=8 j=8]; a = annotate(p) {layout=\"i@x j?\","
                + " priority=%d}; b = annotate(q) {layout=\"i? j@x\", priority=%d}; c = add(a, b);"
                + " d = exp(c); output d");
    Program program = Program.parse(String.format(Locale.ROOT, text, first, second));
    Propagated laid = Propagation.of(program, Mesh.parse("x=2"), PropagationOptions.defaults());
    assertEquals(expected, laid.layout("c").term().toString());
    assertEquals(expected, laid.layout("d").term().toString());
    assertEquals("i@x j", laid.layout("a").term().toString());
    assertEquals("i j@x", laid.layout("b").term().toString());
  }

  /** An open label keeps the axes that annotations of its own priority led there. */
  @Test
  void aLaterPriorityTakesNothingFromAnEarlierOne() {
    String text =
        "input p: f32[j=8 i=8]; input q: f32[j=8 i=8]; input r: f32[j=8 i=8]; fixed = annotate(p)"
            + " {layout=\"j i@x\"}; a = annotate(fixed) {layout=\"j? i@x?\"}; b = annotate(q)"
            + " {layout=\"j i@x.y\"}; c = annotate(r) {layout=\"j@y i\", priority=1}; d = add(a,"
            + " c); e = add(a, b); output d; output e";
    Propagated laid = run(body(text), "x=2 y=2");
    assertEquals("j i@x", laid.layout("fixed").term().toString());
    assertEquals("j@y i", laid.layout("c").term().toString());
    assertEquals("j i@x.y", laid.layout("e").term().toString());
    assertEquals("j i@x.y", laid.layout("a").term().toString());
  }

  @Test
  void axesThatDoNotMeetOnAValueAreNoConflict() {
    assertEquals(
        "m@x n@y", product(Map.of("a", "m@x", "b", "n@y"), STRICT).layout("c").term().toString());
    assertEquals(
        "m n@x", product(Map.of("a", "k@x", "b", "n@x k"), STRICT).layout("c").term().toString());
  }

  /** Of equal prices the larger value decides, then the first operand. */
  @ParameterizedTest
  @CsvSource({
    "4, 4, i@x j k, j@x k",
    "4, 8, i@y j k, j k@x",
    "8, 4, i@x j k, j@x k",
  })
  void equalPricesAreDecidedByBytesThenByOrder(int j, int k, String ofLabel, String ofAxis) {
    String oneLabel =
        body(
            "input p: f32[i=8 j=%d]; input q: f32[i=8 k=%d]; a = annotate(p) {layout=\"i@x j\"}; b"
                + " = annotate(q) {layout=\"i@y k\"}; c = einsum(a, b) {equation=\"i j, i k -> i j"
                + " k\"}; output c");
    String oneAxis =
        body(
            "input p: f32[i=8 j=%d]; input q: f32[i=8 k=%d]; a = annotate(p) {layout=\"i j@x\"}; b"
                + " = annotate(q) {layout=\"i k@x\"}; c = einsum(a, b) {equation=\"i j, i k -> j"
                + " k\"}; output c");
    PropagationOptions equal =
        PropagationOptions.defaults()
            .withPricing((_, _, _) -> new Pricing.Price(1, "as much as all others"));
    assertEquals(ofLabel, laid(String.format(Locale.ROOT, oneLabel, j, k), equal));
    assertEquals(ofAxis, laid(String.format(Locale.ROOT, oneAxis, j, k), equal));
  }

  private static String laid(String text, PropagationOptions options) {
    Propagated laid = Propagation.of(Program.parse(text), Mesh.parse("x=2 y=2"), options);
    return laid.layout("c").term().toString();
  }

  private static final String SUM =
      body(
          "input a: i32[m=8 k=4]; input b: i32[k=4 n=16]; c = einsum(a, b) {equation=\"m k, k n ->"
              + " m n\"}; d = negate(c); e = add(d, c); f = relu(e); g = abs(c); h = add(g, c);"
              + " output f; output h");

  private static Propagated sum(String value, String layout) {
    Program program = Annotations.of(Map.of(value, layout)).apply(Program.parse(SUM));
    return Propagation.of(program, Mesh.parse("x=4 y=1"), PropagationOptions.defaults());
  }

  @ParameterizedTest
  @CsvSource({"f, relu(e)", "h, 'add(g, c)'", "g, abs(c)", "a, input a of type i32[m=8 k=4]"})
  void aPartialSumThatNothingGivesIsAnError(String value, String producer) {
    String message = assertThrows(PropagationException.class, () -> sum(value, "| x")).getMessage();
    assertTrue(
        message.contains("must be a sum over a label or linear in such sums, got "), message);
    assertTrue(message.contains(producer + "; drop the axis behind the bar"), message);
    assertEquals("mn", sum(value, "| y").layout("c").term().toString());
  }

  /** A maximum over a split label is no sum, so nothing can stay a partial sum there. */
  @ParameterizedTest
  @CsvSource({"reduce_max, i32", "reduce_min, f32", "reduce_max, f32"})
  void aMaximumIsNoPartialSum(String reduction, String dtype) {
    String text =
        "input a: TYPE[m=8 k=4]; b = REDUCE(a) {labels=[\"k\"]}; c = annotate(b) {layout=\"m |"
            + " x\"}; output c";
    String program = body(text.replace("TYPE", dtype));
    String message =
        assertThrows(
                PropagationException.class, () -> run(program.replace("REDUCE", reduction), "x=2"))
            .getMessage();
    assertTrue(message.contains("linear in such sums, got b: "), message);
    assertTrue(message.contains(reduction), message);
    String sum = run(program.replace("REDUCE", "reduce_sum"), "x=2").layout("b").term().toString();
    assertEquals("m | x", sum);
  }

  @Test
  void whatIsLinearInSumsAsksThemToStayPartial() {
    Propagated laid = sum("e", "m n | x");
    for (String value : new String[] {"c", "d", "e.unannotated", "e"}) {
      assertEquals("m n | x", laid.layout(value).term().toString(), value);
    }
    assertEquals("mn", laid.layout("f").term().toString());
    assertEquals("mn", laid.layout("g").term().toString());
    assertEquals("mk", laid.layout("a").term().toString());
  }

  /** A sum that is given, and one that an annotation in between undoes. */
  @Test
  void aGivenSumPassesWhatIsLinearUnlessAnAnnotationUndoesIt() {
    String given =
        "input a: i32[m=8 | x]; b = negate(a); c = annotate(b) {layout=\"m | x\"}; output c";
    assertEquals("m | x", run(body(given), "x=2").layout("c").term().toString());
    String undone =
        "input a: i32[m=8 | x]; z = annotate(a) {layout=\"m\"}; b = negate(z); c = annotate(b)"
            + " {layout=\"m | x\"}; output c";
    assertThrows(PropagationException.class, () -> run(body(undone), "x=2"));
  }

  /**
   * The operand that has all labels carries its axes as if the other one were not there: before
   * those of a product further on, which asks for the axis on another label.
   */
  @ParameterizedTest
  @CsvSource({"f32[]", "f32[j=8]", "f32[i=8 j=8]"})
  void aNarrowOperandWeakensNoOtherOne(String other) {
    String text =
        "input a: f32[i=8 j=8]; input b: TYPE; input w: f32[j=8 n=8]; x = annotate(a) {layout=\"i@x"
            + " j\"}; v = annotate(w) {layout=\"j@x n\"}; y = multiply(x, b); z = exp(y); p ="
            + " einsum(z, v) {equation=\"i j, j n -> i n\"}; output p";
    Propagated laid = run(body(text.replace("TYPE", other)), "x=2");
    assertEquals("i@x j", laid.layout("y").term().toString());
    assertEquals("i@x j", laid.layout("z").term().toString());
    assertEquals("i@x n", laid.layout("p").term().toString());
  }

  @Test
  void anUnknownAxisIsAnErrorThatNamesTheMesh() {
    Program program =
        Annotations.of(Map.of("a", "i@z"))
            .apply(Program.parse(body("input a: f32[i=4]; b = exp(a); output b")));
    PropagationException e =
        assertThrows(
            PropagationException.class,
            () -> Propagation.of(program, Mesh.of("x", 2), PropagationOptions.defaults()));
    assertTrue(e.getMessage().contains("\"x=2\", got \"z\""), e.getMessage());
  }

  @Test
  void emptyPartsAreAnAnnotationsAndStayOnItsLabel() {
    String statements =
        "input a: f32[i=2 j=8]; b = annotate(a) {layout=\"i@x j?\"}; c = exp(b); m = merge(c)"
            + " {labels=[\"i\", \"j\"], into=\"k\"}; output m";
    Propagated laid = run(body(statements), "x=4");
    assertEquals("i@x j", laid.layout("b").term().toString());
    assertEquals("i@x j", laid.layout("c").term().toString());
    assertEquals("k", laid.layout("m").term().toString());
  }

  @Test
  void whatALoopCarriesHasOneLayout() {
    String text =
        body(
            "input w: f32[i=8 j=8]; input v: f32[i=8]; u = annotate(v) {layout=\"i@x\"}; r ="
                + " scan(u, w) {count=3, label=\"step\", carried=1, sequences=0, body=program body"
                + " {; input s: f32[i=8]; input m: f32[i=8 j=8]; t = add(s, s); output t; }};"
                + " output r");
    Propagated loop = run(text, "x=2");
    assertEquals("i@x", loop.layout("r").term().toString());
    assertEquals("i@x", loop.layout("r.body.t").term().toString());
  }

  @Test
  void itIsAFunctionOfItsArguments() {
    assertEquals(run(LAYER, "x=4").explain(), run(LAYER, "x=4").explain());
  }
}
