// The shardsum command line, open to picocli, which sets annotated fields, and to Jackson.
open module io.github.shardsum.cli {
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;
  requires io.github.shardsum.collectives;
  requires io.github.shardsum.core;
  requires io.github.shardsum.language;
  requires io.github.shardsum.measure;
  requires io.github.shardsum.moe;
  requires io.github.shardsum.sharded;
  requires io.github.shardsum.testkit;
  requires io.github.shardsum.tpu;
  requires info.picocli;
  requires tools.jackson.databind;
  requires java.management;
  requires java.xml;
  requires jdk.management;
}
