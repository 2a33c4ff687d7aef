package io.github.shardsum.cli.simulate;

import io.github.shardsum.program.Program;
import java.util.Map;

/**
 * A part of a model as programs, annotated for a job's mesh. Equal parts are planned once.
 *
 * @param name the name in words
 * @param kind the kind of part
 * @param count how often a step runs the part
 * @param forward its forward pass
 * @param both its forward pass and its gradient
 * @param weights its learnt inputs by name, with the number of values that each represents
 */
record SimulatedBlock(
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
