package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.moe.RouteOptions.AuxLoss;
import io.github.shardsum.moe.RouteOptions.MaskedMean;
import io.github.shardsum.moe.RouteOptions.Normalization;
import io.github.shardsum.moe.RouteOptions.Router;
import io.github.shardsum.moe.RouteOptions.SecondChoice;
import io.github.shardsum.moe.RouteOptions.SlotOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** The notation of options, which is also the attribute of composites. */
class RouteNotationProperties {
  private static <T> T any(Random random, List<T> all) {
    return all.get(random.nextInt(all.size()));
  }

  private static <T> T any(Random random, T[] all) {
    return all[random.nextInt(all.length)];
  }

  private static double number(Random random) {
    return random.nextBoolean() ? 1 + random.nextInt(9) : random.nextDouble() + 1e-300;
  }

  private static Capacity capacity(Random random, boolean expertsChoose) {
    int multiple = random.nextBoolean() ? 1 : 1 + random.nextInt(9);
    return switch (random.nextInt(expertsChoose ? 2 : 3)) {
      case 0 -> Capacity.fixed(1 + random.nextInt(Integer.MAX_VALUE));
      case 1 ->
          new Capacity.Factor(
              number(random), any(random, Capacity.Rounding.values()), multiple, multiple);
      default -> new Capacity.LargestLoad(multiple);
    };
  }

  private static RouteOptions options(Random random) {
    boolean expertsChoose = random.nextInt(4) == 0;
    int choices = 1 + random.nextInt(3);
    double half = random.nextDouble();
    List<SecondChoice> policies =
        List.of(
            SecondChoice.all(),
            SecondChoice.none(),
            SecondChoice.threshold(half),
            SecondChoice.random(number(random)),
            SecondChoice.sample());
    return RouteOptions.builder()
        .router(expertsChoose ? new Router.ExpertChoice(choices) : Router.topK(choices))
        .gateFunction(any(random, RouteOptions.GateFunction.values()))
        .groupLimit(
            expertsChoose || random.nextBoolean()
                ? Optional.empty()
                : Optional.of(
                    new RouteOptions.GroupLimit(
                        1 + random.nextInt(8),
                        8 + random.nextInt(57),
                        any(random, RouteOptions.GroupLimit.Score.values()))))
        .secondChoice(choices == 2 || expertsChoose ? any(random, policies) : SecondChoice.all())
        .normalization(
            expertsChoose
                ? any(random, List.of(Normalization.NONE, Normalization.AFTER_DROPPING))
                : any(random, Normalization.values()))
        .normalizationEpsilon(any(random, List.of(0.0, -0.0, 1e-9, half)))
        .rejectedKeepsSlot(random.nextBoolean())
        .slotOrder(any(random, SlotOrder.values()))
        .auxLoss(
            new AuxLoss(
                any(random, AuxLoss.Scale.values()),
                any(random, AuxLoss.Choices.values()),
                any(random, MaskedMean.values())))
        .zLoss(any(random, MaskedMean.values()))
        .capacity(capacity(random, expertsChoose))
        .build();
  }

  @Property
  void parsingWhatIsPrintedGivesEqualOptions(@ForAll long seed) {
    RouteOptions options = options(new Random(seed));
    assertEquals(options, RouteOptions.parse(options.toString()));
  }

  @Property(tries = 100)
  void wordsMayStandInAnyOrderAndApart(@ForAll long seed) {
    RouteOptions options = options(new Random(seed));
    List<String> words = new ArrayList<>(List.of(options.toString().split(" ", -1)));
    Collections.shuffle(words, new Random(seed));
    assertEquals(options, RouteOptions.parse("  " + String.join("   ", words) + "\n"));
  }

  @Test
  void thePapersOptionsAreThese() {
    String paper =
        "top2 second=random:0.5 normalize=before slots=choice capacity=factor:1 aux=mean"
            + " z=unmasked";
    assertEquals(paper, RouteOptions.paper().toString());
    assertEquals(RouteOptions.paper(), RouteOptions.parse("top2"));
    assertEquals(RouteOptions.paper(), RouteOptions.parse(""));
  }

  @Test
  void whatIsLeftOutIsThatOfTheRouter() {
    RouteOptions top1 = RouteOptions.parse("top1 aux=squared capacity=factor:1.25,floor");
    assertEquals(RouteOptions.switchTransformer(1.25), top1);
    assertEquals(
        "experts2 normalize=never slots=choice capacity=factor:1 aux=mean z=unmasked",
        RouteOptions.parse("experts2").toString());
  }

  @Test
  void ofALongNotationErrorsShowWhatStandsAroundTheWord() {
    for (String notation : List.of("x".repeat(5000), "top2" + " second=all".repeat(500))) {
      String message =
          String.valueOf(
              assertThrows(IllegalArgumentException.class, () -> RouteOptions.parse(notation))
                  .getMessage());
      assertTrue(message.length() < 1000, message);
    }
  }

  @Test
  void errorsShowTheWord() {
    wrong("top2 normalize=sometimes", "normalize must be one of before, after, never", 5);
    wrong("top2 slot=choice", "expected a router or one of gates, limit, second, rejected", 5);
    wrong("top2 top3", "router must be given once", 5);
    wrong("top", "the router must be topN or expertsN", 0);
    wrong("top0", "must be at least 1, got 0", 0);
    wrong("top2 second=random", "expected random:number", 5);
    wrong("top2 second=random:half", "expected a number", 5);
    wrong("top2 second=threshold:2", "must be in [0, 1], got 2.0", 5);
    wrong("top2 capacity=fixed:1.5", "expected a number", 5);
    wrong("top2 capacity=fixed:0", "capacity must be at least 1, got 0", 5);
    wrong("top2 capacity=fixed:3,floor", "expected nothing after capacity=fixed:3, got floor", 5);
    wrong("top2 capacity=factor:1,round", "ceil, floor, ceil-each, min:slots", 5);
    wrong("top2 gates=relu", "gates must be one of softmax, sigmoid, got relu", 5);
    wrong("top2 limit=4", "limit must be chosen/groups or chosen/groups,best", 5);
    wrong("top2 limit=4/8,worst", "limit must be chosen/groups or chosen/groups,best", 5);
    wrong("top2 limit=4/3", "at least as many as are chosen, 4, and at most 64, got 3", 5);
    wrong("top2 limit=0/3", "must be at least 1, got 0", 5);
    wrong("top2 slots=gates", "slots must be one of choice, token, priority, gate", 5);
    wrong("top2 aux=mean,some", "group, real, unmasked, first, all", 5);
  }

  private static void wrong(String notation, String rule, int at) {
    String message =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> RouteOptions.parse(notation))
                .getMessage());
    assertTrue(message.contains(rule), message);
    assertTrue(message.endsWith("\n  " + notation + "\n  " + " ".repeat(at) + "^"), message);
  }

  @Test
  void contradictionsAreErrors() {
    String message =
        assertThrows(IllegalArgumentException.class, () -> RouteOptions.parse("top3 second=none"))
            .getMessage();
    assertTrue(message.contains("top2 for second=none, got top3"), message);
    assertThrows(
        IllegalArgumentException.class, () -> RouteOptions.parse("experts2 capacity=load"));
    assertThrows(IllegalArgumentException.class, () -> RouteOptions.parse("experts2 limit=1/2"));
  }
}
