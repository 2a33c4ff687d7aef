package io.github.shardsum.internal.language;

import io.github.shardsum.io.Gguf;
import io.github.shardsum.moe.model.LanguageSpec;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;

/**
 * A model as its files have it.
 *
 * @param path the folder or the file
 * @param spec its specification
 * @param ends tokens that end a text
 * @param parameters its parameters by name
 */
public record ModelFiles(
    Path path, LanguageSpec spec, Set<Integer> ends, Map<String, Tensor> parameters) {
  /**
   * Reads a model.
   *
   * @param path a folder with {@code config.json}, or a GGUF file
   * @param arena owns the memory of parameters
   * @param loaded receives the numbers of loaded and of all parameters
   * @throws IllegalArgumentException if the files hold something that is not supported
   */
  public static ModelFiles read(Path path, Arena arena, BiConsumer<Integer, Integer> loaded)
      throws IOException {
    if (Files.isRegularFile(path)) {
      return ofGguf(path, arena, loaded);
    }
    if (!Files.isDirectory(path)) {
      throw new IllegalArgumentException(
          path + ": must be a GGUF file, or a folder with config.json and safetensors");
    }
    Settings config = Settings.of(path.resolve("config.json"));
    String family = config.needText("model_type");
    LanguageSpec spec = SpecReader.of(config, family.equals("llama4_text"), List.of());
    try (Checkpoint files = Checkpoint.ofFolder(path)) {
      Map<String, Tensor> parameters = HuggingFaceWeights.read(spec, family, files, arena, loaded);
      return new ModelFiles(path, spec, ends(path, config), parameters);
    }
  }

  private static ModelFiles ofGguf(Path path, Arena arena, BiConsumer<Integer, Integer> loaded)
      throws IOException {
    try (Gguf file = Gguf.open(path)) {
      String factors = "rope_freqs.weight";
      List<Double> divisors =
          file.names().contains(factors)
              ? Arrays.stream(file.map(factors, arena).toDoubleArray()).boxed().toList()
              : List.of();
      LanguageSpec spec = GgufSettings.spec(path, file, divisors);
      Map<String, Tensor> parameters = GgufWeights.read(spec, path, file, arena, loaded);
      return new ModelFiles(path, spec, GgufTokenizer.ends(path, file), parameters);
    }
  }

  /** One token or several, where the files for generation or the model's have them. */
  private static Set<Integer> ends(Path path, Settings config) throws IOException {
    Path own = path.resolve("generation_config.json");
    Settings settings = Files.exists(own) ? Settings.of(own) : config;
    if (settings.values().get("eos_token_id") instanceof Long) {
      return Set.of(settings.needWhole("eos_token_id"));
    }
    List<Long> several = settings.list("eos_token_id", Long.class).orElse(List.of());
    return several.stream().map(Math::toIntExact).collect(Collectors.toSet());
  }
}
