package io.github.shardsum.cli.simulate;

import java.util.List;

/** Assumptions of every prediction, with what each moves. */
final class Assumptions {
  static final List<String> ALL =
      List.of(
          "links and memory reach 0.8 of the data sheet; moves collectives and elementwise",
          "attention reaches 0.5 of peak; moves attention",
          "half of a gather of weights over fsdp is hidden; moves the weights' gathers",
          "an expert axis is not overlapped unless the job says so; moves the all-to-all",
          "256 rows of each expert's product are empty; moves the experts",
          "slices spread by 0.022 of the step for each doubling; moves jobs over several slices",
          "a GPU's host launches a sparse layer in 7 ms, a dense one in 2.3 ms; moves small"
              + " microbatches on GPUs");

  private Assumptions() {}
}
