package io.github.shardsum.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.bench.peer.PeerVersion;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BenchMarkdownTest {
  private static final String WIDE = "## 512 bits\n\na server\n";
  private static final String NARROW = "## 256 bits\n\nanother\n";

  @Test
  void aRunReplacesTheSectionOfItsInstructionSetAlone() {
    String page = BenchMarkdown.merged(BenchMarkdown.merged("", NARROW), WIDE);
    assertTrue(page.indexOf(WIDE.strip()) < page.indexOf(NARROW.strip()), page);
    String again = BenchMarkdown.merged(page, "## 512 bits\n\na newer server\n");
    assertTrue(again.contains("a newer server") && again.contains(NARROW.strip()), again);
    assertFalse(again.contains("a server"), again);
    assertEquals(again, BenchMarkdown.merged(again, NARROW));
  }

  @Test
  void aPageWithoutSectionsIsReplaced() {
    assertFalse(BenchMarkdown.merged("# Old\n\n| a | b |\n", WIDE).contains("| a |"));
  }

  @Test
  void theSectionNamesEachPeersKernels() {
    String section =
        BenchMarkdown.section(
            new BenchPage.Content(
                List.of(),
                List.of(),
                List.of(new PeerVersion("openblas", "0.3.34", "Haswell")),
                "a machine",
                List.of(0.1, 0.2),
                List.of(),
                Optional.empty()));
    assertTrue(section.contains("| openblas | 0.3.34 | Haswell |"), section);
    assertTrue(section.contains("0.10, 0.20"), section);
  }
}
