package io.github.shardsum.path;

import java.util.Arrays;
import java.util.Set;

/** Networks that others have published costs for. */
final class PublishedNetworks {
  /** The labels of the 52 operands, from the einsum benchmark (benchmark.einsum.org). */
  private static final String LM_FIRST_LAST =
      "0 1;0 2 3;1 4 5;3 4 6 7;2 8 9;6 10 11;"
          + "7 12 13;5 14 15;9 10 16 17;11 12 18 19;13 14 20 21;8 22 23;"
          + "16 24 25;17 26 27;18 28 29;19 30 31;20 32 33;21 34 35;"
          + "15 36 37;23 24 38 39;25 26 40 41;27 28 42 43;29 30 44 45;31 32 46 47;"
          + "33 34 48 49;35 36 50 51;52 53;52 54 55;53 56 57;55 56 58 59;"
          + "54 60 61;58 62 63;59 64 65;57 66 67;61 62 68 69;63 64 70 71;"
          + "65 66 72 73;60 22 74;68 75 76;69 77 78;70 79 80;71 81 82;"
          + "72 83 84;73 85 86;67 87 37;74 75 38 39;76 77 40 41;78 79 42 43;"
          + "80 81 44 45;82 83 46 47;84 85 48 49;86 87 50 51";

  private static final Set<Integer> OBSERVED =
      Set.of(22, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51);

  private PublishedNetworks() {}

  /**
   * lm_first_last_brackets_4_16d: the first and the last token's distribution in a language model
   * that is a binary tree with disentanglers, 88 labels of size 16, or 7 where a token is seen.
   */
  static Network lmFirstLast() {
    int[][] operands =
        Arrays.stream(LM_FIRST_LAST.split(";", -1))
            .map(term -> Arrays.stream(term.split(" ", -1)).mapToInt(Integer::parseInt).toArray())
            .toArray(int[][]::new);
    long[] sizes = new long[88];
    Arrays.setAll(sizes, label -> OBSERVED.contains(label) ? 7 : 16);
    return Network.of(operands, new int[] {37, 51}, sizes);
  }
}
