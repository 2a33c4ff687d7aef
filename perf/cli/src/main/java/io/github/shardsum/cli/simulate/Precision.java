package io.github.shardsum.cli.simulate;

/** Format of the operands of large products. */
public enum Precision {
  BF16,
  FP8,
  INT8
}
