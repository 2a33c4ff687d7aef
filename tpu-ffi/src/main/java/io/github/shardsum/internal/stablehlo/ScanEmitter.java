package io.github.shardsum.internal.stablehlo;

import io.github.shardsum.program.Nested.Scan;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;

/**
 * Emits a scan as a {@code while} over a counter, the carried values, the stacked results, and all
 * values that rounds read: some plugins cannot use a value from outside of a region.
 */
final class ScanEmitter {
  private final StableHloOps ops;
  private final BiFunction<Program, List<Ssa>, List<Ssa>> body;

  /**
   * An emitter for a module.
   *
   * @param body emits a program's statements, and returns its outputs for its inputs
   */
  ScanEmitter(StableHloOps ops, BiFunction<Program, List<Ssa>, List<Ssa>> body) {
    this.ops = ops;
    this.body = body;
  }

  List<Ssa> emit(Scan scan, List<ValueType> results, List<Ssa> operands) {
    int carried = scan.carried().size();
    List<Ssa> state = new ArrayList<>(operands.subList(0, carried));
    for (ValueType stacked : results.subList(carried, results.size())) {
      state.add(ops.constant(StableHloType.of(stacked), 0));
    }
    if (scan.count() == 0) {
      return List.copyOf(state);
    }
    List<Ssa> loop = new ArrayList<>();
    loop.add(ops.constant(StableHloType.INDEX, 0));
    loop.addAll(state);
    loop.addAll(operands.subList(carried, operands.size()));
    List<Ssa> ended = loop(scan, loop, results.size());
    return List.copyOf(ended.subList(1, 1 + results.size()));
  }

  private List<Ssa> loop(Scan scan, List<Ssa> first, int results) {
    ModuleWriter out = ops.out();
    String name = out.freshName();
    List<Ssa> inside = first.stream().map(value -> out.fresh(value.type())).toList();
    List<String> bindings = new ArrayList<>();
    for (int i = 0; i < first.size(); i++) {
      bindings.add(inside.get(i) + " = " + first.get(i));
    }
    out.line(
        String.format(
            Locale.ROOT,
            "%s%s = stablehlo.while(%s) : %s",
            name,
            first.size() == 1 ? "" : ":" + first.size(),
            String.join(", ", bindings),
            ModuleWriter.types(first)));
    out.open("cond {");
    Ssa count = ops.constant(StableHloType.INDEX, scan.count());
    ops.returnValues(List.of(ops.compare("LT", inside.getFirst(), count)));
    out.reopen("} do {");
    ops.returnValues(round(scan, inside, results));
    out.close("}");
    return ModuleWriter.results(name, first.stream().map(Ssa::type).toList());
  }

  private List<Ssa> round(Scan scan, List<Ssa> inside, int results) {
    int carried = scan.carried().size();
    Ssa round = inside.getFirst();
    Ssa index =
        scan.reverse()
            ? ops.elementwise(
                "subtract", ops.constant(StableHloType.INDEX, scan.count() - 1), round)
            : round;
    List<Ssa> read = inside.subList(1 + results, inside.size());
    List<Ssa> in = new ArrayList<>(inside.subList(1, 1 + carried));
    for (int i = 0; i < read.size(); i++) {
      in.add(i < scan.sequences().size() ? at(read.get(i), index) : read.get(i));
    }
    List<Ssa> made = body.apply(scan.body(), in);
    List<Ssa> next = new ArrayList<>();
    next.add(ops.elementwise("add", round, ops.constant(StableHloType.INDEX, 1)));
    next.addAll(made.subList(0, carried));
    for (int i = carried; i < results; i++) {
      next.add(put(inside.get(1 + i), made.get(i), index));
    }
    next.addAll(read);
    return next;
  }

  private Ssa at(Ssa sequence, Ssa index) {
    List<Long> sizes = new ArrayList<>(sequence.type().sizes());
    sizes.set(0, 1L);
    Ssa slice = ops.dynamicSlice(sequence, starts(index, sequence.rank()), sizes);
    return ops.reshape(slice, sizes.subList(1, sizes.size()));
  }

  private Ssa put(Ssa stacked, Ssa value, Ssa index) {
    List<Long> sizes = new ArrayList<>(value.type().sizes());
    sizes.addFirst(1L);
    return ops.dynamicUpdate(stacked, ops.reshape(value, sizes), starts(index, stacked.rank()));
  }

  private List<Ssa> starts(Ssa index, int rank) {
    List<Ssa> starts = new ArrayList<>();
    starts.add(index);
    if (rank > 1) {
      starts.addAll(Collections.nCopies(rank - 1, ops.constant(StableHloType.INDEX, 0)));
    }
    return starts;
  }
}
