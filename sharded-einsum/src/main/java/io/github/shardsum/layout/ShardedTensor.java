package io.github.shardsum.layout;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * A value on a mesh: the shards of the devices of one process. Shards are not copied; devices that
 * hold the same elements may share a tensor, so no reader may write to one.
 *
 * @param shape the logical shape
 * @param layout the layout on the mesh
 * @param devices the devices whose shards these are, ascending
 * @param shards the shard of each device, with the shape that the layout gives it; all of one dtype
 */
public record ShardedTensor(
    Shape shape, Layout layout, List<Integer> devices, List<Tensor> shards) {
  /**
   * Checks the shards.
   *
   * @throws IllegalArgumentException if devices are not distinct, if there is not one shard for
   *     each, or if a shard has another shape or dtype
   */
  public ShardedTensor {
    Objects.requireNonNull(layout, "layout");
    devices = List.copyOf(devices);
    shards = List.copyOf(shards);
    if (devices.isEmpty() || devices.size() != shards.size()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "sharded tensor: expected one shard for each of devices %s, got %d",
              devices,
              shards.size()));
    }
    if (Set.copyOf(devices).size() != devices.size()) {
      throw new IllegalArgumentException(
          "sharded tensor: devices must be distinct, got " + devices);
    }
    for (int i = 0; i < shards.size(); i++) {
      Shape local = layout.localShape(shape, devices.get(i));
      Tensor shard = shards.get(i);
      if (!shard.shape().equals(local) || shard.dtype() != shards.getFirst().dtype()) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "sharded tensor %s of %s: the shard of device %d must be %s%s, got %s%s",
                layout,
                shape,
                devices.get(i),
                shards.getFirst().dtype(),
                local,
                shard.dtype(),
                shard.shape()));
      }
    }
  }

  /**
   * Cuts a tensor up for devices; shards are views of the tensor. If the layout has partial axes,
   * the devices at coordinate 0 along them hold the value, and the others hold zeros.
   *
   * @param whole the logical value
   * @param layout the target layout
   * @param devices the devices whose shards to take
   * @return the shards
   * @throws IllegalArgumentException if the ranks differ
   */
  public static ShardedTensor of(Tensor whole, Layout layout, List<Integer> devices) {
    Map<Box, Tensor> tiles = new HashMap<>();
    Map<Box, Tensor> zeros = new HashMap<>();
    List<Tensor> shards = new ArrayList<>();
    for (int device : devices) {
      Box box = layout.box(whole.shape(), device);
      boolean first =
          layout.partial().stream().allMatch(axis -> layout.mesh().coordinate(device, axis) == 0);
      shards.add(
          first
              ? tiles.computeIfAbsent(box, at -> at.of(whole))
              : zeros.computeIfAbsent(box, at -> Tensor.zeros(whole.dtype(), at.shape())));
    }
    return new ShardedTensor(whole.shape(), layout, devices, shards);
  }

  /**
   * Type of the elements.
   *
   * @return the shards' dtype
   */
  public DType dtype() {
    return shards.getFirst().dtype();
  }

  /**
   * The logical value, put together from the shards of all devices; no shard may be an addend.
   *
   * @return a new tensor
   * @throws IllegalStateException if devices of other processes hold parts of the value, or the
   *     value is a partial sum
   */
  public Tensor gather() {
    checkWhole();
    Tensor whole = Tensor.zeros(dtype(), shape);
    gatherInto(whole);
    return whole;
  }

  /**
   * Writes the logical value into a given tensor.
   *
   * @param whole receives the logical value; has its shape and dtype
   * @throws IllegalStateException if devices of other processes hold parts of the value, or the
   *     value is a partial sum
   * @throws IllegalArgumentException if the tensor has another shape or dtype
   */
  public void gatherInto(Tensor whole) {
    checkWhole();
    if (!whole.shape().equals(shape) || whole.dtype() != dtype()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "sharded tensor %s: gather must have a result %s%s, got %s%s",
              layout,
              dtype(),
              shape,
              whole.dtype(),
              whole.shape()));
    }
    Set<Box> written = new HashSet<>();
    for (int i = 0; i < shards.size(); i++) {
      Box box = layout.box(shape, devices.get(i));
      if (box.elementCount() > 0 && written.add(box)) {
        box.of(whole).assign(shards.get(i));
      }
    }
  }

  private void checkWhole() {
    boolean summed = layout.partial().stream().allMatch(axis -> layout.mesh().size(axis) == 1);
    if (devices.size() != layout.mesh().size() || !summed) {
      throw new IllegalStateException(
          String.format(
              Locale.ROOT,
              "sharded tensor %s: gather needs every device's shard of a value that is"
                  + " no partial sum,"
                  + " got %d of %d devices; reshard it first",
              layout,
              devices.size(),
              layout.mesh().size()));
    }
  }
}
