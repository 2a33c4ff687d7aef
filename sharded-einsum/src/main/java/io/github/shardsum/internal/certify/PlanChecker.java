package io.github.shardsum.internal.certify;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * Replays a plan on symbolic shards and refuses it unless every device ends with exactly its part
 * of the value that an equation says. A step is taken at its word, what it says of its result is
 * not: each device's indices are computed here, and so is which terms of a sum it has.
 */
public final class PlanChecker {
  private static final Comparator<Interval> BY_START =
      Comparator.comparingLong(Interval::from).thenComparingLong(Interval::to);

  private final SpmdPlan plan;
  private final List<PlannedValue> planned;
  private final Goal goal;
  private final Grid grid;
  private final List<Held> values = new ArrayList<>();
  private String where = "plan";

  /**
   * What is to be computed.
   *
   * @param given what each input stands for
   * @param operands how inputs lie
   * @param wanted what each output stands for
   * @param results how outputs lie
   * @param statements of a program, by their results' names
   */
  private record Goal(
      List<?> given,
      List<Term> operands,
      List<?> wanted,
      List<Term> results,
      Map<String, Statement> statements) {
    static Goal of(Equation equation) {
      List<Product> given = new ArrayList<>();
      List<Integer> factors = new ArrayList<>();
      for (Term term : equation.operands()) {
        given.add(new Product(Local.labels(term), List.of(factors.size())));
        factors.add(factors.size());
      }
      Product wanted = new Product(Local.labels(equation.output()), factors);
      List<Term> results = List.of(equation.output());
      return new Goal(given, equation.operands(), List.of(wanted), results, Map.of());
    }

    /** A program says how inputs lie if their types do, else the plan. */
    static Goal of(Program program, SpmdPlan plan) {
      Map<String, Statement> statements = new HashMap<>();
      program.statements().forEach(s -> s.results().forEach(r -> statements.put(r.name(), s)));
      List<Term> operands = new ArrayList<>();
      for (Value input : program.inputs()) {
        Term term = input.type().labels();
        boolean isSaid = term.isAnnotated() || operands.size() >= plan.inputs().size();
        operands.add(isSaid ? term : plan.inputs().get(operands.size()).layout().term());
      }
      List<String> given = program.inputs().stream().map(Value::name).toList();
      List<String> wanted = program.outputs().stream().map(v -> name(v, statements)).toList();
      List<Term> results = plan.outputs().stream().map(o -> plan.value(o).layout().term()).toList();
      return new Goal(given, operands, wanted, results, statements);
    }

    /** An annotation is the value that it annotates. */
    static String name(Value value, Map<String, Statement> statements) {
      Statement statement = statements.get(value.name());
      return statement != null && statement.operation() instanceof Movement.Annotate annotate
          ? name(annotate.x(), statements)
          : value.name();
    }
  }

  /** What a product of operands of an equation stands for, by the labels of its dimensions. */
  private record Product(List<String> labels, List<Integer> factors) {}

  private PlanChecker(SpmdPlan plan, Goal goal) {
    this.plan = plan;
    this.goal = goal;
    planned = plan.values();
    grid = new Grid(plan.mesh());
  }

  /**
   * Checks a plan of one einsum or reshard.
   *
   * @param plan the plan
   * @param equation what is to be computed, with the layouts of its operands and of its result
   * @return what was proved
   * @throws PlanRefusedException if a step is wrong, or the result is; it names the step, a device,
   *     and what that holds
   */
  public static String check(SpmdPlan plan, Equation equation) {
    return new PlanChecker(plan, Goal.of(equation)).run();
  }

  /**
   * Checks a plan of a program.
   *
   * @param plan the plan
   * @param program what is to be computed
   * @return what was proved
   * @throws PlanRefusedException if a step is wrong, or a result is
   */
  public static String check(SpmdPlan plan, Program program) {
    return new PlanChecker(plan, Goal.of(program, plan)).run();
  }

  private void require(boolean condition, String why, Object... values) {
    if (!condition) {
      for (int i = 0; i < values.length; i++) {
        values[i] = values[i] instanceof int[] group ? Arrays.toString(group) : values[i];
        values[i] = values[i] instanceof Interval[] box ? List.of(box) : values[i];
      }
      throw new PlanRefusedException(where + ": " + why.formatted(values));
    }
  }

  private String run() {
    boolean fits = plan.inputs().size() == goal.given().size();
    fits &= plan.outputs().size() == goal.wanted().size();
    require(fits, "inputs must be %s and outputs %s", goal.given(), goal.wanted());
    for (int i = 0; i < plan.inputs().size(); i++) {
      where = "input " + i;
      values.add(given(goal.given().get(i), goal.operands().get(i), plan.inputs().get(i)));
    }
    for (int i = 0; i < plan.steps().size(); i++) {
      PlanStep step = plan.steps().get(i);
      where = "step " + i + " (" + step.action().op() + ")";
      List<Held> results =
          switch (step.action()) {
            case Action.Contract(Equation local) -> multiplied(local, step);
            case Action.Apply(Statement statement) -> applied(statement, step);
            case Action.Neighbour neighbour -> neighbours(neighbour, step);
            case Action.Loop loop -> looped(loop, step);
            default -> List.of(moved(step));
          };
      for (int result = 0; result < results.size(); result++) {
        checkSaid(results.get(result), step.results().get(result));
      }
      values.addAll(results);
    }
    for (int i = 0; i < plan.outputs().size(); i++) {
      where = "output " + i;
      checkResult(i, plan.outputs().get(i));
    }
    return "certified: %d steps replayed on %d devices, each ends with exactly its part"
        .formatted(plan.steps().size(), grid.devices());
  }

  private Held given(Object meaning, Term term, PlannedValue value) {
    require(term.size() == value.shape().rank(), "must be %s, got %s", term, value);
    List<Set<Object>> terms = new ArrayList<>();
    for (int device = 0; device < grid.devices(); device++) {
      int part = grid.part(device, term.partial());
      terms.add(Set.of(new Interval(part, part + 1)));
    }
    Interval[][] boxes = grid.boxes(term, value.shape());
    Held given = new Held(meaning, ReduceKind.SUM, boxes, terms, union(terms));
    checkSaid(given, value);
    return given;
  }

  private static Set<Object> union(List<Set<Object>> terms) {
    Set<Object> all = new HashSet<>();
    terms.forEach(all::addAll);
    return all;
  }

  private Held moved(PlanStep step) {
    PlannedValue before = planned.get(step.operands().getFirst());
    PlannedValue after = step.result();
    require(before.shape().equals(after.shape()), "must give %s, got %s", before, after);
    Held held = values.get(step.operands().getFirst()).copy();
    Set<String> addends = wide(before.layout().partial());
    switch (step.action()) {
      case Action.Slice(String label, List<String> axes) -> slice(held, dim(before, label), axes);
      case Action.AllGather(String label, List<String> axes) ->
          gather(held, dim(before, label), axes);
      case Action.AllToAll(String from, String to, List<String> axes) -> {
        require(!from.equals(to), "must move axes from one label to another");
        gather(held, dim(before, from), axes);
        slice(held, dim(before, to), axes);
      }
      case Action.AllReduce(List<String> axes, ReduceKind by) -> {
        boolean isKind = held.kind() == by || held.all().equals(Held.ONE);
        require(isKind, "must be a %s, got %s", held.kind(), by);
        reduce(held, axes, addends);
      }
      case Action.ReduceScatter(String label, List<String> axes) -> {
        require(held.kind() == ReduceKind.SUM, "must not be a sum");
        reduce(held, axes, addends);
        slice(held, dim(before, label), axes);
      }
      case Action.CollectivePermute(List<String> axes) -> permute(held, axes, before, after);
      case Action.Exchange(String label, List<String> axes) ->
          exchange(held, dim(before, label), axes, after);
      case Action.Contract _, Action.Apply _, Action.Neighbour _, Action.Loop _ ->
          throw new IllegalStateException();
    }
    boolean left = addends.equals(wide(after.layout().partial()));
    require(left, "must leave addends over %s, got %s", addends, after);
    return held.copy();
  }

  /** Axes of more than one device. */
  private Set<String> wide(List<String> axes) {
    Set<String> wide = new HashSet<>(axes);
    wide.removeIf(axis -> grid.parts(List.of(axis)) == 1);
    return wide;
  }

  private int dim(PlannedValue value, String label) {
    int dim = Local.labels(value.layout().term()).indexOf(label);
    require(dim >= 0, "must name a label of %s, got %s", value, label);
    return dim;
  }

  private int[][] groups(List<String> axes) {
    require(grid.hasEach(axes), "axes must be of the mesh, each once, got %s", axes);
    return grid.groups(axes);
  }

  private void slice(Held held, int dim, List<String> axes) {
    for (int[] group : groups(axes)) {
      for (int device : group) {
        held.boxes()[device][dim] = grid.chunk(device, held.boxes()[device][dim], axes);
      }
    }
  }

  /** What the members hold are the chunks of what they hold together. */
  private void gather(Held held, int dim, List<String> axes) {
    for (int[] group : groups(axes)) {
      Interval all = Interval.hull(along(held, group, dim));
      for (int device : group) {
        Interval chunk = grid.chunk(device, all, axes);
        require(held.boxes()[device][dim].equals(chunk), "%s, not %s", held.on(device), chunk);
        held.boxes()[device][dim] = all;
      }
    }
  }

  /**
   * The intervals of a group's members along a dimension, in all others of which they are alike.
   */
  private List<Interval> along(Held held, int[] group, int dim) {
    List<Interval> along = new ArrayList<>();
    Interval[] like = held.boxes()[group[0]].clone();
    for (int device : group) {
      along.add(held.boxes()[device][dim]);
      like[dim] = along.getLast();
      checkAlike(held, like, group[0], device);
    }
    return along;
  }

  private void checkAlike(Held held, Interval[] box, int one, int other) {
    boolean alike = Arrays.equals(box, held.boxes()[other]);
    alike &= held.terms().get(one).equals(held.terms().get(other));
    require(alike, "%s, and %s", held.on(one), held.on(other));
  }

  /** Takes the axes from the addends. */
  private void reduce(Held held, List<String> axes, Set<String> addends) {
    axes.forEach(addends::remove);
    for (int[] group : groups(axes)) {
      Set<Object> sum = new HashSet<>();
      for (int device : group) {
        boolean same = Arrays.equals(held.boxes()[device], held.boxes()[group[0]]);
        require(same, "%s, and %s", held.on(group[0]), held.on(device));
        for (Object term : held.terms().get(device)) {
          require(
              sum.add(term), "a term is added twice: %s, device %d too", held.on(device), group[0]);
        }
      }
      for (int device : group) {
        held.terms().set(device, sum);
      }
    }
  }

  /** A device gets the block that has the numbers along all labels which it has afterwards. */
  private void permute(Held held, List<String> axes, PlannedValue before, PlannedValue after) {
    boolean isApart = Collections.disjoint(axes, wide(before.layout().partial()));
    require(isApart, "addends must stay where they are, got %s", before);
    Held from = held.copy();
    for (int[] group : groups(axes)) {
      Map<Object, Integer> blocks = new HashMap<>();
      for (int device : group) {
        blocks.put(grid.place(device, before.layout().term()), device);
      }
      for (int device : group) {
        int source = blocks.getOrDefault(grid.place(device, after.layout().term()), -1);
        require(source >= 0, "devices %s do not have what device %d gets", group, device);
        held.boxes()[device] = from.boxes()[source].clone();
        held.terms().set(device, from.terms().get(source));
      }
    }
  }

  /** The members hold disjoint intervals, of which each gets what the result's layout says. */
  private void exchange(Held held, int dim, List<String> axes, PlannedValue after) {
    Interval[][] wanted = grid.boxes(after.layout().term(), after.shape());
    for (int[] group : groups(axes)) {
      List<Interval> along = along(held, group, dim);
      Interval last = Interval.all(0);
      for (Interval next : along.stream().sorted(BY_START).toList()) {
        require(next.isEmpty() || last.to() <= next.from(), "devices %s have %s", group, along);
        last = next;
      }
      for (int device : group) {
        Interval own = wanted[device][dim];
        long had = along.stream().mapToLong(own::shared).sum();
        require(had == own.to() - own.from(), "devices %s have %s, not %s", group, along, own);
        held.boxes()[device][dim] = own;
      }
    }
  }

  /** A product of operands of the equation, or of such products. */
  private List<Held> multiplied(Equation local, PlanStep step) {
    List<Held> read = read(step);
    List<Integer> factors = new ArrayList<>();
    Set<String> labels = new HashSet<>();
    require(goal.statements().isEmpty(), "must be a statement of the program");
    require(local.operandCount() == read.size(), "%s must have %d operands", local, read.size());
    for (int i = 0; i < read.size(); i++) {
      Product product = (Product) read.get(i).meaning();
      boolean same = product.labels().equals(Local.labels(local.operand(i)));
      require(same, "must read %s, got %s", product.labels(), local);
      factors.addAll(product.factors());
      labels.addAll(product.labels());
    }
    factors.sort(null);
    boolean once = new HashSet<>(factors).size() == factors.size();
    require(once, "an operand is multiplied twice, got %s", factors);
    // A label is summed over once all operands that have it are multiplied, unless the result has
    // it.
    List<String> output = Local.labels(local.output());
    Set<String> kept = new HashSet<>(Local.labels(goal.results().getFirst()));
    for (int i = 0; i < goal.operands().size(); i++) {
      kept.addAll(factors.contains(i) ? List.of() : Local.labels(goal.operands().get(i)));
    }
    labels.retainAll(kept);
    require(output.containsAll(labels), "%s are still read, got %s", labels, local);
    return computed(Local.of(local), step, read, List.of(new Product(output, factors)));
  }

  private List<Held> applied(Statement statement, PlanStep step) {
    checkStatement(statement, step);
    List<Value> results = statement.results();
    List<Held> made =
        computed(Local.of(statement), step, read(step), results.stream().map(Value::name).toList());
    PlannedValue operand =
        step.operands().isEmpty() ? step.result() : planned.get(step.operands().getFirst());
    for (int device = 0; device < grid.devices(); device++) {
      Interval[] from =
          step.operands().isEmpty()
              ? new Interval[0]
              : values.get(step.operands().getFirst()).boxes()[device];
      Interval[] to = made.getFirst().boxes()[device];
      switch (statement.operation()) {
        case Movement.Split split -> {
          int dim = split.x().type().axis(split.label());
          Interval own = flat(to, step.result().shape(), dim, split.into().size());
          require(own.equals(from[dim]), "must split %s, got %s", from[dim], own);
        }
        case Movement.Merge merge -> {
          int dim = merge.x().type().axis(merge.labels().getFirst());
          Interval own = flat(from, operand.shape(), dim, merge.labels().size());
          require(own.equals(to[dim]), "must merge to %s, got %s", own, to[dim]);
        }
        default -> {}
      }
    }
    return made;
  }

  /** As on operands that are whole along the label, of which each device makes its chunk. */
  private List<Held> neighbours(Action.Neighbour action, PlanStep step) {
    Statement statement = action.statement();
    checkStatement(statement, step);
    String label = Local.neighbours(statement.operation());
    List<Held> read = new ArrayList<>();
    for (int i = 0; i < step.operands().size(); i++) {
      Held held = values.get(step.operands().get(i)).copy();
      int dim = statement.operation().operands().get(i).type().axis(label);
      gather(held, dim, action.axes());
      read.add(held);
    }
    Held made =
        computed(Local.of(statement), step, read, List.of(statement.result().name())).getFirst();
    int dim = statement.result().type().axis(label);
    for (int device = 0; device < grid.devices(); device++) {
      Interval whole = made.boxes()[device][dim];
      made.boxes()[device][dim] = grid.chunk(device, whole, action.axes());
    }
    return List.of(made);
  }

  private void checkStatement(Statement statement, PlanStep step) {
    Statement own = goal.statements().get(statement.result().name());
    require(statement.equals(own), "must be a statement of the program, got %s", statement);
    List<?> read = step.operands().stream().map(number -> values.get(number).meaning()).toList();
    List<String> wanted =
        statement.operation().operands().stream()
            .map(v -> Goal.name(v, goal.statements()))
            .toList();
    require(read.equals(wanted), "must read %s, got %s", wanted, read);
    List<Shape> shapes = statement.results().stream().map(value -> value.type().shape()).toList();
    List<Shape> made = step.results().stream().map(PlannedValue::shape).toList();
    require(made.equals(shapes), "must give %s, got %s", shapes, made);
  }

  /** The indices of some dimensions as one, major first. */
  private Interval flat(Interval[] box, Shape shape, int first, int count) {
    long from = 0;
    long to = 1;
    for (int dim = first; dim < first + count; dim++) {
      long size = shape.size(dim);
      boolean fits = box[dim].equals(Interval.all(size)) || to - from <= 1;
      require(fits, "must be one interval, got %s", List.of(box));
      boolean isEmpty = from == to || box[dim].isEmpty();
      to = isEmpty ? from * size : (to - 1) * size + box[dim].to();
      from = from * size + (isEmpty ? 0 : box[dim].from());
    }
    return new Interval(from, to);
  }

  /** What is carried lies in every round alike; of sequences a round has one index, whole else. */
  private List<Held> looped(Action.Loop loop, PlanStep step) {
    checkStatement(loop.statement(), step);
    Nested.Scan scan = (Nested.Scan) loop.statement().operation();
    PlanChecker body = new PlanChecker(loop.body(), Goal.of(scan.body(), loop.body()));
    body.run();
    int carried = scan.carried().size();
    for (int i = 0; i < step.operands().size(); i++) {
      boolean isSequence = i >= carried && i < carried + scan.sequences().size();
      Held inner = isSequence ? stacked(body.values.get(i), scan.count()) : body.values.get(i);
      Held outer = values.get(step.operands().get(i));
      boolean same =
          Arrays.deepEquals(inner.boxes(), outer.boxes()) && inner.all().equals(outer.all());
      require(same, "operand %d must lie as the body reads it", i);
    }
    List<Held> results = new ArrayList<>();
    for (int i = 0; i < step.results().size(); i++) {
      Held inner = body.values.get(loop.body().outputs().get(i));
      boolean same = i >= carried || Arrays.deepEquals(inner.boxes(), body.values.get(i).boxes());
      require(same && inner.all().equals(Held.ONE), "result %d must lie as in the next round", i);
      Held result = i < carried ? inner : stacked(inner, scan.count());
      results.add(
          new Held(
              loop.statement().results().get(i).name(),
              ReduceKind.SUM,
              result.boxes(),
              result.terms(),
              Held.ONE));
    }
    return results;
  }

  private static Held stacked(Held one, long count) {
    Held all = one.copy();
    for (int device = 0; device < all.boxes().length; device++) {
      List<Interval> box = new ArrayList<>(List.of(all.boxes()[device]));
      box.addFirst(Interval.all(count));
      all.boxes()[device] = box.toArray(Interval[]::new);
    }
    return all;
  }

  private List<Held> read(PlanStep step) {
    return step.operands().stream().map(values::get).toList();
  }

  private List<Held> computed(Local local, PlanStep step, List<Held> read, List<?> meanings) {
    Map<String, Long> sizes = new HashMap<>();
    for (int i = 0; i < read.size(); i++) {
      for (int dim = 0; dim < local.operands().get(i).size(); dim++) {
        long size = planned.get(step.operands().get(i)).shape().size(dim);
        sizes.merge(local.operands().get(i).get(dim), size, Math::max);
      }
      boolean isSum = !read.get(i).all().equals(Held.ONE) && !read.get(i).all().isEmpty();
      boolean may = local.isProduct() || local.addends().contains(i);
      require(may || !isSum, "operand %d lacks terms", i);
    }
    Map<String, Interval[]> at = read(local, read, step, sizes);
    Set<Object> all = terms(local, read.stream().map(Held::all).toList());
    List<Set<Object>> terms = new ArrayList<>();
    for (int device = 0; device < grid.devices(); device++) {
      int on = device;
      boolean isSum = !all.equals(Held.ONE);
      terms.add(
          isSum ? terms(local, read.stream().map(held -> held.terms().get(on)).toList()) : all);
    }
    for (String label : local.reduced()) {
      Interval[] own = Objects.requireNonNull(at.get(label));
      all = Held.product(all, dealt(label, own, sizes.getOrDefault(label, 0L)));
      for (int device = 0; device < grid.devices(); device++) {
        Set<Object> part = own[device].isEmpty() ? Set.of() : Set.of(own[device]);
        terms.set(device, Held.product(terms.get(device), part));
      }
    }
    List<Held> results = new ArrayList<>();
    for (int i = 0; i < meanings.size(); i++) {
      List<String> labels = local.results().get(i);
      PlannedValue result = step.results().get(i);
      require(labels.size() == result.shape().rank(), "must give %s, got %s", labels, result);
      // What only the result has is made, where the layout says.
      Interval[][] boxes = said(result);
      for (int dim = 0; dim < labels.size(); dim++) {
        boolean isWhole = local.whole().contains(labels.get(dim));
        Interval[] has = isWhole ? whole(result.shape().size(dim)) : at.get(labels.get(dim));
        for (int device = 0; device < grid.devices() && has != null; device++) {
          boxes[device][dim] = has[device];
        }
      }
      results.add(new Held(meanings.get(i), local.kind(), boxes, terms, all));
    }
    return results;
  }

  private Interval[] whole(long size) {
    Interval[] whole = new Interval[grid.devices()];
    Arrays.fill(whole, Interval.all(size));
    return whole;
  }

  /** The indices of each label that each device's operands have, in all operands the same. */
  private Map<String, Interval[]> read(
      Local local, List<Held> read, PlanStep step, Map<String, Long> sizes) {
    Map<String, Interval[]> at = new HashMap<>();
    for (int i = 0; i < read.size(); i++) {
      Set<String> own = new HashSet<>();
      for (int dim = 0; dim < local.operands().get(i).size(); dim++) {
        int along = dim;
        String label = local.operands().get(i).get(dim);
        long size = planned.get(step.operands().get(i)).shape().size(dim);
        Interval[] has =
            Arrays.stream(read.get(i).boxes()).map(box -> box[along]).toArray(Interval[]::new);
        // Of a diagonal further dimensions are whole, and narrowed to the first one's indices.
        boolean isWhole = local.whole().contains(label) || !own.add(label);
        isWhole |= size == 1 && sizes.getOrDefault(label, size) > 1;
        Interval[] wanted = isWhole ? whole(size) : at.getOrDefault(label, has);
        for (int device = 0; device < has.length; device++) {
          boolean fits = has[device].equals(wanted[device]);
          require(fits, "%s, not %s of %s", read.get(i).on(device), wanted[device], label);
        }
        if (!isWhole) {
          at.put(label, has);
        }
      }
    }
    for (String label : local.reduced()) {
      at.putIfAbsent(label, whole(sizes.getOrDefault(label, 0L)));
    }
    return at;
  }

  /** The terms of a result by those of the operands. */
  private static Set<Object> terms(Local local, List<Set<Object>> read) {
    Set<Object> terms = Held.ONE;
    if (local.isProduct()) {
      for (Set<Object> own : read) {
        terms = Held.product(terms, own);
      }
    } else if (local.addends().stream().anyMatch(i -> !read.get(i).equals(Held.ONE))) {
      terms = new HashSet<>();
      for (int i : local.addends()) {
        for (Object term : read.get(i)) {
          terms.add(List.of(i, term));
        }
      }
    }
    return terms;
  }

  /** The intervals in which a label is dealt out over the devices; they have each index once. */
  private Set<Object> dealt(String label, Interval[] own, long size) {
    Set<Interval> parts = new TreeSet<>(BY_START);
    parts.addAll(Arrays.asList(own));
    parts.removeIf(Interval::isEmpty);
    long end = 0;
    for (Interval part : parts) {
      require(part.from() == end, "label %s is reduced over %s", label, parts);
      end = part.to();
    }
    require(end == size, "label %s is reduced over %s", label, parts);
    return new HashSet<>(parts);
  }

  /** Every device has its part of the result, or an addend of it that no other has. */
  private void checkResult(int output, int number) {
    Held held = values.get(number);
    Object wanted = goal.wanted().get(output);
    require(held.meaning().equals(wanted), "must be %s, got %s", wanted, held.meaning());
    // What has a label twice is zero off the diagonal, which no input is.
    boolean isGiven = number < plan.inputs().size() && wanted instanceof Product;
    List<String> labels = Local.labels(goal.results().get(output));
    require(!isGiven || new HashSet<>(labels).size() == labels.size(), "must be a diagonal");
    Held sum = held.copy();
    reduce(sum, goal.results().get(output).partial(), new HashSet<>());
    Interval[][] boxes = grid.boxes(goal.results().get(output), planned.get(number).shape());
    for (int device = 0; device < grid.devices(); device++) {
      boolean isRight = Arrays.equals(boxes[device], held.boxes()[device]) && sum.isWhole(device);
      require(isRight, "%s, not all of %s", sum.on(device), boxes[device]);
    }
  }

  /** A layout is where the executor looks for shards; those that it says are the same it shares. */
  private void checkSaid(Held held, PlannedValue value) {
    List<String> partial = value.layout().partial();
    boolean isStored = value.dtype() != DType.BF16 || grid.parts(partial) == 1;
    require(isStored, "addends must be f32, got %s", value);
    Interval[][] said = said(value);
    Map<List<Object>, Integer> tiles = new HashMap<>();
    for (int device = 0; device < grid.devices(); device++) {
      boolean isSaid = Arrays.equals(said[device], held.boxes()[device]);
      require(isSaid, "%s, and %s says %s", held.on(device), value.layout(), said[device]);
      List<Object> tile = List.of(List.of(said[device]), grid.part(device, partial));
      int first = tiles.merge(tile, device, (old, _) -> old);
      checkAlike(held, said[device], first, device);
    }
    // What it says is partial must be addends, of which none is another's.
    reduce(held.copy(), partial, new HashSet<>());
  }

  private Interval[][] said(PlannedValue value) {
    return grid.boxes(value.layout().term(), value.shape());
  }
}
