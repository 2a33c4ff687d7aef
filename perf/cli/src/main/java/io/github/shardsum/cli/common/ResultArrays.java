package io.github.shardsum.cli.common;

import static io.github.shardsum.measure.Texts.wrongArgument;

import com.sun.management.OperatingSystemMXBean;
import io.github.shardsum.io.Npy;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Memory and files of results. */
public final class ResultArrays {
  private static final String STANDARD_OUTPUT = "standard output";

  private ResultArrays() {}

  /**
   * A tensor for a result: in a Java array, or in the arena where no Java array is long enough.
   *
   * @throws IllegalArgumentException if the machine has less memory: a JVM that allocated it would
   *     be killed without a message
   */
  public static Tensor allocate(Arena arena, DType dtype, Shape shape) {
    return allocate(arena, dtype, shape, Shape.LONGEST_ARRAY);
  }

  /** Allocates with another limit of an array's length, for tests. */
  static Tensor allocate(Arena arena, DType dtype, Shape shape, long longest) {
    if (shape.elementCount() <= longest) {
      return Tensor.zeros(dtype, shape);
    }
    long memory =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    if (shape.elementCount() > memory / dtype.byteSize()) {
      throw wrongArgument(
          "memory: a result of %s %s must fit in the machine's %d bytes", dtype, shape, memory);
    }
    return Tensor.allocate(arena, dtype, shape);
  }

  /**
   * Whether a reader would expect another kind of file than .npy from the name.
   *
   * @param target a file for a result
   */
  public static boolean isOfOtherFormat(Path target) {
    String name = target.toString().toLowerCase(Locale.ROOT);
    return name.endsWith(".npz") || name.endsWith(".safetensors");
  }

  /** Whether a failure means that standard output was closed or full. */
  public static boolean isStandardOutput(FileSystemException failed) {
    return STANDARD_OUTPUT.equals(failed.getFile());
  }

  /**
   * Writes a tensor as a .npy file: whole or not at all, or to standard output.
   *
   * @param target the file, {@code -} for standard output
   * @param out standard output
   * @throws IOException if the file cannot be written
   */
  public static void write(Path target, Tensor tensor, PrintStream out) throws IOException {
    if (!target.toString().equals(InputArrays.STANDARD)) {
      Npy.write(target, tensor);
      return;
    }
    Path folder = Files.createTempDirectory("shardsum-output-");
    Path copy = folder.resolve("result.npy");
    // The JVM deletes in reverse order if a signal ends the process meanwhile.
    List.of(folder, copy).forEach(made -> made.toFile().deleteOnExit());
    try {
      Npy.write(copy, tensor);
      Files.copy(copy, out);
      out.flush();
    } finally {
      Files.deleteIfExists(copy);
      Files.deleteIfExists(folder);
    }
    if (out.checkError()) {
      throw new FileSystemException(STANDARD_OUTPUT, null, "not all of it could be written");
    }
  }
}
