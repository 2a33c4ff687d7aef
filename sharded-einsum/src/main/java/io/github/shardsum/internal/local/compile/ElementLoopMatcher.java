package io.github.shardsum.internal.local.compile;

import io.github.shardsum.internal.local.run.ElementLoop;
import io.github.shardsum.internal.local.run.FusedInstruction;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Finds loops that together make all results of a kernel of f32. A loop reads whole inputs and
 * earlier results. Such kernels are the updates of optimizers, which read and write more memory
 * than any cache holds.
 */
final class ElementLoopMatcher {
  private final List<FusedInstruction> instructions;
  private final int inputs;

  /** Blocks that a loop may read: whole inputs, and results that are made. */
  private final Set<Integer> arrays;

  /** Inputs of one element. */
  private final Set<Integer> scalars;

  /**
   * A matcher of a kernel.
   *
   * @param inputs how many there are
   * @param whole inputs that have all elements of the results, in their order
   * @param scalars inputs of one element
   */
  ElementLoopMatcher(
      List<FusedInstruction> instructions, int inputs, Set<Integer> whole, Set<Integer> scalars) {
    this.instructions = instructions;
    this.inputs = inputs;
    this.arrays = new HashSet<>(whole);
    this.scalars = scalars;
  }

  /** A loop for each result, in the order of the instructions; none if one has no loop. */
  List<ElementLoop> loops(List<Integer> results) {
    List<ElementLoop> loops = new ArrayList<>();
    for (int result : results.stream().sorted().toList()) {
      Optional<ElementLoop> loop = loop(result);
      if (loop.isEmpty()) {
        return List.of();
      }
      loops.add(loop.get());
      arrays.add(result);
    }
    return loops;
  }

  private Optional<ElementLoop> loop(int result) {
    return approach(result).or(() -> mean(result)).or(() -> move(result));
  }

  /** An array times a factor. */
  private record Scaled(int x, int factor) {}

  private Optional<FusedInstruction.Binary> binary(int block, BinaryKind kind) {
    return block >= inputs
            && instructions.get(block - inputs) instanceof FusedInstruction.Binary binary
            && binary.kind() == kind
            && binary.dtype() == DType.F32
        ? Optional.of(binary)
        : Optional.empty();
  }

  private boolean isFactor(int block) {
    return scalars.contains(block)
        || (block >= inputs && instructions.get(block - inputs) instanceof FusedInstruction.Fill);
  }

  /** A product whose second operand is a factor. */
  private Optional<Scaled> scaled(int block) {
    return binary(block, BinaryKind.MULTIPLY)
        .filter(product -> isFactor(product.y()))
        .map(product -> new Scaled(product.x(), product.y()));
  }

  /** An array, or an array times a factor. */
  private Optional<Scaled> input(int block) {
    return arrays.contains(block)
        ? Optional.of(new Scaled(block, ElementLoop.NO_FACTOR))
        : scaled(block).filter(product -> arrays.contains(product.x()));
  }

  private Optional<ElementLoop> mean(int result) {
    Optional<FusedInstruction.Binary> sum = binary(result, BinaryKind.ADD);
    Optional<Scaled> kept =
        sum.flatMap(of -> scaled(of.x())).filter(product -> arrays.contains(product.x()));
    Optional<Scaled> taken = sum.flatMap(of -> scaled(of.y()));
    if (kept.isEmpty() || taken.isEmpty()) {
      return Optional.empty();
    }
    int x = kept.get().x();
    int keep = kept.get().factor();
    int take = taken.get().factor();
    int of = taken.get().x();
    Optional<Scaled> squared =
        binary(of, BinaryKind.MULTIPLY)
            .filter(square -> square.x() == square.y())
            .flatMap(square -> input(square.x()));
    if (squared.isPresent()) {
      Scaled y = squared.get();
      return Optional.of(new ElementLoop.MeanOfSquares(result, x, keep, y.x(), y.factor(), take));
    }
    return input(of).map(y -> new ElementLoop.Mean(result, x, keep, y.x(), y.factor(), take));
  }

  private Optional<ElementLoop> move(int result) {
    Optional<FusedInstruction.Binary> difference = binary(result, BinaryKind.SUBTRACT);
    Optional<Scaled> moved = difference.flatMap(of -> scaled(of.y()));
    Optional<FusedInstruction.Binary> quotient =
        moved.flatMap(of -> binary(of.x(), BinaryKind.DIVIDE));
    Optional<FusedInstruction.Binary> below =
        quotient.flatMap(of -> binary(of.y(), BinaryKind.ADD)).filter(of -> isFactor(of.y()));
    Optional<Integer> root = below.flatMap(of -> root(of.x()));
    if (root.isEmpty()) {
      return Optional.empty();
    }
    int x = difference.get().x();
    int y = quotient.get().x();
    return arrays.containsAll(List.of(x, y, root.get()))
        ? Optional.of(
            new ElementLoop.Move(result, x, y, root.get(), below.get().y(), moved.get().factor()))
        : Optional.empty();
  }

  private Optional<Integer> root(int block) {
    return block >= inputs
            && instructions.get(block - inputs) instanceof FusedInstruction.Unary unary
            && unary.kind() == UnaryKind.SQRT
            && unary.dtype() == DType.F32
        ? Optional.of(unary.x())
        : Optional.empty();
  }

  private Optional<ElementLoop> approach(int result) {
    Optional<FusedInstruction.Binary> sum = binary(result, BinaryKind.ADD);
    Optional<Scaled> step = sum.flatMap(of -> scaled(of.y()));
    Optional<FusedInstruction.Binary> way = step.flatMap(of -> binary(of.x(), BinaryKind.SUBTRACT));
    return way.filter(of -> of.y() == sum.get().x())
        .filter(of -> arrays.contains(of.x()) && arrays.contains(of.y()))
        .map(of -> new ElementLoop.Approach(result, of.y(), of.x(), step.get().factor()));
  }
}
