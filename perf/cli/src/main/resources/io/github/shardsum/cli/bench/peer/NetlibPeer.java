import dev.ludovic.netlib.blas.JavaBLAS;
import java.io.IOException;
import java.util.Arrays;
import java.util.Scanner;

/**
 * Products by netlib's Java BLAS. Matrices are in row-major order, so that the BLAS, whose order is
 * the other, computes C' = B' A'.
 */
public class NetlibPeer implements PeerProcess {
  private static final JavaBLAS BLAS = JavaBLAS.getInstance();

  private ProductWords product;
  private Object a;
  private Object b;
  private Object c;

  public static void main(String[] arguments) throws IOException {
    PeerProcess.serve(NetlibPeer::new);
  }

  @Override
  public String version() {
    return BLAS.getClass().getSimpleName();
  }

  @Override
  public void prepare(Scanner words) {
    product = ProductWords.read(words);
    a = values(product.left(), product.lengthA());
    b = values(1 - product.left(), product.lengthB());
    c = product.single() ? new float[product.lengthC()] : new double[product.lengthC()];
  }

  private Object values(int operand, int length) {
    return product.single()
        ? PeerProcess.floats(operand, length)
        : PeerProcess.doubles(operand, length);
  }

  @Override
  public double[] compute(int[] samples) {
    run();
    return Arrays.stream(samples)
        .mapToDouble(i -> product.single() ? ((float[]) c)[i] : ((double[]) c)[i])
        .toArray();
  }

  @Override
  public void run() {
    int[] offsets = product.offsets();
    for (int i = 0; i < offsets.length; i += 3) {
      multiply(offsets[i], offsets[i + 1], offsets[i + 2]);
    }
  }

  private void multiply(int atA, int atB, int atC) {
    ProductWords p = product;
    String transA = p.transA() ? "T" : "N";
    String transB = p.transB() ? "T" : "N";
    if (p.single()) {
      BLAS.sgemm(
          transB,
          transA,
          p.n(),
          p.m(),
          p.k(),
          1f,
          (float[]) b,
          atB,
          p.ldb(),
          (float[]) a,
          atA,
          p.lda(),
          0f,
          (float[]) c,
          atC,
          p.ldc());
    } else {
      BLAS.dgemm(
          transB,
          transA,
          p.n(),
          p.m(),
          p.k(),
          1,
          (double[]) b,
          atB,
          p.ldb(),
          (double[]) a,
          atA,
          p.lda(),
          0,
          (double[]) c,
          atC,
          p.ldc());
    }
  }
}
