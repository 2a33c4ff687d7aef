package io.github.shardsum.lab.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.partition.StepSpan;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class PredictedSkewTest {
  private static StepSpan span(String name, int part, int device, long begin, long end) {
    return new StepSpan(
        name, List.of(2), List.of(), OptionalInt.of(part), false, device, begin, end, 0, 0);
  }

  /**
   * A step of 100 ns, and 300 ns of the experts' products, in which two devices take turns; half of
   * the rows take half of the products' time.
   */
  private static PredictedSkew predicted(int threads) {
    return predicted(threads, 150);
  }

  private static PredictedSkew predicted(int threads, long half) {
    PredictedSkew predicted = new PredictedSkew(threads);
    predicted.add(
        List.of(
            span("moe.experts: moe.rows_send", 0, 0, 0, 60),
            span("moe.experts: moe.rows_send", 0, 1, 40, 100),
            span("moe.experts: moe.rows_experts", 5, 0, 100, 260),
            span("moe.experts: moe.rows_experts", 5, 1, 250, 400)));
    predicted.addHalf(
        List.of(
            span("moe.experts: moe.rows_send", 0, 0, 0, 50),
            span("moe.experts: moe.rows_experts", 5, 0, 100, 100 + half)));
    return predicted;
  }

  /** 300 ns for all rows and 200 for half: 100 are fixed, as much as half of an expert's rows. */
  @Test
  void theFixedTimeOfAnExpertIsWhatHalfOfTheRowsDoNotSave() {
    assertEquals(0, predicted(2).fixedRows(6));
    assertEquals(3, predicted(2, 200).fixedRows(6), 1e-9);
  }

  /** An even load has two experts a thread, each with 6 rows and as much as 3: 18. */
  @Test
  void anExpertWithoutRowsHasNoFixedTime() {
    PredictedSkew predicted = predicted(2, 200);
    assertEquals(1 + 0.75 * (27.0 / 18 - 1), predicted.ratio(new long[] {24, 0, 0, 0}, 4), 1e-9);
    // 15 rows and 3 on one thread, three times 3 and 3 on the other.
    assertEquals(1, predicted.ratio(new long[] {15, 3, 3, 3}, 4), 1e-9);
  }

  @Test
  void theShareIsThatOfTheTimeInWhichAnyDeviceRunsProducts() {
    assertEquals(0.75, predicted(2).share());
  }

  @Test
  void anEvenLoadTakesItsOwnTime() {
    assertEquals(1, predicted(2).ratio(new long[] {5, 5, 5, 5}, 4));
  }

  @Test
  void aThreadWithAllRowsTakesAsLongAsAllThreadsTogether() {
    assertEquals(1 + 0.75, predicted(2).ratio(new long[] {20, 0, 0, 0}, 4));
    assertEquals(1, predicted(1).ratio(new long[] {20, 0, 0, 0}, 4));
  }

  @Test
  void theNextDeviceGoesToTheThreadThatIsFreeFirst() {
    // Ten rows against 2 + 4 + 4, where an even load has 10 a thread.
    assertEquals(1, predicted(2).ratio(new long[] {10, 2, 4, 4}, 4));
    // The last device follows on the thread with 6.
    assertEquals(1 + 0.75 * (14.0 / 10 - 1), predicted(2).ratio(new long[] {6, 6, 0, 8}, 4));
  }
}
