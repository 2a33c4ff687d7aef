package io.github.shardsum.cli.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.common.ByteCount;
import io.github.shardsum.topology.Topologies;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class TopologyCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void withoutANameItListsWhatIsKnown() {
    assertEquals(0, run());
    Topologies.names().forEach(name -> assertTrue(out.toString().contains(name), name));
    assertTrue(out.toString().contains("this-machine"));
  }

  @Test
  void aNetworkIsPrintedWithThePriceOfEveryCollective() {
    assertEquals(0, run("tpu-v3", "-n", "2048", "--bytes", "8MB"));
    for (PricedCollective name : PricedCollective.values()) {
      assertTrue(out.toString().contains(name + " "), out::toString);
    }
    assertTrue(
        out.toString().startsWith("tpu-v3: 2048 devices, 2 a chip, ring of 32 x ring of 32"));
    // 16 MB a chip on rings of 32: 16 * 32 / 8 MB on every link.
    assertTrue(out.toString().matches("(?s).*all-to-all +64.000 MB +64.000 MB .*"), out::toString);
  }

  @Test
  void jsonHasTheNamesAndThePricesOfTheTable() {
    assertEquals(0, run("--json"));
    JsonNode names = new JsonMapper().readTree(out.toString()).path("networks");
    assertEquals(Topologies.names().size() + 1, names.size());
    out.getBuffer().setLength(0);
    assertEquals(0, run("tpu-v3", "-n", "2048", "--bytes", "8MB", "--json"));
    JsonNode answer = new JsonMapper().readTree(out.toString());
    assertEquals(2048, answer.path("devices").intValue());
    assertEquals(PricedCollective.values().length, answer.path("collectives").size());
    JsonNode allToAll = answer.path("collectives").path(3);
    assertEquals("all-to-all", allToAll.path("name").stringValue());
    assertEquals(64e6, allToAll.path("meanLinkBytes").doubleValue());
    out.getBuffer().setLength(0);
    assertEquals(0, run("tpu-v3", "-c", "all-gather", "--json"));
    JsonNode one = new JsonMapper().readTree(out.toString()).path("collectives");
    assertEquals(1, one.size());
    assertTrue(!one.path(0).path("phases").isEmpty(), out::toString);
  }

  /** A measurement begins by printing its fit. */
  @Test
  void nothingIsMeasuredForAWrongCommandLine() {
    for (String[] wrong :
        new String[][] {
          {"--hot", "-1"}, {"--mesh", "x"}, {"--mesh", "x=3"}, {"--over", "y"}, {"--latency", "-1"}
        }) {
      assertEquals(2, run("this-machine", wrong[0], wrong[1]), wrong[0]);
      assertEquals("", out.toString());
    }
  }

  @Test
  void oneCollectiveIsPrintedPhaseByPhase() {
    assertEquals(
        0,
        run(
            "tpu-v3",
            "-n",
            "32",
            "--mesh",
            "x=4 y=4 core=2",
            "--over",
            "x",
            "-c",
            "all-gather",
            "--wiring",
            "ring",
            "--bandwidth",
            "10",
            "--latency",
            "0",
            "-b",
            "1000000"));
    assertTrue(out.toString().contains("all-gather dim 0 over x"), out::toString);
    // Two cores a chip, each with its own group: 3 pieces of 1 MB by halves, twice.
    assertTrue(out.toString().contains("together: 300.00 us"), out::toString);
  }

  @Test
  void schedulesAreChosen() {
    assertEquals(0, run("tpu-v5e", "-n", "64", "-c", "all-to-all", "--axis-by-axis", "-b", "1MiB"));
    assertTrue(out.toString().contains("all-to-all, axis 1"), out::toString);
    assertEquals(0, run("tpu-v5e", "-n", "64", "-c", "all-reduce", "--exchange"));
    assertTrue(out.toString().contains("all-gather, step 2"), out::toString);
  }

  @Test
  void whatWouldBeIgnoredIsRefused() {
    assertEquals(2, run("--bandwidth", "10"));
    assertTrue(
        err.toString().contains("--bandwidth: must be given with a network's name"), err::toString);
    assertEquals(2, run("tpu-v3", "-n", "0"));
    assertTrue(err.toString().contains("--devices: must be at least 1, got 0"), err::toString);
    assertEquals("", out.toString());
  }

  @Test
  void aHotMemberCostsMore() {
    assertEquals(0, run("nvlink", "-c", "ragged-all-to-all", "--hot", "1", "-b", "8MB"));
    assertTrue(out.toString().matches("(?s).*1 us a hop.*together: 16.56 us.*"), out::toString);
    assertEquals(0, run("nvlink", "-c", "ragged-all-to-all", "--hot", "9", "-b", "8MB"));
    // Seven GPUs send 9/16 of 8 MB down one GPU's 18 links.
    assertTrue(out.toString().contains("together: 71.00 us"), out::toString);
  }

  @Test
  void whatIsWrongIsRefused() {
    assertEquals(2, run("tpu-v9"));
    assertEquals(2, run("tpu-v3", "-n", "7"));
    assertEquals(2, run("tpu-v3", "--mesh", "x=3"));
    assertEquals(2, run("tpu-v3", "--over", "z"));
    assertEquals(2, run("tpu-v3", "--bytes", "many"));
    assertEquals(2, run("tpu-v3", "--hot", "-1"));
    assertEquals(2, run("tpu-v3", "--bandwidth", "0"));
    assertEquals(2, run("tpu-v3", "-c", "all-to-none"));
    assertEquals("", out.toString());
  }

  @Test
  void bytesAreReadAsPeopleWriteThem() {
    assertEquals(4096, ByteCount.parse("4096"));
    assertEquals(8_000_000, ByteCount.parse("8MB"));
    assertEquals(1_610_612_736, ByteCount.parse("1.5 GiB"));
    assertEquals(2_000, ByteCount.parse("2k"));
    for (String wrong : new String[] {"", "-1", "1.", "MB", "1 XB", "99999999999TB"}) {
      assertThrows(IllegalArgumentException.class, () -> ByteCount.parse(wrong), wrong);
    }
  }

  @Test
  void aPartOfAByteIsRefused() {
    assertEquals(2, run("tpu-v3", "-b", "1.5"));
    assertTrue(
        err.toString()
            .contains(
                "bytes: must be a whole number without a unit, got \"1.5\"; a fraction needs one,"
                    + " as in 1.5MB"),
        err::toString);
    assertEquals("", out.toString());
    assertThrows(IllegalArgumentException.class, () -> ByteCount.parse("1.5B"));
    assertThrows(IllegalArgumentException.class, () -> ByteCount.parse("0.0001k"));
    assertEquals(2, ByteCount.parse("2.0"));
    assertEquals(1_100, ByteCount.parse("1.1k"));
    assertEquals(0, ByteCount.parse("0.0MB"));
  }

  private int run(String... args) {
    return new CommandLine(new TopologyCommand())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(
            (thrown, command, _) -> {
              command.getErr().println(thrown.getMessage());
              return 1;
            })
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(args);
  }
}
