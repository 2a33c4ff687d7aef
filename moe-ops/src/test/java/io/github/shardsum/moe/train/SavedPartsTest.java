package io.github.shardsum.moe.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.layout.Box;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.moe.model.Transformer;
import io.github.shardsum.moe.model.TransformerSpec;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Each element of the state is in exactly one part of one process. */
class SavedPartsTest {
  /** Six experts on four devices: two each, and none on the last. */
  private static final TransformerSpec SPEC =
      TransformerSpec.builder()
          .vocabulary(8)
          .model(4)
          .heads(2)
          .key(2)
          .hidden(6)
          .layers(2)
          .experts(6)
          .positions(4)
          .groups(4)
          .route(RouteOptions.parse("top2 second=all capacity=load"))
          .build();

  private static final Training.Settings SETTINGS =
      new Training.Settings(
          new Transformer.Loss(0, 0.01, 0), new Optimizer.Adam(0.9, 0.98, 1e-9), 1);

  /** The place of each element of a part in the whole, in row-major order. */
  private static List<Integer> places(Shape shape, Box box) {
    List<Integer> places = new ArrayList<>();
    for (int flat = 0; flat < shape.elementCount(); flat++) {
      boolean isInside = true;
      long rest = flat;
      for (int dim = shape.rank() - 1; dim >= 0; dim--) {
        long index = rest % shape.size(dim);
        rest /= shape.size(dim);
        isInside &= index >= box.start(dim) && index < box.end(dim);
      }
      if (isInside) {
        places.add(flat);
      }
    }
    return places;
  }

  private static Map<String, double[]> together(Training training) {
    Map<String, double[]> whole = new LinkedHashMap<>();
    training
        .shapes()
        .forEach(
            (name, shape) -> {
              double[] values = new double[(int) shape.elementCount()];
              Arrays.fill(values, Double.NaN);
              whole.put(name, values);
            });
    for (Training.Part part : training.parts()) {
      assertEquals(training.shapes().get(part.name()), part.shape());
      assertTrue(part.box().elementCount() > 0, part.name());
      double[] values = part.values().toDoubleArray();
      List<Integer> places = places(part.shape(), part.box());
      assertEquals(values.length, places.size(), part.name());
      for (int i = 0; i < values.length; i++) {
        double[] all = whole.getOrDefault(part.name(), new double[0]);
        assertTrue(Double.isNaN(all[places.get(i)]), part.name() + " is in two parts");
        all[places.get(i)] = values[i];
      }
    }
    return whole;
  }

  private static void isTheState(Training training) {
    Map<String, double[]> parts = together(training);
    Map<String, Tensor> state = training.state();
    assertEquals(List.copyOf(state.keySet()), List.copyOf(parts.keySet()));
    state.forEach(
        (name, tensor) -> assertArrayEquals(tensor.toDoubleArray(), parts.get(name), name));
  }

  @Test
  void onADeviceAPartIsTheWhole() {
    try (Training training =
        new Training(
            SPEC, SETTINGS, LocalBackend.of(Workers.sequential(), MoePrograms.kernels()), 1)) {
      isTheState(training);
      assertEquals(training.state().size(), training.parts().size());
    }
  }

  @Test
  void onAMeshOneOfTheDevicesWithAPartSavesIt() {
    Mesh mesh = Mesh.parse("x=4");
    try (Collectives collectives = Collectives.open(mesh)) {
      MeshBackend backend =
          MeshBackend.of(collectives, MoePrograms.kernels(), PlanOptions.defaults());
      Optional<Training.Placement> placement =
          Optional.of(new Training.Placement(MeshAxes.of(mesh), false));
      try (Training training = new Training(SPEC, SETTINGS, backend, placement, 1)) {
        isTheState(training);
        long ofExperts =
            training.parts().stream()
                .map(Training.Part::shape)
                .filter(shape -> shape.rank() == 3 && shape.size(0) == 6)
                .count();
        long whole =
            training.shapes().values().stream()
                .filter(shape -> shape.rank() == 3 && shape.size(0) == 6)
                .count();
        assertEquals(3 * whole, ofExperts, "three devices have experts");
        assertEquals(training.shapes().size() + 2 * whole, training.parts().size());
      }
    }
  }

  @Test
  void aPartIsOfItsBox() {
    Box box = new Box(List.of(0L, 0L), List.of(2L, 3L));
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                new Training.Part(
                    "w", Shape.of(4, 3), box, Tensor.of(new float[] {1, 2, 3}, 1, 3)));
    assertTrue(
        String.valueOf(refused.getMessage()).startsWith("training: part of w must be of "),
        refused::getMessage);
  }
}
