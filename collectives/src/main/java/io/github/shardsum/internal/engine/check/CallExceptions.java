package io.github.shardsum.internal.engine.check;

import io.github.shardsum.collective.CollectiveException;
import io.github.shardsum.collective.CollectiveMismatchException;
import io.github.shardsum.collective.CollectiveTimeoutException;
import io.github.shardsum.collective.DeviceFailedException;
import io.github.shardsum.collective.Participant;
import io.github.shardsum.collective.TransportException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes the exceptions for participants. */
public final class CallExceptions {
  private CallExceptions() {}

  /** The same failure for another thread, with that thread's own stack. */
  public static CollectiveException again(CollectiveException first) {
    String text = first.summary();
    List<Participant> who = first.participants();
    Throwable cause = Optional.ofNullable(first.getCause()).orElse(first);
    return switch (first) {
      case CollectiveMismatchException _ -> new CollectiveMismatchException(text, who, cause);
      case CollectiveTimeoutException _ -> new CollectiveTimeoutException(text, who, cause);
      case DeviceFailedException _ -> new DeviceFailedException(text, who, cause);
      case TransportException _ -> new TransportException(text, who, cause);
    };
  }

  /** The exception for a call after a failure, of the first exception's class. */
  public static CollectiveException before(CollectiveException first) {
    String text =
        "collectives: failed before and are of no further use; open new ones. The first failure: "
            + first.summary();
    List<Participant> nobody = List.of();
    return switch (first) {
      case CollectiveMismatchException _ -> new CollectiveMismatchException(text, nobody, first);
      case CollectiveTimeoutException _ -> new CollectiveTimeoutException(text, nobody, first);
      case DeviceFailedException _ -> new DeviceFailedException(text, nobody, first);
      case TransportException _ -> new TransportException(text, nobody, first);
    };
  }

  /** Participants, beginning with those that have the rarest request. */
  public static List<Participant> oddOnesFirst(List<Participant> participants) {
    Map<String, Integer> votes = new HashMap<>();
    participants.forEach(who -> votes.merge(key(who), 1, Integer::sum));
    return participants.stream()
        .sorted(
            Comparator.<Participant>comparingInt(who -> votes.getOrDefault(key(who), 0))
                .thenComparingInt(Participant::device))
        .toList();
  }

  private static String key(Participant who) {
    return who.sequence() + " " + who.request();
  }
}
