package io.github.shardsum.cli.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PropagateCommandTest {
  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... options) throws IOException {
    Path file = folder.resolve("p.program");
    Files.writeString(
        file,
        """
        program p {
          input a: f32[i=8 k=4]
          input b: f32[k=4 j=8]
          c = einsum(a, b) {equation="ik,kj->ij"}
          output c
        }
        """);
    String[] all = new String[options.length + 4];
    all[0] = "propagate";
    all[1] = file.toString();
    all[2] = "--mesh";
    all[3] = "x=2 y=2";
    System.arraycopy(options, 0, all, 4, options.length);
    return Main.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(all);
  }

  @Test
  void everyValueHasALayoutAndAReason() throws IOException {
    assertEquals(0, run("--annotate", "a=i@x", "--annotate", "b=j@y"), err.toString());
    assertTrue(
        out.toString().lines().anyMatch(line -> line.matches("c +i@x j@y .*<-.*")), out::toString);
  }

  @Test
  void whyPrintsOneChain() throws IOException {
    assertEquals(0, run("--annotate", "a=i@x", "--why", "c"), err.toString());
    assertTrue(out.toString().startsWith("c i@x <- i of "), out::toString);
  }

  @Test
  void anUnknownAxisEndsWithAMessage() throws IOException {
    assertEquals(2, run("--annotate", "a=i@z"));
    assertTrue(err.toString().contains("annotation of a: a mesh axis must be"), err::toString);
    assertTrue(
        err.toString().contains("must be one of mesh \"x=2 y=2\", got \"z\""), err::toString);
  }

  @Test
  void nothingAnnotatedIsAnErrorOnlyIfAskedFor() throws IOException {
    assertEquals(0, run());
    assertTrue(out.toString().contains("note: program p has no annotation"), out::toString);
    assertEquals(1, run("--strict"));
  }

  @Test
  void oneAxisForTwoLabelsIsReportedByWhyAndByStrict() throws IOException {
    assertEquals(
        0, run("--annotate", "a=i@x", "--annotate", "b=j@x", "--why", "c"), err.toString());
    assertTrue(out.toString().contains("(not j@x, asked for by b.annotated: "), out::toString);
    assertEquals(1, run("--annotate", "a=i@x", "--annotate", "b=j@x", "--strict"));
    assertTrue(err.toString().contains("axis x of c is asked for by 2 labels"), err::toString);
  }
}
