package io.github.shardsum.internal.certify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.github.shardsum.program.Nested.Scan;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An operation may be written in others by a law, and by nothing that only looks like it. */
final class LawsTest {
  static final String SOFTMAX =
      """
      m = reduce_max(x) {labels=["n"]}
      d = subtract(x, m)
      e = exp(d)
      s = reduce_sum(e) {labels=["n"]}
      r = divide(e, s)\
      """;

  static final String SCAN =
      """
      w = convert(x) {dtype=f64}
      p = pad(w) {label="n", low=0, high=2, interior=0, fill=0}
      c = split(p) {label="n", into=["c", "w"], sizes=["3", "4"]}
      i = cumulative_sum(c) {label="w", exclusive=true, reverse=false}
      t = reduce_sum(c) {labels=["w"]}
      b = cumulative_sum(t) {label="c", exclusive=true, reverse=false}
      a = add(i, b)
      g = merge(a) {labels=["c", "w"], into="n"}
      l = slice(g) {label="n", from=0, to=10, step=1}
      r = convert(l) {dtype=f32}\
      """;

  static final String SEARCH =
      """
      p = pad(x) {label="n", low=0, high=2, interior=0, fill=-Infinity}
      c = split(p) {label="n", into=["c", "w"], sizes=["3", "4"]}
      v, i = top_k(c) {label="w", k=2, into="q"}
      o = iota() {type="i32[c=3]", label="c"}
      z = constant() {type="i32[]", value=4}
      y = multiply(o, z)
      a = add(i, y)
      u = merge(v) {labels=["c", "q"], into="g"}
      f, h = top_k(u) {label="g", k=2, into="best"}
      t = one_hot(h) {label="g", size=6, dtype=i32}
      j = merge(a) {labels=["c", "q"], into="g"}
      r = einsum(t, j) {equation="m best g, m g -> m best"}\
      """;

  static final String PARTS =
      """
      p = split(x) {label="n", into=["part", "n"], sizes=["2", "5"]}
      t = einsum(p) {equation="m part n -> part m n"}
      k = scan(t, y) {count=2, label="part", reverse=false, carried=0, sequences=1, body=program part {
      input piece: f32[m=3 n=5]
      input other: f32[k=4 m=3]
      made = einsum(piece, other) {equation="mn,km->nk"}
      output made
      }}
      q = einsum(k) {equation="part n k -> part n k"}
      r = merge(q) {labels=["part", "n"], into="n"}\
      """;

  /** The term of r, written by laws for a program that says what it is. */
  private static List<Object> both(String inputs, String given, String written) {
    CheckedTerms terms = new CheckedTerms();
    Program asked = program(inputs, given);
    List<Value> outputs = CheckedRequest.of(asked, Map.of(), terms).outputs();
    Program plan = program(inputs, written);
    List<Value> own =
        plan.inputs().stream()
            .map(x -> terms.input(false, plan.inputs().indexOf(x), x.type()))
            .toList();
    return List.of(outputs, written(terms, plan, own));
  }

  private static Program program(String inputs, String statements) {
    return Program.parse("program p {\n" + inputs + "\n" + statements + "\noutput r\n}\n");
  }

  private static List<Value> written(CheckedTerms terms, Program program, List<Value> inputs) {
    Laws laws = new Laws(terms);
    Map<Value, Value> known = new HashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      known.put(program.inputs().get(i), inputs.get(i));
    }
    for (Statement statement : program.statements()) {
      List<Value> operands = statement.operation().operands().stream().map(known::get).toList();
      CheckedTerms.Maker maker =
          statement.operation() instanceof Scan scan
              ? rounds(terms, scan, operands)
              : new CheckedTerms.Made(CheckedTerms.on(statement.operation(), operands));
      List<Value> made = laws.results(maker, CheckedTerms.types(statement));
      for (int i = 0; i < made.size(); i++) {
        known.put(statement.results().get(i), made.get(i));
      }
    }
    return program.outputs().stream().map(known::get).toList();
  }

  private static CheckedTerms.Maker rounds(CheckedTerms terms, Scan scan, List<Value> operands) {
    List<Value> inputs = terms.bodyInputs(scan.body());
    return CheckedTerms.Rounds.of(scan, inputs, written(terms, scan.body(), inputs), operands);
  }

  static void is(String inputs, String given, String written) {
    List<Object> both = both(inputs, given, written);
    assertEquals(both.getFirst(), both.getLast(), written);
  }

  static void isNot(String inputs, String given, String written) {
    List<Object> both = both(inputs, given, written);
    assertNotEquals(both.getFirst(), both.getLast(), written);
  }

  /** Each pair of texts is one in the written form and what a fault puts in its place. */
  static void onlySo(String inputs, String given, String written, String... faults) {
    is(inputs, given, written);
    for (int i = 0; i < faults.length; i += 2) {
      String faulty = written.replace(faults[i], faults[i + 1]);
      assertNotEquals(written, faulty, faults[i]);
      isNot(inputs, given, faulty);
    }
  }

  @Test
  void aSoftmax() {
    onlySo(
        "input x: f32[m=2 n=10]",
        "r = softmax(x) {label=\"n\"}",
        SOFTMAX,
        "reduce_max",
        "reduce_min",
        "reduce_sum(e)",
        "reduce_max(e)",
        "reduce_sum(e)",
        "reduce_sum(d)",
        "(x) {labels=[\"n\"]}",
        "(x) {labels=[\"m\"]}",
        "(e) {labels=[\"n\"]}",
        "(e) {labels=[\"m\"]}",
        "subtract(x, m)",
        "add(x, m)",
        "exp",
        "tanh",
        "divide(e, s)",
        "multiply(e, s)",
        "divide(e, s)",
        "divide(d, s)",
        "subtract(x, m)",
        "subtract(x, x)",
        "m = reduce_max(x)",
        "y = negate(x)\nm = reduce_max(y)",
        "d = subtract(x, m)\ne = exp(d)",
        "e = exp(x)\nd = subtract(e, m)",
        "exp(d)",
        "add(d, d)");
    isNot("input x: f32[m=2 n=10]", "r = softmax(x) {label=\"m\"}", SOFTMAX);
    String ofBoth = SOFTMAX.replace("[\"n\"]", "[\"m\", \"n\"]");
    isNot("input x: f32[m=2 n=10]", "r = softmax(x) {label=\"n\"}", ofBoth);
  }

  /** Of bf16 it is in f32, so that it is rounded once. */
  @Test
  void aSoftmaxOfBf16() {
    String wide =
        "y = convert(x) {dtype=f32}\n"
            + SOFTMAX.replace("(x", "(y").replace("r = ", "q = ")
            + "\nr = convert(q) {dtype=bf16}";
    String given = "r = softmax(x) {label=\"n\"}";
    onlySo("input x: bf16[m=2 n=10]", given, wide, "dtype=f32", "dtype=f64");
    isNot("input x: bf16[m=2 n=10]", given, SOFTMAX);
  }

  @Test
  void aRunningSum() {
    onlySo(
        "input x: f32[m=2 n=10]",
        "r = cumulative_sum(x) {label=\"n\", exclusive=true, reverse=false}",
        SCAN,
        "fill=0",
        "fill=1",
        "low=0, high=2",
        "low=2, high=0",
        "cumulative_sum(c) {label=\"w\", exclusive=true",
        "cumulative_sum(c) {label=\"w\", exclusive=false",
        "cumulative_sum(t) {label=\"c\", exclusive=true",
        "cumulative_sum(t) {label=\"c\", exclusive=false",
        "cumulative_sum(t) {label=\"c\", exclusive=true, reverse=false",
        "cumulative_sum(t) {label=\"c\", exclusive=true, reverse=true",
        "reduce_sum(c)",
        "reduce_max(c)",
        "add(i, b)",
        "subtract(i, b)",
        "from=0, to=10",
        "from=1, to=11",
        "w = convert(x) {dtype=f64}",
        "w = convert(x) {dtype=f32}",
        "add(i, b)",
        "add(i, t)",
        "i = cumulative_sum(c) {label=\"w\"",
        "i = cumulative_sum(c) {label=\"c\"",
        "i = cumulative_sum(c)",
        "e = negate(c)\ni = cumulative_sum(e)",
        "cumulative_sum(t) {label=\"c\"",
        "cumulative_sum(t) {label=\"m\"",
        "b = cumulative_sum(t)",
        "e = negate(t)\nb = cumulative_sum(e)",
        "t = reduce_sum(c)",
        "e = negate(c)\nt = reduce_sum(e)");
    isNot(
        "input x: f32[m=2 n=10]",
        "r = cumulative_sum(x) {label=\"n\", exclusive=true, reverse=true}",
        SCAN);
    // Zeros between the elements shift the sums, and a step leaves some of them out.
    for (String other :
        List.of(
            SCAN.replace("high=2, interior=0", "high=1, interior=1"),
            SCAN.replace("high=2", "high=6").replace("to=10, step=1", "to=11, step=2"))) {
      String given = "r = cumulative_sum(x) {label=\"n\", exclusive=true, reverse=false}";
      isNot("input x: f32[m=2 n=6]", given, other.replace("to=10", "to=6"));
    }
  }

  /** Integers wrap and f64 is as wide as sums are, so neither is converted. */
  @ParameterizedTest
  @ValueSource(strings = {"i32", "i64", "f64"})
  void aRunningSumWithoutConversions(String dtype) {
    String plain = SCAN.replace("p = pad(w)", "p = pad(x)").replace("l = slice", "r = slice");
    String lines = plain.substring(plain.indexOf('\n') + 1, plain.lastIndexOf('\n'));
    String inputs = "input x: " + dtype + "[m=2 n=10]";
    String given = "r = cumulative_sum(x) {label=\"n\", exclusive=true, reverse=false}";
    onlySo(inputs, given, lines, "fill=0", "fill=1", "add(i, b)", "subtract(i, b)");
  }

  /** A sum of i64 in f64 loses digits, and does not wrap. */
  @Test
  void aRunningSumOfI64IsNotThatOfF64() {
    isNot(
        "input x: i64[m=2 n=10]",
        "r = cumulative_sum(x) {label=\"n\", exclusive=true, reverse=false}",
        SCAN.replace("convert(l) {dtype=f32}", "convert(l) {dtype=i64}"));
  }

  @Test
  void aSearch() {
    String given = "v, r = top_k(x) {label=\"n\", k=2, into=\"best\"}";
    onlySo(
        "input x: f32[m=2 n=10]",
        given,
        SEARCH,
        "fill=-Infinity",
        "fill=0",
        "value=4",
        "value=3",
        "multiply(o, z)",
        "add(o, z)",
        "add(i, y)",
        "subtract(i, y)",
        "merge(a)",
        "merge(i)",
        "low=0, high=2",
        "low=2, high=0",
        "u = merge(v)",
        "e = negate(v)\nu = merge(e)",
        "v, i = top_k(c)",
        "e = negate(c)\nv, i = top_k(e)",
        "t = one_hot(h)",
        "e = add(h, h)\nt = one_hot(e)",
        "a = add(i, y)",
        "e = add(i, i)\na = add(e, y)",
        "m best g, m g",
        "m best g, h g",
        "r = einsum(t, j)",
        "e = add(j, j)\nr = einsum(t, e)",
        "r = einsum(t, j)",
        "e = add(t, t)\nr = einsum(e, j)",
        "i32[c=3]\", label=\"c\"",
        "i32[q=2]\", label=\"q\"");
    isNot(
        "input x: f32[m=2 n=10]",
        given,
        SEARCH
            .replace("top_k(c) {label=\"w\", k=2", "top_k(c) {label=\"w\", k=1")
            .replace("size=6", "size=3"));
    is(
        "input x: f32[m=2 n=10]",
        given.replace("v, r", "r, i"),
        SEARCH.replace("f, h", "r, h").replace("r = einsum", "k = einsum"));
  }

  /** What is appended is the least number of the dtype. */
  @ParameterizedTest
  @CsvSource({
    "i32, -2147483648, -2147483647",
    "i64, -9223372036854775808, -2147483648",
    "f64, -Infinity, -1.7976931348623157E308",
  })
  void aSearchWithAppendedNumbers(String dtype, String least, String other) {
    onlySo(
        "input x: " + dtype + "[m=2 n=10]",
        "v, r = top_k(x) {label=\"n\", k=2, into=\"best\"}",
        SEARCH.replace("-Infinity", least),
        "fill=" + least,
        "fill=" + other);
  }

  /** The largest of the indices is not the index of the largest. */
  @Test
  void aSearchOfIndices() {
    isNot(
        "input x: i32[m=2 n=10]",
        "r, v = top_k(x) {label=\"n\", k=2, into=\"best\"}",
        SEARCH
            .replace("-Infinity", "-2147483648")
            .replace("u = merge(v)", "u = merge(i)")
            .replace("f, h", "r, h")
            .replace("r = einsum", "k = einsum"));
  }

  /** Elements in between move the others. */
  @Test
  void aSearchBetweenAppendedNumbers() {
    isNot(
        "input x: f32[m=2 n=6]",
        "v, r = top_k(x) {label=\"n\", k=2, into=\"best\"}",
        SEARCH.replace("high=2, interior=0", "high=1, interior=1"));
  }

  @Test
  void theIndexOfTheLargest() {
    String one =
        SEARCH.replace("k=2", "k=1").replace("size=6", "size=3").replace("-> m best", "-> m");
    onlySo(
        "input x: f32[m=2 n=10]",
        "r = arg_max(x) {label=\"n\"}",
        one,
        "value=4",
        "value=5",
        "fill=-Infinity",
        "fill=0");
    isNot(
        "input x: f32[m=2 n=10]",
        "r = arg_max(x) {label=\"n\"}",
        one.replace("one_hot(h)", "one_hot(k)").replace("t = one", "k = add(h, h)\nt = one"));
  }

  private static final String THREE =
      "input x: f32[i=2 j=3]\ninput y: f32[j=3 k=4]\ninput z: f32[k=4 l=5]";

  @Test
  void anEinsumInPairs() {
    String given = "r = einsum(x, y, z) {equation=\"ij,jk,kl->il\"}";
    onlySo(
        THREE,
        given,
        "p = einsum(y, z) {equation=\"bc,cd->bd\"}\nr = einsum(x, p) {equation=\"ib,bl->il\"}",
        "ib,bl->il",
        "ib,cl->il",
        "cd->bd",
        "ed->bd",
        "r = einsum(x, p)",
        "w = negate(x)\nr = einsum(w, p)");
    is(
        THREE,
        given,
        "p = einsum(y, x) {equation=\"bc,ab->ca\"}\nr = einsum(p, z) {equation=\"ci,cl->il\"}");
    isNot(THREE, given, "r = einsum(x, y) {equation=\"ij,jk->ik\"}");
  }

  /** A label that is summed in one pair is another one in the next. */
  @Test
  void aLabelThatIsSummedTooEarly() {
    String inputs = "input x: f32[i=3 j=3]\ninput y: f32[j=3 k=3]\ninput z: f32[j=3 k=3]";
    String given = "r = einsum(x, y, z) {equation=\"ij,jk,jk->i\"}";
    is(
        inputs,
        given,
        "p = einsum(y, z) {equation=\"jk,jk->j\"}\nr = einsum(x, p) {equation=\"ij,j->i\"}");
    isNot(
        inputs,
        given,
        "p = einsum(x, y) {equation=\"ij,jk->ik\"}\nr = einsum(p, z) {equation=\"ik,jk->i\"}");
  }

  /** In bf16 what is in between is f32, and the result is rounded once. */
  @Test
  void anEinsumOfBf16InPairs() {
    String inputs = THREE.replace("f32", "bf16");
    String given = "r = einsum(x, y, z) {equation=\"ij,jk,kl->il\"}";
    String wide =
        """
        a = convert(x) {dtype=f32}
        b = convert(y) {dtype=f32}
        c = convert(z) {dtype=f32}
        p = einsum(b, c) {equation="jk,kl->jl"}
        q = einsum(a, p) {equation="ij,jl->il"}
        r = convert(q) {dtype=bf16}\
        """;
    is(inputs, given, wide);
    isNot(
        inputs,
        given,
        "p = einsum(y, z) {equation=\"jk,kl->jl\"}\nr = einsum(x, p) {equation=\"ij,jl->il\"}");
  }

  @Test
  void anEinsumInParts() {
    onlySo(
        "input x: f32[m=3 n=10]\ninput y: f32[k=4 m=3]",
        "r = einsum(x, y) {equation=\"mn,km->nk\"}",
        PARTS,
        "reverse=false",
        "reverse=true",
        "k = scan(t, y)",
        "h = add(y, y)\nk = scan(t, h)",
        "mn,km->nk",
        "mn,kj->nk",
        "made = einsum(piece, other)",
        "less = negate(other)\nmade = einsum(piece, less)",
        "made = einsum(piece, other)",
        "less = negate(piece)\nmade = einsum(less, other)",
        "output made",
        "less = negate(made)\noutput less",
        "t = einsum(p)",
        "h = negate(p)\nt = einsum(h)");
  }

  /** Parts are of one operand only, of indices that follow each other, and put together so. */
  @Test
  void anEinsumInOtherParts() {
    String inputs = "input x: f32[m=3 n=10]\ninput y: f32[k=4 m=3]\ninput z: f32[part=2 k=4 m=3]";
    String given = "r = einsum(x, y) {equation=\"mn,km->nk\"}";
    is(inputs, given, PARTS);
    isNot(
        inputs,
        given,
        PARTS.replace("scan(t, y)", "scan(t, z)").replace("sequences=1", "sequences=2"));
    isNot(
        inputs,
        given,
        PARTS
            .replace("part n k -> part n k", "part n k -> n part k")
            .replace("merge(q) {labels=[\"part\", \"n\"]", "merge(q) {labels=[\"n\", \"part\"]"));
    isNot(
        inputs,
        given,
        PARTS
            .replace(
                "into=[\"part\", \"n\"], sizes=[\"2\", \"5\"]",
                "into=[\"n\", \"part\"], sizes=[\"5\", \"2\"]")
            .replace("m part n -> part m n", "m n part -> part m n"));
    isNot(
        inputs,
        given,
        PARTS
            .replace("m part n -> part m n", "m part n -> part n")
            .replace("piece: f32[m=3 n=5]", "piece: f32[n=5]")
            .replace("mn,km->nk", "n,km->nk"));
    isNot(
        inputs,
        "r = einsum(x, x) {equation=\"mn,mj->n\"}",
        PARTS
            .replace("einsum(piece, other)", "einsum(piece, piece)")
            .replace("mn,km->nk", "mn,mj->n")
            .replace("part n k -> part n k", "part n -> part n"));
  }
}
