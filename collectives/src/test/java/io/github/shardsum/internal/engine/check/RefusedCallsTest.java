package io.github.shardsum.internal.engine.check;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Collective.AllGather;
import io.github.shardsum.collective.Collective.AllReduce;
import io.github.shardsum.collective.Collective.AllToAll;
import io.github.shardsum.collective.Collective.Exchange;
import io.github.shardsum.collective.Collective.RaggedAllToAll;
import io.github.shardsum.collective.Collective.ReduceScatter;
import io.github.shardsum.collective.CollectiveException;
import io.github.shardsum.collective.CollectiveMismatchException;
import io.github.shardsum.collective.CollectiveTimeoutException;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.collective.DeviceFailedException;
import io.github.shardsum.collective.Participant;
import io.github.shardsum.collective.RaggedCounts;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.collective.TransportException;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A call that no group can answer is refused with its rule, before anything is written. */
final class RefusedCallsTest {
  private static final List<String> X = List.of("x");
  private final Collectives three = Collectives.open(Mesh.of("x", 3));

  @AfterEach
  void close() {
    three.close();
  }

  private static List<Tensor> fresh(DType dtype, long... shape) {
    return IntStream.range(0, 3).mapToObj(_ -> Tensor.full(dtype, 1, shape)).toList();
  }

  private void refused(String rule, Collective collective, List<Tensor> x) {
    String said =
        assertThrows(IllegalArgumentException.class, () -> three.run(collective, x)).getMessage();
    assertTrue(said.startsWith(collective + ": ") && said.contains(rule), said);
  }

  private void refused(String rule, Collective collective, List<Tensor> x, List<Tensor> out) {
    String said =
        assertThrows(IllegalArgumentException.class, () -> three.runInto(collective, x, out))
            .getMessage();
    assertTrue(said.startsWith(collective + ": ") && said.contains(rule), said);
    for (Tensor each : out) {
      assertArrayEquals(
          Tensor.full(each.dtype(), 1, each.shape().toArray()).toDoubleArray(),
          each.toDoubleArray());
    }
  }

  @Test
  void flagsHaveNoMean() {
    List<Tensor> flags = fresh(DType.BOOL, 3);
    String rule = "the dtype must have a mean, got bool [3]; convert first";
    refused(rule, new AllReduce(Reduction.MEAN, "x"), flags);
    refused(rule, new ReduceScatter(Reduction.MEAN, 0, "x"), flags);
    assertEquals(1, three.run(new AllReduce(Reduction.MAX, "x"), flags).getFirst().getDouble(0));
  }

  @Test
  void aTotalIsThatOfTheResult() {
    AllGather four = new AllGather(X, 0, OptionalLong.of(4));
    String rule = "the result's size of dimension 0 must be the total";
    refused(rule, four, fresh(DType.F32, 2), fresh(DType.F32, 6));
    // Chunks of 4 over three are 2, 2 and 0.
    List<Tensor> chunks =
        List.of(
            Tensor.full(DType.F32, 1, 2), Tensor.full(DType.F32, 2, 2), Tensor.zeros(DType.F32, 0));
    for (Tensor each : three.run(four, chunks)) {
      assertArrayEquals(new double[] {1, 1, 2, 2}, each.toDoubleArray());
    }
    refused("must be 0, that of part 2 of", four, fresh(DType.F32, 2));
    refused(
        "must be 0, that of part 2 of",
        new AllToAll(X, 0, 1, OptionalLong.of(4)),
        fresh(DType.F32, 3, 2));
  }

  @Test
  void aTotalIsANumber() {
    Tensor huge = Tensor.full(DType.F32, 1, 1).broadcastTo(Shape.of(Long.MAX_VALUE / 2));
    refused("below 2^63", new AllGather(0, "x"), Collections.nCopies(3, huge));
  }

  @Test
  void aSwapAlongOneDimensionIsOfEqualParts() {
    refused("multiple of the 3 members", new AllToAll(0, 0, "x"), fresh(DType.F32, 4));
    refused("must have dimension 1", new AllToAll(0, 1, "x"), fresh(DType.F32, 3));
    refused("must have dimension 1", new AllToAll(1, 0, "x"), fresh(DType.F32, 3));
  }

  @Test
  void anExchangeIsOfTheAxes() {
    Exchange two = new Exchange(0, Cut.chunks(6, 2), Cut.chunks(6, 2), "x");
    refused("parts of the cuts must be the axes' sizes [3]", two, fresh(DType.F32, 3));
    Exchange right = new Exchange(0, Cut.chunks(6, 3), Cut.aligned(6, 3, List.of(3)), "x");
    refused("must have dimension 0", right, fresh(DType.F32));
    refused("must be 2, that of part 0 of", right, fresh(DType.F32, 3));
  }

  private static RaggedCounts counts(long... each) {
    return RaggedCounts.of(each, each);
  }

  @Test
  void rowsAreCountedForEachMember() {
    RaggedAllToAll none = new RaggedAllToAll("x");
    refused("expected counts of rows, got none", none, fresh(DType.F32, 3, 2));
    RaggedAllToAll two = none.with(Collections.nCopies(3, counts(1, 1)));
    refused("counts must be for 3 members", two, fresh(DType.F32, 3, 2));
    RaggedAllToAll all = none.with(Collections.nCopies(3, counts(1, 1, 1)));
    refused("must have at least 3 rows, got f32 [2, 2]", all, fresh(DType.F32, 2, 2));
    refused("must have dimension 0", all, fresh(DType.F32));
    for (long[] out : new long[][] {{3}, {2, 2}, {3, 3}}) {
      refused("the result must be f32 [3, 2]", all, fresh(DType.F32, 3, 2), fresh(DType.F32, out));
    }
    refused("must be f32 [3, 2]", all, fresh(DType.F32, 3, 2), fresh(DType.F64, 3, 2));
    // More room than rows is no fault.
    assertDoesNotThrow(() -> three.runInto(all, fresh(DType.F32, 3, 2), fresh(DType.F32, 5, 2)));
    Tensor x = Tensor.zeros(DType.F32, 3, 2);
    String said =
        assertThrows(IllegalArgumentException.class, () -> DeviceCall.of(all, x, Optional.empty()))
            .getMessage();
    assertEquals(all + ": counts must be those of one device, got those of 3", said);
  }

  @Test
  void countsOfManyMembersAreNamedByTheirNumber() {
    Tensor x = Tensor.zeros(DType.F32, 20, 2);
    for (int members : new int[] {16, 17}) {
      RaggedCounts counts =
          counts(Collections.nCopies(members, 1L).stream().mapToLong(n -> n).toArray());
      String said =
          CallRules.describe(DeviceCall.of(new RaggedAllToAll(counts, "x"), x, Optional.empty()));
      assertEquals(members == 17, said.endsWith("of f32 [20, 2], counts for 17"), said);
    }
  }

  @Test
  void whatIsAskedIsTheSameWithoutTotalsAndCounts() {
    Tensor x = Tensor.zeros(DType.F32, 2, 2);
    List<List<Collective>> equal =
        List.of(
            List.of(new AllGather(X, 0, OptionalLong.of(4)), new AllGather(0, "x")),
            List.of(new AllToAll(X, 0, 1, OptionalLong.of(4)), new AllToAll(0, 1, "x")),
            List.of(new RaggedAllToAll(counts(1), "x"), new RaggedAllToAll("x")));
    for (List<Collective> pair : equal) {
      List<DeviceCall> calls =
          pair.stream().map(each -> DeviceCall.of(each, x, Optional.empty())).toList();
      assertTrue(calls.getFirst().asksAs(calls.getLast()), pair::toString);
    }
    for (int i = 0; i < 3; i++) {
      DeviceCall one = DeviceCall.of(equal.get(i).getFirst(), x, Optional.empty());
      DeviceCall other = DeviceCall.of(equal.get((i + 1) % 3).getFirst(), x, Optional.empty());
      assertEquals(false, one.asksAs(other), one::toString);
    }
  }

  /** Others may read a tensor in flight, and nobody may write it. */
  @Test
  void callsApart() {
    AllReduce sum = new AllReduce(Reduction.SUM, "x");
    Tensor memory = Tensor.zeros(DType.F32, 8);
    Tensor low = memory.slice(0, 0, 4);
    Tensor high = memory.slice(0, 4, 8);
    Tensor middle = memory.slice(0, 3, 5);
    Tensor even = Tensor.ofStrided(DType.F32, memory.segment(), 0, Shape.of(4), 2);
    Tensor odd = Tensor.ofStrided(DType.F32, memory.segment(), 1, Shape.of(4), 2);
    apart(call(sum, low, high), call(sum, low, Tensor.zeros(DType.F32, 4)));
    apart(call(sum, even, even), call(sum, odd, odd));
    touches("operand", call(sum, low, high), call(sum, high, Tensor.zeros(DType.F32, 4)));
    touches("result", call(sum, low, high), call(sum, Tensor.zeros(DType.F32, 4), low));
    touches("result", call(sum, high, even), call(sum, Tensor.zeros(DType.F32, 4), low));
    touches("operand", call(sum, high, low), call(sum, middle, Tensor.zeros(DType.F32, 2)));
    touches(
        "result",
        call(sum, middle, odd),
        call(sum, Tensor.zeros(DType.F32, 4), even.slice(0, 1, 3)));
    Tensor other = Tensor.of(DType.F32, MemorySegment.ofArray(new float[8]), 8);
    apart(call(sum, memory, memory), call(sum, other, other));
  }

  private static DeviceCall call(Collective collective, Tensor x, Tensor out) {
    return new DeviceCall(collective, x, Optional.of(out), Optional.empty());
  }

  private static void apart(DeviceCall flying, DeviceCall next) {
    assertDoesNotThrow(() -> AliasCheck.checkApart("a", List.of(flying), List.of(next)));
  }

  private static void touches(String what, DeviceCall flying, DeviceCall next) {
    String said =
        assertThrows(
                IllegalArgumentException.class,
                () -> AliasCheck.checkApart("a", List.of(flying), List.of(next)))
            .getMessage();
    assertEquals(
        "all-reduce SUM over x: must not touch what a has in flight, got a "
            + what
            + " that overlaps it",
        said);
  }

  /** A failure is the same kind of failure for all threads, and for each call behind it. */
  @Test
  void aFailureKeepsItsKind() {
    Participant who = new Participant(1, 0, 7, "request", "site");
    List<Participant> all = List.of(who);
    IllegalStateException cause = new IllegalStateException("cause");
    for (CollectiveException first :
        List.of(
            new CollectiveMismatchException("m", all, cause),
            new CollectiveTimeoutException("t", all, cause),
            new DeviceFailedException("d", all, cause),
            new TransportException("n", all, cause))) {
      CollectiveException again = CallExceptions.again(first);
      assertSame(first.getClass(), again.getClass());
      assertEquals(first.summary(), again.summary());
      assertEquals(all, again.participants());
      assertSame(cause, again.getCause());
      CollectiveException later = CallExceptions.before(first);
      assertSame(first.getClass(), later.getClass());
      assertTrue(later.summary().endsWith("The first failure: " + first.summary()));
      assertEquals(List.of(), later.participants());
      assertSame(first, later.getCause());
    }
    CollectiveTimeoutException bare = new CollectiveTimeoutException("late", all);
    assertSame(bare, CallExceptions.again(bare).getCause());
  }
}
