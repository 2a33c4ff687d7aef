package io.github.shardsum.cli.moe;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.Activation;
import io.github.shardsum.moe.Moe;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.MoeSpec;
import io.github.shardsum.moe.MoeWeights;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.RouteInput.Uniform;
import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Runs passes forward and backward in one program. Outputs have random cotangents, and losses have
 * the weights that training gives them.
 *
 * <p>The first pass is checked by Euler's identity: outputs are linear in wo and its bias, so
 * {@code <wo, gradient of wo>} equals {@code <outputs, cotangents>} up to f32 rounding, at most
 * {@code n*u} of the sum of absolute terms, where n is the total length of the sums.
 */
final class MoeBackward implements AutoCloseable {
  private static final long COTANGENT_STREAM = 5;
  private static final double AUX_WEIGHT = 0.01;
  private static final double Z_WEIGHT = 1e-3;
  private static final double UNIT = 0x1p-24;

  /**
   * The place of the first gradient among the results: outputs and losses come before. The
   * gradients are by inputs, wg, wi and wo.
   */
  private static final int GRADIENTS = 3;

  private final MoeJob job;
  private final MoeWeights weights;
  private final long stream;
  private final LocalBackend backend;
  private final Map<MoeLayerForm, Executable> executables = new HashMap<>();
  private final Map<MoeLayerForm, List<Tensor>> memory = new HashMap<>();
  private long passes;
  private double seconds;
  private double flops;
  private double share;

  MoeBackward(MoeJob job, MoeWeights weights, long stream, Workers workers) {
    this.job = job;
    this.weights = weights;
    this.stream = stream;
    this.backend = LocalBackend.of(workers, MoePrograms.kernels());
  }

  /**
   * Result of the passes.
   *
   * @param passes passes that were run
   * @param seconds wall time of forward and backward together
   * @param flops FLOPs of both, three times the forward products and sums
   * @param share the error as a share of the identity's bound; infinite if the error exceeds the
   *     bound or a gradient is not finite
   */
  record Found(long passes, double seconds, double flops, double share) {
    boolean passed() {
      return share <= 1;
    }
  }

  Found found() {
    return new Found(passes, seconds, flops, share);
  }

  /** Runs a pass that has been run forward. */
  void run(MoePass pass) {
    MoeLayerForm form = pass.form();
    Executable executable = executables.computeIfAbsent(form, this::compile);
    Tensor cotangents = cotangents(form);
    List<Tensor> inputs = inputs(pass, cotangents);
    // The first run of a form is not timed, since it allocates memory and compiles code.
    List<Tensor> results = memory.computeIfAbsent(form, _ -> executable.run(inputs));
    long begin = System.nanoTime();
    executable.runInto(results, inputs);
    seconds += (System.nanoTime() - begin) / 1e9;
    for (MoeLayerStep step : MoeLayerStep.values()) {
      flops += 3 * step.flops(form, pass.routedRows());
    }
    if (passes++ == 0) {
      check(pass, results, cotangents);
    }
  }

  private Executable compile(MoeLayerForm form) {
    MoeSpec spec =
        job.spec(form.sizes(), Randomness.seeded(0))
            .withPadding()
            .withUniform(Uniform.PER_TOKEN)
            .withHiddenKept();
    return backend.compile(MoePrograms.gradient(MoePrograms.raggedLayer(spec)));
  }

  private List<Tensor> inputs(MoePass pass, Tensor cotangents) {
    MoeLayerForm form = pass.form();
    int tokens = Math.toIntExact(form.shape("GS").elementCount());
    byte[] real = new byte[tokens];
    Arrays.fill(real, 0, pass.batch().count(), (byte) 1);
    Philox philox = new Philox(job.seed());
    double[] uniform = new double[tokens];
    for (int i = 0; i < tokens; i++) {
      uniform[i] = philox.uniform(pass.batch().position() + i, stream);
    }
    long groups = form.sizes().groups();
    double[] aux = new double[Math.toIntExact(groups)];
    Arrays.fill(aux, AUX_WEIGHT / groups);
    List<Tensor> inputs = new ArrayList<>(List.of(pass.batch().tokens()));
    inputs.addAll(weights.tensors());
    inputs.addAll(
        List.of(
            Tensor.ofBool(real, groups, job.group()),
            Tensor.of(uniform, groups, job.group()),
            cotangents,
            Tensor.of(aux, groups),
            Tensor.full(DType.F64, Z_WEIGHT)));
    return List.copyOf(inputs);
  }

  private Tensor cotangents(MoeLayerForm form) {
    Philox philox = new Philox(job.seed());
    float[] values = new float[Math.toIntExact(form.shape("GSM").elementCount())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (2 * philox.uniform(i, COTANGENT_STREAM) - 1);
    }
    return Tensor.of(values, form.shape("GSM").toArray());
  }

  private void check(MoePass pass, List<Tensor> results, Tensor cotangents) {
    // Gradients of the tokens, wg, wi and wo, and then of those of wv, b_in and b_out that exist.
    double byWeights = dot(weights.out(), results.get(GRADIENTS + 3));
    if (weights.bias().isPresent()) {
      int at = GRADIENTS + 5 + (weights.linear().isPresent() ? 1 : 0);
      byWeights += dot(weights.bias().get().out(), results.get(at));
    }
    double byOutputs = dot(results.getFirst(), cotangents);
    double terms = job.hidden() + job.choices() + largestLoad(pass) + 4;
    double bound = terms * UNIT * absoluteTerms(pass, cotangents);
    double error = Math.abs(byWeights - byOutputs);
    share = error <= bound ? error / Math.max(bound, Double.MIN_VALUE) : Double.POSITIVE_INFINITY;
    for (Tensor gradient : results.subList(GRADIENTS, results.size())) {
      if (!Double.isFinite(dot(gradient, gradient))) {
        share = Double.POSITIVE_INFINITY;
      }
    }
  }

  /** Rows of the expert with the most rows: the terms of a gradient of wo. */
  private long largestLoad(MoePass pass) {
    long[] rows = new long[job.experts()];
    long[] placed = pass.result().placed().toLongArray();
    for (int i = 0; i < placed.length; i++) {
      rows[i % rows.length] += placed[i];
    }
    return Arrays.stream(rows).max().orElse(0);
  }

  /**
   * An upper bound of the sum of the absolute terms of the outputs. An activation is at most as
   * large as its argument, which is the sum or difference of two relus.
   */
  private double absoluteTerms(MoePass pass, Tensor cotangents) {
    if (weights.linear().isPresent()) {
      return gatedTerms(pass, cotangents, weights.linear().get());
    }
    Optional<MoeWeights.Bias> bias = weights.bias();
    MoeWeights positive =
        new MoeWeights(
            weights.gate(),
            weights.in(),
            changed(weights.out(), true),
            Optional.empty(),
            bias.map(b -> new MoeWeights.Bias(b.in(), changed(b.out(), true), b.linear())));
    MoeWeights negative =
        new MoeWeights(
            weights.gate(),
            changed(weights.in(), false),
            positive.out(),
            Optional.empty(),
            positive
                .bias()
                .map(b -> new MoeWeights.Bias(changed(b.in(), false), b.out(), b.linear())));
    Randomness randomness =
        Randomness.seeded(job.seed()).stream(stream).from(pass.batch().position());
    MoeSpec spec = job.spec(pass.form().sizes(), randomness).withActivation(Activation.RELU);
    Tensor absolute = changed(cotangents, true);
    double sum = 0;
    try (Moe moe = Moe.compile(spec, backend)) {
      for (MoeWeights each : List.of(positive, negative)) {
        Optional<Tensor> mask = pass.batch().nonPadding();
        sum += dot(moe.run(each, pass.batch().tokens(), mask, randomness).outputs(), absolute);
      }
    }
    return sum;
  }

  /**
   * The same bound for a gated activation, which is at most the product of its arguments. The
   * Cauchy inequality gives it from the norms of tokens, cotangents and an expert's matrices.
   */
  private double gatedTerms(MoePass pass, Tensor cotangents, Tensor linear) {
    double in = 0;
    double second = 0;
    double out = 0;
    for (int expert = 0; expert < job.experts(); expert++) {
      in = Math.max(in, norm(weights.in().select(0, expert)));
      second = Math.max(second, norm(linear.select(0, expert)));
      out = Math.max(out, norm(weights.out().select(0, expert)));
    }
    double bias = weights.bias().map(b -> norm(b.in())).orElse(0.0);
    double secondBias =
        weights.bias().flatMap(MoeWeights.Bias::linear).map(MoeBackward::norm).orElse(0.0);
    double outBias = weights.bias().map(b -> norm(b.out())).orElse(0.0);
    double sum = 0;
    for (int group = 0; group < pass.form().sizes().groups(); group++) {
      for (int s = 0; s < job.group(); s++) {
        double x = norm(pass.batch().tokens().select(0, group).select(0, s));
        double y = norm(cotangents.select(0, group).select(0, s));
        sum += job.choices() * y * ((x * in + bias) * (x * second + secondBias) * out + outBias);
      }
    }
    return sum;
  }

  private static double norm(Tensor x) {
    return Math.sqrt(dot(x, x));
  }

  /** Absolute values, or negated ones. */
  private static Tensor changed(Tensor x, boolean absolute) {
    float[] values = x.toFloatArray();
    for (int i = 0; i < values.length; i++) {
      values[i] = absolute ? Math.abs(values[i]) : -values[i];
    }
    return Tensor.of(values, x.shape().toArray());
  }

  private static double dot(Tensor x, Tensor y) {
    float[] left = x.toFloatArray();
    float[] right = y.toFloatArray();
    double sum = 0;
    for (int i = 0; i < left.length; i++) {
      sum += (double) left[i] * right[i];
    }
    return sum;
  }

  @Override
  public void close() {
    executables.values().forEach(Executable::close);
  }
}
