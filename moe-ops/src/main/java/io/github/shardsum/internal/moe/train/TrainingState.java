package io.github.shardsum.internal.moe.train;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.tensor.Tensor;
import java.util.List;

/** Tensors that a step reads and replaces, the first inputs and outputs of its program. */
public interface TrainingState {
  /**
   * Makes a step.
   *
   * @param step the program of a step, compiled for where the state is
   * @param others its inputs behind the state
   * @return its outputs behind the state
   */
  List<Tensor> step(Executable step, List<Tensor> others);

  /**
   * Runs a program that reads some of the state.
   *
   * @param program compiled for where the state is
   * @param read which tensors of the state are its first inputs
   * @param others its inputs behind them
   * @return its outputs
   */
  List<Tensor> run(Executable program, List<Integer> read, List<Tensor> others);

  /** A tensor's value; on a mesh of several processes all of them ask for it. */
  Tensor get(int index);

  /** Gives a tensor another value, of its dtype and shape. */
  void set(int index, Tensor value);
}
