/** Linear algebra on tensors by EJML, in the tensors' own memory where EJML can read it. */
module io.github.shardsum.ejml {
  requires static org.jspecify;
  requires transitive ejml.core;
  requires ejml.ddense;
  requires transitive io.github.shardsum.core;

  exports io.github.shardsum.ejml;
}
