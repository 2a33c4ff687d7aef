package io.github.shardsum.internal.certify;

import static io.github.shardsum.internal.certify.PlanRefusedException.require;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.mesh.MeshAxis;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Selection;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The meaning of an operation on blocks. A label stands for the same index in every dimension that
 * has it. A label that occurs only in operands is reduced; a label that occurs only in the result
 * is made. If there are several results, all have the same labels.
 *
 * @param whole labels that must be whole in a block, since one element of a result reads several of
 *     their indices
 * @param sums for each operand a number: if all operands of one number are addends, so is the
 *     result; 0 for an operand that must not be an addend
 * @param kind how labels are reduced
 */
record BlockRule(List<String> whole, List<Integer> sums, ReduceKind kind) {
  static List<String> labels(Term term) {
    return term.axes().stream().map(Axis::label).toList();
  }

  /**
   * An einsum by the letters of its equation.
   *
   * @param whole labels that must be whole
   * @param sums the operands that may be addends, as of {@link AddendRule}
   */
  static CheckedParts einsum(
      Equation equation,
      List<String> whole,
      List<Integer> sums,
      List<CheckedParts> read,
      CheckedParts made,
      boolean slices) {
    require(
        read.size() == equation.operands().size(),
        "einsum must have %s operands, got %s",
        equation.operands().size(),
        read.size());
    List<CheckedParts> operands = new ArrayList<>();
    for (Term term : equation.operands()) {
      operands.add(read.get(operands.size()).named(labels(term)));
    }
    CheckedParts result = made.named(labels(equation.output()));
    BlockRule rule = new BlockRule(whole, sums, ReduceKind.SUM);
    return rule.result(operands, result, slices).named(made.labels());
  }

  /** The rule of every operation that has no rule of its own. */
  private static BlockRule of(Operation operation, boolean isPromised) {
    ReduceKind kind =
        operation instanceof Contraction.Reduce reduce ? reduce.kind() : ReduceKind.SUM;
    return new BlockRule(whole(operation), addends(operation, isPromised), kind);
  }

  private static List<Integer> addends(Operation operation, boolean isPromised) {
    return isPromised ? AddendRule.promised(operation) : AddendRule.of(operation);
  }

  private static List<String> whole(Operation operation) {
    return switch (operation) {
      case Contraction.Softmax x -> List.of(x.label());
      case Contraction.CumulativeSum x -> List.of(x.label());
      case Selection.TopK x -> List.of(x.label(), x.into());
      case Selection.ArgMax x -> List.of(x.label());
      case Movement.Slice x -> List.of(x.label());
      case Movement.Pad x -> List.of(x.label());
      case Movement.Shift x -> List.of(x.label());
      case Movement.Concatenate x -> List.of(x.label());
      case Movement.Window x -> List.of(x.label(), x.window());
      case Pointwise _,
          Source _,
          Selection.OneHot _,
          Contraction.Reduce _,
          Contraction.Einsum _,
          Movement.Annotate _,
          Movement.Split _,
          Movement.Merge _,
          Nested _ ->
          List.of();
      case Communication communication -> whole(communication);
    };
  }

  /** Labels that a communication gathers or cuts, which must be whole inside a member. */
  private static List<String> whole(Communication communication) {
    return switch (communication) {
      case Communication.AllGather x -> List.of(x.label());
      case Communication.ReduceScatter x -> List.of(x.label());
      case Communication.OwnChunk x -> List.of(x.label());
      case Communication.AllToAll x -> List.of(x.from(), x.to());
      case Communication.AllReduce _, Communication.Permute _, Communication.AxisIndex _ ->
          List.of();
    };
  }

  /** The label along which a movement reads neighbours of the index that it writes. */
  static String neighbours(Operation operation) {
    if (operation instanceof Nested.Composite composite) {
      return neighbours(composite.decomposition());
    }
    List<String> whole = whole(operation);
    boolean isMoved = operation instanceof Movement && !whole.isEmpty();
    require(isMoved, "must read neighbours, got %s", operation);
    return whole.getFirst();
  }

  /** The label of a composite that is windows of its padded operand; no other reads neighbours. */
  private static String neighbours(Program meaning) {
    boolean isTwo = meaning.statements().size() == 2 && meaning.inputs().size() == 1;
    if (isTwo
        && meaning.statements().getFirst().operation() instanceof Movement.Pad pad
        && meaning.statements().getLast().operation() instanceof Movement.Window window
        && pad.x().equals(meaning.inputs().getFirst())
        && window.x().equals(meaning.statements().getFirst().result())
        && window.label().equals(pad.label())
        && meaning.outputs().equals(meaning.statements().getLast().results())) {
      return pad.label();
    }
    throw new PlanRefusedException("must be windows of a padded operand, got " + meaning);
  }

  /**
   * The layouts of a statement's results.
   *
   * @param made the layout of the first result, for dimensions that no operand has
   * @param inside whether the operation is in a composite's decomposition: then the matching part
   *     of a whole operand is taken, and floating numbers may be addends
   */
  static List<CheckedParts> results(
      Statement statement, List<CheckedParts> read, CheckedParts made, boolean inside) {
    CheckedParts x = read.isEmpty() ? made : read.getFirst();
    return switch (statement.operation()) {
      case Movement.Split(_, String label, List<String> into, _) -> {
        List<CheckedCut> parts = made.cuts().subList(x.dim(label), x.dim(label) + into.size());
        CheckedCut whole = x.cuts().get(x.dim(label));
        require(
            CheckedCut.merged(label, parts).equals(whole), "must split %s, got %s", whole, parts);
        yield List.of(x.with(x.dim(label), 1, parts));
      }
      case Movement.Merge(_, List<String> labels, String into) -> {
        int dim = x.dim(labels.getFirst());
        CheckedCut merged = CheckedCut.merged(into, x.cuts().subList(dim, dim + labels.size()));
        yield List.of(x.with(dim, labels.size(), List.of(merged)));
      }
      case Nested.Manual manual -> {
        List<CheckedParts> all = manual.operands().stream().map(BlockRule::whole).toList();
        require(read.equals(all), "must be %s, got %s", all, read);
        yield statement.results().stream().map(BlockRule::whole).toList();
      }
      case Nested.Scan scan -> {
        List<CheckedParts> all = scan.operands().stream().map(BlockRule::whole).toList();
        require(read.equals(all), "must be %s, got %s", all, read);
        yield statement.results().stream().map(BlockRule::whole).toList();
      }
      case Nested.Composite(_, _, _, Program meaning, List<String> may) ->
          composed(meaning, may, read);
      case Contraction.Einsum(Equation equation, _, _, _) ->
          List.of(
              einsum(
                  equation, List.of(), addends(statement.operation(), inside), read, made, inside));
      case Operation other -> {
        CheckedParts result = of(other, inside).result(read, made, inside);
        yield Collections.nCopies(statement.results().size(), result);
      }
    };
  }

  private static CheckedParts whole(Value value) {
    ValueType type = value.type();
    Stream<CheckedCut> cuts =
        type.names().stream().map(label -> CheckedCut.whole(label, type.size(label)));
    return new CheckedParts(cuts.toList(), Set.of(), ReduceKind.SUM);
  }

  /**
   * The results by the decomposition, whose statements take the part that they need of whole
   * values. In addition, the kernel must support a part of the label, and all values must have the
   * same part.
   */
  private static List<CheckedParts> composed(
      Program meaning, List<String> may, List<CheckedParts> read) {
    // A kernel gives addends only for its own sums.
    for (CheckedParts held : read) {
      require(held.partial().isEmpty(), "operands must be no addends, got %s", held);
    }
    Map<Value, CheckedParts> values = new HashMap<>();
    for (Value input : meaning.inputs()) {
      values.put(input, read.get(values.size()).named(input.type().names()));
    }
    for (Statement statement : meaning.statements()) {
      List<CheckedParts> operands =
          statement.operation().operands().stream().map(values::get).toList();
      List<CheckedParts> results = results(statement, operands, whole(statement.result()), true);
      for (int i = 0; i < results.size(); i++) {
        values.put(statement.results().get(i), results.get(i));
      }
    }
    List<CheckedParts> inputs = meaning.inputs().stream().map(values::get).toList();
    List<CheckedParts> outputs =
        meaning.outputs().stream().map(values::get).map(made -> sliced(made, inputs)).toList();
    Stream<CheckedParts> edge = Stream.concat(inputs.stream(), outputs.stream());
    Map<String, CheckedCut> at = new HashMap<>();
    for (CheckedCut cut : edge.flatMap(held -> held.cuts().stream()).toList()) {
      CheckedCut first = at.computeIfAbsent(cut.label(), _ -> cut);
      boolean isPart = may.contains(cut.label()) && cut.equals(first);
      boolean fits = isPart || (cut.isWhole() && first.isWhole());
      require(fits, "%s must be whole, or of %s and split in the same way", cut, may);
    }
    return outputs;
  }

  /**
   * The part of a result that matches the operands' parts of each label; the whole result was
   * computed.
   */
  private static CheckedParts sliced(CheckedParts made, List<CheckedParts> operands) {
    List<CheckedCut> cuts = new ArrayList<>();
    for (CheckedCut cut : made.cuts()) {
      Stream<CheckedCut> parts =
          operands.stream()
              .flatMap(held -> held.cuts().stream())
              .filter(
                  part -> cut.isWhole() && cut.equals(CheckedCut.whole(part.label(), part.size())));
      cuts.add(parts.filter(part -> !part.isWhole()).findFirst().orElse(cut));
    }
    return new CheckedParts(cuts, made.partial(), made.kind());
  }

  /**
   * The layout of the result. Each label is cut as in the operands; a label that no operand has is
   * cut as in {@code made}.
   */
  CheckedParts result(List<CheckedParts> read, CheckedParts made, boolean slices) {
    Map<String, CheckedCut> at = new HashMap<>();
    Map<Integer, Set<MeshAxis>> addends = new HashMap<>(Map.of(0, Set.of()));
    for (int i = 0; i < read.size(); i++) {
      Set<MeshAxis> own = read.get(i).partial();
      boolean fits = own.equals(addends.computeIfAbsent(sums.get(i), _ -> own));
      fits &= read.get(i).kind() == ReduceKind.SUM;
      require(
          fits,
          "operands must be no addends, or all of one number in %s over the same axes, got %s",
          sums,
          read);
      meet(read.get(i), slices, at);
    }
    List<CheckedCut> cuts = new ArrayList<>();
    Map<String, CheckedCut> own = new HashMap<>();
    for (CheckedCut cut : made.cuts()) {
      CheckedCut other =
          whole.contains(cut.label()) ? CheckedCut.whole(cut.label(), cut.size()) : cut;
      // Dimensions of one label, as in a diagonal, have the same cut.
      CheckedCut first = own.computeIfAbsent(cut.label(), label -> at.getOrDefault(label, other));
      cuts.add(first);
    }
    made.labels().forEach(at::remove);
    Set<MeshAxis> partial = new HashSet<>();
    Stream<MeshAxis> summed =
        Stream.concat(
            addends.values().stream().flatMap(Set::stream),
            at.values().stream().flatMap(cut -> cut.axes().stream()));
    require(summed.allMatch(partial::add), "must be summed over an axis once, got %s", read);
    return new CheckedParts(cuts, partial, kind);
  }

  /** Adds the cuts of an operand's labels, except for labels that must be whole. */
  private void meet(CheckedParts operand, boolean slices, Map<String, CheckedCut> at) {
    Set<String> met = new HashSet<>(whole);
    for (CheckedCut cut : operand.cuts()) {
      if (met.add(cut.label())) {
        at.merge(cut.label(), cut, (one, other) -> both(one, other, slices));
      } else {
        require(cut.isWhole(), "%s must be whole in an operand, got %s", cut.label(), operand);
      }
    }
  }

  private static CheckedCut both(CheckedCut one, CheckedCut other, boolean slices) {
    boolean fits = one.equals(other) || isTaken(one, other, slices) || isTaken(other, one, slices);
    require(fits, "%s must be the same in all operands, got %s and %s", one.label(), one, other);
    return isTaken(one, other, slices) ? other : one;
  }

  /**
   * Whether a whole dimension serves for a cut one: the part that the cut needs is sliced from the
   * dimension, or a single index is repeated.
   */
  private static boolean isTaken(CheckedCut cut, CheckedCut other, boolean slices) {
    return cut.isWhole() && (cut.size() == other.size() ? slices : cut.size() == 1);
  }
}
