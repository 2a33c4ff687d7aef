/**
 * The test kit: seeded generators with a shrinker, the contract of backends, and error bounds of
 * programs. Only the contract needs JUnit, and only the package {@code jqwik} needs jqwik.
 */
module io.github.shardsum.testkit {
  requires static org.jspecify;
  requires static net.jqwik.api;
  requires static org.junit.jupiter.api;
  requires transitive io.github.shardsum.sharded;

  exports io.github.shardsum.testkit;
  exports io.github.shardsum.testkit.jqwik;
}
