package io.github.shardsum.collective;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A collective could not be carried out. The {@link Collectives} that threw it is of no further
 * use: every later call throws an exception of the same class, with the first failure as its cause.
 */
public abstract sealed class CollectiveException extends RuntimeException
    permits CollectiveMismatchException,
        CollectiveTimeoutException,
        DeviceFailedException,
        TransportException {
  private static final long serialVersionUID = 1L;

  /** The largest number of participants that a message lists; a mesh may have thousands. */
  private static final int LISTED = 16;

  /** The message without the participants. */
  private final String summary;

  private final transient List<Participant> participants;

  CollectiveException(String message, List<Participant> participants) {
    super(message + listed(participants));
    this.summary = message;
    this.participants = List.copyOf(participants);
  }

  CollectiveException(String message, List<Participant> participants, Throwable cause) {
    this(message, participants);
    initCause(cause);
  }

  private static String listed(List<Participant> participants) {
    String lines =
        participants.stream()
            .limit(LISTED)
            .map(participant -> "\n  " + participant)
            .collect(Collectors.joining());
    int more = participants.size() - LISTED;
    return more > 0 ? lines + "\n  and " + more + " more" : lines;
  }

  /**
   * The message without the list of participants at its end.
   *
   * @return the summary of the failure
   */
  public final String summary() {
    return summary;
  }

  /**
   * Requests of the devices concerned; those that differ come first.
   *
   * @return an immutable list; empty if nothing is known, or after deserialization
   */
  public final List<Participant> participants() {
    return participants == null ? List.of() : participants;
  }
}
