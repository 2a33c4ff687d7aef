package io.github.shardsum.internal.pjrt.abi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * A struct in native memory, read and written by the names of its fields.
 *
 * @param struct the layout
 * @param segment the memory of the struct
 */
public record Fields(Struct struct, MemorySegment segment) {
  /** The struct at an address that a plugin gave. */
  public static Fields at(Struct struct, MemorySegment address) {
    return new Fields(struct, NativeMemory.at(address, struct.size()));
  }

  /** Writes a pointer. */
  public Fields set(String field, MemorySegment pointer) {
    segment.set(ADDRESS, struct.offset(field), pointer);
    return this;
  }

  /** Writes a number of 8 bytes. */
  public Fields set(String field, long number) {
    segment.set(JAVA_LONG, struct.offset(field), number);
    return this;
  }

  /** Writes an int of 4 bytes. */
  public Fields setInt(String field, int number) {
    segment.set(JAVA_INT, struct.offset(field), number);
    return this;
  }

  /** Reads a pointer. */
  public MemorySegment pointer(String field) {
    return segment.get(ADDRESS, struct.offset(field));
  }

  /** Reads a number of 8 bytes. */
  public long number(String field) {
    return segment.get(JAVA_LONG, struct.offset(field));
  }

  /** Reads an int. */
  public int integer(String field) {
    return segment.get(JAVA_INT, struct.offset(field));
  }

  /** Reads a bool. */
  public boolean flag(String field) {
    return segment.get(JAVA_BOOLEAN, struct.offset(field));
  }

  /** The text at a pointer. The length is in the field whose name has {@code _size} at the end. */
  public String text(String field) {
    return NativeMemory.text(pointer(field), number(field + "_size"));
  }
}
