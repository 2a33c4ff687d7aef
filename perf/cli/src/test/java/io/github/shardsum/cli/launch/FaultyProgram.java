package io.github.shardsum.cli.launch;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.CollectiveException;
import io.github.shardsum.collective.CollectiveOptions;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;

/**
 * A program of three processes of which rank 1 does what its argument says, while the others go on
 * to the next all-reduce. Each prints what it gets.
 */
final class FaultyProgram {
  private static final int CULPRIT = 1;
  private static final Duration START = Duration.ofSeconds(60);

  private FaultyProgram() {}

  public static void main(String[] arguments) throws Exception {
    CollectiveOptions options =
        CollectiveOptions.defaults()
            .withDeadline(Duration.ofSeconds(Long.parseLong(arguments[1])))
            .withCheck(Boolean.parseBoolean(arguments[2]));
    if (arguments[0].equals("leave") && rank() == CULPRIT) {
      return;
    }
    if (arguments[0].equals("mismatches")) {
      Mismatch.all().forEach(mismatch -> mismatch.meet(options));
      return;
    }
    // MPI starts under a deadline of its own: three JVMs take long to start on a busy machine.
    if (!arguments[0].equals("leave")) {
      Collectives.open(Mesh.of("x", 6), options.withDeadline(START)).close();
    }
    try (Collectives collectives = Collectives.open(Mesh.of("x", 6), options)) {
      System.out.println("sum " + sum(collectives, DType.F32));
      if (collectives.process() == CULPRIT) {
        System.out.println("pid " + ProcessHandle.current().pid());
        misbehave(arguments[0], collectives);
      }
      boolean endless = arguments[0].equals("term") || arguments[0].equals("exit-beside");
      do {
        double sum = sum(collectives, DType.F32);
        if (!endless) {
          System.out.println("sum " + sum);
        }
      } while (endless);
    } catch (CollectiveException e) {
      System.out.println("caught " + e.getClass().getSimpleName() + ": " + e.getMessage());
      throw e;
    }
  }

  /**
   * Something that the culprit does otherwise.
   *
   * @param kind in what
   * @param usual what the others do
   * @param odd what it does
   */
  record Mismatch(String kind, List<Entry> usual, List<Entry> odd) {
    record Entry(Collective collective, DType dtype, long count) {}

    private static final Collective SUM = new Collective.AllReduce(Reduction.SUM, "x");
    private static final Entry USUAL = new Entry(SUM, DType.F32, 40);
    private static final Entry OTHER = odd(new Collective.Broadcast(0, "x"));

    static List<Mismatch> all() {
      return List.of(
          one("kind", odd(new Collective.AllGather(0, "x"))),
          one("count", new Entry(SUM, DType.F32, 41)),
          one("dtype", new Entry(SUM, DType.F64, 40)),
          one("operation", odd(new Collective.AllReduce(Reduction.MAX, "x"))),
          new Mismatch("order", List.of(USUAL, OTHER), List.of(OTHER, USUAL)),
          one("group", odd(new Collective.AllReduce(Reduction.SUM, "y"))));
    }

    private static Entry odd(Collective collective) {
      return new Entry(collective, DType.F32, 40);
    }

    private static Mismatch one(String kind, Entry odd) {
      return new Mismatch(kind, List.of(USUAL), List.of(odd));
    }

    /** Each mismatch wants collectives of its own, since they are of no use after it. */
    void meet(CollectiveOptions options) {
      try (Collectives collectives = Collectives.open(Mesh.of("x", 3, "y", 2), options)) {
        for (Entry entry : collectives.process() == CULPRIT ? odd : usual) {
          Tensor x = Tensor.full(entry.dtype, 1, entry.count);
          collectives.run(entry.collective, List.of(x, x));
        }
        System.out.println("went unseen: " + kind);
      } catch (CollectiveException e) {
        String line = String.valueOf(e.getMessage()).replace('\n', '|');
        System.out.println("caught " + kind + ": " + e.getClass().getSimpleName() + ": " + line);
      }
    }
  }

  /** As mpirun says it, before MPI starts. */
  private static int rank() {
    Map<String, String> environment = System.getenv();
    return Stream.of("OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK")
        .filter(environment::containsKey)
        .map(name -> Integer.parseInt(environment.get(name)))
        .findFirst()
        .orElseThrow();
  }

  private static double sum(Collectives collectives, DType dtype) {
    List<Tensor> ones =
        collectives.devices().stream().map(_ -> Tensor.full(dtype, 1, 4000)).toList();
    Collective sum = new Collective.AllReduce(Reduction.SUM, "x");
    return collectives.run(sum, ones).getFirst().getDouble(0);
  }

  private static void misbehave(String how, Collectives collectives) throws Exception {
    switch (how) {
      case "nothing", "leave" -> {}
      case "kill" -> signal("-KILL");
      case "stop" -> signal("-STOP");
      case "halt" -> Runtime.getRuntime().halt(3);
      case "halt-well" -> Runtime.getRuntime().halt(0);
      case "exit" -> System.exit(3);
      case "term" -> beside(() -> signal("-TERM"));
      case "exit-beside" -> beside(() -> System.exit(3));
      case "throw" -> throw new IllegalStateException("on purpose");
      case "stick" -> new CountDownLatch(1).await();
      case "dtype" -> sum(collectives, DType.F64);
      default -> throw new IllegalArgumentException(how);
    }
  }

  private interface Step {
    void run() throws Exception;
  }

  /** On another thread, while this one has gone on to its collectives. */
  private static void beside(Step step) {
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                Thread.sleep(300);
                step.run();
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
  }

  private static void signal(String which) throws Exception {
    String pid = Long.toString(ProcessHandle.current().pid());
    new ProcessBuilder("kill", which, pid).inheritIO().start().waitFor();
  }
}
