package io.github.shardsum.internal.certify;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.program.Annotation;
import io.github.shardsum.program.Annotation.LabelSpec;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Nested.Manual;
import io.github.shardsum.program.Nested.Scan;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The request that a plan must fulfil: the terms of a program's outputs, and the layouts that its
 * annotations, the types of its inputs or a table of layouts give to values. The plan chooses the
 * layouts of all other values. Where a program ends, a value may be a partial sum only if the
 * request says so.
 *
 * @param inputs terms of the inputs
 * @param outputs terms of the outputs
 * @param layouts requested layouts: those of the inputs, in order, then those of other values
 * @param ends requested layouts of the outputs
 * @param bodies the requests for the bodies of loops that outputs need
 * @param unread the requests for the bodies of other loops that compute the same as one of them
 * @param statements the number of statements that the outputs need
 */
record CheckedRequest(
    List<Value> inputs,
    List<Value> outputs,
    List<Demand> layouts,
    List<Demand> ends,
    Map<CheckedTerms.Body, List<CheckedRequest>> bodies,
    Map<CheckedTerms.Body, List<CheckedRequest>> unread,
    int statements) {
  /** The axes of a dimension; an open one may have further axes after them. */
  record Split(List<String> axes, boolean isOpen) {}

  /**
   * The requested layout of a value.
   *
   * @param name the value's name
   * @param term its layout
   * @param dims the split of each dimension
   * @param partial the axes over which the value may be a partial sum
   */
  record Demand(String name, Value term, List<Split> dims, Set<String> partial) {
    /** A value without a requested layout, which may not be a partial sum. */
    static Demand none(String name, Value term) {
      List<Split> dims = term.type().names().stream().map(_ -> new Split(List.of(), true)).toList();
      return new Demand(name, term, dims, Set.of());
    }

    private static Demand of(String name, Value term, Annotation annotation) {
      List<Split> dims = new ArrayList<>();
      for (String label : term.type().names()) {
        Optional<LabelSpec> spec =
            annotation.labels().stream().filter(s -> s.label().equals(label)).findFirst();
        dims.add(
            spec.map(s -> new Split(s.axes(), s.open()))
                .orElseGet(() -> new Split(List.of(), true)));
      }
      return new Demand(name, term, dims, annotation.partial());
    }

    private static Demand of(String name, Value term, Layout layout) {
      List<Split> dims = new ArrayList<>();
      for (int dim = 0; dim < layout.rank(); dim++) {
        dims.add(new Split(layout.axes(dim), false));
      }
      return new Demand(name, term, dims, Set.copyOf(layout.partial()));
    }

    private static Demand of(String name, Value term, ValueType type) {
      List<Split> dims =
          type.labels().axes().stream().map(axis -> new Split(axis.mesh(), false)).toList();
      return type.labels().isAnnotated()
          ? new Demand(name, term, dims, Set.of())
          : none(name, term);
    }
  }

  /**
   * Reads a program after the terms of its values are known.
   *
   * @param layouts a table of layouts, which takes the place of annotations; empty if there is none
   */
  static CheckedRequest of(Program program, Map<String, Layout> layouts, CheckedTerms terms) {
    List<Value> inputs = new ArrayList<>();
    program.inputs().forEach(x -> inputs.add(terms.input(false, inputs.size(), x.type())));
    return new Reader(program, "", layouts, terms).read(inputs);
  }

  /** Reads the request of one program, the given one or the body of a loop. */
  private static final class Reader {
    private final Program program;
    private final String prefix;
    private final Map<String, Layout> layouts;
    private final CheckedTerms terms;
    private final Map<Value, Value> known = new HashMap<>();
    private final Map<CheckedTerms.Body, List<CheckedRequest>> bodies = new HashMap<>();
    private final Map<CheckedTerms.Body, List<CheckedRequest>> unread = new HashMap<>();
    private final List<Demand> demands = new ArrayList<>();
    private final Map<Value, Demand> last = new HashMap<>();

    /** Outputs, and values that a statement other than an annotation reads. */
    private final Set<Value> observed = new HashSet<>();

    private int statements;

    Reader(Program program, String prefix, Map<String, Layout> layouts, CheckedTerms terms) {
      this.program = program;
      this.prefix = prefix;
      this.layouts = layouts;
      this.terms = terms;
    }

    CheckedRequest read(List<Value> inputs) {
      List<Value> outputs = terms.outputs(program, inputs, known);
      for (Value input : program.inputs()) {
        demands.add(
            demand(input).orElseGet(() -> Demand.of(input.name(), term(input), input.type())));
      }
      List<Statement> needed = needed();
      observed.addAll(program.outputs());
      needed.stream()
          .map(Statement::operation)
          .filter(operation -> !(operation instanceof Movement.Annotate))
          .forEach(operation -> observed.addAll(operation.operands()));
      needed.forEach(this::statement);
      program.statements().stream()
          .filter(statement -> statement.operation() instanceof Nested)
          .filter(statement -> !needed.contains(statement))
          .forEach(this::unneeded);
      known.forEach((value, term) -> terms.name(term, value.name()));
      List<Demand> ends = new ArrayList<>();
      for (Value output : program.outputs()) {
        Demand none = Demand.none(output.name(), term(output));
        ends.add(last.getOrDefault(output, none));
      }
      return new CheckedRequest(inputs, outputs, demands, ends, bodies, unread, statements);
    }

    private Value term(Value value) {
      Value term = known.get(value);
      return term == null ? value : term;
    }

    /** The layout that the table has for a value. */
    private Optional<Demand> demand(Value value) {
      Optional<Demand> demand =
          Optional.ofNullable(layouts.get(prefix + value.name()))
              .map(layout -> Demand.of(value.name(), term(value), layout));
      demand.ifPresent(found -> last.put(value, found));
      return demand;
    }

    /** Statements that an output needs. */
    private List<Statement> needed() {
      Set<Value> read = new HashSet<>(program.outputs());
      List<Statement> needed = new ArrayList<>();
      for (Statement statement : program.statements().reversed()) {
        if (statement.results().stream().anyMatch(read::contains)) {
          read.addAll(statement.operation().operands());
          needed.addFirst(statement);
        }
      }
      return needed;
    }

    private void statement(Statement statement) {
      statements++;
      Operation operation = statement.operation();
      // A value whose only reader is another annotation is read in that annotation's layout.
      if (operation instanceof Movement.Annotate(_, Annotation annotation)
          && layouts.isEmpty()
          && observed.contains(statement.result())) {
        Value result = statement.result();
        Demand demand = Demand.of(result.name(), term(result), annotation);
        demands.add(demand);
        last.put(result, demand);
      } else if (operation instanceof Scan scan) {
        CheckedRequest body = body(statement, scan.body());
        keep(CheckedTerms.Rounds.of(scan, body.inputs(), body.outputs(), operands(scan)), body);
      } else if (operation instanceof Manual manual) {
        CheckedRequest body = body(statement, manual.body());
        keep(CheckedTerms.Region.of(manual, body.inputs(), body.outputs(), operands(manual)), body);
      }
      for (Value result : statement.results()) {
        demand(result).ifPresent(demands::add);
      }
    }

    /**
     * Records a loop that no output needs, if a needed loop computes the same. The two loops may
     * have different layouts.
     */
    private void unneeded(Statement statement) {
      if (statement.operation() instanceof Scan scan) {
        CheckedRequest body = body(statement, scan.body());
        also(CheckedTerms.Rounds.of(scan, body.inputs(), body.outputs(), operands(scan)), body);
      } else if (statement.operation() instanceof Manual manual) {
        CheckedRequest body = body(statement, manual.body());
        also(CheckedTerms.Region.of(manual, body.inputs(), body.outputs(), operands(manual)), body);
      }
    }

    private void also(CheckedTerms.Body maker, CheckedRequest body) {
      if (bodies.containsKey(maker)) {
        unread.computeIfAbsent(maker, _ -> new ArrayList<>()).add(body);
      }
    }

    private CheckedRequest body(Statement statement, Program body) {
      String inside = prefix + statement.result().name() + ".body.";
      return new Reader(body, inside, layouts, terms).read(terms.bodyInputs(body));
    }

    private List<Value> operands(Operation operation) {
      return operation.operands().stream().map(this::term).toList();
    }

    private void keep(CheckedTerms.Body maker, CheckedRequest body) {
      bodies.computeIfAbsent(maker, _ -> new ArrayList<>()).add(body);
      statements += body.statements();
    }
  }
}
