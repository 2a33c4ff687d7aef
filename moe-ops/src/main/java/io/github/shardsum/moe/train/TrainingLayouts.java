package io.github.shardsum.moe.train;

import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The layouts of a training step on a mesh. The layouts are separate from the program and name only
 * labels of its inputs. Axes of data and of experts split sentences. Axes of experts split the
 * experts of their weights; axes of hidden split heads, hidden widths and the vocabulary. An
 * optimizer's slots are split like their parameter, and also over data. Each label is written out,
 * because a label that is not named is open.
 */
public final class TrainingLayouts {
  private static final String NEXT = "next.";

  /**
   * Prefix of a parameter's name for its gradient. The layout of a gradient is that of the
   * optimizer's slots.
   */
  private static final String GRADIENT = "gradient.";

  /**
   * Prefixes, before a dot, of a parameter's name for the optimizers' slots and for sums of
   * gradients.
   */
  private static final Set<String> SLOTS =
      Set.of("mean", "square", "row", "column", Optimizer.Averaged.MEAN, "sum");

  /** Labels of tokens: sentences, and positions of source and target. */
  private static final Set<String> SENTENCES = Set.of("B");

  /** Labels that hidden axes split: H and F are hidden widths, A heads, V the vocabulary. */
  private static final Set<String> HIDDEN = Set.of("H", "F", "A", "V");

  /** Labels for the axes of data, which split the first of these labels that a slot has. */
  private static final List<String> OF_SLOTS = List.of("V", "T", "M", "F", "H", "A", "E");

  private final MeshAxes axes;
  private final boolean splitsSlots;

  private TrainingLayouts(MeshAxes axes, boolean splitsSlots) {
    this.axes = axes;
    this.splitsSlots = splitsSlots;
  }

  /**
   * The layouts of a step, with the optimizer's slots split over data.
   *
   * @param step the program of a step, or of a loss
   * @param axes the axes of the mesh with the labels that they split
   * @return annotations by name: for the program's inputs, for gradients, and for the next
   *     parameters and slots
   */
  public static Map<String, String> of(Program step, MeshAxes axes) {
    return of(step, axes, true);
  }

  /**
   * The layouts of a step.
   *
   * @param step the program of a step, or of a loss
   * @param axes the axes of the mesh with the labels that they split
   * @param splitsSlots whether the axes of data split the optimizer's slots. The axes of experts
   *     then also split the slots of parameters other than experts' weights. Each device updates a
   *     part of the parameters, and the parts are gathered
   * @return annotations by name: for the program's inputs, for gradients, and for the next
   *     parameters and slots
   */
  public static Map<String, String> of(Program step, MeshAxes axes, boolean splitsSlots) {
    Objects.requireNonNull(step, "step");
    TrainingLayouts layouts =
        new TrainingLayouts(Objects.requireNonNull(axes, "axes"), splitsSlots);
    Map<String, String> all = new TreeMap<>();
    Set<String> values = new HashSet<>();
    step.statements().forEach(each -> each.results().forEach(value -> values.add(value.name())));
    Set<String> outputs = Set.copyOf(step.outputs().stream().map(Value::name).toList());
    // Parameters come first, and a slot is named after its parameter.
    Map<String, ValueType> parameters = new HashMap<>();
    for (Value input : step.inputs()) {
      String name = input.name();
      if (input.type().rank() > 0) {
        ValueType own = parameters.get(parameterOf(name));
        boolean isExperts = isOfExperts(own == null ? input.type() : own);
        String layout = layouts.of(input.type(), isExperts, own != null);
        all.put(name, layout);
        if (outputs.contains(NEXT + name)) {
          all.put(NEXT + name, layout);
        }
        if (own == null) {
          parameters.put(name, input.type());
        }
        if (values.contains(GRADIENT + name)) {
          all.put(GRADIENT + name, layouts.of(input.type(), isExperts, true));
        }
      }
    }
    return all;
  }

  /**
   * The layouts of the rows that are sent to experts with slots, and of their results. With them,
   * slots move to the devices that hold the matrices in both passes, and matrices never move.
   *
   * @param axes the axes of the mesh with the labels that they split
   * @return annotations of a layer's values by name
   */
  public static Map<String, String> ofSlots(MeshAxes axes) {
    String experts = MeshAxes.split("E", axes.experts());
    String groups = MeshAxes.split("G", axes.data());
    return Map.of(
        "dispatched", experts + " " + groups + " C M",
        "expert_outputs", groups + " " + experts + " C M");
  }

  /** The name of the parameter whose slot has this name; empty for other names. */
  private static String parameterOf(String name) {
    int dot = name.indexOf('.');
    return dot > 0 && SLOTS.contains(name.substring(0, dot)) ? name.substring(dot + 1) : "";
  }

  private String of(ValueType type, boolean isExperts, boolean isSlot) {
    boolean overExperts = isExperts && type.names().contains("E");
    Map<String, List<String>> split = new LinkedHashMap<>();
    for (String label : type.names()) {
      split.put(label, new ArrayList<>(axesOf(type, label, overExperts)));
    }
    if (isSlot && splitsSlots) {
      List<String> more = overExperts ? axes.data() : axes.tokens();
      for (String label : OF_SLOTS) {
        List<String> own = split.get(label);
        if (own != null && isDivided(type, label, join(own, more))) {
          own.addAll(more);
          break;
        }
      }
    }
    return String.join(
        " ", split.entrySet().stream().map(e -> MeshAxes.split(e.getKey(), e.getValue())).toList());
  }

  private List<String> axesOf(ValueType type, String label, boolean overExperts) {
    if (SENTENCES.contains(label) && !type.dtype().isFloating()) {
      return axes.tokens();
    }
    if (label.equals("E") && overExperts) {
      return axes.experts();
    }
    return HIDDEN.contains(label) && isDivided(type, label, axes.hidden())
        ? axes.hidden()
        : List.of();
  }

  /**
   * Whether a parameter is a weight of experts: E is the first of several labels. In a router's
   * weights E is the last label.
   */
  private static boolean isOfExperts(ValueType parameter) {
    return parameter.rank() > 1 && parameter.names().getFirst().equals("E");
  }

  private static List<String> join(List<String> some, List<String> more) {
    return Stream.concat(some.stream(), more.stream()).toList();
  }

  /** Whether axes divide a label into equal parts; otherwise they do not split it. */
  private boolean isDivided(ValueType type, String label, List<String> by) {
    return type.size(label) % axes.mesh().size(by) == 0;
  }
}
