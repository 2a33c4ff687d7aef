package io.github.shardsum.internal.engine;

import io.github.shardsum.collective.CollectiveOptions;
import io.github.shardsum.internal.mpi.MpiTransport;
import java.util.Locale;
import java.util.Optional;

/**
 * Which engine carries the bytes: the system property {@code shardsum.engine}, or without it the
 * environment variable {@code SHARDSUM_ENGINE} that the launcher sets, or this process alone.
 */
public final class Transports {
  private static final String PROPERTY = "shardsum.engine";
  private static final String VARIABLE = "SHARDSUM_ENGINE";

  private Transports() {}

  /** Opens the configured one. */
  public static Transport open(CollectiveOptions options) {
    String wanted =
        Optional.ofNullable(System.getProperty(PROPERTY))
            .or(() -> Optional.ofNullable(System.getenv(VARIABLE)))
            .orElse("local");
    return open(wanted, options);
  }

  /** Opens one by name. */
  static Transport open(String name, CollectiveOptions options) {
    return switch (name.strip().toLowerCase(Locale.ROOT)) {
      case "local" -> new LocalTransport();
      case "mpi" -> MpiTransport.open(options.deadline());
      default ->
          throw new IllegalArgumentException(
              "collectives: the engine \"local\" or \"mpi\" is wanted, got \""
                  + name
                  + "\" in the property "
                  + PROPERTY
                  + " or the variable "
                  + VARIABLE);
    };
  }
}
