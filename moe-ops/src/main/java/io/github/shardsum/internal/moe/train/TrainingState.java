package io.github.shardsum.internal.moe.train;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.layout.Box;
import io.github.shardsum.tensor.Tensor;
import java.util.List;

/**
 * Tensors that a step reads and replaces. They are the first inputs and the first outputs of its
 * program.
 */
public sealed interface TrainingState permits WholeTrainingState, ShardedTrainingState {
  /**
   * Runs a step, or a part of one.
   *
   * @param step the program of the step, compiled for the devices of the state
   * @param read the tensors of the state that are its first inputs
   * @param others the program's other inputs
   * @param written the numbers of the tensors that the first outputs replace; the program reads
   *     these tensors
   * @return the other outputs
   */
  List<Tensor> step(
      Executable step, List<Integer> read, List<Tensor> others, List<Integer> written);

  /**
   * Runs a program that reads some of the state.
   *
   * @param program a program, compiled for the devices of the state
   * @param read the tensors of the state that are its first inputs
   * @param others the program's other inputs
   * @return the outputs
   */
  List<Tensor> run(Executable program, List<Integer> read, List<Tensor> others);

  /**
   * The parts of a tensor that this process must save. Each element is in a part of exactly one
   * process.
   */
  List<Tile> tiles(int index);

  /** A part of a tensor: its box in the whole tensor, and its values. */
  record Tile(Box box, Tensor values) {}

  /** A tensor's value. On a mesh of several processes, all of them must call this method. */
  Tensor get(int index);

  /** Replaces a tensor's value by another one of the same dtype and shape. */
  void set(int index, Tensor value);
}
