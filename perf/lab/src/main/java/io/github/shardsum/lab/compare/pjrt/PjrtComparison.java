package io.github.shardsum.lab.compare.pjrt;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.bench.pjrt.BindingCalls;
import io.github.shardsum.bench.pjrt.NativeCalls;
import io.github.shardsum.bench.pjrt.PjrtBackendBenchmark;
import io.github.shardsum.io.Npy;
import io.github.shardsum.measure.InterleavedTimer;
import io.github.shardsum.measure.Interval;
import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.measure.PairedTiming;
import io.github.shardsum.measure.Timed;
import io.github.shardsum.pjrt.ExecuteOptions;
import io.github.shardsum.pjrt.HostTransfer;
import io.github.shardsum.pjrt.PjrtBuffer;
import io.github.shardsum.pjrt.PjrtCompileOptions;
import io.github.shardsum.pjrt.PjrtEvent;
import io.github.shardsum.pjrt.PjrtLoadedExecutable;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Checks the promises of the PJRT binding. Each side is timed in pairs with its peer, with a paired
 * interval: a call against the same call from C, a run by the backend against the calls that it
 * needs, an einsum against JAX on the same plugin, a copy to a device against a copy to new memory.
 * Each line says whether its promise is kept. Results are compared, too: the exit status is 1 if
 * one is wrong.
 *
 * <p>Arguments: any of {@code calls}, {@code backend}, {@code copies}, {@code jax}, {@code moe};
 * none means all. A first argument {@code smoke} makes a run that only shows that everything works.
 */
public final class PjrtComparison {
  private static final double MOST_NANOSECONDS = 150;
  private static final double MOST_OF_BACKEND_MICROSECONDS = 5;
  private static final double LEAST_OF_JAX = 1 / 1.03;
  private static final double LEAST_OF_COPY = 0.9;

  private final Path plugin = BindingCalls.plugin();
  private final InterleavedTimer effort;

  private PjrtComparison(InterleavedTimer effort) {
    this.effort = effort;
  }

  /**
   * Measures.
   *
   * @param arguments any of calls, backend, copies, jax and moe, none for all; first {@code smoke}
   *     for a short trial
   * @return true; a wrong result fails by an exception, a missed promise is only printed
   */
  public static boolean compare(List<String> arguments) throws IOException, MeasurementException {
    List<String> wanted = arguments;
    boolean smoke = !wanted.isEmpty() && wanted.getFirst().equals("smoke");
    if (smoke) {
      wanted = wanted.subList(1, wanted.size());
    }
    PjrtComparison times =
        new PjrtComparison(smoke ? InterleavedTimer.SMOKE : InterleavedTimer.LONG);
    System.out.println("plugin " + times.plugin.getFileName());
    for (String what :
        wanted.isEmpty() ? List.of("calls", "backend", "copies", "jax", "moe") : wanted) {
      switch (what) {
        case "calls" -> times.calls();
        case "backend" -> times.backend();
        case "copies" -> times.copies();
        case "jax" -> times.jax();
        case "moe" -> new PjrtMoeComparison(times.plugin, python(), times.effort).run();
        default ->
            throw new IllegalArgumentException(
                "argument: must be calls, backend, copies, jax or moe, got " + what);
      }
    }
    return true;
  }

  private static Timed timed(NativeCalls.Loop loop) {
    return calls -> {
      long begin = System.nanoTime();
      loop.run(calls);
      return (System.nanoTime() - begin) / 1e9;
    };
  }

  private static Timed timed(BooleanSupplier call) {
    return timed(
        (NativeCalls.Loop)
            times -> {
              long sum = 0;
              for (long i = 0; i < times; i++) {
                sum += call.getAsBoolean() ? 1 : 0;
              }
              return sum;
            });
  }

  private void calls() throws MeasurementException {
    System.out.print(
        format(
            "%n%-10s %6s %12s %12s %36s%n",
            "operation", "calls", "C", "binding", "more, ns a call"));
    try (BindingCalls ours = new BindingCalls(plugin);
        NativeCalls c = new NativeCalls(plugin, BindingCalls.PROGRAM)) {
      call("isDeleted", 1, c.loop("is_deleted"), ours::isDeleted);
      call("isReady", 1, c.loop("is_ready"), ours::isReady);
      call("shape", 1, c.loop("dimensions"), () -> ours.shape() == 3);
      call("device", 1, c.loop("lookup"), () -> ours.lookup() == 0);
      call("run", 2, c.loop("execute"), ours::run);
      call("execute", 4, c.loop("execute_and_wait"), ours::execute);
      Tensor three = BindingCalls.zeros(3);
      call("fromHost", 3, c.fromHost(three.segment(), 0), ours::fromHost);
    }
  }

  /** Prints one line: the time of an operation over the number of PJRT calls in it. */
  private void call(String name, int calls, NativeCalls.Loop c, BooleanSupplier binding)
      throws MeasurementException {
    PairedTiming times = PairedTiming.of(effort, timed(c), timed(binding));
    Interval more = times.interval((first, second) -> (second - first) * 1e9 / calls);
    System.out.print(
        format(
            "%-10s %6d %9.1f ns %9.1f ns %36s%n",
            name,
            calls,
            Interval.median(times.first()) * 1e9,
            Interval.median(times.second()) * 1e9,
            verdict(more, more.low() <= MOST_NANOSECONDS)));
  }

  /** A run of a small program by the backend, and the calls of PJRT that it needs. */
  private void backend() throws MeasurementException {
    PjrtBackendBenchmark both = new PjrtBackendBenchmark();
    both.check();
    PairedTiming times =
        PairedTiming.of(
            effort, timed(() -> both.bare() != null), timed(() -> both.backend() != null));
    Interval more = times.interval((first, second) -> (second - first) * 1e6);
    System.out.print(
        format(
            "%n%-10s %12s %12s %34s%n%-10s %9.1f us %9.1f us %34s%n",
            "backend",
            "calls",
            "a run",
            "more, us a run",
            "plus",
            Interval.median(times.first()) * 1e6,
            Interval.median(times.second()) * 1e6,
            verdict(more, more.low() <= MOST_OF_BACKEND_MICROSECONDS)));
    both.close();
  }

  private static String verdict(Interval interval, boolean met) {
    return format(
        "%.2f [%.2f, %.2f] %s",
        interval.median(), interval.low(), interval.high(), met ? "met" : "MISSED");
  }

  private void copies() throws MeasurementException {
    System.out.print(
        format(
            "%n%-22s %8s %12s %12s %34s%n",
            "transfer", "bytes", "copy", "transfer", "rate / copy's"));
    try (BindingCalls ours = new BindingCalls(plugin);
        NativeCalls c = new NativeCalls(plugin, BindingCalls.PROGRAM)) {
      for (int megabytes : new int[] {1, 2, 16, 128}) {
        int count = megabytes << 18;
        Tensor here = BindingCalls.zeros(count);
        Tensor array = Tensor.of(new float[count], count);
        Timed copy = timed(c.copy(here.segment()));
        copy("COPY from C", megabytes, copy, timed(c.fromHost(here.segment(), 0)));
        copy("BORROW from C", megabytes, copy, timed(c.fromHost(here.segment(), 2)));
        for (HostTransfer transfer : new HostTransfer[] {HostTransfer.COPY, HostTransfer.BORROW}) {
          Timed our = timed(() -> ours.fromHost(here, transfer));
          copy(transfer.toString(), megabytes, copy, our);
        }
        copy("COPY of an array", megabytes, copy, timed(() -> ours.fromHost(array)));
      }
    }
  }

  private void copy(String name, int megabytes, Timed copy, Timed transfer)
      throws MeasurementException {
    PairedTiming times = PairedTiming.of(effort, copy, transfer);
    Interval ratio = times.ratio();
    System.out.print(
        format(
            "%-22s %5d MB %9.1f us %9.1f us %34s%n",
            name,
            megabytes,
            Interval.median(times.first()) * 1e6,
            Interval.median(times.second()) * 1e6,
            verdict(ratio, ratio.high() >= LEAST_OF_COPY)));
  }

  /** The einsums of the MoE layer (paper, algorithm 2), and sizes of G, S, E, C, M and H. */
  private static final List<String> EINSUMS =
      List.of(
          "gsm,me->gse", "gsec,gsm->egcm", "egcm,emh->egch", "egch,ehm->gecm", "gsec,gecm->gsm");

  private static final long[][] SIZES = {
    {2, 16, 4, 8, 32, 64}, {4, 64, 8, 16, 64, 128}, {4, 128, 8, 32, 128, 256}
  };

  private void jax() throws IOException, MeasurementException {
    try (PjrtJaxPeer jax = new PjrtJaxPeer(python(), plugin);
        BindingCalls ours = new BindingCalls(plugin)) {
      System.out.print(
          format(
              "%n%s%n%-16s %-22s %12s %12s %34s%n",
              jax.version(), "einsum", "G S E C M H", "JAX", "ours", "JAX / ours"));
      for (long[] sizes : SIZES) {
        for (String equation : EINSUMS) {
          einsum(jax, ours, equation, sizes);
        }
      }
    }
  }

  private void einsum(PjrtJaxPeer jax, BindingCalls ours, String equation, long[] sizes)
      throws IOException, MeasurementException {
    String[] operands = equation.split("->", 2)[0].split(",", -1);
    jax.prepare(equation, Arrays.stream(operands).map(labels -> shape(labels, sizes)).toList());
    String text = Files.readString(jax.file("program.mlir"));
    List<PjrtBuffer> buffers = new ArrayList<>();
    try (Arena arena = Arena.ofShared();
        PjrtLoadedExecutable program = ours.client().compile(text, PjrtCompileOptions.defaults())) {
      for (int i = 0; i < operands.length; i++) {
        Tensor operand = Npy.map(jax.file(i + ".npy"), arena);
        buffers.add(ours.client().bufferFrom(operand, ours.device()));
      }
      List<List<PjrtBuffer>> arguments = List.of(buffers);
      check(program, arguments, Npy.map(jax.file("result.npy"), arena));
      PjrtBuffer[] row = buffers.toArray(PjrtBuffer[]::new);
      PairedTiming times = PairedTiming.of(effort, jax::seconds, timed(() -> run(program, row)));
      Interval ratio = times.ratio();
      System.out.print(
          format(
              "%-16s %-22s %9.1f us %9.1f us %34s%n",
              equation,
              Arrays.toString(sizes),
              Interval.median(times.first()) * 1e6,
              Interval.median(times.second()) * 1e6,
              verdict(ratio, ratio.high() >= LEAST_OF_JAX)));
    } finally {
      buffers.forEach(PjrtBuffer::close);
    }
  }

  private static String python() {
    String named = System.getenv("SHARDSUM_PYTHON");
    return named == null ? "python3" : named;
  }

  private static long[] shape(String labels, long[] sizes) {
    return labels.chars().mapToLong(label -> sizes["gsecmh".indexOf(label)]).toArray();
  }

  /** Makes the call and then waits on the same thread for its results, as JAX does. */
  private static boolean run(PjrtLoadedExecutable program, PjrtBuffer[] arguments) {
    try (PjrtBuffer out = program.run(arguments).getFirst();
        PjrtEvent ready = out.ready()) {
      ready.await();
      return true;
    }
  }

  /** The same program on the same XLA gives JAX's numbers, except for the order of sums. */
  private static void check(
      PjrtLoadedExecutable program, List<List<PjrtBuffer>> arguments, Tensor wanted) {
    try (PjrtBuffer out =
        program.execute(arguments, ExecuteOptions.defaults()).join().getFirst().getFirst()) {
      double[] ours = out.toTensor().toDoubleArray();
      double[] theirs = wanted.toDoubleArray();
      double largest = Arrays.stream(theirs).map(Math::abs).max().orElse(0);
      for (int i = 0; i < theirs.length; i++) {
        if (Math.abs(ours[i] - theirs[i]) > 1e-4 * largest) {
          throw new IllegalStateException(
              "element " + i + ": JAX has " + theirs[i] + ", ours is " + ours[i]);
        }
      }
    }
  }
}
