package io.github.shardsum.moe;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.Epilogue;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Operand;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.EnumMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The Mixture-of-Experts layer of the GShard paper (arXiv 2006.16668, algorithm 2), on one device:
 * five einsums and the routing between the first two.
 *
 * <p>Dispatch and combine are einsums with a routing tensor, so rows are gathered and summed and no
 * dense {@code [G, S, E, C]} is ever formed; the value is that of the dense einsums. Immutable and
 * thread-safe. Bits depend on the arguments and the vector width alone, not on the threads.
 */
public final class MoeLayer {
  private final MoeWeights weights;
  private final GatingOptions gating;
  private final Workers workers;

  private MoeLayer(MoeWeights weights, GatingOptions gating, Workers workers) {
    this.weights = Objects.requireNonNull(weights, "weights");
    this.gating = Objects.requireNonNull(gating, "gating");
    this.workers = Objects.requireNonNull(workers, "workers");
  }

  /**
   * A layer.
   *
   * @param weights its weights, not copied
   * @param gating how tokens are sent to experts
   * @param workers the threads; not closed by the layer
   * @return the layer
   */
  public static MoeLayer of(MoeWeights weights, GatingOptions gating, Workers workers) {
    return new MoeLayer(weights, gating, workers);
  }

  /**
   * The weights.
   *
   * @return not a copy
   */
  public MoeWeights weights() {
    return weights;
  }

  /**
   * How tokens are sent to experts.
   *
   * @return the options
   */
  public GatingOptions gating() {
    return gating;
  }

  /**
   * A forward pass into fresh memory.
   *
   * @param input tokens of the layer's dtype, {@code [G, S, M]}, any strides
   * @param randomness the router's uniform numbers
   * @return the pass
   * @throws IllegalArgumentException if width or dtype of the tokens is not the layer's, or the
   *     routing fails as {@link Gating#route} says
   */
  public MoePass forward(MoeInput input, Randomness randomness) {
    return new Forward(input, randomness).run(Optional.empty());
  }

  /**
   * A forward pass into the memory of an earlier one, which it overwrites; if its sizes differ,
   * into fresh memory.
   *
   * @param input tokens of the layer's dtype, {@code [G, S, M]}, any strides, apart from the memory
   * @param randomness the router's uniform numbers
   * @param reuse what to write into
   * @return the pass, its activations being {@code reuse} if they fit
   * @throws IllegalArgumentException as {@link #forward(MoeInput, Randomness)}
   */
  public MoePass forward(MoeInput input, Randomness randomness, MoeActivations reuse) {
    return new Forward(input, randomness).run(Optional.of(Objects.requireNonNull(reuse, "reuse")));
  }

  /** One pass: its arguments and the times so far. */
  private final class Forward {
    private final MoeInput input;
    private final Randomness randomness;
    private final EnumMap<MoeStep, Long> nanos = new EnumMap<>(MoeStep.class);

    Forward(MoeInput input, Randomness randomness) {
      Tensor tokens = Objects.requireNonNull(input, "input").tokens();
      if (tokens.dtype() != weights.dtype() || tokens.size(2) != weights.model()) {
        throw new IllegalArgumentException(
            "moe: tokens "
                + weights.dtype()
                + "[G, S, "
                + weights.model()
                + "] are wanted, got "
                + tokens);
      }
      this.input = input;
      this.randomness = Objects.requireNonNull(randomness, "randomness");
    }

    MoePass run(Optional<MoeActivations> reuse) {
      Tensor logits = logits(reuse);
      run(MoeStep.GATES, logits, input.tokens(), weights.gate());
      long begin = System.nanoTime();
      GatingInput scores = new GatingInput(logits, GatingInput.Kind.LOGITS, input.nonPadding());
      Routing routing = Gating.route(scores, gating, randomness, workers);
      long routingNanos = System.nanoTime() - begin;
      MoeSizes sizes = sizes(routing.capacity());
      MoeActivations into =
          reuse
              .filter(memory -> memory.fits(sizes, weights.dtype()))
              .orElseGet(() -> MoeActivations.around(logits, sizes, weights.dtype()));
      moveAndCompute(routing, into);
      return new MoePass(sizes, into, routing, times(sizes, routing.routedRows()), routingNanos);
    }

    private void moveAndCompute(Routing routing, MoeActivations into) {
      run(MoeStep.DISPATCH, into.dispatched(), routing.dispatch(), input.tokens());
      run(MoeStep.HIDDEN, into.hidden(), into.dispatched(), weights.in());
      run(MoeStep.EXPERT_OUTPUTS, into.expertOutputs(), into.hidden(), weights.out());
      run(MoeStep.COMBINE, into.outputs(), routing.combine(), into.expertOutputs());
    }

    private Tensor logits(Optional<MoeActivations> reuse) {
      Shape shape = sizes(1).shape("GSE");
      DType dtype = MoeActivations.logitsOf(weights.dtype());
      return reuse
          .map(MoeActivations::logits)
          .filter(memory -> memory.shape().equals(shape) && memory.dtype() == dtype)
          .orElseGet(() -> Tensor.zeros(dtype, shape));
    }

    private MoeSizes sizes(long capacity) {
      return new MoeSizes(
          input.tokens().size(0),
          input.tokens().size(1),
          weights.experts(),
          capacity,
          weights.model(),
          weights.hidden());
    }

    private void run(MoeStep step, Tensor out, Operand first, Operand second) {
      Epilogue epilogue = step == MoeStep.HIDDEN ? Epilogue.none().withRelu() : Epilogue.none();
      EinsumOptions options =
          EinsumOptions.defaults()
              .withDtype(out.dtype())
              .withEpilogue(epilogue)
              .withWorkers(workers);
      Einsum einsum = Einsum.compileFor(step.equation(), options, first, second);
      long begin = System.nanoTime();
      einsum.runInto(out, first, second);
      nanos.put(step, System.nanoTime() - begin);
    }

    private List<MoeStepTime> times(MoeSizes sizes, long routedRows) {
      return nanos.entrySet().stream()
          .map(
              each ->
                  new MoeStepTime(
                      each.getKey(), sizes, weights.dtype(), routedRows, each.getValue()))
          .toList();
    }
  }
}
