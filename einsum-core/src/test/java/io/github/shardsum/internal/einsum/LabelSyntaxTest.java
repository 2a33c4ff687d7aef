package io.github.shardsum.internal.einsum;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.shardsum.einsum.EquationSyntaxException;
import io.github.shardsum.einsum.Term;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Names are in the order of their code points, which is not that of Java's strings. */
final class LabelSyntaxTest {
  private static final List<String> NAMES =
      List.of("", "a", "ab", "b", "ba", "Z", "\u00e9", "\uff41", "\ud835\udc9c", "\ud835\udc9ca");

  @Test
  void namesAreInTheOrderOfCodePoints() {
    for (String one : NAMES) {
      for (String other : NAMES) {
        int expected = Arrays.compare(one.codePoints().toArray(), other.codePoints().toArray());
        assertEquals(
            Integer.signum(expected),
            Integer.signum(LabelSyntax.compare(one, other)),
            one + " and " + other);
      }
    }
  }

  @Test
  void namesAreOfLettersDigitsAndUnderscores() {
    for (String name : List.of("a", "_", "x1", "1x", "na\u0308me", "\ud835\udc9c", "\u00d7")) {
      LabelSyntax.check("label", name);
    }
    for (String name : List.of("", " ", "a b", "a@", "@a", "a.b", "a-", "\ud835")) {
      String said =
          assertThrows(IllegalArgumentException.class, () -> LabelSyntax.check("label", name))
              .getMessage();
      assertEquals("label: expected letters, digits and underscores, got \"" + name + "\"", said);
    }
  }

  /** A name, and what is expected instead of one, may be the last of the text. */
  @Test
  void aTextEndsWithTheNameOfAMeshAxis() {
    assertEquals(List.of("x"), Term.parse("m@x").axis(0).mesh());
    assertEquals(List.of("x", "y"), Term.parse("n m@x.y").axis(1).mesh());
    assertEquals(List.of("x"), Term.parse("m n | x").partial());
    for (String text : List.of("m@", "m@x.", "n m@", "m n@x.y.")) {
      EquationSyntaxException refused =
          assertThrows(EquationSyntaxException.class, () -> Term.parse(text));
      assertEquals(EquationSyntaxException.Kind.LAYOUT, refused.kind());
      assertEquals(text.length(), refused.column());
    }
  }
}
