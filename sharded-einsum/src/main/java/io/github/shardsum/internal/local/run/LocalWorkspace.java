package io.github.shardsum.internal.local.run;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.RoutingTensor;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The memory of one run at a time, kept for the next. */
public final class LocalWorkspace {
  private final Tensor[] buffers;
  private final RoutingTensor[] routings;
  private final Einsum[] einsums;
  private final LocalWorkspace[] nested;
  private final Optional<Tensor>[] values;

  LocalWorkspace(LocalPlan plan) {
    Map<DType, MemorySegment> memory = new EnumMap<>(DType.class);
    plan.memory().elements().forEach((dtype, count) -> memory.put(dtype, allocate(dtype, count)));
    buffers = new Tensor[plan.memory().buffers().size()];
    for (int i = 0; i < buffers.length; i++) {
      BufferInfo info = plan.memory().buffers().get(i);
      MemorySegment segment = Objects.requireNonNull(memory.get(info.dtype()));
      long[] strides = info.shape().rowMajorStrides();
      buffers[i] = Tensor.ofStrided(info.dtype(), segment, info.offset(), info.shape(), strides);
    }
    routings = new RoutingTensor[plan.routings().size()];
    for (int i = 0; i < routings.length; i++) {
      routings[i] = routing(plan.routings().get(i));
    }
    nested = new LocalWorkspace[plan.nested().size()];
    for (int i = 0; i < nested.length; i++) {
      nested[i] = new LocalWorkspace(plan.nested().get(i));
    }
    values = values(plan.locations());
    einsums = new Einsum[plan.biased().size()];
    for (int i = 0; i < einsums.length; i++) {
      BiasedEinsum biased = plan.biased().get(i);
      einsums[i] = biased.compile(buffers[biased.bias().index()]);
    }
  }

  private static MemorySegment allocate(DType dtype, long count) {
    return count <= Shape.LONGEST_ARRAY
        ? Tensor.zeros(dtype, count).segment()
        : Arena.ofAuto().allocate(count * dtype.byteSize(), 64);
  }

  /** Creates a routing tensor while all memory is zero, so that the check of positions passes. */
  private RoutingTensor routing(ValueMemory.Routed place) {
    // Positions that several values share are in the one-hot's own buffer, with one slot for each
    // row.
    long[] sizes = java.util.Arrays.copyOf(place.shape().toArray(), place.leadRank() + 1);
    sizes[place.leadRank()] = place.slots();
    Tensor positions = buffers[place.positions().index()].reshape(sizes);
    Tensor weights =
        place
            .weights()
            .map(buffer -> buffers[buffer.index()])
            .orElseGet(() -> Tensor.full(place.dtype(), 1).broadcastTo(positions.shape()));
    return RoutingTensor.of(place.shape(), positions, weights);
  }

  /** Tensors of the values in buffers; other tensors are known when a run begins. */
  private Optional<Tensor>[] values(List<Optional<ValueMemory>> locations) {
    List<Optional<Tensor>> found = new ArrayList<>();
    for (Optional<ValueMemory> location : locations) {
      found.add(
          location.flatMap(
              where ->
                  where instanceof ValueMemory.Dense dense
                          && dense.base() instanceof LocalStorage.Buffer at
                      ? Optional.of(view(dense, buffers[at.index()]))
                      : Optional.empty()));
    }
    @SuppressWarnings({"unchecked", "rawtypes"})
    Optional<Tensor>[] array = found.toArray(new Optional[0]);
    return array;
  }

  public static Tensor view(ValueMemory.Dense place, Tensor base) {
    return place.whole() ? base : place.view().apply(LocalView.of(base)).over(base);
  }

  public Tensor buffer(int index) {
    return buffers[index];
  }

  public RoutingTensor routing(int index) {
    return routings[index];
  }

  public Einsum einsum(int index) {
    return einsums[index];
  }

  public LocalWorkspace nested(int index) {
    return nested[index];
  }

  public Optional<Tensor> value(int id) {
    return values[id];
  }

  /** A tensor of zeros of a shape: one element that is broadcast. */
  public static Tensor zero(DType dtype, Shape shape) {
    return Tensor.zeros(dtype).broadcastTo(shape);
  }
}
