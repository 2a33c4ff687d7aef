import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.util.Arrays;
import java.util.Scanner;

/** Products by DJL's {@code matMul}, which is PyTorch's; matrices lie one behind the other. */
public class DjlPeer implements PeerProcess {
  private final NDManager manager = NDManager.newBaseManager("PyTorch");
  private ProductWords product;
  private NDArray a;
  private NDArray b;

  public static void main(String[] arguments) throws IOException {
    PeerProcess.serve(DjlPeer::new);
  }

  @Override
  public String version() {
    return "PyTorch " + Engine.getEngine("PyTorch").getVersion();
  }

  @Override
  public void prepare(Scanner words) {
    if (a != null) {
      manager.getManagedArrays().forEach(NDArray::close);
    }
    product = ProductWords.read(words);
    a = matrices(product.left(), product.m(), product.k(), product.transA());
    b = matrices(1 - product.left(), product.k(), product.n(), product.transB());
  }

  /** A transposed matrix becomes a view with rows and columns exchanged. */
  private NDArray matrices(int operand, int rows, int columns, boolean transposed) {
    int count = product.offsets().length / 3;
    Shape shape = transposed ? new Shape(count, columns, rows) : new Shape(count, rows, columns);
    int length = count * rows * columns;
    NDArray all =
        product.single()
            ? manager.create(PeerProcess.floats(operand, length), shape)
            : manager.create(PeerProcess.doubles(operand, length), shape);
    NDArray plain = transposed ? all.swapAxes(1, 2) : all;
    return count == 1 ? plain.get(0) : plain;
  }

  @Override
  public double[] compute(int[] samples) {
    try (NDArray result = a.matMul(b)) {
      if (product.single()) {
        float[] values = result.toFloatArray();
        return Arrays.stream(samples).mapToDouble(i -> values[i]).toArray();
      }
      double[] values = result.toDoubleArray();
      return Arrays.stream(samples).mapToDouble(i -> values[i]).toArray();
    }
  }

  @Override
  public void run() {
    a.matMul(b).close();
  }
}
