package io.github.shardsum.internal.language;

import io.github.shardsum.language.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * WordPiece with BERT's words, from {@code tokenizer.json}. A text is cleaned and cut into words
 * and signs; a word is the longest pieces of the vocabulary from left to right, or unknown.
 */
final class WordPieces implements Tokenizer {
  private static final Pattern CONTROL = Pattern.compile("[\\p{C}\ufffd&&[^\\t\\n\\r]]");
  private static final Pattern SPACE = Pattern.compile("\\s", Pattern.UNICODE_CHARACTER_CLASS);
  private static final Pattern ACCENT = Pattern.compile("\\p{Mn}");

  /** Unified ideographs and compatibility ones, which are words of their own. */
  private static final Pattern IDEOGRAPH =
      Pattern.compile(
          "[\u4e00-\u9fff\u3400-\u4dbf\uf900-\ufaff\\x{20000}-\\x{2a6df}\\x{2a700}-\\x{2b73f}"
              + "\\x{2b740}-\\x{2b81f}\\x{2b920}-\\x{2ceaf}\\x{2f800}-\\x{2fa1f}]");

  private static final Pattern WORD =
      Pattern.compile("[\\p{P}!-/:-@\\[-`{-~]|[^\\p{P}!-/:-@\\[-`{-~ ]+");

  private final SpecialTokens special;
  private final Map<String, Integer> vocabulary = new HashMap<>();
  private final Map<Integer, String> words = new HashMap<>();
  private final String inside;
  private final int unknown;
  private final int longest;
  private final boolean cleans;
  private final boolean cutsIdeographs;
  private final boolean lowers;
  private final boolean dropsAccents;

  WordPieces(Settings file) {
    Settings model = file.need("model");
    this.inside = model.text("continuing_subword_prefix").orElse("##");
    this.longest = model.whole("max_input_chars_per_word").orElse(100);
    Settings ids = model.need("vocab");
    for (String word : ids.values().keySet()) {
      vocabulary.put(word, ids.needWhole(word));
      words.put(ids.needWhole(word), word);
    }
    String named = model.text("unk_token").orElse("[UNK]");
    Integer id = vocabulary.get(named);
    if (id == null) {
      throw model.wrong("unk_token", "a word of the vocabulary", named);
    }
    this.unknown = id;
    Settings normalizer = file.need("normalizer");
    normalizer.must("type", "BertNormalizer");
    this.cleans = normalizer.flag("clean_text").orElse(true);
    this.cutsIdeographs = normalizer.flag("handle_chinese_chars").orElse(true);
    this.lowers = normalizer.flag("lowercase").orElse(true);
    this.dropsAccents = normalizer.flag("strip_accents").orElse(lowers);
    file.need("pre_tokenizer").must("type", "BertPreTokenizer");
    this.special = new SpecialTokens(file);
  }

  @Override
  public int[] encode(String text) {
    return special.encode(text, (part, _, tokens) -> encodePart(part, tokens));
  }

  /** The tokens of a text, of which the last ones are left out to have at most a number. */
  int[] encode(String text, int most) {
    int[] all = encode(text);
    if (all.length <= most) {
      return all;
    }
    int behind = special.countBehind();
    int[] some = Arrays.copyOf(all, most);
    System.arraycopy(all, all.length - behind, some, most - behind, behind);
    return some;
  }

  private void encodePart(String text, List<Integer> tokens) {
    Matcher word = WORD.matcher(normal(text));
    while (word.find()) {
      tokens.addAll(pieces(word.group()));
    }
  }

  private String normal(String text) {
    String normal = text;
    if (cleans) {
      normal = CONTROL.matcher(normal).replaceAll("");
    }
    normal = SPACE.matcher(normal).replaceAll(" ");
    if (cutsIdeographs) {
      normal = IDEOGRAPH.matcher(normal).replaceAll(" $0 ");
    }
    if (dropsAccents) {
      normal = ACCENT.matcher(Normalizer.normalize(normal, Normalizer.Form.NFD)).replaceAll("");
    }
    if (lowers) {
      // Letter by letter, so that a sigma at the end of a word has no form of its own.
      StringBuilder lower = new StringBuilder();
      normal
          .codePoints()
          .forEach(c -> lower.append(Character.toString(c).toLowerCase(Locale.ROOT)));
      normal = lower.toString();
    }
    return normal;
  }

  private List<Integer> pieces(String word) {
    List<Integer> pieces = new ArrayList<>();
    if (word.codePointCount(0, word.length()) > longest) {
      return List.of(unknown);
    }
    for (int at = 0; at < word.length(); ) {
      int end = word.length();
      Integer piece = null;
      while (end > at && piece == null) {
        piece = vocabulary.get((at == 0 ? "" : inside) + word.substring(at, end));
        end -= piece == null ? 1 : 0;
      }
      if (piece == null) {
        return List.of(unknown);
      }
      pieces.add(piece);
      at = end;
    }
    return pieces;
  }

  @Override
  public byte[] bytes(int token) {
    return special
        .bytes(token)
        .orElseGet(
            () -> {
              String word = words.getOrDefault(token, "");
              String text = word.startsWith(inside) ? word.substring(inside.length()) : " " + word;
              return text.getBytes(StandardCharsets.UTF_8);
            });
  }

  /** Words with one space between them, also around signs. */
  @Override
  public String decode(int... tokens) {
    StringBuilder text = new StringBuilder();
    for (int token : tokens) {
      text.append(new String(bytes(token), StandardCharsets.UTF_8));
    }
    return text.toString().strip();
  }
}
