package io.github.shardsum.moe;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.StepTime;
import io.github.shardsum.internal.moe.route.ArgumentChecks;
import io.github.shardsum.moe.RouteInput.Uniform;
import io.github.shardsum.moe.RouteOptions.SecondChoice;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * The compiled Mixture-of-Experts layer of the GShard paper (algorithm 2). It is a short interface
 * to the program of {@link MoePrograms}. Thread-safe.
 *
 * <p>
 *
 * {@snippet :
 * try (Moe moe = Moe.compile(spec, LocalBackend.of(workers, MoePrograms.kernels()))) {
 *   Moe.Result result = moe.run(weights, tokens);
 * }
 * }
 *
 * <p>A program has fixed sizes. For another number of groups or of tokens in a group, and for
 * padding, a program is compiled at the first run and kept until the layer is closed. The programs
 * are those of {@link MoePrograms#raggedLayer}, so nothing is computed for empty slots. Scores that
 * cannot be used for routing are not an error: a NaN or infinite logit makes its token's gates NaN.
 */
public final class Moe implements AutoCloseable {
  private final MoeSpec spec;
  private final Backend backend;
  private final CompileOptions options;
  private final Map<MoeSpec, Executable> executables = new ConcurrentHashMap<>();

  private Moe(MoeSpec spec, Backend backend, CompileOptions options) {
    this.spec = Objects.requireNonNull(spec, "spec");
    this.backend = Objects.requireNonNull(backend, "backend");
    this.options = Objects.requireNonNull(options, "options");
  }

  /**
   * Compiles a layer.
   *
   * @param spec the layer; the number of groups, the tokens in a group, padding and random numbers
   *     may differ from run to run
   * @param backend runs the programs; without {@link MoePrograms#kernels} a route is slow
   * @return the layer
   * @throws IllegalArgumentException as {@link MoePrograms#layer(MoeSpec)}
   */
  public static Moe compile(MoeSpec spec, Backend backend) {
    return compile(spec, backend, CompileOptions.defaults());
  }

  /**
   * Compiles a layer.
   *
   * @param spec as {@link #compile(MoeSpec, Backend)}
   * @param backend runs the programs
   * @param options the options for each compilation
   * @return the layer
   * @throws IllegalArgumentException as {@link MoePrograms#layer(MoeSpec)}
   */
  public static Moe compile(MoeSpec spec, Backend backend, CompileOptions options) {
    Moe moe = new Moe(spec, backend, options);
    moe.executable(moe.specOf(spec.sizes(), spec.padded()));
    return moe;
  }

  /**
   * The outputs of a run.
   *
   * @param outputs {@code [G, S, M]}, without the residual; 0 for a token without an expert
   * @param auxLoss {@code [G]} of f64: the load-balancing loss of each group
   * @param zLoss scalar of f64: the router z-loss
   * @param logits {@code [G, S, E]}: the router's logits, in f32 if the layer is in bf16
   * @param weights {@code [G, S, K]}: combine weights, 0 for a choice that is not sent
   * @param positions {@code [G, S, K]} of i32: {@code expert * C + slot}, -1 for a choice that is
   *     not sent
   * @param asked {@code [G, E]} of i32: slots asked for at each expert, before truncation
   * @param overflow {@code [G]} of i32: choices that found their expert full
   * @param placed {@code [G, E]} of i32: tokens that each expert gets
   * @param unusable {@code [G]} of i32: real tokens that cannot be routed, because a logit is NaN
   *     or infinite, or all logits are masked
   */
  public record Result(
      Tensor outputs,
      Tensor auxLoss,
      Tensor zLoss,
      Tensor logits,
      Tensor weights,
      Tensor positions,
      Tensor asked,
      Tensor overflow,
      Tensor placed,
      Tensor unusable) {
    private static Result of(Map<String, Tensor> outputs) {
      Function<String, Tensor> named = name -> Objects.requireNonNull(outputs.get(name), name);
      return new Result(
          named.apply("outputs"),
          named.apply("aux_loss"),
          named.apply("z_loss"),
          named.apply("logits"),
          named.apply("weights"),
          named.apply("positions"),
          named.apply("asked"),
          named.apply("overflow"),
          named.apply("placed"),
          named.apply("unusable"));
    }

    /** The tensor of an output of the program. */
    private Tensor named(String output) {
      return switch (output) {
        case "outputs" -> outputs;
        case "aux_loss" -> auxLoss;
        case "z_loss" -> zLoss;
        case "logits" -> logits;
        case "weights" -> weights;
        case "positions" -> positions;
        case "asked" -> asked;
        case "overflow" -> overflow;
        case "placed" -> placed;
        case "unusable" -> unusable;
        default -> throw new IllegalArgumentException("moe: no result " + output);
      };
    }

    private List<Tensor> inOrder(Program program) {
      return program.outputs().stream().map(output -> named(output.name())).toList();
    }
  }

  /**
   * Runs on tokens without padding, with the specification's random numbers.
   *
   * @param weights the weights, with the specification's E, M, H and dtype
   * @param tokens {@code [G, S, M]} of the same dtype
   * @return fresh tensors
   * @throws IllegalArgumentException if a size or dtype does not fit the specification
   */
  public Result run(MoeWeights weights, Tensor tokens) {
    return run(weights, tokens, Optional.empty(), spec.randomness());
  }

  /**
   * Runs.
   *
   * @param weights the weights, with the specification's E, M, H and dtype
   * @param tokens {@code [G, S, M]} of the same dtype
   * @param nonPadding {@code [G, S]} of bool: true if the token is real; without it, all tokens are
   *     real
   * @param randomness the generator, for options that draw random numbers
   * @return fresh tensors
   * @throws IllegalArgumentException if a size or dtype does not fit the specification
   */
  public Result run(
      MoeWeights weights, Tensor tokens, Optional<Tensor> nonPadding, Randomness randomness) {
    Run run = new Run(weights, tokens, nonPadding, randomness);
    List<Value> names = run.executable.program().outputs();
    List<Tensor> results = run.executable.run(run.inputs);
    Map<String, Tensor> named = new HashMap<>();
    for (int i = 0; i < results.size(); i++) {
      named.put(names.get(i).name(), results.get(i));
    }
    return Result.of(named);
  }

  /**
   * Runs into the tensors of an earlier result.
   *
   * @param result the result of a run with the same sizes, which is overwritten; it must not
   *     overlap an argument
   * @param weights as {@link #run(MoeWeights, Tensor, Optional, Randomness)}
   * @param tokens as for {@code run}
   * @param nonPadding as for {@code run}
   * @param randomness as for {@code run}
   * @throws IllegalArgumentException if a size or dtype does not fit the specification; nothing is
   *     then written
   */
  public void runInto(
      Result result,
      MoeWeights weights,
      Tensor tokens,
      Optional<Tensor> nonPadding,
      Randomness randomness) {
    Objects.requireNonNull(result, "result");
    Run run = new Run(weights, tokens, nonPadding, randomness);
    run.executable.runInto(result.inOrder(run.executable.program()), run.inputs);
  }

  /** The program for a run's arguments, and its inputs. */
  private final class Run {
    final Executable executable;
    final List<Tensor> inputs;

    Run(MoeWeights weights, Tensor tokens, Optional<Tensor> nonPadding, Randomness randomness) {
      Objects.requireNonNull(weights, "weights");
      Objects.requireNonNull(randomness, "randomness");
      MoeSizes sizes = MoeSizes.of(tokens, weights, spec.options());
      check(sizes, weights);
      MoeSpec program = specOf(sizes, nonPadding.isPresent());
      inputs = new ArrayList<>(List.of(tokens));
      inputs.addAll(weights.tensors());
      if (nonPadding.isPresent()) {
        Shape shape = sizes.shape("GS");
        ArgumentChecks.shape("moe: padding mask", "[G, S]", shape, nonPadding.get());
        inputs.add(nonPadding.get());
      }
      if (program.uniform() == Uniform.PER_TOKEN) {
        inputs.add(draw(sizes, randomness));
      }
      executable = executable(program);
    }
  }

  private void check(MoeSizes given, MoeWeights weights) {
    MoeSizes sizes = spec.sizes();
    boolean same =
        given.experts() == sizes.experts()
            && given.model() == sizes.model()
            && given.hidden() == sizes.hidden()
            && weights.dtype() == spec.dtype();
    boolean sameParts =
        weights.linear().isPresent() == spec.activation().isGated()
            && weights.bias().isPresent() == spec.biased();
    if (same && !sameParts) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "moe: weights must be %s wv and %s biases for %s, got them %s wv and %s biases",
              with(spec.activation().isGated()),
              with(spec.biased()),
              spec.activation(),
              with(weights.linear().isPresent()),
              with(weights.bias().isPresent())));
    }
    if (!same) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "moe: weights must be %s with E=%d, M=%d and H=%d, got wg %s, wi %s",
              spec.dtype(),
              sizes.experts(),
              sizes.model(),
              sizes.hidden(),
              weights.gate().description(),
              weights.in().description()));
    }
  }

  private static String with(boolean has) {
    return has ? "with" : "without";
  }

  /**
   * One program serves all seeds, streams and first tokens, because its random numbers are an
   * input.
   */
  private MoeSpec specOf(MoeSizes sizes, boolean padded) {
    SecondChoice second = spec.options().secondChoice();
    boolean draws = second instanceof SecondChoice.Random || second instanceof SecondChoice.Sample;
    Uniform source = draws ? Uniform.PER_TOKEN : Uniform.DRAWN;
    MoeSpec program =
        MoeSpec.of(sizes, spec.dtype(), spec.options(), Randomness.seeded(0))
            .withUniform(source)
            .withActivation(spec.activation())
            .withMetrics();
    program = spec.biased() ? program.withBias() : program;
    return padded ? program.withPadding() : program;
  }

  private Executable executable(MoeSpec program) {
    return executables.computeIfAbsent(
        program, each -> backend.compile(MoePrograms.raggedLayer(each), options));
  }

  private static Tensor draw(MoeSizes sizes, Randomness randomness) {
    double[] numbers =
        new double[ArgumentChecks.arrayLength("moe: tokens", sizes.groups(), sizes.tokens())];
    Philox philox = new Philox(randomness.seed());
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = philox.uniform(randomness.firstToken() + i, randomness.stream());
    }
    return Tensor.of(numbers, sizes.groups(), sizes.tokens());
  }

  /**
   * The times of all steps so far, for all compiled programs. The layer must be compiled with
   * {@link CompileOptions#withProfile}.
   *
   * @return one profile for each step
   * @throws IllegalStateException as {@link Executable#profile}
   */
  public List<StepTime> profile() {
    return executables.values().stream().flatMap(each -> each.profile().stream()).toList();
  }

  /**
   * The program for the specification's sizes.
   *
   * @return the executable's table
   */
  public String explain() {
    return executable(specOf(spec.sizes(), spec.padded())).explain();
  }

  /** Closes all compiled programs; a second call does nothing. */
  @Override
  public void close() {
    executables.values().forEach(Executable::close);
  }
}
