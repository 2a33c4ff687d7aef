package io.github.shardsum.internal.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What /proc/cpuinfo says of a processor. */
class VectorProcessorTest {
  @ParameterizedTest
  @CsvSource({
    "AuthenticAMD, 25, true",
    "AuthenticAMD, 26, false",
    "GenuineIntel, 25, false",
    "GenuineIntel, 6, false"
  })
  void onlyOneFamilyHalvesVectors(String vendor, String family, boolean halves) {
    List<String> lines =
        List.of(
            "processor\t: 0",
            "vendor_id\t: " + vendor,
            "cpu family\t: " + family,
            "model\t\t: 25",
            "model name\t: AuthenticAMD cpu family : 25");
    assertEquals(halves, VectorProcessor.halvesVectors(lines));
  }
}
