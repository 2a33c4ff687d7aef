package io.github.shardsum.lab.compare;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.bench.MoeCase;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.moe.kernel.LayerParts;
import io.github.shardsum.internal.moe.kernel.LayerParts.Part;
import io.github.shardsum.measure.Timed;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.RouteInput;
import io.github.shardsum.ops.Movement;
import io.github.shardsum.ops.Target;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Times each part of a layer other than its experts' products: the router's product, the route as a
 * program of {@code moe.route}, and the work of {@code moe.experts} before and after its products.
 * Also times a separate gather of rows, because products gather rows while they pack.
 */
final class MoeLayerParts implements AutoCloseable {
  private final MoeCase layer;
  private final Workers workers;
  private final Executable route;
  private final Einsum router;
  private final Tensor gate;
  private final List<Tensor> logits;
  private final List<Tensor> routed;
  private final LayerParts parts;
  private final Tensor tokens;

  MoeLayerParts(MoeCase layer, Workers workers) {
    this.layer = layer;
    this.workers = workers;
    this.route = LocalBackend.of(workers, MoePrograms.kernels()).compile(program(layer));
    this.tokens = layer.tokens();
    this.gate = layer.gate();
    this.router =
        Einsum.compile(
            "GSM,ME->GSE",
            EinsumOptions.defaults().withWorkers(workers),
            OperandSpec.like(tokens, gate));
    this.logits = List.of(router.run(tokens, gate));
    this.routed = route.run(logits);
    Program experts = MoePrograms.raggedLayer(layer.spec());
    List<Tensor> operands = List.of(tokens, routed.get(0), routed.get(1));
    this.parts = LayerParts.of(experts, workers, operands);
  }

  private static Program program(MoeCase layer) {
    List<String> labels = List.of("G", "S", "E");
    List<Long> sizes = new ArrayList<>();
    labels.forEach(label -> sizes.add(layer.sizes().shape(label).size(0)));
    ProgramBuilder p = Program.builder("route");
    Value logits = p.input("logits", ValueType.of(DType.F32, labels, sizes));
    p.add(
            MoePrograms.route(
                RouteInput.logits(logits), layer.spec().options(), layer.spec().randomness()))
        .forEach(p::output);
    return p.build();
  }

  /** The router's product. */
  Timed logits() {
    return Timed.of(() -> router.runInto(logits.getFirst(), tokens, gate));
  }

  /** The route, from logits to positions and weights. */
  Timed route() {
    return Timed.of(() -> route.runInto(routed, logits));
  }

  /** One part of {@code moe.experts}: the order of rows, or the sum of rows. */
  Timed part(Part part) {
    return calls -> parts.seconds(part, calls);
  }

  /** Memory of the rows of all experts, {@code [R, M]}. */
  Tensor dispatched() {
    return Tensor.zeros(DType.F32, layer.rows(), layer.sizes().model());
  }

  /** A separate gather of the rows of all experts. */
  Timed dispatch(Tensor out) {
    Tensor table = tokens.reshape(layer.rows() / MoeCase.CHOICES, layer.sizes().model());
    int[] of = parts.tokens();
    Tensor indices = Tensor.of(of, of.length);
    return Timed.of(() -> Movement.take(Target.into(workers, out), table, indices, 0));
  }

  Tensor tokens() {
    return tokens;
  }

  LayerParts parts() {
    return parts;
  }

  /** The number of experts that have rows. */
  long touched() {
    double[] placed = routed.get(6).toDoubleArray();
    int experts = (int) layer.sizes().experts();
    boolean[] touched = new boolean[experts];
    long count = 0;
    for (int i = 0; i < placed.length; i++) {
      if (placed[i] > 0 && !touched[i % experts]) {
        touched[i % experts] = true;
        count++;
      }
    }
    return count;
  }

  @Override
  public void close() {
    route.close();
  }
}
