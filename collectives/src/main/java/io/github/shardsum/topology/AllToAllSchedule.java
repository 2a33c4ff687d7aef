package io.github.shardsum.topology;

/** How an all-to-all uses the axes of a topology. */
public enum AllToAllSchedule {
  /** All messages at once, along all axes: the busiest link of any axis decides. */
  DIRECT,

  /**
   * Axis after axis, each message kept where it turns: the axes' times add up. The rooflines of the
   * GShard paper are the mean link load of this one.
   */
  AXIS_BY_AXIS
}
