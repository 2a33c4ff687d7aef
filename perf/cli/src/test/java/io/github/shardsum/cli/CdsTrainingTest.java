package io.github.shardsum.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import org.junit.jupiter.api.Test;

class CdsTrainingTest {
  @Test
  void theHelpAndSmallEinsumsOfBothDtypesAreRun() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    assertEquals(
        0, CdsTraining.run(new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8)));
    assertEquals("", err.toString(UTF_8));
    String said = out.toString(UTF_8);
    assertTrue(said.contains("Usage: shardsum"), said);
    for (String result : List.of("f32[3, 3]", "f32[3]", "f32[]", "f64[3, 3]", "f64[3]", "f64[]")) {
      assertTrue(said.contains(result), () -> result + " in: " + said);
    }
  }
}
