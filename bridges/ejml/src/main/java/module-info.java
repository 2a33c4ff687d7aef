/** Linear algebra on tensors by EJML, over the same memory. */
module io.github.shardsum.ejml {
  requires static org.jspecify;
  requires transitive ejml.core;
  requires ejml.ddense;
  requires transitive io.github.shardsum.core;

  exports io.github.shardsum.ejml;
}
