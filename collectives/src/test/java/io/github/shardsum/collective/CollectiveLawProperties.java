package io.github.shardsum.collective;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.mesh.Cut;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.mesh.MeshAxis;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * Laws that relate collectives to each other, on chunks of chunks of any size, any order of devices
 * and any division into processes. Values are their own global indices, so equality is exact.
 */
class CollectiveLawProperties {
  private static final CollectiveOptions OPTIONS =
      CollectiveOptions.defaults().withDeadline(Duration.ofSeconds(60));

  /**
   * A mesh, how it is divided, the axes of a dimension and its size.
   *
   * @param mesh with its devices in any order
   * @param processes a divisor of its size
   * @param axes those that the dimension is split over, major to minor
   * @param n size of the dimension
   */
  record Setting(Mesh mesh, int processes, List<String> axes, long n) {
    List<Integer> parts() {
      return axes.stream().map(mesh::size).toList();
    }

    Cut chunks() {
      return Cut.chunks(n, parts());
    }

    int member(int device) {
      return mesh.groups(axes).memberOf(device);
    }

    void run(InProcessCluster.Body body) throws Exception {
      InProcessCluster cluster =
          processes == 1 ? new InProcessCluster.Alone() : new InProcessCluster.Threads(processes);
      cluster.run(mesh, OPTIONS, body);
    }

    @Override
    public String toString() {
      return mesh + " on " + processes + ", " + n + " over " + axes;
    }
  }

  @Provide
  Arbitrary<Setting> settings() {
    return Arbitraries.longs().map(CollectiveLawProperties::setting);
  }

  private static Setting setting(long seed) {
    Random random = new Random(seed);
    List<MeshAxis> axes = new ArrayList<>();
    int size = 1;
    for (String name : List.of("x", "y", "z")) {
      int most = Math.min(4, 12 / size);
      int axis = 1 + random.nextInt(most);
      axes.add(new MeshAxis(name, axis));
      size *= axis;
    }
    List<Integer> order = new ArrayList<>(IntStream.range(0, size).boxed().toList());
    Collections.shuffle(order, random);
    Mesh mesh =
        Mesh.of(axes.toArray(MeshAxis[]::new))
            .withDevices(order.stream().mapToInt(d -> d).toArray());
    List<String> names = new ArrayList<>(mesh.axisNames());
    Collections.shuffle(names, random);
    List<String> split = List.copyOf(names.subList(0, random.nextInt(names.size() + 1)));
    int p = mesh.size(split);
    List<Integer> sizes = List.of(0, 1, p - 1, p, p + 1, 2 * p - 1, 2, 3, 5, 7, 11, 13, 17, 23);
    int whole = size;
    List<Integer> divisors =
        IntStream.rangeClosed(1, size).filter(d -> whole % d == 0).boxed().toList();
    return new Setting(
        mesh,
        divisors.get(random.nextInt(divisors.size())),
        split,
        sizes.get(random.nextInt(sizes.size())));
  }

  /** A value of two dimensions whose elements are their row-major numbers. */
  private static Tensor value(long rows, long columns) {
    Tensor value = Tensor.zeros(DType.I64, rows, columns);
    long[] data = (long[]) value.array().orElseThrow();
    for (int i = 0; i < data.length; i++) {
      data[i] = i;
    }
    return value;
  }

  private static Tensor part(Tensor value, int dim, Cut cut, int part) {
    return value.slice(dim, cut.start(part), cut.end(part)).copy();
  }

  private static void assertSame(Tensor expected, Tensor got, Object what) {
    assertEquals(expected.shape(), got.shape(), what::toString);
    Tensor a = expected.copy();
    Tensor b = got.copy();
    assertEquals(List.of(a.shape(), longs(a)), List.of(b.shape(), longs(b)), what::toString);
  }

  private static List<Long> longs(Tensor tensor) {
    return java.util.Arrays.stream((long[]) tensor.array().orElseThrow()).boxed().toList();
  }

  private static List<String> upTo(List<String> axes, int count) {
    return axes.subList(0, count);
  }

  @Property(tries = 150)
  void aGatherIsTheGathersOfItsAxesMinorFirst(@ForAll("settings") Setting setting)
      throws Exception {
    Tensor value = value(setting.n(), 3);
    setting.run(
        collectives -> {
          List<Integer> devices = collectives.devices();
          List<Tensor> x =
              devices.stream()
                  .map(d -> part(value, 0, setting.chunks(), setting.member(d)))
                  .toList();
          Collective all =
              new Collective.AllGather(setting.axes(), 0, OptionalLong.of(setting.n()));
          for (Tensor result : collectives.run(all, x)) {
            assertSame(value, result, "at once");
          }
          List<Tensor> now = x;
          for (int level = setting.axes().size() - 1; level >= 0; level--) {
            List<String> outer = upTo(setting.axes(), level);
            Cut cut = Cut.chunks(setting.n(), setting.parts().subList(0, level));
            List<Tensor> out =
                devices.stream()
                    .map(d -> setting.mesh().groups(outer).memberOf(d))
                    .map(member -> Tensor.zeros(DType.I64, cut.length(member), 3))
                    .toList();
            // Totals of these groups differ; each is the size of the result.
            collectives.runInto(new Collective.AllGather(0, setting.axes().get(level)), now, out);
            now = out;
          }
          for (Tensor result : now) {
            assertSame(value, result, "axis by axis");
          }
        });
  }

  @Property(tries = 100)
  void codeForOneDeviceGivesTheTotalOfItsOwnGroup(@ForAll("settings") Setting setting)
      throws Exception {
    Tensor value = value(setting.n(), 2);
    setting.run(
        collectives -> {
          List<Tensor> results =
              collectives.spmd(
                  device -> {
                    Tensor now = part(value, 0, setting.chunks(), setting.member(device.id()));
                    for (int level = setting.axes().size() - 1; level >= 0; level--) {
                      List<String> outer = upTo(setting.axes(), level);
                      Cut cut = Cut.chunks(setting.n(), setting.parts().subList(0, level));
                      int member = setting.mesh().groups(outer).memberOf(device.id());
                      String axis = setting.axes().get(level);
                      now = device.allGather(now, 0, cut.length(member), axis);
                    }
                    return now;
                  });
          results.forEach(result -> assertSame(value, result, setting));
        });
  }

  @Property(tries = 100)
  void aReduceScatterIsThoseOfItsAxesMajorFirst(@ForAll("settings") Setting setting)
      throws Exception {
    Tensor value = value(setting.n(), 3);
    setting.run(
        collectives -> {
          List<Tensor> x = Collections.nCopies(collectives.devices().size(), value);
          List<Tensor> once =
              collectives.run(new Collective.ReduceScatter(setting.axes(), Reduction.MAX, 0), x);
          List<Tensor> now = x;
          for (String axis : setting.axes()) {
            now = collectives.run(new Collective.ReduceScatter(Reduction.MAX, 0, axis), now);
          }
          for (int i = 0; i < now.size(); i++) {
            int member = setting.member(collectives.devices().get(i));
            Tensor expected = part(value, 0, setting.chunks(), member);
            assertSame(expected, once.get(i), "at once");
            assertSame(expected, now.get(i), "axis by axis");
          }
        });
  }

  @Property(tries = 100)
  void anAllToAllMovesTheAxesToAnotherDimension(@ForAll("settings") Setting setting)
      throws Exception {
    long columns = 1 + setting.n() % 5 * 2;
    Tensor value = value(setting.n(), columns);
    Cut other = Cut.chunks(columns, setting.parts());
    setting.run(
        collectives -> {
          List<Integer> devices = collectives.devices();
          List<Tensor> x =
              devices.stream()
                  .map(d -> part(value, 0, setting.chunks(), setting.member(d)))
                  .toList();
          Collective there =
              new Collective.AllToAll(setting.axes(), 1, 0, OptionalLong.of(setting.n()));
          Collective back = new Collective.AllToAll(setting.axes(), 0, 1, OptionalLong.of(columns));
          List<Tensor> moved = collectives.run(there, x);
          List<Tensor> again = collectives.run(back, moved);
          for (int i = 0; i < x.size(); i++) {
            int member = setting.member(devices.get(i));
            assertSame(part(value, 1, other, member), moved.get(i), "there");
            assertSame(x.get(i), again.get(i), "and back");
          }
        });
  }

  @Property(tries = 150)
  void anExchangeGoesFromAnyCutToAnyOther(@ForAll("settings") Setting setting, @ForAll long seed)
      throws Exception {
    Tensor value = value(setting.n(), 2);
    Random random = new Random(seed);
    Cut from = setting.chunks().window(1 + random.nextInt(3), 1, 1, setting.n());
    Cut to =
        switch (random.nextInt(4)) {
          case 0 -> setting.chunks().shift(random.nextInt(-30, 31));
          case 1 -> Cut.aligned(setting.n(), 1 + random.nextInt(5), setting.parts());
          case 2 -> setting.chunks().window(1 + random.nextInt(50), 1, 1, setting.n());
          default -> setting.chunks().offset(random.nextInt(9), setting.n());
        };
    setting.run(
        collectives -> {
          List<Integer> devices = collectives.devices();
          List<Tensor> x =
              devices.stream().map(d -> part(value, 0, from, setting.member(d))).toList();
          List<Tensor> moved =
              collectives.run(new Collective.Exchange(setting.axes(), 0, from, to), x);
          for (int i = 0; i < x.size(); i++) {
            assertSame(part(value, 0, to, setting.member(devices.get(i))), moved.get(i), to);
          }
        });
  }

  /** Every device of a process that holds the same part holds it in the same tensor. */
  @Property(tries = 150)
  void devicesOfATileBringTheSameTensors(
      @ForAll("settings") Setting setting, @ForAll boolean inPlace) throws Exception {
    Tensor value = value(setting.n(), 2);
    setting.run(
        collectives -> {
          List<Integer> devices = collectives.devices();
          List<Tensor> tiles =
              new ArrayList<>(Collections.nCopies(setting.chunks().count(), value));
          List<Tensor> outs = new ArrayList<>(tiles);
          for (int part = 0; part < tiles.size(); part++) {
            tiles.set(part, part(value, 0, setting.chunks(), part));
            outs.set(part, inPlace ? tiles.get(part) : tiles.get(part).copy());
          }
          List<Tensor> x = devices.stream().map(d -> tiles.get(setting.member(d))).toList();
          List<Tensor> out = devices.stream().map(d -> outs.get(setting.member(d))).toList();
          List<Tensor> before = x.stream().map(Tensor::copy).toList();
          // Each device gets the part of the next one round the ring, twice over.
          int p = setting.chunks().count();
          if (setting.n() % p == 0) {
            collectives.runInto(
                new Collective.Permute(setting.axes(), Collective.Permute.shift(1, p).pairs()),
                x,
                out);
            for (int i = 0; i < x.size(); i++) {
              int member = setting.member(devices.get(i));
              int source = Math.floorMod(member - 1, p);
              assertSame(part(value, 0, setting.chunks(), source), out.get(i), "ring");
            }
            if (!inPlace) {
              for (int i = 0; i < x.size(); i++) {
                assertSame(before.get(i), x.get(i), "the operand");
              }
            }
          }
        });
  }
}
