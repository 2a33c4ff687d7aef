package io.github.shardsum.cli.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.train.MeshAxes;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainDeviceLoadsTest {
  /** Chunks of experts are as long as the first, the last ones shorter or empty. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "x=2; 6, 15",
        "x=4; 3, 7, 11, 0",
        "d=2,x=3; 3, 7, 11",
        "m=2; 21",
        "d=4; 21",
        "x=8; 1, 2, 3, 4, 5, 6, 0, 0"
      })
  void areSumsOverTheExpertsOfEach(String mesh, String expected) {
    List<Long> experts = List.of(1L, 2L, 3L, 4L, 5L, 6L);
    TrainHistory.Load load =
        TrainDeviceLoads.of(
                List.of(new TrainHistory.Load(20, experts)), MeshAxes.of(Mesh.parse(mesh)))
            .getFirst();
    assertEquals("[" + expected + "]", load.tokens().toString());
    assertEquals(20, load.step());
  }
}
