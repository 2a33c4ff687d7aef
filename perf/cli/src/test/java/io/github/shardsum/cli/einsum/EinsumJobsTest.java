package io.github.shardsum.cli.einsum;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.Main;
import io.github.shardsum.io.Npy;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class EinsumJobsTest {
  private static final JsonMapper JSON = JsonMapper.shared();

  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void writeOperands() throws IOException {
    Npy.write(folder.resolve("a.npy"), Tensor.of(new double[] {1, 2, 3, 4, 5, 6}, 2, 3));
    Npy.write(folder.resolve("f.npy"), Tensor.of(new float[] {1, 2, 3}, 3));
  }

  private String job(String id, String equation, String out, String... operands) {
    List<String> files = new ArrayList<>();
    for (String operand : operands) {
      files.add(JSON.writeValueAsString(folder.resolve(operand).toString()));
    }
    return String.format(
        Locale.ROOT,
        "{\"id\":%s,\"equation\":%s,\"operands\":%s,\"out\":%s}",
        id,
        JSON.writeValueAsString(equation),
        files,
        JSON.writeValueAsString(folder.resolve(out).toString()));
  }

  private int run(byte[] jobs) throws IOException {
    Path file = Files.write(folder.resolve("jobs.jsonl"), jobs);
    return Main.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute("einsum", "--threads", "2", "--jobs", file.toString());
  }

  private int run(String... lines) throws IOException {
    return run(String.join("\n", lines).getBytes(StandardCharsets.UTF_8));
  }

  private List<JsonNode> answers() {
    return out.toString().lines().map(JSON::readTree).toList();
  }

  private String errorOf(String line) throws IOException {
    out.getBuffer().setLength(0);
    assertEquals(1, run(line));
    assertEquals(1, answers().size(), out.toString());
    JsonNode answer = answers().getFirst();
    assertFalse(answer.get("ok").booleanValue());
    assertEquals(3, answer.size(), "id, ok and error");
    return answer.get("error").stringValue();
  }

  @Test
  void aFolderIsNoFileOfJobs() {
    int status =
        Main.commandLine()
            .setErr(new PrintWriter(err, true))
            .execute("einsum", "--jobs", folder.toString());
    assertEquals(1, status);
    assertEquals(
        "shardsum einsum: " + folder + ": must be a file, got a folder", err.toString().strip());
  }

  @Test
  void everyJobIsAnsweredInOrder() throws IOException {
    int status =
        run(
            job("1", "ij->ji", "1.npy", "a.npy"),
            job("\"two\"", "ij,j->i", "2.npy", "a.npy", "f.npy"),
            job("[3]", "i,i->", "3.npy", "f.npy", "f.npy"));
    assertEquals(0, status, out.toString());
    assertEquals(
        """
        {"id":1,"ok":true,"shape":[3,2],"dtype":"f64"}
        {"id":"two","ok":true,"shape":[2],"dtype":"f64"}
        {"id":[3],"ok":true,"shape":[],"dtype":"f32"}
        """,
        out.toString());
    assertEquals("", err.toString());
    assertArrayEquals(new double[] {14, 32}, Npy.read(folder.resolve("2.npy")).toDoubleArray());
    assertEquals(DType.F32, Npy.read(folder.resolve("3.npy")).dtype());
  }

  @Test
  void aFailedJobEndsNothingButItself() throws IOException {
    int status =
        run(
            job("1", "ij->ji", "1.npy", "none.npy"),
            "",
            "not json",
            job("2", "ij,jk->ik", "2.npy", "a.npy", "a.npy"),
            job("3", "ij->ij", "3.npy", "a.npy"));
    assertEquals(1, status);
    List<JsonNode> answers = answers();
    assertEquals(4, answers.size(), out.toString());
    assertTrue(answers.get(0).get("error").stringValue().startsWith("no such file: "));
    assertTrue(answers.get(1).get("id").isNull());
    assertTrue(answers.get(1).get("error").stringValue().startsWith("line 3: "));
    assertEquals(2, answers.get(2).get("id").intValue());
    assertTrue(answers.get(3).get("ok").booleanValue());
    assertFalse(Files.exists(folder.resolve("1.npy")));
    assertFalse(Files.exists(folder.resolve("2.npy")));
    assertTrue(Files.exists(folder.resolve("3.npy")));
    assertEquals("", err.toString());
  }

  @Test
  void aJobMayReadWhatAnEarlierOneWrote() throws IOException {
    assertEquals(
        0,
        run(
            job("1", "ij->ji", "o.npy", "a.npy"),
            job("2", "ij->j", "o.npy", "o.npy"),
            job("3", "j->", "p.npy", "o.npy")),
        out.toString());
    assertEquals(21, Npy.read(folder.resolve("p.npy")).getDouble());
  }

  @Test
  void anIdComesBackAsItWas() throws IOException {
    for (String id :
        List.of("12345678901234567890123", "1.000", "null", "true", "{\"a\":[1,{}]}", "\"\\n\"")) {
      out.getBuffer().setLength(0);
      assertEquals(0, run(job(id, "i->", "o.npy", "f.npy")));
      assertTrue(out.toString().startsWith("{\"id\":" + id + ",\"ok\":true"), out.toString());
    }
    out.getBuffer().setLength(0);
    run(job("\"größe\"", "i->", "o.npy", "f.npy"));
    assertTrue(out.toString().startsWith("{\"id\":\"gr\\u00F6\\u00DFe\""), out.toString());
  }

  @Test
  void aLineThatIsNoJobIsAnswered() throws IOException {
    assertTrue(errorOf("[]").contains("must be a JSON object, got array"));
    assertTrue(errorOf("7").contains("must be a JSON object, got number"));
    assertTrue(errorOf("{\"id\":1").startsWith("line 1: must be a JSON object"));
    assertTrue(errorOf("{\"id\":1} {\"id\":2}").startsWith("line 1: must be a JSON object"));
    assertTrue(errorOf("{\"id\":1,\"id\":2}").startsWith("line 1: "));
    assertTrue(errorOf("[".repeat(100_000)).startsWith("line 1: "));
    assertTrue(errorOf("{\"id\":1}").contains("\"operands\": must be an array of file names"));
    assertTrue(errorOf("{\"operands\":[]}").contains("\"equation\": must be a string, got none"));
    assertTrue(errorOf("{\"equation\":\"->\",\"operands\":[3]}").contains("must be a string"));
    assertTrue(
        errorOf("{\"equation\":\"->\",\"operands\":[]}").contains("\"out\": must be a string"));
    assertTrue(errorOf("{\"equation\":5,\"operands\":[],\"out\":\"o\"}").contains("got number"));
  }

  @Test
  void aFailingJobKeepsItsId() throws IOException {
    errorOf("{\"id\":\"x\",\"operands\":[]}");
    assertEquals("x", answers().getFirst().get("id").stringValue());
  }

  @Test
  void aJobWithoutOperandsOrWithABrokenEquationIsAnswered() throws IOException {
    assertTrue(!errorOf(job("1", "->", "o.npy")).isEmpty());
    assertTrue(!errorOf(job("1", "ij->ij->", "o.npy", "a.npy")).isEmpty());
    assertTrue(!errorOf(job("1", "ij@x->ij", "o.npy", "a.npy")).isEmpty());
    assertTrue(!errorOf(job("1", "ij->k", "o.npy", "a.npy")).isEmpty());
    assertTrue(errorOf(job("1", "i->", "none/o.npy", "f.npy")).startsWith("no such file: "));
    assertTrue(!errorOf(job("1", "i->", "", "f.npy")).isEmpty(), "a folder");
    assertTrue(errorOf(job("1", "i->", "o.npz", "f.npy")).contains("must name a .npy file"));
    assertTrue(errorOf(job("1", "i->", "o.npy", "jobs.jsonl")).contains("the magic"));
    assertTrue(!errorOf("{\"equation\":\"->\",\"operands\":[],\"out\":\"\\u0000\"}").isEmpty());
  }

  @Test
  void aResultThatFitsNowhereIsAnswered() throws IOException {
    Npy.write(folder.resolve("long.npy"), Tensor.zeros(DType.BOOL, 2000));
    String[] operands = {"long.npy", "long.npy", "long.npy", "long.npy"};
    String error = errorOf(job("1", "a,b,c,d->abcd", "o.npy", operands));
    assertTrue(error.contains("2000") || error.contains("memory"), error);
  }

  @Test
  void bytesThatAreNotUtf8AreAnswered() throws IOException {
    byte[] line = "{\"id\":\"x\"}\n{}".getBytes(StandardCharsets.UTF_8);
    line[7] = (byte) 0xff;
    assertEquals(1, run(line));
    assertEquals(2, answers().size());
    assertTrue(answers().getFirst().get("error").stringValue().startsWith("line 1: "));
  }

  @Test
  void aFileOfNoJobsHasNoAnswers() throws IOException {
    assertEquals(0, run("", "  ", "\r"));
    assertEquals("", out.toString());
  }

  @Test
  void aFileThatIsNotThereIsAnErrorOfTheCommand() {
    int status =
        Main.commandLine()
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute("einsum", "--jobs", folder.resolve("none").toString());
    assertEquals(1, status);
    assertTrue(err.toString().startsWith("shardsum einsum: no such file: "), err.toString());
  }
}
