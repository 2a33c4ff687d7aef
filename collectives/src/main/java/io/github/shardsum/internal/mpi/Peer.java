package io.github.shardsum.internal.mpi;

import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;

/** What is known of another process, from what it said. For the MPI thread only. */
final class Peer {
  /** Arrivals that this process has not come to yet, oldest first. */
  private final Queue<ControlMessage> arrivals = new ArrayDeque<>();

  private final String name;
  private Optional<ControlMessage> last = Optional.empty();
  private Optional<ControlMessage> leaving = Optional.empty();
  private Optional<ControlMessage> failed = Optional.empty();
  private Optional<ControlMessage> answer = Optional.empty();

  /**
   * A peer that has said nothing.
   *
   * @param name rank, host and process id, for messages
   */
  Peer(String name) {
    this.name = name;
  }

  void hear(ControlMessage message) {
    switch (message.kind()) {
      case ARRIVAL -> {
        arrivals.add(message);
        last = Optional.of(message);
      }
      case LEAVING -> leaving = Optional.of(message);
      case FAILED -> failed = Optional.of(message);
      case ANSWER -> answer = Optional.of(message);
      case QUESTION -> {}
    }
  }

  Queue<ControlMessage> arrivals() {
    return arrivals;
  }

  Optional<ControlMessage> leaving() {
    return leaving;
  }

  Optional<ControlMessage> failed() {
    return failed;
  }

  /** Forgets an earlier answer, before a new question. */
  void forgetAnswer() {
    answer = Optional.empty();
  }

  /** Whether the process has answered that it is in the collective of this number. */
  boolean isAt(long sequence) {
    return answer
        .filter(message -> !message.text().isEmpty() && message.sequence() == sequence)
        .isPresent();
  }

  /** Where the process is, as far as it has said, when it is missing at a collective. */
  String whereabouts() {
    StringBuilder text = new StringBuilder(name);
    if (leaving.isPresent()) {
      return text.append(" has left the program").append(lastSeen()).toString();
    }
    if (answer.isEmpty()) {
      text.append(" does not answer (busy on the engine's thread, stopped, dead or cut off)");
    } else if (answer.get().text().isEmpty()) {
      text.append(" lives and is outside every collective, next #").append(answer.get().sequence());
    } else {
      text.append(" is at #").append(answer.get().sequence()).append(' ');
      text.append(answer.get().text()).append(" at ").append(answer.get().place());
    }
    return text.append(lastSeen()).toString();
  }

  private String lastSeen() {
    return last.map(
            message ->
                "; last seen at #"
                    + message.sequence()
                    + " "
                    + message.text()
                    + ", "
                    + message.place())
        .orElse("; it was at no collective yet");
  }

  @Override
  public String toString() {
    return name;
  }
}
