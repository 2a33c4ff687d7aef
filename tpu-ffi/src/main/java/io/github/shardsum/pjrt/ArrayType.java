package io.github.shardsum.pjrt;

import io.github.shardsum.tensor.Shape;

/**
 * The type of an array of a program.
 *
 * @param type the type of the elements
 * @param shape the sizes of the axes
 */
public record ArrayType(PjrtType type, Shape shape) {
  @Override
  public String toString() {
    return type + shape.toString();
  }
}
