package io.github.shardsum.mesh;

/**
 * One named axis of a mesh; an immutable value.
 *
 * @param name a letter or underscore, then letters, digits and underscores
 * @param size number of coordinates, at least 1
 */
public record MeshAxis(String name, int size) {
  /**
   * Checks the name and the size.
   *
   * @throws IllegalArgumentException if the name is not such a name or the size is below 1
   */
  public MeshAxis {
    if (!isName(name)) {
      throw new IllegalArgumentException(
          "mesh axis: the name must be letters, digits and underscores and not begin with a digit,"
              + " got \""
              + name
              + "\"");
    }
    if (size < 1) {
      throw new IllegalArgumentException(
          "mesh axis " + name + ": the size must be at least 1, got " + size);
    }
  }

  private static boolean isName(String name) {
    return !name.isEmpty()
        && !Character.isDigit(name.codePointAt(0))
        && name.codePoints().allMatch(c -> Character.isLetterOrDigit(c) || c == '_');
  }

  /** The name and the size, as in {@code x=4}. */
  @Override
  public String toString() {
    return name + "=" + size;
  }
}
