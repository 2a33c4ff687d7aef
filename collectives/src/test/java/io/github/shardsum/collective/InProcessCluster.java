package io.github.shardsum.collective;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.engine.Engine;
import io.github.shardsum.internal.engine.InMemoryNetwork;
import io.github.shardsum.internal.engine.transfer.LocalTransport;
import io.github.shardsum.mesh.Mesh;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/**
 * Where the contract is tested: one process, several that are threads of this one, or, where this
 * JVM was started by the launcher, the processes that it started.
 */
public interface InProcessCluster {
  /** Runs a body in every process; throws what the first of them threw. */
  void run(Mesh mesh, CollectiveOptions options, Body body) throws Exception;

  /** What a process does. */
  @FunctionalInterface
  interface Body {
    void run(Collectives collectives) throws Exception;
  }

  /** All that the contract is tested on here. */
  static Stream<InProcessCluster> all() {
    String engine =
        Optional.ofNullable(System.getProperty("shardsum.engine"))
            .or(() -> Optional.ofNullable(System.getenv("SHARDSUM_ENGINE")))
            .orElse("local");
    return engine.equals("local") ? here() : Stream.of(new Configured());
  }

  /** This process alone, and as several. */
  static Stream<InProcessCluster> here() {
    return Stream.of(new Alone(), new Threads(2), new Threads(3), new Threads(4), new Threads(12));
  }

  /** One process. */
  record Alone() implements InProcessCluster {
    @Override
    public void run(Mesh mesh, CollectiveOptions options, Body body) throws Exception {
      try (Workers workers = Workers.of(2);
          Collectives collectives =
              new Engine(mesh, workers, false, options, new LocalTransport())) {
        body.run(collectives);
      }
    }
  }

  /** The configured engine: the processes, if there are several, all run the tests. */
  record Configured() implements InProcessCluster {
    @Override
    public void run(Mesh mesh, CollectiveOptions options, Body body) throws Exception {
      try (Collectives collectives = Collectives.open(mesh, options)) {
        body.run(collectives);
      }
    }
  }

  /** Processes that are threads. */
  record Threads(int processes) implements InProcessCluster {
    @Override
    public void run(Mesh mesh, CollectiveOptions options, Body body) throws Exception {
      InMemoryNetwork hub = new InMemoryNetwork(processes);
      List<Callable<Void>> bodies = new ArrayList<>();
      for (int process = 0; process < processes; process++) {
        int own = process;
        bodies.add(
            () -> {
              try (Workers workers = Workers.of(2);
                  Collectives collectives =
                      new Engine(mesh, workers, false, options, hub.transport(own))) {
                body.run(collectives);
              } catch (Throwable failed) {
                hub.transport(own).abort("the body of process " + own + " threw " + failed);
                throw failed;
              }
              return null;
            });
      }
      try (ExecutorService threads = Executors.newFixedThreadPool(processes)) {
        rethrow(threads.invokeAll(bodies));
      }
    }

    /** What the others throw because of the first says less than it. */
    private static void rethrow(List<Future<Void>> ends) throws Exception {
      List<Throwable> thrown = new ArrayList<>();
      for (Future<Void> end : ends) {
        try {
          end.get();
        } catch (ExecutionException failed) {
          thrown.add(failed.getCause());
        }
      }
      Throwable worst =
          thrown.stream()
              .filter(t -> !(t instanceof DeviceFailedException))
              .findFirst()
              .or(() -> thrown.stream().findFirst())
              .orElse(null);
      switch (worst) {
        case null -> {}
        case Exception exception -> throw exception;
        case Error error -> throw error;
        default -> throw new AssertionError(worst);
      }
    }
  }
}
