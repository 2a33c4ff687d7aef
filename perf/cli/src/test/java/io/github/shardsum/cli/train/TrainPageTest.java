package io.github.shardsum.cli.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainPageTest {
  private static final Pattern WIDTH = Pattern.compile("viewBox=\"0 0 (\\d+) ");
  private static final Pattern CELL = Pattern.compile(" x=\"([0-9.]+)\" y=.* width=\"([0-9.]+)\"");

  @ParameterizedTest
  @ValueSource(ints = {4, 64, 256, 2048})
  void allExpertsOfALanguageAreInsideThePicture(int experts) {
    String page = new TrainPage("").heat("", Map.of("first", new long[experts])).toString();
    Matcher width = WIDTH.matcher(page);
    assertTrue(width.find(), page);
    int cells = 0;
    double end = 0;
    for (Matcher cell = CELL.matcher(page); cell.find(); cells++) {
      end = Math.max(end, Double.parseDouble(cell.group(1)) + Double.parseDouble(cell.group(2)));
    }
    // Three of them say how dark which share is.
    assertEquals(experts + 3, cells);
    assertTrue(end < Integer.parseInt(width.group(1)), end + " of " + width.group(1));
  }

  @Test
  void rowsOfALoadHaveTheNameOfWhatTheyShow() {
    List<TrainHistory.Load> loads = List.of(new TrainHistory.Load(20, Collections.nCopies(4, 1L)));
    String page = new TrainPage("").load("", "device", loads).toString();
    assertTrue(page.contains(">device<") && !page.contains(">expert<"), page);
  }

  @Test
  void anAxisHasTheNameOfItsValues() {
    List<TrainHistory.Point> none =
        List.of(new TrainHistory.Point(1, 0), new TrainHistory.Point(2, 0));
    String page = new TrainPage("").curves("", "share", false, Map.of("model", none)).toString();
    assertTrue(page.contains(">share<") && !page.contains(">loss<"), page);
  }

  @Test
  void aTrainingThatOnlyDivergedHasAPageWithoutItsCurve() {
    List<TrainHistory.Point> diverged = List.of(new TrainHistory.Point(1, Double.NaN));
    String page = new TrainPage("").curves("", "loss", true, Map.of("model", diverged)).toString();
    assertFalse(page.contains("<svg"), page);
  }
}
