package io.github.shardsum.cli.bench;

/** The result of a target. */
enum BenchVerdict {
  /** The median reaches it. */
  MET("met"),
  /** The median does not, but its 95 % interval does. */
  WITHIN_NOISE("within noise"),
  /** Neither does. */
  NOT_MET("NOT met");

  private final String word;

  BenchVerdict(String word) {
    this.word = word;
  }

  /**
   * The verdict of a value that is to be large.
   *
   * @param wanted the target
   * @param median the value
   * @param high the end of its interval on the side of the target
   */
  static BenchVerdict of(double wanted, double median, double high) {
    return median >= wanted ? MET : high >= wanted ? WITHIN_NOISE : NOT_MET;
  }

  /** As tables print it. */
  @Override
  public String toString() {
    return word;
  }
}
