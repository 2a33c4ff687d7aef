package io.github.shardsum.cli.simulate;

import io.github.shardsum.program.Program;
import java.util.Map;

/**
 * A part of a model as programs, annotated for a job's mesh. Equal ones are planned once.
 *
 * @param name in words
 * @param kind the kind of part
 * @param count how many of them a step runs
 * @param forward its forward pass
 * @param both its forward pass and its gradient
 * @param weights its learnt inputs by name, with the number of values that each represents
 */
record Block(
    String name,
    Kind kind,
    double count,
    Program forward,
    Program both,
    Map<String, Double> weights) {
  /** Parts of a Transformer. */
  enum Kind {
    ATTENTION,
    DENSE,
    SPARSE,
    LOGITS
  }
}
