package io.github.shardsum.internal.local.compile;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.program.pass.OperandSubstitution;
import io.github.shardsum.program.Contraction.Einsum;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Passes;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Selection;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * If a one-hot picks elements of a product, only the product of the picked rows is computed: {@code
 * (a b) hot} is {@code a (b hot)}. So the gradient by the weights of a routing, {@code
 * GSM,GECM->GSEC} and then {@code GSEC,GSKEC->GSK}, gathers rows and forms no {@code [G, S, E, C]}.
 */
final class OneHotGatherRewrite {
  private final Program program;
  private final LocalValueUses uses;
  private final Map<Value, Integer> leads = new HashMap<>();
  private final Map<Value, Value> now = new HashMap<>();
  private final ProgramBuilder builder;

  private OneHotGatherRewrite(Program program) {
    this.program = program;
    this.uses = new LocalValueUses(program);
    this.builder = Program.builder(program.name());
  }

  /**
   * One product of a picked operand: the operand that stays, the operand to pick from, and the
   * equations.
   */
  private record Picked(Value stays, Value from, Value hot, Equation gather, Equation product) {}

  static Program of(Program program) {
    OneHotGatherRewrite gathers = new OneHotGatherRewrite(program);
    Map<Statement, Picked> found = gathers.find();
    return found.isEmpty() ? program : Passes.deadCode(gathers.rewrite(found));
  }

  private Map<Statement, Picked> find() {
    Map<Statement, Picked> found = new HashMap<>();
    for (Statement statement : program.statements()) {
      switch (statement.operation()) {
        case Selection.OneHot hot -> leads.put(statement.result(), hot.indices().type().rank());
        case Movement.Split split -> {
          Integer lead = leads.get(split.x());
          if (lead != null && split.x().type().axis(split.label()) >= lead) {
            leads.put(statement.result(), lead);
          }
        }
        case Einsum einsum -> picked(einsum).ifPresent(each -> found.put(statement, each));
        case Operation _ -> {}
      }
    }
    return found;
  }

  private Optional<Picked> picked(Einsum einsum) {
    if (einsum.operands().size() != 2 || !einsum.sizes().isEmpty()) {
      return Optional.empty();
    }
    return picked(einsum, 0).or(() -> picked(einsum, 1));
  }

  private Optional<Picked> picked(Einsum outer, int side) {
    Value hot = outer.operands().get(side);
    Value product = outer.operands().get(1 - side);
    int definition = uses.definition(product);
    boolean alone = uses.of(product).size() == 1 && !uses.isOutput(product);
    if (!leads.containsKey(hot)
        || definition < 0
        || !alone
        || !(program.statements().get(definition).operation() instanceof Einsum inner)
        || inner.operands().size() != 2
        || !inner.sizes().isEmpty()
        || !isPlain(outer, inner)) {
      return Optional.empty();
    }
    List<String> picks = labels(outer.equation().operand(side));
    List<String> tail = picks.subList(leads.getOrDefault(hot, 0), picks.size());
    List<List<String>> terms = renamed(inner, outer, 1 - side);
    for (int from = 0; from < 2; from++) {
      List<String> stays = terms.get(1 - from);
      boolean fits =
          terms.get(from).containsAll(tail)
              && stays.stream().noneMatch(tail::contains)
              && labels(outer.equation().output()).stream().noneMatch(tail::contains);
      if (fits) {
        return picked(outer, inner, hot, from, picks, terms)
            .filter(found -> isSmaller(found, product));
      }
    }
    return Optional.empty();
  }

  /**
   * Whether the rewrite is exact: operands have one dtype, no sum is rounded in between, and no
   * operand's term has a label twice.
   */
  private static boolean isPlain(Einsum outer, Einsum inner) {
    DType dtype = outer.dtype();
    List<Value> all = new ArrayList<>(outer.operands());
    all.addAll(inner.operands());
    return dtype != DType.BF16
        && all.stream().allMatch(value -> value.type().dtype() == dtype)
        && outer.equation().operands().stream().allMatch(OneHotGatherRewrite::isDistinct)
        && inner.equation().operands().stream().allMatch(OneHotGatherRewrite::isDistinct);
  }

  private static boolean isDistinct(Term term) {
    return labels(term).stream().distinct().count() == term.size();
  }

  private static List<String> labels(Term term) {
    return term.axes().stream().map(Axis::label).toList();
  }

  /** The terms of the inner product under the names that its result has in the outer one. */
  private static List<List<String>> renamed(Einsum inner, Einsum outer, int operand) {
    Map<String, String> names = new HashMap<>();
    List<String> given = labels(inner.equation().output());
    List<String> taken = labels(outer.equation().operand(operand));
    for (int i = 0; i < given.size(); i++) {
      names.put(given.get(i), taken.get(i));
    }
    Set<String> used = new HashSet<>(outer.equation().labels());
    List<List<String>> terms = new ArrayList<>();
    for (Term term : inner.equation().operands()) {
      terms.add(
          labels(term).stream()
              .map(label -> names.computeIfAbsent(label, name -> fresh(name, used)))
              .toList());
    }
    return terms;
  }

  private static String fresh(String like, Set<String> used) {
    String name = like;
    for (int i = 1; !used.add(name); i++) {
      name = like + i;
    }
    return name;
  }

  private static Optional<Picked> picked(
      Einsum outer,
      Einsum inner,
      Value hot,
      int from,
      List<String> picks,
      List<List<String>> terms) {
    Set<String> needed = new HashSet<>(terms.get(1 - from));
    needed.addAll(labels(outer.equation().output()));
    List<String> rows = new ArrayList<>();
    for (List<String> term : List.of(picks, terms.get(from))) {
      term.stream()
          .filter(label -> needed.contains(label) && !rows.contains(label))
          .forEach(rows::add);
    }
    Term result = term(rows);
    return Optional.of(
        new Picked(
            inner.operands().get(1 - from),
            inner.operands().get(from),
            hot,
            new Equation(List.of(term(picks), term(terms.get(from))), result),
            new Equation(List.of(term(terms.get(1 - from)), result), outer.equation().output())));
  }

  private static Term term(List<String> labels) {
    return Term.of(labels.toArray(String[]::new));
  }

  private static boolean isSmaller(Picked picked, Value product) {
    double elements = 1;
    for (String label : labels(picked.gather().output())) {
      elements *= size(label, picked);
    }
    return elements < product.type().shape().elementCount();
  }

  private static long size(String label, Picked picked) {
    int axis = labels(picked.gather().operand(0)).indexOf(label);
    ValueType hot = picked.hot().type();
    return axis >= 0
        ? hot.shape().size(axis)
        : picked.from().type().shape().size(labels(picked.gather().operand(1)).indexOf(label));
  }

  private Program rewrite(Map<Statement, Picked> found) {
    for (Value input : program.inputs()) {
      now.put(input, builder.input(input.name(), input.type()));
    }
    for (Statement statement : program.statements()) {
      Picked picked = found.get(statement);
      if (picked != null) {
        Value rows =
            builder.einsum(picked.gather(), of(List.of(picked.hot(), picked.from())), Map.of());
        List<Value> factors = List.of(of(List.of(picked.stays())).getFirst(), rows);
        now.put(statement.result(), builder.einsum(picked.product(), factors, Map.of()));
        continue;
      }
      List<Value> results =
          builder.add(
              OperandSubstitution.withOperands(
                  statement.operation(), of(statement.operation().operands())));
      for (int i = 0; i < results.size(); i++) {
        now.put(statement.results().get(i), results.get(i));
      }
    }
    program.outputs().forEach(output -> builder.output(now.getOrDefault(output, output)));
    return builder.build();
  }

  private List<Value> of(List<Value> values) {
    return values.stream().map(value -> now.getOrDefault(value, value)).toList();
  }
}
