/** The shardsum command line. */
module io.github.shardsum.cli {
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

  // picocli sets the fields that it finds annotated.
  opens io.github.shardsum.cli to
      info.picocli;
  opens io.github.shardsum.cli.auto to
      info.picocli;
  opens io.github.shardsum.cli.bench to
      info.picocli;
  opens io.github.shardsum.cli.bench.peer to
      info.picocli;
  opens io.github.shardsum.cli.common to
      info.picocli;
  opens io.github.shardsum.cli.corpus to
      info.picocli;
  opens io.github.shardsum.cli.corpus.data to
      tools.jackson.databind;
  opens io.github.shardsum.cli.differ to
      info.picocli;
  opens io.github.shardsum.cli.einsum to
      info.picocli;
  opens io.github.shardsum.cli.language to
      info.picocli;
  opens io.github.shardsum.cli.launch to
      info.picocli;
  opens io.github.shardsum.cli.moe to
      info.picocli;
  opens io.github.shardsum.cli.plan to
      info.picocli;
  opens io.github.shardsum.cli.program to
      info.picocli;
  opens io.github.shardsum.cli.simulate to
      info.picocli;
  opens io.github.shardsum.cli.topology to
      info.picocli;
  opens io.github.shardsum.cli.tpu to
      info.picocli;
  opens io.github.shardsum.cli.train to
      info.picocli;
}
