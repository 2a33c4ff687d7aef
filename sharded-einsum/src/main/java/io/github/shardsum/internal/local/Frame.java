package io.github.shardsum.internal.local;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.Operand;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/** One run: the workspace and where inputs and outputs lie now. */
final class Frame {
  private final LocalPlan plan;
  private final Workspace workspace;
  private final Workers workers;
  private final List<Tensor> inputs;
  private final List<Tensor> outputs;
  private final Optional<Profile> profile;
  private final Tensor[] values;

  Frame(
      LocalPlan plan,
      Workspace workspace,
      Workers workers,
      List<Tensor> inputs,
      List<Tensor> outputs,
      Optional<Profile> profile) {
    this.plan = plan;
    this.workspace = workspace;
    this.workers = workers;
    this.inputs = inputs;
    this.outputs = outputs;
    this.profile = profile;
    this.values = new Tensor[plan.places().size()];
  }

  Workspace workspace() {
    return workspace;
  }

  Workers workers() {
    return workers;
  }

  Optional<Profile> profile() {
    return profile;
  }

  /** A dense value. */
  Tensor tensor(int id) {
    Optional<Tensor> fixed = workspace.value(id);
    if (fixed.isPresent()) {
      return fixed.get();
    }
    Tensor known = values[id];
    if (known == null) {
      known = tensor((Place.Dense) plan.places().get(id).orElseThrow());
      values[id] = known;
    }
    return known;
  }

  private Tensor tensor(Place.Dense place) {
    return switch (place.base()) {
      case Base.Buffer(int index) -> Workspace.view(place, workspace.buffer(index));
      case Base.Input(int index) -> Workspace.view(place, inputs.get(index));
      case Base.Output(int index) -> Workspace.view(place, outputs.get(index));
    };
  }

  /** A value as an einsum's operand. */
  Operand operand(int id) {
    return plan.places().get(id).orElseThrow() instanceof Place.Routed routed
        ? workspace.routing(routed.index())
        : tensor(id);
  }

  Tensor output(int index) {
    return outputs.get(index);
  }
}
