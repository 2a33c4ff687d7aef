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
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Selection;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * What an operation computes of blocks, by its meaning. A label stands for the same index in every
 * dimension that has it; one that only operands have is reduced, one that only results have is
 * made.
 *
 * @param whole labels of which a block must have all indices, as more than one of them is read
 * @param kind how labels are reduced
 * @param addends which operands may be sums, those of a set together: the result is such a sum too
 */
record BlockRule(
    List<List<String>> operands,
    List<List<String>> results,
    Set<String> whole,
    ReduceKind kind,
    Set<Set<Integer>> addends) {

  static List<String> labels(Term term) {
    return term.axes().stream().map(Axis::label).toList();
  }

  /**
   * An einsum; each operand may be a sum alone.
   *
   * @param narrows whether of a diagonal one dimension may be a block, to which the others, which
   *     are whole, are narrowed; else all are whole
   */
  static BlockRule of(Equation equation, boolean narrows) {
    List<List<String>> operands = equation.operands().stream().map(BlockRule::labels).toList();
    Set<String> whole = new HashSet<>();
    Set<Set<Integer>> addends = new HashSet<>();
    for (int i = 0; i < operands.size(); i++) {
      List<String> labels = operands.get(i);
      labels.stream()
          .filter(label -> !narrows && labels.indexOf(label) < labels.lastIndexOf(label))
          .forEach(whole::add);
      addends.add(Set.of(i));
    }
    List<List<String>> result = List.of(labels(equation.output()));
    return new BlockRule(operands, result, whole, ReduceKind.SUM, addends);
  }

  private static BlockRule of(Statement statement) {
    Operation operation = statement.operation();
    return operation instanceof Contraction.Einsum einsum
        ? of(einsum.equation(), false)
        : new BlockRule(
            operation.operands().stream().map(value -> value.type().names()).toList(),
            statement.results().stream().map(value -> value.type().names()).toList(),
            whole(operation),
            operation instanceof Contraction.Reduce reduce ? reduce.kind() : ReduceKind.SUM,
            addends(operation));
  }

  private static Set<String> whole(Operation operation) {
    return switch (operation) {
      case Contraction.Softmax softmax -> Set.of(softmax.label());
      case Contraction.CumulativeSum sum -> Set.of(sum.label());
      case Selection.TopK top -> new HashSet<>(List.of(top.label(), top.into()));
      case Selection.ArgMax max -> Set.of(max.label());
      case Movement.Window window -> Set.of(window.label(), window.window());
      case Movement.Annotate _, Movement.Split _, Movement.Merge _ -> Set.of();
      case Movement movement -> Set.of(neighbours(movement));
      default -> Set.of();
    };
  }

  /** The label of which an operation reads neighbours of the index that it writes. */
  static String neighbours(Operation operation) {
    return switch (operation) {
      case Movement.Slice slice -> slice.label();
      case Movement.Pad pad -> pad.label();
      case Movement.Shift shift -> shift.label();
      case Movement.Concatenate all -> all.label();
      case Movement.Window window -> window.label();
      default -> throw new PlanRefusedException("must read neighbours, got " + operation);
    };
  }

  private static Set<Set<Integer>> addends(Operation operation) {
    return switch (operation) {
      case Pointwise.Unary x when x.kind() == UnaryKind.NEGATE -> Set.of(Set.of(0));
      case Pointwise.Binary x ->
          switch (x.kind()) {
            case ADD, SUBTRACT -> Set.of(Set.of(0, 1));
            case MULTIPLY -> Set.of(Set.of(0), Set.of(1));
            case DIVIDE -> isFloating(x.x()) ? Set.of(Set.of(0)) : Set.of();
            default -> Set.of();
          };
      case Pointwise.Select _ -> Set.of(Set.of(1, 2));
      case Pointwise.Convert(Value x, DType to)
          when isFloating(x) == to.isFloating() && isWider(to, x.type().dtype()) ->
          Set.of(Set.of(0));
      case Pointwise.Ragged x when isZero(x.fill()) -> Set.of(Set.of(0));
      case Contraction.Reduce x when x.kind() == ReduceKind.SUM -> Set.of(Set.of(0));
      case Contraction.CumulativeSum x when !isFloating(x.x()) -> Set.of(Set.of(0));
      case Movement.Pad x when !isZero(x.fill()) -> Set.of();
      case Movement.Shift x when !isZero(x.fill()) -> Set.of();
      case Movement x ->
          Set.of(IntStream.range(0, x.operands().size()).boxed().collect(Collectors.toSet()));
      default -> Set.of();
    };
  }

  private static boolean isFloating(Value value) {
    return value.type().dtype().isFloating();
  }

  private static boolean isWider(DType to, DType from) {
    return from != DType.BOOL && to.byteSize() >= from.byteSize();
  }

  private static boolean isZero(Scalar scalar) {
    return scalar.equals(new Scalar.Real(0)) || scalar.equals(new Scalar.Whole(0));
  }

  /**
   * The blocks of a statement's results.
   *
   * @param read the operands
   * @param made for each result how its dimensions are cut that nothing else tells
   * @param slices whether of a whole operand the part is taken that the others have
   */
  static List<Held> of(Statement statement, List<Held> read, List<Held> made, boolean slices) {
    return switch (statement.operation()) {
      case Movement.Split split -> {
        int dim = split.x().type().axis(split.label());
        List<Cut> parts = made.getFirst().cuts().subList(dim, dim + split.into().size());
        Cut whole = read.getFirst().cuts().get(dim);
        require(Cut.merged(parts).isSame(whole), "must split %s, got %s", whole, parts);
        yield List.of(read.getFirst().with(dim, 1, parts));
      }
      case Movement.Merge merge -> {
        int dim = merge.x().type().axis(merge.labels().getFirst());
        int count = merge.labels().size();
        Cut merged = Cut.merged(read.getFirst().cuts().subList(dim, dim + count));
        yield List.of(read.getFirst().with(dim, count, List.of(merged)));
      }
      case Nested nested -> {
        boolean isWhole = read.stream().allMatch(Held::isWhole);
        require(isWhole || nested instanceof Nested.Composite, "must be whole, got %s", read);
        yield isWhole ? whole(statement.results()) : composed((Nested.Composite) nested, read);
      }
      default -> of(statement).of(read, made, slices);
    };
  }

  private static List<Held> whole(List<Value> values) {
    return values.stream()
        .map(value -> LongStream.of(value.type().shape().toArray()).mapToObj(Cut::whole).toList())
        .map(cuts -> new Held("", cuts, Set.of(), ReduceKind.SUM))
        .toList();
  }

  /**
   * By the decomposition, where of a value that is whole each statement takes the part that it
   * needs. What is more, the kernel must have promised to take a part, of all that have the label.
   */
  private static List<Held> composed(Nested.Composite composite, List<Held> read) {
    Program meaning = composite.decomposition();
    Map<Value, Held> values = new HashMap<>();
    for (int i = 0; i < read.size(); i++) {
      values.put(meaning.inputs().get(i), read.get(i));
    }
    for (Statement statement : meaning.statements()) {
      List<Held> operands = statement.operation().operands().stream().map(values::get).toList();
      List<Held> results = of(statement, operands, whole(statement.results()), true);
      for (int i = 0; i < results.size(); i++) {
        values.put(statement.results().get(i), results.get(i));
      }
    }
    Map<String, Cut> at = new HashMap<>();
    for (Value value :
        Stream.of(meaning.inputs(), meaning.outputs()).flatMap(List::stream).toList()) {
      for (int dim = 0; dim < value.type().rank(); dim++) {
        String label = value.type().names().get(dim);
        Cut cut = Objects.requireNonNull(values.get(value)).cuts().get(dim);
        Cut first = at.computeIfAbsent(label, _ -> cut);
        List<String> may = composite.splittable();
        boolean isPart = may.contains(label) && cut.isSame(first);
        boolean fits = isPart || (cut.isWhole() && first.isWhole());
        require(fits, "%s must be whole, or of %s and split alike, got %s", label, may, cut);
      }
    }
    return meaning.outputs().stream().map(values::get).toList();
  }

  /** The blocks of the results, from blocks of the operands. */
  List<Held> of(List<Held> read, List<Held> made, boolean slices) {
    Map<String, Cut> at = cuts(read, slices);
    Set<MeshAxis> partial = partial(read);
    for (Map.Entry<String, Cut> label : at.entrySet()) {
      if (results.stream().noneMatch(labels -> labels.contains(label.getKey()))) {
        boolean isNew = label.getValue().axes().stream().allMatch(partial::add);
        require(isNew, "%s is summed over axes of other addends", label);
      }
    }
    List<Held> all = new ArrayList<>();
    for (int i = 0; i < results.size(); i++) {
      List<Cut> cuts = new ArrayList<>(made.get(i).cuts());
      require(cuts.size() == results.get(i).size(), "must give %s, got %s", results.get(i), cuts);
      for (int dim = 0; dim < cuts.size(); dim++) {
        String label = results.get(i).get(dim);
        Cut other = whole.contains(label) ? Cut.whole(cuts.get(dim).size()) : cuts.get(dim);
        cuts.set(dim, at.getOrDefault(label, other));
      }
      all.add(new Held("", cuts, partial, kind));
    }
    return all;
  }

  /** How each label is cut; those that must be whole are not there. */
  private Map<String, Cut> cuts(List<Held> read, boolean slices) {
    Map<String, Cut> at = new HashMap<>();
    for (int i = 0; i < read.size(); i++) {
      for (int dim = 0; dim < operands.get(i).size(); dim++) {
        String label = operands.get(i).get(dim);
        Cut cut = read.get(i).cuts().get(dim);
        boolean isFirst = operands.get(i).indexOf(label) == dim;
        if (isFirst && !whole.contains(label)) {
          at.merge(label, cut, (before, now) -> both(label, before, now, slices));
        } else {
          require(cut.isWhole(), "%s must be whole in operand %d, got %s", label, i, cut);
        }
      }
    }
    return at;
  }

  private static Cut both(String label, Cut one, Cut other, boolean slices) {
    boolean fits = one.isSame(other) || isTaken(one, other, slices) || isTaken(other, one, slices);
    require(fits, "%s must be the same in all operands, got %s and %s", label, one, other);
    return isTaken(one, other, slices) ? other : one;
  }

  /** Whether the indices are taken that the other has, or one that is repeated for all of them. */
  private static boolean isTaken(Cut cut, Cut other, boolean slices) {
    return cut.isWhole() && (cut.size() == other.size() ? slices : cut.size() == 1);
  }

  /** The axes along which operands are addends. */
  private Set<MeshAxis> partial(List<Held> read) {
    Set<MeshAxis> partial = new HashSet<>();
    read.forEach(operand -> partial.addAll(operand.partial()));
    for (MeshAxis axis : partial) {
      Set<Integer> sums = new HashSet<>();
      for (int i = 0; i < read.size(); i++) {
        if (read.get(i).partial().contains(axis)) {
          require(read.get(i).kind() == ReduceKind.SUM, "addends must be reduced, got %s", read);
          sums.add(i);
        }
      }
      require(addends.contains(sums), "operands must be no addends, or %s, got %s", addends, read);
    }
    return partial;
  }
}
