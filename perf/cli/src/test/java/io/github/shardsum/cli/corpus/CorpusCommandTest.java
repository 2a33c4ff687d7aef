package io.github.shardsum.cli.corpus;

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
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class CorpusCommandTest {
  private static final List<String> THINGS =
      List.of("file", "window", "picture", "message", "folder", "printer", "letter", "page");

  private static final List<String> DEEDS =
      List.of(
          "Open", "Close", "Remove", "Copy", "Print", "Rename", "Share", "Move", "Show", "Hide");

  private static final List<String> WHERE =
      List.of("here", "there", "at once", "later today", "on the screen", "without a question");

  @TempDir private Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return Main.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }

  private Path write(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  /** Pairs of columns of a file of a corpus. */
  private List<String[]> lines(String name) throws IOException {
    try (Stream<String> lines = Files.lines(folder.resolve(name))) {
      return lines.map(line -> line.split("\t", -1)).toList();
    }
  }

  private static String english(int number) {
    return DEEDS.get(number % 10)
        + " the "
        + THINGS.get(number / 10 % 8)
        + " "
        + WHERE.get(number / 80 % 6);
  }

  /** 480 sentences in languages that are invented by adding endings. */
  private void sentences(String name, String... languages) throws IOException {
    StringBuilder text = new StringBuilder();
    for (String language : languages) {
      for (int i = 0; i < 480; i++) {
        String other = english(i).replace("e", "e" + language);
        text.append(language + "\t" + other + "\t" + english(i) + "\n");
      }
    }
    write(name, text.toString());
  }

  private static String folded(String english) {
    return english.toLowerCase(Locale.ROOT).replaceAll("[^a-z]+", " ").strip();
  }

  private Set<String> english(String name) throws IOException {
    Set<String> all = new HashSet<>();
    lines(name).forEach(line -> all.add(folded(line[2])));
    return all;
  }

  @Test
  void noHeldOutSentenceIsLearntInAnyLanguage() throws IOException {
    sentences("one/a.tsv", "de", "fr");
    sentences("two/b.tsv", "nl", "fi");
    assertEquals(
        0,
        run("corpus", "make", "--from", path("one"), path("two"), "-o", path("c")),
        err::toString);
    assertEquals("", err.toString());
    Set<String> held = english("c/held-out.tsv");
    assertTrue(held.size() >= 5 && held.size() <= 48, held::toString);
    Set<String> learnt = english("c/training.tsv");
    assertFalse(learnt.stream().anyMatch(held::contains));
    Map<String, Set<String>> byLanguage = new HashMap<>();
    for (String[] line : lines("c/held-out.tsv")) {
      byLanguage.computeIfAbsent(line[0], _ -> new HashSet<>()).add(folded(line[2]));
    }
    assertEquals(
        Map.of("de", held, "fr", held, "nl", held, "fi", held), byLanguage, byLanguage::toString);
  }

  @Test
  void moreFilesMoveNoSentence() throws IOException {
    sentences("one/a.tsv", "de");
    sentences("two/b.tsv", "fr", "sv");
    assertEquals(0, run("corpus", "make", "--from", path("one"), "-o", path("small")));
    assertEquals(0, run("corpus", "make", "--from", path("one"), path("two"), "-o", path("large")));
    assertEquals(english("small/held-out.tsv"), english("large/held-out.tsv"));
    assertEquals(english("small/training.tsv"), english("large/training.tsv"));
  }

  @Test
  void theOrderOfFoldersAndFilesDoesNotMatter() throws IOException {
    List<String> files = List.of("one/a.tsv", "one/b.tsv", "two/a.tsv", "two/deep/c.tsv");
    List<String> written = new ArrayList<>();
    for (String root : List.of("x", "y")) {
      for (String file : root.equals("x") ? files : files.reversed()) {
        sentences(root + "/" + file, "de", "f" + "ir".charAt(file.length() % 2));
      }
      List<String> from = new ArrayList<>(List.of(path(root + "/one"), path(root + "/two")));
      List<String> line = new ArrayList<>(List.of("corpus", "make", "--from"));
      line.addAll(root.equals("x") ? from : from.reversed());
      line.addAll(List.of("-o", path(root + "-corpus")));
      assertEquals(0, run(line.toArray(String[]::new)), err::toString);
      for (String name : List.of("training.tsv", "held-out.tsv", "manifest.json")) {
        written.add(Files.readString(folder.resolve(root + "-corpus").resolve(name)));
      }
    }
    assertEquals(written.subList(0, 3), written.subList(3, 6));
  }

  @Test
  void textsUnderKeysMeetTheirEnglish() throws IOException {
    write("web/i18n/en.json", "{\"a\": \"A red door\", \"b\": \"A blue door\"}");
    write("web/i18n/qqq.json", "{\"a\": \"About a door\"}");
    write("web/i18n/pt-br.json", "{\"a\": \"Uma porta vermelha\", \"z\": \"Nada\"}");
    write("web/bin/x.json", "{\"a\": \"Nothing\"}");
    write("app/text.properties", "k=A green door\n");
    write("app/text_sr@latin.properties", "k=Zelena vrata\n");
    write("fox/en-US/m.ftl", "k = An old door\n");
    write("langs/de/m.ftl", "k = Eine alte Tür\n");
    write("langs/en-GB/m.ftl", "k = An older door\n");
    String[] from = {path("web"), path("app"), path("fox"), path("langs")};
    List<String> line = new ArrayList<>(List.of("corpus", "make", "-o", path("c"), "--from"));
    line.addAll(List.of(from));
    assertEquals(0, run(line.toArray(String[]::new)), err::toString);
    Set<String> kept = new HashSet<>();
    for (String name : List.of("c/training.tsv", "c/held-out.tsv")) {
      lines(name).forEach(columns -> kept.add(String.join("|", columns)));
    }
    assertEquals(
        Set.of(
            "pt-BR|web|A red door|Uma porta vermelha",
            "sr-Latn|app|A green door|Zelena vrata",
            "de|langs|An old door|Eine alte Tür"),
        kept);
    assertEquals(0, run("corpus", "report", path("c"), "--json"), err::toString);
    JsonNode manifest = new JsonMapper().readTree(out.toString());
    assertEquals(1, manifest.at("/sources/web/dropped/no English text").asInt());
    assertEquals(0, manifest.at("/sources/fox/files").asInt());
  }

  @Test
  void theReportCountsWhatIsWritten() throws IOException {
    write(
        "one/a.tsv",
        """
        de\tEin kleiner Test\tA small test
        de\tein kleiner test\tA small Test
        de\tTür\tTür
        en-GB\tColour\tColor
        zz\tx\tdoor
        de\t\u0001a\tdoor
        """);
    write("one/b.po", "msgid \"x\nmsgstr");
    write("one/c.mo", "");
    write("one/doc/copyright", "Format: x\nLicense: MIT\n text\nLicense: GPL-2+\nLicense: MIT\n");
    assertEquals(0, run("corpus", "make", "--from", path("one"), "-o", path("c")), err::toString);
    assertEquals(2, err.toString().lines().count(), err::toString);
    String made = out.toString();
    assertEquals(0, run("corpus", "report", path("c")));
    assertEquals(made, out.toString());
    assertTrue(made.contains("GPL-2+; MIT"), made);
    assertEquals(0, run("corpus", "report", path("c"), "--json"));
    JsonNode source = new JsonMapper().readTree(out.toString()).at("/sources/one");
    assertEquals(3, source.get("files").asInt());
    assertEquals(2, source.get("damaged").asInt());
    assertEquals(1, source.get("training").asInt() + source.get("heldOut").asInt());
    assertEquals(
        "{\"control characters\":1,\"duplicate\":1,\"no known language\":2,\"untranslated\":1}",
        source.get("dropped").toString());
    assertEquals("doc/copyright", source.get("licenceFile").asString());
  }

  @Test
  void aCorpusIsWrittenWholeOrNotAtAll() throws IOException {
    sentences("one/a.tsv", "de");
    assertEquals(1, run("corpus", "make", "--from", path("one"), "-o", path("one")));
    assertTrue(err.toString().contains("this name exists already"), err::toString);
    assertEquals(1, run("corpus", "make", "--from", path("none"), "-o", path("c")));
    assertTrue(err.toString().contains("--from: must be folders, got"), err::toString);
    assertEquals(1, run("corpus", "make", "--from", path("one"), path("one"), "-o", path("c")));
    assertEquals(1, run("corpus", "make", "--from", path("one"), "-o", path("none/c")));
    assertTrue(err.toString().contains("its folder does not exist"), err::toString);
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(folder.resolve("one")), left.toList());
    }
  }

  @Test
  void aManifestOfAnotherKindIsRefused() throws IOException {
    for (String text :
        List.of("", "{}", "null", "[1]", "{\"version\": 2}", "{\"version\": \"x\"}")) {
      write("c/manifest.json", text);
      assertEquals(1, run("corpus", "report", path("c")), text);
      assertTrue(err.toString().contains("manifest.json: must be "), err::toString);
      assertFalse(err.toString().contains("defect"), err::toString);
    }
    assertEquals(1, run("corpus", "report", path("none")));
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }
}
