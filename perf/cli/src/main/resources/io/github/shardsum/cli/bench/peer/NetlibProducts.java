import dev.ludovic.netlib.blas.JavaBLAS;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.Scanner;
import java.util.stream.Collectors;

/**
 * Products by netlib's Java BLAS in a JVM of its own: words a line in, a JSON object a line out.
 * {@code prepare} and a {@link Product}, then {@code SAMPLES (INDEX)*}; after that {@code time
 * CALLS}. Matrices are in row-major order, so that the BLAS, whose order is the other, computes C'
 * = B' A'.
 */
public class NetlibProducts {
  private static final JavaBLAS BLAS = JavaBLAS.getInstance();

  private Product product;
  private Object a;
  private Object b;
  private Object c;

  /**
   * A loop of products {@code C[m, n] = A[m, k] B[k, n]} of row-major matrices, as its words say:
   * {@code DTYPE LEFT M N K TRANSA LDA TRANSB LDB LDC LENGTHA LENGTHB LENGTHC PRODUCTS (A B C)*}.
   *
   * @param single whether in f32; else in f64
   * @param left the operand that A is
   * @param offsets elements before A, B and C, of each product
   */
  record Product(
      boolean single,
      int left,
      int m,
      int n,
      int k,
      boolean transA,
      int lda,
      boolean transB,
      int ldb,
      int ldc,
      int lengthA,
      int lengthB,
      int lengthC,
      int[] offsets) {
    static Product read(Scanner words) {
      return new Product(
          words.next().equals("f32"),
          words.nextInt(),
          words.nextInt(),
          words.nextInt(),
          words.nextInt(),
          words.nextInt() == 1,
          words.nextInt(),
          words.nextInt() == 1,
          words.nextInt(),
          words.nextInt(),
          words.nextInt(),
          words.nextInt(),
          words.nextInt(),
          numbers(words, 3 * words.nextInt()));
    }
  }

  /** Answers until there are no more questions. */
  public static void main(String[] arguments) throws IOException {
    PrintStream answer = System.out;
    System.setOut(System.err);
    NetlibProducts products = new NetlibProducts();
    say(answer, "{\"version\": \"" + BLAS.getClass().getSimpleName() + "\"}");
    BufferedReader requests = new BufferedReader(new InputStreamReader(System.in));
    for (String line = requests.readLine(); line != null; line = requests.readLine()) {
      String text;
      try {
        text = products.answer(new Scanner(line));
      } catch (Throwable e) {
        String why = String.valueOf(e).replaceAll("[\"\\\\\\p{Cntrl}]", " ");
        text = "{\"error\": \"" + why + "\"}";
      }
      say(answer, text);
    }
  }

  private static void say(PrintStream answer, String text) {
    answer.println(text);
    answer.flush();
  }

  private String answer(Scanner words) {
    if (words.next().equals("prepare")) {
      product = Product.read(words);
      a = values(product.left(), product.lengthA());
      b = values(1 - product.left(), product.lengthB());
      c = product.single() ? new float[product.lengthC()] : new double[product.lengthC()];
      run();
      return Arrays.stream(numbers(words, words.nextInt()))
          .mapToDouble(i -> product.single() ? ((float[]) c)[i] : ((double[]) c)[i])
          .mapToObj(Double::toString)
          .collect(Collectors.joining(", ", "{\"values\": [", "]}"));
    }
    int calls = words.nextInt();
    long begin = System.nanoTime();
    for (int call = 0; call < calls; call++) {
      run();
    }
    return "{\"seconds\": " + (System.nanoTime() - begin) / 1e9 + "}";
  }

  private static int[] numbers(Scanner words, int count) {
    int[] numbers = new int[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = words.nextInt();
    }
    return numbers;
  }

  private Object values(int operand, int length) {
    double[] values = new double[length];
    Arrays.setAll(values, i -> value(operand, i));
    if (!product.single()) {
      return values;
    }
    float[] rounded = new float[length];
    for (int i = 0; i < length; i++) {
      rounded[i] = (float) values[i];
    }
    return rounded;
  }

  /** Numbers in [-1, 1), a hash of operand and index: the same as Shardsum's own. */
  private static double value(int operand, int index) {
    int x = (index + operand * 0x632BE5AB) * 0x9E3779B1;
    x ^= x >>> 15;
    x *= 0x85EBCA77;
    x ^= x >>> 13;
    return (x >>> 8) * 0x1p-23 - 1;
  }

  private void run() {
    int[] offsets = product.offsets();
    for (int i = 0; i < offsets.length; i += 3) {
      multiply(offsets[i], offsets[i + 1], offsets[i + 2]);
    }
  }

  private void multiply(int atA, int atB, int atC) {
    Product p = product;
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
