// A loss as a program on labelled values, its gradient as another program, run by name.
// java --add-modules jdk.incubator.vector -cp 'lib/*' Example03ProgramAndGradient.java
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.Kernels;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.Tensor;

void main() {
  ProgramBuilder b = Program.builder("loss");
  Value x = b.input("x", "f32[B=4 M=3]");
  Value w = b.input("w", "f32[M=3 H=2]");
  b.output("loss", b.sum(b.relu(b.einsum("BM,MH->BH", x, w)), "B", "H"));
  Program gradient = Gradients.valueAndGradient(b.build(), List.of("loss"), List.of("w"));
  IO.println(gradient);

  Tensor tokens = Tensor.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 4, 3);
  Tensor weights = Tensor.of(new float[] {1, -1, 1, -1, 1, -1}, 3, 2);
  LocalBackend backend = LocalBackend.of(Workers.sequential(), Kernels.none());
  try (Executable run = backend.compile(gradient)) {
    run.run(Map.of("x", tokens, "w", weights))
        .forEach((name, value) -> IO.println(name + " " + Arrays.toString(value.toFloatArray())));
  }
}
