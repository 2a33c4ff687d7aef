// The same as text: parsed, checked, explained and run. Program.parse(program.toString()) is the
// same program.
// java --add-modules jdk.incubator.vector -cp 'lib/*' Example04ProgramText.java
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.Kernels;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.Tensor;

void main() {
  Program program =
      Program.parse(
          """
          program attention {
            input q: f32[query=2 width=2]
            input k: f32[key=3 width=2]
            scores = einsum(q, k) {equation="query width, key width -> query key"}
            weights = softmax(scores) {label="key"}
            output weights
          }
          """);
  try (Executable run = LocalBackend.of(Workers.sequential(), Kernels.none()).compile(program)) {
    IO.println(run.explain());
    Tensor q = Tensor.of(new float[] {1, 0, 0, 1}, 2, 2);
    Tensor k = Tensor.of(new float[] {1, 0, 0, 1, 1, 1}, 3, 2);
    IO.println(Arrays.toString(run.run(q, k).getFirst().toFloatArray()));
  }
}
