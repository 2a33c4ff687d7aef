package io.github.shardsum.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The grammar of program texts and of attributes: what is read, and what is expected instead. */
final class ProgramSyntaxTest {
  private static String text(String statement) {
    return "program p {\n  input a: f32[i=4 j=2]\n  input n: i32[i=4]\n  "
        + statement
        + "\n  output b\n}\n";
  }

  private static Program parsed(String statement) {
    return Program.parse(text(statement));
  }

  private static String refusal(String text) {
    return String.valueOf(
        assertThrows(ProgramException.class, () -> Program.parse(text)).getMessage());
  }

  @Test
  void commentsAndWhiteSpaceMeanNothing() {
    Program plain = Program.parse("program p{input a:f32[i=4] b=exp(a) output b}");
    String spread =
        "# first\n\n program p { # an input\n input a : f32[i=4]#\n\tb = exp ( a )\r\n\n# { } \"\n"
            + "output b } # the end";
    assertEquals(plain, Program.parse(spread));
    assertEquals(plain, Program.parse(spread + "\n#\n"));
  }

  @Test
  void aBoolIsANumberOrAWord() {
    for (String value : List.of("true 1", "false 0")) {
      String[] word = value.split(" ");
      List<String> both =
          Stream.of(word)
              .map(
                  fill ->
                      Program.parse(
                              String.format(
                                  Locale.ROOT,
                                  """
                                  program p {
                                    input x: bool[i=2]
                                    padded = pad(x) {label="i", high=1, fill=%1$s}
                                    shifted = shift(x) {label="i", by=1, fill=%1$s}
                                    all = constant {type="bool[i=2]", value=%1$s}
                                    output padded, shifted, all
                                  }
                                  """,
                                  fill))
                          .toString())
              .toList();
      assertEquals(both.getLast(), both.getFirst());
    }
  }

  /** Errors name the line that cannot be read. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "`` ~ line 1: expected program, got the end of the text",
        "` # only this` ~ expected program, got the end of the text",
        "programs p {} ~ expected program",
        "{} ~ line 1: {}: expected program",
        "program 1p {} ~ expected a name, got \"1p\"",
        "program p ~ expected '{'",
        "program p { input a f32[i=4] } ~ expected ':'",
        "program p { input a: f32 } ~ expected a type as f32[G=2 S=8]",
        "program p { input a: f32[i=4] b exp(a) } ~ expected '='",
        "program p { input a: f32[i=4] b = (a) } ~ expected a word",
        "program p { input a: f32[i=4] b = exp a } ~ expected '('",
        "program p { input a: f32[i=4] b = add(a a) } ~ expected ')'",
        "program p { input a: f32[i=4] b = softmax(a) {label \"i\"} } ~ expected '='",
        "program p { input a: f32[i=4] b = softmax(a) {label=\"i\" x=1} } ~ expected '}'",
        "program p { input a: f32[i=4] b = reduce_sum(a) {labels=[\"i\" \"j\"]} } ~ expected ']'",
        "program p { input a: f32[i=4] b = reduce_sum(a) {labels=[i]} } ~ expected '\"'",
        "program p { input a: f32[i=4] output a } x ~ the end of the text after the program",
        "program p { input a: f32[i=4] b = softmax(a) {label=\"i ~ expected a closing quote",
        "program p { input a: f32[i=4] b = softmax(a) {label=\"i\\ ~ expected a closing quote",
        "program p { input a: f32[i=4] b = softmax(a) {label=\" ~ expected a closing quote",
      })
  void whatIsExpectedIsSaid(String text, String why) {
    String said = refusal(text);
    assertTrue(said.startsWith("line 1: "), said);
    assertTrue(said.endsWith(why), said);
  }

  @Test
  void theLineOfAnErrorIsShown() {
    String said = refusal("program p {\n  input a: f32[i=4]\n\n  b = exp(c)  \n  output b\n}\n");
    assertEquals("line 4: b = exp(c): expected a value defined above, got c", said);
    assertEquals(
        "line 2: b = exp(a): expected a value defined above, got a",
        refusal("program p {\nb = exp(a)\n}"));
  }

  @Test
  void aTypeThatIsNoneIsNamed() {
    assertEquals(
        "line 2: input a:  f32[i=x]: type: expected a size, got \"x\" in \"f32[i=x]\"",
        refusal("program p {\n  input a:  f32[i=x]\n}"));
    assertEquals(
        "line 3: f32: expected a type as f32[G=2 S=8]",
        refusal("program p {\n  input a:\n  f32\n}"));
  }

  /** Not the end of the line before, where the blanks begin. */
  @Test
  void theLineOfANameThatIsThereAlreadyIsItsOwn() {
    assertEquals(
        "line 3: input a: f32[i=2]: names must be distinct, got a again",
        refusal("program p {\n  input a: f32[i=4]\n  input a: f32[i=2]\n}"));
  }

  @Test
  void theLineOfAnOperationIsItsOwn() {
    String said = refusal("program p {\n  input a: f32[i=4]\n  b =\n  expo(a)\n}");
    assertTrue(said.startsWith("line 4: expo(a): "), said);
  }

  /** Of a program on one line 150 characters on each side of the error are shown. */
  @Test
  void ofALongLineThePlaceIsShown() {
    StringBuilder statements = new StringBuilder("program p { input a: f32[i=4] ");
    for (int i = 0; i < 200; i++) {
      statements.append("v").append(i).append(" = exp(").append(i == 100 ? "wrong" : "a");
      statements.append(") ");
    }
    String line = statements + "}";
    int place = line.indexOf("wrong") + "wrong".length();
    assertEquals(
        "line 1: ... "
            + line.substring(place - 150, place + 150).strip()
            + " ...: expected a value defined above, got wrong",
        refusal(line));
    String untilTheEnd = line.replace("wrong", "a").replace("v199 = exp(a)", "v199 = exp(b)");
    assertEquals(
        "line 1: ... "
            + untilTheEnd.substring(untilTheEnd.length() - 300).strip()
            + ": expected a value defined above, got b",
        refusal(untilTheEnd));
    String fromTheStart = line.replace("v0 = exp(a)", "v0 = exp(b)");
    assertEquals(
        "line 1: "
            + fromTheStart.substring(0, 300).strip()
            + " ...: expected a value defined above, got b",
        refusal(fromTheStart));
    String long2 = "\n" + line + "\n" + line;
    assertTrue(refusal(long2).startsWith("line 2: ... "), "the line of several");
  }

  /** Words of the grammar are names where a name stands. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "input = exp(a) b = exp(input)",
        "output: f32[i=4 j=2] = exp(a) b = exp(output)",
        "output, b = top_k(a) {label=\"j\", k=1, into=\"k\"}",
        "program = exp(a) b = exp(program)",
      })
  void keywordsMayBeNames(String statements) {
    Program program = parsed(statements);
    assertEquals(program, Program.parse(program.toString()));
  }

  /** Defaults that are left out are as if they stood there. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "b = exp(a) ~ b = exp(a) {}",
        "b = constant {type=\"f32[i=2]\", value=1} ~ b = constant() {type=\"f32[i=2]\", value=1.0}",
        "b = slice(a) {label=\"i\", from=0, to=3}"
            + " ~ b = slice(a) {label=\"i\", from=0, to=3, step=1}",
        "b = pad(a) {label=\"i\", fill=0}"
            + " ~ b = pad(a) {label=\"i\", low=0, high=0, interior=0, fill=0}",
        "b = window(a) {label=\"i\", window=\"w\", size=2}"
            + " ~ b = window(a) {label=\"i\", window=\"w\", size=2, stride=1, dilation=1}",
        "b = annotate(a) {layout=\"i@x\"} ~ b = annotate(a) {layout=\"i@x\", priority=0}",
        "b = einsum(a) {equation=\"ij->ji\"} ~ b = einsum(a) {equation=\"ij->ji\", dtype=f32}",
        "b = einsum(a) {equation=\"ij->ji\"} ~ b = einsum(a) {equation=\"ij->ji\", sizes=[]}",
      })
  void whatIsLeftOutHasADefault(String brief, String full) {
    assertEquals(parsed(brief), parsed(full));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "b = slice(a) {label=\"i\", from=0, to=3} ~ b = slice(a) {label=\"i\", from=0, to=3,"
            + " step=2}",
        "b = annotate(a) {layout=\"i@x\"} ~ b = annotate(a) {layout=\"i@x\", priority=2147483647}",
        "b = reduce_max(a) {labels=[\"i\"]} ~ b = reduce_min(a) {labels=[\"i\"]}",
        "b = cumulative_sum(a) {label=\"i\", exclusive=true}"
            + " ~ b = cumulative_sum(a) {label=\"i\", reverse=true}",
      })
  void whatIsGivenIsRead(String one, String other) {
    assertNotEquals(parsed(one), parsed(other));
    assertEquals(parsed(other), Program.parse(parsed(other).toString()));
  }

  /** Attributes that the operation cannot use. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "b = softmax(a) {label=i} ~ label: expected text in quotes, got i",
        "b = softmax(a) {label=[\"i\"]} ~ label: expected text in quotes, got [",
        "b = reduce_sum(a) {labels=\"i\"} ~ labels: expected a list, got ",
        "b = convert(a) {dtype=\"f64\"} ~ dtype: expected a word, got ",
        "b = scan(a) {count=1, label=\"t\", carried=1, sequences=0, body=3}"
            + " ~ body: expected a program, got 3",
        "b = one_hot(n) {label=\"k\", size=x, dtype=f32} ~ size: expected an integer, got x",
        "b = pad(a) {label=\"i\", fill=x} ~ fill: expected a number, got x",
        "b = pad(n) {label=\"i\", fill=1.5} ~ fill: expected an integer, got 1.5",
        "b = scan(a) {carried=2, sequences=0}"
            + " ~ carried must be in [0, 1], the operands left, got 2",
        "b = scan(a) {carried=-1, sequences=0}"
            + " ~ carried must be in [0, 1], the operands left, got -1",
        "b = scan(a) {carried=1, sequences=1}"
            + " ~ sequences must be in [0, 0], the operands left, got 1",
        "b = annotate(a) {layout=\"i\", priority=2147483648}"
            + " ~ priority must be below 2^31, got 2147483648",
        "b = axis_index(a) {axis=\"x=2\"} ~ operands must be none, got 1",
        "b = einsum() {equation=\"->\"} ~ operands must be at least one, got none",
        "b = einsum(a) {equation=\"ij->ijk\", sizes=[\"k\"]} ~ expected label=size, got \"k\"",
        "b = einsum(a) {equation=\"ij->ijk\", sizes=[\"=3\"]} ~ label: expected letters, digits",
        "b = einsum(a) {equation=\"ij->ijk\", sizes=[\"k=x\"]} ~ sizes: expected an integer, got x",
        "b = einsum(a) {equation=\"ij->ijk\", sizes=[\"k=2\", \"k=3\"]}"
            + " ~ sizes: labels must be distinct, got k again",
        "b = einsum(n) {equation=\"i->i\", dtype=i64} ~ result must be of i32, got i64",
        "b = exp(a, a) ~ operands must be 1, got 2",
        "b = add(a) ~ operands must be 2, got 1",
        "b = select(a, a) ~ operands must be 3, got 2",
        "b = expo(a) ~ no operation of this name is known",
        "b = all_reduce(a) {axes=[\"x=2\"], by=mean} ~ by: expected sum, max or min, got mean",
        "b = permute(a) {axes=[\"x=2\"], pairs=[\"01\"]} ~ pairs: expected from->to as 0->1, got"
            + " 01",
        "b = permute(a) {axes=[\"x=2\"], pairs=[\"->1\"]} ~ expected from->to as 0->1, got ->1",
        "b = permute(a) {axes=[\"x=2\"], pairs=[\"0->\"]} ~ expected from->to as 0->1, got 0->",
        "b = permute(a) {axes=[\"x=2\"], pairs=[\"0->z\"]} ~ expected from->to as 0->1, got 0->z",
      })
  void anAttributeThatDoesNotFitIsNamed(String statement, String why) {
    String said = refusal(text(statement));
    assertTrue(said.startsWith("line 4: "), said);
    assertTrue(said.contains(why), said);
  }

  /** The kind of a communication's reduction, and its routes, stay what they are. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "all_reduce(v) {axes=[\"x=2\"], by=sum}",
        "all_reduce(v) {axes=[\"x=2\"], by=max}",
        "all_reduce(v) {axes=[\"x=2\"], by=min}",
        "permute(v) {axes=[\"x=2\"], by=1, wraps=true}",
        "permute(v) {axes=[\"x=2\"], by=-1, wraps=false}",
        "permute(v) {axes=[\"x=2\"], pairs=[\"0->1\", \"1->0\"]}",
        "permute(v) {axes=[\"x=2\"], pairs=[]}",
      })
  void aCommunicationIsPrintedAsItWasRead(String communication) {
    String region =
        "b = manual(a) {axes=[\"x=2\"], in=[\"i@x j\"], out=[\"i@x j\"], body=program member {"
            + " input v: f32[i=2 j=2] c = "
            + communication
            + " output c }}";
    Program program = parsed(region);
    String printed = program.toString();
    assertTrue(printed.contains(communication), printed);
    assertEquals(program, Program.parse(printed));
  }

  /** A composite's own attributes begin with a dot; its name may be a word of the grammar. */
  @Test
  void aCompositeIsPrintedAsItWasRead() {
    String composite =
        "b = composite(a) {name=program, .mode=\"fast\", splittable=[], decomposition=program c {"
            + " input v: f32[i=4 j=2] w = exp(v) output w }}";
    Program program = parsed(composite);
    assertEquals(program, Program.parse(program.toString()));
    assertTrue(program.toString().contains(".mode=\"fast\""), program.toString());
    assertNotEquals(program, parsed(composite.replace("fast", "slow")));
  }

  private static String nested(int composites) {
    String composite =
        " input v: f32[i=2] w = composite(v) {name=n, splittable=[], decomposition=program p {";
    return "program p {"
        + composite.repeat(composites)
        + " input v: f32[i=2] w = exp(v) output w }"
        + "} output w }".repeat(composites);
  }

  /** A hundred programs in each other, and any number after each other. */
  @Test
  void programsAreNestedOnlySoDeep() {
    assertEquals(1, Program.parse(nested(99)).statements().size());
    String said = refusal(nested(100));
    assertTrue(said.endsWith("programs in each other must be at most 100"), said);
    StringBuilder many = new StringBuilder("program p { input v0: f32[i=2]");
    for (int i = 0; i < 120; i++) {
      many.append(" v").append(i + 1).append(" = composite(v").append(i);
      many.append(") {name=n, splittable=[], decomposition=");
      many.append("program q { input v: f32[i=2] w = exp(v) output w }}");
    }
    assertEquals(120, Program.parse(many + " output v120 }").statements().size());
  }
}
