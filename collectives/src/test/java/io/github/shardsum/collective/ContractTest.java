package io.github.shardsum.collective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.collective.CollectiveCases.Case;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.mesh.MeshAxis;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testsupport.TestDepth;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What every engine promises, whatever carries its bytes. Under the launcher every process runs the
 * same tests in the same order on the configured engine; sizes of meshes are multiples of 12 so
 * that 2, 3 or 4 processes divide them.
 */
class ContractTest {
  private static final CollectiveOptions OPTIONS =
      CollectiveOptions.defaults().withDeadline(Duration.ofSeconds(60));

  private static final List<Mesh> MESHES =
      List.of(
          Mesh.of("x", 12),
          Mesh.of("x", 4, "y", 3),
          Mesh.of(new MeshAxis("a", 2), new MeshAxis("b", 3), new MeshAxis("c", 4)),
          Mesh.of("x", 2, "y", 6).withDevices(5, 0, 7, 11, 2, 9, 1, 10, 3, 8, 6, 4),
          // Of three processes one shares a group with both others, which share two more.
          Mesh.of("x", 4, "y", 3).withDevices(0, 4, 8, 1, 2, 5, 3, 6, 7, 9, 10, 11));

  private static final int CASES = TestDepth.cases(15, 60, 60);

  private static List<InProcessCluster> clusters() {
    return InProcessCluster.all().toList();
  }

  /** Runs random cases in one form and compares every local device's result to the bit. */
  private void everyCase(InProcessCluster cluster, long seed, Form form) throws Exception {
    for (Mesh mesh : MESHES) {
      List<Case> cases = cases(mesh, seed);
      List<List<Tensor>> results = cases.stream().map(next -> expected(mesh, next)).toList();
      cluster.run(
          mesh,
          OPTIONS,
          collectives -> {
            for (int i = 0; i < CASES; i++) {
              Case next = cases.get(i);
              List<Tensor> expected = results.get(i);
              List<Tensor> got = form.run(collectives, next, expected);
              for (int index = 0; index < got.size(); index++) {
                int device = collectives.devices().get(index);
                assertSame(
                    expected.get(device),
                    got.get(index),
                    "case " + i + ", device " + device + ": " + next);
              }
            }
          });
    }
  }

  private static List<Case> cases(Mesh mesh, long seed) {
    CollectiveCases cases = new CollectiveCases(mesh, TestDepth.seed(seed));
    return IntStream.range(0, CASES).mapToObj(_ -> cases.next()).toList();
  }

  private static List<Tensor> expected(Mesh mesh, Case next) {
    return Reference.run(mesh, next.collective(), next.x(), next.counts());
  }

  /** One way to run a case. */
  @FunctionalInterface
  private interface Form {
    List<Tensor> run(Collectives collectives, Case next, List<Tensor> expected) throws Exception;
  }

  private static void assertSame(Tensor expected, Tensor got, String what) {
    assertEquals(expected.dtype(), got.dtype(), what);
    assertEquals(expected.shape(), got.shape(), what);
    if (bytes(expected).mismatch(bytes(got)) != -1) {
      throw new AssertionError(what + ": expected " + expected + ", got " + got);
    }
  }

  private static MemorySegment bytes(Tensor tensor) {
    Tensor copy = tensor.copy();
    return copy.segment().asSlice(0, copy.shape().elementCount() * copy.dtype().byteSize());
  }

  private static <T> List<T> local(Collectives collectives, List<T> all) {
    return collectives.devices().stream().map(all::get).toList();
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void resultsAreThoseOfThePseudocode(InProcessCluster cluster) throws Exception {
    everyCase(
        cluster,
        1,
        (collectives, next, _) ->
            collectives.run(next.of(collectives.devices()), local(collectives, next.x())));
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void resultsGoIntoTheCallersTensors(InProcessCluster cluster) throws Exception {
    everyCase(
        cluster,
        2,
        (collectives, next, expected) -> {
          List<Tensor> out =
              local(collectives, expected).stream().map(ContractTest::elsewhere).toList();
          into(collectives, next, local(collectives, next.x()), out);
          return out;
        });
  }

  private static void into(Collectives collectives, Case next, List<Tensor> x, List<Tensor> out) {
    collectives.runInto(next.of(collectives.devices()), x, out);
  }

  /** Memory of another kind and with other strides, holding zeros. */
  private static Tensor elsewhere(Tensor like) {
    long[] sizes = like.shape().toArray();
    long[] reversed = new long[sizes.length];
    for (int d = 0; d < sizes.length; d++) {
      reversed[d] = sizes[sizes.length - 1 - d];
    }
    return Tensor.allocate(Arena.ofAuto(), like.dtype(), Shape.of(reversed)).transpose();
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void aResultMayBeTheOperandItself(InProcessCluster cluster) throws Exception {
    everyCase(
        cluster,
        3,
        (collectives, next, expected) -> {
          List<Tensor> x = local(collectives, next.x()).stream().map(Tensor::copy).toList();
          List<Tensor> wanted = local(collectives, expected);
          List<Tensor> out = new ArrayList<>();
          for (int i = 0; i < x.size(); i++) {
            boolean fits = x.get(i).shape().equals(wanted.get(i).shape());
            boolean ragged = next.collective() instanceof Collective.RaggedAllToAll;
            out.add(fits && !ragged ? x.get(i) : elsewhere(wanted.get(i)));
          }
          into(collectives, next, x, out);
          return out;
        });
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void aResultMayOverlapTheOperand(InProcessCluster cluster) throws Exception {
    everyCase(
        cluster,
        4,
        (collectives, next, expected) -> {
          List<Tensor> x = new ArrayList<>();
          List<Tensor> out = new ArrayList<>();
          for (int device : collectives.devices()) {
            Tensor from = next.x().get(device);
            Shape wanted = expected.get(device).shape();
            long n = from.shape().elementCount();
            long m = wanted.elementCount();
            // The result begins one element after the operand where there is one.
            long shift = Math.min(1, n);
            Tensor memory = Tensor.zeros(from.dtype(), Math.max(n, m + shift));
            Tensor operand = memory.slice(0, 0, n).reshape(from.shape().toArray());
            operand.assign(from);
            x.add(operand);
            Tensor result = memory.slice(0, shift, shift + m).reshape(wanted.toArray());
            out.add(
                next.collective() instanceof Collective.RaggedAllToAll
                    ? elsewhere(expected.get(device))
                    : result);
          }
          into(collectives, next, x, out);
          return out;
        });
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void rowsThatAreNotSentKeepWhatTheResultHeld(InProcessCluster cluster) throws Exception {
    Mesh mesh = Mesh.of("x", 12);
    long[] one = new long[12];
    Arrays.fill(one, 1);
    long[] everySecond = IntStream.range(0, 12).mapToLong(i -> 2 * i + 1).toArray();
    RaggedCounts counts = RaggedCounts.of(one, new long[12], one, everySecond);
    cluster.run(
        mesh,
        OPTIONS,
        collectives -> {
          int devices = collectives.devices().size();
          List<Tensor> x = Collections.nCopies(devices, Tensor.full(DType.F32, 5, 1, 2));
          List<Tensor> out = new ArrayList<>();
          for (int i = 0; i < devices; i++) {
            Tensor memory = Tensor.full(DType.F32, 7, 2, 25);
            out.add(i % 2 == 0 ? memory.transpose() : memory.reshape(25, 2));
          }
          collectives.runInto(
              new Collective.RaggedAllToAll(List.of("x"), Collections.nCopies(devices, counts)),
              x,
              out);
          for (Tensor result : out) {
            for (int row = 0; row < 25; row++) {
              assertEquals(row % 2 == 0 ? 7 : 5, result.getDouble(row, 1), "row " + row);
            }
          }
        });
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void manyMayBeStartedBeforeTheFirstIsAwaited(InProcessCluster cluster) throws Exception {
    for (Mesh mesh : MESHES) {
      List<Case> all = cases(mesh, 5);
      List<List<Tensor>> expected = all.stream().map(next -> expected(mesh, next)).toList();
      cluster.run(
          mesh,
          OPTIONS,
          collectives -> {
            List<Pending<List<Tensor>>> pending = new ArrayList<>();
            for (Case next : all) {
              List<Tensor> x = local(collectives, next.x());
              pending.add(collectives.start(next.of(collectives.devices()), x));
            }
            for (int i = 0; i < all.size(); i++) {
              compare(collectives, expected.get(i), pending.get(i).await());
              assertTrue(pending.get(i).isDone());
            }
          });
    }
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void whatWasStartedEndsBeforeItIsClosed(InProcessCluster cluster) throws Exception {
    Mesh mesh = MESHES.getFirst();
    cluster.run(
        mesh,
        OPTIONS,
        collectives -> {
          Tensor one = Tensor.full(DType.F32, 1, 1 << 16);
          List<Tensor> x = Collections.nCopies(collectives.devices().size(), one);
          Collective sum = new Collective.AllReduce(mesh.axisNames(), Reduction.SUM, Order.TREE);
          List<Pending<List<Tensor>>> pending = new ArrayList<>();
          for (int i = 0; i < 20; i++) {
            pending.add(collectives.start(sum, x));
          }
          collectives.close();
          for (Pending<List<Tensor>> each : pending) {
            assertTrue(each.isDone());
            assertEquals(mesh.size(), each.await().getFirst().getDouble(0));
          }
        });
  }

  private static void compare(Collectives collectives, List<Tensor> expected, List<Tensor> got) {
    for (int index = 0; index < got.size(); index++) {
      int device = collectives.devices().get(index);
      assertSame(expected.get(device), got.get(index), "device " + device);
    }
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void blockingCodeForOneDeviceGetsTheSame(InProcessCluster cluster) throws Exception {
    for (Mesh mesh : MESHES) {
      List<Case> all = cases(mesh, 6);
      List<List<Tensor>> expected = all.stream().map(next -> expected(mesh, next)).toList();
      cluster.run(
          mesh,
          OPTIONS,
          collectives -> {
            List<List<Tensor>> results = collectives.spmd(device -> alone(device, all));
            for (int i = 0; i < all.size(); i++) {
              int number = i;
              compare(
                  collectives,
                  expected.get(i),
                  results.stream().map(list -> list.get(number)).toList());
            }
          });
    }
  }

  /** Every third case is started, and awaited after the next two. */
  private static List<Tensor> alone(Device device, List<Case> all) {
    List<Pending<Tensor>> pending = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      Case next = all.get(i);
      Tensor x = next.x().get(device.id());
      Collective own = next.of(List.of(device.id()));
      pending.add(i % 3 == 0 ? device.start(own, x) : new There(device.run(own, x)));
    }
    return pending.stream().map(Pending::await).toList();
  }

  private record There(Tensor await) implements Pending<Tensor> {
    @Override
    public boolean isDone() {
      return true;
    }
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void aPlanGivesTheSameEveryTimeItRuns(InProcessCluster cluster) throws Exception {
    for (Mesh mesh : MESHES) {
      List<Case> all = cases(mesh, 7);
      List<List<Tensor>> expected = all.stream().map(next -> expected(mesh, next)).toList();
      cluster.run(
          mesh,
          OPTIONS,
          collectives -> {
            CollectivePlan.Builder builder = collectives.plan("all cases");
            List<List<Tensor>> outs = new ArrayList<>();
            for (Case next : all) {
              outs.add(add(collectives, builder, next, expected.get(outs.size())));
            }
            CollectivePlan plan = builder.build();
            for (int run = 0; run < 2; run++) {
              plan.run();
              for (int i = 0; i < all.size(); i++) {
                compare(collectives, expected.get(i), outs.get(i));
                outs.get(i).forEach(ContractTest::clear);
              }
            }
          });
    }
  }

  private static List<Tensor> add(
      Collectives collectives, CollectivePlan.Builder builder, Case next, List<Tensor> expected) {
    List<Tensor> out = local(collectives, expected).stream().map(ContractTest::elsewhere).toList();
    List<Tensor> x = local(collectives, next.x());
    if (next.collective() instanceof Collective.RaggedAllToAll ragged) {
      List<RaggedCounts> counts =
          ((Collective.RaggedAllToAll) next.of(collectives.devices())).counts();
      builder.communicate(ragged, () -> counts, () -> x, () -> out);
    } else {
      builder.communicate(next.collective(), x, out);
    }
    return out;
  }

  private static void clear(Tensor tensor) {
    tensor.assign(Tensor.zeros(tensor.dtype(), tensor.shape()));
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void aValueThatIsReducedInParts(InProcessCluster cluster) throws Exception {
    // Reducing over the minor axis and then over the major one gives the bits of reducing over
    // both.
    Mesh mesh = Mesh.of("x", 4, "y", 3);
    cluster.run(
        mesh,
        OPTIONS,
        collectives -> {
          java.util.Random random = new java.util.Random(8);
          List<Tensor> all = new ArrayList<>();
          for (int device = 0; device < 12; device++) {
            float[] data = new float[70_000];
            for (int i = 0; i < data.length; i++) {
              data[i] = (float) random.nextGaussian();
            }
            all.add(Tensor.of(data, data.length));
          }
          List<Tensor> x = local(collectives, all);
          List<Tensor> both = collectives.run(new Collective.AllReduce(Reduction.SUM, "x", "y"), x);
          List<Tensor> other =
              collectives.run(new Collective.AllReduce(Reduction.SUM, "y", "x"), x);
          List<Tensor> inParts =
              collectives.run(
                  new Collective.AllReduce(Reduction.SUM, "x"),
                  collectives.run(new Collective.AllReduce(Reduction.SUM, "y"), x));
          List<Tensor> scattered =
              collectives.run(
                  new Collective.AllGather(0, "y", "x"),
                  collectives.run(
                      new Collective.ReduceScatter(Reduction.SUM, 0, "y", "x"),
                      x.stream().map(t -> t.slice(0, 0, 69_996)).toList()));
          for (int i = 0; i < x.size(); i++) {
            assertSame(both.get(i), other.get(i), "the order of axes");
            assertSame(both.get(i), inParts.get(i), "one axis after the other");
            assertSame(both.get(i).slice(0, 0, 69_996), scattered.get(i), "in two steps");
          }
        });
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void integersAreSummedExactlyInAnyOrder(InProcessCluster cluster) throws Exception {
    Mesh mesh = Mesh.of("x", 12);
    cluster.run(
        mesh,
        OPTIONS,
        collectives -> {
          List<Tensor> all = new ArrayList<>();
          for (int device = 0; device < 12; device++) {
            float[] data = new float[10_000];
            for (int i = 0; i < data.length; i++) {
              data[i] = i % 100;
            }
            data[0] = device;
            all.add(Tensor.of(data, data.length));
          }
          for (Reduction reduction : List.of(Reduction.SUM, Reduction.MEAN, Reduction.MAX)) {
            var free = new Collective.AllReduce(List.of("x"), reduction, Order.ANY);
            var tree = new Collective.AllReduce(List.of("x"), reduction, Order.TREE);
            List<Tensor> x = local(collectives, all);
            List<Tensor> got = collectives.run(free, x);
            List<Tensor> expected = collectives.run(tree, x);
            for (int i = 0; i < x.size(); i++) {
              assertSame(expected.get(i), got.get(i), free.toString());
            }
          }
        });
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void oneReadOnlyResultIsShared(InProcessCluster cluster) throws Exception {
    cluster.run(
        Mesh.of("x", 12),
        OPTIONS,
        collectives -> {
          List<Tensor> x =
              collectives.devices().stream()
                  .map(device -> Tensor.full(DType.F32, device, 3))
                  .toList();
          for (Collective collective :
              List.of(
                  new Collective.AllReduce(Reduction.SUM, "x"),
                  new Collective.AllGather(0, "x"),
                  new Collective.Broadcast(1, "x"))) {
            List<Tensor> got = collectives.run(collective, x);
            for (Tensor result : got) {
              assertEquals(got.getFirst().segment(), result.segment(), collective.toString());
              assertThrows(RuntimeException.class, () -> result.set(1.0, 0));
            }
          }
        });
  }
}
