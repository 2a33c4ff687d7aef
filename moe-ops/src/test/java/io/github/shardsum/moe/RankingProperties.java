package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class RankingProperties {
  @Property
  void sortsAsTheStableSortOfTheJdk(@ForAll @Size(max = 40) List<@IntRange(max = 9) Integer> keys) {
    int[] indices = IntStream.range(0, keys.size()).toArray();
    int[] wanted =
        IntStream.range(0, keys.size())
            .boxed()
            .sorted(Comparator.comparingInt((Integer i) -> -keys.get(i)))
            .mapToInt(Integer::intValue)
            .toArray();
    int count = indices.length;
    int[] sorted = Ranking.descending(indices, new int[count + 2], count, i -> keys.get(i));
    assertArrayEquals(wanted, Arrays.copyOf(sorted, count));
  }
}
