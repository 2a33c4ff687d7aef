package io.github.shardsum.internal.contraction;

import io.github.shardsum.exec.Workers;

/** A step's kernel, with all properties that do not depend on the data: immutable, thread-safe. */
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
   * @param right the right operand; in a step of one operand the left one again
   */
  void run(ArrayRef out, ArrayRef left, ArrayRef right, ResultScaling finish, Workers workers);

  /**
   * Bytes of the arrays into which one thread packs blocks of the operands. They depend on the
   * caches and vectors of this machine.
   *
   * @param parallelism number of threads for which the work is divided
   * @return the largest number of bytes of one run, apart from some KB; 0 for a kernel that packs
   *     nothing. A copy of an operand that is not an array of the step's type is not counted
   */
  default long packedBytes(int parallelism) {
    return 0;
  }

  /**
   * Runs the step on Java arrays without allocating, if it takes only nanoseconds.
   *
   * @param out the result's array, of this step's type; overwritten
   * @return false if there is no such fast path for this kernel and these arrays; nothing was done
   *     then
   */
  default boolean runDirectly(
      Object out, long outAt, Object left, long leftAt, Object right, long rightAt) {
    return false;
  }
}
