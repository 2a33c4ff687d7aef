package io.github.shardsum.lab.scaling;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.Capacity;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.MoeSizes;
import io.github.shardsum.moe.MoeSpec;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.moe.model.Parameter;
import io.github.shardsum.moe.model.Transformer;
import io.github.shardsum.moe.model.TransformerSpec;
import io.github.shardsum.moe.train.Optimizer;
import io.github.shardsum.moe.train.TrainingStep;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The programs that are scaled: a device has the same work on any mesh; in a layer of experts it
 * has one expert.
 */
final class ScalingPrograms {
  /** The programs that are scaled unless others are named. */
  static final List<String> USUAL = List.of("layer", "step");

  /** All of them. */
  static final List<String> ALL =
      Stream.concat(
              Stream.of("layer", "layer-forward", "layer-wide", "step", "step-adam"),
              ScalingEinsumPrograms.NAMES.stream())
          .toList();

  private static final long TOKENS = 256;
  private static final long WIDTH = 64;
  private static final long HIDDEN = 256;
  private static final int VOCABULARY = 128;
  private static final int SENTENCES = 4;
  private static final int LENGTH = 16;

  private ScalingPrograms() {}

  /** A program with its layouts on a mesh of one axis. */
  static Program of(String name, Mesh mesh) {
    int devices = mesh.size();
    return switch (name) {
      case "layer" -> laid(MoePrograms.gradient(layer(devices, WIDTH, HIDDEN)), mesh);
      case "layer-forward" -> laid(layer(devices, WIDTH, HIDDEN), mesh);
      case "layer-wide" -> laid(layer(devices, 4 * WIDTH, 4 * HIDDEN), mesh);
      case "step" -> laid(step(devices, Optimizer.Adafactor.paper()), mesh);
      case "step-adam" -> laid(step(devices, new Optimizer.Adam(0.9, 0.98, 1e-9)), mesh);
      default -> ScalingEinsumPrograms.of(name, devices);
    };
  }

  /** Groups, sentences and experts are split. */
  private static Program laid(Program program, Mesh mesh) {
    if (mesh.size() == 1) {
      return program;
    }
    Map<String, String> layouts = new TreeMap<>();
    for (Value input : program.inputs()) {
      List<String> labels = input.type().names();
      if (!labels.isEmpty() && List.of("B", "E", "G").contains(labels.getFirst())) {
        layouts.put(input.name(), labels.getFirst() + "@" + mesh.axisNames().getFirst());
      }
    }
    return Annotations.of(layouts).apply(program);
  }

  private static Program layer(int devices, long width, long hidden) {
    RouteOptions options = RouteOptions.builder().capacity(Capacity.factor(1)).build();
    MoeSizes sizes = MoeSizes.of(devices, TOKENS, Math.max(2, devices), width, hidden, options);
    return MoePrograms.layer(MoeSpec.of(sizes, DType.F32, options, Randomness.seeded(0)));
  }

  /** A step of training of a small Transformer: loss, gradient, optimizer. */
  private static Program step(int devices, Optimizer optimizer) {
    RouteOptions options = RouteOptions.builder().capacity(Capacity.factor(1)).build();
    TransformerSpec spec =
        TransformerSpec.builder()
            .vocabulary(VOCABULARY)
            .model((int) WIDTH)
            .heads(4)
            .key(16)
            .hidden((int) HIDDEN)
            .layers(2)
            .experts(Math.max(2, devices))
            .positions(LENGTH)
            .groups(devices)
            .route(options)
            .dtype(DType.F32)
            .build();
    Program loss =
        Transformer.loss(
            spec, new Transformer.Loss(0.1, 0.01, 0), (long) SENTENCES * devices, LENGTH, LENGTH);
    return TrainingStep.of(loss, Transformer.parameters(spec), optimizer, 1, List.of("loss"));
  }

  /** Values of a program's inputs: initial parameters, random tokens, small rates. */
  static List<Tensor> inputs(Program program) {
    Philox random = new Philox(1);
    List<Tensor> inputs = new ArrayList<>();
    Map<String, Double> scalars = new HashMap<>(Map.of("rate", 1e-3, "step", 1.0));
    for (Value input : program.inputs()) {
      long stream = inputs.size();
      if (scalars.containsKey(input.name())) {
        inputs.add(Tensor.full(DType.F64, scalars.getOrDefault(input.name(), 1.0)));
      } else if (input.type().dtype() == DType.I32) {
        inputs.add(tokens(input, random, stream));
      } else {
        inputs.add(new Parameter(input.name(), input.type(), 0, 0.05).initial(1, stream));
      }
    }
    return inputs;
  }

  private static Tensor tokens(Value input, Philox random, long stream) {
    int count = Math.toIntExact(input.type().shape().elementCount());
    int[] values = new int[count];
    for (int i = 0; i < count; i++) {
      values[i] = 3 + (int) (random.uniform(i, stream) * (VOCABULARY - 3));
    }
    return Tensor.of(values, input.type().shape().toArray());
  }
}
