package io.github.shardsum.partition;

import io.github.shardsum.internal.program.pass.AnnotationInsertion;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.Locale;
import java.util.Objects;

/**
 * A value of a plan: one logical tensor and its layout on the mesh. An immutable value.
 *
 * @param name the value's name for a reader: an operand's number, {@code result}, or a statement's
 *     name
 * @param dtype dtype in which its elements are stored; f32 for a partial sum of bf16
 * @param shape the logical shape
 * @param layout its layout on the mesh, of the shape's rank
 */
public record PlannedValue(String name, DType dtype, Shape shape, Layout layout) {
  /**
   * Checks the rank.
   *
   * @throws IllegalArgumentException if the ranks of shape and layout differ
   */
  public PlannedValue {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(dtype, "dtype");
    if (shape.rank() != layout.rank()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "value %s: layout \"%s\" must have the rank of shape %s",
              name,
              layout,
              shape));
    }
  }

  /**
   * Elements that the largest device holds.
   *
   * @return the number
   */
  public long localElements() {
    return layout.largestShape(shape).elementCount();
  }

  /**
   * The same value in another layout.
   *
   * @param other the layout
   * @return a changed copy
   */
  public PlannedValue in(Layout other) {
    return new PlannedValue(name, dtype, shape, other);
  }

  /**
   * The value's name in the program before annotations were inserted. Reports show this name. An
   * annotation of {@code outputs} makes a value {@code outputs.unannotated}, whose name here is
   * {@code outputs}.
   *
   * @return the name
   */
  public String programName() {
    return AnnotationInsertion.withoutSuffixes(name);
  }

  /** Written as {@code result f32[48, 32] m@x n@y}, with the name in the program. */
  @Override
  public String toString() {
    return programName() + " " + dtype + shape + " " + layout;
  }
}
