package io.github.shardsum.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.tensor.DType;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each rule of an operation, with a statement at its edge and one beyond it. */
final class RefusedStatementsTest {
  private static Program program(String statement) {
    return Program.parse(
        """
        program p {
          input a: f32[i=4 j=6]
          input b: f32[i=4 j=6]
          input c: bool[i=4 j=6]
          input n: i32[i=4]
          input m: i32[j=6]
          input s: i64[]
          input d: f64[i=4 j=6]
          input h: bf16[i=4]
          input e: f32[i=0]
          r = STATEMENT
          output r
        }
        """
            .replace("STATEMENT", statement));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "negate(a) # negate(c) # operand must have a dtype of numbers, got bool",
        "exp(a) # exp(n) # expected a floating dtype, got i32",
        "not(c) # not(a) # operand must be of bool, got f32",
        "add(a, b) # add(a, d) # operands must have one dtype, got f32 and f64",
        "maximum(n, n) # maximum(c, c) # a dtype of numbers, got bool",
        "power(a, b) # power(n, n) # expected a floating dtype, got i32",
        "and(c, c) # and(n, n) # operand must be of bool, got i32",
        "select(c, a, b) # select(a, a, b) # condition must be of bool, got f32",
        "ragged(a, n) {label=\"j\", fill=0} # ragged(a, h) {label=\"j\", fill=0} # i32 or i64, got",
        "ragged(a, n) {label=\"j\", fill=0} # ragged(a, n) {label=\"i\", fill=0} # must not have"
            + " label i",
        "ragged(a, n) {label=\"j\", fill=0} # ragged(h, m) {label=\"i\", fill=0} # labels of x"
            + " only",
        "reduce_max(c) {labels=[\"i\"]} # reduce_sum(c) {labels=[\"i\"]} # max is the OR of bools",
        "reduce_sum(a) {labels=[\"i\", \"j\"]} # reduce_sum(a) {labels=[\"i\", \"i\"]} # labels"
            + " must be distinct",
        "softmax(a) {label=\"j\"} # softmax(a) {label=\"k\"} # k",
        "cumulative_sum(n) {label=\"i\"} # cumulative_sum(c) {label=\"i\"} # got bool",
        "arg_max(a) {label=\"i\"} # arg_max(e) {label=\"i\"} # at least one element",
        "one_hot(n) {label=\"k\", size=0, dtype=f32} # one_hot(h) {label=\"k\", size=0, dtype=f32}"
            + " # i32 or i64",
        "one_hot(n) {label=\"k\", size=2147483647, dtype=f32} # one_hot(n) {label=\"k\","
            + " size=2147483648, dtype=f32} # size must be in [0, 2^31)",
        "pad(a) {label=\"i\", low=0, high=0, interior=0, fill=0} # pad(a) {label=\"i\", low=-1,"
            + " high=0, interior=0, fill=0} # padding must be at least 0",
        "pad(a) {label=\"i\", low=0, high=0, interior=0, fill=0} # pad(a) {label=\"i\", low=0,"
            + " high=-1, interior=0, fill=0} # padding must be at least 0",
        "pad(a) {label=\"i\", low=0, high=0, interior=0, fill=0} # pad(a) {label=\"i\", low=0,"
            + " high=0, interior=-1, fill=0} # padding must be at least 0",
        "pad(n) {label=\"i\", low=0, high=0, interior=0, fill=2} # pad(n) {label=\"i\", low=0,"
            + " high=0, interior=0, fill=2147483648} # ",
        "slice(a) {label=\"i\", from=0, to=4, step=1} # slice(a) {label=\"i\", from=0, to=5,"
            + " step=1} # range must be in [0, 4]",
        "slice(a) {label=\"i\", from=4, to=4, step=1} # slice(a) {label=\"i\", from=3, to=2,"
            + " step=1} # range must be in [0, 4]",
        "slice(a) {label=\"i\", from=0, to=4, step=1} # slice(a) {label=\"i\", from=-1, to=4,"
            + " step=1} # range must be in [0, 4]",
        "slice(a) {label=\"i\", from=0, to=4, step=9} # slice(a) {label=\"i\", from=0, to=4,"
            + " step=0} # step must be at least 1",
        "concatenate(a, b) {label=\"i\"} # concatenate(a, d) {label=\"i\"} # must have one dtype",
        "concatenate(a, b) {label=\"i\"} # concatenate(h, e) {label=\"i\"} # must have one dtype",
        "concatenate(a, b) {label=\"j\"} # concatenate(a, e) {label=\"i\"} # in the size of i only",
        "shift(n) {label=\"i\", by=9, fill=1} # shift(n) {label=\"j\", by=9, fill=1} # j",
        "window(a) {label=\"j\", window=\"w\", size=6, stride=1, dilation=1} # window(a)"
            + " {label=\"j\", window=\"w\", size=0, stride=1, dilation=1} # size, stride and"
            + " dilation must be",
        "window(a) {label=\"j\", window=\"w\", size=6, stride=1, dilation=1} # window(a)"
            + " {label=\"j\", window=\"w\", size=6, stride=0, dilation=1} # size, stride and"
            + " dilation must be",
        "window(a) {label=\"j\", window=\"w\", size=6, stride=1, dilation=1} # window(a)"
            + " {label=\"j\", window=\"w\", size=6, stride=1, dilation=0} # size, stride and"
            + " dilation must be",
        "split(a) {label=\"j\", into=[\"k\", \"l\"], sizes=[\"2\", \"3\"]} # split(a) {label=\"j\","
            + " into=[\"k\", \"l\"], sizes=[\"2\", \"2\"]} # sizes must have the product 6",
        "split(a) {label=\"j\", into=[\"k\"], sizes=[\"6\"]} # split(a) {label=\"j\", into=[\"k\"],"
            + " sizes=[\"2\", \"3\"]} # sizes one for each label",
        "split(a) {label=\"j\", into=[\"k\"], sizes=[\"6\"]} # split(e) {label=\"i\", into=[],"
            + " sizes=[]} # at least one",
        "merge(a) {labels=[\"i\", \"j\"], into=\"k\"} # merge(a) {labels=[\"j\", \"i\"],"
            + " into=\"k\"} # neighbours in the operand's order",
        "merge(a) {labels=[\"j\"], into=\"k\"} # merge(a) {labels=[], into=\"k\"} # at least one,"
            + " got none",
        "annotate(a) {layout=\"i j@x\"} # annotate(a) {layout=\"ij@x\"} # every word is one label,"
            + " so write \"i j\"",
        "annotate(a) {layout=\"i@x\"} # annotate(a) {layout=\"k@x\"} # must be of [i, j], got k",
        "einsum(a, b) {equation=\"ij,ij->i\"} # einsum(a, b) {equation=\"ij->i\"}"
            + " # one for each term, got"
            + " 2",
        "einsum(a, b) {equation=\"ij,ij->i\"} # einsum(a, d) {equation=\"ij,ij->i\"} # must have"
            + " one dtype",
        "einsum(a) {equation=\"ij->ijk\", sizes=[\"k=2\"]} # einsum(a) {equation=\"ij->ij\","
            + " sizes=[\"k=2\"]} # that only the output has, got k",
        "einsum(a) {equation=\"ij->ijk\", sizes=[\"k=2\"]} # einsum(a) {equation=\"ij->ij\","
            + " sizes=[\"i=4\"]} # that only the output has, got i",
        "einsum(h) {equation=\"i->\", dtype=f32} # einsum(h) {equation=\"i->\", dtype=f64} # must"
            + " be of bf16, got f64",
        "einsum(a) {equation=\"ij->i\"} # einsum(a) {equation=\"...j->...\"} # no ellipsis",
        "einsum(a) {equation=\"ij->i\"} # einsum(a) {equation=\"i->i\"} # has 1 labels, its"
            + " operand",
        "einsum(n, n) {equation=\"i,i->\"} # einsum(n, m) {equation=\"i,i->\"} # label i has sizes"
            + " 4 and 6",
      })
  void aRuleHoldsAtItsEdge(String good, String bad, String why) {
    assertEquals(1, program(good).outputs().size(), good);
    ProgramException refused = assertThrows(ProgramException.class, () -> program(bad), bad);
    assertTrue(refused.getMessage().contains(why == null ? "" : why), refused::getMessage);
  }

  @Test
  void aScalarIsANumberOfItsDType() {
    for (DType dtype : DType.values()) {
      assertEquals(1, Scalar.of(dtype, 1.0).toLong());
      assertEquals(1, Scalar.of(dtype, 1L).toDouble());
      assertTrue(Scalar.of(dtype, 1L).fits(dtype));
      assertEquals(dtype.isFloating(), Scalar.of(DType.F32, 0.5).fits(dtype));
    }
    assertEquals(2, Scalar.of(DType.F64, 2.9).toLong());
    assertEquals(-2, Scalar.of(DType.F64, -2.9).toLong());
    assertEquals(Scalar.of(DType.BOOL, 1), Scalar.of(DType.BOOL, -0.5));
    assertEquals(Scalar.of(DType.BOOL, 1), Scalar.of(DType.BOOL, 7L));
    assertEquals(Scalar.of(DType.BOOL, 0), Scalar.of(DType.BOOL, 0.0));
    assertEquals(Long.MIN_VALUE, Scalar.of(DType.I64, -0x1p63).toLong());
    for (double bad : new double[] {0.5, 0x1p63, -0x1p64, Double.NaN}) {
      assertThrows(IllegalArgumentException.class, () -> Scalar.of(DType.I64, bad));
    }
    assertEquals(Integer.MIN_VALUE, Scalar.of(DType.I32, (long) Integer.MIN_VALUE).toLong());
    for (long bad : new long[] {1L << 31, -(1L << 31) - 1}) {
      assertThrows(IllegalArgumentException.class, () -> Scalar.of(DType.I32, bad));
      assertFalse(Scalar.of(DType.I64, bad).fits(DType.I32));
    }
    assertFalse(Scalar.of(DType.I64, 2L).fits(DType.BOOL));
    assertFalse(Scalar.of(DType.I64, -1L).fits(DType.BOOL));
    assertFalse(Scalar.of(DType.I64, 1L).fits(DType.F32));
  }

  @Test
  void aValueHasANameOrANumber() {
    ValueType type = ValueType.scalar(DType.F32);
    for (String good : List.of("a", "_", "a.b1", "%0", "%12")) {
      assertEquals(good + ": " + type, new Value(good, type).toString());
    }
    for (String bad : List.of("", "%", "%a", "%1a", "1a", ".a", "a b", "é", "x1%")) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> new Value(bad, type)).getMessage();
      assertTrue(message.endsWith("got \"" + bad + "\""), message);
    }
  }

  /** Values are those of the program, by name and type. */
  @Test
  void aProgramReadsWhatItDefines() {
    Value a = new Value("a", ValueType.scalar(DType.F32));
    Value other = new Value("a", ValueType.scalar(DType.F64));
    Value numbered = new Value("%0", ValueType.scalar(DType.F32));
    Statement negated =
        new Statement(
            List.of(new Value("b", a.type())), new Pointwise.Unary(Pointwise.UnaryKind.NEGATE, a));
    Program program = new Program("p", List.of(a), List.of(negated), List.of(negated.result()));
    assertEquals(List.of(negated), program.statements());
    refuses("is not defined before it", List.of(other), List.of(negated), List.of());
    refuses("neither an input nor a result", List.of(a), List.of(), List.of(other));
    refuses("must have names, got %0", List.of(numbered), List.of(), List.of());
    refuses("names must be distinct", List.of(a, other), List.of(), List.of());
    refuses("names must be distinct", List.of(a), List.of(negated, negated), List.of());
  }

  private static void refuses(
      String why, List<Value> inputs, List<Statement> statements, List<Value> outputs) {
    String message =
        assertThrows(ProgramException.class, () -> new Program("p", inputs, statements, outputs))
            .getMessage();
    assertTrue(message.contains(why), message);
  }

  /** A message shows control characters as Java writes them, and both ends of a long text. */
  @Test
  void aMessageCanBeShown() {
    String moved =
        assertThrows(ProgramException.class, () -> program("softmax(a) {label=\"\u001b[2J\"}"))
            .getMessage();
    assertTrue(moved.contains("\\u001b[2J"), moved);
    String text = "x".repeat(100_000);
    String cut =
        assertThrows(ProgramException.class, () -> program("softmax(a) {label=\"" + text + "y\"}"))
            .getMessage();
    assertTrue(cut.length() < 10_000, () -> cut.length() + " characters");
    assertTrue(cut.contains(" characters) ... x"), cut);
  }
}
