package io.github.shardsum.cli.simulate;

import static io.github.shardsum.measure.Texts.format;
import static io.github.shardsum.measure.Texts.wrongArgument;

import java.util.List;
import java.util.Map;

/**
 * Sizes of a job's axes. Outside of the experts, the expert axis splits tokens too.
 *
 * @param microbatches the microbatches of a pipeline, 0 if their number is not known
 */
public record AxisSizes(
    int data,
    int fsdp,
    int expert,
    int tensor,
    int context,
    int pipeline,
    int virtualStages,
    int microbatches) {
  static final AxisSizes ONE = new AxisSizes(1, 1, 1, 1, 1, 1, 1, 1);

  private static final List<String> NAMES =
      List.of(
          "data",
          "fsdp",
          "expert",
          "tensor",
          "context",
          "pipeline",
          "virtualStages",
          "microbatches");

  /**
   * The layout of some sizes, the others 1.
   *
   * @throws IllegalArgumentException if a name is unknown or a size below 1
   */
  public static AxisSizes of(Map<String, Integer> sizes) {
    sizes.forEach(
        (name, size) -> {
          if (!NAMES.contains(name) || size < 1) {
            throw wrongArgument(
                "--layout: must be one of %s with a size from 1, got %s=%d",
                String.join(", ", NAMES), name, size);
          }
        });
    List<Integer> all = NAMES.stream().map(name -> sizes.getOrDefault(name, 1)).toList();
    return new AxisSizes(
        all.get(0),
        all.get(1),
        all.get(2),
        all.get(3),
        all.get(4),
        all.get(5),
        all.get(6),
        all.get(7));
  }

  public long devices() {
    // A double holds the product of six sizes, and the cast saturates at the largest long.
    return (long) ((double) data * fsdp * expert * tensor * context * pipeline);
  }

  AxisSizes withData(int size) {
    return new AxisSizes(
        size, fsdp, expert, tensor, context, pipeline, virtualStages, microbatches);
  }

  AxisSizes withFsdp(int size) {
    return new AxisSizes(
        data, size, expert, tensor, context, pipeline, virtualStages, microbatches);
  }

  /** As users write it. */
  String notation() {
    return format(
        "data=%d fsdp=%d expert=%d tensor=%d context=%d pipeline=%d",
        data, fsdp, expert, tensor, context, pipeline);
  }
}
