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
import java.util.concurrent.CountDownLatch;

/**
 * A program of three processes of which rank 1 does what its argument says, while the others go on
 * to the next all-reduce. Each prints what it gets.
 */
final class FaultyProgram {
  private static final int CULPRIT = 1;

  private FaultyProgram() {}

  public static void main(String[] arguments) throws Exception {
    CollectiveOptions options =
        CollectiveOptions.defaults()
            .withDeadline(Duration.ofSeconds(Long.parseLong(arguments[1])))
            .withCheck(Boolean.parseBoolean(arguments[2]));
    try (Collectives collectives = Collectives.open(Mesh.of("x", 6), options)) {
      System.out.println("sum " + sum(collectives, DType.F32));
      if (collectives.process() == CULPRIT) {
        System.out.println("pid " + ProcessHandle.current().pid());
        misbehave(arguments[0], collectives);
      }
      System.out.println("sum " + sum(collectives, DType.F32));
    } catch (CollectiveException e) {
      System.out.println("caught " + e.getClass().getSimpleName() + ": " + e.getMessage());
      throw e;
    }
  }

  private static double sum(Collectives collectives, DType dtype) {
    List<Tensor> ones =
        collectives.devices().stream().map(_ -> Tensor.full(dtype, 1, 4000)).toList();
    Collective sum = new Collective.AllReduce(Reduction.SUM, "x");
    return collectives.run(sum, ones).getFirst().getDouble(0);
  }

  private static void misbehave(String how, Collectives collectives) throws Exception {
    switch (how) {
      case "nothing" -> {}
      case "kill" -> signal("-KILL");
      case "stop" -> signal("-STOP");
      case "halt" -> Runtime.getRuntime().halt(3);
      case "exit" -> System.exit(3);
      case "throw" -> throw new IllegalStateException("on purpose");
      case "stick" -> new CountDownLatch(1).await();
      case "dtype" -> sum(collectives, DType.F64);
      default -> throw new IllegalArgumentException(how);
    }
  }

  private static void signal(String which) throws Exception {
    String pid = Long.toString(ProcessHandle.current().pid());
    new ProcessBuilder("kill", which, pid).inheritIO().start().waitFor();
  }
}
