package io.github.shardsum.testkit;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.testkit.RandomLaying;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.mesh.MeshAxis;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Generators of meshes and of layouts on meshes, also with uneven and empty shards and permuted
 * devices. A smaller mesh has fewer axes, down to one axis of size 2; a smaller layout splits less.
 */
public final class Layouts {
  private static final List<String> NAMES = List.of("x", "y", "z");

  private Layouts() {}

  /**
   * Meshes of one to three axes and at most 12 devices; in half of the meshes the devices are
   * permuted.
   *
   * @return the generator
   */
  public static Generator<Mesh> meshes() {
    return choices -> {
      int count = 1 + choices.nextInt(3);
      List<MeshAxis> axes = new ArrayList<>();
      int devices = 1;
      for (int i = 0; i < count; i++) {
        int most = 12 / devices;
        int size = most < 2 ? 1 : choices.of(List.of(2, 3, 4, 1, 5)) % (most + 1);
        size = Math.max(1, size);
        axes.add(new MeshAxis(NAMES.get(i), size));
        devices *= size;
      }
      Mesh mesh = Mesh.of(axes);
      if (!choices.nextBoolean()) {
        return mesh;
      }
      List<Integer> order = new ArrayList<>();
      for (int device = 0; device < devices; device++) {
        order.add(device);
      }
      return mesh.withDevices(choices.shuffled(order).stream().mapToInt(i -> i).toArray());
    };
  }

  /**
   * Layouts of values of a type, without partial axes.
   *
   * @param mesh the devices
   * @param type the values' type
   * @return the generator
   */
  public static Generator<Layout> of(Mesh mesh, ValueType type) {
    return choices -> of(mesh, type, false, choices);
  }

  private static Layout of(Mesh mesh, ValueType type, boolean mayBePartial, Choices choices) {
    List<List<String>> axes = new ArrayList<>();
    for (int dim = 0; dim < type.rank(); dim++) {
      axes.add(new ArrayList<>());
    }
    List<String> partial = new ArrayList<>();
    for (String axis : choices.shuffled(mesh.axisNames())) {
      int dim = choices.nextInt(type.rank() + (mayBePartial ? 2 : 1)) - 1;
      if (dim >= 0) {
        (dim == type.rank() ? partial : axes.get(dim)).add(axis);
      }
    }
    List<Axis> dims = new ArrayList<>();
    for (int dim = 0; dim < type.rank(); dim++) {
      dims.add(new Axis(type.names().get(dim), axes.get(dim)));
    }
    return new Layout(mesh, new Term(dims, partial));
  }

  /**
   * A layout for every value of a program. Partial axes are drawn for results of statements that
   * are not outputs. If a statement makes no addends over an axis, a plan has no partial sum over
   * the axis either.
   *
   * @param mesh the devices
   * @param program the program
   * @return the generator; values in the body of a loop are named {@code RESULT.body.VALUE}
   */
  public static Generator<Map<String, Layout>> ofEveryValue(Mesh mesh, Program program) {
    return choices -> {
      Map<String, Layout> layouts = new LinkedHashMap<>();
      collect(mesh, program, "", choices, layouts);
      return layouts;
    };
  }

  /**
   * Annotations of some values of a program, for {@code Annotations.of}: one in four values that
   * are not inputs has an annotation. A smaller example annotates fewer.
   *
   * @param mesh the devices
   * @param program the program
   * @return the generator of layouts in the notation, by name
   */
  public static Generator<Map<String, String>> annotations(Mesh mesh, Program program) {
    return choices -> {
      Map<String, String> texts = new LinkedHashMap<>();
      for (Statement statement : program.statements()) {
        for (Value result : statement.results()) {
          if (choices.nextInt(4) == 1) {
            Layout layout = of(mesh, result.type()).generate(choices);
            texts.put(
                result.name(),
                String.join(" ", layout.term().axes().stream().map(Axis::toString).toList()));
          }
        }
      }
      return texts;
    };
  }

  /**
   * Programs with layouts: half of the inputs have a layout in their type, and a third of the
   * values have an annotation, with open labels and two priorities. Axes that the mesh does not
   * have are removed from a program. A smaller example has fewer layouts.
   *
   * @param mesh the devices
   * @param programs makes the programs
   * @return the generator
   */
  public static Generator<Program> laid(Mesh mesh, Generator<Program> programs) {
    return choices -> new RandomLaying(mesh, choices).laid(programs.generate(choices));
  }

  /** Layouts of values of a region's body, which other axes than the region's may split. */
  private static void members(
      Mesh mesh,
      Nested.Manual manual,
      String prefix,
      Choices choices,
      Map<String, Layout> layouts) {
    List<MeshAxis> axes = new ArrayList<>();
    for (MeshAxis axis : mesh.axes()) {
      boolean own = manual.axes().stream().anyMatch(of -> of.name().equals(axis.name()));
      axes.add(own ? new MeshAxis(axis.name(), 1) : axis);
    }
    Map<String, Layout> inside = new HashMap<>();
    collect(Mesh.of(axes), manual.body(), prefix, choices, inside);
    inside.forEach((name, layout) -> layouts.put(name, without(mesh, layout)));
  }

  /** The layout on the mesh, without axes of size 1 in the layout's own mesh. */
  private static Layout without(Mesh mesh, Layout layout) {
    Mesh own = layout.mesh();
    List<Axis> axes =
        layout.term().axes().stream()
            .map(
                axis ->
                    new Axis(
                        axis.label(),
                        axis.mesh().stream().filter(name -> own.size(name) > 1).toList()))
            .toList();
    List<String> partial = layout.partial().stream().filter(name -> own.size(name) > 1).toList();
    return new Layout(mesh, new Term(axes, partial));
  }

  private static void collect(
      Mesh mesh, Program program, String prefix, Choices choices, Map<String, Layout> layouts) {
    for (Value input : program.inputs()) {
      layouts.put(prefix + input.name(), of(mesh, input.type()).generate(choices));
    }
    for (Statement statement : program.statements()) {
      for (Value result : statement.results()) {
        boolean mayBePartial = !program.outputs().contains(result);
        layouts.put(prefix + result.name(), of(mesh, result.type(), mayBePartial, choices));
      }
      if (statement.operation() instanceof Nested.Scan scan) {
        String inside = prefix + statement.result().name() + ".body.";
        collect(mesh, scan.body(), inside, choices, layouts);
      } else if (statement.operation() instanceof Nested.Manual manual) {
        members(mesh, manual, prefix + statement.result().name() + ".body.", choices, layouts);
      }
    }
  }
}
