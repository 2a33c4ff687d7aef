package io.github.shardsum.internal.engine;

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

/** Makes the exceptions that participants get. */
final class Failures {
  private Failures() {}

  /** The same failure for another thread, with that thread's own stack. */
  static CollectiveException again(CollectiveException first) {
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

  /** Participants ordered so that those whose request fewest share come first. */
  static List<Participant> oddOnesFirst(List<Participant> participants) {
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
