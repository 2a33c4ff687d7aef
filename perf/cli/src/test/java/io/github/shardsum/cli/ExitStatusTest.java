package io.github.shardsum.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.shardsum.io.Npy;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One rule for all commands: a value of an option that cannot be read or is out of its range ends
 * with status 2 and a message that names the option; a bad file, program, equation or layout ends
 * with status 1.
 */
class ExitStatusTest {
  private static final String PROGRAM =
      """
      program p {
        input a: f32[i=4 j=4]
        b = exp(a)
        c = einsum(b) {equation="ij->i"}
        output c
      }
      """;

  private static final String INTEGERS =
      """
      program q {
        input a: f32[i=4]
        input n: i32[i=4]
        b = exp(a)
        m = add(n, n)
        output b, m
      }
      """;

  /**
   * PROGRAM, INTEGERS, ARRAY, MODULE, PLAN and NONE are files; the option or argument at fault
   * stands first.
   */
  private static final String WRONG =
      """
      --threads      | einsum ij->ji ARRAY --threads 0
      --path         | einsum ij->ji ARRAY --path slow
      -o             | einsum ij->ji ARRAY -o x.npz
      SIZE           | sample x.npy -1
      --dtype        | sample x.npy 2 --dtype f16
      --mesh         | run PROGRAM --in a=ARRAY --mesh x=0
      --mesh         | run PROGRAM --in a=ARRAY --mesh x=1000000
      --annotate     | run PROGRAM --in a=ARRAY --mesh x=2 --annotate nobody=i@x
      --annotate     | run PROGRAM --in a=ARRAY --mesh x=2 --annotate b=i@q
      --windows      | run PROGRAM --in a=ARRAY --mesh x=2 --windows sometimes
      --in           | run PROGRAM --in nothing
      --by           | gradient PROGRAM --by nobody
      --of           | gradient PROGRAM --of c,c
      --by           | gradient INTEGERS --by n
      --of           | gradient INTEGERS --of m
      --rematerialize | explain PROGRAM --rematerialize nobody
      --mesh         | lower PROGRAM --mesh x
      --form         | lower PROGRAM --form words
      --annotate     | lower PROGRAM --mesh x=2 --annotate b=q@x
      --annotate     | lower PROGRAM --mesh x=2 --annotate b=i@q
      --experts      | moe --experts many
      --experts      | moe --experts 0
      --mesh         | moe --mesh x=0
      --capacity-factor | moe --capacity-factor 0
      --jobs         | route --jobs
      --tokens       | generate --model NONE --tokens 1,x
      --temperature  | generate --model NONE --tokens 1 --temperature -1
      --from         | corpus make -o NONE
      command        | corpus none
      -k             | embed --model NONE --texts NONE --search a -k 0
      --search       | embed --model NONE --texts NONE
      --minutes      | train --minutes -1
      --slots        | train --slots 0
      --mesh         | train --mesh x=0 --steps 1
      --beam         | translate --checkpoint NONE --beam 0
      --mesh         | plan --mesh x=0 --sizes i=4 i->i
      --mesh         | plan --mesh x=1000000 --sizes i=4 i->i
      --sizes        | plan --sizes i i->i
      --sizes        | plan --sizes i=4,j=3 i->i
      --sizes        | plan --sizes j=3 j,i->i
      --sizes        | plan PROGRAM --sizes i=4
      --topology     | plan --mesh x=2 --topology none --sizes i=4 i->i
      --memory-limit | plan --memory-limit much --sizes i=4 i->i
      --windows      | plan PROGRAM --windows sometimes
      --annotate     | plan PROGRAM --mesh x=2 --annotate nobody=i@x
      --annotate     | plan PROGRAM --mesh x=2 --annotate b=i@q
      --what-if      | plan PROGRAM --mesh x=2 --what-if nobody=i@x
      --what-if      | plan PROGRAM --mesh x=2 --what-if b=i@q
      --sizes        | plan PROGRAM --mesh x=2 --what-if b=i@x --sizes i=4
      --topology     | plan --jobs MODULE.json --topology none
      --jobs         | plan --jobs MODULE.json --html x.html
      --jobs         | plan --jobs MODULE.json --mesh x=2 --sizes i=4
      --jobs         | plan --jobs MODULE.json --annotate b=i@x
      --run          | plan PROGRAM --run
      --run          | plan NONE.program --run
      --run          | plan --model gshard-600b --mesh x=0 --run
      --model        | plan --model none
      --mesh         | reshard --mesh x=0 --sizes i=4 i i
      --sizes        | reshard --mesh x=2 --sizes j=4 i@x i
      --sizes        | reshard --mesh x=2 --sizes j=4 i@x i --picture x.svg
      --topology     | reshard --jobs MODULE.json --topology none
      --jobs         | reshard --jobs MODULE.json --diff PLAN
      --annotate     | certify PLAN PROGRAM --annotate nobody=i@x
      --annotate     | certify PLAN PROGRAM --annotate b=i@q
      --mesh         | propagate PROGRAM --mesh x=0
      --annotate     | propagate PROGRAM --mesh x=2 --annotate nobody=i@x
      --annotate     | propagate PROGRAM --mesh x=2 --annotate b=i@q
      --why          | propagate PROGRAM --mesh x=2 --why nobody
      --mesh         | auto PROGRAM --mesh x=0
      --keep         | auto PROGRAM --mesh x=2 --keep nobody=i@x
      --keep         | auto PROGRAM --mesh x=2 --keep b=i@q
      --split        | auto PROGRAM --mesh x=2 --split nobody
      --topology     | auto PROGRAM --mesh x=2 --topology none
      --seconds      | auto PROGRAM --mesh x=2 --seconds -1
      --programs     | differ --against reference --programs 0
      --mesh         | differ --against reference --mesh x=0
      --time-limit   | differ --against reference --time-limit soon
      --threads      | bench --threads 0
      --dtype        | bench --dtype f16
      --peers        | bench --peers nobody
      --filter       | bench --filter nothing/at/all
      --sizes        | bench ij->i --sizes i=4
      --processes    | launch -n 0 true
      --timeout      | launch -n 1 --timeout 0 true
      --devices      | topology tpu-v3 --devices 0
      --mesh         | topology tpu-v3 --mesh x
      price          | topology tpu-v3 --mesh x=3
      --hot          | topology tpu-v3 --hot -1
      --hot          | topology this-machine --hot -1
      must be one of | topology none
      --model        | simulate --model none --topology v3:4x4
      --topology     | simulate --model gshard-37b --topology v3
      --layout       | simulate --model gshard-37b --topology v3:4x4 --layout data=16
      --timeout      | tpu devices --timeout 0
      --partitions   | tpu run MODULE --partitions 0
      -o             | tpu run MODULE -o x.npy -o x.npy
      command        | man none
      command        | help none
      FILE.java      | java x.txt
      """;

  private static final String BAD =
      """
      einsum ij->ji NONE
      einsum ij->k ARRAY
      sample NONE/x.npy 2
      run NONE --in a=ARRAY
      run MODULE --in a=ARRAY
      gradient MODULE
      explain MODULE
      lower NONE
      import NONE
      import PROGRAM
      moe --text NONE
      route --jobs NONE
      generate --model NONE --tokens 1
      corpus make --from NONE -o NONE/c
      corpus report NONE
      embed --model NONE --texts ARRAY --search a
      embed --model NONE --texts NONE --search a
      translate --checkpoint NONE text
      plan NONE.program
      plan --sizes i=4 --mesh x=2 i@y->i
      plan PROGRAM --mesh x=2 --diff MODULE
      reshard --mesh x=2 --sizes i=4 i@y i
      certify MODULE PROGRAM
      propagate MODULE --mesh x=2
      auto MODULE --mesh x=2
      bench --compare NONE --filter tiny
      bench ij-k --sizes i=4,j=4,k=4
      bench ...i->i --sizes i=4
      launch -n 1 --hosts NONE true
      simulate --model MODULE.json --topology v3:4x4
      tpu run NONE
      java NONE.java
      """;

  /**
   * Commands whose work may take long, with a file whose folder is missing. The work of some would
   * fail.
   */
  private static final String NOWHERE =
      """
      einsum ij->ji ARRAY --explain -o NONE/c.npy
      run PROGRAM --in a=ARRAY --mesh x=2 --trace NONE/t.json
      moe --mesh x=2 --trace NONE/t.json
      train --quick --steps 0 --mesh x=2 --trace NONE/t.json
      plan --mesh x=2 --sizes i=4 i@y->i --html NONE/page.html
      reshard --mesh x=2 --sizes i=4 i@y i --html NONE/page.html
      reshard --mesh x=2 --sizes i=4 i@y i --picture NONE/p.svg
      """;

  /** Commands without a value that could be wrong. */
  private static final Set<String> WITHOUT = Set.of("doctor", "completion", "import");

  @TempDir Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void files() throws IOException {
    Files.writeString(file("PROGRAM"), PROGRAM);
    Files.writeString(file("INTEGERS"), INTEGERS);
    Files.writeString(file("MODULE"), "module {}");
    Files.writeString(file("MODULE.json"), "{}");
    Npy.write(file("ARRAY"), Tensor.of(new float[16], 4, 4));
    assertEquals(0, run("plan PROGRAM --mesh x=2 --json"), err::toString);
    Files.writeString(file("PLAN"), out.toString());
  }

  private Path file(String name) {
    return switch (name) {
      case "PROGRAM" -> folder.resolve("p.program");
      case "INTEGERS" -> folder.resolve("i.program");
      case "ARRAY" -> folder.resolve("a.npy");
      case "MODULE" -> folder.resolve("module");
      case "MODULE.json" -> folder.resolve("module.json");
      case "PLAN" -> folder.resolve("plan.json");
      default -> folder.resolve(name);
    };
  }

  @Test
  void aWrongValueOfAnOptionIsAWrongCommandLine() {
    assertAll(WRONG.lines().map(row -> () -> assertWrong(row.split("\\|", 2))));
  }

  private void assertWrong(String... cells) {
    String line = cells[1].strip();
    assertEquals(2, run(line), () -> line + "\n" + out + err);
    String said = err.toString().lines().findFirst().orElse("");
    assertTrue(said.contains(": " + cells[0].strip()), () -> line + "\n" + err);
    assertTrue(err.toString().contains("help: shardsum "), () -> line + "\n" + err);
  }

  @Test
  void aBadInputIsAFailure() {
    assertAll(BAD.lines().map(line -> () -> assertBad(line)));
  }

  private void assertBad(String line) {
    assertEquals(1, run(line), () -> line + "\n" + out + err);
    assertFalse(err.toString().contains("help: shardsum "), () -> line + "\n" + err);
    assertFalse(err.toString().contains("defect"), () -> line + "\n" + err);
  }

  @Test
  void aFileWithoutAFolderIsRefusedBeforeTheWork() {
    assertAll(NOWHERE.lines().map(line -> () -> assertNowhere(line)));
  }

  private void assertNowhere(String line) {
    assertBad(line);
    assertEquals("", out.toString(), line);
    assertTrue(err.toString().contains("(its folder does not exist)"), () -> line + "\n" + err);
  }

  @Test
  void aPageWithoutRoomLosesNoAnswer() {
    assumeTrue(Files.exists(Path.of("/dev/full")));
    assertBad("plan PROGRAM --mesh x=2 --certify --html /dev/full");
    assertTrue(out.toString().contains("certified"), out::toString);
  }

  @Test
  void everyCommandHasARow() {
    Set<String> tried = new TreeSet<>(WITHOUT);
    WRONG.lines().map(row -> row.split("\\|", 2)[1].strip().split(" ", 2)[0]).forEach(tried::add);
    assertEquals(new TreeSet<>(Main.commandLine().getSubcommands().keySet()), tried);
  }

  private int run(String line) {
    String[] words = Stream.of(line.split(" +", -1)).map(this::word).toArray(String[]::new);
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return Main.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(words);
  }

  /** A word of a command line, with the place of a file for its name. */
  private String word(String word) {
    boolean isFile = word.matches("PROGRAM|INTEGERS|ARRAY|PLAN|MODULE(\\.json)?|NONE.*");
    return isFile ? file(word).toString() : word.replace("=ARRAY", "=" + file("ARRAY"));
  }
}
