package io.github.shardsum.cli.bench;

import static io.github.shardsum.measure.Texts.format;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * The changes of cases between two runs, both as {@link BenchJson} writes them.
 *
 * @param moves the changes of the cases that both have, in the new run's order
 * @param sameMachine whether both ran on one kind of machine
 * @param gone names that only the old run has
 * @param added names that only the new run has
 */
record BenchCompare(List<Move> moves, boolean sameMachine, List<String> gone, List<String> added) {
  /** Half the width of a value's interval, as a share of the value, in runs without quartiles. */
  private static final double NOISE = 0.05;

  /** Smaller changes do not count, even if the intervals are narrow. */
  private static final double LEAST = 0.02;

  /**
   * A value with its interval.
   *
   * @param less whether less is better
   */
  private record Value(double median, double low, double high, boolean less) {}

  /**
   * One case in both runs.
   *
   * @param before its value in the old run
   * @param after its value in the new run
   * @param change whether the value changed beyond noise, and how
   */
  record Move(String name, double before, double after, Change change) {}

  /** A case's change. */
  enum Change {
    LOSS,
    GAIN,
    NONE
  }

  static BenchCompare of(JsonNode old, JsonNode now) {
    Map<String, Value> before = values(old);
    Map<String, Value> after = values(now);
    List<Move> moves = new ArrayList<>();
    after.forEach(
        (name, value) ->
            Optional.ofNullable(before.get(name))
                .ifPresent(
                    was ->
                        moves.add(
                            new Move(name, was.median(), value.median(), change(was, value)))));
    List<String> gone = before.keySet().stream().filter(name -> !after.containsKey(name)).toList();
    List<String> added = after.keySet().stream().filter(name -> !before.containsKey(name)).toList();
    boolean same = old.path("machine").asString("").equals(now.path("machine").asString(""));
    return new BenchCompare(List.copyOf(moves), same, gone, added);
  }

  private static Change change(Value was, Value is) {
    boolean small = Math.abs(is.median() / was.median() - 1) < LEAST;
    if (small || (is.low() <= was.high() && was.low() <= is.high())) {
      return Change.NONE;
    }
    return is.median() < was.median() == is.less() ? Change.GAIN : Change.LOSS;
  }

  private static Map<String, Value> values(JsonNode run) {
    if (!run.path("cases").isArray()) {
      throw new IllegalArgumentException(
          "--compare: must be what bench --json printed, got no \"cases\"");
    }
    Map<String, Value> values = new LinkedHashMap<>();
    for (JsonNode subject : run.path("cases")) {
      for (JsonNode result : subject.path("results")) {
        double seconds = result.path("seconds").asDouble(0);
        values.put(
            name(subject, result),
            new Value(
                seconds,
                result.path("lower").asDouble(seconds * (1 - NOISE)),
                result.path("upper").asDouble(seconds * (1 + NOISE)),
                true));
      }
    }
    for (JsonNode kernel : run.path("kernels")) {
      double value = kernel.path("value").asDouble(0);
      values.put(
          name(kernel, kernel),
          new Value(
              value,
              kernel.path("low").asDouble(value),
              kernel.path("high").asDouble(value),
              kernel.has("atMost")));
    }
    return values;
  }

  private static String name(JsonNode subject, JsonNode result) {
    int threads = result.path("threads").asInt(1);
    return format(
        "%s/%s, %d thread%s",
        subject.path("group").asString(""),
        subject.path("id").asString(""),
        threads,
        threads == 1 ? "" : "s");
  }

  boolean lost() {
    return moves.stream().anyMatch(each -> each.change() == Change.LOSS);
  }

  void print(PrintWriter out) {
    out.print(format("%nagainst the older run: %d cases in both%n", moves.size()));
    if (!sameMachine) {
      out.print(format("the machines differ, so a change may be due to them%n"));
    }
    for (Change change : List.of(Change.LOSS, Change.GAIN)) {
      for (Move move : moves) {
        if (move.change() == change) {
          out.print(
              format(
                  "%-5s %-48s %.4g before, %.4g now: %+.1f %%%n",
                  change == Change.LOSS ? "LOSS" : "gain",
                  move.name(),
                  move.before(),
                  move.after(),
                  100 * (move.after() / move.before() - 1)));
        }
      }
    }
    long none = moves.stream().filter(each -> each.change() == Change.NONE).count();
    out.print(format("%d within noise%n", none));
    gone.forEach(name -> out.print(format("only in the older run: %s%n", name)));
    added.forEach(name -> out.print(format("only in this run: %s%n", name)));
    out.flush();
  }
}
