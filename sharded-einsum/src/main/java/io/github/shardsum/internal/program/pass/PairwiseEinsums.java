package io.github.shardsum.internal.program.pass;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.path.ContractionPath;
import io.github.shardsum.path.Network;
import io.github.shardsum.path.PathFinder;
import io.github.shardsum.program.Contraction.Einsum;
import io.github.shardsum.program.Nested.Scan;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Writes einsums of three and more operands as einsums of two. The path is the cheapest one for the
 * sizes of whole values. Intermediates become values of the program, with planned memory and, on a
 * mesh, with a layout.
 */
public final class PairwiseEinsums {
  private final ProgramEditor editor;

  private PairwiseEinsums(Program program) {
    this.editor = new ProgramEditor(program);
  }

  /**
   * Runs the pass.
   *
   * @return a program without einsums of more than two operands, also in bodies of loops; the same
   *     program if it has no such einsum
   */
  public static Program run(Program program) {
    if (program.statements().stream().noneMatch(each -> isWritten(each.operation()))) {
      return program;
    }
    PairwiseEinsums pass = new PairwiseEinsums(program);
    program.statements().forEach(pass::statement);
    return pass.editor.program(program.outputs());
  }

  private static boolean isWritten(Operation operation) {
    return switch (operation) {
      case Einsum einsum -> einsum.operands().size() > 2;
      case Scan scan ->
          scan.body().statements().stream().anyMatch(each -> isWritten(each.operation()));
      default -> false;
    };
  }

  private void statement(Statement statement) {
    switch (statement.operation()) {
      case Einsum einsum when isWritten(einsum) -> pairs(statement, einsum);
      case Scan scan ->
          editor.keep(new Statement(statement.results(), scan.with(run(scan.body()))));
      default -> editor.keep(statement);
    }
  }

  /** A bf16 intermediate would be rounded, so intermediates are in f32. */
  private void pairs(Statement statement, Einsum einsum) {
    List<Value> values = new ArrayList<>();
    for (Value operand : einsum.operands()) {
      values.add(operand.type().dtype() == DType.BF16 ? convert(operand) : operand);
    }
    List<Term> terms = new ArrayList<>(einsum.equation().operands());
    Set<Integer> open = new LinkedHashSet<>();
    for (int i = 0; i < values.size(); i++) {
      open.add(i);
    }
    List<ContractionPath.Pair> pairs = path(einsum).pairs();
    for (ContractionPath.Pair pair : pairs.subList(0, pairs.size() - 1)) {
      open.remove(pair.left());
      open.remove(pair.right());
      Term kept = kept(terms.get(pair.left()), terms.get(pair.right()), terms, open, einsum);
      values.add(editor.add(pair(pair, kept, values, terms, Map.of())).getFirst());
      open.add(terms.size());
      terms.add(kept);
    }
    Einsum last = pair(pairs.getLast(), einsum.equation().output(), values, terms, einsum.sizes());
    Operation whole =
        last.dtype() == einsum.dtype()
            ? last
            : new Pointwise.Convert(editor.add(last).getFirst(), einsum.dtype());
    editor.keep(new Statement(statement.results(), whole));
  }

  private Value convert(Value value) {
    return editor.add(new Pointwise.Convert(value, DType.F32)).getFirst();
  }

  private static Einsum pair(
      ContractionPath.Pair pair,
      Term result,
      List<Value> values,
      List<Term> terms,
      Map<String, Long> sizes) {
    Value left = values.get(pair.left());
    Equation equation =
        new Equation(List.of(terms.get(pair.left()), terms.get(pair.right())), result);
    List<Value> operands = List.of(left, values.get(pair.right()));
    return new Einsum(equation, operands, left.type().dtype(), sizes);
  }

  /** Labels are numbered in the order in which they first occur. */
  private static ContractionPath path(Einsum einsum) {
    Map<String, Integer> numbers = new LinkedHashMap<>();
    List<Long> sizes = new ArrayList<>();
    List<List<Integer>> network = new ArrayList<>();
    for (int i = 0; i < einsum.operands().size(); i++) {
      Term term = einsum.equation().operand(i);
      Set<Integer> labels = new LinkedHashSet<>();
      for (int dim = 0; dim < term.size(); dim++) {
        String label = term.axis(dim).label();
        if (!numbers.containsKey(label)) {
          numbers.put(label, sizes.size());
          sizes.add(einsum.operands().get(i).type().shape().size(dim));
        }
        labels.add(numbers.getOrDefault(label, -1));
      }
      network.add(List.copyOf(labels));
    }
    List<Integer> output =
        einsum.equation().output().axes().stream()
            .map(Axis::label)
            .filter(numbers::containsKey)
            .map(label -> numbers.getOrDefault(label, -1))
            .toList();
    return PathFinder.auto().find(new Network(network, output, sizes));
  }

  /**
   * Labels of a pair that are needed later: in the output, or in an operand that is not yet
   * contracted.
   */
  private static Term kept(
      Term left, Term right, List<Term> terms, Set<Integer> open, Einsum einsum) {
    Set<String> labels = new LinkedHashSet<>();
    left.axes().forEach(axis -> labels.add(axis.label()));
    right.axes().forEach(axis -> labels.add(axis.label()));
    Set<String> needed = new LinkedHashSet<>();
    einsum.equation().output().axes().forEach(axis -> needed.add(axis.label()));
    for (int other : open) {
      terms.get(other).axes().stream().map(Axis::label).forEach(needed::add);
    }
    labels.retainAll(needed);
    return Term.of(labels.toArray(String[]::new));
  }
}
