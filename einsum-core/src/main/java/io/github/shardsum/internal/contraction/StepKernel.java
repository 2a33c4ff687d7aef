package io.github.shardsum.internal.contraction;

import io.github.shardsum.exec.Workers;

/** A step's kernel with all that is known before the data: immutable, thread-safe. */
public interface StepKernel {
  /** Array number of the result in a step's loops. */
  int OUT = 0;

  /** Array number of the left operand. */
  int LEFT = 1;

  /** Array number of the right operand; in a step of one operand, the number of the left one. */
  int RIGHT = 2;

  /** Array number of the bias. */
  int BIAS = 3;

  /** The number of arrays of a step's loops. */
  int ARRAYS = 4;

  /** The kernel's name in a plan. */
  String name();

  /**
   * Runs the step; the arguments' shapes and bounds were checked before.
   *
   * @param right the left operand again in a step of one operand
   */
  void run(ArrayRef out, ArrayRef left, ArrayRef right, ResultScaling finish, Workers workers);

  /**
   * Bytes of the arrays into which one thread packs blocks of the operands. They depend on the
   * caches and vectors of this machine.
   *
   * @param parallelism for how many threads the work is cut
   * @return the most bytes of one run, apart from some KB; 0 for a kernel that packs nothing. A
   *     copy of an operand that is no array of the step's type is not counted
   */
  default long packedBytes(int parallelism) {
    return 0;
  }

  /**
   * Runs the step on Java arrays without allocating, if it takes only nanoseconds.
   *
   * @param out the result's array, of this step's type; overwritten
   * @return false if this kernel or these arrays have no such fast path, and nothing was done
   */
  default boolean runDirectly(
      Object out, long outAt, Object left, long leftAt, Object right, long rightAt) {
    return false;
  }
}
