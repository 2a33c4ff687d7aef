package io.github.shardsum.internal.stablehlo;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.mesh.DeviceGroups;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Communication.AllGather;
import io.github.shardsum.program.Communication.AllReduce;
import io.github.shardsum.program.Communication.AllToAll;
import io.github.shardsum.program.Communication.AxisIndex;
import io.github.shardsum.program.Communication.OwnChunk;
import io.github.shardsum.program.Communication.Permute;
import io.github.shardsum.program.Communication.ReduceScatter;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.MeshAxis;
import io.github.shardsum.program.Nested.Manual;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Emits a manual region as {@code sdy.manual_computation}, and its communications as collectives
 * between the devices of the mesh. A program of one replica names the devices by their partitions.
 */
final class ManualEmitter {
  private final StableHloOps ops;
  private final ConversionEmitter conversions;
  private final Mesh mesh;
  private final BiFunction<Program, List<Ssa>, List<Ssa>> body;
  private int channels;

  /** A member's index along each axis of the regions around the emitted statements. */
  private Map<String, Ssa> indices = Map.of();

  /**
   * An emitter for a module.
   *
   * @param body emits a program's statements, and returns its outputs for its inputs
   */
  ManualEmitter(
      StableHloOps ops,
      ConversionEmitter conversions,
      Mesh mesh,
      BiFunction<Program, List<Ssa>, List<Ssa>> body) {
    this.ops = ops;
    this.conversions = conversions;
    this.mesh = mesh;
    this.body = body;
  }

  /**
   * Adds an operand that counts along each axis, from which members learn their indices. A plugin
   * offers no other way if some axes of the mesh are not the region's.
   */
  List<Ssa> emit(Manual manual, List<ValueType> results, List<Ssa> given) {
    ModuleWriter out = ops.out();
    List<Ssa> operands = new ArrayList<>(given);
    List<String> shardings = new ArrayList<>(shardings(manual.in()));
    List<String> axes = new ArrayList<>();
    List<Ssa> inside = new ArrayList<>();
    for (MeshAxis axis : manual.axes()) {
      operands.add(
          ops.iota(new StableHloType(StableHloElementType.I64, List.of((long) axis.size())), 0));
      shardings.add("<@mesh, [{" + quoted(axis.name()) + "}]>");
      axes.add(axis.name());
    }
    for (String axis : indices.keySet()) {
      operands.add(Objects.requireNonNull(indices.get(axis)));
      shardings.add("<@mesh, []>");
      axes.add(axis);
    }
    manual.body().inputs().forEach(input -> inside.add(out.fresh(StableHloType.of(input.type()))));
    for (int i = given.size(); i < operands.size(); i++) {
      StableHloType whole = operands.get(i).type();
      inside.add(out.fresh(whole.rank() == 0 ? whole : whole.with(0, 1)));
    }
    List<StableHloType> types = results.stream().map(StableHloType::of).toList();
    String name = out.freshName();
    out.open(
        String.format(
            Locale.ROOT,
            "%s%s = sdy.manual_computation(%s) in_shardings=[%s] out_shardings=[%s] manual_axes={%s} (%s) {",
            name,
            types.size() == 1 ? "" : ":" + types.size(),
            ModuleWriter.names(operands),
            String.join(", ", shardings),
            String.join(", ", shardings(manual.out())),
            String.join(", ", manual.axes().stream().map(axis -> quoted(axis.name())).toList()),
            StableHloOps.arguments(inside)));
    Map<String, Ssa> around = indices;
    indices = new TreeMap<>();
    for (int i = 0; i < axes.size(); i++) {
      indices.put(axes.get(i), ops.reshape(inside.get(given.size() + i), List.of()));
    }
    List<Ssa> made = member(manual, inside.subList(0, given.size()));
    indices = around;
    out.line(
        String.format(
            Locale.ROOT, "sdy.return %s : %s", ModuleWriter.names(made), ModuleWriter.types(made)));
    out.close(
        String.format(
            Locale.ROOT,
            "} : (%s) -> (%s)",
            ModuleWriter.types(operands),
            String.join(", ", types.stream().map(StableHloType::toString).toList())));
    return ModuleWriter.results(name, types);
  }

  private List<Ssa> member(Manual manual, List<Ssa> inputs) {
    List<Ssa> made = new ArrayList<>(body.apply(manual.body(), inputs));
    for (int i = 0; i < made.size(); i++) {
      List<String> partial = manual.out().get(i).partial();
      if (!partial.isEmpty()) {
        made.set(i, reduced(made.get(i), ReduceKind.SUM, partial));
      }
    }
    return made;
  }

  /** Each label has the region's axes; other axes may follow. */
  private static List<String> shardings(List<Term> terms) {
    return terms.stream()
        .map(
            term ->
                term.axes().stream()
                    .map(ManualEmitter::dimension)
                    .collect(Collectors.joining(", ", "<@mesh, [", "]>")))
        .toList();
  }

  private static String dimension(Axis axis) {
    List<String> parts = new ArrayList<>();
    axis.mesh().forEach(name -> parts.add(quoted(name)));
    parts.add("?");
    return "{" + String.join(", ", parts) + "}";
  }

  private static String quoted(String name) {
    return "\"" + name + "\"";
  }

  Ssa emit(Communication communication, ValueType result, List<Ssa> operands) {
    StableHloType type = StableHloType.of(result);
    List<String> axes = communication.axes().stream().map(MeshAxis::name).toList();
    return switch (communication) {
      case AllReduce reduce -> reduced(operands.getFirst(), reduce.by(), axes);
      case AllGather(Value x, String label, _) ->
          collective(
              "all_gather",
              operands.getFirst(),
              type,
              "all_gather_dim = " + x.type().axis(label) + " : i64, " + global(axes));
      case ReduceScatter(Value x, String label, _) -> {
        Ssa wide = conversions.widened(operands.getFirst());
        Ssa sum =
            combining(
                "reduce_scatter",
                wide,
                type.with(wide.element()),
                "add",
                "scatter_dimension = " + x.type().axis(label) + " : i64, " + global(axes));
        yield ops.convert(sum, type.element());
      }
      case AllToAll(Value x, String from, String to, _) ->
          collective(
              "all_to_all",
              operands.getFirst(),
              type,
              String.format(
                  Locale.ROOT,
                  "split_dimension = %d : i64, concat_dimension = %d : i64, split_count = %d : i64, %s",
                  x.type().axis(to),
                  x.type().axis(from),
                  communication.members(),
                  groups(axes)));
      case Permute permute -> permute(permute, operands.getFirst(), axes);
      case OwnChunk(Value x, String label, _) -> {
        int dimension = x.type().axis(label);
        Ssa place = place(communication.axes());
        Ssa start =
            ops.elementwise(
                "multiply", place, ops.constant(place.type(), type.sizes().get(dimension)));
        List<Ssa> starts = new ArrayList<>();
        for (int dim = 0; dim < type.rank(); dim++) {
          starts.add(dim == dimension ? start : ops.constant(place.type(), 0));
        }
        yield ops.dynamicSlice(operands.getFirst(), starts, type.sizes());
      }
      case AxisIndex _ -> place(communication.axes());
    };
  }

  /** A member's number in its group. */
  private Ssa place(List<MeshAxis> axes) {
    Ssa place = ops.constant(StableHloType.INDEX, 0);
    for (MeshAxis axis : axes) {
      Ssa size = ops.constant(StableHloType.INDEX, axis.size());
      Ssa index = Objects.requireNonNull(indices.get(axis.name()), axis.name());
      place = ops.elementwise("add", ops.elementwise("multiply", place, size), index);
    }
    return place;
  }

  private Ssa reduced(Ssa x, ReduceKind by, List<String> axes) {
    boolean bool = x.element() == StableHloElementType.BOOL;
    String operation =
        switch (by) {
          case SUM -> "add";
          case MAX -> bool ? "or" : "maximum";
          case MIN -> bool ? "and" : "minimum";
        };
    Ssa wide = conversions.widened(x);
    return ops.convert(
        combining("all_reduce", wide, wide.type(), operation, global(axes)), x.element());
  }

  private Ssa permute(Permute permute, Ssa x, List<String> axes) {
    List<List<Integer>> pairs = new ArrayList<>();
    for (List<Integer> group : lists(axes)) {
      for (int member = 0; member < group.size(); member++) {
        int source = permute.routes().source(member, group.size());
        if (source >= 0) {
          pairs.add(List.of(group.get(source), group.get(member)));
        }
      }
    }
    return pairs.isEmpty()
        ? ops.constant(x.type(), 0)
        : collective(
            "collective_permute",
            x,
            x.type(),
            String.format(
                Locale.ROOT,
                "source_target_pairs = dense<%s> : tensor<%dx2xi64>, %s",
                pairs,
                pairs.size(),
                channel()));
  }

  private Ssa collective(String name, Ssa x, StableHloType type, String attributes) {
    return ops.out()
        .define(
            String.format(
                Locale.ROOT,
                "\"stablehlo.%s\"(%s) {%s} : (%s) -> %s",
                name,
                x,
                attributes,
                x.type(),
                type),
            type);
  }

  private Ssa combining(
      String name, Ssa x, StableHloType type, String operation, String attributes) {
    ModuleWriter out = ops.out();
    StableHloType scalar = StableHloType.scalar(x.element());
    Ssa result = out.fresh(type);
    Ssa one = out.fresh(scalar);
    Ssa other = out.fresh(scalar);
    out.open(String.format(Locale.ROOT, "%s = \"stablehlo.%s\"(%s) ({", result, name, x));
    out.line(String.format(Locale.ROOT, "^bb0(%s):", StableHloOps.arguments(List.of(one, other))));
    ops.returnValues(List.of(ops.elementwise(operation, one, other)));
    out.close(String.format(Locale.ROOT, "}) {%s} : (%s) -> %s", attributes, x.type(), type));
    return result;
  }

  private String global(List<String> axes) {
    return groups(axes) + ", use_global_device_ids";
  }

  private String groups(List<String> axes) {
    List<List<Integer>> groups = lists(axes);
    return String.format(
        Locale.ROOT,
        "replica_groups = dense<%s> : tensor<%dx%dxi64>, %s",
        groups,
        groups.size(),
        groups.getFirst().size(),
        channel());
  }

  private String channel() {
    return String.format(
        Locale.ROOT,
        "channel_handle = #stablehlo.channel_handle<handle = %d, type = 1>",
        ++channels);
  }

  /** Devices of each group, in the order of the members. */
  private List<List<Integer>> lists(List<String> axes) {
    DeviceGroups groups = mesh.groups(axes);
    return IntStream.range(0, groups.count())
        .mapToObj(group -> Arrays.stream(groups.devices(group)).boxed().toList())
        .toList();
  }
}
