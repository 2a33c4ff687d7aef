/** The same program as a module. */
module org.example.consumer {
  requires io.github.shardsum.moe;
  requires jdk.incubator.vector;
}
