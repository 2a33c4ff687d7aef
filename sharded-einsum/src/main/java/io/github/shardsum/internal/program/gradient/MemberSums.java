package io.github.shardsum.internal.program.gradient;

import io.github.shardsum.internal.program.types.VarianceInference;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Communication.OwnChunk;
import io.github.shardsum.program.MeshAxis;
import io.github.shardsum.program.Nested.Manual;
import io.github.shardsum.program.Nested.Scan;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The sums over members of regions in a program's cotangents. A value that is the same along an
 * axis has one cotangent, the sum of the contributions of all members along the axis. If a
 * statement's result differs along the axis, each member contributes its own part, and the parts
 * must be summed. Otherwise all members have the same single contribution.
 *
 * @param variance for each value of the program, the axes along which members may have different
 *     values
 * @param axes the axes of the regions around the program, by name
 * @param edge the axes of the region whose body the program is; none for any other program
 */
record MemberSums(Map<Value, Set<String>> variance, Map<String, MeshAxis> axes, Set<String> edge) {
  /** The single member of a program outside of regions. */
  static MemberSums none(Program program) {
    List<Set<String>> inputs = Collections.nCopies(program.inputs().size(), Set.of());
    return new MemberSums(VarianceInference.of(program, inputs), Map.of(), Set.of());
  }

  Set<String> of(Value value) {
    return variance.getOrDefault(value, Set.of());
  }

  List<Set<String>> of(List<Value> values) {
    return values.stream().map(this::of).toList();
  }

  List<MeshAxis> named(Set<String> names) {
    List<MeshAxis> found = new ArrayList<>();
    axes.forEach(
        (name, axis) -> {
          if (names.contains(name)) {
            found.add(axis);
          }
        });
    return found;
  }

  /** The axes over which a statement's contribution to an operand must be summed. */
  Set<String> due(Statement statement, int operand) {
    Operation operation = statement.operation();
    Value x = operation.operands().get(operand);
    Set<String> result = VarianceInference.union(of(statement.results()));
    return switch (operation) {
      // The gradient of the region has already summed inside of the region.
      case Manual _ -> Set.of();
      case Scan scan ->
          VarianceInference.minus(
              VarianceInference.carried(scan, of(scan.operands())).get(operand), of(x));
      case OwnChunk chunk when isSame(x, chunk.axes()) ->
          VarianceInference.minus(
              VarianceInference.minus(result, VarianceInference.names(chunk.axes())), of(x));
      case Communication communication ->
          VarianceInference.minus(
              VarianceInference.union(
                  List.of(result, VarianceInference.names(communication.axes()))),
              of(x));
      default -> VarianceInference.minus(result, of(x));
    };
  }

  /** Whether a value is the same along all of some axes. */
  boolean isSame(Value x, List<MeshAxis> along) {
    return Collections.disjoint(of(x), VarianceInference.names(along));
  }

  /** The members of the body of a scan whose operands have the given variance. */
  MemberSums in(Scan scan, List<Set<String>> operands) {
    List<Set<String>> inputs = VarianceInference.carried(scan, operands);
    return new MemberSums(VarianceInference.of(scan.body(), inputs), axes, Set.of());
  }

  /** The members of the body of a region whose operands have the given variance. */
  MemberSums in(Manual manual, List<Set<String>> operands) {
    Map<String, MeshAxis> all = new java.util.TreeMap<>(axes);
    manual.axes().forEach(axis -> all.put(axis.name(), axis));
    List<Set<String>> inputs = VarianceInference.inputs(manual, operands);
    return new MemberSums(
        VarianceInference.of(manual.body(), inputs),
        all,
        new HashSet<>(VarianceInference.names(manual.axes())));
  }
}
