package io.github.shardsum.cli.plan;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.cli.common.MeshOptions;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Settings of planning, apart from the equation or the layouts.
 *
 * @param mesh the devices, in their order
 * @param sizes size of each label
 * @param options the options of the planner
 */
record PlanRequest(Mesh mesh, Map<String, Long> sizes, PlanOptions options) {
  /**
   * A mesh from its notation and a device order; an empty order is the usual one.
   *
   * @throws IllegalArgumentException if the notation is not a mesh, or the mesh has too many
   *     devices
   */
  static Mesh mesh(String notation, int... order) {
    Mesh mesh = Mesh.parse(notation);
    MeshOptions.checkSize(mesh);
    return order.length == 0 ? mesh : mesh.withDevices(order);
  }

  /**
   * Reads sizes.
   *
   * @param text the sizes, such as {@code m=48,k=100}
   * @return the size of each label, in order
   */
  static Map<String, Long> sizes(String text) {
    Map<String, Long> sizes = new LinkedHashMap<>();
    for (String each : text.strip().split("[\\s,]+", -1)) {
      int sign = each.indexOf('=');
      String digits = each.substring(sign + 1);
      boolean number = !digits.isEmpty() && digits.chars().allMatch(c -> c >= '0' && c <= '9');
      if (!each.isEmpty()) {
        if (sign >= 1 && number && digits.length() > 18) {
          throw new PlanSizesException(
              format("sizes: each must be below 10^18, got \"%s\" in \"%s\"", each, text));
        }
        if (sign < 1 || !number) {
          throw new PlanSizesException(
              format("sizes: each must be like m=48, got \"%s\" in \"%s\"", each, text));
        }
        if (sizes.put(each.substring(0, sign), Long.parseLong(digits)) != null) {
          throw new PlanSizesException(
              format(
                  "sizes: each label must have one size, got %s twice in \"%s\"",
                  each.substring(0, sign), text));
        }
      }
    }
    return sizes;
  }
}
