package io.github.shardsum.cli.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.train.MeshAxes;
import io.github.shardsum.moe.train.Training;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class TrainAnswerTest {
  private static final Map<String, List<TrainHistory.Load>> LOADS =
      Map.of(
          "encoder.1",
          List.of(
              new TrainHistory.Load(20, List.of(1L, 2L, 3L, 4L)),
              new TrainHistory.Load(21, List.of(5L, 0L, 0L, 1L))));

  /** Compares as text that is read again, so that the types of numbers do not count. */
  private static void assertAnswer(String expected, ObjectNode answer) {
    JsonMapper json = new JsonMapper();
    assertEquals(
        json.readTree(expected.replace('\'', '"')), json.readTree(JsonAnswer.text(answer)));
  }

  @Test
  void loadsAreThoseOfExpertsOverTime() {
    ObjectNode answer = JsonAnswer.object();
    TrainAnswer.loads(answer, LOADS);
    assertAnswer(
        "{'loads': {'encoder.1': [{'step': 20, 'tokens': [1, 2, 3, 4]},"
            + " {'step': 21, 'tokens': [5, 0, 0, 1]}]}}",
        answer);
  }

  @Test
  void loadsOfDevicesAreSumsOverTheirExperts() {
    ObjectNode answer = JsonAnswer.object();
    TrainAnswer.deviceLoads(answer, LOADS, MeshAxes.of(Mesh.parse("d=2,x=2")));
    assertAnswer(
        "{'deviceLoads': {'axes': ['x'], 'loads': {'encoder.1': ["
            + "{'step': 20, 'tokens': [3, 7]}, {'step': 21, 'tokens': [5, 1]}]}}}",
        answer);
  }

  @Test
  void trafficHasRowsTheirBoundAndCollectivesByKind() {
    Training.SentRows rows = new Training.SentRows(4, List.of("x"), 256, 512, 2, 1);
    List<Training.Kind> kinds =
        List.of(
            new Training.Kind("all-reduce", List.of("d", "x"), 3, 96),
            new Training.Kind("all-to-all", List.of("x"), 1, 4));
    ObjectNode answer = JsonAnswer.object();
    TrainAnswer.mesh(answer, new Training.Traffic(4, 100, 1000, kinds, Optional.of(rows)));
    assertAnswer(
        "{'mesh': {'collectives': 4, 'receivedBytes': 100, 'heldBytes': 1000,"
            + " 'rows': {'steps': 4, 'sent': 256, 'most': 512, 'bound': 2.0, 'pieces': 1,"
            + " 'axes': ['x']}, 'kinds': ["
            + "{'op': 'all-reduce', 'count': 3, 'receivedBytes': 96, 'axes': ['d', 'x']},"
            + " {'op': 'all-to-all', 'count': 1, 'receivedBytes': 4, 'axes': ['x']}]}}",
        answer);
  }
}
