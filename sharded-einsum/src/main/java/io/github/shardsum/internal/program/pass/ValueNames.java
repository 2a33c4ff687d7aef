package io.github.shardsum.internal.program.pass;

import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Names of a program's values, as a message lists them. */
public final class ValueNames {
  /** The most names that a message lists. */
  private static final int MOST = 20;

  private ValueNames() {}

  /**
   * Text such as {@code inputs are [x, w], results are [y]}; of many names the first ones and dots.
   */
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
