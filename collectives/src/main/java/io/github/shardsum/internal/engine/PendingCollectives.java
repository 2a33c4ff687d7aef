package io.github.shardsum.internal.engine;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.engine.check.AliasCheck;
import io.github.shardsum.internal.engine.check.DeviceCall;
import io.github.shardsum.internal.engine.transfer.Phase;
import io.github.shardsum.internal.engine.transfer.TransferContext;
import io.github.shardsum.internal.engine.transfer.Transport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The collectives in flight of a running plan, with the remaining phases of each. Their tasks run
 * in the supersteps of the program's computation, and their bytes travel meanwhile. Used by the
 * thread that runs the plan; the tasks run on any thread.
 */
final class PendingCollectives {
  private final Workers workers;
  private final Map<String, Flight> flights = new LinkedHashMap<>();

  PendingCollectives(Workers workers) {
    this.workers = workers;
  }

  /** One collective and its progress. */
  private static final class Flight {
    private final TransferContext context;
    private final List<Phase> phases;
    private final List<DeviceCall> calls;
    private int cursor;
    private Optional<Transport.InFlight> begun = Optional.empty();
    private boolean isCopied;

    Flight(TransferContext context, List<Phase> phases, List<DeviceCall> calls) {
      this.context = context;
      this.phases = phases;
      this.calls = calls;
    }

    boolean isDone() {
      return cursor == phases.size();
    }

    /**
     * The next tasks, if the flight waits for no other process. The caller must run them before it
     * calls the flight again. If an exchange comes first, it begins here.
     */
    Optional<Phase.Tasks> take() {
      if (isDone()) {
        return Optional.empty();
      }
      return switch (phases.get(cursor)) {
        case Phase.Tasks tasks -> {
          cursor++;
          yield Optional.of(tasks);
        }
        case Phase.Exchange exchange -> {
          begin();
          if (!isCopied) {
            isCopied = true;
            yield Optional.of(exchange.copying().phase(exchange.name()));
          }
          yield Optional.empty();
        }
      };
    }

    /** Begins the exchange that is next, if there is one and it has not begun. */
    void begin() {
      if (!isDone() && begun.isEmpty() && phases.get(cursor) instanceof Phase.Exchange exchange) {
        begun = Optional.of(context.begin(exchange));
      }
    }

    /** Advances to the phase after an exchange that has ended. */
    void settle() {
      if (isCopied && begun.isPresent() && begun.get().isDone()) {
        await(Duration.ZERO);
      }
      begin();
    }

    void await(Duration deadline) {
      begun.ifPresent(exchange -> exchange.await(deadline));
      begun = Optional.empty();
      isCopied = false;
      cursor++;
    }
  }

  boolean isEmpty() {
    return flights.isEmpty();
  }

  /**
   * Begins a collective. Packing runs immediately: it needs the cores, and no byte can travel
   * before it.
   *
   * @param name the name of the flight
   * @param context its lane
   * @param lowered the phases of the collective
   * @param calls the operands and results
   */
  void start(
      String name, TransferContext context, LoweredCollective lowered, List<DeviceCall> calls) {
    Flight flight = new Flight(context, lowered.phases(), List.copyOf(calls));
    flights.put(name, flight);
    if (flight.phases.stream().anyMatch(Phase.Exchange.class::isInstance)) {
      List<Phase.Tasks> before = new ArrayList<>();
      while (flight.phases.get(flight.cursor) instanceof Phase.Tasks) {
        flight.take().ifPresent(before::add);
      }
      Supersteps.run(workers, before);
      flight.begin();
    }
  }

  /** Runs one superstep: the program's computation and the next tasks of each flight. */
  void run(Phase.Tasks compute) {
    Supersteps.run(workers, List.of(superstep(compute)));
    flights.values().forEach(Flight::settle);
  }

  /**
   * The next tasks of each flight, which have the lower numbers, followed by the tasks of a phase.
   */
  Phase.Tasks superstep(Phase.Tasks compute) {
    flights.values().forEach(Flight::settle);
    List<Phase.Tasks> parts = new ArrayList<>();
    flights.values().forEach(flight -> flight.take().ifPresent(parts::add));
    parts.add(compute);
    return progressing(together(parts));
  }

  private static Phase.Tasks together(List<Phase.Tasks> parts) {
    if (parts.size() == 1) {
      return parts.getFirst();
    }
    int[] ends = new int[parts.size()];
    int end = 0;
    for (int part = 0; part < ends.length; part++) {
      end += parts.get(part).tasks();
      ends[part] = end;
    }
    return new Phase.Tasks(
        parts.getLast().name(),
        end,
        (task, scratch) -> {
          int part = 0;
          while (task >= ends[part]) {
            part++;
          }
          Phase.Tasks own = parts.get(part);
          own.task().run(task - (ends[part] - own.tasks()), scratch);
        });
  }

  /** Tasks that each poll the transfers in flight afterwards. */
  private Phase.Tasks progressing(Phase.Tasks tasks) {
    Optional<Transport> transport =
        flights.values().stream()
            .filter(flight -> flight.begun.isPresent())
            .map(flight -> flight.context.transport())
            .findFirst();
    return transport
        .map(
            open ->
                new Phase.Tasks(
                    tasks.name(),
                    tasks.tasks(),
                    (task, scratch) -> {
                      tasks.task().run(task, scratch);
                      open.progress();
                    }))
        .orElse(tasks);
  }

  /** Runs all remaining phases of a flight; the deadline counts from here. */
  void finish(String name) {
    Flight flight = Objects.requireNonNull(flights.get(name), name);
    while (!flight.isDone()) {
      Optional<Phase.Tasks> next = flight.take();
      if (next.isPresent()) {
        // These tasks run before the next phase is taken: an exchange sends their results as soon
        // as it begins.
        Supersteps.run(workers, List.of(next.get()));
      } else {
        flight.await(flight.context.deadline());
      }
    }
    flights.remove(name);
  }

  /**
   * Checks that a new collective shares no memory with a collective in flight if one of the two
   * writes this memory.
   *
   * @throws IllegalArgumentException if they share memory that one of them writes
   */
  void checkApart(List<DeviceCall> calls) {
    flights.forEach((name, flight) -> AliasCheck.checkApart(name, flight.calls, calls));
  }

  /**
   * Announces to the other processes that the collectives in flight end here; their memory is kept
   * until they have ended.
   */
  void abandon(String reason) {
    List<Flight> all = List.copyOf(flights.values());
    flights.clear();
    all.forEach(flight -> flight.context.transport().abort(reason));
  }
}
