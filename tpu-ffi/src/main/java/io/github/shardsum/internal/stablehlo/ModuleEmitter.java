package io.github.shardsum.internal.stablehlo;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Annotation;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Selection;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Emits a program as a module of one function, {@code main}. */
public final class ModuleEmitter {
  private final TextWriter out = new TextWriter();
  private final Shardings shardings;
  private final PointwiseEmitter pointwise;
  private final ContractionEmitter contractions;
  private final SelectionEmitter selections;
  private final SourceEmitter sources;
  private final MovementEmitter movements;
  private final ScanEmitter scans;

  private ModuleEmitter(Shardings shardings, boolean highest) {
    Ops ops = new Ops(out);
    Conversions conversions = new Conversions(ops);
    PhiloxEmitter philox = new PhiloxEmitter(ops);
    this.shardings = shardings;
    this.pointwise = new PointwiseEmitter(ops, conversions, philox);
    this.contractions =
        new ContractionEmitter(ops, conversions, new EinsumEmitter(ops, conversions, highest));
    this.selections = new SelectionEmitter(ops, conversions);
    this.sources = new SourceEmitter(ops, conversions, philox);
    this.movements = new MovementEmitter(ops, shardings);
    this.scans = new ScanEmitter(ops, this::body);
  }

  /**
   * The text of a program.
   *
   * @param mesh whose axes layouts name; empty for one device
   * @param shardy whether layouts are Shardy's, else {@code mhlo.sharding}
   * @param highest whether products of f32 ask for full precision
   */
  public static String emit(Program program, Optional<Mesh> mesh, boolean shardy, boolean highest) {
    Shardings shardings =
        mesh.map(over -> shardy ? new ShardyShardings(over) : new GspmdShardings(over))
            .orElseGet(Shardings::none);
    return new ModuleEmitter(shardings, highest).module(program, mesh);
  }

  private String module(Program program, Optional<Mesh> mesh) {
    out.open("module @" + program.name() + " {");
    shardings.header().forEach(out::line);
    List<Ssa> arguments = new ArrayList<>();
    for (Value input : program.inputs()) {
      arguments.add(out.fresh(TensorType.of(input.type())));
    }
    out.open(signature(program, arguments, mesh));
    List<Ssa> inside = new ArrayList<>();
    for (int i = 0; i < arguments.size(); i++) {
      inside.add(demanded(program.inputs().get(i).type(), arguments.get(i), mesh));
    }
    List<Ssa> results = body(program, inside);
    out.line(
        results.isEmpty()
            ? "return"
            : "return %s : %s".formatted(TextWriter.names(results), TextWriter.types(results)));
    out.close("}");
    out.close("}");
    return out.toString();
  }

  private String signature(Program program, List<Ssa> arguments, Optional<Mesh> mesh) {
    List<String> parameters = new ArrayList<>();
    for (int i = 0; i < arguments.size(); i++) {
      ValueType type = program.inputs().get(i).type();
      String layout =
          mesh.map(over -> shardings.attribute(EdgeLayouts.input(type, over))).orElse("");
      parameters.add(arguments.get(i) + ": " + TensorType.of(type) + layout);
    }
    String results =
        program.outputs().stream()
            .map(Value::type)
            .map(type -> TensorType.of(type) + shardings.attribute(EdgeLayouts.output(type)))
            .collect(Collectors.joining(", "));
    return "func.func public @main(%s) -> (%s) {".formatted(String.join(", ", parameters), results);
  }

  /** An input whose layout the edge could not have, since it is uneven, gets it inside. */
  private Ssa demanded(ValueType type, Ssa argument, Optional<Mesh> mesh) {
    boolean inside =
        mesh.isPresent()
            && type.labels().axes().stream().map(Axis::mesh).anyMatch(axes -> !axes.isEmpty())
            && EdgeLayouts.input(type, mesh.get()).axes().stream()
                .map(Axis::mesh)
                .allMatch(List::isEmpty);
    return inside
        ? shardings.constrain(new Ops(out), argument, type, Annotation.closed(type.labels()))
        : argument;
  }

  /** The statements of a program: its outputs for its inputs. */
  private List<Ssa> body(Program program, List<Ssa> inputs) {
    Map<Value, Ssa> known = new HashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      known.put(program.inputs().get(i), inputs.get(i));
    }
    for (Statement statement : program.statements()) {
      String names =
          statement.results().stream().map(Value::toString).collect(Collectors.joining(", "));
      out.line("// " + names);
      List<Ssa> results =
          emit(statement, statement.operation().operands().stream().map(known::get).toList());
      for (int i = 0; i < results.size(); i++) {
        known.put(statement.results().get(i), results.get(i));
      }
    }
    return program.outputs().stream().map(known::get).toList();
  }

  private List<Ssa> emit(Statement statement, List<Ssa> operands) {
    return switch (statement.operation()) {
      case Pointwise of -> List.of(pointwise.emit(of, statement.result().type(), operands));
      case Contraction of -> List.of(contractions.emit(of, statement.result().type(), operands));
      case Selection of -> selections.emit(of, statement.result().type(), operands);
      case Source of -> List.of(sources.emit(of, operands));
      case Movement of -> List.of(movements.emit(of, statement.result().type(), operands));
      case Nested.Composite composite -> body(composite.decomposition(), operands);
      case Nested.Scan scan ->
          scans.emit(scan, statement.results().stream().map(Value::type).toList(), operands);
    };
  }
}
