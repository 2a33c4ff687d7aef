package io.github.shardsum.internal.contraction;

/** Exponents of arrays of f32 or f64, and products of arrays with powers of two. */
public final class PowersOfTwo {
  /** The exponent of an array without elements other than 0. */
  public static final long ZEROS = Long.MIN_VALUE;

  private static final int FLOAT_MAGNITUDE = Integer.MAX_VALUE;
  private static final int FLOAT_INFINITY = Float.floatToRawIntBits(Float.POSITIVE_INFINITY);
  private static final long DOUBLE_INFINITY = Double.doubleToRawLongBits(Double.POSITIVE_INFINITY);

  /**
   * Number of exponents of subnormal numbers, which are below the least exponent of a normal
   * number.
   */
  private static final int SUBNORMAL_BITS = 54;

  private PowersOfTwo() {}

  /** The exponent of a product of values. */
  static long sum(long exponent, long other) {
    return exponent == ZEROS || other == ZEROS ? ZEROS : exponent + other;
  }

  /**
   * Divides elements by the power of two that brings the largest finite magnitude into [1, 2).
   *
   * @param array a {@code float[]} or {@code double[]}
   * @param n number of its first elements
   * @return the exponent of that power; 0 without finite elements other than 0, {@link #ZEROS} if
   *     all elements are 0
   */
  static long takeOut(Object array, int n) {
    long exponent = exponent(array, n);
    if (exponent != ZEROS && exponent != 0) {
      multiply(array, n, -exponent);
    }
    return exponent;
  }

  /**
   * The exponent of the largest finite magnitude.
   *
   * @param array a {@code float[]} or {@code double[]}
   * @param n number of its first elements
   * @return the exponent; 0 without finite elements other than 0, {@link #ZEROS} if all are 0
   */
  private static long exponent(Object array, int n) {
    double largest = largest(array, n);
    return largest == 0 && finite(array, n) ? ZEROS : exponent(largest);
  }

  /** The exponent of a magnitude; that of 0 is 0. */
  public static int exponent(double magnitude) {
    if (magnitude == 0) {
      return 0;
    }
    return magnitude < Double.MIN_NORMAL
        ? Math.getExponent(Math.scalb(magnitude, SUBNORMAL_BITS)) - SUBNORMAL_BITS
        : Math.getExponent(magnitude);
  }

  /** Whether no element is infinite or NaN. */
  static boolean allFinite(Object array) {
    return finite(array, length(array));
  }

  /** Multiplies all elements by a power of two. */
  static void multiply(Object array, long exponent) {
    multiply(array, length(array), exponent);
  }

  /**
   * Multiplies elements by a power of two.
   *
   * @param array a {@code float[]} or {@code double[]}
   * @param n number of its first elements
   * @param exponent the exponent of the power, of any size
   */
  public static void multiply(Object array, int n, long exponent) {
    long left = exponent;
    int most = array instanceof float[] ? Float.MAX_EXPONENT - 1 : Double.MAX_EXPONENT - 1;
    // A factor must be a normal number. After four such factors nothing but 0 or infinity is left.
    for (int i = 0; i < 4 && left != 0; i++) {
      int part = Math.clamp(left, -most, most);
      multiplyOnce(array, n, part);
      left -= part;
    }
  }

  private static void multiplyOnce(Object array, int n, int exponent) {
    switch (array) {
      case float[] x -> {
        float factor = Math.scalb(1f, exponent);
        for (int i = 0; i < n; i++) {
          x[i] *= factor;
        }
      }
      case double[] x -> {
        double factor = Math.scalb(1.0, exponent);
        for (int i = 0; i < n; i++) {
          x[i] *= factor;
        }
      }
      default -> throw new IllegalStateException("array: " + array.getClass());
    }
  }

  private static int length(Object array) {
    return switch (array) {
      case float[] x -> x.length;
      case double[] x -> x.length;
      default -> throw new IllegalStateException("array: " + array.getClass());
    };
  }

  private static boolean finite(Object array, int n) {
    return switch (array) {
      case float[] x -> largestBits(x, n) < FLOAT_INFINITY;
      case double[] x -> largestBits(x, n) < DOUBLE_INFINITY;
      default -> throw new IllegalStateException("array: " + array.getClass());
    };
  }

  /**
   * The largest finite magnitude, 0 if there is none.
   *
   * @param array a {@code float[]} or {@code double[]}
   * @param n number of its first elements
   */
  public static double largest(Object array, int n) {
    return switch (array) {
      case float[] x -> {
        int bits = largestBits(x, n);
        yield bits < FLOAT_INFINITY ? Float.intBitsToFloat(bits) : largestFinite(x, n);
      }
      case double[] x -> {
        long bits = largestBits(x, n);
        yield bits < DOUBLE_INFINITY ? Double.longBitsToDouble(bits) : largestFinite(x, n);
      }
      default -> throw new IllegalStateException("array: " + array.getClass());
    };
  }

  /** Bits of magnitudes are in the order of the magnitudes, infinity and NaN above all others. */
  private static int largestBits(float[] x, int n) {
    int largest = 0;
    for (int i = 0; i < n; i++) {
      largest = Math.max(largest, Float.floatToRawIntBits(x[i]) & FLOAT_MAGNITUDE);
    }
    return largest;
  }

  private static long largestBits(double[] x, int n) {
    long largest = 0;
    for (int i = 0; i < n; i++) {
      largest = Math.max(largest, Double.doubleToRawLongBits(x[i]) & Long.MAX_VALUE);
    }
    return largest;
  }

  private static float largestFinite(float[] x, int n) {
    float largest = 0;
    for (int i = 0; i < n; i++) {
      largest = Float.isFinite(x[i]) ? Math.max(largest, Math.abs(x[i])) : largest;
    }
    return largest;
  }

  private static double largestFinite(double[] x, int n) {
    double largest = 0;
    for (int i = 0; i < n; i++) {
      largest = Double.isFinite(x[i]) ? Math.max(largest, Math.abs(x[i])) : largest;
    }
    return largest;
  }
}
