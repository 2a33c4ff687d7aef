package io.github.shardsum.internal.layout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.layout.FactorRule;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rules as they are printed, a worked example an operation. */
class ShardingRulesTest {
  private static Statement last(String statements) {
    Program program = Program.parse("program p {\n" + statements.replace(";", "\n") + "\n}\n");
    return program.statements().getLast();
  }

  private static FactorRule rule(String statements) {
    return ShardingRules.of(last(statements));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "input a: f32[G=4 E=8]; b = softmax(a) {label=\"E\"}; output b#G E~ -> G E~",
        "input a: f32[G=4 E=8]; b = cumulative_sum(a) {label=\"G\"}; output b#G> E -> G> E",
        "input a: f32[m=4 k=8]; input b: f32[k=8 n=2]; c = einsum(a, b) {equation=\"mk,kn->mn\"};"
            + " output c#m k+, k+ n -> m n",
        "input a: f32[m=4 k=8]; b = reduce_max(a) {labels=[\"k\"]}; output b#m k+ -> m",
        "input a: f32[m=4 k=8]; b, c = top_k(a) {label=\"k\", k=2, into=\"t\"}; output b#m k^ -> m"
            + " top t!, m top t!",
        "input a: i32[m=4]; b = one_hot(a) {label=\"E\", size=5, dtype=f32}; output b#m -> m E*",
        "b = iota {type=\"i64[i=3 j=4]\", label=\"j\"}; output b# -> i* j*",
        "input a: f32[i=9 j=2]; b = slice(a) {label=\"i\", from=1, to=9, step=2}; output b#i<> j ->"
            + " i<> j",
        "input a: f32[i=9]; b = window(a) {label=\"i\", window=\"w\", size=3, stride=2,"
            + " dilation=1}; output b#i<> -> i<> w!",
        "input a: f32[i=12 j=2]; b = split(a) {label=\"i\", into=[\"k\", \"l\"], sizes=[\"3\","
            + " \"4\"]}; output b#(k/ l/) j -> k/ l/ j",
        "input a: f32[i=3 j=4 k=2]; b = merge(a) {labels=[\"i\", \"j\"], into=\"m\"}; output b#i j"
            + " k -> (i j) k",
        "input a: f32[i=3]; input b: f32[j=4]; c = add(a, b); output c#i, j -> i j",
      })
  void rules(String statements, String rule) {
    assertEquals(rule, rule(statements).toString().strip());
  }

  @Test
  void ofIntegersWhatIsLinearMayBePartial() {
    String two = "input a: i32[i=3]; input b: i32[i=3]; ";
    assertEquals(Set.of(Set.of(0, 1)), rule(two + "c = add(a, b); output c").linear());
    assertEquals(Set.of(Set.of(0), Set.of(1)), rule(two + "c = multiply(a, b); output c").linear());
    assertEquals(Set.of(), rule(two + "c = divide(a, b); output c").linear());
    assertEquals(Set.of(), rule(two + "c = maximum(a, b); output c").linear());
    assertEquals(Set.of(), rule(two + "c = convert(a) {dtype=i64}; output c").linear());
    assertEquals(
        Set.of(Set.of(0)),
        rule("input a: i64[i=3]; c = convert(a) {dtype=i32}; output c").linear());
  }

  @Test
  void ofFloatingNumbersOnlyWhatMovesElementsMayBePartial() {
    String two = "input a: f32[i=3 j=2]; input b: f32[i=3 j=2]; ";
    for (String operation :
        List.of(
            "negate(a)",
            "add(a, b)",
            "multiply(a, b)",
            "divide(a, b)",
            "convert(a) {dtype=f64}",
            "reduce_sum(a) {labels=[\"i\"]}",
            "einsum(a) {equation=\"ij->i\"}",
            "einsum(a, b) {equation=\"ij,ij->ij\"}")) {
      assertEquals(Set.of(), rule(two + "c = " + operation + "; output c").linear(), operation);
    }
    for (String operation :
        List.of(
            "einsum(a) {equation=\"ij->ji\"}",
            "slice(a) {label=\"i\", from=1, to=3, step=1}",
            "merge(a) {labels=[\"i\", \"j\"], into=\"k\"}")) {
      assertEquals(
          Set.of(Set.of(0)), rule(two + "c = " + operation + "; output c").linear(), operation);
    }
  }

  @Test
  void aCompositesRuleIsDerivedFromItsDecomposition() {
    Statement statement =
        last(
            """
            input x: f32[G=4 S=3 M=5]
            input w: f32[M=5 E=6]
            r = composite(x, w) {name=gates, splittable=[], decomposition=program gates {
            input x: f32[G=4 S=3 M=5]
            input w: f32[M=5 E=6]
            l = einsum(x, w) {equation="GSM,ME->GSE"}
            g = softmax(l) {label="E"}
            p = cumulative_sum(g) {label="S"}
            i = iota {type="f32[G=4]", label="G"}
            q = add(p, i)
            output q
            }}
            output r\
            """);
    CompositeRules.Derived derived =
        CompositeRules.derive((Nested.Composite) statement.operation());
    assertEquals("G S! M!, M! E! -> G S! E!", derived.rule().toString());
    assertTrue(derived.indexed().contains("G"), derived.toString());
  }

  @Test
  void aResultThatIsWholeEverywhereIsSlicedWhereOperandsAreSplit() {
    Statement statement =
        last(
            """
            input x: f32[G=4 S=3]
            input w: f32[S=3 E=6]
            r, b = composite(x, w) {name=sums, splittable=["E"], decomposition=program sums {
            input x: f32[G=4 S=3]
            input w: f32[S=3 E=6]
            l = einsum(x, w) {equation="GS,SE->GE"}
            i = iota {type="f32[E=6]", label="E"}
            output l
            output i
            }}
            output r\
            """);
    CompositeRules.Derived derived =
        CompositeRules.derive((Nested.Composite) statement.operation());
    assertEquals("G S!, S! E -> G E, E", derived.rule().toString());
    assertEquals(Set.of("E"), derived.indexed());
  }

  @Test
  void aPromisedLabelsAddendsPassProductsOfFloatingNumbers() {
    String text =
        """
        input h: f32[G=4 H=3]
        input w: f32[H=3 M=5]
        input c: f32[G=4]
        r = composite(h, w, c) {name=sums, splittable=[%s], decomposition=program sums {
        input h: f32[G=4 H=3]
        input w: f32[H=3 M=5]
        input c: f32[G=4]
        y = einsum(h, w) {equation="GH,HM->GM"}
        z = einsum(c, y) {equation="G,GM->M"}
        output z
        }}
        output r\
        """;
    assertEquals(
        "G+ H+, H+ M, G+ -> M",
        CompositeRules.derive((Nested.Composite) last(text.formatted("\"H\"")).operation())
            .rule()
            .toString());
    assertEquals(
        "G+ H!, H! M, G+ -> M",
        CompositeRules.derive((Nested.Composite) last(text.formatted("")).operation())
            .rule()
            .toString());
  }

  @Test
  void aCompositeIsSplitAlongTheMajorLabelOfAMerge() {
    Statement statement =
        last(
            """
            input x: f32[m=4 n=6]
            r = composite(x) {name=merged, splittable=[], decomposition=program merged {
            input x: f32[m=4 n=6]
            y = merge(x) {labels=["m", "n"], into="p"}
            output y
            }}
            output r\
            """);
    CompositeRules.Derived derived =
        CompositeRules.derive((Nested.Composite) statement.operation());
    assertEquals("m n! -> m", derived.rule().toString());
  }

  /**
   * A composite whose kernel accepts parts of i gives addends if its result is linear in the sum
   * over i, and needs the whole of i otherwise.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "negate(s) # true",
        "add(s, s) # true",
        "subtract(s, s) # true",
        "multiply(s, w) # true",
        "multiply(w, s) # true",
        "divide(s, w) # true",
        "convert(s) {dtype=f64} # true",
        "einsum(s, w) {equation=\"j,j->j\"} # true",
        "reduce_sum(s) {labels=[\"j\"]} # true",
        "cumulative_sum(s) {label=\"j\"} # true",
        "exp(s) # false",
        "relu(s) # false",
        "add(s, w) # false",
        "subtract(w, s) # false",
        "multiply(s, s) # false",
        "divide(w, s) # false",
        "divide(s, s) # false",
        "maximum(s, s) # false",
        "power(s, w) # false",
        "convert(s) {dtype=i32} # false",
        "einsum(s, s) {equation=\"j,j->j\"} # false",
        "reduce_max(s) {labels=[\"j\"]} # false",
        "softmax(s) {label=\"j\"} # false",
      })
  void aCompositeOfWhatIsLinearGivesAddends(String operation, boolean isLinear) {
    String text =
        """
        input v: f32[i=4 j=3]
        input w: f32[j=3]
        r = composite(v, w) {name=sums, splittable=["i"], decomposition=program sums {
        input v: f32[i=4 j=3]
        input w: f32[j=3]
        s = reduce_sum(v) {labels=["i"]}
        q = OPERATION
        output q
        }}
        output r\
        """;
    String rule =
        CompositeRules.derive(
                (Nested.Composite) last(text.replace("OPERATION", operation)).operation())
            .rule()
            .toString();
    assertEquals(isLinear ? "i+" : "i!", rule.substring(0, 2), rule);
  }

  /** Only windows of the padded operand itself, along its label, are one operation. */
  @Test
  void windowsOfSomethingElseAreNotPadded() {
    String padded = "p = pad(x) {label=\"i\", low=1, high=1, interior=0, fill=0}\n";
    String windows = "q = window(p) {label=\"i\", window=\"k\", size=3, stride=1, dilation=1}\n";
    assertTrue(isPaddedWindow(padded + windows, "q"));
    for (String[] other :
        new String[][] {
          {padded + windows.replace("window(p)", "window(x)"), "q"},
          {padded.replace("\"i\"", "\"j\"") + windows, "q"},
          {padded + windows, "p"},
          {padded + "q = exp(p)\n", "q"},
          {"p = exp(x)\n" + windows, "q"},
          {padded + windows + "r = exp(q)\n", "r"},
        }) {
      assertFalse(isPaddedWindow(other[0], other[1]), other[0]);
    }
  }

  private static boolean isPaddedWindow(String body, String output) {
    String text =
        "input y: f32[i=8 j=2]\n"
            + "z = composite(y) {name=w, splittable=[], decomposition=program w {\n"
            + "input x: f32[i=8 j=2]\n"
            + body
            + "output "
            + output
            + "\n}}\noutput z";
    return PaddedWindow.of(last(text).operation()).isPresent();
  }
}
