package io.github.shardsum.einsum;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.einsum.EquationSyntaxException.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EquationTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '"',
      textBlock =
          """
          "ij,jk->ik";                              "ij,jk->ik"
          "ij,jk";                                  "ij,jk->ik"
          "ba";                                     "ba->ab"
          "ii";                                     "ii->"
          "aB";                                     "aB->Ba"
          "";                                       "->"
          "->";                                     "->"
          " , ";                                    ",->"
          "i->...i";                                "i->...i"
          "...j,j";                                 "...j,j->..."
          " ...a -> ...a ";                         "...a->...a"
          "i j k , k -> i j";                       "ijk,k->ij"
          "... i d, ... j d -> ... i j";            "...id,...jd->...ij"
          "βδ,δβ,εαγ->αγε";                         "βδ,δβ,εαγ->αγε"
          "batch model, model -> batch";            "batch model, model -> batch"
          "batch model,model->batch";               "batch model, model -> batch"
          "G@x S E C, G@x S M -> E@x G C M";        "G@x S E C, G@x S M -> E@x G C M"
          "n@x.y->n";                               "n@x.y -> n"
          "m k | x,k->m|x";                         "m k | x, k -> m | x"
          "m|y x";                                  "m | x y -> m"
          "batch |, batch ->";                      "batch |, batch ->"
          "i j |, jk | -> i k";                     "i j, jk | -> i k"
          "0 1, 1 2";                               "0 1, 1 2 -> 0 2"
          "0 |->";                                  "0 | ->"
          "| x -> | y";                             "| x -> | y"
          "x1 x2, y1 -> x1";                        "x1 x2, y1 -> x1"
          "i j -> ";                                "ij->"
          ", i j -> i";                             ",ij->i"
          ", ab cd -> ab";                          ", ab cd -> ab"
          "ab cd, -> ab";                           "ab cd, -> ab"
          """)
  void isReadAndPrinted(String notation, String printed) {
    assertEquals(printed, Equation.parse(notation).toString());
    assertEquals(Equation.parse(notation), Equation.parse(printed));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '"',
      textBlock =
          """
          "i*j->ij";            LABEL;     1
          "a0->a";              LABEL;     1
          "i_j";                LABEL;     1
          "ij→ji";              LABEL;     2
          "ij,kl;->";           LABEL;     5
          "i\u0000";            LABEL;     1
          "i j, j* -> i";       LABEL;     6
          "i,j->i,j";           ARROW;     6
          "ij,jk->ik->";        ARROW;     9
          "i-i";                ARROW;     1
          "i>-i";               ARROW;     1
          "i- >i";              ARROW;     1
          "i->>i";              ARROW;     3
          "..";                 ELLIPSIS;  0
          ". ..";               ELLIPSIS;  0
          "... ...";            ELLIPSIS;  4
          "....";               ELLIPSIS;  3
          "i...j...";           ELLIPSIS;  5
          "i->..i";             ELLIPSIS;  3
          "i j, . . . j -> i";  ELLIPSIS;  5
          "n@ m";               LAYOUT;    2
          "n@x. m";             LAYOUT;    4
          "n@x..y m";           LAYOUT;    4
          "n@x m@x";            LAYOUT;    6
          "n@x | x";            LAYOUT;    6
          "m | x x";            LAYOUT;    6
          "m | x.y";            LAYOUT;    5
          "m | x | y";          LAYOUT;    6
          "@x m";               LABEL;     0
          "...@x m";            LABEL;     3
          "n @x";               LABEL;     2
          "i j, jk -> i k";     AMBIGUOUS; 5
          "i j, ...jk -> i k";  AMBIGUOUS; 8
          "i j -> ij";          AMBIGUOUS; 7
          "a...aa,i k,k->";     AMBIGUOUS; 4
          "i k,aba...ab,k->";   AMBIGUOUS; 4
          "i k, a...aa -> k";   AMBIGUOUS; 9
          "i k,aba ->aba...ab"; AMBIGUOUS; 16
          """)
  void isRefusedWhereItIsBroken(String notation, Kind kind, int column) {
    EquationSyntaxException refusal =
        assertThrows(EquationSyntaxException.class, () -> Equation.parse(notation));
    assertEquals(kind, refusal.kind(), refusal::getMessage);
    assertEquals(column, refusal.column(), refusal::getMessage);
    assertEquals(notation, refusal.equation());
  }

  @Test
  void whatNobodySeesIsNamed() {
    EquationSyntaxException mark =
        assertThrows(EquationSyntaxException.class, () -> Equation.parse("\uFEFFij->ji"));
    assertEquals("a byte-order mark (U+FEFF) is no label", mark.rule());
    EquationSyntaxException control =
        assertThrows(EquationSyntaxException.class, () -> Equation.parse("i\u0007j->ij"));
    assertEquals("U+0007 is no label", control.rule());
  }

  @Test
  void aSyntaxErrorHasACaretUnderThePlaceTheRuleAndTheWayOut() {
    EquationSyntaxException refusal =
        assertThrows(EquationSyntaxException.class, () -> Equation.parse("i*j->ij"));
    assertEquals(
        """
        equation, column 2: '*' is no label
          i*j->ij
           ^
          Labels are letters; terms are separated by ',' and '->' stands before the output.\
        """,
        refusal.getMessage());
    assertEquals("'*' is no label", refusal.rule());
    assertTrue(refusal.wayOut().startsWith("Labels are letters"));
  }

  @Test
  void anAmbiguousTokenIsShownInBothReadingsAndBothCanBeRead() {
    EquationSyntaxException refusal =
        assertThrows(EquationSyntaxException.class, () -> Equation.parse("i j, jk -> i k"));
    assertEquals(
        """
        equation, column 6: 'jk' could be one label or one label a letter
          i j, jk -> i k
               ^
          For one label write      i j, jk | -> i k
          for single letters write ij,jk->ik\
        """,
        refusal.getMessage());
    Exception both =
        assertThrows(EquationSyntaxException.class, () -> Equation.parse("ij,jk->i k"));
    assertTrue(
        String.valueOf(both.getMessage()).endsWith("for single letters write ij,jk->ik"),
        both::getMessage);
    EquationSyntaxException beside =
        assertThrows(EquationSyntaxException.class, () -> Equation.parse("a...aa,i k,k->"));
    assertEquals(
        "For one label write      a ... aa, i k, k ->\nfor single letters write a...aa,ik,k->",
        beside.wayOut());
    assertEquals(Term.of("a", "...", "aa"), Equation.parse("a ... aa, i k, k ->").operand(0));
    assertEquals(Term.of("a", "...", "a", "a"), Equation.parse("a...aa,ik,k->").operand(0));
    assertEquals(Term.of("jk"), Equation.parse("i j, jk | -> i k").operand(1));
    assertEquals(Term.of("j", "k"), Equation.parse("ij,jk->ik").operand(1));
  }

  @Test
  void aCaretStandsUnderItsPlaceAfterTabsAndInLongTexts() {
    EquationSyntaxException tabs =
        assertThrows(EquationSyntaxException.class, () -> Equation.parse("i\t,\n*"));
    assertEquals(List.of("  i , *", "      ^"), message(tabs).lines().toList().subList(1, 3));
    String text = "a".repeat(1000) + "?" + "a".repeat(1000);
    EquationSyntaxException longText =
        assertThrows(EquationSyntaxException.class, () -> Equation.parse(text));
    List<String> lines = message(longText).lines().toList();
    assertEquals('?', lines.get(1).charAt(lines.get(2).indexOf('^')));
    assertTrue(message(longText).length() < 400);
  }

  @Test
  void aLayoutIsPartOfTheValue() {
    Equation equation = Equation.parse("G@x S M, M H@y.z -> G@x S H@y.z | w");
    assertTrue(equation.isAnnotated());
    assertEquals(new Axis("H", List.of("y", "z")), equation.operand(1).axis(1));
    assertEquals(List.of("w"), equation.output().partial());
    assertNotEquals(equation, Equation.parse("G@x S M, M H@z.y -> G@x S H@z.y | w"));
    assertEquals(Equation.parse("GSM,MH->GSH"), equation.withoutLayout());
    assertFalse(Equation.parse("batch |, batch ->").isAnnotated());
  }

  @Test
  void aTermIsALayoutsNotation() {
    assertEquals("batch |", Term.parse("batch |").toString());
    assertEquals("batch@x model", Term.parse(" batch@x  model ").toString());
    assertEquals(Term.of("i", "...", "j"), Term.parse("i...j"));
    assertEquals(Term.of("batch"), Term.parseSpaced(" batch "));
    assertEquals(Term.of("i", "j"), Term.parseSpaced("i j"));
    assertEquals(Term.of(), Term.parseSpaced(""));
    assertEquals("batch", Term.parse("batch |").spaced());
    assertEquals("i j", Term.parse("ij").spaced());
    assertEquals("i j@x | y z", Term.parseSpaced("i j@x | z y").spaced());
    assertEquals(Kind.ARROW, termRefusal("i,j").kind());
    assertEquals(Kind.ARROW, termRefusal("i->j").kind());
  }

  private static EquationSyntaxException termRefusal(String notation) {
    return assertThrows(EquationSyntaxException.class, () -> Term.parse(notation));
  }

  @Test
  void labelsAreListedInTheOrderOfFirstUse() {
    assertEquals(List.of("j", "i", "k"), Equation.parse("j...i,i->ik").labels());
  }

  @Test
  void sublistsMayHaveAnyNumberOfLabels() {
    assertEquals(
        "a...B,Bc->a...c",
        Equation.ofSublists(
                List.of(new int[] {0, Equation.ELLIPSIS, 27}, new int[] {27, 2}),
                0,
                Equation.ELLIPSIS,
                2)
            .toString());
    Equation large = Equation.ofSublists(List.of(new int[] {100, 9}, new int[] {9, 52}));
    assertEquals("100 9, 9 52 -> 52 100", large.toString());
    assertEquals(large, Equation.parse(large.toString()));
    assertEquals("->", Equation.ofSublists(List.of(new int[0])).toString());
  }

  @Test
  void aSublistErrorHasACaretToo() {
    EquationSyntaxException refusal =
        assertThrows(
            EquationSyntaxException.class,
            () -> Equation.ofSublists(List.of(new int[] {0, 5}, new int[] {5, -1}), 0));
    assertEquals(
        """
        equation, column 13: -1 is no label
          [0, 5], [5, -1] -> [0]
                      ^
          Labels are integers of at least 0, or Equation.ELLIPSIS.\
        """,
        refusal.getMessage());
    int[] twice = {Equation.ELLIPSIS, Equation.ELLIPSIS};
    assertEquals(
        Kind.ELLIPSIS,
        assertThrows(EquationSyntaxException.class, () -> Equation.ofSublists(List.of(twice)))
            .kind());
  }

  @Test
  void valuesThatNoTextCouldMeanAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new Equation(List.of(), Term.of()));
    assertThrows(IllegalArgumentException.class, () -> Term.of("...", "..."));
    assertThrows(IllegalArgumentException.class, () -> Axis.of("a b"));
    assertThrows(IllegalArgumentException.class, () -> Axis.of(""));
    assertThrows(IllegalArgumentException.class, () -> new Axis("a", List.of("x", "x")));
    assertThrows(IllegalArgumentException.class, () -> new Axis("...", List.of("x")));
    List<Axis> axes = List.of(new Axis("a", List.of("x")));
    assertThrows(IllegalArgumentException.class, () -> new Term(axes, List.of("x")));
  }

  @Test
  void aCommaAfterTheArrowIsRefusedWithoutOperandsToo() {
    for (String text : List.of("->i,j", "a->i,j", "a,b->,")) {
      EquationSyntaxException refused =
          assertThrows(EquationSyntaxException.class, () -> Equation.parse(text));
      assertEquals(Kind.ARROW, refused.kind());
      assertTrue(message(refused).contains("a comma after '->'"), () -> message(refused));
    }
  }

  private static String message(Exception e) {
    return String.valueOf(e.getMessage());
  }
}
