package io.github.shardsum.cli.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.cli.ClosedPipe;
import io.github.shardsum.cli.Main;
import io.github.shardsum.cli.common.OpenBackend;
import io.github.shardsum.cli.common.Progress;
import io.github.shardsum.cli.train.data.PairSplit;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testsupport.TestDepth;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The commands on few pairs: whole trainings of some steps. */
class TrainCommandTest {
  private static final List<String> GERMAN = List.of("rot", "blau", "alt", "neu", "warm", "kalt");
  private static final List<String> ENGLISH = List.of("red", "blue", "old", "new", "warm", "cold");
  private static final List<String> THINGS = List.of("Haus", "Auto", "Buch", "Bild", "Tisch");
  private static final List<String> THEIRS = List.of("house", "car", "book", "picture", "table");

  @TempDir Path folder;
  private Path data = Path.of("");

  @BeforeEach
  void pairs() throws IOException {
    data = Files.write(folder.resolve("pairs.tsv"), lines());
  }

  private static List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < GERMAN.size(); i++) {
      for (int j = 0; j < THINGS.size(); j++) {
        lines.add(
            String.format(
                Locale.ROOT,
                "de\t%s %s\t%s %s",
                GERMAN.get(i),
                THINGS.get(j),
                ENGLISH.get(i),
                THEIRS.get(j)));
      }
    }
    return lines;
  }

  /** Output of a command, and its status. */
  private record Ran(int status, String out, String err) {}

  private static Ran run(String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int status =
        Main.run(
            Main.commandLine(),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            arguments);
    return new Ran(
        status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  private Ran train(Path model, String... more) {
    return trainWith(model, List.of(more));
  }

  private Ran trainWith(Path model, List<String> more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                "--data",
                data.toString(),
                "--checkpoint",
                model.toString(),
                "--threads",
                "1"));
    arguments.addAll(more);
    return run(arguments.toArray(String[]::new));
  }

  @Test
  @Timeout(300)
  void trainingStopsWhereNobodyReadsItsReport() throws IOException {
    Path model = folder.resolve("unread");
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int status =
        Main.run(
            Main.commandLine(),
            new PrintStream(new ClosedPipe(), true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            "train",
            "--data",
            data.toString(),
            "--checkpoint",
            model.toString(),
            "--steps",
            "100000000",
            "--threads",
            "1");
    assertEquals(1, status);
    assertEquals(
        "shardsum: standard output: not all of it could be written",
        err.toString(StandardCharsets.UTF_8).strip());
  }

  @Test
  void whatAKilledProcessHalfWroteIsCleared() throws IOException {
    Path model = Files.createDirectories(folder.resolve("killed"));
    Path part = Files.writeString(model.resolve(".shardsum-1234.part"), "half a checkpoint");
    CheckpointFolder.open(model).close();
    assertFalse(Files.exists(part));
  }

  /** The last checkpoint, which is whole. */
  private static CheckpointFolder.Checkpoint last(Path model) throws IOException {
    return CheckpointFolder.last(model, warning -> assertEquals("", warning));
  }

  /** All that a checkpoint holds has the same bits. */
  private static void assertSameState(Path expected, Path model) throws IOException {
    CheckpointFolder.Checkpoint whole = last(expected);
    CheckpointFolder.Checkpoint other = last(model);
    assertEquals(whole.metadata(), other.metadata());
    assertEquals(whole.tensors().keySet(), other.tensors().keySet());
    for (String name : whole.tensors().keySet()) {
      assertArrayEquals(
          whole.tensors().get(name).toDoubleArray(),
          other.tensors().get(name).toDoubleArray(),
          0,
          name);
    }
  }

  @Test
  void aTrainingThatIsResumedHasTheBytesOfOneThatWasNot() throws IOException {
    Path whole = folder.resolve("whole");
    Ran all = trainWith(whole, List.of("--steps", "4", "--experts", "2"));
    assertEquals(0, all.status(), all.err());
    assertTrue(all.out().contains("2 experts: 4 steps, 4 in this run"), all.out());
    Path parts = folder.resolve("parts");
    assertEquals(0, train(parts, "--steps", "3", "--experts", "2").status());
    Ran second = train(parts, "--steps", "1", "--resume");
    assertEquals(0, second.status(), second.err());
    assertTrue(second.out().contains("4 steps, 1 in this run"), second.out());
    assertSameState(whole, parts);
    assertEquals(2, CheckpointFolder.checkpoints(parts).size());

    Ran nothing = train(parts, "--steps", "0", "--resume");
    assertEquals(0, nothing.status(), nothing.err());
    assertTrue(nothing.out().contains("4 steps, 0 in this run"), nothing.out());
    refusals(parts);
    translations(parts);
    hypotheses(parts);
    unread(parts);
    page(parts);
    damaged(parts);
  }

  /** A checkpoint with a changed text, in a folder of its own. */
  private Path changed(Path model, String name, String text) throws IOException {
    CheckpointFolder.Checkpoint last = last(model);
    Map<String, String> metadata = new HashMap<>(last.metadata());
    metadata.put(name, text);
    Path other = Files.createTempDirectory(folder, "changed");
    try (CheckpointFolder open = CheckpointFolder.open(other)) {
      open.save(4, last.tensors(), metadata);
    }
    return other;
  }

  private void brokenCheckpoints(Path model) throws IOException {
    String own = last(model).text("model");
    for (String step : List.of("x", "-5", "99999999999999999999")) {
      Path other = changed(model, "step", step);
      assertRefused(
          train(other, "--steps", "0", "--resume"),
          other.resolve("checkpoint-000000004.safetensors")
              + ": its step must be a whole number of at most 18 digits, got \""
              + step);
    }
    for (String[] broken :
        new String[][] {
          {"model", own.replace("model=128", "model=19999999998"), "got \"model=19999999998\""},
          {"tokenizer", "", "its tokenizer must have the"},
          {"tokenizer", "x", "tokenizer: a merge must be two earlier tokens"}
        }) {
      Path other = changed(model, broken[0], broken[1]);
      Ran ran = run("translate", "--checkpoint", other.toString(), "--threads", "1", "x");
      assertRefused(ran, broken[2]);
      assertRefused(ran, other.resolve("checkpoint-000000004.safetensors") + ": ");
    }
    assertRefused(
        train(changed(model, "program", "0123abcd"), "--steps", "1", "--resume"), ", got 0123abcd");
    Map<String, Tensor> tensors = new HashMap<>(last(model).tensors());
    tensors.put("history.curve.loss", Tensor.zeros(DType.F64, 3));
    String told =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> TrainHistory.take(tensors))
                .getMessage());
    assertEquals(
        "history.curve.loss must be a history of rows of a step and its values, got f64[3]", told);
  }

  private void refusals(Path model) throws IOException {
    brokenCheckpoints(model);
    assertRefused(train(model, "--steps", "1"), "has a checkpoint of step 4; go on from it");
    Ran experts = trainWith(model, List.of("--steps", "1", "--resume", "--experts", "4"));
    assertRefused(experts, "it was trained with other --experts, --slots or --dense");
    assertRefused(train(model, "--steps", "1", "--resume", "--seed", "9"), "seed must be 9, got 1");
    try (CheckpointFolder held = CheckpointFolder.open(model)) {
      assertEquals("x", held.file("x").getFileName().toString());
      assertRefused(train(model, "--steps", "1", "--resume"), "in use by another process");
    }
    Files.writeString(data, "de\tBrot\tbread\nde\tWein\twine\n");
    assertRefused(train(model, "--steps", "1", "--resume"), "data must be");
  }

  private static void assertRefused(Ran ran, String why) {
    assertEquals(1, ran.status(), ran.out());
    assertTrue(ran.err().contains(why), ran.err());
    assertTrue(!ran.err().contains("\tat "), ran.err());
  }

  private static void translations(Path model) {
    Ran given =
        run("translate", "--checkpoint", model.toString(), "--threads", "1", "rot Haus", "", "alt");
    assertEquals(0, given.status(), given.err());
    assertEquals(3, given.out().lines().count(), given.out());
    Ran json =
        run(
            "translate",
            "--checkpoint",
            model.toString(),
            "--threads",
            "1",
            "--json",
            "rot Haus",
            "",
            "alt");
    List<JsonNode> answers = json.out().lines().map(new JsonMapper()::readTree).toList();
    assertEquals(
        List.of("rot Haus", "", "alt"),
        answers.stream().map(answer -> answer.get("text").stringValue()).toList());
    assertEquals(
        given.out().lines().toList(),
        answers.stream()
            .map(answer -> answer.get("translations").get(0).get("text").stringValue())
            .toList());
    InputStream standard = System.in;
    System.setIn(new ByteArrayInputStream("rot Haus\n\nalt\n".getBytes(StandardCharsets.UTF_8)));
    try {
      Ran read = run("translate", "--checkpoint", model.toString(), "--threads", "1");
      assertEquals(given.out(), read.out());
    } finally {
      System.setIn(standard);
    }
  }

  private static void hypotheses(Path model) {
    String[] command = {"translate", "--checkpoint", model.toString(), "--threads", "1"};
    Ran one = run(with(command, "--beam", "3", "rot Haus", "", "alt"));
    Ran all = run(with(command, "--beam", "3", "--n-best", "3", "--scores", "rot Haus", "", "alt"));
    List<String> lines = all.out().lines().toList();
    assertEquals(7, lines.size(), all.out());
    assertEquals("", lines.get(3));
    for (int text = 0; text < 2; text++) {
      Set<String> texts = new HashSet<>();
      for (String line : lines.subList(4 * text, 4 * text + 3)) {
        String[] columns = line.split("\t", -1);
        assertTrue(columns.length == 2 && Double.parseDouble(columns[0]) < 0, line);
        texts.add(columns[1]);
      }
      String best = lines.get(4 * text).split("\t", -1)[1];
      assertEquals(one.out().lines().toList().get(2 * text), best);
      assertTrue(texts.size() > 1, all.out());
    }
    assertEquals(2, run(with(command, "--n-best", "5", "x")).status());
    assertEquals(2, run(with(command, "--n-best", "0", "x")).status());
  }

  private static String[] with(String[] command, String... more) {
    return Stream.concat(Stream.of(command), Stream.of(more)).toArray(String[]::new);
  }

  /** A bit of the newest checkpoint's last tensor is another one: the one before is used. */
  private void damaged(Path model) throws IOException {
    Files.writeString(data, String.join("\n", lines()));
    List<Path> files = CheckpointFolder.checkpoints(model);
    byte[] bytes = Files.readAllBytes(files.getFirst());
    bytes[bytes.length - 2] ^= 4;
    Files.write(files.getFirst(), bytes);
    String why = "damaged checkpoint " + files.getFirst();
    Ran read = run("translate", "--checkpoint", model.toString(), "--threads", "1", "rot Haus");
    assertEquals(0, read.status(), read.err());
    assertEquals(1, read.out().lines().count(), read.out());
    assertTrue(read.err().contains(why), read.err());
    assertTrue(read.err().contains("; using " + files.get(1).getFileName()), read.err());
    assertTrue(Files.exists(files.getFirst()));

    Ran on = train(model, "--until", "5", "--resume");
    assertEquals(0, on.status(), on.err());
    assertTrue(on.err().contains(why), on.err());
    assertTrue(on.out().contains("5 steps, 2 in this run"), on.out());
    assertEquals(5, last(model).step());
    assertTrue(
        Files.exists(files.getFirst().resolveSibling(files.getFirst().getFileName() + ".damaged")));

    for (Path each : CheckpointFolder.checkpoints(model)) {
      Files.write(each, Arrays.copyOf(Files.readAllBytes(each), 1000));
    }
    assertRefused(train(model, "--until", "6", "--resume"), "damaged checkpoint");
  }

  /** Nobody reads the translations on, as behind {@code | head -1}. */
  private static void unread(Path model) {
    InputStream standard = System.in;
    ByteArrayInputStream lines =
        new ByteArrayInputStream("\n".repeat(100_000).getBytes(StandardCharsets.UTF_8));
    System.setIn(lines);
    try {
      int status =
          Main.run(
              Main.commandLine(),
              new PrintStream(new ClosedPipe(), true, StandardCharsets.UTF_8),
              new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8),
              "translate",
              "--checkpoint",
              model.toString(),
              "--threads",
              "1");
      assertEquals(1, status);
      assertTrue(lines.available() > 50_000, "too many lines were read");
    } finally {
      System.setIn(standard);
    }
  }

  private static void page(Path model) throws IOException {
    String page = Files.readString(model.resolve("report.html"));
    assertTrue(page.startsWith("<!doctype html>") && page.endsWith("</html>\n"), page);
    assertTrue(!page.contains("<script"), page);
    for (String part :
        List.of("Load of experts over time: encoder.1.feed_forward", "<polyline", "<rect")) {
      assertTrue(page.contains(part), part);
    }
  }

  @Test
  void aFolderWithoutAModelIsRefused() {
    assertRefused(
        run("translate", "--checkpoint", folder.resolve("none").toString(), "x"), "no such file");
  }

  @Test
  void whatIsNoDataIsRefused() throws IOException {
    Files.writeString(data, "Brot\tbread\n");
    assertRefused(train(folder.resolve("m"), "--steps", "1"), "line 1 must be language");
    assertTrue(CheckpointFolder.checkpoints(folder.resolve("m")).isEmpty());
    Files.writeString(data, "x\t".repeat(100_000));
    Ran wide = train(folder.resolve("m"), "--steps", "1");
    assertRefused(wide, "with tabs between them, got \"x\\u0009x");
    assertRefused(wide, "...\" of 200000 characters");
    assertTrue(wide.err().length() < 1000, wide.err());
    Files.writeString(data, "de\tB\0rot\tbread\n");
    assertRefused(train(folder.resolve("m"), "--steps", "1"), "line 1 must be text in UTF-8");
    Files.writeString(data, "de\tB\u00e4r\tbear\n", StandardCharsets.ISO_8859_1);
    assertRefused(train(folder.resolve("m"), "--steps", "1"), "must be text in UTF-8");
    Files.write(data, "de\tBrot\tbread\n".repeat(99).getBytes(StandardCharsets.UTF_16LE));
    assertRefused(train(folder.resolve("m"), "--steps", "1"), "must be text in UTF-8");
  }

  /** Before the minutes of training, not after them. */
  @Test
  void aPageThatCannotBeWrittenIsToldBeforeTheTraining() {
    String page = folder.resolve("none/p.html").toString();
    Ran ran =
        run("train", "--data", data.toString(), "--steps", "1", "--threads", "1", "--html", page);
    assertRefused(ran, page + " (its folder does not exist)");
    assertEquals("", ran.out());
  }

  @Test
  void aPageOnAFullDiskIsToldWithItsFile() {
    Path full = Path.of("/dev/full");
    assumeTrue(Files.exists(full));
    Ran ran =
        run(
            "train",
            "--data",
            data.toString(),
            "--experts",
            "2",
            "--steps",
            "0",
            "--threads",
            "1",
            "--html",
            full.toString());
    assertRefused(ran, "/dev/full: No space left on device");
  }

  @Test
  void dataWithNothingToLearnFromSaysWhy() throws IOException {
    List<String> heldBack =
        Stream.iterate(0, i -> i + 1)
            .map(i -> "w" + i)
            .filter(PairSplit::isHeldBack)
            .limit(3)
            .map(source -> "de\t" + source + "\tword")
            .toList();
    Files.write(data, heldBack);
    assertRefused(
        train(folder.resolve("m"), "--steps", "1"), "got none: 0 are longer, and 3 sources");
  }

  /** The losses of a checkpoint's steps. */
  private static List<Double> losses(Path model) throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>(last(model).tensors());
    return TrainHistory.take(tensors).curves().getOrDefault("loss", List.of()).stream()
        .map(TrainHistory.Point::value)
        .toList();
  }

  @Test
  void aTrainingOnAMeshHasTheLossesOfOneDeviceAndIsGoneOnWithThere() throws IOException {
    Path one = folder.resolve("one");
    assertEquals(0, train(one, "--steps", "2", "--experts", "4").status());
    Path mesh = folder.resolve("mesh");
    Ran ran = train(mesh, "--steps", "2", "--experts", "4", "--mesh", "y=2");
    assertEquals(0, ran.status(), ran.err());
    List<Double> expected = losses(one);
    List<Double> losses = losses(mesh);
    assertEquals(2, losses.size());
    for (int i = 0; i < losses.size(); i++) {
      assertEquals(expected.get(i), losses.get(i), 1e-4 * expected.get(i));
    }
    Ran more = train(mesh, "--steps", "1", "--resume");
    assertEquals(0, more.status(), more.err());
    assertTrue(more.out().contains("3 steps, 1 in this run"), more.out());
    Ran cut = train(mesh, "--steps", "1", "--resume", "--mesh", "y=2", "--windows", "always");
    assertEquals(0, cut.status(), cut.err());
    Pattern windows = Pattern.compile("\\n +windows +over y +[1-9]");
    assertTrue(windows.matcher(cut.out()).find(), cut.out());
    assertFalse(windows.matcher(ran.out()).find(), ran.out());
  }

  /** The second loss follows from the gradients of the first step. */
  @Tag("deep")
  @Test
  void inOneOrderOfSumsATrainingOnAMeshHasTheLossesOfOneDeviceToTheBit() throws IOException {
    Path one = folder.resolve("one");
    Path mesh = folder.resolve("mesh");
    String[] steps = {"--steps", "2", "--experts", "4", "--reproducible"};
    Ran alone = train(one, steps);
    assertEquals(0, alone.status(), alone.err());
    List<String> line = new ArrayList<>(List.of(steps));
    line.addAll(List.of("--mesh", "d=2", "--json"));
    Ran many = train(mesh, line.toArray(String[]::new));
    assertEquals(0, many.status(), many.err());
    assertEquals(2, losses(one).size());
    assertEquals(losses(one), losses(mesh));
    assertAnswersOfAMesh(new JsonMapper().readTree(many.out()).get("4 experts"));
  }

  private static void assertAnswersOfAMesh(JsonNode model) {
    for (JsonNode layer : model.get("loads")) {
      assertEquals(1, layer.size());
      assertEquals(2, layer.get(0).get("step").longValue());
      assertEquals(4, layer.get(0).get("tokens").size());
    }
    assertFalse(model.has("deviceLoads"), "experts are not split over d");
    JsonNode mesh = model.get("mesh");
    long received = 0;
    for (JsonNode kind : mesh.get("kinds")) {
      received += kind.get("receivedBytes").longValue();
    }
    assertEquals(mesh.get("receivedBytes").longValue(), received);
  }

  /** The model keeps its slots where it is gone on with, on a mesh and with recomputation too. */
  @Test
  void expertsWithSlotsAreTrainedAndGoneOnWithOnAMesh() throws IOException {
    Path model = folder.resolve("slots");
    Ran alone = train(model, "--steps", "1", "--experts", "4", "--slots", "0.5");
    assertEquals(0, alone.status(), alone.err());
    String percent = "dropped +\\d+\\.\\d % of the choices of the last 1 steps found";
    assertTrue(Pattern.compile(percent).matcher(alone.out()).find(), alone.out());
    Ran more = train(model, "--steps", "1", "--resume", "--recompute", "--mesh", "x=2");
    assertEquals(0, more.status(), more.err());
    assertTrue(more.out().contains("of the choices of the last 2 steps found"), more.out());
    assertTrue(
        Pattern.compile("all-to-all +over x +\\d+ +[\\d,]+ bytes").matcher(more.out()).find());
    Ran other = train(model, "--steps", "1", "--resume", "--slots", "2");
    assertRefused(other, "--slots");
  }

  @Test
  void optionsThatContradictAreRefused() {
    for (List<String> wrong :
        List.of(
            List.of("--steps", "1", "--minutes", "1"),
            List.of("--steps", "-1"),
            List.of("--until", "-1"),
            List.of("--until", "5", "--steps", "1"),
            List.of("--all", "--sweep"),
            List.of("--quick", "--data", "x"),
            List.of("--corpus", "x", "--data", "x"),
            List.of("--corpus", "x", "--quick"),
            List.of("--corpus", "x", "--all"),
            List.of("--minutes", "-1"),
            List.of("--minutes", "NaN"),
            List.of("--experts", "0"),
            List.of("--slots", "0"),
            List.of("--slots", "NaN"),
            List.of("--mesh", "x=0"),
            // Groups that x does not divide are seen before the file, which does not exist.
            List.of("--mesh", "x=3", "--data", "nowhere.tsv"),
            List.of("--accumulate", "0"),
            List.of("--plugin", "none.so"),
            List.of("--resume"))) {
      List<String> arguments = Stream.concat(Stream.of("train"), wrong.stream()).toList();
      Ran ran = run(arguments.toArray(String[]::new));
      assertEquals(2, ran.status(), arguments.toString());
      assertTrue(ran.err().contains(wrong.getFirst()), ran.err());
    }
    assertEquals(2, run("translate", "--checkpoint", "x", "--beam", "0", "y").status());
    assertRefused(
        run("train", "--backend", "pjrt", "--plugin", "none.so", "--steps", "1"), "none.so");
  }

  @Test
  void aLaunchOfSeveralProcessesIsSeen() {
    assertEquals(1, TrainCommand.processes(Map.of()));
    assertEquals(3, TrainCommand.processes(Map.of("OMPI_COMM_WORLD_SIZE", "3")));
    assertEquals(2, TrainCommand.processes(Map.of("PMI_SIZE", "2", "OMPI_COMM_WORLD_SIZE", "")));
  }

  /** Nothing is held back, so nothing is compared. */
  @Test
  void aModelToBeUsedLearnsFromAll() {
    Ran ran =
        run(
            "train",
            "--data",
            data.toString(),
            "--all",
            "--steps",
            "1",
            "--experts",
            "2",
            "--threads",
            "1");
    assertEquals(0, ran.status(), ran.err());
    assertTrue(ran.out().contains(", names 30, phrases 0, "), ran.out());
    assertTrue(ran.out().contains("held back: nothing"), ran.out());
    assertTrue(!ran.out().contains("exact"), ran.out());
  }

  /** 520 sentences of four to six words in each of two languages. */
  private Path corpus() throws IOException {
    StringBuilder text = new StringBuilder();
    for (String language : List.of("de", "fr")) {
      for (int i = 0; i < 520; i++) {
        String thing = Character.toString('a' + i % 26) + Character.toString('a' + i / 26) + "y";
        text.append(
            String.format(
                Locale.ROOT,
                "%s\tl%s %sig ist hier\tthe %s is here\n",
                language,
                language,
                thing,
                thing));
      }
    }
    Files.writeString(Files.createDirectory(folder.resolve("source")).resolve("a.tsv"), text);
    Path corpus = folder.resolve("corpus");
    Ran made =
        run("corpus", "make", "--from", folder.resolve("source") + "", "-o", corpus.toString());
    assertEquals(0, made.status(), made.err());
    return corpus;
  }

  @Test
  void aCorpusIsLearntFromAndItsHeldOutSentencesAreTranslated() throws IOException {
    List<String> line =
        new ArrayList<>(
            List.of("train", "--corpus", corpus().toString(), "--steps", "2", "--experts", "2"));
    line.addAll(List.of("--threads", "1"));
    Ran ran = run(line.toArray(String[]::new));
    assertEquals(0, ran.status(), ran.err());
    assertTrue(ran.out().contains("to learn from: languages 2, sentences "), ran.out());
    assertTrue(
        Pattern.compile("(?m)^sentences, BLEU and chrF$\\R^language .*$\\R^all .*$\\R^de |^fr ")
            .matcher(ran.out())
            .find(),
        ran.out());
    line.add("--json");
    JsonNode answer = new JsonMapper().readTree(run(line.toArray(String[]::new)).out());
    JsonNode scores = answer.at("/2 experts/sentences");
    assertTrue(scores.get("texts").asInt() > 4, answer::toString);
    assertTrue(scores.get("bleu").asDouble() >= 0 && scores.get("bleu").asDouble() <= 1);
  }

  @Test
  void aCorpusThatWasChangedIsRefused() throws IOException {
    Path corpus = corpus();
    Path held = corpus.resolve("held-out.tsv");
    String before = Files.readString(held);
    Files.writeString(held, before.replace("the ", "a "));
    assertRefused(run("train", "--corpus", corpus.toString(), "--steps", "1"), "SHA-256");
    Files.writeString(held, "de\tx\n");
    assertRefused(run("train", "--corpus", corpus.toString(), "--steps", "1"), "four columns");
    assertRefused(run("train", "--corpus", folder.toString(), "--steps", "1"), "no such file");
  }

  @Test
  void theDenseModelIsTrainedBesideInJson() {
    Ran ran =
        run(
            "train",
            "--data",
            data.toString(),
            "--steps",
            "1",
            "--experts",
            "2",
            "--dense",
            "--json",
            "--threads",
            "1",
            "--html",
            folder.resolve("p.html").toString());
    assertEquals(0, ran.status(), ran.err());
    assertEquals(1, ran.out().lines().count());
    for (String part : List.of("\"2 experts\"", "\"dense\"", "\"chrf\"")) {
      assertTrue(ran.out().contains(part), ran.out());
    }
    assertTrue(Files.exists(folder.resolve("p.html")));
  }

  @Test
  void aSweepComparesModelsBySeeds() throws IOException {
    boolean few = TestDepth.current() != TestDepth.EXHAUSTIVE;
    TrainExpertSweep.Grid grid =
        few ? new TrainExpertSweep.Grid(List.of(1, 4), 2) : TrainExpertSweep.Grid.STANDARD;
    Path page = folder.resolve("sweep.html");
    String out = few ? swept(grid, page) : swept(page);
    for (int experts : grid.experts()) {
      assertTrue(out.contains("\n" + TrainExpertSweep.name(experts) + " "), out);
    }
    assertTrue(out.contains(String.format(Locale.ROOT, "%d seeds each", grid.seeds())), out);
    assertTrue(Files.readString(page).contains(TrainExpertSweep.name(grid.experts().getLast())));
  }

  private String swept(Path page) {
    Ran ran =
        run(
            "train",
            "--data",
            data.toString(),
            "--sweep",
            "--steps",
            "1",
            "--threads",
            "1",
            "--html",
            page.toString());
    assertEquals(0, ran.status(), ran.err());
    return ran.out();
  }

  private String swept(TrainExpertSweep.Grid grid, Path page) throws IOException {
    TrainJob job =
        new TrainJob(
            Optional.empty(),
            Optional.of(1L),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            false,
            Optional.empty(),
            false,
            Optional.of(page),
            Optional.empty(),
            Optional.of(grid),
            1,
            false,
            new TrainJob.Data(Optional.of(data), Optional.empty(), false, false));
    StringWriter out = new StringWriter();
    PrintWriter err = new PrintWriter(Writer.nullWriter());
    new TrainRun(
            job,
            Workers.sequential(),
            OpenBackend.of(LocalBackend.of(Workers.sequential(), MoePrograms.kernels())),
            Optional.empty(),
            new Progress(err, false, true),
            new PrintWriter(out, true),
            warning -> assertEquals("", warning))
        .run();
    return out.toString();
  }

  /** By hand: the dense model falls from 4 to 2, so 80 % of the way is 2.4. */
  @Test
  void aSweepCountsStepsToTheLossesOfTheDenseModel() {
    TrainExpertSweep sweep = new TrainExpertSweep("names");
    sweep.add(1, trained(10, 4, 3, 2));
    sweep.add(1, trained(10, 4, 2.4, 2));
    sweep.add(4, trained(20, 3, 2, 1));
    sweep.add(4, trained(30, 3, 2.9, 2.8));
    assertEquals(
        List.of(
            List.of(
                "model",
                "names",
                "spread",
                "ms a step",
                "steps to 3.000",
                "steps to 2.400",
                "steps to 2.000"),
            List.of("dense", "2.000", "0.000", "10", "200", "250", "300"),
            List.of(
                "4 experts", "1.900", "1.800", "25", "100", "1 of 2 reach it", "1 of 2 reach it")),
        sweep.table());
  }

  private static TrainExpertSweep.Trained trained(double millis, double... losses) {
    List<TrainHistory.Point> points = new ArrayList<>();
    for (double loss : losses) {
      points.add(new TrainHistory.Point(100L * (points.size() + 1), loss));
    }
    return new TrainExpertSweep.Trained(points, millis);
  }

  /**
   * A training without an end, in a process of its own: with this one's compilers, and so with its
   * kernels, since bits are compared.
   */
  private Process endless(Path model, Path log) throws IOException {
    String path =
        Stream.of("jdk.module.path", "java.class.path")
            .map(name -> System.getProperty(name, ""))
            .filter(paths -> !paths.isEmpty())
            .collect(Collectors.joining(File.pathSeparator));
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--add-modules",
            "jdk.incubator.vector",
            "-cp",
            path,
            "io.github.shardsum.cli.Main",
            "train",
            "--data",
            data.toString(),
            "--experts",
            "2",
            "--steps",
            "1000000",
            "--threads",
            "1",
            "--checkpoint",
            model.toString())
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }

  /** A process that is killed leaves whole checkpoints, and no lock. */
  @Tag("deep")
  @Test
  void aTrainingThatIsKilledIsGoneOnWith() throws IOException, InterruptedException {
    Path model = folder.resolve("killed");
    Path log = folder.resolve("child.log");
    Process child = endless(model, log);
    try {
      while (CheckpointFolder.checkpoints(model).isEmpty()) {
        assertTrue(child.isAlive(), () -> "the child ended: " + text(log));
        Thread.sleep(50);
      }
      assertRefused(train(model, "--steps", "1", "--resume"), "in use by another process");
    } finally {
      child.destroyForcibly().waitFor();
    }
    long made =
        Long.parseLong(
            CheckpointFolder.checkpoints(model)
                .getFirst()
                .getFileName()
                .toString()
                .substring(11, 20));
    Ran ran = train(model, "--steps", "2", "--resume");
    assertEquals(0, ran.status(), ran.err());
    assertTrue(ran.out().contains((made + 2) + " steps, 2 in this run"), ran.out());
    Path whole = folder.resolve("whole");
    Ran all = train(whole, "--steps", Long.toString(made + 2), "--experts", "2");
    assertEquals(0, all.status(), all.err());
    assertSameState(whole, model);
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
