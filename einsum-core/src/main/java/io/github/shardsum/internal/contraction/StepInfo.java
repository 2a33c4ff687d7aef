package io.github.shardsum.internal.contraction;

import java.util.List;

/**
 * Operands and result of a step, for a plan.
 *
 * @param inputs labels of each operand, outermost first
 * @param output labels of the result, outermost first
 * @param kernel name of the kernel
 * @param why the reason for the kernel
 * @param elements elements of operands and result together, of one pass
 */
public record StepInfo(
    List<List<Integer>> inputs, List<Integer> output, String kernel, String why, double elements) {}
