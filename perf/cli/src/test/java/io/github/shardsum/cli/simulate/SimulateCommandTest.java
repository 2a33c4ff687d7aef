package io.github.shardsum.cli.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class SimulateCommandTest {
  private static final String SMALL =
      """
      {"name": "small", "layers": 2, "width": 256, "heads": 2, "headWidth": 128, "vocabulary": 1000,
       "feedForward": {"width": 1024, "gated": false}, "sequence": 512, "globalBatch": 4,
       "rematerialise": 0, "layout": {"fsdp": 1}}
      """;

  @TempDir Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void aModelOfAFileIsPricedOnANetwork() throws IOException {
    assertEquals(0, run("--model", file(SMALL), "--topology", "v5e:1x1", "--json"));
    JsonNode answer = new JsonMapper().readTree(out.toString());
    assertEquals(
        2 * (4 * 256 * 256 + 2 * 256 * 1024) + 2 * 1000 * 256, answer.path("weights").intValue());
    assertEquals(2048, answer.path("tokensPerStep").intValue());
    double seconds = answer.path("stepSeconds").doubleValue();
    assertEquals(2048 / seconds, answer.path("tokensPerSecond").doubleValue(), 1e-6);
    assertEquals(
        1e12 / 2048 * seconds / 86_400, answer.path("days").doubleValue(), 1e-6 * 1e12 * seconds);
  }

  /** Whatever sizes somebody gives, those that are found are no slower. */
  @Tag("deep")
  @Test
  void sizesThatAreFoundAreNoSlowerThanOthers() throws IOException {
    String model = file(SMALL);
    List<String> line =
        List.of("--model", model, "--topology", "v5e:2x1", "--batch", "16", "--json");
    JsonNode found = answer(line, "--auto");
    boolean isUsual = found.path("layout").asString().contains("fsdp=2");
    assertEquals(isUsual, found.path("assumptions").toString().contains("(fsdp)"), found::toString);
    for (String sizes : List.of("data=2", "fsdp=2", "tensor=2")) {
      double given = answer(line, "--layout", sizes).path("stepSeconds").doubleValue();
      assertTrue(
          found.path("stepSeconds").doubleValue() <= given,
          () -> sizes + " takes " + given + ", found " + found);
    }
    double given = answer(line, "--layout", "fsdp=2").path("stepSeconds").doubleValue();
    JsonNode own = answer(line, "--layout", "fsdp=2", "--auto");
    assertTrue(own.path("layout").asString().contains("fsdp=2"), own::toString);
    assertTrue(own.path("stepSeconds").doubleValue() <= given, own::toString);
  }

  private JsonNode answer(List<String> line, String... more) {
    out.getBuffer().setLength(0);
    List<String> all = new ArrayList<>(line);
    all.addAll(List.of(more));
    assertEquals(0, run(all.toArray(String[]::new)), err::toString);
    return new JsonMapper().readTree(out.toString());
  }

  @Test
  void theLargestModelOfThePaperIsPricedOnItsTorus() {
    assertEquals(0, run("--model", "gshard-600b", "--topology", "v3:32x32"));
    assertTrue(out.toString().contains("2048 devices v3"), out::toString);
    assertTrue(out.toString().contains("all-to-all of experts"), out::toString);
    assertTrue(out.toString().contains("core-years"), out::toString);
    assertFalse(out.toString().contains("does not fit"), out::toString);
  }

  /** The smaller models have a layout of fewer devices, of which there are copies. */
  @ParameterizedTest
  @CsvSource({
    "600b, v3:32x32, 1, 0, 2048",
    "200b, v3:32x32, 1, 0, 2048",
    "150b, v3:32x32, 4, 0, 512",
    "50b, v3:32x32, 4, 0, 512",
    "37b, v3:32x32, 16, 0, 128",
    "12b, v3:32x32, 16, 0, 128",
    "12b, v3:8x8*2, 2, 0, 128",
    "600b, v3:16x16, 1, 512, 1",
  })
  void everyModelOfThePaperHasALayoutOnAnyDevices(
      String name, String topology, int data, int fsdp, int expert) {
    JsonNode answer =
        answer(
            List.of("--model", "gshard-" + name, "--topology", topology, "--formulas", "--json"));
    int copies = Math.max(1, fsdp);
    assertEquals(data * copies * expert, answer.path("devices").intValue(), answer::toString);
    String layout = "data=" + data + " fsdp=" + copies + " expert=" + expert + " tensor=1";
    assertTrue(answer.path("layout").stringValue().startsWith(layout), answer::toString);
  }

  @Test
  void aDeviceOfAFileIsPricedWithItsNetwork() throws IOException {
    Path device = folder.resolve("device.json");
    String text =
        """
        {"name": "mychip", "bf16TFLOPs": 100, "memoryGB": 64, "memoryGBPerSecond": 2000,
         "linkGBPerSecond": 60, "torusAxes": 2, "ringFrom": 8, "eta": 0.5}
        """;
    Files.writeString(device, text);
    String[] line = {
      "--model", file(SMALL), "--device", device.toString(), "--topology", "mychip:1x1", "--json"
    };
    assertEquals(0, run(line), err::toString);
    JsonNode answer = new JsonMapper().readTree(out.toString());
    assertEquals("mychip", answer.path("family").stringValue());
    assertEquals(0.5, answer.path("eta").doubleValue());
    // Projections at half of 100 TFLOP/s; the plan's are the formula's.
    double linear = 3 * 2048 * 2 * 2.0 * (4 * 256 * 256 + 2 * 256 * 1024);
    JsonNode first = answer.path("terms").get(0);
    assertEquals("projections and dense layers", first.path("name").stringValue());
    assertEquals(1, first.path("seconds").doubleValue() / (linear / 50e12), 1e-9);
    Files.writeString(device, text.replace("bf16TFLOPs", "tflops"));
    assertEquals(1, run(line));
    assertTrue(err.toString().contains("must have \"bf16TFLOPs\", got none"), err::toString);
  }

  @Test
  void thePlanIsCertifiedAndWrittenAsAPage() throws IOException {
    Path page = folder.resolve("page.html");
    assertEquals(
        0,
        run(
            "--model",
            file(SMALL),
            "--topology",
            "v5e:1x1",
            "--html",
            page.toString(),
            "--certify"),
        err::toString);
    assertTrue(out.toString().contains("certified"), out::toString);
    assertTrue(Files.readString(page).contains("<h1>small on 1 v5e</h1>"));
    assertEquals(0, run("--model", file(SMALL), "--topology", "v5e:1x1", "--formulas"));
    assertTrue(out.toString().contains("by formulas, without a plan"), out::toString);
  }

  @Test
  void withoutOptionsItListsModelsAndDevices() {
    assertEquals(0, run());
    for (DeviceFamily family : DeviceFamily.all()) {
      assertTrue(out.toString().contains(family.name()), family::name);
    }
    assertTrue(out.toString().contains("mixtral-8x7b"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"layers\": 2 | \"layers\": 0 | must be a whole number from 1",
        "\"layers\": 2 | \"layers\": 2.5 | must be a whole number from 1",
        "\"width\": 256 | \"width\": 9999999999 | must be a whole number from 1 to 1048576",
        "\"layers\": 2, \"width\": 256, \"heads\": 2 | \"layers\": 99999, \"width\": 999999,"
            + " \"heads\": 999999 | must be fewer than",
        "\"layers\": 2, | ` ` | must have \"layers\", got none",
        "\"heads\" | \"head\" | must have \"heads\", got none",
        "\"gated\": false | \"gates\": 1 | must be one of width, gated, got \"gates\"",
        "\"rematerialise\": 0 | \"rematerialize\": 0 | got \"rematerialize\"",
        "\"rematerialise\": 0 | \"rematerialise\": 2 | must be a number from 0.0 to 1.0, got 2",
        "\"rematerialise\": 0 | \"precision\": \"f4\" | must be bf16, fp8 or int8, got \"f4\"",
        "\"fsdp\": 1 | \"fsdp\": 3 | axes must make up 1 devices",
        "\"sequence\": 512, | ` ` | must have a sequence and a batch",
      })
  void aFileThatIsWrongIsAnErrorWithThePlace(String good, String bad, String message)
      throws IOException {
    assertTrue(SMALL.contains(good), good);
    assertEquals(1, run("--model", file(SMALL.replace(good, bad)), "--topology", "v5e:1x1"));
    assertTrue(err.toString().contains(message), err::toString);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--model nobody --topology v3:4x4 | must be a name",
        "--model gshard-37b | must be given with --topology",
        "--model gshard-37b --topology v3 | must be NAME:SIDES",
        "--model gshard-37b --topology v3:0x4 | must be NAME:SIDES",
        "--model gshard-37b --topology v3:2x2x2 | must have at most 2 sides, got 3",
        "--model gshard-37b --topology v3:99999x99999*999 | must have at most 8388608 chips",
        "--model llama2-7b --topology v3:4x4 --batch 1 --sequence 1"
            + " --layout data=2147483647,fsdp=2147483647,expert=2147483647 | axes must make up",
        "--model gshard-37b --topology v9:8x8 | must be one of tpu7x",
        "--model gshard-37b --topology v3:4x4 --layout data=16 | axes must make up 32 devices",
        "--model gshard-37b --topology v3:8x8 --layout way=128 | must be one of data",
        "--tokens 5 | --tokens: must be given with --model",
        "--json | --json: must be given with --model",
        "--model gshard-37b --topology v3:8x8 --here 2 | --here: must be given without --topology",
        "--model gshard-37b --topology v3:8x8 --formulas --certify | without --html",
        "--model gshard-37b --here 1000 | --here: must be from",
        "--model gshard-37b --device none.json --topology x:8x8 | none.json",
      })
  void aWrongCommandLineIsAnError(String line, String message) {
    assertTrue(run(line.split(" ")) != 0);
    assertTrue(err.toString().contains(message), err::toString);
  }

  @Test
  void aLayoutIsNotBlamedForTheModel() throws IOException {
    String without = file(SMALL.replace(", \"globalBatch\": 4", ""));
    assertEquals(1, run("--model", without, "--topology", "v5e:1x1", "--layout", "fsdp=1"));
    assertTrue(err.toString().contains(": small: must have a sequence and a batch"), err::toString);
    assertEquals(2, run("--model", file(SMALL), "--topology", "v5e:1x1", "--layout", "fsdp=2"));
    assertTrue(err.toString().contains(": --layout: axes must make up 1 devices"), err::toString);
  }

  private String file(String text) throws IOException {
    return Files.writeString(folder.resolve("model.json"), text).toString();
  }

  private int run(String... args) {
    String[] whole = new String[args.length + 1];
    whole[0] = "simulate";
    System.arraycopy(args, 0, whole, 1, args.length);
    return Main.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(whole);
  }
}
