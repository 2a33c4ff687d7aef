package io.github.shardsum.backend;

import io.github.shardsum.tensor.Tensor;
import java.util.List;

/** What an executable runs once its arguments have been checked. Thread-safe. */
interface Plan {
  void run(List<Tensor> outputs, List<Tensor> inputs);

  long peakBytes();

  String explain();

  default List<StepTime> profile() {
    return List.of();
  }
}
