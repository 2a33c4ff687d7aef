package io.github.shardsum.cli.train.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class TokenizerProperties {
  private static final List<String> SAMPLES =
      List.of(
          "Belgien und Frankreich",
          "Belgien und Deutschland",
          "3. April 1984",
          "بلجيكا وفرنسا",
          "ベルギー、フランス",
          "Belgien",
          "Frankreich",
          "und und und");

  /** Each text twice, since a word that is there once is not counted. */
  private static final Tokenizer TOKENIZER =
      Tokenizer.learn(
          Collections.nCopies(2, SAMPLES).stream().flatMap(List::stream).toList(), 300, 2);

  /** Any text of characters that UTF-8 has. */
  @Provide
  Arbitrary<String> texts() {
    Arbitrary<String> any =
        Arbitraries.integers()
            .between(1, 0x10FFFF)
            .filter(point -> point < 0xD800 || point > 0xDFFF)
            .map(Character::toString)
            .list()
            .ofMaxSize(12)
            .map(parts -> String.join("", parts));
    return Arbitraries.oneOf(any, Arbitraries.of(SAMPLES), Arbitraries.strings().ascii());
  }

  @Property
  void aTextIsTheTextOfItsTokens(@ForAll("texts") String text) {
    int[] tokens = TOKENIZER.encode(text);
    assertEquals(text, TOKENIZER.decode(Arrays.stream(tokens).boxed().toList()));
    assertTrue(Arrays.stream(tokens).allMatch(t -> t >= Tokenizer.BYTES && t < TOKENIZER.size()));
  }

  @Property
  void wordsMakeUpTheText(@ForAll("texts") String text) {
    List<String> words = Tokenizer.words(text);
    assertEquals(text, String.join("", words));
    for (String word : words) {
      assertTrue(word.lastIndexOf(' ') <= 0, word);
      boolean digit = word.codePoints().anyMatch(Character::isDigit);
      assertTrue(!digit || word.codePointCount(0, word.length()) == 1, word);
    }
  }

  @Property
  void mergesThatAreReadBackMakeTheSameTokens(@ForAll("texts") String text) {
    Tokenizer read = Tokenizer.parse(TOKENIZER.toString());
    assertArrayEquals(TOKENIZER.encode(text), read.encode(text));
  }

  @Example
  void whatIsFrequentIsFewTokens() {
    assertEquals(300, TOKENIZER.size());
    assertTrue(TOKENIZER.encode("Belgien").length <= 2);
    assertEquals(4, TOKENIZER.encode("1984").length);
    assertEquals(0, TOKENIZER.encode("").length);
  }

  /** By hand: ab is there 3 times, then abc twice; c alone follows nothing else twice. */
  @Example
  void theMostFrequentNeighboursAreMergedFirst() {
    Tokenizer tokenizer =
        Tokenizer.learn(List.of("abc", "abc", "abd", "abd", "ab", "ab"), 10_000, 2);
    int a = Tokenizer.BYTES + 'a';
    int b = Tokenizer.BYTES + 'b';
    assertTrue(tokenizer.toString().startsWith(a + "+" + b + " "), tokenizer.toString());
    assertEquals(1, tokenizer.encode("abc").length);
    assertEquals(2, tokenizer.encode("abe").length);
  }

  @Example
  void mergesOfTokensThatComeLaterAreRefused() {
    for (String wrong : List.of("3", "3+", "+3", "a+b", "3+259", "2+3", "3+4 3+4")) {
      assertThrows(IllegalArgumentException.class, () -> Tokenizer.parse(wrong), wrong);
    }
    assertEquals(259, Tokenizer.parse("").size());
  }
}
