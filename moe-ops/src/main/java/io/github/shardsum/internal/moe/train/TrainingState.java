package io.github.shardsum.internal.moe.train;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.layout.Box;
import io.github.shardsum.tensor.Tensor;
import java.util.List;

/** Tensors that a step reads and replaces, the first inputs and outputs of its program. */
public sealed interface TrainingState permits WholeState, ShardedState {
  /**
   * Makes a step, or a part of one.
   *
   * @param step its program, compiled for the devices of the state
   * @param read the tensors of the state that are its first inputs
   * @param others its inputs behind them
   * @param written numbers of the tensors that its first outputs replace, a part of those that it
   *     reads
   * @return its outputs behind them
   */
  List<Tensor> step(
      Executable step, List<Integer> read, List<Tensor> others, List<Integer> written);

  /**
   * Runs a program that reads some of the state.
   *
   * @param program a program, compiled for the devices of the state
   * @param read the tensors of the state that are its first inputs
   * @param others its inputs behind them
   * @return its outputs
   */
  List<Tensor> run(Executable program, List<Integer> read, List<Tensor> others);

  /** The parts of a tensor that this process is to save; each element is in one process's part. */
  List<Tile> tiles(int index);

  /** A part of a tensor: where it lies in the whole, and its values. */
  record Tile(Box box, Tensor values) {}

  /** A tensor's value; on a mesh of several processes all of them must ask for it. */
  Tensor get(int index);

  /** Gives a tensor another value, of its dtype and shape. */
  void set(int index, Tensor value);
}
