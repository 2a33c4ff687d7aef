package io.github.shardsum.internal.moe.train;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.backend.mesh.MeshExecutable;
import io.github.shardsum.layout.Box;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** Tensors on the devices of a mesh. A process holds only the parts of its own devices. */
public final class ShardedTrainingState implements TrainingState {
  private final MeshBackend backend;
  private final List<ShardedTensor> state = new ArrayList<>();

  /** An empty state. */
  public ShardedTrainingState(MeshBackend backend) {
    this.backend = backend;
  }

  /** Adds a tensor; this process keeps only the parts of its own devices. */
  public void add(Tensor first, Layout layout) {
    state.add(parts(first, layout));
  }

  /**
   * Copies the parts into new memory, so that the whole tensor can be freed. Devices with the same
   * part share its memory.
   */
  private ShardedTensor parts(Tensor whole, Layout layout) {
    ShardedTensor views = backend.shards(whole, layout);
    IdentityHashMap<Tensor, Tensor> copies = new IdentityHashMap<>();
    List<Tensor> own = new ArrayList<>();
    for (Tensor view : views.shards()) {
      own.add(copies.computeIfAbsent(view, Tensor::copy));
    }
    return new ShardedTensor(views.shape(), views.layout(), views.devices(), own);
  }

  @Override
  public List<Tensor> step(
      Executable step, List<Integer> read, List<Tensor> others, List<Integer> written) {
    MeshExecutable mesh = (MeshExecutable) step;
    List<ShardedTensor> results = mesh.runSharded(inputs(mesh, read, others));
    for (int i = 0; i < written.size(); i++) {
      state.set(written.get(i), results.get(i));
    }
    return whole(results.subList(written.size(), results.size()));
  }

  @Override
  public List<Tensor> run(Executable program, List<Integer> read, List<Tensor> others) {
    MeshExecutable mesh = (MeshExecutable) program;
    return whole(mesh.runSharded(inputs(mesh, read, others)));
  }

  private List<ShardedTensor> inputs(MeshExecutable mesh, List<Integer> read, List<Tensor> others) {
    List<ShardedTensor> inputs = new ArrayList<>();
    read.forEach(index -> inputs.add(state.get(index)));
    for (Tensor other : others) {
      PlannedValue planned = mesh.plan().plan().inputs().get(inputs.size());
      inputs.add(backend.shards(other, planned.layout()));
    }
    return inputs;
  }

  private List<Tensor> whole(List<ShardedTensor> results) {
    return results.stream().map(backend::gather).toList();
  }

  /**
   * The parts to save. If several devices have the same part, the process of the first device saves
   * it.
   */
  @Override
  public List<Tile> tiles(int index) {
    ShardedTensor value = state.get(index);
    Map<Box, Integer> first = new HashMap<>();
    for (int device = 0; device < value.layout().mesh().size(); device++) {
      first.putIfAbsent(value.layout().box(value.shape(), device), device);
    }
    List<Tile> tiles = new ArrayList<>();
    for (int i = 0; i < value.devices().size(); i++) {
      int device = value.devices().get(i);
      Box box = value.layout().box(value.shape(), device);
      if (first.getOrDefault(box, -1) == device && box.elementCount() > 0) {
        tiles.add(new Tile(box, value.shards().get(i)));
      }
    }
    return tiles;
  }

  @Override
  public Tensor get(int index) {
    return backend.gather(state.get(index));
  }

  @Override
  public void set(int index, Tensor value) {
    state.set(index, parts(value, state.get(index).layout()));
  }
}
