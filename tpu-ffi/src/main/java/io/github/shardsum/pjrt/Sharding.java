package io.github.shardsum.pjrt;

import io.github.shardsum.internal.pjrt.abi.ProtobufWire;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The split of a value over the devices of a program.
 *
 * <p>Each axis of the value is cut into as many equal parts as {@code tiles} says. For each tile in
 * row-major order {@code devices} has the devices that hold it, by their numbers in the program.
 * Several devices hold one tile if the value is partly or wholly replicated.
 *
 * @param tiles the number of parts of each axis, {@code [rank]}; empty for a value that every
 *     device holds whole
 * @param devices the devices {@code [tile][copy]}
 */
public record Sharding(List<Integer> tiles, List<List<Integer>> devices) {
  // Field numbers of xla.OpSharding.
  private static final int TYPE = 1;
  private static final int TILE_DIMENSIONS = 3;
  private static final int TILE_DEVICES = 4;
  private static final int REPLICATE_LAST = 6;
  private static final int LAST_TILE_DIMENSIONS = 8;
  private static final int IOTA_DIMENSIONS = 9;
  private static final int IOTA_PERMUTATION = 10;

  private static final int REPLICATED = 0;
  private static final int OTHER = 3;

  /**
   * Checks and copies the lists.
   *
   * @throws IllegalArgumentException if an axis has fewer than 1 tile, if there is not one list of
   *     devices for each tile, or if the devices are not the numbers from 0 on, each once
   */
  public Sharding {
    tiles = List.copyOf(tiles);
    devices = devices.stream().map(List::copyOf).toList();
    long count = 1;
    for (int parts : tiles) {
      count = parts < 1 ? -1 : Math.min(count * parts, Integer.MAX_VALUE);
      if (count < 0) {
        throw new IllegalArgumentException("sharding: expected tiles of at least 1, got " + tiles);
      }
    }
    if (count != devices.size()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "sharding: expected a list of devices for each of %d tiles %s, got %s",
              count,
              tiles,
              devices));
    }
    checkNumbers(devices);
  }

  private static void checkNumbers(List<List<Integer>> devices) {
    List<Integer> sorted = devices.stream().flatMap(List::stream).sorted().toList();
    boolean held = devices.stream().noneMatch(List::isEmpty);
    for (int i = 0; i < sorted.size(); i++) {
      held &= sorted.get(i) == i;
    }
    if (!held) {
      throw new IllegalArgumentException(
          "sharding: expected devices from 0 on, each once and at least one a tile, got "
              + devices);
    }
  }

  /**
   * The sharding of a value that every device holds whole.
   *
   * @param count number of devices
   * @return the sharding
   * @throws IllegalArgumentException if there is no device
   */
  public static Sharding replicated(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("sharding: expected at least 1 device, got " + count);
    }
    List<Integer> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(i);
    }
    return new Sharding(List.of(), List.of(all));
  }

  /**
   * A sharding from the message of XLA.
   *
   * @param proto a serialized {@code xla.OpSharding}; empty for a replicated value
   * @param rank rank of the value
   * @param count number of devices on which the program runs
   * @return the sharding
   * @throws IllegalArgumentException if the message is malformed, or the sharding is of a kind
   *     without tiles: maximal, manual, a tuple
   */
  public static Sharding parse(byte[] proto, int rank, int count) {
    Fields fields = Fields.of(ProtobufWire.read(proto));
    if (fields.type == REPLICATED) {
      return replicated(count);
    }
    if (fields.type != OTHER) {
      throw new IllegalArgumentException(
          "sharding: expected one of tiles or a replicated one, got type " + fields.type);
    }
    if (fields.tiles.length < rank) {
      throw malformed(fields.tiles.length + " tile dimensions for rank " + rank);
    }
    checkProduct(fields.tiles, count);
    if (fields.iota.length > 0) {
      checkProduct(fields.iota, count);
    }
    long[] order = fields.iota.length > 0 ? iota(fields.iota, fields.permutation) : fields.devices;
    if (order.length != count || Arrays.stream(order).anyMatch(d -> d < 0 || d >= count)) {
      throw malformed("device numbers " + Arrays.toString(order) + " of " + count + " devices");
    }
    return grouped(fields.tiles, rank, order);
  }

  /**
   * Refuses dimensions whose product is not the number of devices. This also bounds the allocation,
   * whatever numbers the message contains.
   */
  private static void checkProduct(long[] dimensions, int count) {
    long total = 1;
    for (long dimension : dimensions) {
      if (dimension < 1 || dimension > count || total * dimension > count) {
        throw malformed("dimensions " + Arrays.toString(dimensions) + " for " + count + " devices");
      }
      total *= dimension;
    }
    if (total != count) {
      throw malformed("dimensions " + Arrays.toString(dimensions) + " for " + count + " devices");
    }
  }

  /** The sharding of a list of tiles; the dimensions after the rank count copies of a tile. */
  private static Sharding grouped(long[] dimensions, int rank, long[] order) {
    List<Integer> tiles = new ArrayList<>();
    int tileCount = 1;
    for (int i = 0; i < rank; i++) {
      tiles.add(Math.toIntExact(dimensions[i]));
      tileCount *= Math.toIntExact(dimensions[i]);
    }
    int copies = order.length / tileCount;
    List<List<Integer>> devices = new ArrayList<>();
    for (int tile = 0; tile < tileCount; tile++) {
      List<Integer> holders = new ArrayList<>();
      for (int copy = 0; copy < copies; copy++) {
        holders.add(Math.toIntExact(order[tile * copies + copy]));
      }
      devices.add(holders);
    }
    return new Sharding(tiles, devices);
  }

  /** The numbers 0, 1, 2 ... as an array with the dimensions, transposed and read row by row. */
  private static long[] iota(long[] dimensions, long[] permutation) {
    int rank = dimensions.length;
    if (permutation.length != rank) {
      throw malformed(permutation.length + " axes to permute of " + rank);
    }
    long[] strides = new long[rank];
    long size = 1;
    for (int i = rank - 1; i >= 0; i--) {
      strides[i] = size;
      size = Math.multiplyExact(size, dimensions[i]);
    }
    long[] order = new long[Math.toIntExact(size)];
    long[] index = new long[rank];
    for (int at = 0; at < order.length; at++) {
      for (int i = 0; i < rank; i++) {
        order[at] += index[i] * strides[axis(permutation, i)];
      }
      for (int i = rank - 1; i >= 0 && ++index[i] == dimensions[axis(permutation, i)]; i--) {
        index[i] = 0;
      }
    }
    return order;
  }

  private static int axis(long[] permutation, int i) {
    long axis = permutation[i];
    if (axis < 0 || axis >= permutation.length) {
      throw malformed("axis " + axis);
    }
    return (int) axis;
  }

  private static IllegalArgumentException malformed(String what) {
    return new IllegalArgumentException("sharding: the plugin's is malformed: " + what);
  }

  private static final class Fields {
    private int type;
    private long[] tiles = new long[0];
    private long[] devices = new long[0];
    private long[] iota = new long[0];
    private long[] permutation = new long[0];

    static Fields of(List<ProtobufWire.Field> message) {
      Fields fields = new Fields();
      for (ProtobufWire.Field field : message) {
        switch (field.field()) {
          case TYPE -> fields.type = (int) Math.min(field.number(), Integer.MAX_VALUE);
          case TILE_DIMENSIONS -> fields.tiles = joined(fields.tiles, field.numbers());
          case TILE_DEVICES -> fields.devices = joined(fields.devices, field.numbers());
          case IOTA_DIMENSIONS -> fields.iota = joined(fields.iota, field.numbers());
          case IOTA_PERMUTATION -> fields.permutation = joined(fields.permutation, field.numbers());
          case REPLICATE_LAST, LAST_TILE_DIMENSIONS -> {
            // In both forms, dimensions beyond the rank count copies.
          }
          default -> {}
        }
      }
      return fields;
    }

    private static long[] joined(long[] first, long[] second) {
      long[] all = Arrays.copyOf(first, first.length + second.length);
      System.arraycopy(second, 0, all, first.length, second.length);
      return all;
    }
  }

  /**
   * The part of a value that each device holds.
   *
   * @param whole the value
   * @param count number of devices
   * @return a view for each device
   * @throws IllegalArgumentException if the size of an axis is not a multiple of its tiles, or the
   *     rank or the number of devices differs
   */
  public List<Tensor> split(Tensor whole, int count) {
    checkCount("count", count);
    Tensor[] parts = new Tensor[count];
    for (int tile = 0; tile < devices.size(); tile++) {
      Tensor part = tile(whole, tile);
      for (int device : devices.get(tile)) {
        parts[device] = part;
      }
    }
    return List.of(parts);
  }

  private void checkCount(String what, int count) {
    int wanted = devices.stream().mapToInt(List::size).sum();
    if (count != wanted) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s: expected %d, one for each device of %s, got %d",
              what,
              wanted,
              this,
              count));
    }
  }

  private void checkRank(String what, Tensor tensor) {
    if (!tiles.isEmpty() && tiles.size() != tensor.rank()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s: expected rank %d for %s, got shape %s",
              what,
              tiles.size(),
              this,
              tensor.shape()));
    }
  }

  private Tensor tile(Tensor whole, int tile) {
    checkRank("tensor", whole);
    Tensor part = whole;
    int rest = tile;
    for (int axis = tiles.size() - 1; axis >= 0; axis--) {
      int parts = tiles.get(axis);
      long size = whole.size(axis);
      if (size % parts != 0) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "axis %d: expected a multiple of its %d parts, got shape %s",
                axis,
                parts,
                whole.shape()));
      }
      long chunk = size / parts;
      part = part.slice(axis, rest % parts * chunk, (rest % parts + 1) * chunk);
      rest /= parts;
    }
    return part;
  }

  /**
   * Puts together the value from the parts of devices.
   *
   * @param parts the part of each device
   * @return the value, in new memory; if devices have copies, the first device's is taken
   * @throws IllegalArgumentException if there are more or fewer parts than devices, if the parts
   *     have another rank, or if they differ in dtype or shape
   */
  public Tensor join(List<Tensor> parts) {
    checkCount("parts", parts.size());
    Tensor first = parts.getFirst();
    checkRank("parts", first);
    for (Tensor part : parts) {
      if (part.dtype() != first.dtype() || !part.shape().equals(first.shape())) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "parts: expected all of one type, got %s %s of device 0 and %s %s of device %d",
                first.dtype(),
                first.shape(),
                part.dtype(),
                part.shape(),
                parts.indexOf(part)));
      }
    }
    long[] sizes = first.shape().toArray();
    for (int axis = 0; axis < tiles.size(); axis++) {
      sizes[axis] *= tiles.get(axis);
    }
    Tensor whole = Tensor.zeros(first.dtype(), Shape.of(sizes));
    for (int tile = 0; tile < devices.size(); tile++) {
      tile(whole, tile).assign(parts.get(devices.get(tile).getFirst()));
    }
    return whole;
  }

  @Override
  public String toString() {
    return tiles.isEmpty() ? "replicated" : "tiles " + tiles + " on " + devices;
  }
}
