package io.github.shardsum.internal.stablehlo.read;

import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The form of a module's value in the program. Since a program broadcasts by label, broadcasts,
 * transpositions and dimensions of size 1 need no statement.
 */
sealed interface View {
  DType dtype();

  /** The label of a dimension, empty along which the elements repeat. */
  Optional<String> label(int dimension);

  /**
   * A value of the program.
   *
   * @param labels for each dimension the label of the value, or empty where elements repeat; each
   *     label of the value is listed once
   */
  record Held(Value value, List<Optional<String>> labels) implements View {
    public Held {
      labels = List.copyOf(labels);
    }

    /** A value whose labels are the dimensions, in order. */
    static Held of(Value value, List<String> labels) {
      return new Held(value, labels.stream().map(Optional::of).toList());
    }

    /** A value that may lack some of these labels. */
    static Held within(Value value, List<String> labels) {
      List<String> names = value.type().names();
      return new Held(
          value,
          labels.stream()
              .map(label -> Optional.of(label).filter(names::contains))
              .collect(Collectors.toList()));
    }

    @Override
    public DType dtype() {
      return value.type().dtype();
    }

    @Override
    public Optional<String> label(int dimension) {
      return labels.get(dimension);
    }

    /** The view with another label, or none, at a dimension. */
    Held with(Value changed, int dimension, Optional<String> label) {
      List<Optional<String>> others = new ArrayList<>(labels);
      others.set(dimension, label);
      return new Held(changed, others);
    }
  }

  /** One number everywhere. */
  record Splat(DType dtype, Scalar number, int rank) implements View {
    @Override
    public Optional<String> label(int dimension) {
      return Optional.empty();
    }

    List<Optional<String>> labels() {
      return Collections.nCopies(rank, Optional.empty());
    }
  }
}
