package io.github.shardsum.internal.program.types;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Communication.AllGather;
import io.github.shardsum.program.Communication.AllReduce;
import io.github.shardsum.program.Communication.AllToAll;
import io.github.shardsum.program.Communication.AxisIndex;
import io.github.shardsum.program.Communication.OwnChunk;
import io.github.shardsum.program.Communication.Permute;
import io.github.shardsum.program.Communication.ReduceScatter;
import io.github.shardsum.program.MeshAxis;
import io.github.shardsum.program.Nested.Manual;
import io.github.shardsum.program.Nested.Scan;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The axes of regions along which members may hold different values. Along all other axes a value
 * is the same. The variance follows from the operations, never from elements.
 */
public final class VarianceInference {
  private VarianceInference() {}

  /**
   * The variance of every value of a program.
   *
   * @param program a region's body, or a program inside of the body
   * @param inputs the variance of each input
   */
  public static Map<Value, Set<String>> of(Program program, List<Set<String>> inputs) {
    Map<Value, Set<String>> known = new HashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      known.put(program.inputs().get(i), inputs.get(i));
    }
    for (Statement statement : program.statements()) {
      List<Value> operands = statement.operation().operands();
      List<Set<String>> results =
          of(statement.operation(), get(known, operands), statement.results().size());
      for (int i = 0; i < results.size(); i++) {
        known.put(statement.results().get(i), results.get(i));
      }
    }
    return known;
  }

  private static List<Set<String>> get(Map<Value, Set<String>> known, List<Value> values) {
    return values.stream().map(value -> known.getOrDefault(value, Set.of())).toList();
  }

  /** The variance of an operation's results. */
  private static List<Set<String>> of(
      Operation operation, List<Set<String>> operands, int results) {
    return switch (operation) {
      case Communication communication -> List.of(communication(communication, operands));
      case Scan scan -> {
        List<Set<String>> inputs = carried(scan, operands);
        yield get(of(scan.body(), inputs), scan.body().outputs());
      }
      case Manual manual -> {
        Set<String> own = names(manual.axes());
        Map<Value, Set<String>> inside = of(manual.body(), inputs(manual, operands));
        yield get(inside, manual.body().outputs()).stream().map(set -> minus(set, own)).toList();
      }
      default -> Collections.nCopies(results, union(operands));
    };
  }

  private static Set<String> communication(
      Communication communication, List<Set<String>> operands) {
    Set<String> axes = names(communication.axes());
    Set<String> x = union(operands);
    return switch (communication) {
      case AllReduce _, AllGather _ -> minus(x, axes);
      case ReduceScatter _, AllToAll _, Permute _, OwnChunk _, AxisIndex _ ->
          union(List.of(x, axes));
    };
  }

  /**
   * The variance of the inputs of a region's body.
   *
   * @param manual the region
   * @param operands the variance of its operands, along axes of outer regions
   */
  public static List<Set<String>> inputs(Manual manual, List<Set<String>> operands) {
    List<Set<String>> inputs = new ArrayList<>();
    for (int i = 0; i < operands.size(); i++) {
      inputs.add(union(List.of(operands.get(i), named(manual.in().get(i)))));
    }
    return inputs;
  }

  /**
   * The variance of the inputs of a scan's body. A carried value has the union of its variances in
   * all rounds.
   *
   * @param operands the variance of its operands
   */
  public static List<Set<String>> carried(Scan scan, List<Set<String>> operands) {
    List<Set<String>> inputs = new ArrayList<>(operands);
    boolean changed = true;
    while (changed) {
      changed = false;
      List<Set<String>> made = get(of(scan.body(), inputs), scan.body().outputs());
      for (int i = 0; i < scan.carried().size(); i++) {
        Set<String> both = union(List.of(inputs.get(i), made.get(i)));
        changed |= !both.equals(inputs.get(i));
        inputs.set(i, both);
      }
    }
    return inputs;
  }

  /**
   * The axes that split a term's labels.
   *
   * @return their names
   */
  public static Set<String> named(Term term) {
    Set<String> names = new TreeSet<>();
    for (Axis axis : term.axes()) {
      names.addAll(axis.mesh());
    }
    return names;
  }

  /**
   * Names of axes.
   *
   * @return their names
   */
  public static Set<String> names(List<MeshAxis> axes) {
    Set<String> names = new TreeSet<>();
    axes.forEach(axis -> names.add(axis.name()));
    return names;
  }

  /**
   * The union of some sets.
   *
   * @return their union
   */
  public static Set<String> union(List<Set<String>> sets) {
    Set<String> all = new TreeSet<>();
    sets.forEach(all::addAll);
    return all;
  }

  /**
   * The elements of a set that another set does not have.
   *
   * @param less the other
   * @return the difference
   */
  public static Set<String> minus(Set<String> set, Set<String> less) {
    Set<String> rest = new TreeSet<>(set);
    rest.removeAll(new HashSet<>(less));
    return rest;
  }
}
