package io.github.shardsum.cli.bench;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.Figures;
import io.github.shardsum.cli.bench.peer.BenchCase;
import io.github.shardsum.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The roofline of the README has every case of the first table of the page of results. */
class RooflineFigureTest {
  private static final Pattern ROW =
      Pattern.compile(
          "^\\| ([^ |]+) \\| ([0-9.]+) (ns|us|ms|s) \\|[^|]*\\|[^|]*\\| ([0-9.]+) % of (flops|bytes) \\|",
          Pattern.MULTILINE);

  private static final Map<String, Double> UNITS =
      Map.of("ns", 1e-9, "us", 1e-6, "ms", 1e-3, "s", 1.0);

  @Test
  void theRooflineIsDrawnFromThePageOfResults() throws IOException {
    String page = Files.readString(Figures.file("docs/performance-results.md"));
    String first = page.substring(page.indexOf("| one thread |"));
    int end = first.indexOf("\n\n");
    Map<String, BenchCase> cases =
        BenchCases.listed().stream()
            .filter(each -> each.flops() > 0)
            .collect(Collectors.toMap(BenchCase::id, Function.identity(), (a, _) -> a));
    List<RooflinePicture.Dot> dots = new ArrayList<>();
    List<Double> flops = new ArrayList<>();
    List<Double> bytes = new ArrayList<>();
    for (MatchResult row : ROW.matcher(first.substring(0, end)).results().toList()) {
      BenchCase subject = cases.get(row.group(1));
      if (subject != null) {
        double seconds =
            Double.parseDouble(row.group(2)) * UNITS.getOrDefault(row.group(3), Double.NaN);
        double share = Double.parseDouble(row.group(4)) / 100;
        boolean isCompute = row.group(5).equals("flops");
        double rate = subject.flops() / seconds;
        dots.add(
            new RooflinePicture.Dot(
                subject.id(),
                subject.flops() / subject.bytes(),
                rate,
                rate,
                rate,
                isCompute,
                share));
        if (!isCompute) {
          bytes.add(subject.bytes() / seconds / share);
        } else if (subject.dtype() == DType.F32) {
          flops.add(rate / share);
        }
      }
    }
    assertTrue(dots.size() > 15 && !flops.isEmpty() && !bytes.isEmpty(), dots::toString);
    double peak = flops.stream().sorted().toList().get(flops.size() / 2);
    Figures.check(
        "roofline.svg",
        RooflinePicture.of("every measured einsum, one thread", dots, peak, bytes).svg());
  }
}
