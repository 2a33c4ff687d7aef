package io.github.shardsum.cli.bench;

import io.github.shardsum.cli.bench.peer.BenchCase;
import io.github.shardsum.cli.bench.peer.CompiledGather;
import io.github.shardsum.cli.bench.peer.PeerInputs;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.Epilogue;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.grouped.GroupedProduct;
import io.github.shardsum.measure.InterleavedTimer;
import io.github.shardsum.measure.Interval;
import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.measure.PairedTiming;
import io.github.shardsum.measure.Timed;
import io.github.shardsum.ops.ByteVectors;
import io.github.shardsum.ops.Elementwise;
import io.github.shardsum.ops.Movement;
import io.github.shardsum.ops.Reductions;
import io.github.shardsum.ops.Target;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/** The cases of single kernels, with their targets. */
final class KernelCases {
  private static final int ELEMENTS = 1 << 20;

  /** Experts, rows and widths of gshard-ffn-in-L. */
  private static final int EXPERTS = 16;

  private static final int ROWS = 4096;
  private static final int MODEL = 512;
  private static final int HIDDEN = 2048;

  /**
   * Rows of an expert and terms of its sums, as in an expert's product {@code EGCM,EMH->EGCH} with
   * a small M.
   */
  private static final int FEW_ROWS = 1024;

  private static final int FEW_TERMS = 128;

  /** A product with operations on its sums may take 1.05 times as long as one without. */
  private static final double LEAST_FUSED = 1 / 1.05;

  private static final int GATHERED = 32_768;

  /** Elements of an embedding. */
  private static final int DIMENSIONS = 768;

  /** Number of queries in a search for several at once. */
  private static final int QUERIES = 32;

  /**
   * Calls over which allocation is averaged and rounded down, so that a rare array does not count.
   */
  private static final int COUNTED = 10_000;

  /** Time for which calls are counted. The JIT finishes in it, and the least count is kept. */
  private static final long COUNTED_NANOS = 1_000_000_000;

  private KernelCases() {}

  /** All cases of single kernels. */
  static List<KernelCase> all() {
    List<KernelCase> all = new ArrayList<>();
    all.add(
        atLeast("grouped-zipf", "of the dense product's speed", 0.9, true, KernelCases::grouped));
    for (DType dtype : new DType[] {DType.F32, DType.BF16}) {
      for (Finish finish : Finish.values()) {
        all.add(
            new KernelCase(
                KernelCase.FUSED,
                finish.name().toLowerCase(Locale.ROOT) + "-" + dtype,
                "of the bare product's speed",
                false,
                LEAST_FUSED,
                true,
                (workers, rounds) -> fused(workers, rounds, dtype, finish)));
      }
    }
    all.add(atLeast("gather-rows", "of C's speed", 0.9, false, KernelCases::gather));
    for (int row : new int[] {64, 256, 1024}) {
      all.add(atMost("softmax-" + row, "ns an element", 0.8, (w, r) -> softmax(w, r, row)));
    }
    all.add(atMost("exp", "ns an element", 0.3, KernelCases::exp));
    all.add(atMost("compiled-mm4", "ns a call", 100, (_, r) -> nanos(r, 1, compiled("mm4"))));
    all.add(atMost("compiled-mm4-bytes", "bytes a call", 0, (_, _) -> bytes(compiled("mm4"))));
    all.add(atMost("compiled-dot8", "ns a call", 40, (_, r) -> nanos(r, 1, compiled("dot8"))));
    all.add(atMost("compiled-dot8-bytes", "bytes a call", 0, (_, _) -> bytes(compiled("dot8"))));
    all.add(atMost("cached-einsum", "ns a call", 1000, (_, r) -> nanos(r, 1, cached())));
    all.add(atMost("sum-1e7-error", "of the absolute terms", 1e-6, (w, _) -> error(w, "i->")));
    all.add(atMost("dot-1e7-error", "of the absolute terms", 1e-6, (w, _) -> error(w, "i,i->")));
    all.add(atLeast("search-i8", "of f32's speed", 1.5, false, KernelCases::search));
    all.add(atLeast("search-i8-32", "of f32's speed", 0.8, false, KernelCases::searchMany));
    all.add(atLeast("search-bf16", "of f32's speed", 1, false, KernelCases::searchBf16));
    all.add(atLeast("search-segment", "of arrays' speed", 0.9, false, KernelCases::searchSegment));
    all.add(atMost("search-i8-bytes", "bytes a call", 0, (_, _) -> bytes(bytesSearch(64))));
    all.addAll(FreshJvm.cases());
    return all;
  }

  private static KernelCase atLeast(
      String id, String unit, double wanted, boolean anyThreads, KernelCase.Measure measure) {
    return new KernelCase(KernelCase.KERNEL, id, unit, false, wanted, anyThreads, measure);
  }

  private static KernelCase atMost(
      String id, String unit, double wanted, KernelCase.Measure measure) {
    return new KernelCase(KernelCase.KERNEL, id, unit, true, wanted, false, measure);
  }

  /** Sizes of groups by Zipf's law, some of them 0, shuffled in a fixed way. */
  static int[] zipf(int groups, int rows) {
    double[] shares = new double[groups];
    Arrays.setAll(shares, i -> 1.0 / (i + 1));
    double all = Arrays.stream(shares).sum();
    int[] sizes = new int[groups];
    int left = rows;
    for (int i = groups - 1; i > 0; i--) {
      sizes[i] = i % 8 == 7 ? 0 : (int) (rows * shares[i] / all);
      left -= sizes[i];
    }
    sizes[0] = left;
    SplittableRandom random = new SplittableRandom(1);
    for (int i = groups - 1; i > 0; i--) {
      int other = random.nextInt(i + 1);
      int size = sizes[i];
      sizes[i] = sizes[other];
      sizes[other] = size;
    }
    return sizes;
  }

  private static Interval grouped(Workers workers, InterleavedTimer rounds)
      throws MeasurementException {
    Tensor x = PeerInputs.heap(0, Shape.of(ROWS, MODEL), DType.F32);
    Tensor experts = PeerInputs.heap(1, Shape.of(EXPERTS, MODEL, HIDDEN), DType.F32);
    Tensor one = PeerInputs.heap(2, Shape.of(MODEL, HIDDEN), DType.F32);
    Tensor sizes = Tensor.of(zipf(EXPERTS, ROWS), EXPERTS);
    Tensor out = Tensor.zeros(DType.F32, ROWS, HIDDEN);
    Einsum dense =
        Einsum.compile(
            "rk,kn->rn", EinsumOptions.defaults().withWorkers(workers), OperandSpec.like(x, one));
    return ratio(
        rounds,
        Timed.of(() -> dense.runInto(out, x, one)),
        () -> GroupedProduct.rowsInto(workers, out, x, experts, sizes, Epilogue.none()));
  }

  /** Operations on the sums of a product; {@code BETA} includes alpha. */
  private enum Finish {
    SCALE,
    BIAS,
    RELU,
    ALL,
    ALPHA,
    BETA
  }

  /** An expert product with few terms, where the result takes the largest share of the time. */
  private static Interval fused(
      Workers workers, InterleavedTimer rounds, DType dtype, Finish finish)
      throws MeasurementException {
    Tensor x = PeerInputs.heap(0, Shape.of(EXPERTS, FEW_ROWS, FEW_TERMS), DType.F32).convert(dtype);
    Tensor experts =
        PeerInputs.heap(1, Shape.of(EXPERTS, FEW_TERMS, MODEL), DType.F32).convert(dtype);
    Tensor bias = PeerInputs.heap(2, Shape.of(MODEL), DType.F32);
    Epilogue epilogue =
        switch (finish) {
          case SCALE -> Epilogue.none().withScale(0.5);
          case BIAS -> Epilogue.none().withBias("H", bias);
          case RELU -> Epilogue.none().withRelu();
          case ALL -> Epilogue.none().withScale(0.5).withBias("H", bias).withRelu();
          case ALPHA, BETA -> Epilogue.none();
        };
    double alpha = finish == Finish.ALPHA || finish == Finish.BETA ? 0.5 : 1;
    double beta = finish == Finish.BETA ? 0.5 : 0;
    Tensor out = Tensor.zeros(dtype, EXPERTS, FEW_ROWS, MODEL);
    EinsumOptions options = EinsumOptions.defaults().withWorkers(workers);
    Einsum bare = Einsum.compile("ECM,EMH->ECH", options, OperandSpec.like(x, experts));
    Einsum fused =
        Einsum.compile(
            "ECM,EMH->ECH", options.withEpilogue(epilogue), OperandSpec.like(x, experts));
    return ratio(
        rounds,
        Timed.of(() -> bare.runInto(out, x, experts)),
        () -> fused.runInto(alpha, beta, out, x, experts));
  }

  private static Interval gather(Workers workers, InterleavedTimer rounds)
      throws MeasurementException {
    CompiledGather compiled = CompiledGather.load();
    long[] index = new SplittableRandom(2).longs(GATHERED, 0, GATHERED).toArray();
    Tensor table = PeerInputs.heap(0, Shape.of(GATHERED, MODEL), DType.F32);
    Tensor rows = Tensor.of(index, GATHERED);
    Tensor out = Tensor.zeros(DType.F32, GATHERED, MODEL);
    Timed inC = Timed.of(compiled.prepared(index, MODEL));
    return ratio(rounds, inC, () -> Movement.take(Target.into(workers, out), table, rows, 0));
  }

  /** One query over documents that do not fit in the second-level cache. */
  private static Interval search(Workers workers, InterleavedTimer rounds)
      throws MeasurementException {
    Tensor documents = PeerInputs.heap(0, Shape.of(ROWS, DIMENSIONS), DType.F32);
    Tensor query = PeerInputs.heap(1, Shape.of(DIMENSIONS), DType.F32);
    return ratio(rounds, Timed.of(scores(workers, documents, query)), bytesSearch(ROWS));
  }

  /** Scores of documents: {@code nd,d->n} for one query, {@code nd,qd->nq} for several. */
  private static Runnable scores(Workers workers, Tensor documents, Tensor queries) {
    Einsum einsum =
        Einsum.compile(
            queries.rank() == 1 ? "nd,d->n" : "nd,qd->nq",
            EinsumOptions.defaults().withWorkers(workers),
            OperandSpec.like(documents, queries));
    Tensor out = Tensor.zeros(documents.dtype(), einsum.outputShape());
    return () -> einsum.runInto(out, documents, queries);
  }

  private static Interval searchMany(Workers workers, InterleavedTimer rounds)
      throws MeasurementException {
    Tensor documents = PeerInputs.heap(0, Shape.of(ROWS, DIMENSIONS), DType.F32);
    Tensor queries = PeerInputs.heap(1, Shape.of(QUERIES, DIMENSIONS), DType.F32);
    Timed floats = Timed.of(scores(workers, documents, queries));
    return ratio(rounds, floats, bytesSearch(ROWS, QUERIES));
  }

  private static Interval searchBf16(Workers workers, InterleavedTimer rounds)
      throws MeasurementException {
    Tensor documents = PeerInputs.heap(0, Shape.of(ROWS, DIMENSIONS), DType.F32);
    Tensor query = PeerInputs.heap(1, Shape.of(DIMENSIONS), DType.F32);
    Runnable halves = scores(workers, documents.convert(DType.BF16), query.convert(DType.BF16));
    return ratio(rounds, Timed.of(scores(workers, documents, query)), halves);
  }

  private static Interval searchSegment(Workers workers, InterleavedTimer rounds)
      throws MeasurementException {
    Tensor documents = PeerInputs.heap(0, Shape.of(ROWS, DIMENSIONS), DType.F32);
    Tensor query = PeerInputs.heap(1, Shape.of(DIMENSIONS), DType.F32);
    Tensor mapped = Tensor.allocate(Arena.ofAuto(), DType.F32, documents.shape());
    mapped.assign(documents);
    return ratio(
        rounds, Timed.of(scores(workers, documents, query)), scores(workers, mapped, query));
  }

  private static Runnable bytesSearch(int count) {
    return bytesSearch(count, 1);
  }

  private static Runnable bytesSearch(int count, int queries) {
    SplittableRandom random = new SplittableRandom(4);
    byte[] documents = new byte[count * DIMENSIONS];
    random.nextBytes(documents);
    byte[] query = new byte[queries * DIMENSIONS];
    random.nextBytes(query);
    ByteVectors vectors = ByteVectors.of(documents, count, DIMENSIONS);
    ByteVectors some = ByteVectors.of(query, queries, DIMENSIONS);
    MemorySegment scores = MemorySegment.ofArray(new int[count * queries]);
    return () -> vectors.dot(some, scores);
  }

  private static Interval softmax(Workers workers, InterleavedTimer rounds, int row)
      throws MeasurementException {
    Tensor x = PeerInputs.heap(0, Shape.of(ELEMENTS / row, row), DType.F32);
    Tensor out = Tensor.zeros(DType.F32, x.shape());
    return nanos(rounds, ELEMENTS, () -> Reductions.softmax(Target.into(workers, out), x, 1));
  }

  /** The operands fit in the second-level cache, so the exponential is measured, not memory. */
  private static Interval exp(Workers workers, InterleavedTimer rounds)
      throws MeasurementException {
    int count = ELEMENTS / 16;
    Tensor x = PeerInputs.heap(0, Shape.of(count), DType.F32);
    Tensor out = Tensor.zeros(DType.F32, x.shape());
    return nanos(rounds, count, () -> Elementwise.exp(Target.into(workers, out), x));
  }

  private static Runnable compiled(String which) {
    boolean product = which.equals("mm4");
    Shape shape = product ? Shape.of(4, 4) : Shape.of(8);
    Tensor a = PeerInputs.heap(0, shape, DType.F32);
    Tensor b = PeerInputs.heap(1, shape, DType.F32);
    Tensor out = Tensor.zeros(DType.F32, product ? shape : Shape.of());
    String equation = product ? "ij,jk->ik" : "i,i->";
    Einsum einsum = Einsum.compile(equation, EinsumOptions.defaults(), OperandSpec.like(a, b));
    return () -> einsum.runInto(out, a, b);
  }

  private static Runnable cached() {
    Tensor a = PeerInputs.heap(0, Shape.of(4, 4), DType.F32);
    Tensor b = PeerInputs.heap(1, Shape.of(4, 4), DType.F32);
    return () -> Einsum.einsum("ij,jk->ik", a, b);
  }

  private static Interval error(Workers workers, String equation) {
    BenchCase subject = BenchCases.of(equation, Map.of("i", 10_000_000L), DType.F32);
    BenchOracle oracle = new BenchOracle(subject);
    double error =
        oracle.error(
            new BenchShardsum(workers, SumOrder.FASTEST).prepare(subject, oracle.samples()));
    return Interval.exactly(error);
  }

  /** Bytes that a call allocates on this thread after the JIT compiled it. */
  private static Interval bytes(Runnable call) {
    if (!(ManagementFactory.getThreadMXBean() instanceof com.sun.management.ThreadMXBean bean)) {
      throw new IllegalStateException("allocation: this JVM does not count it");
    }
    double least = Double.MAX_VALUE;
    long end = System.nanoTime() + COUNTED_NANOS;
    while (System.nanoTime() < end) {
      long before = bean.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < COUNTED; i++) {
        call.run();
      }
      long after = bean.getCurrentThreadAllocatedBytes();
      least = Math.min(least, Math.floor((after - before) / (double) COUNTED));
    }
    return Interval.exactly(least);
  }

  private static Interval nanos(InterleavedTimer rounds, double units, Runnable call)
      throws MeasurementException {
    List<MeasurementException> failures = new ArrayList<>();
    Map<Timed, double[]> times = rounds.run(List.of(Timed.of(call)), (_, e) -> failures.add(e));
    if (!failures.isEmpty()) {
      throw failures.getFirst();
    }
    double[] seconds = times.values().iterator().next();
    return Interval.of(Arrays.stream(seconds).map(s -> s / (units * 1e-9)).toArray());
  }

  private static Interval ratio(InterleavedTimer rounds, Timed yardstick, Runnable ours)
      throws MeasurementException {
    return PairedTiming.of(rounds, yardstick, Timed.of(ours)).ratio();
  }
}
