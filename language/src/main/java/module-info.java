/** Language models from their files: checkpoints, tokenizers and generation. */
module io.github.shardsum.language {
  requires static org.jspecify;
  requires transitive io.github.shardsum.moe;

  exports io.github.shardsum.language;
}
