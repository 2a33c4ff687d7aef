package io.github.shardsum.internal.partition.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** The ways to split a statement, against a list of all that there are. */
class SplitsProperties {
  private static final List<String> AXES = List.of("w", "x", "y", "z");
  private static final int[] SIZES = {2, 3, 5, 7};
  private static final List<String> FACTORS = List.of("i", "j", "k");

  /** What each axis does, and for each factor its axes, major to minor. */
  private record Way(List<Integer> choices, List<List<Integer>> axes) {}

  private static List<List<Integer>> orders(List<Integer> axes) {
    if (axes.isEmpty()) {
      return List.of(List.of());
    }
    List<List<Integer>> all = new ArrayList<>();
    for (Integer first : axes) {
      List<Integer> rest = axes.stream().filter(axis -> !axis.equals(first)).toList();
      for (List<Integer> order : orders(rest)) {
        List<Integer> longer = new ArrayList<>(List.of(first));
        longer.addAll(order);
        all.add(longer);
      }
    }
    return all;
  }

  private static void choose(int[][] may, List<Integer> chosen, Set<Way> all) {
    if (chosen.size() == may.length) {
      order(List.copyOf(chosen), List.of(), all);
      return;
    }
    for (int choice : may[chosen.size()]) {
      List<Integer> longer = new ArrayList<>(chosen);
      longer.add(choice);
      choose(may, longer, all);
    }
  }

  private static void order(List<Integer> choices, List<List<Integer>> axes, Set<Way> all) {
    if (axes.size() == FACTORS.size()) {
      all.add(new Way(choices, axes));
      return;
    }
    List<Integer> own = new ArrayList<>();
    for (int axis = 0; axis < choices.size(); axis++) {
      if (choices.get(axis) == axes.size()) {
        own.add(axis);
      }
    }
    for (List<Integer> order : orders(own)) {
      List<List<Integer>> longer = new ArrayList<>(axes);
      longer.add(order);
      order(choices, longer, all);
    }
  }

  private static int[][] choices(int axes, Random random) {
    int[] every = {Splits.NONE, 0, 1, 2, Splits.keep(0), Splits.keep(1)};
    int[][] may = new int[axes][];
    for (int axis = 0; axis < axes; axis++) {
      List<Integer> own = new ArrayList<>(List.of(every[random.nextInt(every.length)]));
      for (int choice : every) {
        if (random.nextBoolean() && !own.contains(choice)) {
          own.add(choice);
        }
      }
      may[axis] = own.stream().mapToInt(Integer::intValue).toArray();
    }
    return may;
  }

  @Property
  void everyWayIsGivenOnce(@ForAll @IntRange(max = 4) int axes, @ForAll Random random) {
    int[][] may = choices(axes, random);
    Set<Way> expected = new HashSet<>();
    choose(may, List.of(), expected);
    Splits splits = new Splits(AXES.subList(0, axes), may, FACTORS.size());
    List<Way> given = new ArrayList<>();
    splits.forEach(
        at -> {
          Way way = way(at, axes);
          given.add(way);
          check(at, way);
        });
    assertEquals(expected.size(), given.size());
    assertEquals(expected, new HashSet<>(given));
    assertEquals(expected.size(), splits.count(1_000_000));
    assertEquals(expected.size(), splits.count(expected.size()));
    assertTrue(splits.count(expected.size() - 1) >= expected.size());
  }

  private static Way way(Splits at, int axes) {
    List<Integer> choices = new ArrayList<>();
    for (int axis = 0; axis < axes; axis++) {
      choices.add(at.choice(axis));
    }
    List<List<Integer>> split = new ArrayList<>();
    for (int factor = 0; factor < FACTORS.size(); factor++) {
      split.add(at.axes(factor));
    }
    return new Way(choices, split);
  }

  /** What a way says of itself follows from what its axes do. */
  private static void check(Splits at, Way way) {
    for (int factor = 0; factor < FACTORS.size(); factor++) {
      long parts = 1;
      long mask = 0;
      for (int axis : way.axes().get(factor)) {
        parts *= SIZES[axis];
        mask += 1L << axis;
      }
      assertEquals(parts, at.parts(factor, SIZES));
      assertEquals(mask, at.mask(factor));
      assertEquals(!way.axes().get(factor).isEmpty(), at.isSplit(factor));
      List<String> names = way.axes().get(factor).stream().map(AXES::get).toList();
      assertEquals(names, at.sharding(FACTORS).axes(FACTORS.get(factor)));
      boolean isNamed = at.sharding(FACTORS).toString().contains(FACTORS.get(factor) + "@");
      assertEquals(!names.isEmpty(), isNamed);
    }
    long first = 0;
    long second = 0;
    for (int axis = 0; axis < way.choices().size(); axis++) {
      first += way.choices().get(axis) == Splits.keep(0) ? 1L << axis : 0;
      second += way.choices().get(axis) == Splits.keep(1) ? 1L << axis : 0;
    }
    assertEquals(first, at.kept(List.of(true, false)));
    assertEquals(second, at.kept(List.of(false, true)));
    assertEquals(first + second, at.kept(List.of(true, true)));
    assertEquals(first + second != 0, at.keeps());
    boolean isSaid = at.sharding(FACTORS).toString().contains("operand ");
    assertEquals(first + second != 0, isSaid);
  }
}
