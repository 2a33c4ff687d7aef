package io.github.shardsum.cli.corpus.make;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.testsupport.TestDepth;
import java.lang.Character.UnicodeScript;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CleaningTest {
  /** Language, English, text and the reason to drop them, or nothing. */
  private static final String DROPPED =
      """
      de | Open            | Öffnen                       |
      de | Open            | open                         | untranslated
      de | Open            |                              | untranslated
      de | <b>Open</b>     | Open                         | untranslated
      de | Open            | Öff\u0001nen                 | control characters
      de | Open            | Öff\ufffdnen                 | control characters
      de | Open            | Öff\ue000nen                 | control characters
      de | <b></b>         | <i></i>                      | markup only
      de | 12 %            | 12 vH                        | no letters
      de | %s: %d          | %d (%s) mal                  | no letters
      ru | Open            | Öffnen                       | wrong script
      ru | Open            | Открыть                      |
      ru | Open with GIMP  | Открыть в GIMP               |
      ja | Open the file   | ファイルを開く               |
      ko | Open the file   | 파일 열기                    |
      sr-Latn | Open       | Otvori                       |
      sr | Open            | Otvori                       | wrong script
      qu | Open            | Kichay                       |
      de | One two three four five six seven | Eins zwei  | word ratio
      de | One two three   | Eins                         |
      de | One             | Eins zwei drei vier          | word ratio
      th | Open the selected file in a new window | เปิดแฟ้มที่เลือกในหน้าต่างใหม่ |
      """;

  /** English and text, and both as they are kept. */
  private static final String CLEANED =
      """
      Open <b>all</b> files   | Öffne <b>alle</b> Dateien   | Open all files | Öffne alle Dateien
      One<br/>two             | Eins<br>zwei                | One two        | Eins zwei
      Usage: x <file>         | Aufruf: x <Datei>           | Usage: x <file> | Aufruf: x <Datei>
      <!-- no -->Yes          | Ja<!-- a -->                | Yes            | Ja
      Tom &amp; Ann&#33;      | Tom &amp; Anna&#x21;        | Tom & Ann!     | Tom & Anna!
      _Open                   | Ö_ffnen                     | Open           | Öffnen
      Open                    | Ö~ffnen                     | Open           | Öffnen
      &Open                   | 開く(&O)                    | Open           | 開く
      R&D                     | FuE                         | R&D            | FuE
      snake_case_name is      | snake_case_name ist         | snake_case_name is | snake_case_name ist
      %s of %d                | %d von %s                   | ⟨1⟩ of ⟨2⟩     | ⟨2⟩ von ⟨1⟩
      %s of %s                | %2$s von %1$s               | ⟨1⟩ of ⟨2⟩     | ⟨2⟩ von ⟨1⟩
      {0} of {1}              | {1} von {0}                 | ⟨1⟩ of ⟨2⟩     | ⟨2⟩ von ⟨1⟩
      %(name)s is here        | %(name)s ist da             | ⟨1⟩ is here    | ⟨1⟩ ist da
      $1 and $1               | $1, $1 und $2               | ⟨1⟩ and ⟨2⟩    | ⟨1⟩, ⟨2⟩ und ⟨3⟩
      100% sure               | 100% sicher                 | 100% sure      | 100% sicher
      '''Bold''' [[A|b]] [[C]] | '''Fett''' [[A|b]] [[C]]   | Bold b C       | Fett b C
      $1 {{PLURAL:$1|page|pages}} | $1 {{PLURAL:$1|Seite|Seiten}} | ⟨1⟩ pages | ⟨1⟩ Seiten
      [//example.org/x see]   | [//example.org/x siehe]     | see            | siehe
      Cafe\u0301  “one”       | Café „eins“                 | Café “one”     | Café „eins“
      """;

  private static String reason(String language, String english, String text) {
    return CleaningRule.reason(CleaningRule.Candidate.of(language, english, text)).orElse("");
  }

  @Test
  void eachRuleDropsWhatItNames() {
    assertAll(
        DROPPED
            .lines()
            .map(line -> line.split("\\|", -1))
            .map(
                row ->
                    () ->
                        assertEquals(
                            row[3].strip(),
                            reason(row[0].strip(), row[1].strip(), row[2].strip()),
                            String.join("|", row))));
    String words = "word ".repeat(65);
    assertEquals("over 64 words", reason("de", words, "Wort ".repeat(64)));
    assertEquals("", reason("de", "word ".repeat(64), "Wort ".repeat(64)));
    assertEquals("over 64 words", reason("de", "<".repeat(1_000_000), "x"));
  }

  @Test
  void markupGoesAndPlaceholdersBecomeTokens() {
    assertAll(
        CLEANED
            .lines()
            .map(line -> line.split(" +\\| *", -1))
            .map(
                row ->
                    () ->
                        assertEquals(
                            new PlainText.Sides(row[2], row[3].strip()),
                            PlainText.of(new PlainText.Sides(row[0], row[1])))));
  }

  @Test
  void languagesHaveTags() {
    String names =
        "de=de pt_BR=pt-BR zh-hans=zh-Hans sr@latin=sr-Latn uz_UZ@cyrillic=uz-Cyrl-UZ"
            + " ca@valencia=ca-valencia de_DE.UTF-8=de-DE en_GB=en-GB yue=yue qqq= usr= share= x=";
    for (String name : names.split(" ", -1)) {
      String[] sides = name.split("=", -1);
      assertEquals(
          Optional.of(sides[1]).filter(tag -> !tag.isEmpty()), LanguageTag.of(sides[0]), name);
    }
  }

  @Test
  void theScriptIsThatOfTheLanguagesOwnName() {
    assertEquals(Optional.of(UnicodeScript.ARABIC), CleaningRule.scriptOf("fa"));
    assertEquals(Optional.of(UnicodeScript.HAN), CleaningRule.scriptOf("zh-Hant"));
    assertEquals(Optional.of(UnicodeScript.CYRILLIC), CleaningRule.scriptOf("uz-Cyrl"));
    assertEquals(Optional.empty(), CleaningRule.scriptOf("xyz"));
  }

  @Test
  void heldOutSentencesIgnoreCaseDigitsPunctuationAndPlaceholders() {
    for (String spelling :
        List.of("Open ⟨1⟩ files.", "open files", "OPEN 25 FILES…", "Open, files")) {
      assertEquals("open files", HeldOut.folded(spelling));
    }
    long share = IntStream.range(0, 100_000).filter(i -> HeldOut.isHeldOut(letters(i))).count();
    assertTrue(share > 3_700 && share < 4_300, () -> share + " of 100,000");
  }

  private static String letters(int number) {
    return Integer.toString(number)
        .chars()
        .mapToObj(c -> Character.toString(c - '0' + 'a'))
        .collect(Collectors.joining());
  }

  /** The 4-grams of a folded sentence with a mark at each end, as texts. */
  private static Set<String> grams(String folded) {
    String text = "^" + folded + "$";
    return text.length() < 4
        ? Set.of(text)
        : IntStream.rangeClosed(0, text.length() - 4)
            .mapToObj(i -> text.substring(i, i + 4))
            .collect(Collectors.toSet());
  }

  private static boolean isAlike(String one, String other) {
    Set<String> common = new HashSet<>(grams(one));
    common.retainAll(grams(other));
    Set<String> all = new HashSet<>(grams(one));
    all.addAll(grams(other));
    return 5 * common.size() >= 4 * all.size();
  }

  @Test
  void nearSentencesAreThoseOfAllComparisons() {
    Random random = new Random(TestDepth.seed(51));
    int near = 0;
    for (int round = 0; round < TestDepth.cases(20, 100, 1000); round++) {
      HeldOut index = new HeldOut();
      List<String> held = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        held.add(sentence(random));
        index.add(held.getLast());
      }
      for (int i = 0; i < 40; i++) {
        String base = held.get(random.nextInt(20));
        int at = random.nextInt(base.length());
        String asked =
            random.nextInt(4) == 0
                ? sentence(random)
                : base.substring(0, at) + "x" + base.substring(at + random.nextInt(2));
        boolean expected = held.stream().anyMatch(each -> isAlike(each, asked));
        near += expected ? 1 : 0;
        assertEquals(expected, index.isNear(asked), () -> asked + " in " + held);
      }
    }
    assertTrue(near > 0, "no sentence was near");
  }

  private static String sentence(Random random) {
    return IntStream.range(0, 1 + random.nextInt(12))
        .mapToObj(_ -> List.of("a", "the", "file", "open", "window", "new").get(random.nextInt(6)))
        .collect(Collectors.joining(" "));
  }

  @Test
  void hashesAreASet() {
    Random random = new Random(TestDepth.seed(52));
    Fingerprints set = new Fingerprints();
    Set<Long> expected = new HashSet<>();
    for (int i = 0; i < 20_000; i++) {
      // Few low bits, so that slots collide.
      long hash = random.nextLong(8_000) << 20;
      assertEquals(expected.contains(hash), set.contains(hash));
      assertEquals(expected.add(hash), set.add(hash));
    }
  }
}
