package io.github.shardsum.internal.moe.train;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.layout.Box;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** The state as whole tensors, and the memory into which the next step writes. */
public final class WholeTrainingState implements TrainingState {
  private final List<Tensor> state = new ArrayList<>();
  private final List<Tensor> spare = new ArrayList<>();

  /** Adds a tensor and takes ownership of it. */
  public void add(Tensor first) {
    state.add(first);
    spare.add(Tensor.zeros(first.dtype(), first.shape()));
  }

  @Override
  public List<Tensor> step(
      Executable step, List<Integer> read, List<Tensor> others, List<Integer> written) {
    List<Value> results = step.program().outputs();
    List<Tensor> outputs = new ArrayList<>();
    written.forEach(index -> outputs.add(spare.get(index)));
    for (Value output : results.subList(written.size(), results.size())) {
      outputs.add(Tensor.zeros(output.type().dtype(), output.type().shape()));
    }
    step.runInto(outputs, inputs(read, others));
    for (int index : written) {
      spare.set(index, state.set(index, spare.get(index)));
    }
    return outputs.subList(written.size(), outputs.size());
  }

  private List<Tensor> inputs(List<Integer> read, List<Tensor> others) {
    List<Tensor> inputs = new ArrayList<>();
    read.forEach(index -> inputs.add(state.get(index)));
    inputs.addAll(others);
    return inputs;
  }

  @Override
  public List<Tensor> run(Executable program, List<Integer> read, List<Tensor> others) {
    return program.run(inputs(read, others));
  }

  @Override
  public List<Tile> tiles(int index) {
    Tensor whole = state.get(index);
    List<Long> sizes = Arrays.stream(whole.shape().toArray()).boxed().toList();
    return List.of(new Tile(new Box(Collections.nCopies(whole.rank(), 0L), sizes), whole));
  }

  @Override
  public Tensor get(int index) {
    return state.get(index);
  }

  @Override
  public void set(int index, Tensor value) {
    state.get(index).assign(value);
  }
}
