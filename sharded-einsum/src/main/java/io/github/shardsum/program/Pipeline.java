package io.github.shardsum.program;

import io.github.shardsum.internal.program.pipeline.Circular;
import io.github.shardsum.internal.program.pipeline.OneForwardOneBackward;
import io.github.shardsum.internal.program.pipeline.Stages;
import io.github.shardsum.program.Nested.Scan;
import java.util.ArrayList;
import java.util.List;

/**
 * A pipeline: one program for each of S stages, each with its own weights, which microbatches pass
 * one after the other. A pipeline adds statements to a program; weights that are split along the
 * label of stages, as {@code w=S@p}, place each stage on its own devices. In each round every stage
 * computes one microbatch and passes the result to the next stage. In the rounds at the beginning
 * and at the end some stages have no microbatch and compute on zeros; the results are not used.
 *
 * <pre>{@code
 * var stage = Program.parse("""
 *     program stage {
 *       input x: f32[B=2 D=8]
 *       input w: f32[D=8 E=8]
 *       h = einsum(x, w) {equation="B D, D E -> B E"}
 *       r = tanh(h)
 *       y = merge(r) {labels=["E"], into="D"}
 *       output y
 *     }
 *     """);
 * var p = Program.builder("pipe");
 * var x = p.input("x", "f32[M=4 B=2 D=8]");
 * var w = p.input("w", "f32[S=2 D=8 E=8]");
 * p.output("y", new Pipeline(stage, "S", "M").apply(p, List.of(x), List.of(w))); // f32[M=4 B=2 D=8]
 * }</pre>
 *
 * @param stage the program of a stage; its first inputs are the results of the stage before, one
 *     for each output and of its type, and the other inputs are weights. An output that is an input
 *     travels with its microbatch, as a mask does
 * @param stages the label of stages, which comes first in weights and nowhere in the stage
 * @param microbatches the label of microbatches, which comes first in operands and nowhere in the
 *     stage
 */
public record Pipeline(Program stage, String stages, String microbatches) {
  /**
   * Checks the stage.
   *
   * @throws ProgramException if the first inputs have not the types of the outputs, or there are no
   *     weights
   */
  public Pipeline {
    List<ValueType> results = stage.outputs().stream().map(Pipeline::type).toList();
    List<ValueType> operands = stage.inputs().stream().map(Pipeline::type).toList();
    int states = results.size();
    if (states >= operands.size() || !operands.subList(0, states).equals(results)) {
      throw ProgramException.at(
          "pipeline of " + stage.name(),
          "a stage must have inputs of the types of its outputs, and then weights, got inputs "
              + stage.inputs()
              + " and outputs "
              + stage.outputs());
    }
  }

  /**
   * The number of values that pass from stage to stage.
   *
   * @return at least one
   */
  public int states() {
    return stage.outputs().size();
  }

  private static ValueType type(Value value) {
    return value.type().withoutLayout();
  }

  /**
   * The first result of the last stage by the schedule GPipe (Huang et al. 2019): M + S - 1 rounds,
   * of which each stage has no microbatch in S - 1. Microbatches enter from the last one to the
   * first one, so that the gradient adds those of weights from the first one to the last one. A
   * stage must give finite results and gradients for zeros.
   *
   * @param p the builder to which statements are added
   * @param x the microbatches, {@code [M ...]}, for each value that passes from stage to stage
   * @param weights the weights of all stages, {@code [S ...]}
   * @return the results, {@code [M ...]}
   * @throws ProgramException if an operand has another type
   */
  public Value apply(ProgramBuilder p, List<Value> x, List<Value> weights) {
    Stages all = Stages.of(this, x, weights);
    long last = all.count() - 1;
    List<Value> feed = x.stream().map(each -> all.feed(p, each, last, 0)).toList();
    ProgramBuilder b = Program.builder("round");
    List<Value> inputs = new ArrayList<>();
    List<Value> zeros = all.zeros(p);
    for (Value like : zeros) {
      inputs.add(b.input("state" + inputs.size(), like.type()));
    }
    for (Value like : zeros) {
      inputs.add(b.input("next" + inputs.size(), like.type()));
    }
    List<Value> operands =
        all.entered(b, inputs.subList(states(), 2 * states()), inputs.subList(0, states()));
    weights.forEach(w -> operands.add(b.input("w" + operands.size(), type(w))));
    List<Value> made = b.inline(all.all(stage), operands);
    all.moved(b, made, 1).forEach(b::output);
    b.output(made.getFirst());
    long rounds = feed.getFirst().type().size(microbatches);
    Value results =
        p.add(new Scan(rounds, microbatches, true, b.build(), zeros, feed, weights)).getLast();
    return all.at(p, p.slice(results, microbatches, 0, rounds - last), last);
  }

  /**
   * The first result of the last stage if microbatches pass the stages several times, each time
   * with other weights (Narayanan et al. 2021): R M + S - 1 rounds, each with an R-th of the layers
   * of a stage that is passed once, of which a stage has no microbatch in S - 1. A stage must give
   * finite results and gradients for zeros.
   *
   * @param p the builder to which statements are added
   * @param x at least as many microbatches as stages, {@code [M ...]}, for each value that passes
   *     from stage to stage, of dtypes of numbers
   * @param weights the weights of all stages, {@code [R S ...]}
   * @param repeats the label R
   * @return the results, {@code [M ...]}
   * @throws ProgramException if an operand has another type
   */
  public Value circular(ProgramBuilder p, List<Value> x, List<Value> weights, String repeats) {
    Stages all = Stages.of(this, x, weights, repeats);
    return new Circular(p, all, x, weights, repeats).run();
  }

  /**
   * The loss of microbatches, and its gradients.
   *
   * @param loss the sum over microbatches
   * @param x the gradients by the operands of floating dtypes
   * @param weights the gradients by the weights of stages
   * @param head the gradients by the weights of the head
   */
  public record Gradient(Value loss, List<Value> x, List<Value> weights, List<Value> head) {
    /** Copies the lists. */
    public Gradient {
      x = List.copyOf(x);
      weights = List.copyOf(weights);
      head = List.copyOf(head);
    }
  }

  /**
   * The loss of microbatches and its gradients by the schedule 1F1B (Narayanan et al. 2019): S - 1
   * rounds forward, M rounds that take one microbatch forward and another one backward, and S - 1
   * rounds backward. A stage keeps the operands of 2 S - 1 microbatches, whatever their number, and
   * computes its activations again. Gradients of weights are added from the first microbatch to the
   * last one.
   *
   * @param p the builder to which statements are added
   * @param x the microbatches, {@code [M ...]}, for each value that passes from stage to stage; the
   *     first is of a floating dtype
   * @param weights the weights of all stages, {@code [S ...]}, of floating dtypes
   * @param head the program of a microbatch's loss: its inputs are the first result of the last
   *     stage, an index of each target, and weights of floating dtypes; its only output is the
   *     loss, a scalar
   * @param targets the targets of the head, {@code [M ...]}
   * @param headWeights the weights of the head
   * @return the loss and the gradients
   * @throws ProgramException if an operand has another type
   */
  public Gradient gradient(
      ProgramBuilder p,
      List<Value> x,
      List<Value> weights,
      Program head,
      List<Value> targets,
      List<Value> headWeights) {
    Stages all = Stages.of(this, x, weights);
    for (Value w : weights) {
      if (!w.type().dtype().isFloating()) {
        throw ProgramException.at(
            "pipeline of " + stage.name(), "weights must have floating dtypes, got " + w);
      }
    }
    return new OneForwardOneBackward(p, all, x, weights, head, targets, headWeights).run();
  }
}
