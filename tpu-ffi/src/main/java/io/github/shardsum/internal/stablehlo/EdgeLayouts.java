package io.github.shardsum.internal.stablehlo;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.ValueType;
import java.util.List;

/** In which layouts values go in and out of a module. */
public final class EdgeLayouts {
  private EdgeLayouts() {}

  /**
   * That of an input: its own where each label divides into its chunks, so that XLA has nothing to
   * pad; else every device is given the whole value.
   */
  public static Term input(ValueType type, Mesh mesh) {
    for (int i = 0; i < type.rank(); i++) {
      if (type.shape().size(i) % mesh.size(type.labels().axis(i).mesh()) != 0) {
        return whole(type);
      }
    }
    return new Term(type.labels().axes(), List.of());
  }

  /** That of an output: every device has the whole value, which is read on one of them. */
  public static Term output(ValueType type) {
    return whole(type);
  }

  private static Term whole(ValueType type) {
    return Term.of(type.labels().axes().stream().map(Axis::label).toArray(String[]::new));
  }
}
