package io.github.shardsum.pjrt;

import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;

/**
 * CrashProbes on a program whose devices wait for each other: one that does not come ends the
 * process.
 */
final class SeveralDevicesProbes {
  private static final String ALL_REDUCE =
      """
      func.func @main(%a: tensor<3xf32>, %b: tensor<3xf32>) -> tensor<3xf32> {
        %0 = "stablehlo.all_reduce"(%a) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> ({
        ^bb0(%x: tensor<f32>, %y: tensor<f32>):
          %s = stablehlo.add %x, %y : tensor<f32>
          stablehlo.return %s : tensor<f32>
        }) : (tensor<3xf32>) -> tensor<3xf32>
        %1 = stablehlo.add %0, %b : tensor<3xf32>
        return %1 : tensor<3xf32>
      }
      """;

  /** More than a device of XLA's CPU client takes at a time. */
  private static final int MANY = 300;

  private final PjrtClient client;
  private final PjrtLoadedExecutable program;
  private final PjrtLoadedExecutable donating;

  private SeveralDevicesProbes(PjrtClient client) {
    this.client = client;
    PjrtCompileOptions both = PjrtCompileOptions.defaults().withReplicas(2);
    this.program = client.compile(ALL_REDUCE, both);
    this.donating =
        client.compile(
            ALL_REDUCE.replace(
                "%a: tensor<3xf32>", "%a: tensor<3xf32> {tf.aliasing_output = 0 : i32}"),
            both);
  }

  static void addTo(Map<String, CrashProbes.Attempt> all, PjrtClient client) {
    SeveralDevicesProbes on = new SeveralDevicesProbes(client);
    all.put(
        "an all-reduce with an argument on another device",
        () -> {
          List<List<PjrtBuffer>> rows = on.rows();
          rows.get(1).set(0, on.put(0));
          on.run(on.program, rows);
        });
    all.put(
        "an all-reduce with a deleted argument",
        () -> {
          List<List<PjrtBuffer>> rows = on.rows();
          rows.get(1).getFirst().delete();
          on.run(on.program, rows);
        });
    all.put(
        "an all-reduce with an argument that one device gave away",
        () -> {
          List<List<PjrtBuffer>> rows = on.rows();
          on.run(on.donating, rows);
          rows.get(0).set(0, on.put(0));
          on.run(on.donating, rows);
        });
    all.put(
        "an all-reduce that takes and reads one buffer on one device",
        () -> {
          List<List<PjrtBuffer>> rows = on.rows();
          rows.get(1).set(1, rows.get(1).getFirst());
          on.run(on.donating, rows);
        });
    all.put("an all-reduce whose arguments two threads give away", on::donateByTwoThreads);
    all.put("many all-reduces at once", on::runMany);
    all.put("many all-reduces beside many runs of one device", on::runManyOfBothKinds);
    all.put("many all-reduces at once, from threads that wait for none", on::launchMany);
  }

  private PjrtBuffer put(int device) {
    return client.bufferFrom(Tensor.of(new float[] {1, 2, 3}, 3), client.devices().get(device));
  }

  private List<List<PjrtBuffer>> rows() {
    List<List<PjrtBuffer>> rows = new ArrayList<>();
    for (int device = 0; device < 2; device++) {
      rows.add(new ArrayList<>(List.of(put(device), put(device))));
    }
    return rows;
  }

  private void run(PjrtLoadedExecutable what, List<List<PjrtBuffer>> rows) throws Exception {
    close(what.execute(rows, ExecuteOptions.defaults()).get());
  }

  private static void close(List<List<PjrtBuffer>> rows) {
    rows.forEach(row -> row.forEach(PjrtBuffer::close));
  }

  private void donateByTwoThreads() throws Exception {
    for (int i = 0; i < 50; i++) {
      List<List<PjrtBuffer>> rows = rows();
      CyclicBarrier start = new CyclicBarrier(2);
      List<Thread> threads = new ArrayList<>();
      List<Throwable> refused = Collections.synchronizedList(new ArrayList<>());
      for (int t = 0; t < 2; t++) {
        threads.add(
            Thread.ofPlatform()
                .start(
                    () -> {
                      try {
                        start.await();
                        run(donating, rows);
                      } catch (Exception e) {
                        refused.add(e);
                      }
                    }));
      }
      for (Thread thread : threads) {
        thread.join();
      }
      close(rows);
      if (refused.size() != 1 || !(refused.getFirst() instanceof PjrtException)) {
        throw new AssertionError("one of two is to be refused, got " + refused);
      }
    }
  }

  private void runMany() throws Exception {
    List<List<PjrtBuffer>> rows = rows();
    List<CompletableFuture<List<List<PjrtBuffer>>>> all = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      all.add(program.execute(rows, ExecuteOptions.defaults()));
    }
    for (CompletableFuture<List<List<PjrtBuffer>>> one : all) {
      List<List<PjrtBuffer>> results = one.get();
      float sum = results.get(1).getFirst().toTensor().toFloatArray()[2];
      if (sum != 9) {
        throw new AssertionError("expected 3 + 3 + 3, got " + sum);
      }
      close(results);
    }
  }

  private void runManyOfBothKinds() throws Exception {
    String square =
        "func.func @main(%a: tensor<64x64xf32>) -> tensor<64x64xf32> {\n"
            + "  %0 = stablehlo.dot_general %a, %a, contracting_dims = [1] x [0] :"
            + " (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>\n"
            + "  return %0 : tensor<64x64xf32>\n}";
    PjrtBuffer matrix =
        client.bufferFrom(Tensor.of(new float[64 * 64], 64, 64), client.devices().getFirst());
    try (PjrtLoadedExecutable one = client.compile(square, PjrtCompileOptions.defaults())) {
      CompletableFuture<Void> ofOne =
          CompletableFuture.runAsync(
              () -> {
                for (int i = 0; i < 10 * MANY; i++) {
                  one.run(matrix).getFirst().close();
                }
              });
      for (int i = 0; i < 10; i++) {
        runMany();
      }
      ofOne.get();
    }
  }

  private void launchMany() throws Exception {
    List<List<PjrtBuffer>> rows = rows();
    List<CompletableFuture<Void>> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      // On the common pool, which tells of the ends of runs too.
      threads.add(
          CompletableFuture.runAsync(
              () -> {
                for (int i = 0; i < MANY; i++) {
                  close(program.launch(rows, ExecuteOptions.defaults()));
                }
              }));
    }
    for (CompletableFuture<Void> thread : threads) {
      thread.get();
    }
  }
}
