package io.github.shardsum.internal.stablehlo.read;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Classes of dimensions that operations tie together; a class is a label. No value has two
 * dimensions of one class: a tie that would do this is left out, and the operation then renames a
 * label of its operand.
 */
final class DimensionTies {
  private final Map<Integer, Integer> parents = new HashMap<>();
  private final Map<Integer, Set<SsaValue>> members = new HashMap<>();
  private final Map<Integer, String> names = new HashMap<>();
  private int named;

  /** Ties the dimensions of the steps of a body, in order. */
  void tie(SsaBody body) {
    for (SsaStep step : body.steps()) {
      step.bodies().forEach(this::tie);
      tie(step);
    }
  }

  private void tie(SsaStep step) {
    switch (step.name()) {
      case "stablehlo.dot_general" -> product(step);
      case "stablehlo.transpose" -> {
        List<Long> order = step.operation().integers("dims");
        for (int i = 0; i < order.size(); i++) {
          tie(step.operand(0), Math.toIntExact(order.get(i)), step.result(), i);
        }
      }
      case "stablehlo.broadcast_in_dim" -> {
        List<Long> into = step.operation().integers("dims");
        for (int i = 0; i < into.size(); i++) {
          int dimension = Math.toIntExact(into.get(i));
          if (step.operand(0).size(i) == step.result().size(dimension)) {
            tie(step.operand(0), i, step.result(), dimension);
          }
        }
      }
      case "stablehlo.reshape" ->
          ReshapeGroup.of(step.operand(0).type().sizes(), step.result().type().sizes()).stream()
              .filter(ReshapeGroup::isOne)
              .forEach(
                  group ->
                      tie(
                          step.operand(0),
                          group.from().getFirst(),
                          step.result(),
                          group.into().getFirst()));
      case "stablehlo.reduce" -> reduction(step);
      case "stablehlo.while" -> loop(step);
      case "sdy.manual_computation" -> region(step);
      case "stablehlo.case", "stablehlo.if" ->
          step.bodies()
              .forEach(
                  body -> {
                    for (int i = 0; i < step.results().size(); i++) {
                      tieAll(body.returned().get(i), step.results().get(i));
                    }
                  });
      case "stablehlo.optimization_barrier" -> {
        for (int i = 0; i < step.results().size(); i++) {
          tieAll(step.operand(i), step.results().get(i));
        }
      }
      case "stablehlo.gather" -> gather(step);
      case "stablehlo.scatter" -> scatter(step);
      default -> alike(step);
    }
  }

  /** All operands and results of one rank have the same labels. */
  private void alike(SsaStep step) {
    for (SsaValue result : step.results()) {
      for (SsaValue operand : step.operands()) {
        if (operand.rank() == result.rank()) {
          tieAll(operand, result);
        }
      }
    }
  }

  private void product(SsaStep step) {
    ProductDimensions dimensions = ProductDimensions.of(step);
    for (int side = 0; side < 2; side++) {
      int at = 0;
      for (int dimension : dimensions.batch(side)) {
        tie(step.operand(side), dimension, step.result(), at++);
      }
      at = side == 0 ? at : at + dimensions.free(0).size();
      for (int dimension : dimensions.free(side)) {
        tie(step.operand(side), dimension, step.result(), at++);
      }
    }
    for (int i = 0; i < dimensions.contracted(0).size(); i++) {
      tie(
          step.operand(0),
          dimensions.contracted(0).get(i),
          step.operand(1),
          dimensions.contracted(1).get(i));
    }
  }

  private void reduction(SsaStep step) {
    List<Long> summed = step.operation().integers("dimensions");
    for (int k = 0; k < step.results().size(); k++) {
      int at = 0;
      for (int i = 0; i < step.operand(k).rank(); i++) {
        if (!summed.contains((long) i)) {
          tie(step.operand(k), i, step.results().get(k), at++);
        }
      }
    }
  }

  private void loop(SsaStep step) {
    // Arrays that rounds read or write row by row are sequences of one scan.
    List<SsaValue> rows = new ArrayList<>();
    for (SsaStep inside : step.body().steps()) {
      boolean reads = inside.name().equals("stablehlo.dynamic_slice");
      boolean writes = inside.name().equals("stablehlo.dynamic_update_slice");
      if (reads || writes) {
        SsaValue row = reads ? inside.result() : inside.operand(1);
        SsaValue array = inside.operand(0);
        if (!array.isScalar() && row.size(0) == 1 && step.body().arguments().contains(array)) {
          rows.add(array);
        }
      }
    }
    for (SsaValue row : rows) {
      if (row.size(0) == rows.getFirst().size(0)) {
        tie(rows.getFirst(), 0, row, 0);
      }
    }
    for (int i = 0; i < step.results().size(); i++) {
      SsaValue argument = step.body().arguments().get(i);
      tieAll(step.bodies().getFirst().arguments().get(i), argument);
      tieAll(step.operand(i), argument);
      tieAll(step.body().returned().get(i), argument);
      tieAll(step.results().get(i), argument);
    }
  }

  private void gather(SsaStep step) {
    IndexDimensions dimensions = IndexDimensions.gather(step);
    batch(step.operand(1), dimensions, step.result());
    for (int d = 0; d < step.operand(0).rank(); d++) {
      Optional<Integer> window = dimensions.window(d);
      if (window.isPresent() && step.result().size(window.get()) == step.operand(0).size(d)) {
        tie(step.operand(0), d, step.result(), window.get());
      }
    }
  }

  private void scatter(SsaStep step) {
    if (step.operands().size() != 3) {
      return;
    }
    IndexDimensions dimensions = IndexDimensions.scatter(step);
    tieAll(step.operand(0), step.result());
    batch(step.operand(1), dimensions, step.operand(2));
    for (int d = 0; d < step.result().rank(); d++) {
      Optional<Integer> window = dimensions.window(d);
      if (window.isPresent() && step.operand(2).size(window.get()) == step.result().size(d)) {
        tie(step.operand(2), window.get(), step.result(), d);
      }
    }
  }

  /** Ties the dimensions of indices, but for their vectors, to those of a gather's result. */
  private void batch(SsaValue indices, IndexDimensions dimensions, SsaValue result) {
    List<Integer> batch = dimensions.batch(result.rank());
    for (int i = 0; i < indices.rank(); i++) {
      if (i != dimensions.vector()) {
        tie(indices, i, result, batch.get(dimensions.place(i)));
      }
    }
  }

  private void region(SsaStep step) {
    for (int i = 0; i < step.operands().size(); i++) {
      tieAll(step.operand(i), step.body().arguments().get(i));
    }
    for (int i = 0; i < step.results().size(); i++) {
      tieAll(step.body().returned().get(i), step.results().get(i));
    }
  }

  private void tieAll(SsaValue left, SsaValue right) {
    for (int i = 0; i < Math.min(left.rank(), right.rank()); i++) {
      tie(left, i, right, i);
    }
  }

  private void tie(SsaValue left, int leftDimension, SsaValue right, int rightDimension) {
    int one = root(left, leftDimension);
    int other = root(right, rightDimension);
    if (one == other) {
      return;
    }
    Set<SsaValue> small = membersOf(one, left);
    Set<SsaValue> large = membersOf(other, right);
    if (small.size() > large.size()) {
      int swapped = one;
      one = other;
      other = swapped;
      Set<SsaValue> set = small;
      small = large;
      large = set;
    }
    if (small.stream().noneMatch(large::contains)) {
      parents.put(one, other);
      large.addAll(small);
      members.remove(one);
    }
  }

  private Set<SsaValue> membersOf(int root, SsaValue value) {
    return members.computeIfAbsent(root, _ -> new HashSet<>(List.of(value)));
  }

  private int root(SsaValue value, int dimension) {
    int at = value.firstDimension() + dimension;
    int root = at;
    for (Integer above = parents.get(root); above != null; above = parents.get(root)) {
      root = above;
    }
    for (Integer above = parents.get(at); above != null; above = parents.get(at)) {
      parents.put(at, root);
      if (above == root) {
        break;
      }
      at = above;
    }
    return root;
  }

  /** The labels of a value's dimensions, named a, b, c and so on by first use. */
  List<String> names(SsaValue value) {
    List<String> labels = new ArrayList<>();
    for (int i = 0; i < value.rank(); i++) {
      labels.add(names.computeIfAbsent(root(value, i), _ -> fresh()));
    }
    return labels;
  }

  /** A label that no dimension has. */
  String fresh() {
    String letter = Character.toString('a' + named % 26);
    int round = named++ / 26;
    return round == 0 ? letter : letter + round;
  }
}
