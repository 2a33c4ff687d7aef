package io.github.shardsum.collective;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.mesh.MeshAxis;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** A null argument is an error that names it. */
class NullArgumentsTest {
  private static final Mesh MESH = Mesh.of("x", 2);
  private static final Collective SUM = new Collective.AllReduce(Reduction.SUM, "x");
  private static final Tensor X = Tensor.zeros(DType.F32, 2);
  private static final List<Tensor> BOTH = List.of(X, X.copy());
  private static final RaggedCounts NO_ROWS = RaggedCounts.of(new long[2], new long[2]);

  private static void names(String argument, Executable call) {
    NullPointerException thrown = assertThrows(NullPointerException.class, call, argument);
    String message = String.valueOf(thrown.getMessage());
    assertTrue(message.contains(argument), argument + " in: " + message);
  }

  @Test
  void ofMeshes() {
    names("axes", () -> Mesh.of((MeshAxis[]) null));
    names("axes", () -> Mesh.of((List<MeshAxis>) null));
    names("axis", () -> Mesh.of(Arrays.asList(new MeshAxis("x", 2), null)));
    names("name", () -> Mesh.of(null, 2));
    names("notation", () -> Mesh.parse(null));
    names("devices", () -> MESH.withDevices((int[]) null));
    names("names", () -> MESH.size((List<String>) null));
    names("names", () -> MESH.groups((List<String>) null));
    names("names", () -> MESH.groups((String[]) null));
    names("axis", () -> MESH.groups("x", null));
    names("axis", () -> Mesh.of(new MeshAxis("x", 2), null));
    names("name", () -> new MeshAxis(null, 2));
  }

  @Test
  void ofCollectives() {
    names("axes", () -> new Collective.AllReduce(Reduction.SUM, (String[]) null));
    names("reduction", () -> new Collective.AllReduce(null, "x"));
    names("axis", () -> new Collective.AllReduce(Reduction.SUM, "x", null));
    names("order", () -> new Collective.AllReduce(List.of("x"), Reduction.SUM, null));
    names("reduction", () -> new Collective.ReduceScatter(null, 0, "x"));
    names("order", () -> new Collective.ReduceScatter(List.of("x"), Reduction.SUM, 0, null));
    names("axes", () -> new Collective.Barrier((List<String>) null));
    names("total", () -> new Collective.AllGather(List.of("x"), 0, null));
    names("pairs", () -> new Collective.Permute(List.of("x"), null));
  }

  @Test
  void ofCalls() {
    CollectiveOptions options = CollectiveOptions.defaults();
    names("mesh", () -> Collectives.open(null));
    names("options", () -> Collectives.open(MESH, null));
    names("workers", () -> Collectives.open(MESH, null, options));
    names("mesh", () -> Collectives.open(null, Workers.sequential(), options));
    try (Collectives collectives = Collectives.open(MESH)) {
      names("collective", () -> collectives.run(null, BOTH));
      names("x", () -> collectives.run(SUM, null));
      names("operand of device 1", () -> collectives.run(SUM, Arrays.asList(X, null)));
      names("out", () -> collectives.runInto(SUM, BOTH, null));
      names(
          "result of device 1",
          () -> collectives.runInto(SUM, BOTH, Arrays.asList(X.copy(), null)));
      names("collective", () -> collectives.start(null, BOTH));
      names("body", () -> collectives.spmd(null));
      names("name", () -> collectives.plan(null));
      names("task", () -> collectives.plan("p").compute("c", null));
      names("name", () -> collectives.plan("p").compute(null, (_, _) -> {}));
      var rows = new Collective.RaggedAllToAll("x");
      names("counts", () -> rows.with(null));
      names("counts of device 1", () -> rows.with(Arrays.asList(NO_ROWS, null)));
      names("counts", () -> collectives.plan("p").communicate(rows, null, () -> BOTH, () -> BOTH));
      CollectivePlan plan =
          collectives.plan("p").communicate(rows, () -> null, () -> BOTH, () -> BOTH).build();
      names("counts", plan::run);
    }
  }

  @Test
  void ofCallsOfOneDevice() {
    names("x", () -> unwrapped(device -> device.run(SUM, null)));
    names("collective", () -> unwrapped(device -> device.run(null, X)));
    names("counts", () -> unwrapped(device -> device.raggedAllToAll(X, null, "x")));
    names("out", () -> unwrapped(device -> device.startInto(SUM, X, null).await()));
  }

  /** What the code of the devices threw. */
  private static void unwrapped(Collectives.DeviceBody<Tensor> program) throws Throwable {
    try (Collectives collectives = Collectives.open(MESH)) {
      collectives.spmd(program);
    } catch (CollectiveException failed) {
      throw failed.getCause() == null ? failed : failed.getCause();
    }
  }
}
