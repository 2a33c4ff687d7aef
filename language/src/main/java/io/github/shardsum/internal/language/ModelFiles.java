package io.github.shardsum.internal.language;

import io.github.shardsum.moe.model.LanguageSpec;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A model as its files have it.
 *
 * @param path the folder
 * @param family the name of its family in the files
 * @param spec its specification
 * @param ends tokens that end a text
 * @param parameters its parameters by name
 */
public record ModelFiles(
    Path path,
    String family,
    LanguageSpec spec,
    Set<Integer> ends,
    Map<String, Tensor> parameters) {
  /**
   * Reads a model.
   *
   * @param path a folder with {@code config.json}
   * @param arena owns the memory of parameters
   * @throws IllegalArgumentException if the files hold something that is not supported
   */
  public static ModelFiles read(Path path, Arena arena) throws IOException {
    if (!Files.isDirectory(path)) {
      throw new IllegalArgumentException(
          path + ": must be a folder with config.json and safetensors");
    }
    Settings config = Settings.of(path.resolve("config.json"));
    LanguageSpec spec = HuggingFaceSpec.of(config);
    String family = config.needText("model_type");
    try (Checkpoint files = Checkpoint.ofFolder(path)) {
      Map<String, Tensor> parameters = HuggingFaceWeights.read(spec, family, files, arena);
      return new ModelFiles(path, family, spec, ends(path, config), parameters);
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
