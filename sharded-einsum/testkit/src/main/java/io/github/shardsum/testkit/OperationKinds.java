package io.github.shardsum.testkit;

import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Selection;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The names of all kinds of operations, read from the sealed interface, so that a test can name the
 * kinds that it did not cover. A kind is a record, or a record with a function, relation or
 * reduction. Manual regions, and operations that only they contain, are counted separately.
 */
public final class OperationKinds {
  private OperationKinds() {}

  /**
   * All kinds of operations.
   *
   * @return names, such as {@code Softmax} and {@code Unary.EXP}
   */
  public static Set<String> all() {
    Set<String> all = new TreeSet<>();
    add(Operation.class, all);
    all.removeAll(manual());
    return all;
  }

  /**
   * The kinds of manual regions: the region and its communications.
   *
   * @return names, such as {@code Manual} and {@code AllReduce.SUM}
   */
  public static Set<String> manual() {
    Set<String> all = new TreeSet<>(Set.of(Nested.Manual.class.getSimpleName()));
    add(Communication.class, all);
    return all;
  }

  private static void add(Class<?> type, Set<String> all) {
    if (type.isSealed()) {
      Arrays.stream(type.getPermittedSubclasses()).forEach(each -> add(each, all));
      return;
    }
    List<? extends Enum<?>> kinds =
        Arrays.stream(type.getRecordComponents())
            .filter(component -> component.getType().isEnum())
            .filter(component -> component.getType().getNestHost() != component.getType())
            .map(component -> component.getType().getEnumConstants())
            .flatMap(Arrays::stream)
            .map(constant -> (Enum<?>) constant)
            .toList();
    kinds.forEach(kind -> all.add(type.getSimpleName() + "." + kind));
    if (kinds.isEmpty()) {
      all.add(type.getSimpleName());
    }
  }

  /**
   * The kinds of a program and of its nested programs.
   *
   * @param program the program
   * @return the names of its kinds
   */
  public static Set<String> of(Program program) {
    Set<String> kinds = new TreeSet<>();
    for (Statement statement : program.statements()) {
      kinds.add(name(statement.operation()));
      switch (statement.operation()) {
        case Nested.Scan scan -> kinds.addAll(of(scan.body()));
        case Nested.Composite composite -> kinds.addAll(of(composite.decomposition()));
        case Nested.Manual manual -> kinds.addAll(of(manual.body()));
        case Pointwise _, Contraction _, Selection _, Source _, Movement _, Communication _ -> {}
      }
    }
    return kinds;
  }

  private static String name(Operation operation) {
    String name = operation.getClass().getSimpleName();
    return switch (operation) {
      case Pointwise.Unary(UnaryKind kind, _) -> name + "." + kind;
      case Pointwise.Binary(BinaryKind kind, _, _) -> name + "." + kind;
      case Pointwise.Compare(Comparison relation, _, _) -> name + "." + relation;
      case Contraction.Reduce(ReduceKind kind, _, _) -> name + "." + kind;
      case Communication.AllReduce(_, ReduceKind by, _) -> name + "." + by;
      default -> name;
    };
  }

  /**
   * All kinds except those of some programs.
   *
   * @param programs the programs
   * @return the names of the kinds that no program has
   */
  public static Set<String> missing(List<Program> programs) {
    Set<String> missing = all();
    programs.forEach(program -> missing.removeAll(of(program)));
    return missing;
  }
}
