package io.github.shardsum.cli.corpus.read;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.corpus.read.TranslationReader.Translation;
import io.github.shardsum.testsupport.TestDepth;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each reader against files whose bytes are written here. */
class ReadersTest {
  private static final String PO =
      """
      # A translation.
      msgid ""
      msgstr ""
      "Language: de\\n"
      "Content-Type: text/plain; charset=UTF-8\\n"

      #: main.c:1
      msgid "Open"
      msgstr "Öffnen"
      msgctxt "menu"
      msgid "Open"
      msgstr "Auf"

      #, c-format, fuzzy
      msgid "Close"
      msgstr "Nah"

      #~ msgid "Old"
      #~ msgstr "Alt"

      #, c-format
      msgid "%d file"
      msgid_plural "%d files"
      msgstr[0] "%d Datei"
      msgstr[1] "%d Dateien"

      msgid ""
      "A \\"long\\" "
      "text"
      msgstr ""
      "Ein \\"langer\\"\\n"
      "Text"
      """;

  private static final String FTL =
      """
      # Comment
      -brand = Fox
      open = Öffne { -brand }
          .label = Marke
          .accesskey = M
      ## Group
      tabs =
          { $count ->
              [one] Ein Tab
             *[other]
                  { $count } Tabs
          } in { $size ->
              [0] nichts
             *[more] { "{" }vielem{ "}" }
          }

      junk here
      long = Erste Zeile
          zweite Zeile
      """;

  private static final String TMX =
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <tmx version="1.4"><header/><body>
      <tu><tuv xml:lang="en-US"><seg>Two <bpt i="1">&lt;b&gt;</bpt>bold<ept i="1">x</ept> words</seg></tuv>
      <tuv xml:lang="de"><seg>Zwei fette Wörter</seg></tuv>
      <tuv lang="fr"><seg>Deux mots &amp; plus</seg></tuv></tu>
      <tu><tuv xml:lang="de"><seg>Allein</seg></tuv></tu>
      </body></tmx>
      """;

  private static List<Translation> aligned(String name, byte... bytes) throws IOException {
    List<Translation> found = new ArrayList<>();
    switch (TranslationReader.of(name).orElseThrow()) {
      case TranslationReader.Aligned reader ->
          reader.read(new ByteArrayInputStream(bytes), found::add);
      case TranslationReader.Keyed reader ->
          reader
              .read(new ByteArrayInputStream(bytes))
              .forEach((key, text) -> found.add(new Translation("", key, text)));
    }
    return found;
  }

  private static Map<String, String> keyed(String name, byte... bytes) throws IOException {
    Map<String, String> found = new LinkedHashMap<>();
    aligned(name, bytes).forEach(each -> found.put(each.english(), each.text()));
    return found;
  }

  private static Translation of(String language, String english, String text) {
    return new Translation(language, english, text);
  }

  /** A compiled file as msgfmt lays it out: header, two tables, then texts that end in a zero. */
  private static byte[] mo(ByteOrder order, Charset charset, Map<String, String> messages) {
    ByteArrayOutputStream texts = new ByteArrayOutputStream();
    int count = messages.size();
    int first = 28 + 16 * count;
    ByteBuffer tables = ByteBuffer.allocate(first).order(order);
    tables.putInt(0x950412de).putInt(0).putInt(count).putInt(28).putInt(28 + 8 * count);
    tables.putInt(0).putInt(0);
    for (boolean original : new boolean[] {true, false}) {
      for (Map.Entry<String, String> message : messages.entrySet()) {
        byte[] text = (original ? message.getKey() : message.getValue()).getBytes(charset);
        tables.putInt(text.length).putInt(first + texts.size());
        texts.writeBytes(text);
        texts.write(0);
      }
    }
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(tables.array());
    all.writeBytes(texts.toByteArray());
    return all.toByteArray();
  }

  private static Map<String, String> messages(String charset) {
    Map<String, String> messages = new LinkedHashMap<>();
    messages.put("", "Language: fr\nContent-Type: text/plain; charset=" + charset + "\n");
    messages.put("%d file\0%d files", "%d fichier\0%d fichiers");
    messages.put("menu\4Open", "Ouvrir é");
    return messages;
  }

  /** A pack with the texts 7: Tür, 9: empty, and 12, an alias of 7. */
  private static byte[] pak(int version, Charset charset) {
    byte[] text = "Tür".getBytes(charset);
    int aliases = version == 5 ? 1 : 0;
    int begin = (version == 5 ? 12 : 9) + 6 * 3 + 4 * aliases;
    ByteBuffer file = ByteBuffer.allocate(begin + text.length).order(ByteOrder.LITTLE_ENDIAN);
    byte encoding = (byte) (charset.equals(UTF_8) ? 1 : 2);
    file.putInt(version);
    if (version == 5) {
      file.put(encoding).put(new byte[3]).putShort((short) 2).putShort((short) aliases);
    } else {
      file.putInt(2).put(encoding);
    }
    file.putShort((short) 7).putInt(begin);
    file.putShort((short) 9).putInt(begin + text.length);
    file.putShort((short) 0).putInt(begin + text.length);
    if (version == 5) {
      file.putShort((short) 12).putShort((short) 0);
    }
    return file.put(text).array();
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-8", "ISO-8859-1"})
  void compiledMessagesHaveTheirEnglishAsKey(String charset) throws IOException {
    for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
      assertEquals(
          List.of(
              of("fr", "%d file", "%d fichier"),
              of("fr", "%d files", "%d fichiers"),
              of("fr", "Open", "Ouvrir é")),
          aligned("x.mo", mo(order, Charset.forName(charset), messages(charset))));
    }
  }

  @Test
  void ofMoreThanTwoFormsTheLastBelongsToThePlural() throws IOException {
    Map<String, String> messages = Map.of("a file\0files", "plik\0pliki\0plików");
    assertEquals(
        List.of(of("", "files", "plików")),
        aligned("x.mo", mo(ByteOrder.LITTLE_ENDIAN, UTF_8, messages)));
  }

  @Test
  void messagesAsTextLeaveOutFuzzyAndObsoleteOnes() throws IOException {
    assertEquals(
        List.of(
            of("de", "Open", "Öffnen"),
            of("de", "Open", "Auf"),
            of("de", "%d file", "%d Datei"),
            of("de", "%d files", "%d Dateien"),
            of("de", "A \"long\" text", "Ein \"langer\"\nText")),
        aligned("de.po", PO.getBytes(UTF_8)));
  }

  @Test
  void propertiesAreUtf8OrLatin1() throws IOException {
    Map<String, String> expected = Map.of("a", "Tür", "b", "it's {0}", "c", "ü");
    String text = "a=Tür\n# no\nb : it''s {0}\nc=\\u00fc\n";
    assertEquals(expected, keyed("m_de.properties", text.getBytes(UTF_8)));
    assertEquals(expected, keyed("m_de.properties", text.getBytes(ISO_8859_1)));
  }

  @Test
  void declarationsOfEntitiesAreTexts() throws IOException {
    String text =
        "<!-- <!ENTITY no \"x\"> --><!ENTITY a.b \"Tür &amp; Tor\">\n<!ENTITY c 'sagt \"ja\"' >";
    assertEquals(
        Map.of("a.b", "Tür &amp; Tor", "c", "sagt \"ja\""), keyed("x.dtd", text.getBytes(UTF_8)));
  }

  @Test
  void ofAFluentChoiceTheDefaultIsTaken() throws IOException {
    assertEquals(
        Map.of(
            "-brand", "Fox",
            "open", "Öffne {-brand}",
            "open.label", "Marke",
            "open.accesskey", "M",
            "tabs", "{$count} Tabs in {vielem}",
            "long", "Erste Zeile\n    zweite Zeile"),
        keyed("x.ftl", FTL.getBytes(UTF_8)));
  }

  @Test
  void objectsHaveTextsUnderTheNamesAroundThem() throws IOException {
    String text =
        "{\"@metadata\": {\"authors\": [\"x\"]}, \"a\": \"Tür\", \"n\": 3,"
            + "\"b\": {\"message\": \"Tor\", \"description\": \"no\"}}";
    assertEquals(Map.of(".a", "Tür", ".b.message", "Tor"), keyed("de.json", text.getBytes(UTF_8)));
  }

  @Test
  void packsHaveTextsUnderNumbers() throws IOException {
    for (Charset charset : List.of(UTF_8, UTF_16LE)) {
      assertEquals(Map.of("7", "Tür", "9", ""), keyed("de.pak", pak(4, charset)));
      assertEquals(Map.of("7", "Tür", "9", "", "12", "Tür"), keyed("de.pak", pak(5, charset)));
    }
  }

  @Test
  void linesHaveThreeColumns() throws IOException {
    assertEquals(
        List.of(of("de", "door", "Tür")), aligned("x.tsv", "de\tTür\tdoor\n\n".getBytes(UTF_8)));
    assertThrows(IllegalArgumentException.class, () -> aligned("x.tsv", "de\tTür".getBytes(UTF_8)));
  }

  @Test
  void aMemoryPairsEnglishWithEachOtherLanguage() throws IOException {
    assertEquals(
        List.of(
            of("de", "Two bold words", "Zwei fette Wörter"),
            of("fr", "Two bold words", "Deux mots & plus")),
        aligned("x.tmx", TMX.getBytes(UTF_8)));
    byte[] wide = TMX.replace("UTF-8", "UTF-16").getBytes(UTF_16);
    assertEquals(2, aligned("x.tmx", wide).size());
  }

  @Test
  void aMemoryExpandsNoEntities() {
    String laughs =
        "<!DOCTYPE t [<!ENTITY a \"ha\"><!ENTITY b SYSTEM \"file:///etc/passwd\">]>"
            + "<tmx><tu><tuv xml:lang=\"en\"><seg>x&a;&b;</seg></tuv></tu></tmx>";
    try {
      assertEquals(List.of(), aligned("x.tmx", laughs.getBytes(UTF_8)));
    } catch (IllegalArgumentException | IOException refused) {
      assertTrue(refused.getMessage().startsWith("must be XML"), refused::getMessage);
    }
  }

  @Test
  void deepNestsAreRefused() {
    String deep = "a = " + "{ $n -> *[x] ".repeat(100_000) + "}".repeat(100_000) + "\n";
    assertThrows(IllegalArgumentException.class, () -> keyed("x.ftl", deep.getBytes(UTF_8)));
    String nest = "{\"a\":".repeat(100_000);
    assertThrows(IllegalArgumentException.class, () -> keyed("x.json", nest.getBytes(UTF_8)));
  }

  /** A file of each format. */
  enum Sample {
    MO("x.mo"),
    PO("x.po"),
    FTL("x.ftl"),
    TMX("x.tmx"),
    TSV("x.tsv"),
    DTD("x.dtd"),
    JSON("x.json"),
    PAK4("x.pak"),
    PAK5("x.pak"),
    PROPERTIES("x.properties");

    private final String name;

    Sample(String name) {
      this.name = name;
    }

    private byte[] bytes() {
      return switch (this) {
        case MO -> mo(ByteOrder.LITTLE_ENDIAN, UTF_8, messages("UTF-8"));
        case PO -> ReadersTest.PO.getBytes(UTF_8);
        case FTL -> ReadersTest.FTL.getBytes(UTF_8);
        case TMX -> ReadersTest.TMX.getBytes(UTF_8);
        case TSV -> "de\tTür\tdoor\nfr\tporte\tdoor\n".getBytes(UTF_8);
        case DTD -> "<!ENTITY a \"Tür\"><!-- c --><!ENTITY b 'Tor'>".getBytes(UTF_8);
        case JSON -> "{\"a\": \"Tür\", \"b\": {\"c\": \"\\u00fc\"}}".getBytes(UTF_8);
        case PAK4 -> pak(4, UTF_8);
        case PAK5 -> pak(5, UTF_16LE);
        case PROPERTIES -> "a=T\\u00fcr\nb = Tor\\\n  weit".getBytes(UTF_8);
      };
    }
  }

  @ParameterizedTest
  @EnumSource
  void aDamagedFileIsReadOrRefused(Sample sample) {
    Random random = new Random(TestDepth.seed(50));
    byte[] whole = sample.bytes();
    for (int i = 0; i < TestDepth.cases(300, 3000, 30_000); i++) {
      byte[] bytes = Arrays.copyOf(whole, damagedLength(whole.length, random));
      for (int changes = random.nextInt(4); changes > 0 && bytes.length > 0; changes--) {
        int at = random.nextInt(bytes.length);
        bytes[at] = (byte) (random.nextBoolean() ? random.nextInt(256) : bytes[at] ^ 1);
      }
      try {
        aligned(sample.name, bytes);
      } catch (IllegalArgumentException | IOException refused) {
        assertTrue(refused.getMessage() != null || refused instanceof IOException);
      }
    }
  }

  private static int damagedLength(int length, Random random) {
    return random.nextBoolean() ? length : random.nextInt(length + 1);
  }
}
