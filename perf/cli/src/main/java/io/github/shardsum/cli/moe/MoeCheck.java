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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.TreeSet;

/**
 * Compares a pass with the paper's algorithms in f64 on the reference backend, an operation at a
 * time: the logits of sampled tokens, the whole route of their groups by the plain operations of
 * algorithm 1, and all outputs of the tokens by the literal einsums of algorithm 2. The bound of an
 * error is the most that f32 rounding can do, {@code n*u/(1 - n*u)} of the sum of absolute terms
 * for n terms with u = 2^-24; a separate program carries it through the layers.
 */
final class MoeCheck implements AutoCloseable {
  private static final double UNIT = 0x1p-24;

  /** Upper bound of the slope of an activation: gelu's is 1.13, silu's 1.10. */
  private static final double SLOPE = 1.13;

  /** Roundings of an activation, each of a number that is at most as large as its argument. */
  private static final int ACTIVATION_STEPS = 16;

  private static final String DISPATCH = "GSEC,GSM->EGCM";
  private static final String HIDDEN = "EGCM,EMH->EGCH";
  private static final String EXPERT_OUTPUTS = "EGCH,EHM->GECM";
  private static final String COMBINE = "GSEC,GECM->GSM";

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

  /** Logits of one token, and the error that each may have. */
  private Program gatesProgram() {
    ProgramBuilder p = Program.builder("gates");
    Value x = p.input("inputs", "f64[G=1 S=1 M=" + job.model() + "]");
    Value wg = p.input("wg", "f64[M=" + job.model() + " E=" + job.experts() + "]");
    p.output("logits", p.einsum("GSM,ME->GSE", x, wg));
    Value absolute = p.einsum("GSM,ME->GSE", absolute(p, x), absolute(p, wg));
    p.output("bound", p.scale(absolute, gamma(job.model())));
    return p.build();
  }

  /**
   * Algorithm 2 for one token and its experts with a slot each, and the error that outputs may
   * have.
   */
  private Program layerProgram() {
    ProgramBuilder p = Program.builder("algorithm_2");
    Value x = p.input("inputs", "f64[G=1 S=1 M=" + job.model() + "]");
    Map<String, Value> given = new HashMap<>();
    expertWeights().forEach((name, labels) -> given.put(name, p.input(name, type(labels))));
    Value combine = p.input("combine_weights", "f64[G=1 S=1 E=" + job.choices() + " C=1]");
    Value mask = p.input("dispatch_mask", "f64[G=1 S=1 E=" + job.choices() + " C=1]");
    Value dispatched = p.einsum(DISPATCH, mask, x);
    Off z = product(p, dispatched, of(given, "wi"), Optional.ofNullable(given.get("b_in")));
    Off h =
        job.activation().isGated()
            ? times(
                p,
                activated(p, Activation.SILU, z),
                product(p, dispatched, of(given, "wv"), Optional.ofNullable(given.get("b_v"))))
            : activated(p, job.activation(), z);
    Optional<Value> bias = Optional.ofNullable(given.get("b_out"));
    Optional<Value> absoluteBias = bias.map(each -> absolute(p, each));
    Value wo = of(given, "wo");
    p.output("outputs", outputs(p, combine, h.value(), wo, bias));
    Value rounding = p.scale(p.add(absolute(p, h.value()), h.error()), gamma(job.hidden() + 1));
    Value absoluteOut = absolute(p, wo);
    Optional<Value> rounded = absoluteBias.map(each -> p.scale(each, gamma(job.hidden() + 1)));
    Value carried = outputs(p, combine, p.add(h.error(), rounding), absoluteOut, rounded);
    Value absolute = outputs(p, combine, absolute(p, h.value()), absoluteOut, absoluteBias);
    p.output("bound", p.add(carried, p.scale(p.add(absolute, carried), gamma(job.choices() + 2))));
    return p.build();
  }

  /** Names of the experts' weights and their labels, in order. */
  private Map<String, String> expertWeights() {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("wi", "EMH");
    all.put("wo", "EHM");
    if (job.activation().isGated()) {
      all.put("wv", "EMH");
    }
    if (job.biased()) {
      all.put("b_in", "EH");
      all.put("b_out", "EM");
      if (job.activation().isGated()) {
        all.put("b_v", "EH");
      }
    }
    return all;
  }

  private String type(String labels) {
    StringJoiner type = new StringJoiner(" ", "f64[", "]");
    for (int i = 0; i < labels.length(); i++) {
      char label = labels.charAt(i);
      int size =
          switch (label) {
            case 'E' -> job.choices();
            case 'M' -> job.model();
            default -> job.hidden();
          };
      type.add(label + "=" + size);
    }
    return type.toString();
  }

  private static Value of(Map<String, Value> given, String name) {
    return Objects.requireNonNull(given.get(name), name);
  }

  /**
   * A value and the error that another computation of it may have.
   *
   * @param value the value
   * @param error at least 0
   */
  private record Off(Value value, Value error) {}

  private Off product(ProgramBuilder p, Value dispatched, Value weights, Optional<Value> bias) {
    Value product = p.einsum(HIDDEN, dispatched, weights);
    Value terms = p.einsum(HIDDEN, absolute(p, dispatched), absolute(p, weights));
    if (bias.isPresent()) {
      product = p.add(product, bias.get());
      terms = p.add(terms, absolute(p, bias.get()));
    }
    return new Off(product, p.scale(terms, gamma(job.model() + 1)));
  }

  /** An activation with its error: the argument's error times the slope, and its own rounding. */
  private static Off activated(ProgramBuilder p, Activation activation, Off z) {
    Value value = activation.of(p, z.value());
    if (activation == Activation.RELU) {
      return new Off(value, z.error());
    }
    Value own = p.scale(p.add(absolute(p, z.value()), z.error()), gamma(ACTIVATION_STEPS));
    return new Off(value, p.add(p.scale(z.error(), SLOPE), own));
  }

  private static Off times(ProgramBuilder p, Off x, Off y) {
    Value first = p.multiply(absolute(p, x.value()), y.error());
    Value most = p.add(absolute(p, y.value()), y.error());
    Value error = p.add(first, p.multiply(x.error(), most));
    Value all = p.add(absolute(p, p.multiply(x.value(), y.value())), error);
    return new Off(p.multiply(x.value(), y.value()), p.add(error, p.scale(all, gamma(1))));
  }

  private static Value outputs(
      ProgramBuilder p, Value combine, Value hidden, Value wo, Optional<Value> bias) {
    Value expertOutputs = p.einsum(EXPERT_OUTPUTS, hidden, wo);
    Value all = bias.map(each -> p.add(expertOutputs, each)).orElse(expertOutputs);
    return p.einsum(COMBINE, combine, all);
  }

  private static Value absolute(ProgramBuilder p, Value x) {
    return p.unary(UnaryKind.ABS, x);
  }

  /** The result so far. */
  MoeCheckResult result() {
    return new MoeCheckResult(tokens, groups, outputs, wrongRoutes, largestError, worstShare);
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
      // A choice that is not sent uses the weights of any expert, times 0.
      experts[choice] = Math.toIntExact(Math.max(0, position) / job.capacity());
      combine[choice] = reference.get(0).getDouble(0, s, choice);
      mask[choice] = position < 0 ? 0 : 1;
    }
    List<Tensor> inputs = new ArrayList<>(List.of(x));
    List<Tensor> all = weights.tensors();
    all.subList(1, all.size()).forEach(each -> inputs.add(of(each, experts)));
    inputs.add(Tensor.of(combine, 1, 1, job.choices(), 1));
    inputs.add(Tensor.of(mask, 1, 1, job.choices(), 1));
    return inputs;
  }

  /** The matrices or biases of some experts, in f64. */
  private static Tensor of(Tensor weights, int... experts) {
    long[] shape = weights.shape().toArray();
    shape[0] = experts.length;
    int count = Math.toIntExact(weights.shape().elementCount() / weights.size(0));
    double[] values = new double[experts.length * count];
    for (int i = 0; i < experts.length; i++) {
      double[] one = weights.select(0, experts[i]).toDoubleArray();
      System.arraycopy(one, 0, values, i * count, count);
    }
    return Tensor.of(values, shape);
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

  /** A NaN exceeds every bound. */
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
