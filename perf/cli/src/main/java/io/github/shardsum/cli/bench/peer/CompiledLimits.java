package io.github.shardsum.cli.bench.peer;

import io.github.shardsum.measure.CCompiler;
import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.measure.Roofline;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The limits of {@link Roofline} measured by C, for comparison. */
public final class CompiledLimits {
  private CompiledLimits() {}

  /**
   * Compiles and measures, for some seconds.
   *
   * @param threads the number of threads
   * @param footprints bytes of one thread by a level's name
   * @return FLOP/s by {@code "f32"} and {@code "f64"}, and bytes/s by {@code "read L1"}, ...
   * @throws MeasurementException if the C code cannot be compiled or run here
   */
  public static Map<String, Double> measure(int threads, Map<String, Long> footprints)
      throws MeasurementException {
    return CCompiler.compiled(
        Objects.requireNonNull(CompiledLimits.class.getResourceAsStream("limits.c")),
        CCompiler.FASTEST,
        program -> {
          List<String> run =
              new ArrayList<>(List.of(program.toString(), Integer.toString(threads)));
          footprints.forEach((name, bytes) -> run.add(name + "=" + bytes));
          Map<String, Double> rates = new LinkedHashMap<>();
          for (String line : CCompiler.output(run).lines().toList()) {
            int gap = line.lastIndexOf(' ');
            rates.put(line.substring(0, gap), Double.parseDouble(line.substring(gap + 1)));
          }
          return rates;
        });
  }
}
