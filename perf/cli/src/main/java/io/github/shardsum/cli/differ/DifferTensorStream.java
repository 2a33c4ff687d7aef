package io.github.shardsum.cli.differ;

import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.Tensor;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Tensors of known types between two processes: elements in row-major order, 8 bytes each. */
final class DifferTensorStream {
  private DifferTensorStream() {}

  static void write(DataOutputStream out, List<Tensor> tensors) throws IOException {
    for (Tensor tensor : tensors) {
      if (tensor.dtype().isFloating()) {
        for (double element : tensor.toDoubleArray()) {
          out.writeDouble(element);
        }
      } else {
        for (long element : tensor.toLongArray()) {
          out.writeLong(element);
        }
      }
    }
  }

  static List<Tensor> read(DataInputStream in, List<Value> values) throws IOException {
    List<Tensor> tensors = new ArrayList<>();
    for (Value value : values) {
      int count = Math.toIntExact(value.type().shape().elementCount());
      long[] shape = value.type().shape().toArray();
      Tensor tensor;
      if (value.type().dtype().isFloating()) {
        double[] elements = new double[count];
        for (int i = 0; i < count; i++) {
          elements[i] = in.readDouble();
        }
        tensor = Tensor.of(elements, shape);
      } else {
        long[] elements = new long[count];
        for (int i = 0; i < count; i++) {
          elements[i] = in.readLong();
        }
        tensor = Tensor.of(elements, shape);
      }
      tensors.add(tensor.convert(value.type().dtype()));
    }
    return List.copyOf(tensors);
  }
}
