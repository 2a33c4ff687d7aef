package io.github.shardsum.internal.moe.train;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Whole tensors, and the memory into which the next step writes them. */
public final class WholeState implements TrainingState {
  private List<Tensor> state;
  private List<Tensor> spare = new ArrayList<>();

  /** Takes first values, which are its own from then on. */
  public WholeState(List<Tensor> first) {
    this.state = List.copyOf(first);
    for (Tensor tensor : first) {
      spare.add(Tensor.zeros(tensor.dtype(), tensor.shape()));
    }
  }

  @Override
  public List<Tensor> step(Executable step, List<Tensor> others) {
    List<Tensor> inputs = new ArrayList<>(state);
    inputs.addAll(others);
    List<Value> results = step.program().outputs();
    List<Tensor> outputs = new ArrayList<>(spare);
    for (Value output : results.subList(state.size(), results.size())) {
      outputs.add(Tensor.zeros(output.type().dtype(), output.type().shape()));
    }
    step.runInto(outputs, inputs);
    List<Tensor> before = state;
    state = spare;
    spare = before;
    return outputs.subList(state.size(), outputs.size());
  }

  @Override
  public List<Tensor> run(Executable program, List<Integer> read, List<Tensor> others) {
    List<Tensor> inputs = new ArrayList<>();
    read.forEach(index -> inputs.add(state.get(index)));
    inputs.addAll(others);
    return program.run(inputs);
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
