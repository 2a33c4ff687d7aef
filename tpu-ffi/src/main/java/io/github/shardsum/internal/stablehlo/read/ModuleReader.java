package io.github.shardsum.internal.stablehlo.read;

import io.github.shardsum.internal.stablehlo.read.Mlir.Argument;
import io.github.shardsum.internal.stablehlo.read.Mlir.Attribute;
import io.github.shardsum.internal.stablehlo.read.Mlir.Function;
import io.github.shardsum.internal.stablehlo.read.Mlir.Module;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.mesh.MeshAxis;
import io.github.shardsum.program.Passes;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Reads a module as a program. */
public final class ModuleReader {
  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_]+");

  private final Module module;

  private ModuleReader(Module module) {
    this.module = module;
  }

  /** Reads the text of a module. */
  public static ModuleReader of(String text) {
    return new ModuleReader(MlirParser.parse(text));
  }

  /** The mesh of the module, if it has one with axes. */
  public Optional<Mesh> mesh() {
    List<List<MeshAxis>> meshes =
        module.meshes().values().stream().filter(axes -> !axes.isEmpty()).distinct().toList();
    if (meshes.size() > 1) {
      throw new IllegalArgumentException("module: must have at most one mesh, got " + meshes);
    }
    return meshes.stream().findFirst().map(Mesh::of);
  }

  /** The program of the function {@code main}, or of the only one. */
  public Program program() {
    Function main = main();
    SsaFlattening flattening = new SsaFlattening(module.functions());
    SsaBody body = flattening.flatten(main);
    DimensionTies ties = new DimensionTies();
    ties.tie(body);
    ProgramBuilder builder = Program.builder(name(module.name().replaceFirst("^jit_+", "")));
    ProgramScope scope =
        new ProgramScope(builder, ties, new ScalarEvaluation(flattening.defining()));
    inputs(scope, main, body);
    Set<SsaValue> needed = body.needed(body.returned(), new HashSet<>(body.arguments()));
    StepReader.readAll(scope, body.steps(), needed);
    outputs(scope, main, body);
    return Passes.deadCode(Passes.commonSubexpressions(builder.build()));
  }

  private Function main() {
    Function main = module.functions().get("main");
    if (main != null) {
      return main;
    }
    if (module.functions().size() != 1) {
      throw new IllegalArgumentException(
          "module: must have a function main, got " + module.functions().keySet());
    }
    return module.functions().values().iterator().next();
  }

  private static void inputs(ProgramScope scope, Function main, SsaBody body) {
    ProgramBuilder builder = scope.builder();
    for (int i = 0; i < body.arguments().size(); i++) {
      Argument argument = main.region().arguments().get(i);
      SsaValue value = body.arguments().get(i);
      List<String> names = scope.names(value);
      String given = word(argument.attributes(), "jax.arg_info").orElse(argument.name());
      String chosen = builder.unusedName(name(given));
      try {
        ValueType type =
            ValueType.of(ProgramScope.dtype(value.type()), names, value.type().sizes());
        scope.put(value, View.Held.of(builder.input(chosen, type), names));
        Attribute sharding = argument.attributes().get("sdy.sharding");
        if (sharding != null) {
          scope.put(value, ShardingReader.annotated(scope, value, sharding));
        }
      } catch (IllegalArgumentException bad) {
        throw new IllegalArgumentException(
            "line " + main.line() + ": argument " + argument.name() + ": " + bad.getMessage(), bad);
      }
    }
  }

  private static void outputs(ProgramScope scope, Function main, SsaBody body) {
    ProgramBuilder builder = scope.builder();
    for (int i = 0; i < body.returned().size(); i++) {
      SsaValue value = body.returned().get(i);
      Map<String, Attribute> attributes =
          i < main.results().size() ? main.results().get(i) : Map.of();
      Attribute sharding = attributes.get("sdy.sharding");
      View view =
          sharding == null ? scope.view(value) : ShardingReader.annotated(scope, value, sharding);
      Value whole = scope.whole(view, value.type().sizes(), scope.labels(view, value));
      String info = word(attributes, "jax.result_info").orElse("result");
      String chosen = builder.unusedName(name(info.isEmpty() ? "result" : info));
      builder.output(chosen, builder.isNamed(whole) ? scope.copy(whole) : whole);
    }
  }

  private static Optional<String> word(Map<String, Attribute> attributes, String key) {
    return Optional.ofNullable(attributes.get(key)).map(Attribute::word);
  }

  /** A name made of the words of a text: {@code params.w} of {@code params['w']}. */
  private static String name(String text) {
    List<String> words =
        new ArrayList<>(WORD.matcher(text).results().map(each -> each.group()).toList());
    String joined = words.stream().collect(Collectors.joining("."));
    return Value.isName(joined) ? joined : "x" + joined;
  }
}
