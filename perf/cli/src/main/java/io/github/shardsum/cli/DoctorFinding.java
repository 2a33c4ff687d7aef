package io.github.shardsum.cli;

/**
 * One line of {@code shardsum doctor}.
 *
 * @param name the part that was looked for
 * @param value the finding
 * @param remedy the remedy; empty if nothing is amiss
 */
record DoctorFinding(String name, String value, String remedy) {
  static DoctorFinding ok(String name, String value) {
    return new DoctorFinding(name, value, "");
  }

  boolean isMissing() {
    return !remedy.isEmpty();
  }
}
