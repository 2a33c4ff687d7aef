import dev.ludovic.netlib.blas.JavaBLAS;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.Scanner;
import java.util.stream.Collectors;

/**
 * A peer of Shardsum's benchmark: times products by netlib's Java BLAS, words a line in, a JSON
 * object a line out.
 *
 * <p>{@code prepare DTYPE LEFT M N K TRANSA LDA TRANSB LDB LDC LENGTHA LENGTHB LENGTHC PRODUCTS (A
 * B C)* SAMPLES (INDEX)*}, then {@code time CALLS}. Matrices are in row-major order, so that the
 * BLAS, whose order is the other, computes C' = B' A'.
 */
public class NetlibPeer {
  private static final JavaBLAS BLAS = JavaBLAS.getInstance();

  private boolean single;
  private int m;
  private int n;
  private int k;
  private String transA;
  private String transB;
  private int lda;
  private int ldb;
  private int ldc;
  private int[] offsets;
  private Object a;
  private Object b;
  private Object c;

  public static void main(String[] arguments) throws IOException {
    PrintStream answer = System.out;
    System.setOut(System.err);
    answer.printf("{\"version\": \"%s\"}%n", BLAS.getClass().getSimpleName());
    answer.flush();
    NetlibPeer peer = new NetlibPeer();
    BufferedReader requests = new BufferedReader(new InputStreamReader(System.in));
    for (String line = requests.readLine(); line != null; line = requests.readLine()) {
      String text;
      try {
        text = peer.answer(new Scanner(line));
      } catch (Throwable e) {
        text = "{\"error\": \"" + String.valueOf(e).replaceAll("[\"\\\\\\p{Cntrl}]", " ") + "\"}";
      }
      answer.println(text);
      answer.flush();
    }
  }

  private String answer(Scanner words) {
    if (words.next().equals("prepare")) {
      return prepare(words);
    }
    int calls = words.nextInt();
    long begin = System.nanoTime();
    for (int call = 0; call < calls; call++) {
      run();
    }
    return "{\"seconds\": " + (System.nanoTime() - begin) / 1e9 + "}";
  }

  private String prepare(Scanner words) {
    single = words.next().equals("f32");
    int left = words.nextInt();
    m = words.nextInt();
    n = words.nextInt();
    k = words.nextInt();
    transA = words.nextInt() == 1 ? "T" : "N";
    lda = words.nextInt();
    transB = words.nextInt() == 1 ? "T" : "N";
    ldb = words.nextInt();
    ldc = words.nextInt();
    a = values(left, words.nextInt());
    b = values(1 - left, words.nextInt());
    int length = words.nextInt();
    c = single ? new float[length] : new double[length];
    offsets = numbers(words, 3 * words.nextInt());
    run();
    return Arrays.stream(numbers(words, words.nextInt()))
        .mapToObj(i -> String.valueOf(single ? ((float[]) c)[i] : ((double[]) c)[i]))
        .collect(Collectors.joining(", ", "{\"values\": [", "]}"));
  }

  private static int[] numbers(Scanner words, int count) {
    int[] numbers = new int[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = words.nextInt();
    }
    return numbers;
  }

  private void run() {
    for (int i = 0; i < offsets.length; i += 3) {
      int atA = offsets[i];
      int atB = offsets[i + 1];
      int atC = offsets[i + 2];
      if (single) {
        BLAS.sgemm(
            transB,
            transA,
            n,
            m,
            k,
            1f,
            (float[]) b,
            atB,
            ldb,
            (float[]) a,
            atA,
            lda,
            0f,
            (float[]) c,
            atC,
            ldc);
      } else {
        BLAS.dgemm(
            transB,
            transA,
            n,
            m,
            k,
            1,
            (double[]) b,
            atB,
            ldb,
            (double[]) a,
            atA,
            lda,
            0,
            (double[]) c,
            atC,
            ldc);
      }
    }
  }

  /** Numbers in [-1, 1), a hash of operand and index: the same as Shardsum's own. */
  private Object values(int operand, int length) {
    float[] floats = new float[single ? length : 0];
    double[] doubles = new double[single ? 0 : length];
    for (int i = 0; i < length; i++) {
      int x = (i + operand * 0x632BE5AB) * 0x9E3779B1;
      x ^= x >>> 15;
      x *= 0x85EBCA77;
      x ^= x >>> 13;
      double value = (x >>> 8) * 0x1p-23 - 1;
      if (single) {
        floats[i] = (float) value;
      } else {
        doubles[i] = value;
      }
    }
    return single ? floats : doubles;
  }
}
