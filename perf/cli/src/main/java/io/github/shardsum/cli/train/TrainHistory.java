package io.github.shardsum.cli.train;

import static io.github.shardsum.measure.Texts.wrongArgument;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** The course of a training from its first step on; kept in its checkpoints. */
final class TrainHistory {
  /** Steps over which the experts' loads are added up. */
  static final int LOAD_STEPS = 20;

  private static final String PREFIX = "history.";

  /** A step and the value measured after it. */
  record Point(long step, double value) {}

  /** Loads of experts, added up over steps until this one. */
  record Load(long step, List<Long> tokens) {}

  // In the order of names, so that a resumed run shows them in the order of the run before.
  private final Map<String, List<Point>> curves = new TreeMap<>();
  private final Map<String, List<Load>> loads = new TreeMap<>();

  void add(String curve, long step, double value) {
    curves.computeIfAbsent(curve, _ -> new ArrayList<>()).add(new Point(step, value));
  }

  /** Adds a step's loads to the last sums; begins new sums after enough steps. */
  void addLoad(String layer, long step, long... tokens) {
    List<Load> all = loads.computeIfAbsent(layer, _ -> new ArrayList<>());
    boolean opens = all.isEmpty() || (step - 1) % LOAD_STEPS == 0;
    List<Long> sums = new ArrayList<>();
    for (int i = 0; i < tokens.length; i++) {
      sums.add(tokens[i] + (opens ? 0 : all.getLast().tokens().get(i)));
    }
    if (!opens) {
      all.removeLast();
    }
    all.add(new Load(step, sums));
  }

  Map<String, List<Point>> curves() {
    return curves;
  }

  Map<String, List<Load>> loads() {
    return loads;
  }

  /** The history as tensors, by names that no parameter has, curves before loads. */
  Map<String, Tensor> tensors() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    curves.forEach(
        (name, points) -> {
          double[] values = new double[2 * points.size()];
          for (int i = 0; i < points.size(); i++) {
            values[2 * i] = points.get(i).step();
            values[2 * i + 1] = points.get(i).value();
          }
          tensors.put(PREFIX + "curve." + name, Tensor.of(values, points.size(), 2));
        });
    loads.forEach(
        (name, all) -> {
          int experts = all.getFirst().tokens().size();
          long[] values = new long[all.size() * (experts + 1)];
          int at = 0;
          for (Load load : all) {
            values[at++] = load.step();
            for (long tokens : load.tokens()) {
              values[at++] = tokens;
            }
          }
          tensors.put(PREFIX + "load." + name, Tensor.of(values, all.size(), experts + 1));
        });
    return tensors;
  }

  /** Takes the history out of a checkpoint's tensors. */
  static TrainHistory take(Map<String, Tensor> tensors) {
    TrainHistory history = new TrainHistory();
    for (String name : List.copyOf(tensors.keySet())) {
      if (!name.startsWith(PREFIX)) {
        continue;
      }
      Tensor tensor = Objects.requireNonNull(tensors.remove(name));
      String curve = name.substring(PREFIX.length());
      boolean isCurve = curve.startsWith("curve.");
      if (tensor.shape().rank() != 2
          || tensor.size(1) < 2
          || (isCurve
              ? tensor.size(1) != 2 || tensor.dtype() != DType.F64
              : !curve.startsWith("load.") || tensor.dtype() != DType.I64)) {
        throw wrongArgument(
            "%s must be a history of rows of a step and its values, got %s%s",
            name, tensor.dtype(), tensor.shape());
      }
      for (long row = 0; row < tensor.size(0); row++) {
        if (isCurve) {
          history.add(
              curve.substring("curve.".length()),
              (long) tensor.getDouble(row, 0),
              tensor.getDouble(row, 1));
        } else {
          List<Long> tokens = new ArrayList<>();
          for (long expert = 1; expert < tensor.size(1); expert++) {
            tokens.add(tensor.getLong(row, expert));
          }
          history
              .loads
              .computeIfAbsent(curve.substring("load.".length()), _ -> new ArrayList<>())
              .add(new Load(tensor.getLong(row, 0), tokens));
        }
      }
    }
    return history;
  }
}
