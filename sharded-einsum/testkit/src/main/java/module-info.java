/**
 * The test kit: seeded generators with a shrinker, the contract of backends, and error bounds of
 * programs. JUnit is needed for the contract alone, jqwik for the adapter alone.
 */
module io.github.shardsum.testkit {
  requires static org.jspecify;
  requires static net.jqwik.api;
  requires static org.junit.jupiter.api;
  requires transitive io.github.shardsum.sharded;

  exports io.github.shardsum.testkit;
  exports io.github.shardsum.testkit.jqwik;
}
