package io.github.shardsum.internal.program.gradient;

import io.github.shardsum.internal.program.types.TypeInference;
import io.github.shardsum.program.Nested.Scan;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * The gradient of a scan: a scan in the other direction. It carries the cotangents of the carried
 * values, sums the cotangents of the invariants, and computes each round again from its carried
 * values.
 */
final class ScanGradient {
  private final ProgramBuilder builder;
  private final Scan scan;
  private final List<Value> history;
  private final MemberSums inside;

  ScanGradient(ProgramBuilder builder, Scan scan, List<Value> history, MemberSums inside) {
    this.inside = inside;
    this.builder = builder;
    this.scan = scan;
    this.history = history;
  }

  /** The scan that also stacks the carried values from which each round begins. */
  static Scan withHistory(Scan scan) {
    Program body = scan.body();
    List<Value> outputs = new ArrayList<>(body.outputs());
    outputs.addAll(body.inputs().subList(0, scan.carried().size()));
    return new Scan(
        scan.count(),
        scan.label(),
        scan.reverse(),
        new Program(body.name(), body.inputs(), body.statements(), outputs),
        scan.carried(),
        scan.sequences(),
        scan.invariants());
  }

  List<Optional<Value>> gradients(List<Optional<Value>> given) {
    Program body = scan.body();
    int carried = scan.carried().size();
    int sequences = carried + scan.sequences().size();
    List<Value> carry = new ArrayList<>();
    List<ValueType> types = TypeInference.infer(scan);
    List<Value> read = new ArrayList<>(history);
    read.addAll(scan.sequences());
    for (int i = 0; i < given.size(); i++) {
      ValueType type = types.get(i);
      if (type.dtype().isFloating()) {
        Value cotangent = given.get(i).orElseGet(() -> builder.constant(type, 0));
        (i < carried ? carry : read).add(cotangent);
      }
    }
    for (int i : Differentiation.floating(body.inputs())) {
      if (i >= sequences) {
        carry.add(builder.constant(scan.operands().get(i).type().withoutLayout(), 0));
      }
    }
    List<Value> results =
        builder.add(
            new Scan(
                scan.count(),
                scan.label(),
                !scan.reverse(),
                new Round(carry.size()).body(),
                carry,
                read,
                scan.invariants()));
    return assign(results);
  }

  /**
   * Assigns the results of the gradient's scan to the operands: cotangents of carried values, then
   * of invariants, then of sequences.
   */
  private List<Optional<Value>> assign(List<Value> results) {
    int carried = scan.carried().size();
    int sequences = carried + scan.sequences().size();
    List<Optional<Value>> gradients =
        new ArrayList<>(Collections.nCopies(scan.operands().size(), Optional.<Value>empty()));
    List<Integer> order = new ArrayList<>();
    List<Integer> floating = Differentiation.floating(scan.body().inputs());
    floating.stream().filter(i -> i < carried || i >= sequences).forEach(order::add);
    floating.stream().filter(i -> i >= carried && i < sequences).forEach(order::add);
    for (int i = 0; i < order.size(); i++) {
      gradients.set(order.get(i), Optional.of(results.get(i)));
    }
    return gradients;
  }

  /** One round of the gradient's scan. */
  private final class Round {
    private final ProgramBuilder round = Program.builder(scan.body().name() + ".gradient");
    private final Program body = scan.body();
    private final List<Value> carry = new ArrayList<>();
    private final int carrySize;

    Round(int carrySize) {
      this.carrySize = carrySize;
    }

    Program body() {
      Program gradient = Differentiation.ofAll(body, inside);
      int carried = scan.carried().size();
      int sequences = carried + scan.sequences().size();
      List<Value> cotangents = new ArrayList<>();
      for (int i : Differentiation.floating(body.outputs())) {
        if (i < carried) {
          carry.add(input("carry", body.outputs().get(i)));
        }
      }
      cotangents.addAll(carry);
      for (int i : Differentiation.floating(body.inputs())) {
        if (i >= sequences) {
          carry.add(input("sum", body.inputs().get(i)));
        }
      }
      List<Value> arguments = new ArrayList<>();
      body.inputs().subList(0, sequences).forEach(each -> arguments.add(input("round", each)));
      for (int i : Differentiation.floating(body.outputs())) {
        if (i >= carried) {
          cotangents.add(input("stacked", body.outputs().get(i)));
        }
      }
      body.inputs()
          .subList(sequences, body.inputs().size())
          .forEach(each -> arguments.add(input("invariant", each)));
      arguments.addAll(cotangents);
      outputs(round.inline(gradient, arguments), carried, sequences);
      return round.build();
    }

    private Value input(String prefix, Value like) {
      return round.input(round.unusedName(prefix + "." + like.name()), like.type().withoutLayout());
    }

    private void outputs(List<Value> gradients, int carried, int sequences) {
      List<Integer> floating = Differentiation.floating(body.inputs());
      List<Value> stacked = new ArrayList<>();
      int sum = (int) floating.stream().filter(i -> i < carried).count();
      for (int i = 0; i < floating.size(); i++) {
        int input = floating.get(i);
        if (input < carried) {
          round.output(gradients.get(i));
        } else if (input < sequences) {
          stacked.add(gradients.get(i));
        } else {
          round.output(round.add(carry.get(sum++), gradients.get(i)));
        }
      }
      stacked.forEach(round::output);
      if (sum != carrySize) {
        throw new IllegalStateException(
            "one cotangent for each floating carried value and invariant");
      }
    }
  }
}
