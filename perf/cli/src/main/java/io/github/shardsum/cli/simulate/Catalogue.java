package io.github.shardsum.cli.simulate;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Public models by name. A table may spell a name in any way; if several names occur in its words,
 * the longest one counts.
 */
public final class Catalogue {
  private static final String FILE = "models.json";
  private static final int SHORTEST = 4;
  private final Map<String, SimulatedModelFile> byName = new TreeMap<>();
  private final List<SimulatedModelFile> models = new ArrayList<>();

  private Catalogue() {}

  /** The models in the jar. */
  public static Catalogue open() {
    Catalogue catalogue = new Catalogue();
    try (InputStream in = Objects.requireNonNull(Catalogue.class.getResourceAsStream(FILE), FILE)) {
      for (JsonNode node : JsonMapper.builder().build().readTree(in)) {
        SimulatedModelFile model = SimulatedModelFile.read(FILE, node);
        catalogue.models.add(model);
        catalogue.put(model.model().name(), model);
        model.aliases().forEach(alias -> catalogue.put(alias, model));
      }
    } catch (IOException io) {
      throw new UncheckedIOException(io);
    }
    return catalogue;
  }

  private void put(String name, SimulatedModelFile model) {
    if (byName.put(plain(name), model) != null) {
      throw new IllegalStateException("two models of one name: " + name);
    }
  }

  List<SimulatedModelFile> models() {
    return List.copyOf(models);
  }

  public Optional<SimulatedModelFile> exact(String name) {
    return Optional.ofNullable(byName.get(plain(name)));
  }

  /** The model of the longest name within some words. */
  public Optional<SimulatedModelFile> within(String words) {
    // Qwen3 MoE 30B-A3B is Qwen3-30B-A3B.
    String without = words.toLowerCase(Locale.ROOT).replaceAll("moe|sparse", "");
    return Stream.of(words, without)
        .map(Catalogue::plain)
        .flatMap(text -> byName.keySet().stream().filter(name -> occurs(name, text)))
        .filter(name -> name.length() >= SHORTEST)
        .max(Comparator.comparingInt(String::length))
        .map(byName::get);
  }

  /**
   * Whether a name occurs; one that begins with a digit must not follow a digit: 1b does not occur
   * in 21b.
   */
  private static boolean occurs(String name, String text) {
    for (int at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
      boolean before =
          at == 0 || !Character.isDigit(name.charAt(0)) || !Character.isDigit(text.charAt(at - 1));
      if (before) {
        return true;
      }
    }
    return false;
  }

  private static String plain(String name) {
    return name.toLowerCase(Locale.ROOT)
        .replaceAll("(?<=\\d)\\.(?=\\d)", "p") // 1.3b is not 13b
        .replaceAll("[^a-z0-9]", "");
  }
}
