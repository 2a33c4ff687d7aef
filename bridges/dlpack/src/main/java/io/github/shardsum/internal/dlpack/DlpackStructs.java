package io.github.shardsum.internal.dlpack;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.github.shardsum.tensor.DType;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/** The structs of dlpack.h, version 1.1, on machines of 64 bits. */
public final class DlpackStructs {
  /** Memory that the processor reads: kDLCPU. */
  public static final int CPU = 1;

  /** Host memory pinned for a device: kDLCUDAHost and kDLROCMHost. */
  private static final int CUDA_HOST = 3;

  private static final int ROCM_HOST = 11;

  /** Bit 0 of the flags of a versioned tensor. */
  public static final long READ_ONLY = 1;

  /** The major version that is written; a struct of another one is refused. */
  public static final int MAJOR = 1;

  /** The minor version that is written. */
  public static final int MINOR = 0;

  private static final StructLayout TENSOR =
      MemoryLayout.structLayout(
          ADDRESS.withName("data"),
          JAVA_INT.withName("device_type"),
          JAVA_INT.withName("device_id"),
          JAVA_INT.withName("ndim"),
          JAVA_BYTE.withName("code"),
          JAVA_BYTE.withName("bits"),
          JAVA_SHORT.withName("lanes"),
          ADDRESS.withName("shape"),
          ADDRESS.withName("strides"),
          JAVA_LONG.withName("byte_offset"));

  /** {@code DLManagedTensor}. */
  public static final StructLayout MANAGED =
      MemoryLayout.structLayout(
          TENSOR.withName("dl_tensor"),
          ADDRESS.withName("manager_ctx"),
          ADDRESS.withName("deleter"));

  /** {@code DLManagedTensorVersioned}. */
  public static final StructLayout VERSIONED =
      MemoryLayout.structLayout(
          JAVA_INT.withName("major"),
          JAVA_INT.withName("minor"),
          ADDRESS.withName("manager_ctx"),
          ADDRESS.withName("deleter"),
          JAVA_LONG.withName("flags"),
          TENSOR.withName("dl_tensor"));

  /** {@code void (*deleter)(struct *self)}. */
  public static final FunctionDescriptor DELETER = FunctionDescriptor.ofVoid(ADDRESS);

  private DlpackStructs() {}

  /**
   * The tensor inside a managed one.
   *
   * @param managed the struct
   * @param layout the layout, one of the two
   * @return its part {@code dl_tensor}
   */
  public static MemorySegment tensor(MemorySegment managed, StructLayout layout) {
    return managed.asSlice(layout.byteOffset(PathElement.groupElement("dl_tensor")), TENSOR);
  }

  /**
   * The offset of a member of a struct.
   *
   * @param name the member
   * @return its offset in bytes
   */
  public static long at(StructLayout layout, String name) {
    return layout.byteOffset(PathElement.groupElement(name));
  }

  /**
   * The offset of a member of {@code DLTensor}.
   *
   * @param name the member
   * @return its offset in bytes
   */
  public static long at(String name) {
    return at(TENSOR, name);
  }

  /**
   * Whether the processor can read a device's memory.
   *
   * @param device the type of the device
   * @return true for the processor itself and for pinned memory
   */
  public static boolean isHost(int device) {
    return device == CPU || device == CUDA_HOST || device == ROCM_HOST;
  }

  /**
   * The dtype of a {@code DLDataType}.
   *
   * @param code the kind of number
   * @param bits its width
   * @param lanes numbers in an element
   * @throws IllegalArgumentException if no tensor has such elements
   */
  public static DType dtype(int code, int bits, int lanes) {
    for (DType dtype : DType.values()) {
      if (lanes == 1 && code == code(dtype) && bits == bits(dtype)) {
        return dtype;
      }
    }
    throw new IllegalArgumentException(
        "dlpack: dtype must be one of f32, f64, bf16, i32, i64 and bool, got code "
            + code
            + " of "
            + bits
            + " bits, "
            + lanes
            + " lanes");
  }

  /**
   * The kind of number, {@code DLDataTypeCode}.
   *
   * @param dtype elements
   */
  public static byte code(DType dtype) {
    return switch (dtype) {
      case I32, I64 -> 0;
      case F32, F64 -> 2;
      case BF16 -> 4;
      case BOOL -> 6;
    };
  }

  /**
   * The width of a number.
   *
   * @param dtype elements
   * @return bits of an element
   */
  public static byte bits(DType dtype) {
    return (byte) (dtype.byteSize() * 8);
  }
}
