import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.Scanner;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/**
 * A peer of Shardsum's benchmark in a JVM of its own: words a line in, a JSON object a line out.
 *
 * <p>{@code prepare} and what the peer wants to know, then {@code SAMPLES (INDEX)*}; after that
 * {@code time CALLS}.
 */
interface PeerProcess {
  /** The version of the measured library, for the report. */
  String version();

  /** Makes the operands of another case; reads up to the samples. */
  void prepare(Scanner words);

  /** Computes the result, and returns those of its elements. */
  double[] compute(int[] samples);

  /** Computes the result. */
  void run();

  /** Answers until there are no more questions. */
  static void serve(Callable<PeerProcess> start) throws IOException {
    PrintStream answer = System.out;
    System.setOut(System.err);
    PeerProcess peer;
    try {
      peer = start.call();
    } catch (Throwable e) { // a library can fail to load in any way
      say(answer, error(e));
      return;
    }
    say(answer, "{\"version\": \"" + peer.version() + "\"}");
    BufferedReader requests = new BufferedReader(new InputStreamReader(System.in));
    for (String line = requests.readLine(); line != null; line = requests.readLine()) {
      String text;
      try {
        text = answer(peer, new Scanner(line));
      } catch (Throwable e) {
        text = error(e);
      }
      say(answer, text);
    }
  }

  private static void say(PrintStream answer, String text) {
    answer.println(text);
    answer.flush();
  }

  private static String error(Throwable e) {
    return "{\"error\": \"" + String.valueOf(e).replaceAll("[\"\\\\\\p{Cntrl}]", " ") + "\"}";
  }

  private static String answer(PeerProcess peer, Scanner words) {
    if (words.next().equals("prepare")) {
      peer.prepare(words);
      return Arrays.stream(peer.compute(numbers(words, words.nextInt())))
          .mapToObj(Double::toString)
          .collect(Collectors.joining(", ", "{\"values\": [", "]}"));
    }
    int calls = words.nextInt();
    long begin = System.nanoTime();
    for (int call = 0; call < calls; call++) {
      peer.run();
    }
    return "{\"seconds\": " + (System.nanoTime() - begin) / 1e9 + "}";
  }

  /** The next numbers. */
  static int[] numbers(Scanner words, int count) {
    int[] numbers = new int[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = words.nextInt();
    }
    return numbers;
  }

  /** Numbers in [-1, 1), a hash of operand and index: the same as Shardsum's own. */
  static double value(int operand, int index) {
    int x = (index + operand * 0x632BE5AB) * 0x9E3779B1;
    x ^= x >>> 15;
    x *= 0x85EBCA77;
    x ^= x >>> 13;
    return (x >>> 8) * 0x1p-23 - 1;
  }

  /** An operand in f32. */
  static float[] floats(int operand, int length) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) value(operand, i);
    }
    return values;
  }

  /** An operand in f64. */
  static double[] doubles(int operand, int length) {
    double[] values = new double[length];
    for (int i = 0; i < length; i++) {
      values[i] = value(operand, i);
    }
    return values;
  }
}
