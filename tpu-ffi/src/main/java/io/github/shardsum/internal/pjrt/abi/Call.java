package io.github.shardsum.internal.pjrt.abi;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** One call of a plugin's function: its arguments, then its results. Confined to one thread. */
public final class Call {
  private final Api api;
  private final PjrtFunction function;
  private final Fields fields;
  private final long size;
  private long use;

  Call(Api api, PjrtFunction function, Fields fields) {
    this.api = api;
    this.function = function;
    this.fields = fields;
    this.size = fields.segment().get(JAVA_LONG, Struct.STRUCT_SIZE);
  }

  /** Whether the call's memory has not been reused, so that results may still be read. */
  boolean isInUse(long now) {
    return use == now;
  }

  /** Sets all arguments to zero again, except the size. */
  Call renew(long now) {
    use = now;
    fields.segment().fill((byte) 0).set(JAVA_LONG, Struct.STRUCT_SIZE, size);
    return this;
  }

  /** Writes a pointer. */
  public Call set(String field, MemorySegment pointer) {
    fields.set(field, pointer);
    return this;
  }

  /** Writes a number of 8 bytes. */
  public Call set(String field, long number) {
    fields.set(field, number);
    return this;
  }

  /** Writes a number or an address, of 8 bytes, at an offset that was looked up before. */
  public Call setAt(long offset, long number) {
    fields.segment().set(JAVA_LONG, offset, number);
    return this;
  }

  /** Writes an int. */
  public Call setInt(String field, int number) {
    fields.setInt(field, number);
    return this;
  }

  /**
   * Calls the plugin.
   *
   * @throws io.github.shardsum.pjrt.PjrtException if the function returns an error
   */
  public Call invoke() {
    api.invoke(function, fields.segment());
    return this;
  }

  /** The arguments. */
  public MemorySegment segment() {
    return fields.segment();
  }

  /** A pointer of the result. */
  public MemorySegment pointer(String field) {
    return fields.pointer(field);
  }

  /** A number of the result. */
  public long number(String field) {
    return fields.number(field);
  }

  /** An int of the result. */
  public int integer(String field) {
    return fields.integer(field);
  }

  /** A bool of the result. */
  public boolean flag(String field) {
    return fields.flag(field);
  }

  /** Text of the result. */
  public String text(String field) {
    return fields.text(field);
  }

  /** An array of pointers of the result. */
  public List<MemorySegment> pointers(String field, String count) {
    return NativeMemory.pointers(pointer(field), number(count));
  }
}
