package io.github.shardsum.internal.program.pipeline;

import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.Pipeline;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The rounds of the schedule 1F1B. Stage s takes microbatch t - s forward in round t, and
 * microbatch t - 2 (S - 1) + s backward. The last stage thus takes a microbatch forward and
 * backward in one round. The operands of the stages in the last 2 S - 1 rounds are kept, the newest
 * first; the microbatch that stage s takes backward entered 2 (S - 1 - s) rounds before.
 *
 * <p>Cotangents are of the values that pass from stage to stage and have floating dtypes.
 *
 * @param p the builder of the whole program
 * @param stages the stages
 * @param x the microbatches
 * @param weights the weights of stages
 * @param head the loss of a microbatch
 * @param targets the targets of microbatches
 * @param headWeights the weights of the head
 */
public record OneForwardOneBackward(
    ProgramBuilder p,
    Stages stages,
    List<Value> x,
    List<Value> weights,
    Program head,
    List<Value> targets,
    List<Value> headWeights) {
  private static final String KEPT = "kept";

  private Program stage() {
    return stages.pipeline().stage();
  }

  private String microbatches() {
    return stages.pipeline().microbatches();
  }

  private static List<Value> floating(List<Value> values) {
    return values.stream().filter(value -> value.type().dtype().isFloating()).toList();
  }

  private static <T> List<T> joined(List<? extends T> first, List<? extends T> second) {
    return Stream.concat(first.stream(), second.stream()).<T>map(each -> each).toList();
  }

  private static List<String> names(List<Value> values) {
    return values.stream().map(Value::name).toList();
  }

  /** The values of a round. */
  private final class Round {
    private final ProgramBuilder b = Program.builder("round");
    private int inputs;

    List<Value> inputs(List<Value> like) {
      return like.stream()
          .map(value -> b.input("x" + inputs++, value.type().withoutLayout()))
          .toList();
    }

    /** The inputs of one round's index of sequences. */
    List<Value> indices(List<Value> sequences) {
      List<Value> all = new ArrayList<>();
      for (Value sequence : sequences) {
        List<String> names = sequence.type().names();
        List<Long> sizes = sequence.type().sizes();
        int rank = names.size();
        ValueType part =
            ValueType.of(sequence.type().dtype(), names.subList(1, rank), sizes.subList(1, rank));
        all.add(b.input("x" + inputs++, part));
      }
      return all;
    }

    List<Value> pushed(List<Value> kept, List<Value> entered) {
      return IntStream.range(0, kept.size())
          .mapToObj(i -> Stages.pushed(b, KEPT, kept.get(i), entered.get(i)))
          .toList();
    }

    /** The operand of each stage of the microbatch that it takes backward. */
    Value operand(Value kept) {
      Value later = b.subtract(b.constant(DType.I32, stages.count() - 1), stages.index(b));
      return stages.chosen(b, KEPT, kept, b.scale(later, 2));
    }

    /** The gradients by what entered each stage, and by weights. */
    List<Value> backward(List<Value> kept, List<Value> own, List<Value> cotangents) {
      List<Value> by = floating(stage().inputs());
      Program pullback =
          Gradients.valueAndPullback(stage(), names(floating(stage().outputs())), names(by));
      List<Value> entered = kept.stream().map(this::operand).toList();
      List<Value> operands = joined(joined(entered, own), cotangents);
      return b.inline(stages.all(pullback), operands)
          .subList(cotangents.size(), cotangents.size() + by.size());
    }

    /** Sums to which the gradients of stages that have a microbatch are added. */
    List<Value> sums(List<Value> sums, List<Value> gradients, Value valid) {
      List<Value> more = new ArrayList<>();
      for (int i = 0; i < sums.size(); i++) {
        Value own = gradients.get(i);
        more.add(b.add(sums.get(i), b.select(valid, own, b.constant(own.type().dtype(), 0.0))));
      }
      return more;
    }

    Program build(List<Value> outputs) {
      outputs.forEach(b::output);
      return b.build();
    }
  }

  /** The statements of all rounds. */
  public Pipeline.Gradient run() {
    long s = stages.count();
    long count = x.getFirst().type().size(microbatches());
    List<Value> feed = x.stream().map(each -> stages.feed(p, each, 0, s - 1)).toList();
    List<Value> zeros = stages.zeros(p);
    List<Value> kept =
        zeros.stream()
            .map(each -> Stages.zeros(p, Stages.inFront(KEPT, 2 * s - 1, each.type())))
            .toList();
    List<Value> carried = joined(zeros, kept);
    List<Value> warm =
        rounds(s - 1, forward(carried, feed), carried, sliced(feed, 0, s - 1), weights);
    List<Value> sums =
        joined(joined(weights, headWeights), head.outputs()).stream()
            .map(each -> Stages.zeros(p, each.type().withoutLayout()))
            .toList();
    List<Value> all = joined(joined(warm, floating(zeros)), sums);
    List<Value> sequences =
        joined(joined(sliced(feed, s - 1, s - 1 + count), targets), List.of(numbers(count)));
    List<Value> fixed = joined(weights, headWeights);
    List<Value> steady = rounds(count, both(all, sequences), all, sequences, fixed);
    int states = zeros.size();
    int cotangents = floating(zeros).size();
    int own = 2 * states + cotangents;
    List<Value> last = steady.subList(states, own + weights.size());
    List<Value> numbers = List.of(numbers(s - 1));
    List<Value> cool = rounds(s - 1, backward(last, count), last, numbers, weights);
    int head = own + weights.size();
    int loss = head + headWeights.size();
    List<Value> byX = new ArrayList<>();
    for (int i = 0; i < cotangents; i++) {
      Value made =
          p.concatenate(microbatches(), steady.get(loss + 1 + i), cool.get(last.size() + i));
      byX.add(stages.at(p, p.slice(made, microbatches(), s - 1, s - 1 + count), 0));
    }
    return new Pipeline.Gradient(
        steady.get(loss),
        byX,
        cool.subList(states + cotangents, last.size()),
        steady.subList(head, loss));
  }

  private List<Value> rounds(
      long count, Program body, List<Value> carried, List<Value> sequences, List<Value> fixed) {
    return p.scan(count, microbatches(), body, carried, sequences, fixed);
  }

  private List<Value> sliced(List<Value> feed, long from, long to) {
    return feed.stream().map(each -> p.slice(each, microbatches(), from, to)).toList();
  }

  private Value numbers(long count) {
    String label = microbatches();
    return p.iota(ValueType.of(DType.I32, List.of(label), List.of(count)), label);
  }

  private Program forward(List<Value> carried, List<Value> feed) {
    Round r = new Round();
    List<Value> in = r.inputs(carried);
    List<Value> next = r.indices(feed);
    List<Value> own = r.inputs(weights);
    List<Value> entered = stages.entered(r.b, next, in.subList(0, next.size()));
    List<Value> made = r.b.inline(stages.all(stage()), joined(entered, own));
    List<Value> kept = r.pushed(in.subList(next.size(), in.size()), entered);
    return r.build(joined(stages.moved(r.b, made, 1), kept));
  }

  /** A round forward and backward; carried are states, operands kept, cotangents and sums. */
  private Program both(List<Value> carried, List<Value> sequences) {
    Round r = new Round();
    ProgramBuilder b = r.b;
    long s = stages.count();
    int states = stage().outputs().size();
    List<Value> in = r.inputs(carried);
    List<Value> now = r.indices(sequences);
    List<Value> own = r.inputs(weights);
    List<Value> heads = r.inputs(headWeights);
    List<Value> entered = stages.entered(b, now.subList(0, states), in.subList(0, states));
    List<Value> kept = r.pushed(in.subList(states, 2 * states), entered);
    List<Value> made = b.inline(stages.all(stage()), joined(entered, own));
    List<Value> ends =
        joined(
            List.of(stages.at(b, made.getFirst(), s - 1)),
            joined(now.subList(states, now.size() - 1), heads));
    List<Value> loss = b.inline(lossAndGradient(), ends);
    Value isLast = b.equal(stages.index(b), s - 1);
    int sums = 2 * states + floating(stage().outputs()).size();
    List<Value> cotangents = new ArrayList<>();
    for (Value cotangent : in.subList(2 * states, sums)) {
      Value end = cotangents.isEmpty() ? loss.get(1) : b.constant(cotangent.type().dtype(), 0.0);
      cotangents.add(b.select(isLast, end, cotangent));
    }
    List<Value> gradients = r.backward(kept, own, cotangents);
    List<Value> byState = gradients.subList(0, cotangents.size());
    // Stage s takes microbatch j - (S - 1) + s backward in round j of these.
    Value valid = b.greaterEqual(b.add(stages.index(b), now.getLast()), s - 1);
    List<Value> outputs = new ArrayList<>(joined(stages.moved(b, made, 1), kept));
    outputs.addAll(stages.moved(b, byState, -1));
    int end = sums + weights.size();
    outputs.addAll(
        r.sums(in.subList(sums, end), gradients.subList(byState.size(), gradients.size()), valid));
    for (int i = 0; i < heads.size(); i++) {
      outputs.add(b.add(in.get(end + i), loss.get(2 + i)));
    }
    outputs.add(b.add(in.getLast(), loss.getFirst()));
    return r.build(joined(outputs, byState));
  }

  private Program lossAndGradient() {
    List<Value> by = new ArrayList<>(List.of(head.inputs().getFirst()));
    by.addAll(head.inputs().subList(1 + targets.size(), head.inputs().size()));
    return Gradients.valueAndGradient(head, names(head.outputs()), names(by));
  }

  /** A round backward; carried are operands kept, cotangents and sums. */
  private Program backward(List<Value> carried, long count) {
    Round r = new Round();
    ProgramBuilder b = r.b;
    long s = stages.count();
    List<Value> in = r.inputs(carried);
    Value round = b.input("round", ValueType.scalar(DType.I32));
    List<Value> own = r.inputs(weights);
    List<Value> kept = r.pushed(in.subList(0, stage().outputs().size()), stages.zeros(b));
    int sums = kept.size() + floating(stage().outputs()).size();
    List<Value> cotangents = in.subList(kept.size(), sums);
    List<Value> gradients = r.backward(kept, own, cotangents);
    List<Value> byState = gradients.subList(0, cotangents.size());
    // Stage s takes microbatch M - (S - 1) + i + s backward in round i of these, and none before 0.
    Value at = b.add(stages.index(b), round);
    Value valid = b.and(b.lessEqual(at, s - 2), b.greaterEqual(at, s - 1 - count));
    List<Value> outputs = new ArrayList<>(joined(kept, stages.moved(b, byState, -1)));
    outputs.addAll(
        r.sums(
            in.subList(sums, in.size()),
            gradients.subList(byState.size(), gradients.size()),
            valid));
    return r.build(joined(outputs, byState));
  }
}
