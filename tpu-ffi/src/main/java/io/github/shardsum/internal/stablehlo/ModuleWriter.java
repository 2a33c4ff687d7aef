package io.github.shardsum.internal.stablehlo;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The lines of a module, and the numbers of its values. */
final class ModuleWriter {
  private final StringBuilder text = new StringBuilder();
  private int next;
  private int depth;

  void line(String line) {
    text.append("  ".repeat(depth)).append(line).append('\n');
  }

  void open(String line) {
    line(line);
    depth++;
  }

  void close(String line) {
    depth--;
    line(line);
  }

  /** Ends a region and begins the next. */
  void reopen(String line) {
    close(line);
    depth++;
  }

  Ssa fresh(StableHloType type) {
    return new Ssa("%" + next++, type);
  }

  /** Writes a line {@code %n = operation}. */
  Ssa define(String operation, StableHloType type) {
    Ssa result = fresh(type);
    line(result + " = " + operation);
    return result;
  }

  /** Writes a line of an operation with one or more results, and returns the results. */
  static List<Ssa> results(String name, List<StableHloType> types) {
    if (types.size() == 1) {
      return List.of(new Ssa(name, types.getFirst()));
    }
    List<Ssa> results = new ArrayList<>();
    for (int i = 0; i < types.size(); i++) {
      results.add(new Ssa(name + "#" + i, types.get(i)));
    }
    return results;
  }

  /** A name for several results, which {@link #results} splits. */
  String freshName() {
    return "%" + next++;
  }

  static String names(List<Ssa> values) {
    return values.stream().map(Ssa::name).collect(Collectors.joining(", "));
  }

  static String types(List<Ssa> values) {
    return values.stream().map(value -> value.type().toString()).collect(Collectors.joining(", "));
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
