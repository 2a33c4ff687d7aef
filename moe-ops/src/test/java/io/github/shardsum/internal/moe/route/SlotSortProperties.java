package io.github.shardsum.internal.moe.route;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class SlotSortProperties {
  @Property
  void sortsAsTheStableSortOfTheJdk(@ForAll @Size(max = 40) List<@IntRange(max = 9) Integer> keys) {
    int[] indices = IntStream.range(0, keys.size()).toArray();
    int[] expected =
        IntStream.range(0, keys.size())
            .boxed()
            .sorted(Comparator.comparingInt((Integer i) -> -keys.get(i)))
            .mapToInt(Integer::intValue)
            .toArray();
    int count = indices.length;
    int[] sorted = Slots.descending(indices, new int[count + 2], count, i -> keys.get(i));
    assertArrayEquals(expected, Arrays.copyOf(sorted, count));
  }
}
