package io.github.shardsum.internal.stablehlo;

import io.github.shardsum.einsum.Term;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Annotation;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Selection;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Emits a program as a module of one function, {@code main}. */
public final class ModuleEmitter {
  private final ModuleWriter out = new ModuleWriter();
  private final ShardingDialect shardings;
  private final PointwiseEmitter pointwise;
  private final ContractionEmitter contractions;
  private final SelectionEmitter selections;
  private final SourceEmitter sources;
  private final MovementEmitter movements;
  private final ScanEmitter scans;

  /** Emits regions in Shardy's dialect; without the dialect regions are unrolled. */
  private final Optional<ManualEmitter> manual;

  private ModuleEmitter(ShardingDialect shardings, Optional<Mesh> members, boolean highest) {
    StableHloOps ops = new StableHloOps(out);
    ConversionEmitter conversions = new ConversionEmitter(ops);
    PhiloxEmitter philox = new PhiloxEmitter(ops);
    this.shardings = shardings;
    this.pointwise = new PointwiseEmitter(ops, conversions, philox);
    this.contractions =
        new ContractionEmitter(ops, conversions, new EinsumEmitter(ops, conversions, highest));
    this.selections = new SelectionEmitter(ops, conversions);
    this.sources = new SourceEmitter(ops, conversions, philox);
    this.movements = new MovementEmitter(ops, shardings);
    this.scans = new ScanEmitter(ops, this::body);
    this.manual = members.map(mesh -> new ManualEmitter(ops, conversions, mesh, this::body));
  }

  /**
   * The text of a program.
   *
   * @param edges the layouts of inputs and outputs
   * @param donations for each donated input the output that may reuse its memory
   * @param mesh the mesh whose axes layouts name; empty for one device
   * @param shardy whether layouts are written in Shardy's dialect; otherwise as {@code
   *     mhlo.sharding}
   * @param highest whether products of f32 request full precision
   */
  public static String emit(
      Program program,
      ModuleLayouts edges,
      Map<Integer, Integer> donations,
      Optional<Mesh> mesh,
      boolean shardy,
      boolean highest) {
    ShardingDialect shardings =
        mesh.map(over -> shardy ? new ShardyShardings(over) : new GspmdShardings(over))
            .orElseGet(ShardingDialect::none);
    return new ModuleEmitter(shardings, shardy ? mesh : Optional.empty(), highest)
        .module(program, edges, donations);
  }

  private String module(Program program, ModuleLayouts edges, Map<Integer, Integer> donations) {
    out.open("module @" + program.name() + " {");
    shardings.header().forEach(out::line);
    List<Ssa> arguments = new ArrayList<>();
    for (Value input : program.inputs()) {
      arguments.add(out.fresh(StableHloType.of(input.type())));
    }
    out.open(signature(arguments, program.outputs(), edges, donations));
    List<Ssa> inside = laidOut(program.inputs(), arguments, edges.inputs(), edges.demandedInputs());
    List<Ssa> results =
        laidOut(program.outputs(), body(program, inside), edges.outputs(), edges.demandedOutputs());
    out.line(
        results.isEmpty()
            ? "return"
            : String.format(
                Locale.ROOT,
                "return %s : %s",
                ModuleWriter.names(results),
                ModuleWriter.types(results)));
    out.close("}");
    out.close("}");
    return out.toString();
  }

  private String signature(
      List<Ssa> arguments,
      List<Value> outputs,
      ModuleLayouts edges,
      Map<Integer, Integer> donations) {
    List<String> parameters = new ArrayList<>();
    for (int i = 0; i < arguments.size(); i++) {
      Ssa argument = arguments.get(i);
      List<String> attributes =
          new ArrayList<>(List.of(shardings.attribute(edges.inputs().get(i))));
      if (donations.containsKey(i)) {
        attributes.add(
            String.format(Locale.ROOT, "tf.aliasing_output = %d : i32", donations.get(i)));
      }
      parameters.add(argument + ": " + argument.type() + attributes(attributes));
    }
    List<String> results = new ArrayList<>();
    for (int i = 0; i < outputs.size(); i++) {
      StableHloType type = StableHloType.of(outputs.get(i).type());
      results.add(type + attributes(List.of(shardings.attribute(edges.outputs().get(i)))));
    }
    return String.format(
        Locale.ROOT,
        "func.func public @main(%s) -> (%s) {",
        String.join(", ", parameters),
        String.join(", ", results));
  }

  private static String attributes(List<String> all) {
    String some = all.stream().filter(each -> !each.isEmpty()).collect(Collectors.joining(", "));
    return some.isEmpty() ? "" : " {" + some + "}";
  }

  /**
   * Gives values the requested layouts inside the function. An input or output of the function has
   * another layout if a label divides unevenly.
   */
  private List<Ssa> laidOut(
      List<Value> values, List<Ssa> given, List<Term> edges, List<Term> demanded) {
    List<Ssa> inside = new ArrayList<>();
    for (int i = 0; i < given.size(); i++) {
      inside.add(
          edges.get(i).equals(demanded.get(i))
              ? given.get(i)
              : shardings.constrain(
                  new StableHloOps(out),
                  given.get(i),
                  values.get(i).type(),
                  Annotation.closed(demanded.get(i))));
    }
    return inside;
  }

  /** Emits the statements of a program, and returns its outputs for its inputs. */
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

  private ManualEmitter regions(Statement statement) {
    return manual.orElseThrow(
        () -> new IllegalStateException("regions are unrolled first, got " + statement));
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
      case Nested.Manual manual ->
          regions(statement)
              .emit(manual, statement.results().stream().map(Value::type).toList(), operands);
      case Communication of ->
          List.of(regions(statement).emit(of, statement.result().type(), operands));
    };
  }
}
