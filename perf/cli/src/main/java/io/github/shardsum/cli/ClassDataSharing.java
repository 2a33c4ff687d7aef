package io.github.shardsum.cli;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.EinsumOptions.KernelChoice;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.io.Npy;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/**
 * Loads the classes that small commands load; the launcher has the JVM put them into an archive.
 */
final class ClassDataSharing {
  /** A product, a sum, a transposition, a dot and a product of elements. */
  private static final List<String> EQUATIONS =
      List.of("ij,jk->ik", "ij->i", "ij->ji", "ij,ij->", "ij,ij->ij");

  private ClassDataSharing() {}

  /**
   * Prints the help and the results of small einsums.
   *
   * @param args the path of the help's files, without their endings {@code .plain} and {@code
   *     .coloured}; the launcher prints the help without a JVM
   * @throws IOException if there is no room for a file; the rest is archived all the same
   */
  public static void main(String[] args) throws IOException {
    if (args.length > 0) {
      help(args[0]);
    }
    System.exit(run(System.out, System.err));
  }

  static void help(String path) throws IOException {
    CommandLine line = Main.commandLine();
    Files.writeString(Path.of(path + ".plain"), line.getUsageMessage(Ansi.OFF));
    Files.writeString(Path.of(path + ".coloured"), line.getUsageMessage(Ansi.ON));
  }

  /** The highest status of the commands. */
  static int run(PrintStream out, PrintStream err) throws IOException {
    int status = Main.run(Main.commandLine(), out, err, "--help");
    Path file = Files.createTempFile("shardsum-training", ".npy");
    try {
      for (DType dtype : List.of(DType.F32, DType.F64)) {
        Tensor x = Tensor.full(dtype, 1, 3, 3);
        Npy.write(file, x);
        for (String equation : EQUATIONS) {
          Tensor[] operands = equation.contains(",") ? new Tensor[] {x, x} : new Tensor[] {x};
          plain(equation, operands);
          Stream<String> files = Arrays.stream(operands).map(_ -> file.toString());
          String[] line =
              Stream.concat(Stream.of("einsum", equation), files).toArray(String[]::new);
          status = Math.max(status, Main.run(Main.commandLine(), out, err, line));
        }
      }
    } finally {
      Files.deleteIfExists(file);
    }
    return status;
  }

  /** Runs the scalar kernels too, which a JVM without vectors uses; this JVM may have vectors. */
  private static void plain(String equation, Tensor... operands) {
    EinsumOptions plain = EinsumOptions.defaults().withKernels(KernelChoice.SCALAR);
    Einsum.compile(equation, plain, OperandSpec.like(operands)).run(operands);
  }
}
