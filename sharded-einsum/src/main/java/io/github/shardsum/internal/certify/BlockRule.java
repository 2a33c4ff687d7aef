package io.github.shardsum.internal.certify;

import static io.github.shardsum.internal.certify.PlanRefusedException.require;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.mesh.MeshAxis;
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
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What an operation computes of blocks, by its meaning. A label stands for the same index in every
 * dimension that has it; one that only operands have is reduced, one that only the result has is
 * made. Several results have the same labels.
 *
 * @param whole labels of which a block must have all indices, as more than one of them is read
 * @param sums for each operand the number of the sum of which it may be an addend, as may be all
 *     operands of that number together: the result is an addend then; 0 if it may be none
 * @param kind how labels are reduced
 */
record BlockRule(
    List<Term> operands, Term result, List<String> whole, List<Integer> sums, ReduceKind kind) {

  static List<String> labels(Term term) {
    return term.axes().stream().map(Axis::label).toList();
  }

  /** An einsum, each operand of which may be an addend alone. */
  static BlockRule of(Equation equation, List<String> whole) {
    List<Integer> sums = IntStream.rangeClosed(1, equation.operandCount()).boxed().toList();
    return new BlockRule(equation.operands(), equation.output(), whole, sums, ReduceKind.SUM);
  }

  private static BlockRule of(Operation operation, Value result) {
    return operation instanceof Contraction.Einsum einsum
        ? of(einsum.equation(), whole(operation))
        : new BlockRule(
            operation.operands().stream().map(operand -> operand.type().labels()).toList(),
            result.type().labels(),
            whole(operation),
            sums(operation),
            operation instanceof Contraction.Reduce reduce ? reduce.kind() : ReduceKind.SUM);
  }

  private static List<String> whole(Operation operation) {
    return switch (operation) {
      case Contraction.Einsum x ->
          x.equation().operands().stream().flatMap(BlockRule::diagonal).toList();
      case Contraction.Softmax x -> List.of(x.label());
      case Contraction.CumulativeSum x -> List.of(x.label());
      case Selection.TopK x -> List.of(x.label(), x.into());
      case Selection.ArgMax x -> List.of(x.label());
      case Movement.Slice x -> List.of(x.label());
      case Movement.Pad x -> List.of(x.label());
      case Movement.Shift x -> List.of(x.label());
      case Movement.Concatenate x -> List.of(x.label());
      case Movement.Window x -> List.of(x.label(), x.window());
      case Movement.Annotate _, Movement.Split _, Movement.Merge _ -> List.of();
      case Contraction.Reduce _, Selection.OneHot _, Pointwise _, Source _, Nested _ -> List.of();
    };
  }

  /** The labels that a term has more than once. */
  private static Stream<String> diagonal(Term term) {
    return labels(term).stream().filter(label -> Collections.frequency(labels(term), label) > 1);
  }

  /** The label of which a movement reads neighbours of the index that it writes. */
  static String neighbours(Operation operation) {
    boolean isKnown = operation instanceof Movement && !whole(operation).isEmpty();
    require(isKnown, "must read neighbours, got %s", operation);
    return whole(operation).getFirst();
  }

  private static List<Integer> sums(Operation operation) {
    List<Integer> together = Collections.nCopies(operation.operands().size(), 1);
    List<Integer> none = Collections.nCopies(operation.operands().size(), 0);
    return switch (operation) {
      case Pointwise.Unary x -> x.kind() == Pointwise.UnaryKind.NEGATE ? together : none;
      case Pointwise.Binary x ->
          switch (x.kind()) {
            case ADD, SUBTRACT -> together;
            case MULTIPLY -> List.of(1, 2);
            case DIVIDE -> isFloating(x.x()) ? List.of(1, 0) : none;
            default -> none;
          };
      case Pointwise.Select _ -> List.of(0, 1, 1);
      case Pointwise.Convert x -> isExact(x.x().type().dtype(), x.dtype()) ? together : none;
      case Pointwise.Ragged x -> x.fill().toDouble() == 0 ? List.of(1, 0) : none;
      case Contraction.Reduce x -> x.kind() == ReduceKind.SUM ? together : none;
      case Contraction.CumulativeSum x -> isFloating(x.x()) ? none : together;
      case Movement.Pad x -> x.fill().toDouble() == 0 ? together : none;
      case Movement.Shift x -> x.fill().toDouble() == 0 ? together : none;
      case Movement _ -> together;
      default -> none;
    };
  }

  private static boolean isFloating(Value value) {
    return value.type().dtype().isFloating();
  }

  private static boolean isExact(DType from, DType to) {
    boolean isWider = from != DType.BOOL && from.byteSize() <= to.byteSize();
    return isWider && from.isFloating() == to.isFloating();
  }

  /**
   * How a statement's results lie.
   *
   * @param made how the dimensions of the first result are cut that no operand has
   * @param slices whether of an operand that is whole the part is taken that others have
   */
  static List<Held> results(Statement statement, List<Held> read, List<Cut> made, boolean slices) {
    return switch (statement.operation()) {
      case Movement.Split(Value x, String label, List<String> into, _) -> {
        int dim = x.type().axis(label);
        List<Cut> parts = made.subList(dim, dim + into.size());
        Cut whole = read.getFirst().cuts().get(dim);
        require(Cut.merged(parts).equals(whole), "must split %s, got %s", whole, parts);
        yield List.of(read.getFirst().with(dim, 1, parts));
      }
      case Movement.Merge(Value x, List<String> labels, _) -> {
        int dim = x.type().axis(labels.getFirst());
        Cut merged = Cut.merged(read.getFirst().cuts().subList(dim, dim + labels.size()));
        yield List.of(read.getFirst().with(dim, labels.size(), List.of(merged)));
      }
      case Nested.Scan _ -> {
        require(read.stream().allMatch(Held::isWhole), "must be whole, got %s", read);
        yield statement.results().stream().map(BlockRule::whole).toList();
      }
      case Nested.Composite composite -> composed(composite, read);
      case Operation other -> {
        Held result = of(other, statement.result()).result(read, made, slices);
        yield Collections.nCopies(statement.results().size(), result);
      }
    };
  }

  private static Held whole(Value value) {
    List<Cut> cuts = value.type().sizes().stream().map(Cut::whole).toList();
    return new Held("", cuts, Set.of(), ReduceKind.SUM);
  }

  /**
   * By the decomposition, whose statements take the part that they need of what is whole. What is
   * more, the kernel must have promised to take a part of a label, of all that have it the same.
   */
  private static List<Held> composed(Nested.Composite composite, List<Held> read) {
    Program meaning = composite.decomposition();
    Map<Value, Held> values = new HashMap<>();
    for (int i = 0; i < read.size(); i++) {
      values.put(meaning.inputs().get(i), read.get(i));
    }
    for (Statement statement : meaning.statements()) {
      List<Held> operands = statement.operation().operands().stream().map(values::get).toList();
      List<Held> results = results(statement, operands, whole(statement.result()).cuts(), true);
      for (int i = 0; i < results.size(); i++) {
        values.put(statement.results().get(i), results.get(i));
      }
    }
    List<Held> outputs = meaning.outputs().stream().map(values::get).toList();
    Map<String, Cut> at = new HashMap<>();
    checkPromise(composite.splittable(), meaning.inputs(), read, at);
    checkPromise(composite.splittable(), meaning.outputs(), outputs, at);
    return outputs;
  }

  private static void checkPromise(
      List<String> may, List<Value> values, List<Held> held, Map<String, Cut> at) {
    for (int i = 0; i < held.size(); i++) {
      for (int dim = 0; dim < held.get(i).cuts().size(); dim++) {
        String label = values.get(i).type().names().get(dim);
        Cut cut = held.get(i).cuts().get(dim);
        Cut first = at.computeIfAbsent(label, _ -> cut);
        boolean isPart = may.contains(label) && cut.equals(first);
        boolean fits = isPart || (cut.isWhole() && first.isWhole());
        require(fits, "%s must be whole, or of %s and split alike, got %s", label, may, cut);
      }
    }
  }

  /** How the result lies: each label as in the operands, and one that none of them has as made. */
  Held result(List<Held> read, List<Cut> made, boolean slices) {
    Map<String, Cut> at = cuts(read, slices);
    List<String> labels = labels(result);
    require(made.size() == labels.size(), "must give %s, got %s", result, made);
    List<Cut> cuts = new ArrayList<>();
    for (int dim = 0; dim < labels.size(); dim++) {
      Cut own = made.get(dim);
      Cut other = whole.contains(labels.get(dim)) ? Cut.whole(own.size()) : own;
      cuts.add(at.getOrDefault(labels.get(dim), other));
    }
    at.keySet().removeAll(labels);
    List<Collection<MeshAxis>> summed = addends(read);
    at.values().forEach(reduced -> summed.add(reduced.axes()));
    Set<MeshAxis> partial = new HashSet<>();
    for (Collection<MeshAxis> axes : summed) {
      require(
          axes.stream().allMatch(partial::add), "must be summed over an axis once, got %s", read);
    }
    return new Held("", cuts, partial, kind);
  }

  /** How each label is cut, but for those that must be whole. */
  private Map<String, Cut> cuts(List<Held> read, boolean slices) {
    Map<String, Cut> at = new HashMap<>();
    for (int i = 0; i < read.size(); i++) {
      List<String> labels = labels(operands.get(i));
      for (int dim = 0; dim < labels.size(); dim++) {
        String label = labels.get(dim);
        Cut cut = read.get(i).cuts().get(dim);
        if (whole.contains(label) || labels.indexOf(label) < dim) {
          require(cut.isWhole(), "%s must be whole in operand %d, got %s", label, i, cut);
        } else {
          at.merge(label, cut, (known, now) -> both(label, known, now, slices));
        }
      }
    }
    return at;
  }

  /** Of what is whole a part may be taken, or its only index be repeated. */
  private static Cut both(String label, Cut one, Cut other, boolean slices) {
    boolean isOneFree = one.isWhole() && (slices || one.size() == 1);
    boolean isOtherFree = other.isWhole() && (slices || other.size() == 1);
    boolean fits = one.equals(other) || isOneFree || isOtherFree;
    require(fits, "%s must be the same in all operands, got %s and %s", label, one, other);
    return isOneFree && one.size() <= other.size() ? other : one;
  }

  /** Over which axes the result is an addend, as operands are. */
  private List<Collection<MeshAxis>> addends(List<Held> read) {
    Map<Integer, Collection<MeshAxis>> addends = new HashMap<>(Map.of(0, Set.of()));
    for (int i = 0; i < read.size(); i++) {
      Set<MeshAxis> own = read.get(i).partial();
      boolean isSum = read.get(i).kind() == ReduceKind.SUM;
      boolean fits = addends.computeIfAbsent(sums.get(i), _ -> own).equals(own) && isSum;
      require(fits, "operands must be no addends, but all of a number of %s, got %s", sums, read);
    }
    return new ArrayList<>(addends.values());
  }
}
