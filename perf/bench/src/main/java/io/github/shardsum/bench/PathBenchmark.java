package io.github.shardsum.bench;

import io.github.shardsum.path.ContractionPlan;
import io.github.shardsum.path.Network;
import io.github.shardsum.path.PathFinder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The automatic search for a contraction path over square lattices: 2 operands, which leave nothing
 * to choose; 16, whose paths are all examined; and many. Tests of einsum-core compare the quality
 * of the paths with opt_einsum.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class PathBenchmark {
  private static final int DIMENSION = 4;

  /** Rows and columns of the lattice. */
  @Param({"1x2", "2x2", "4x4", "10x10", "16x16"})
  public String lattice = "";

  private Network network = lattice(1, 1);

  /** For JMH. */
  public PathBenchmark() {}

  /** Makes the network. */
  @Setup
  public void setUp() {
    String[] sides = lattice.split("x", -1);
    network = lattice(Integer.parseInt(sides[0]), Integer.parseInt(sides[1]));
  }

  /** A path with its cost. */
  @Benchmark
  public ContractionPlan auto() {
    return PathFinder.auto().plan(network);
  }

  private static Network lattice(int rows, int columns) {
    List<List<Integer>> terms = new ArrayList<>();
    for (int i = 0; i < rows * columns; i++) {
      terms.add(new ArrayList<>());
    }
    int labels = 0;
    for (int i = 0; i < rows * columns; i++) {
      if ((i + 1) % columns != 0) {
        terms.get(i).add(labels);
        terms.get(i + 1).add(labels++);
      }
      if (i + columns < rows * columns) {
        terms.get(i).add(labels);
        terms.get(i + columns).add(labels++);
      }
    }
    return new Network(terms, List.of(), Collections.nCopies(labels, (long) DIMENSION));
  }
}
