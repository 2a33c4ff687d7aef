package io.github.shardsum.internal.pjrt.abi;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Layout of a C struct of the PJRT API. Every struct begins with its size and a pointer to
 * extensions.
 *
 * <p>Offsets follow from the types by the rule of the x86-64 and AArch64 ABIs (a field is aligned
 * to its size); tests compare them with a C compiler's offsets.
 */
public final class Struct {
  /** Offset of the size that the caller states. */
  public static final long STRUCT_SIZE = 0;

  private static final long HEADER = 16;
  private static final long WORD = 8;

  /**
   * PJRT_NamedValue. The value is a union, and value_size is 1 unless the value is text or a list.
   */
  public static final Struct NAMED_VALUE =
      of("PJRT_NamedValue", "p name, l name_size, i type, l value, l value_size");

  /** PJRT_Program. */
  public static final Struct PROGRAM =
      of("PJRT_Program", "p code, l code_size, p format, l format_size");

  /** PJRT_ExecuteOptions. */
  public static final Struct EXECUTE_OPTIONS =
      of(
          "PJRT_ExecuteOptions",
          "p send_callbacks, p recv_callbacks, l num_send_ops, l num_recv_ops, i launch_id,"
              + " p non_donatable_input_indices, l num_non_donatable_input_indices, p context,"
              + " p call_location, l num_tasks, p task_ids, p incarnation_ids,"
              + " p multi_slice_config, b use_major_to_minor_data_layout_for_callbacks,"
              + " p hlo_output_callbacks, l num_hlo_output_callbacks");

  /** PJRT_Buffer_MemoryLayout with the tiled variant of its union. */
  public static final Struct MEMORY_LAYOUT =
      of(
          "PJRT_Buffer_MemoryLayout",
          "l tiled_struct_size, p tiled_extension_start, p minor_to_major, l minor_to_major_size,"
              + " p tile_dims, p tile_dim_sizes, l num_tiles, i type");

  /** PJRT_KeyValueGetCallback_Args. */
  public static final Struct KEY_VALUE_GET =
      of(
          "PJRT_KeyValueGetCallback_Args",
          "p key, l key_size, i timeout_in_ms, p callback_error, p user_arg, p value, l value_size,"
              + " p value_deleter_callback");

  /** PJRT_KeyValueTryGetCallback_Args. */
  public static final Struct KEY_VALUE_TRY_GET =
      of(
          "PJRT_KeyValueTryGetCallback_Args",
          "p key, l key_size, p callback_error, p user_arg, p value, l value_size,"
              + " p value_deleter_callback");

  /** PJRT_KeyValuePutCallback_Args. */
  public static final Struct KEY_VALUE_PUT =
      of(
          "PJRT_KeyValuePutCallback_Args",
          "p key, l key_size, p value, l value_size, p callback_error, p user_arg");

  /** PJRT_Shardings_PJRT_Executable_ParameterShardings_Args, and the same struct for outputs. */
  public static final Struct SHARDINGS =
      of("PJRT_Shardings_Args", "p executable, l count, p shardings, p sharding_sizes");

  private final String name;
  private final Map<String, Field> fields;
  private final String[] names;
  private final long[] offsets;
  private final long size;

  /**
   * The place of a field.
   *
   * @param offset offset in bytes
   * @param size size in bytes: 8, 4 or 1
   */
  public record Field(long offset, long size) {}

  private Struct(String name, Map<String, Field> fields, long size) {
    this.name = name;
    this.fields = fields;
    this.names = fields.keySet().toArray(String[]::new);
    this.offsets = fields.values().stream().mapToLong(Field::offset).toArray();
    this.size = size;
  }

  /**
   * A struct of fields written as {@code "p pointer, l number, i int, b bool"}, after the two
   * common fields.
   */
  static Struct of(String name, String declared) {
    Map<String, Field> fields = new LinkedHashMap<>();
    long end = HEADER;
    for (String field : declared.isEmpty() ? new String[0] : declared.split(", ")) {
      long bytes =
          switch (field.charAt(0)) {
            case 'p', 'l' -> 8;
            case 'i' -> 4;
            case 'b' -> 1;
            default -> throw new IllegalArgumentException("field: p, l, i or b, got " + field);
          };
      long offset = (end + bytes - 1) / bytes * bytes;
      fields.put(field.substring(2).intern(), new Field(offset, bytes));
      end = offset + bytes;
    }
    return new Struct(name, Collections.unmodifiableMap(fields), end);
  }

  /** The name in the header. */
  public String name() {
    return name;
  }

  /** The header's STRUCT_SIZE: up to the end of the last field, without padding. */
  public long size() {
    return size;
  }

  /** Size in an array, a multiple of 8. */
  public long stride() {
    return (size + WORD - 1) / WORD * WORD;
  }

  /** The field with a name, if there is one. */
  public Optional<Field> field(String field) {
    return Optional.ofNullable(fields.get(field));
  }

  /**
   * Offset of a field that must exist. Callers name the field by a constant, which is the object
   * that this list contains, so a search by identity in the short list is faster than a hash.
   */
  @SuppressWarnings({"ReferenceEquality", "StringEquality"})
  public long offset(String field) {
    for (int i = 0; i < names.length; i++) {
      if (names[i] == field) {
        return offsets[i];
      }
    }
    Field found = fields.get(field);
    if (found == null) {
      throw new IllegalArgumentException(name + ": no field " + field);
    }
    return found.offset();
  }

  /** All fields by name. */
  public Map<String, Field> fields() {
    return fields;
  }

  @Override
  public String toString() {
    return name;
  }
}
