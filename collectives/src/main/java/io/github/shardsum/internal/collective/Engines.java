package io.github.shardsum.internal.collective;

import io.github.shardsum.collective.CollectiveOptions;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.collective.CollectivesProvider;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/**
 * Finds the configured engine. The system property {@code shardsum.engine} names it; without the
 * property the environment variable {@code SHARDSUM_ENGINE} does, which the launcher sets. The
 * default is this process alone.
 */
public final class Engines {
  private static final String PROPERTY = "shardsum.engine";
  private static final String VARIABLE = "SHARDSUM_ENGINE";

  private Engines() {}

  public static Collectives open(Mesh mesh, Optional<Workers> workers, CollectiveOptions options) {
    Objects.requireNonNull(mesh, "mesh");
    Objects.requireNonNull(options, "options");
    String name =
        Optional.ofNullable(System.getProperty(PROPERTY))
            .or(() -> Optional.ofNullable(System.getenv(VARIABLE)))
            .orElse("local");
    String engine = name.strip().toLowerCase(Locale.ROOT);
    ServiceLoader<CollectivesProvider> known = known();
    for (CollectivesProvider provider : known) {
      if (provider.engine().equals(engine)) {
        return provider.open(mesh, workers, options);
      }
    }
    throw new IllegalArgumentException(
        "collectives: the engine must be one of "
            + known.stream()
                .map(each -> '"' + each.get().engine() + '"')
                .sorted()
                .collect(Collectors.joining(", "))
            + ", got \""
            + name
            + "\" in the property "
            + PROPERTY
            + " or the variable "
            + VARIABLE);
  }

  /** Providers that this module's class loader finds; the thread's loader may not see them. */
  private static ServiceLoader<CollectivesProvider> known() {
    return ServiceLoader.load(
        CollectivesProvider.class, CollectivesProvider.class.getClassLoader());
  }
}
