package io.github.shardsum.internal.certify;

import static io.github.shardsum.internal.certify.LawsTest.PARTS;
import static io.github.shardsum.internal.certify.LawsTest.SCAN;
import static io.github.shardsum.internal.certify.LawsTest.SEARCH;
import static io.github.shardsum.internal.certify.LawsTest.SOFTMAX;
import static io.github.shardsum.internal.certify.LawsTest.is;
import static io.github.shardsum.internal.certify.LawsTest.isNot;

import org.junit.jupiter.api.Test;

/** Programs that a law almost fits, of the same types as those that it fits, are not equal. */
class NearLawsTest {
  private static final String TOP = "v, r = top_k(x) {label=\"n\", k=2, into=\"best\"}";

  private static final String SUM =
      "r = cumulative_sum(x) {label=\"n\", exclusive=true, reverse=false}";

  /** A softmax that was rounded to f32 is not one in f64, nor one of what was rounded before. */
  @Test
  void aSoftmaxIsRoundedOnce() {
    String wide =
        "y = convert(x) {dtype=f32}\n"
            + SOFTMAX.replace("(x", "(y").replace("r = ", "q = ")
            + "\nr = convert(q) {dtype=TO}";
    isNot(
        "input x: bf16[m=2 n=10]",
        "w = convert(x) {dtype=f64}\nr = softmax(w) {label=\"n\"}",
        wide.replace("TO", "f64"));
    isNot(
        "input x: f64[m=2 n=10]",
        "w = convert(x) {dtype=bf16}\nr = softmax(w) {label=\"n\"}",
        wide.replace("TO", "bf16"));
    isNot(
        "input x: f64[m=2 n=10]",
        "w = convert(x) {dtype=f32}\ns = softmax(w) {label=\"n\"}\nr = convert(s) {dtype=f64}",
        SOFTMAX);
  }

  /** A sum in f64 that is cut off to an integer is not the sum of integers. */
  @Test
  void aRunningSumIsRoundedOnce() {
    isNot(
        "input x: f32[m=2 n=10]",
        "w = convert(x) {dtype=i32}\n" + SUM.replace("(x)", "(w)"),
        SCAN.replace("convert(l) {dtype=f32}", "convert(l) {dtype=i32}"));
    isNot(
        "input x: bf16[m=2 n=10]",
        "w = convert(x) {dtype=f32}\n" + SUM.replace("(x)", "(w)"),
        SCAN);
  }

  /** Sums of the chunks of all rows are not those of each row. */
  @Test
  void theSumsOfChunksAreOfTheirOwnRows() {
    isNot(
        "input x: f32[m=2 n=10]",
        SUM,
        SCAN.replace("reduce_sum(c) {labels=[\"w\"]}", "reduce_sum(c) {labels=[\"m\", \"w\"]}"));
  }

  /** Chunks of two levels need the sums of both. */
  @Test
  void chunksOfChunksAreNoChunks() {
    isNot(
        "input x: f32[m=2 n=10]",
        SUM,
        SCAN.replace(
                "into=[\"c\", \"w\"], sizes=[\"3\", \"4\"]",
                "into=[\"c\", \"h\", \"w\"], sizes=[\"3\", \"2\", \"2\"]")
            .replace("merge(a) {labels=[\"c\", \"w\"]", "merge(a) {labels=[\"c\", \"h\", \"w\"]"));
  }

  @Test
  void indicesAreThoseOfTheCandidates() {
    String inputs = "input x: f32[m=2 n=10]\ninput j: i32[m=2 g=6]";
    is(
        inputs,
        TOP,
        SEARCH.replace("j = merge", "k = merge").replace("einsum(t, j)", "einsum(t, k)"));
    isNot(inputs, TOP, SEARCH.replace("j = merge", "k = merge"));
  }

  /** The start of a chunk is its number times its length. */
  @Test
  void chunksStartWhereTheyStart() {
    String inputs = "input x: f32[m=2 n=10]\ninput s: i32[]\ninput d: i32[c=3]";
    is(inputs, TOP, SEARCH);
    isNot(inputs, TOP, SEARCH.replace("add(i, y)", "add(i, o)"));
    isNot(inputs, TOP, SEARCH.replace("multiply(o, z)", "multiply(o, s)"));
    isNot(inputs, TOP, SEARCH.replace("multiply(o, z)", "multiply(d, z)"));
    isNot(inputs, TOP, SEARCH.replace("multiply(o, z)", "negate(o)"));
    isNot(inputs, TOP, SEARCH.replace("add(i, y)", "add(y, i)"));
  }

  /** Of integers the values themselves are places too. */
  @Test
  void aValueIsNoPlace() {
    isNot(
        "input x: i32[m=2 n=10]",
        TOP,
        SEARCH.replace("fill=-Infinity", "fill=-2147483648").replace("one_hot(h)", "one_hot(f)"));
  }

  /** Places of one search pick nothing of the candidates of another. */
  @Test
  void placesAreThoseOfTheCandidates() {
    isNot(
        "input x: f32[m=2 n=10]\ninput w: f32[m=2 g=6]",
        TOP,
        SEARCH.replace("top_k(u)", "top_k(w)"));
    isNot(
        "input x: f32[m=2 n=10]\ninput h: i32[m=2 best=2]",
        TOP,
        SEARCH.replace("f, h = top_k(u)", "f, k = top_k(u)"));
  }

  /** Carried values change from round to round. */
  @Test
  void partsAreNotOfWhatIsCarried() {
    String inputs = "input x: f32[m=3 n=10]\ninput y: f32[k=4 m=3]";
    String given = "r = einsum(x, y) {equation=\"mn,km->nk\"}";
    is(inputs, given, PARTS);
    isNot(
        inputs,
        given,
        PARTS
            .replace("k = scan(t, y)", "c, k = scan(y, t)")
            .replace("carried=0", "carried=1")
            .replace(
                "input piece: f32[m=3 n=5]\ninput other: f32[k=4 m=3]",
                "input other: f32[k=4 m=3]\ninput piece: f32[m=3 n=5]")
            .replace("output made", "next = negate(other)\noutput next\noutput made"));
    isNot(
        inputs,
        given,
        PARTS
            .replace("k = scan", "z, k = scan")
            .replace("output made", "less = negate(made)\noutput made\noutput less"));
  }

  /** A part that is repeated is not the whole. */
  @Test
  void partsAreOfTheOperandThatWasCut() {
    isNot(
        "input x: f32[m=3 n=10]\ninput y: f32[k=4 m=3]\ninput t: f32[part=2 m=3 n=5]",
        "r = einsum(x, y) {equation=\"mn,km->nk\"}",
        PARTS.replace("t = einsum(p)", "l = einsum(p)"));
  }
}
