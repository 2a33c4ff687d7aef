package io.github.shardsum.cli.moe;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.moe.Activation;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.MoeWeights;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.RouteInput;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * Holds a pass against the paper's algorithms in f64 on the reference backend, an operation at a
 * time: the logits of sampled tokens, the whole route of their groups by the plain operations of
 * algorithm 1, and all outputs of the tokens by the literal einsums of algorithm 2. An error is
 * allowed what f32 rounding can do at most, {@code n*u/(1 - n*u)} of the sum of absolute terms for
 * n terms, carried through the layers by a program of its own; u = 2^-24.
 */
final class MoeCheck implements AutoCloseable {
  private static final double UNIT = 0x1p-24;

  /** What an activation's slope is at most: gelu's is 1.13, silu's 1.10. */
  private static final double SLOPE = 1.13;

  /**
   * Roundings of an activation, of which each is of a number of the size of its argument at most.
   */
  private static final int ACTIVATION_STEPS = 16;

  private final MoeJob job;
  private final MoeWeights weights;
  private final Tensor gate;
  private final Philox philox;
  private final long stream;
  private final Executable route;
  private final Executable gates;
  private final Executable layer;

  private long tokens;
  private long groups;
  private long outputs;
  private long wrongRoutes;
  private double largestError;
  private double worstShare;

  MoeCheck(MoeJob job, MoeWeights weights, long stream) {
    this.job = job;
    this.weights = weights;
    this.gate = weights.gate().convert(DType.F64);
    this.philox = new Philox(job.seed());
    this.stream = stream;
    ReferenceBackend reference = new ReferenceBackend();
    this.route = reference.compile(routeProgram());
    this.gates = reference.compile(gatesProgram());
    this.layer = reference.compile(layerProgram());
  }

  private Program routeProgram() {
    ProgramBuilder p = Program.builder("algorithm_1");
    String tokens = "[G=1 S=" + job.group();
    RouteInput<Value> input =
        RouteInput.logits(p.input("logits", "f32" + tokens + " E=" + job.experts() + "]"))
            .withNonPadding(p.input("non_padding", "bool" + tokens + "]"))
            .withUniform(p.input("uniform", "f64" + tokens + "]"));
    List<Value> results =
        p.add(MoePrograms.route(input, job.options(), Randomness.seeded(job.seed())));
    p.output("weights", results.get(0));
    p.output("positions", results.get(1));
    return p.build();
  }

  /** Logits of one token, and what each may be off. */
  private Program gatesProgram() {
    ProgramBuilder p = Program.builder("gates");
    Value x = p.input("inputs", "f64[G=1 S=1 M=" + job.model() + "]");
    Value wg = p.input("wg", "f64[M=" + job.model() + " E=" + job.experts() + "]");
    p.output("logits", p.einsum("GSM,ME->GSE", x, wg));
    Value absolute = p.einsum("GSM,ME->GSE", absolute(p, x), absolute(p, wg));
    p.output("bound", p.scale(absolute, gamma(job.model())));
    return p.build();
  }

  /** Algorithm 2 for one token and its experts with a slot each, and what outputs may be off. */
  private Program layerProgram() {
    ProgramBuilder p = Program.builder("algorithm_2");
    String e = "E=" + job.choices();
    String m = " M=" + job.model();
    String h = " H=" + job.hidden();
    Value x = p.input("inputs", "f64[G=1 S=1" + m + "]");
    Value wi = p.input("wi", "f64[" + e + m + h + "]");
    Value wo = p.input("wo", "f64[" + e + h + m + "]");
    Value combine = p.input("combine_weights", "f64[G=1 S=1 " + e + " C=1]");
    Value mask = p.input("dispatch_mask", "f64[G=1 S=1 " + e + " C=1]");
    Value dispatched = p.einsum(LayerStep.DISPATCH.equation(), mask, x);
    Value product = p.einsum(LayerStep.HIDDEN.equation(), dispatched, wi);
    Value hidden = job.activation().of(p, product);
    p.output("outputs", outputs(p, combine, hidden, wo));
    Value terms = p.einsum(LayerStep.HIDDEN.equation(), absolute(p, dispatched), absolute(p, wi));
    Value error = activationError(p, absolute(p, product), p.scale(terms, gamma(job.model())));
    Value rounding = p.scale(p.add(absolute(p, hidden), error), gamma(job.hidden()));
    Value absoluteOut = absolute(p, wo);
    Value carried = outputs(p, combine, p.add(error, rounding), absoluteOut);
    Value absolute = outputs(p, combine, absolute(p, hidden), absoluteOut);
    p.output("bound", p.add(carried, p.scale(p.add(absolute, carried), gamma(job.choices() + 1))));
    return p.build();
  }

  /** What an activation makes of its argument's error, with its own. */
  private Value activationError(ProgramBuilder p, Value argument, Value error) {
    if (job.activation() == Activation.RELU) {
      return error;
    }
    Value own = p.scale(p.add(argument, error), gamma(ACTIVATION_STEPS));
    return p.add(p.scale(error, SLOPE), own);
  }

  private static Value outputs(ProgramBuilder p, Value combine, Value hidden, Value wo) {
    Value expertOutputs = p.einsum(LayerStep.EXPERT_OUTPUTS.equation(), hidden, wo);
    return p.einsum(LayerStep.COMBINE.equation(), combine, expertOutputs);
  }

  private static Value absolute(ProgramBuilder p, Value x) {
    return p.unary(UnaryKind.ABS, x);
  }

  /** What has been found so far. */
  CheckResult result() {
    return new CheckResult(tokens, groups, outputs, wrongRoutes, largestError, worstShare);
  }

  /**
   * Checks sampled tokens of a pass.
   *
   * @param pass the pass
   * @param sample indices of real tokens in its batch
   */
  void check(MoePass pass, NavigableSet<Integer> sample) {
    int size = job.group();
    for (int group : new TreeSet<>(sample.stream().map(token -> token / size).toList())) {
      List<Tensor> reference = route(pass, group);
      groups++;
      for (int token : sample.subSet(group * size, (group + 1) * size)) {
        check(pass, group, token - group * size, reference);
      }
    }
  }

  /** Weights and positions of a group by its logits. */
  private List<Tensor> route(MoePass pass, int group) {
    int size = job.group();
    int first = group * size;
    byte[] real = new byte[size];
    Arrays.fill(real, 0, Math.min(size, pass.batch().count() - first), (byte) 1);
    double[] uniform = new double[size];
    for (int s = 0; s < size; s++) {
      uniform[s] = philox.uniform(pass.batch().position() + first + s, stream);
    }
    return route.run(
        pass.result().logits().slice(0, group, group + 1),
        Tensor.ofBool(real, 1, size),
        Tensor.of(uniform, 1, size));
  }

  private void check(MoePass pass, int group, int s, List<Tensor> reference) {
    Tensor x = token(pass.batch().tokens(), group, s).convert(DType.F64);
    List<Tensor> logits = gates.run(x, gate);
    compare(logits, token(pass.result().logits(), group, s));
    checkRoute(pass, group, s, reference);
    compare(layer.run(layerInputs(x, s, reference)), token(pass.result().outputs(), group, s));
    tokens++;
    outputs += job.model();
  }

  private static Tensor token(Tensor all, int group, int s) {
    return all.slice(0, group, group + 1).slice(1, s, s + 1);
  }

  private void checkRoute(MoePass pass, int group, int s, List<Tensor> reference) {
    for (int choice = 0; choice < job.choices(); choice++) {
      double weight = reference.get(0).getDouble(0, s, choice);
      double off = Math.abs(pass.result().weights().getDouble(group, s, choice) - weight);
      long position = pass.result().positions().getLong(group, s, choice);
      boolean same = position == reference.get(1).getLong(0, s, choice) && off <= 2 * UNIT * weight;
      wrongRoutes += same ? 0 : 1;
    }
  }

  private List<Tensor> layerInputs(Tensor x, int s, List<Tensor> reference) {
    double[] combine = new double[job.choices()];
    double[] mask = new double[job.choices()];
    int[] experts = new int[job.choices()];
    for (int choice = 0; choice < job.choices(); choice++) {
      long position = reference.get(1).getLong(0, s, choice);
      // The weights of a choice that is not sent are those of any expert, times 0.
      experts[choice] = Math.toIntExact(Math.max(0, position) / job.capacity());
      combine[choice] = reference.get(0).getDouble(0, s, choice);
      mask[choice] = position < 0 ? 0 : 1;
    }
    return List.of(
        x,
        of(weights.in(), experts),
        of(weights.out(), experts),
        Tensor.of(combine, 1, 1, job.choices(), 1),
        Tensor.of(mask, 1, 1, job.choices(), 1));
  }

  /** The matrices of some experts, in f64. */
  private static Tensor of(Tensor matrices, int... experts) {
    int count = Math.toIntExact(matrices.size(1) * matrices.size(2));
    double[] values = new double[experts.length * count];
    for (int i = 0; i < experts.length; i++) {
      double[] one = matrices.select(0, experts[i]).toDoubleArray();
      System.arraycopy(one, 0, values, i * count, count);
    }
    return Tensor.of(values, experts.length, matrices.size(1), matrices.size(2));
  }

  private static double gamma(int terms) {
    return terms * UNIT / (1 - terms * UNIT);
  }

  private void compare(List<Tensor> expected, Tensor given) {
    double[] values = expected.get(0).toDoubleArray();
    double[] bounds = expected.get(1).toDoubleArray();
    double[] numbers = given.contiguous().toDoubleArray();
    for (int i = 0; i < values.length; i++) {
      compare(values[i], numbers[i], bounds[i]);
    }
  }

  /** A NaN counts as beyond any bound. */
  private void compare(double expected, double given, double bound) {
    double error = Math.abs(given - expected);
    double share = error == 0 ? 0 : error <= bound ? error / bound : Double.POSITIVE_INFINITY;
    largestError = Math.max(largestError, Double.isNaN(error) ? Double.POSITIVE_INFINITY : error);
    worstShare = Math.max(worstShare, share);
  }

  @Override
  public void close() {
    route.close();
    gates.close();
    layer.close();
  }
}
