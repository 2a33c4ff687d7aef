package io.github.shardsum.lab.simulate;

import io.github.shardsum.cli.simulate.Job;
import io.github.shardsum.cli.simulate.Prediction;

/** Predicts the time of a training step. */
@FunctionalInterface
interface StepModel {
  /**
   * Predicts a step.
   *
   * @param eta attainable share of peak of large products
   */
  Prediction predict(Job job, double eta);
}
