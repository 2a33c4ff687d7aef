package io.github.shardsum.cli.bench;

/** Something that is ready to run and is timed. Used by one thread. */
interface Timed {
  /** What it is called in tables. */
  String name();

  /**
   * Runs it.
   *
   * @param calls how many times, at least once
   * @return seconds of all of them together
   * @throws PeerException if it failed
   */
  double seconds(int calls) throws PeerException;

  /** A call in a loop. */
  static Timed of(String name, Runnable call) {
    return new Timed() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public double seconds(int calls) {
        long begin = System.nanoTime();
        for (int i = 0; i < calls; i++) {
          call.run();
        }
        return (System.nanoTime() - begin) / 1e9;
      }
    };
  }
}
