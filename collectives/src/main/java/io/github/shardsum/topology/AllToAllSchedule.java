package io.github.shardsum.topology;

/** The ways in which an all-to-all uses the axes of a topology. */
public enum AllToAllSchedule {
  /** All messages at once, along all axes: the busiest link of any axis decides. */
  DIRECT,

  /**
   * Axis after axis: a message is stored between two axes, so the axes' times add up. The rooflines
   * of the GShard paper follow the mean link load of this schedule.
   */
  AXIS_BY_AXIS
}
