package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.tensor.Tensor;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Tensors of a composite of experts by name. */
record ExpertTensors(Map<ExpertTensor, Tensor> all) {
  /** The first tensors of a list, which may have others behind them. */
  static ExpertTensors of(List<ExpertTensor> names, List<Tensor> list) {
    Map<ExpertTensor, Tensor> all = new EnumMap<>(ExpertTensor.class);
    for (int i = 0; i < names.size(); i++) {
      all.put(names.get(i), list.get(i));
    }
    return new ExpertTensors(all);
  }

  Tensor get(ExpertTensor which) {
    return Objects.requireNonNull(all.get(which), which::name);
  }

  Optional<Tensor> find(ExpertTensor which) {
    return Optional.ofNullable(all.get(which));
  }

  /** Applies a function to each matrix and bias in order, and leaves out other tensors. */
  ExpertTensors weights(UnaryOperator<Tensor> function) {
    Map<ExpertTensor, Tensor> weights = new EnumMap<>(ExpertTensor.class);
    all.forEach(
        (which, tensor) -> {
          if (which.isMatrix() || which.isBias()) {
            weights.put(which, function.apply(tensor));
          }
        });
    return new ExpertTensors(weights);
  }
}
