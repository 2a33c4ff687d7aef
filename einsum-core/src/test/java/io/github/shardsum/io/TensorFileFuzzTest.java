package io.github.shardsum.io;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * Any bytes are a file or a {@link TensorFileException}, never another error. By default the tests
 * run the inputs of the folder {@code TensorFileFuzzTestInputs}; with {@code JAZZER_FUZZ=1} in the
 * environment and {@code -Djazzer.hooks=true} one of them looks for new ones.
 */
class TensorFileFuzzTest {
  /** Inflated bytes that a fuzzed archive may ask for. */
  private static final long LIMIT = 1 << 20;

  @TempDir private Path folder;
  private Path file = Path.of("");

  @BeforeEach
  void nameTheFile() {
    file = folder.resolve("fuzzed");
  }

  private static void use(Tensor tensor) {
    if (tensor.shape().elementCount() < LIMIT) {
      assertEquals(tensor.shape().elementCount(), tensor.toDoubleArray().length);
    }
  }

  @FuzzTest(maxDuration = "1m")
  void npy(byte[] bytes) throws IOException {
    Files.write(file, bytes);
    try (Arena arena = Arena.ofConfined()) {
      use(Npy.map(file, arena));
      use(Npy.read(file));
    } catch (TensorFileException malformed) {
      assertEquals(file, malformed.file());
    }
  }

  @FuzzTest(maxDuration = "1m")
  void npz(byte[] bytes) throws IOException {
    Files.write(file, bytes);
    try (Npz npz = Npz.open(file, LIMIT);
        Arena arena = Arena.ofConfined()) {
      for (String name : npz.names()) {
        use(npz.map(name, arena));
        use(npz.read(name));
      }
    } catch (TensorFileException malformed) {
      assertEquals(file, malformed.file());
    }
  }

  @FuzzTest(maxDuration = "1m")
  void safetensors(byte[] bytes) throws IOException {
    Files.write(file, bytes);
    try (Safetensors safetensors = Safetensors.open(file);
        Arena arena = Arena.ofConfined()) {
      for (String name : safetensors.names()) {
        use(safetensors.map(name, arena));
        use(safetensors.read(name));
      }
    } catch (TensorFileException malformed) {
      assertEquals(file, malformed.file());
    }
  }

  @FuzzTest(maxDuration = "1m")
  void gguf(byte[] bytes) throws IOException {
    Files.write(file, bytes);
    try (Gguf gguf = Gguf.open(file);
        Arena arena = Arena.ofConfined()) {
      for (String name : gguf.names()) {
        use(gguf.map(name, arena));
      }
    } catch (TensorFileException malformed) {
      assertEquals(file, malformed.file());
    }
  }
}
