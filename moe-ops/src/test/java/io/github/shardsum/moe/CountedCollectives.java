package io.github.shardsum.moe;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.CollectivePlan;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.collective.Pending;
import io.github.shardsum.collective.RaggedCounts;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * Collectives of one process that count the bytes which each device receives while plans run, from
 * the tensors and counts that each collective is given and by its definition.
 *
 * @param collectives run everything
 * @param all collectives of the runs so far, in order
 */
record CountedCollectives(Collectives collectives, List<Received> all) implements Collectives {
  static CountedCollectives open(Mesh mesh) {
    return new CountedCollectives(Collectives.open(mesh), new ArrayList<>());
  }

  /**
   * One collective of a run.
   *
   * @param collective which
   * @param x the first device's operand
   * @param bytes of each device
   */
  record Received(Collective collective, Tensor x, List<Long> bytes) {
    long busiest() {
      return bytes.stream().mapToLong(Long::longValue).max().orElse(0);
    }
  }

  private void note(Collective collective, List<Tensor> x, List<Tensor> out) {
    List<Long> bytes = new ArrayList<>();
    for (int i = 0; i < x.size(); i++) {
      Tensor operand = x.get(i);
      long elements = elements(collective, i, operand, out.get(i));
      bytes.add(elements * operand.dtype().byteSize());
    }
    all.add(new Received(collective, x.getFirst(), bytes));
  }

  private long elements(Collective collective, int device, Tensor x, Tensor out) {
    int members = mesh().size(collective.axes());
    int member = mesh().part(collective.axes(), device);
    return switch (collective) {
      case Collective.AllReduce _ -> Math.ceilDiv(2L * (members - 1) * without(x, -1), members);
      case Collective.ReduceScatter _ -> (members - 1L) * without(out, -1);
      case Collective.AllGather _ -> without(out, -1) - without(x, -1);
      case Collective.AllToAll all ->
          without(out, -1) - without(x, all.split()) * out.size(all.split());
      case Collective.RaggedAllToAll ragged -> {
        RaggedCounts counts = ragged.counts().get(device);
        long rows = 0;
        for (int other = 0; other < members; other++) {
          rows += other == member ? 0 : counts.receive(other);
        }
        yield rows * without(x, 0);
      }
      case Collective.Exchange exchange ->
          without(x, exchange.dim())
              * exchange.intervals().get(member).stream()
                  .filter(interval -> interval.source() != member)
                  .mapToLong(Collective.Interval::length)
                  .sum();
      case Collective.Permute permute -> {
        int source = permute.sources(members)[member];
        yield source < 0 || source == member ? 0 : without(out, -1);
      }
      case Collective.Broadcast _, Collective.Barrier _ -> throw uncounted();
    };
  }

  /** Elements of an index of a dimension, or of the tensor if there is no such dimension. */
  private static long without(Tensor x, int dim) {
    long product = 1;
    for (int i = 0; i < x.rank(); i++) {
      product *= i == dim ? 1 : x.size(i);
    }
    return product;
  }

  private static AssertionError uncounted() {
    return new AssertionError("expected collectives of plans whose tensors are supplied");
  }

  @Override
  public Mesh mesh() {
    return collectives.mesh();
  }

  @Override
  public int processes() {
    return collectives.processes();
  }

  @Override
  public int process() {
    return collectives.process();
  }

  @Override
  public List<Integer> devices() {
    return collectives.devices();
  }

  @Override
  public <T> List<T> spmd(DeviceBody<T> body) {
    throw uncounted();
  }

  @Override
  public List<Tensor> run(Collective collective, List<Tensor> x) {
    throw uncounted();
  }

  @Override
  public void runInto(Collective collective, List<Tensor> x, List<Tensor> out) {
    throw uncounted();
  }

  @Override
  public Pending<List<Tensor>> start(Collective collective, List<Tensor> x) {
    throw uncounted();
  }

  @Override
  public Pending<List<Tensor>> startInto(Collective collective, List<Tensor> x, List<Tensor> out) {
    throw uncounted();
  }

  @Override
  public CollectivePlan.Builder plan(String name) {
    return new Steps(collectives.plan(name));
  }

  @Override
  public void progress() {
    collectives.progress();
  }

  @Override
  public void close() {
    collectives.close();
  }

  /** Adds every step as it is; suppliers of tensors count what they supply. */
  private final class Steps implements CollectivePlan.Builder {
    private final CollectivePlan.Builder builder;

    Steps(CollectivePlan.Builder builder) {
      this.builder = builder;
    }

    /** The last value of a supplier, for the supplier that is asked after it. */
    private static <T> Supplier<T> kept(Supplier<T> of, AtomicReference<T> last) {
      return () -> {
        T next = of.get();
        last.set(next);
        return next;
      };
    }

    private Supplier<List<Tensor>> counted(
        Supplier<Collective> collective,
        AtomicReference<List<Tensor>> x,
        Supplier<List<Tensor>> out) {
      return () -> {
        List<Tensor> written = out.get();
        note(collective.get(), x.get(), written);
        return written;
      };
    }

    @Override
    public CollectivePlan.Builder compute(String name, CollectivePlan.DeviceTask task) {
      builder.compute(name, task);
      return this;
    }

    @Override
    public CollectivePlan.Builder communicate(
        Collective collective, List<Tensor> x, List<Tensor> out) {
      throw uncounted();
    }

    @Override
    public CollectivePlan.Builder communicate(
        Collective collective, Supplier<List<Tensor>> x, Supplier<List<Tensor>> out) {
      AtomicReference<List<Tensor>> read = new AtomicReference<>(List.of());
      builder.communicate(collective, kept(x, read), counted(() -> collective, read, out));
      return this;
    }

    @Override
    public CollectivePlan.Builder communicate(
        Collective.RaggedAllToAll collective,
        Supplier<List<RaggedCounts>> counts,
        Supplier<List<Tensor>> x,
        Supplier<List<Tensor>> out) {
      AtomicReference<List<RaggedCounts>> rows = new AtomicReference<>(List.of());
      AtomicReference<List<Tensor>> read = new AtomicReference<>(List.of());
      builder.communicate(
          collective,
          kept(counts, rows),
          kept(x, read),
          counted(() -> collective.with(rows.get()), read, out));
      return this;
    }

    @Override
    public CollectivePlan.Builder start(
        String name, Collective collective, List<Tensor> x, List<Tensor> out) {
      throw uncounted();
    }

    @Override
    public CollectivePlan.Builder start(
        String name, Collective collective, Supplier<List<Tensor>> x, Supplier<List<Tensor>> out) {
      AtomicReference<List<Tensor>> read = new AtomicReference<>(List.of());
      builder.start(name, collective, kept(x, read), counted(() -> collective, read, out));
      return this;
    }

    @Override
    public CollectivePlan.Builder startRound(
        String name, Collective collective, Supplier<List<Tensor>> x, Supplier<List<Tensor>> out) {
      AtomicReference<List<Tensor>> read = new AtomicReference<>(List.of());
      builder.startRound(name, collective, kept(x, read), counted(() -> collective, read, out));
      return this;
    }

    @Override
    public CollectivePlan.Builder start(
        String name,
        Collective.RaggedAllToAll collective,
        Supplier<List<RaggedCounts>> counts,
        Supplier<List<Tensor>> x,
        Supplier<List<Tensor>> out) {
      AtomicReference<List<RaggedCounts>> rows = new AtomicReference<>(List.of());
      AtomicReference<List<Tensor>> read = new AtomicReference<>(List.of());
      builder.start(
          name,
          collective,
          kept(counts, rows),
          kept(x, read),
          counted(() -> collective.with(rows.get()), read, out));
      return this;
    }

    @Override
    public CollectivePlan.Builder await(String name) {
      builder.await(name);
      return this;
    }

    @Override
    public CollectivePlan.Builder repeat(
        String name, int rounds, BiConsumer<CollectivePlan.Builder, IntSupplier> body) {
      builder.repeat(name, rounds, (inner, round) -> body.accept(new Steps(inner), round));
      return this;
    }

    @Override
    public CollectivePlan build() {
      return builder.build();
    }
  }
}
