package io.github.shardsum.internal.program.pipeline;

import io.github.shardsum.program.Pipeline;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.List;

/**
 * The rounds of a circular schedule: microbatches pass the stages several times. Stage s takes
 * microbatch m for the repeat r in round r M + m + s. The last stage's results of M - S + 1 rounds
 * are kept, the newest first; the oldest enters the first stage again.
 *
 * @param p the builder of the whole program
 * @param stages the stages
 * @param x the microbatches
 * @param weights the weights of stages, with the label of repeats in front
 * @param repeats the label of repeats
 */
public record Circular(
    ProgramBuilder p, Stages stages, List<Value> x, List<Value> weights, String repeats) {
  private static final String KEPT = "kept";

  /** The statements of all rounds; the value is the first result of the last stage. */
  public Value run() {
    Pipeline pipeline = stages.pipeline();
    String label = pipeline.microbatches();
    long last = stages.count() - 1;
    long batches = x.getFirst().type().size(label);
    long first = (weights.getFirst().type().size(repeats) - 1) * batches;
    List<Value> sequences = new ArrayList<>();
    x.forEach(each -> sequences.add(stages.feed(p, each, 0, first + last)));
    List<Value> carried = new ArrayList<>(stages.zeros(p));
    for (Value state : pipeline.stage().outputs()) {
      carried.add(Stages.zeros(p, Stages.inFront(KEPT, batches - last, state.type())));
    }
    long rounds = first + batches + last;
    sequences.add(p.iota(ValueType.of(DType.I32, List.of(label), List.of(rounds)), label));
    Value made =
        p.scan(rounds, label, round(carried, batches), carried, sequences, weights).getLast();
    return stages.at(p, p.slice(made, label, first + last, rounds), last);
  }

  private Program round(List<Value> carried, long batches) {
    ProgramBuilder b = Program.builder("round");
    int states = carried.size() / 2;
    List<Value> in = new ArrayList<>();
    carried.forEach(each -> in.add(b.input("x" + in.size(), each.type())));
    List<Value> next = new ArrayList<>();
    stages.zeros(p).forEach(each -> next.add(b.input("next" + next.size(), each.type())));
    Value round = b.input("round", ValueType.scalar(DType.I32));
    List<Value> entering = new ArrayList<>();
    for (int i = 0; i < states; i++) {
      Value kept = in.get(states + i);
      long oldest = kept.type().size(KEPT) - 1;
      Value again = b.sum(b.slice(kept, KEPT, oldest, oldest + 1), KEPT);
      entering.add(b.select(b.less(round, batches), next.get(i), again));
    }
    List<Value> operands = stages.entered(b, entering, in.subList(0, states));
    Value repeat = b.divide(b.subtract(round, stages.index(b)), b.constant(DType.I32, batches));
    for (Value w : weights) {
      operands.add(
          stages.chosen(
              b, repeats, b.input("w" + operands.size(), w.type().withoutLayout()), repeat));
    }
    List<Value> made = b.inline(stages.all(stages.pipeline().stage()), operands);
    stages.moved(b, made, 1).forEach(b::output);
    for (int i = 0; i < states; i++) {
      b.output(
          Stages.pushed(
              b, KEPT, in.get(states + i), stages.at(b, made.get(i), stages.count() - 1)));
    }
    b.output(made.getFirst());
    return b.build();
  }
}
