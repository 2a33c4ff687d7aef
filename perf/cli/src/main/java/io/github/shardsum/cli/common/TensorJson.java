package io.github.shardsum.cli.common;

import io.github.shardsum.tensor.Tensor;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Results of commands as JSON. */
public final class TensorJson {
  private TensorJson() {}

  /**
   * Adds {@code "dtype"} and {@code "shape"}, and {@code "values"} in C order if requested. A
   * number that JSON does not have is a string, such as {@code "NaN"}.
   */
  public static void into(ObjectNode json, Tensor tensor, boolean values) {
    json.put("dtype", tensor.dtype().toString());
    ArrayNode shape = json.putArray("shape");
    for (long size : tensor.shape().toArray()) {
      shape.add(size);
    }
    if (values) {
      values(json.putArray("values"), tensor);
    }
  }

  /** Adds the values in C order. A number that JSON does not have is a string, such as "NaN". */
  public static void values(ArrayNode list, Tensor tensor) {
    switch (tensor.dtype()) {
      case F32, F64, BF16 -> {
        for (double value : tensor.toDoubleArray()) {
          if (Double.isFinite(value)) {
            list.add(value);
          } else {
            list.add(Double.toString(value));
          }
        }
      }
      case I32, I64 -> {
        for (long value : tensor.toLongArray()) {
          list.add(value);
        }
      }
      case BOOL -> {
        for (double value : tensor.toDoubleArray()) {
          list.add(value != 0);
        }
      }
    }
  }
}
