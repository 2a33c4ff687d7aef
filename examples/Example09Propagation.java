// Two annotations; the layouts of all other values follow, each with its reason.
// java --add-modules jdk.incubator.vector -cp 'lib/*' Example09Propagation.java
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.propagation.Propagated;
import io.github.shardsum.propagation.Propagation;
import io.github.shardsum.propagation.PropagationOptions;

void main() {
  Program layer =
      Program.parse(
          """
          program layer {
            input dispatched: f32[E=8 G=8 C=4 M=16]
            input wi: f32[E=8 M=16 H=32]
            input wo: f32[E=8 H=32 M=16]
            hidden = einsum(dispatched, wi) {equation="E G C M, E M H -> E G C H"}
            h = relu(hidden)
            outputs = einsum(h, wo) {equation="E G C H, E H M -> G E C M"}
            output outputs
          }
          """);
  Program annotated = Annotations.of(Map.of("h", "E@x", "outputs", "G@x E")).apply(layer);
  Propagated all = Propagation.of(annotated, Mesh.parse("x=8"), PropagationOptions.defaults());
  IO.println(all.explain());
  IO.println(all.why("wi"));
}
