package io.github.shardsum.lab.compare;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.bench.BenchmarkData;
import io.github.shardsum.bench.MoeCase;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.measure.Timed;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.MoeWeights;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A compiled forward layer whose tokens follow a given load. The first E elements of a token are
 * its logits, since the router copies them.
 */
final class SkewedLayer implements AutoCloseable {
  private static final float FIRST = 8;
  private static final float SECOND = 6;

  private final MoeCase layer;
  private final MoeWeights weights;
  private final Executable executable;

  SkewedLayer(MoeCase layer, Workers workers) {
    if (layer.sizes().experts() > layer.sizes().model()) {
      throw new IllegalArgumentException("skew: must have E of at most M, got " + layer);
    }
    this.layer = layer;
    MoeWeights random = layer.weights();
    this.weights =
        new MoeWeights(gate(layer), random.in(), random.out(), random.linear(), random.bias());
    this.executable =
        LocalBackend.of(workers, MoePrograms.kernels())
            .compile(MoePrograms.raggedLayer(layer.spec().withMetrics()));
  }

  private static Tensor gate(MoeCase layer) {
    int experts = (int) layer.sizes().experts();
    float[] values = new float[(int) layer.sizes().model() * experts];
    for (int expert = 0; expert < experts; expert++) {
      values[expert * experts + expert] = 1;
    }
    return Tensor.of(values, layer.sizes().model(), experts);
  }

  long[] counts(ExpertLoad load) {
    return load.counts((int) layer.sizes().experts(), layer.rows());
  }

  /** The program of the compiled layer. */
  Program program() {
    return executable.program();
  }

  /**
   * The layer over tokens of a load; throws unless each expert gets the tokens that the load gives
   * it.
   */
  Timed timed(ExpertLoad load) {
    List<Tensor> inputs = inputs(load);
    List<Tensor> outputs = outputs(load, inputs);
    return Timed.of(() -> executable.runInto(outputs, inputs));
  }

  /** The inputs of the layer for a load. */
  List<Tensor> inputs(ExpertLoad load) {
    List<Tensor> inputs = new ArrayList<>(List.of(tokens(ExpertLoad.choices(counts(load)))));
    inputs.addAll(weights.tensors());
    return inputs;
  }

  /** The outputs of the layer; throws unless each expert gets the tokens that the load gives it. */
  List<Tensor> outputs(ExpertLoad load, List<Tensor> inputs) {
    long[] counts = counts(load);
    List<Tensor> outputs = executable.run(inputs);
    int placed = outputs.size() - 2;
    double[] got = outputs.get(placed).toDoubleArray();
    for (int expert = 0; expert < counts.length; expert++) {
      double sum = 0;
      for (int i = expert; i < got.length; i += counts.length) {
        sum += got[i];
      }
      BenchmarkData.check("rows of expert " + expert + " by load " + load, counts[expert], sum, 0);
    }
    return outputs;
  }

  private Tensor tokens(int[][] choices) {
    int model = (int) layer.sizes().model();
    int experts = (int) layer.sizes().experts();
    float[] values = layer.tokens().toFloatArray();
    for (int token = 0; token < choices.length; token++) {
      int at = token * model;
      Arrays.fill(values, at, at + experts, 0);
      values[at + choices[token][0]] = FIRST;
      values[at + choices[token][1]] = SECOND;
    }
    return Tensor.of(values, layer.sizes().shape("GSM").toArray());
  }

  @Override
  public void close() {
    executable.close();
  }
}
