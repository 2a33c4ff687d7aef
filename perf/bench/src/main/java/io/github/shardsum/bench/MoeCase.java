package io.github.shardsum.bench;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.moe.Activation;
import io.github.shardsum.moe.MoeSizes;
import io.github.shardsum.moe.MoeSpec;
import io.github.shardsum.moe.MoeWeights;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A layer to measure: dropless, top-2, f32.
 *
 * @param sizes the sizes of the layer
 * @param activation the activation of its experts
 * @param backward whether the backward pass is also measured
 * @param besideTorch whether torch's layer is also measured
 */
public record MoeCase(
    MoeSizes sizes, Activation activation, boolean backward, boolean besideTorch) {
  /** Choices of a token. */
  public static final int CHOICES = 2;

  private static final RouteOptions OPTIONS = RouteOptions.parse("top2 second=all capacity=load");
  private static final Pattern NUMBERS = Pattern.compile("\\d{1,9}([,x]\\d{1,9}){4}");
  private static final String BACKWARD = "backward";
  private static final String TORCH = "torch";

  /**
   * Reads a case: G, S, M, H and E, separated by commas or x, then words after colons. The words
   * are an activation (the default is relu), {@code backward} and {@code torch}.
   */
  public static MoeCase parse(String text) {
    String[] words = text.split(":", -1);
    if (!NUMBERS.matcher(words[0]).matches()) {
      throw new IllegalArgumentException(
          "case: must be G,S,M,H,E with :relu, :gelu, :silu, :swiglu, :backward or :torch, got "
              + text);
    }
    long[] n = Arrays.stream(words[0].split("[,x]", -1)).mapToLong(Long::parseLong).toArray();
    List<String> flags = new ArrayList<>(Arrays.asList(words).subList(1, words.length));
    boolean backward = flags.remove(BACKWARD);
    boolean besideTorch = flags.remove(TORCH);
    Activation activation =
        flags.isEmpty()
            ? Activation.RELU
            : Activation.valueOf(flags.removeFirst().toUpperCase(Locale.ROOT));
    if (!flags.isEmpty() || (besideTorch && activation != Activation.RELU)) {
      throw new IllegalArgumentException(
          "case: must have one activation, with torch relu, got " + text);
    }
    MoeSizes sizes = MoeSizes.of(n[0], n[1], n[4], n[2], n[3], OPTIONS);
    return new MoeCase(sizes, activation, backward, besideTorch);
  }

  public MoeSpec spec() {
    return MoeSpec.of(sizes, DType.F32, OPTIONS, Randomness.seeded(1)).withActivation(activation);
  }

  /** Rows of all experts. */
  public long rows() {
    return sizes.groups() * sizes.tokens() * CHOICES;
  }

  /** Bytes of the tokens. */
  public long tokensBytes() {
    return sizes.shape("GSM").elementCount() * Float.BYTES;
  }

  /** Rows of each expert if loads are equal. */
  public long rowsOfExpert() {
    return Math.ceilDiv(rows(), sizes.experts());
  }

  /** The number of products of a row in the forward pass. */
  public int products() {
    return activation.isGated() ? 3 : 2;
  }

  /** FLOPs of the products in the forward pass. */
  public double flops() {
    return 2.0 * rows() * products() * sizes.model() * sizes.hidden();
  }

  /** Tokens, uniform in [-1, 1]. */
  public Tensor tokens() {
    return numbers(1, sizes.shape("GSM"));
  }

  /** The router's weights, from {@link #weights}. */
  public Tensor gate() {
    return MoeWeights.random((int) sizes.model(), 1, (int) sizes.experts(), 3).gate();
  }

  public MoeWeights weights() {
    return MoeWeights.random(spec(), 3);
  }

  /** Uniform numbers in [-1, 1]. */
  static Tensor numbers(long stream, Shape shape) {
    float[] values = new float[Math.toIntExact(shape.elementCount())];
    fill(values, stream);
    return Tensor.of(values, shape.toArray());
  }

  /** Fills an array with the numbers of {@link #numbers}. */
  public static void fill(float[] values, long stream) {
    Philox philox = new Philox(5);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (2 * philox.uniform(i, stream) - 1);
    }
  }

  /** The name of a column: the notation without the kind of measurement. */
  @Override
  public String toString() {
    String numbers =
        format(
            "%d, %d, %d, %d, %d",
            sizes.groups(), sizes.tokens(), sizes.model(), sizes.hidden(), sizes.experts());
    return activation == Activation.RELU
        ? numbers
        : numbers + " " + activation.name().toLowerCase(Locale.ROOT);
  }
}
