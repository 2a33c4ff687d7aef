import java.util.Scanner;

/**
 * A loop of products {@code C[m, n] = A[m, k] B[k, n]} of row-major matrices, as its words say:
 * {@code DTYPE LEFT M N K TRANSA LDA TRANSB LDB LDC LENGTHA LENGTHB LENGTHC PRODUCTS (A B C)*}.
 *
 * @param single whether in f32; else in f64
 * @param left the operand that A is
 * @param offsets elements before A, B and C, of each product
 */
record ProductWords(
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
  static ProductWords read(Scanner words) {
    return new ProductWords(
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
        PeerProcess.numbers(words, 3 * words.nextInt()));
  }
}
