package io.github.shardsum.internal.certify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.mesh.MeshAxis;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** The indices that devices have, listed device by device. */
class CheckedCutProperties {
  private static final List<MeshAxis> AXES =
      List.of(
          new MeshAxis("w", 2), new MeshAxis("x", 2), new MeshAxis("y", 3), new MeshAxis("z", 3));

  /** Each device's coordinates along all axes. */
  private static List<Map<String, Integer>> devices() {
    List<Map<String, Integer>> all = List.of(Map.of());
    for (MeshAxis axis : AXES) {
      List<Map<String, Integer>> longer = new ArrayList<>();
      for (Map<String, Integer> device : all) {
        for (int i = 0; i < axis.size(); i++) {
          Map<String, Integer> more = new TreeMap<>(device);
          more.put(axis.name(), i);
          longer.add(more);
        }
      }
      all = longer;
    }
    return all;
  }

  private static int at(Map<String, Integer> device, MeshAxis axis) {
    return Optional.ofNullable(device.get(axis.name())).orElseThrow();
  }

  /** A chunk of ceil(n / p) indices, of which the next axis takes a chunk. */
  private static List<Long> indices(CheckedCut cut, Map<String, Integer> device) {
    List<Long> all = new ArrayList<>();
    for (long index = 0; index < cut.size(); index++) {
      all.add(index);
    }
    for (MeshAxis axis : cut.axes()) {
      int chunk = (all.size() + axis.size() - 1) / axis.size();
      int from = Math.min(all.size(), at(device, axis) * chunk);
      all = all.subList(from, Math.min(all.size(), from + chunk));
    }
    return all;
  }

  private static List<MeshAxis> some(Random random, List<MeshAxis> of) {
    List<MeshAxis> axes = new ArrayList<>(of);
    Collections.shuffle(axes, random);
    return axes.subList(0, random.nextInt(Math.min(3, axes.size() + 1)));
  }

  /** A merged label has the pairs of indices, in their order, or no cut describes them. */
  @Property
  void mergedIndicesAreThoseOfTheDevice(
      @ForAll @IntRange(min = 1, max = 9) int rows,
      @ForAll @IntRange(min = 1, max = 9) int columns,
      @ForAll Random random) {
    List<MeshAxis> first = some(random, AXES);
    List<MeshAxis> rest = new ArrayList<>(AXES);
    rest.removeAll(first);
    CheckedCut major = new CheckedCut("i", rows, first);
    CheckedCut minor = new CheckedCut("j", columns, some(random, rest));
    Optional<CheckedCut> merged = Optional.empty();
    try {
      merged = Optional.of(CheckedCut.merged("k", List.of(major, minor)));
    } catch (PlanRefusedException refused) {
      assertTrue(String.valueOf(refused.getMessage()).contains("must be one interval"));
    }
    boolean isEven = true;
    boolean isOneRow = true;
    for (Map<String, Integer> device : devices()) {
      int own = indices(major, device).size();
      int parts = first.stream().mapToInt(MeshAxis::size).reduce(1, (a, b) -> a * b);
      isEven &= own * parts == rows;
      isOneRow &= own <= 1;
      if (merged.isPresent()) {
        List<Long> pairs = new ArrayList<>();
        for (long i : indices(major, device)) {
          indices(minor, device).forEach(j -> pairs.add(i * columns + j));
        }
        assertEquals(pairs, indices(merged.get(), device));
      }
    }
    boolean isInterval = isOneRow || minor.isWhole();
    assertEquals(isInterval && (isEven || columns == 1), merged.isPresent());
  }

  /** Every device finds the block that it has afterwards with a member of its group. */
  @Property
  void blocksChangePlacesIfAMemberHasTheBlock(
      @ForAll @IntRange(min = 1, max = 20) int size, @ForAll Random random) {
    CheckedCut before = new CheckedCut("i", size, some(random, AXES));
    CheckedCut after = new CheckedCut("i", size, some(random, AXES));
    List<MeshAxis> group = some(random, AXES);
    Map<Map<String, Integer>, Set<List<Long>>> had = new HashMap<>();
    for (Map<String, Integer> device : devices()) {
      had.computeIfAbsent(outside(device, group), _ -> new HashSet<>())
          .add(indices(before, device));
    }
    boolean isThere = true;
    for (Map<String, Integer> device : devices()) {
      isThere &=
          Optional.ofNullable(had.get(outside(device, group)))
              .orElseThrow()
              .contains(indices(after, device));
    }
    boolean claimed = before.isPermutedTo(after, group);
    assertTrue(!claimed || isThere, () -> before + " to " + after + " along " + group);
    boolean isEven = isEven(before) && isEven(after) && parts(before) == parts(after);
    assertTrue(!(isEven && isThere) || claimed, () -> before + " to " + after + " along " + group);
  }

  private static int parts(CheckedCut cut) {
    return cut.axes().stream().mapToInt(MeshAxis::size).reduce(1, (a, b) -> a * b);
  }

  private static boolean isEven(CheckedCut cut) {
    return cut.size() % parts(cut) == 0;
  }

  private static Map<String, Integer> outside(Map<String, Integer> device, List<MeshAxis> group) {
    Map<String, Integer> left = new TreeMap<>(device);
    group.forEach(axis -> left.remove(axis.name()));
    return left;
  }

  @Example
  void anotherLabelOrSizeIsNoPermutation() {
    CheckedCut cut = new CheckedCut("i", 8, AXES.subList(0, 1));
    assertTrue(cut.isPermutedTo(cut, List.of()));
    assertTrue(!cut.isPermutedTo(cut.named("j"), AXES));
    assertTrue(!cut.isPermutedTo(new CheckedCut("i", 16, cut.axes()), AXES));
    assertTrue(!cut.isPermutedTo(new CheckedCut("i", 4, cut.axes()), AXES));
  }

  @Example
  void onlyTheLastAxesAreTakenAway() {
    CheckedCut cut = new CheckedCut("i", 12, AXES.subList(0, 3));
    assertEquals(new CheckedCut("i", 12, AXES.subList(0, 1)), cut.without(AXES.subList(1, 3)));
    assertEquals(cut, cut.without(List.of()));
    assertEquals(CheckedCut.whole("i", 12), cut.without(cut.axes()));
    for (List<MeshAxis> other :
        List.of(AXES.subList(0, 1), AXES.subList(1, 2), AXES, AXES.subList(1, 3).reversed())) {
      assertThrows(PlanRefusedException.class, () -> cut.without(other));
    }
  }
}
