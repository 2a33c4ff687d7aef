package io.github.shardsum.pjrt;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.internal.pjrt.host.FatalProgramText;
import org.junit.jupiter.api.Test;

class FatalProgramTextTest {
  @Test
  void bracketsNestedBeyondAParsersStackAreRefused() {
    for (String pair : new String[] {"()", "[]", "{}", "<>"}) {
      String open = pair.substring(0, 1).repeat(FatalProgramText.DEEPEST);
      String close = pair.substring(1).repeat(FatalProgramText.DEEPEST);
      FatalProgramText.check(open + close + open + close);
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class, () -> FatalProgramText.check(open + open + close));
      assertTrue(e.getMessage().contains("at most 1000 deep"), e.getMessage());
    }
  }

  @Test
  void bracketsOfStringsCommentsAndArrowsAreNone() {
    String many = "[".repeat(2 * FatalProgramText.DEEPEST);
    FatalProgramText.check("\"" + many + "\\\"" + many + "\" // " + many + "\n//" + many);
    FatalProgramText.check(
        "() -> ()\n".repeat(2 * FatalProgramText.DEEPEST) + many.substring(1001));
    FatalProgramText.check("ML\u00efR" + many);
  }

  @Test
  void whatWaitsForAHostThatDoesNotAnswerIsRefused() {
    for (String operation : new String[] {"stablehlo.infeed", "stablehlo.outfeed"}) {
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class,
              () -> FatalProgramText.check("%0:2 = \"" + operation + "\"(%t)"));
      assertTrue(e.getMessage().contains(operation + " waits for a host"), e.getMessage());
    }
  }
}
