package io.github.shardsum.internal.pjrt.abi;

import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.github.shardsum.pjrt.PjrtValue;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Arrays of PJRT_NamedValue. */
public final class NamedValues {
  private static final int TEXT = 0;
  private static final int NUMBER = 1;
  private static final int NUMBERS = 2;
  private static final int REAL = 3;
  private static final int FLAG = 4;

  /** The most attributes of a plugin; a larger count is invalid. */
  private static final long MOST = 1 << 16;

  private NamedValues() {}

  /** Attributes of a plugin. */
  public static Map<String, PjrtValue> attributes(Api api) {
    try (CallArena scratch = api.scratch()) {
      Call call = api.prepare(scratch, PjrtFunction.PLUGIN_ATTRIBUTES).invoke();
      return Collections.unmodifiableMap(
          read(call.pointer("attributes"), call.number("num_attributes")));
    }
  }

  /** Writes options in their order. */
  public static MemorySegment write(SegmentAllocator arena, Map<String, PjrtValue> values) {
    Struct struct = Struct.NAMED_VALUE;
    MemorySegment array = Api.allocateArray(arena, struct, values.size());
    long at = 0;
    for (Map.Entry<String, PjrtValue> entry : values.entrySet()) {
      Fields fields = new Fields(struct, array.asSlice(at, struct.stride()));
      byte[] name = entry.getKey().getBytes(StandardCharsets.UTF_8);
      fields.set("name", NativeMemory.copy(arena, name)).set("name_size", name.length);
      write(arena, fields, entry.getValue());
      at += struct.stride();
    }
    return array;
  }

  private static void write(SegmentAllocator arena, Fields fields, PjrtValue value) {
    long place = fields.struct().offset("value");
    switch (value) {
      case PjrtValue.Text text -> {
        byte[] bytes = text.value().getBytes(StandardCharsets.UTF_8);
        MemorySegment copy =
            bytes.length == 0 ? arena.allocate(1) : NativeMemory.copy(arena, bytes);
        fields.setInt("type", TEXT).set("value", copy).set("value_size", bytes.length);
      }
      case PjrtValue.Int64 number ->
          fields.setInt("type", NUMBER).set("value", number.value()).set("value_size", 1);
      case PjrtValue.Int64List numbers -> {
        long[] all = numbers.value().stream().mapToLong(Long::longValue).toArray();
        fields
            .setInt("type", NUMBERS)
            .set("value", NativeMemory.copy(arena, all))
            .set("value_size", all.length);
      }
      case PjrtValue.Real real -> {
        fields.setInt("type", REAL).set("value_size", 1);
        fields.segment().set(JAVA_FLOAT, place, real.value());
      }
      case PjrtValue.Flag flag -> {
        fields.setInt("type", FLAG).set("value_size", 1);
        fields.segment().set(JAVA_BOOLEAN, place, flag.value());
      }
    }
  }

  /** Reads attributes; an attribute of an unknown type is left out. */
  public static Map<String, PjrtValue> read(MemorySegment address, long count) {
    Map<String, PjrtValue> values = new LinkedHashMap<>();
    if (NativeMemory.isNull(address) || count <= 0 || count > MOST) {
      return values;
    }
    Struct struct = Struct.NAMED_VALUE;
    MemorySegment array = NativeMemory.at(address, count * struct.stride());
    for (long i = 0; i < count; i++) {
      Fields fields = new Fields(struct, array.asSlice(i * struct.stride(), struct.stride()));
      List<PjrtValue> value = read(fields);
      if (!value.isEmpty()) {
        values.put(fields.text("name"), value.getFirst());
      }
    }
    return values;
  }

  private static List<PjrtValue> read(Fields fields) {
    long place = fields.struct().offset("value");
    return switch (fields.integer("type")) {
      case TEXT -> List.of(new PjrtValue.Text(fields.text("value")));
      case NUMBER -> List.of(new PjrtValue.Int64(fields.number("value")));
      case NUMBERS -> {
        long[] all = NativeMemory.longs(fields.pointer("value"), fields.number("value_size"));
        yield List.of(PjrtValue.of(all));
      }
      case REAL -> List.of(new PjrtValue.Real(fields.segment().get(JAVA_FLOAT, place)));
      case FLAG -> List.of(new PjrtValue.Flag(fields.segment().get(JAVA_BOOLEAN, place)));
      default -> List.of();
    };
  }
}
