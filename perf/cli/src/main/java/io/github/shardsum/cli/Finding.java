package io.github.shardsum.cli;

/**
 * One line of {@code shardsum doctor}.
 *
 * @param name the part that was looked for
 * @param value the finding
 * @param remedy the remedy; empty if nothing is amiss
 */
record Finding(String name, String value, String remedy) {
  static Finding ok(String name, String value) {
    return new Finding(name, value, "");
  }

  boolean isMissing() {
    return !remedy.isEmpty();
  }
}
