package io.github.shardsum.exec;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Arrays that a kernel may write while it runs, kept for the next run on the same thread. Not
 * thread-safe: it belongs to one task at a time. Arrays have the contents that the last user wrote.
 */
public final class Scratch {
  /** Each slot below a used one takes a word of memory. */
  private static final int MOST_SLOTS = 256;

  private float[][] floats = new float[0][];
  private double[][] doubles = new double[0][];
  private long[][] longs = new long[0][];
  private int[][] ints = new int[0][];
  private byte[][] bytes = new byte[0][];
  private final Map<Class<?>, Object> kept = new HashMap<>();

  /** This scratch's index among the workers' scratches; -1 if the workers do not keep it. */
  private int place = -1;

  /** An empty scratch. */
  public Scratch() {}

  int place() {
    return place;
  }

  void keepAt(int index) {
    place = index;
  }

  /**
   * An f32 array.
   *
   * @param slot the array's number, in [0, 256); each slot has its own array
   * @param length the least length, in elements, at least 0
   * @return the array, at least that long
   * @throws IllegalArgumentException if the slot or the length is out of range
   */
  public float[] floats(int slot, int length) {
    check(slot, length);
    if (slot >= floats.length) {
      floats = Arrays.copyOf(floats, slot + 1);
    }
    float[] array = floats[slot];
    if (array == null || array.length < length) {
      array = new float[length];
      floats[slot] = array;
    }
    return array;
  }

  /**
   * An f64 array.
   *
   * @param slot the array's number, in [0, 256); each slot has its own array
   * @param length the least length, in elements, at least 0
   * @return the array, at least that long
   * @throws IllegalArgumentException if the slot or the length is out of range
   */
  public double[] doubles(int slot, int length) {
    check(slot, length);
    if (slot >= doubles.length) {
      doubles = Arrays.copyOf(doubles, slot + 1);
    }
    double[] array = doubles[slot];
    if (array == null || array.length < length) {
      array = new double[length];
      doubles[slot] = array;
    }
    return array;
  }

  /**
   * An i64 array.
   *
   * @param slot the array's number, in [0, 256); each slot has its own array
   * @param length the least length, in elements, at least 0
   * @return the array, at least that long
   * @throws IllegalArgumentException if the slot or the length is out of range
   */
  public long[] longs(int slot, int length) {
    check(slot, length);
    if (slot >= longs.length) {
      longs = Arrays.copyOf(longs, slot + 1);
    }
    long[] array = longs[slot];
    if (array == null || array.length < length) {
      array = new long[length];
      longs[slot] = array;
    }
    return array;
  }

  /**
   * An i32 array.
   *
   * @param slot the array's number, in [0, 256); each slot has its own array
   * @param length the least length, in elements, at least 0
   * @return the array, at least that long
   * @throws IllegalArgumentException if the slot or the length is out of range
   */
  public int[] ints(int slot, int length) {
    check(slot, length);
    if (slot >= ints.length) {
      ints = Arrays.copyOf(ints, slot + 1);
    }
    int[] array = ints[slot];
    if (array == null || array.length < length) {
      array = new int[length];
      ints[slot] = array;
    }
    return array;
  }

  /**
   * An array of bytes.
   *
   * @param slot the array's number, in [0, 256); each slot has its own array
   * @param length the least length, in elements, at least 0
   * @return the array, at least that long
   * @throws IllegalArgumentException if the slot or the length is out of range
   */
  public byte[] bytes(int slot, int length) {
    check(slot, length);
    if (slot >= bytes.length) {
      bytes = Arrays.copyOf(bytes, slot + 1);
    }
    byte[] array = bytes[slot];
    if (array == null || array.length < length) {
      array = new byte[length];
      bytes[slot] = array;
    }
    return array;
  }

  private static void check(int slot, int length) {
    if (slot < 0 || slot >= MOST_SLOTS || length < 0) {
      throw new IllegalArgumentException(
          "scratch: expected a slot in [0, "
              + MOST_SLOTS
              + ") and a length of at least 0, got slot "
              + slot
              + " of length "
              + length);
    }
  }

  /**
   * An object of which a thread needs one; it is kept as long as the scratch.
   *
   * @param <T> its type
   * @param type its class
   * @param make makes the object at the first call
   * @return the same object each time
   */
  public <T> T kept(Class<T> type, Supplier<T> make) {
    return type.cast(kept.computeIfAbsent(type, _ -> make.get()));
  }
}
