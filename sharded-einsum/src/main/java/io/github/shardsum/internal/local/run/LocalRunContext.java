package io.github.shardsum.internal.local.run;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.Operand;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/** One run: the workspace, and the memory of its inputs and outputs. */
public final class LocalRunContext {
  private final LocalPlan plan;
  private final LocalWorkspace workspace;
  private final Workers workers;
  private final List<Tensor> inputs;
  private final List<Tensor> outputs;
  private final Optional<LocalProfile> profile;
  private final Tensor[] values;

  LocalRunContext(
      LocalPlan plan,
      LocalWorkspace workspace,
      Workers workers,
      List<Tensor> inputs,
      List<Tensor> outputs,
      Optional<LocalProfile> profile) {
    this.plan = plan;
    this.workspace = workspace;
    this.workers = workers;
    this.inputs = inputs;
    this.outputs = outputs;
    this.profile = profile;
    this.values = new Tensor[plan.locations().size()];
  }

  public LocalWorkspace workspace() {
    return workspace;
  }

  public Workers workers() {
    return workers;
  }

  public Optional<LocalProfile> profile() {
    return profile;
  }

  /** A dense value. */
  public Tensor tensor(int id) {
    Optional<Tensor> fixed = workspace.value(id);
    if (fixed.isPresent()) {
      return fixed.get();
    }
    Tensor known = values[id];
    if (known == null) {
      known = tensor((ValueMemory.Dense) plan.locations().get(id).orElseThrow());
      values[id] = known;
    }
    return known;
  }

  private Tensor tensor(ValueMemory.Dense place) {
    return switch (place.base()) {
      case LocalStorage.Buffer(int index) -> LocalWorkspace.view(place, workspace.buffer(index));
      case LocalStorage.Input(int index) -> LocalWorkspace.view(place, inputs.get(index));
      case LocalStorage.Output(int index) -> LocalWorkspace.view(place, outputs.get(index));
    };
  }

  /** A value as an einsum's operand. */
  public Operand operand(int id) {
    return plan.locations().get(id).orElseThrow() instanceof ValueMemory.Routed routed
        ? workspace.routing(routed.index())
        : tensor(id);
  }

  public Tensor output(int index) {
    return outputs.get(index);
  }
}
