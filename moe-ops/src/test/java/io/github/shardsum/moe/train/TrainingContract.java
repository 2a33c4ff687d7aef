package io.github.shardsum.moe.train;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.model.TransformerSpec;
import io.github.shardsum.moe.train.ReproducibleTrainingTest.Course;
import org.junit.jupiter.api.Test;

/**
 * Training by several processes, in a fixed order of sums, has the bits of one device. Not a name
 * that Maven runs: {@code .ci/mpi} does.
 */
class TrainingContract {
  @Test
  void twentyStepsOfSeveralProcessesHaveOneDevicesBits() {
    TransformerSpec spec = ReproducibleTrainingTest.spec("load");
    Course given = Course.empty();
    given.on(Mesh.parse("x=2"), spec, ReproducibleTrainingTest.STEPS);
    Course.onOneDevice(spec, ReproducibleTrainingTest.STEPS).assertSame(given, "two processes");
  }
}
