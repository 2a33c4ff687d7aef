/** Paired timings, and what this machine can do at most. */
module io.github.shardsum.measure {
  requires static jdk.incubator.vector;
  requires static transitive com.google.errorprone.annotations;
  requires static transitive org.jspecify;
  requires transitive io.github.shardsum.core;
  requires java.management;

  exports io.github.shardsum.measure;
  exports io.github.shardsum.measure.vector;
}
