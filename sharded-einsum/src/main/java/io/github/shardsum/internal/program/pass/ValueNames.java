package io.github.shardsum.internal.program.pass;

import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Names of a program's values, as a message lists them. */
public final class ValueNames {
  /** Names that a message lists at most. */
  private static final int MOST = 20;

  private ValueNames() {}

  /** {@code inputs are [x, w], results are [y]}, the first of many with dots behind them. */
  public static String listed(List<Value> inputs, List<Statement> statements) {
    return "inputs are "
        + first(inputs)
        + ", results are "
        + first(statements.stream().flatMap(each -> each.results().stream()).toList());
  }

  private static String first(List<Value> values) {
    Stream<String> more = values.size() > MOST ? Stream.of("...") : Stream.of();
    return Stream.concat(values.stream().limit(MOST).map(Value::name), more)
        .collect(Collectors.joining(", ", "[", "]"));
  }
}
