package io.github.shardsum.cli.einsum;

import static io.github.shardsum.cli.common.UsageErrors.usageError;

import io.github.shardsum.io.Npy;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code shardsum sample}: a small array to try other commands with. */
@Command(
    name = "sample",
    customSynopsis = "shardsum sample FILE.npy SIZE[,SIZE...] [--dtype DTYPE]",
    description = {
      "%nWrite an array of small whole numbers, -3 to 3 in turn, for a trial of other commands.%n"
    })
public final class SampleCommand implements Callable<Integer> {
  /** 64 MiB of f32, more than a sample needs. */
  private static final long MOST_ELEMENTS = 1L << 24;

  private static final int VALUES = 7;

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "FILE.npy", description = "The file to write.")
  private Path file = Path.of("");

  @Parameters(index = "1", paramLabel = "SIZE", description = "Sizes, as 2,3.")
  private String sizes = "";

  @Option(
      names = "--dtype",
      paramLabel = "f32|f64|i32|i64",
      defaultValue = "f32",
      description = "Type of the elements (default: ${DEFAULT-VALUE}).")
  private String dtype = "f32";

  /** Writes the file. */
  public SampleCommand() {}

  @Override
  public Integer call() throws IOException {
    if (!file.toString().endsWith(".npy")) {
      throw usageError(spec, "FILE.npy must end in .npy, got " + file);
    }
    Shape shape = shape();
    Tensor flat = Tensor.zeros(dtype(), shape.elementCount());
    for (long i = 0; i < shape.elementCount(); i++) {
      flat.set(i % VALUES - VALUES / 2, i);
    }
    Npy.write(file, flat.reshape(shape.toArray()));
    spec.commandLine().getErr().println(file + ": " + flat.dtype() + shape);
    return 0;
  }

  private DType dtype() {
    return switch (dtype) {
      case "f32" -> DType.F32;
      case "f64" -> DType.F64;
      case "i32" -> DType.I32;
      case "i64" -> DType.I64;
      default -> throw usageError(spec, "--dtype must be one of f32, f64, i32, i64, got " + dtype);
    };
  }

  /** The sizes, parsed here since picocli would not say in which form they are written. */
  private long[] sizes() {
    try {
      return Stream.of(sizes.split(",", -1)).mapToLong(Long::parseLong).toArray();
    } catch (NumberFormatException none) {
      throw usageError(
          spec, "SIZE must be whole numbers with commas between, as 2,3, got " + sizes);
    }
  }

  private Shape shape() {
    long elements = 1;
    long[] sizes = sizes();
    for (long size : sizes) {
      if (size < 0) {
        throw usageError(spec, "SIZE must be at least 0, got " + size);
      }
      elements = size == 0 ? 0 : elements > MOST_ELEMENTS / size ? Long.MAX_VALUE : elements * size;
    }
    if (elements > MOST_ELEMENTS) {
      throw usageError(
          spec,
          "SIZE must have at most " + MOST_ELEMENTS + " elements together, got " + this.sizes);
    }
    return Shape.of(sizes);
  }
}
