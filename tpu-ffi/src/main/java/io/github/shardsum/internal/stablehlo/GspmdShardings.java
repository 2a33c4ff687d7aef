package io.github.shardsum.internal.stablehlo;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Annotation;
import io.github.shardsum.program.Annotation.LabelSpec;
import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/** Layouts as {@code mhlo.sharding}: tiles and devices, for plugins that have no Shardy. */
final class GspmdShardings implements ShardingDialect {
  private final Mesh mesh;

  GspmdShardings(Mesh mesh) {
    this.mesh = mesh;
  }

  @Override
  public List<String> header() {
    return List.of();
  }

  @Override
  public String attribute(Term layout) {
    return String.format(Locale.ROOT, "mhlo.sharding = \"%s\"", tiles(layout.axes()));
  }

  @Override
  public Ssa constrain(StableHloOps ops, Ssa x, ValueType type, Annotation annotation) {
    List<Axis> axes = new ArrayList<>();
    List<Integer> open = new ArrayList<>();
    for (int i = 0; i < type.rank(); i++) {
      String label = type.labels().axis(i).label();
      Optional<LabelSpec> said =
          annotation.labels().stream().filter(spec -> spec.label().equals(label)).findFirst();
      if (said.isEmpty() || said.get().open()) {
        open.add(i);
      }
      axes.add(new Axis(label, said.map(LabelSpec::axes).orElse(List.of())));
    }
    if (axes.stream().allMatch(axis -> axis.mesh().isEmpty()) && open.size() == axes.size()) {
      return x;
    }
    String config = open.isEmpty() ? "" : "unspecified_dims=" + open.toString().replace(" ", "");
    return ops.out()
        .define(
            String.format(
                Locale.ROOT,
                "stablehlo.custom_call @Sharding(%s) {backend_config = \"%s\", mhlo.sharding ="
                    + " \"%s\"} : (%s) -> %s",
                x,
                config,
                tiles(axes),
                x.type(),
                x.type()),
            x.type());
  }

  /** A sharding, such as {@code {devices=[2,1,4]<=[2,4] last_tile_dim_replicate}}. */
  private String tiles(List<Axis> axes) {
    List<String> order = new ArrayList<>();
    List<Integer> tiles = new ArrayList<>();
    for (Axis axis : axes) {
      tiles.add(mesh.size(axis.mesh()));
      order.addAll(axis.mesh());
    }
    int split = mesh.size(order);
    if (split == 1) {
      return "{replicated}";
    }
    mesh.axisNames().stream().filter(name -> !order.contains(name)).forEach(order::add);
    boolean copies = split < mesh.size();
    if (copies) {
      tiles.add(mesh.size() / split);
    }
    return String.format(
        Locale.ROOT,
        "{devices=%s%s%s}",
        tiles.toString().replace(" ", ""),
        devices(order),
        copies ? " last_tile_dim_replicate" : "");
  }

  /** The devices of the tiles in row-major order, if the axes are not in the mesh's order. */
  private String devices(List<String> order) {
    List<Integer> places = order.stream().map(mesh::indexOf).toList();
    boolean plain =
        IntStream.range(0, mesh.size()).allMatch(position -> mesh.deviceAt(position) == position);
    if (plain) {
      List<Integer> sizes = mesh.axisNames().stream().map(mesh::size).toList();
      return String.format(
          Locale.ROOT,
          "<=%sT(%s)",
          sizes.toString().replace(" ", ""),
          String.join(",", places.stream().map(Object::toString).toList()));
    }
    List<String> devices = new ArrayList<>();
    List<Integer> coordinates = new ArrayList<>(Collections.nCopies(order.size(), 0));
    for (int tile = 0; tile < mesh.size(); tile++) {
      int rest = tile;
      for (int i = order.size() - 1; i >= 0; i--) {
        int size = mesh.size(order.get(i));
        coordinates.set(places.get(i), rest % size);
        rest /= size;
      }
      devices.add(Integer.toString(mesh.deviceAt(coordinates)));
    }
    return String.join(",", devices);
  }
}
