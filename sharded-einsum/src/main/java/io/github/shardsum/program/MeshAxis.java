package io.github.shardsum.program;

import io.github.shardsum.einsum.Axis;
import java.util.List;

/**
 * An axis of a mesh by name and size, so that types follow from the operation alone. {@link
 * Nested.Manual} regions and their communications use it. An immutable value.
 *
 * @param name letters, digits and {@code _}, as in a layout
 * @param size number of devices along the axis, at least 1
 */
public record MeshAxis(String name, int size) {
  /**
   * Checks name and size.
   *
   * @throws IllegalArgumentException if the name is not valid for an axis, or the size is below 1
   */
  public MeshAxis {
    name = new Axis("label", List.of(name)).mesh().getFirst();
    if (size < 1) {
      throw new IllegalArgumentException(
          "mesh axis " + name + ": size must be at least 1, got " + size);
    }
  }

  /**
   * An axis from its notation.
   *
   * @param notation the axis, such as {@code x=4}
   * @return the axis
   * @throws IllegalArgumentException if the text is not in the notation
   */
  public static MeshAxis parse(String notation) {
    int equals = notation.indexOf('=');
    try {
      return new MeshAxis(
          notation.substring(0, Math.max(equals, 0)),
          Integer.parseInt(notation.substring(equals + 1)));
    } catch (NumberFormatException notNumber) {
      throw new IllegalArgumentException(
          "mesh axis: expected name=size as x=4, got \"" + notation + "\"", notNumber);
    }
  }

  /**
   * Axes from their notation.
   *
   * @param notation the axes, such as {@code x=4 y=2}
   * @return the axes, in order
   * @throws IllegalArgumentException if the text is not in the notation
   */
  public static List<MeshAxis> parseAll(String notation) {
    return notation.isBlank()
        ? List.of()
        : List.of(notation.strip().split("\\s+")).stream().map(MeshAxis::parse).toList();
  }

  /** The notation. */
  @Override
  public String toString() {
    return name + "=" + size;
  }
}
