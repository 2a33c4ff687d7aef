package io.github.shardsum.internal.language;

import io.github.shardsum.language.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.IntStream;

/**
 * BPE (Sennrich et al., 2016) from {@code tokenizer.json}. A text is cut at special tokens, then
 * into words by patterns. The parts of a word are merged pair by pair, the pair that was learnt
 * first first. Parts are bytes (GPT-2), or characters with bytes for those that are not in the
 * vocabulary (SentencePiece, where a space is {@code \u2581}).
 */
final class BytePairs implements Tokenizer {
  /** The pattern of ByteLevel's own cut. */
  static final String GPT2 =
      "'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

  private record Pair(int left, int right) {}

  private record Merge(int rank, int into) {}

  private record Join(int at, Pair pair, Merge merge) {}

  /** Stands for a space in vocabularies of characters. */
  static final String SPACE = "\u2581";

  private static final Pattern BYTE = Pattern.compile("<0x([0-9A-F]{2})>");

  /** The first step for a part of a text; a part may be the first of its text. */
  @FunctionalInterface
  private interface Normal {
    String of(String text, boolean first);
  }

  private final Map<String, Integer> vocabulary = new HashMap<>();
  private final Map<Integer, String> words = new HashMap<>();
  private final Map<Pair, Merge> merges = new HashMap<>();
  private final List<Pattern> cuts = new ArrayList<>();
  private final List<Normal> normals = new ArrayList<>();
  private final SpecialTokens special;
  private final Optional<Integer> unknown;
  private final boolean wholeWords;
  private final boolean fallsBack;
  private final boolean strips;
  private boolean ofBytes;

  BytePairs(Settings file) {
    Settings model = file.need("model");
    model.must("type", "BPE");
    model.must("continuing_subword_prefix", "");
    model.must("end_of_word_suffix", "");
    this.wholeWords = model.isOn("ignore_merges");
    this.fallsBack = model.isOn("byte_fallback");
    this.strips = file.group("decoder").map(BytePairs::strips).orElse(false);
    Settings ids = model.need("vocab");
    for (String word : ids.values().keySet()) {
      int id = ids.needWhole(word);
      vocabulary.put(word, id);
      words.put(id, word);
    }
    this.unknown =
        model.text("unk_token").flatMap(word -> Optional.ofNullable(vocabulary.get(word)));
    readMerges(model);
    file.group("normalizer").ifPresent(this::readNormals);
    file.group("pre_tokenizer").ifPresent(this::readCuts);
    if (!ofBytes && !fallsBack) {
      throw file.wrong("pre_tokenizer", "ByteLevel, or byte_fallback true", "neither");
    }
    this.special = new SpecialTokens(file);
  }

  private void readMerges(Settings model) {
    List<Object> list = model.list("merges", Object.class).orElse(List.of());
    for (int rank = 0; rank < list.size(); rank++) {
      List<?> parts =
          list.get(rank) instanceof String text
              ? List.of(text.split(" ", 2))
              : list.get(rank) instanceof List<?> pair ? pair : List.of();
      Integer left = parts.size() == 2 ? vocabulary.get(parts.get(0)) : null;
      Integer right = parts.size() == 2 ? vocabulary.get(parts.get(1)) : null;
      Integer into =
          left == null || right == null ? null : vocabulary.get("" + parts.get(0) + parts.get(1));
      if (left == null || right == null || into == null) {
        throw model.wrong("merges", "pairs of words of the vocabulary", list.get(rank));
      }
      merges.putIfAbsent(new Pair(left, right), new Merge(rank, into));
    }
  }

  private void readNormals(Settings own) {
    String type = own.needText("type");
    switch (type) {
      case "Sequence" -> own.groups("normalizers").forEach(this::readNormals);
      case "NFC" -> normals.add((text, _) -> Normalizer.normalize(text, Normalizer.Form.NFC));
      case "Prepend" -> {
        String prefix = own.needText("prepend");
        normals.add((text, _) -> text.isEmpty() ? text : prefix + text);
      }
      case "Replace" -> {
        String from = own.need("pattern").needText("String");
        String to = own.needText("content");
        normals.add((text, _) -> text.replace(from, to));
      }
      default -> throw own.wrong("type", "Sequence, NFC, Prepend or Replace", type);
    }
  }

  /** Whether a space in front of a decoded text is dropped, since encoding puts one there. */
  private static boolean strips(Settings own) {
    return switch (own.needText("type")) {
      case "Sequence" -> own.groups("decoders").stream().anyMatch(BytePairs::strips);
      case "Strip" -> own.whole("start").orElse(0) > 0;
      case "Metaspace" -> !own.text("prepend_scheme").orElse("always").equals("never");
      default -> false;
    };
  }

  private void readCuts(Settings own) {
    String type = own.needText("type");
    switch (type) {
      case "Sequence" -> own.groups("pretokenizers").forEach(this::readCuts);
      case "ByteLevel" -> {
        ofBytes = true;
        own.must("add_prefix_space", false);
        if (own.flag("use_regex").orElse(true)) {
          cuts.add(compiled(own, GPT2));
        }
      }
      case "Split" -> {
        own.must("behavior", "Isolated");
        own.must("invert", false);
        Settings pattern = own.need("pattern");
        String regex =
            pattern.text("Regex").orElseGet(() -> Pattern.quote(pattern.needText("String")));
        cuts.add(compiled(pattern, regex));
      }
      case "Digits" ->
          cuts.add(compiled(own, own.isOn("individual_digits") ? "\\p{N}" : "\\p{N}+"));
      case "Metaspace" -> readSpaces(own);
      default -> throw own.wrong("type", "Sequence, Split, Digits, ByteLevel or Metaspace", type);
    }
  }

  private void readSpaces(Settings own) {
    own.must("replacement", SPACE);
    String scheme = own.text("prepend_scheme").orElse("always");
    boolean always = scheme.equals("always");
    if (!always && !scheme.equals("first") && !scheme.equals("never")) {
      throw own.wrong("prepend_scheme", "always, first or never", scheme);
    }
    normals.add(
        (text, first) -> {
          String spaced = text.replace(" ", SPACE);
          boolean begins = always || (first && scheme.equals("first"));
          return begins && !spaced.isEmpty() && !spaced.startsWith(SPACE) ? SPACE + spaced : spaced;
        });
    if (own.flag("split").orElse(true)) {
      cuts.add(Pattern.compile(SPACE + "[^" + SPACE + "]*"));
    }
  }

  private static Pattern compiled(Settings place, String regex) {
    try {
      return Pattern.compile(regex, Pattern.UNICODE_CHARACTER_CLASS);
    } catch (PatternSyntaxException e) {
      throw place.wrong("Regex", "a pattern that Java reads", regex);
    }
  }

  @Override
  public int[] encode(String text) {
    return special.encode(text, this::encodePlain);
  }

  private void encodePlain(String text, boolean first, List<Integer> tokens) {
    String normal = text;
    for (Normal each : normals) {
      normal = each.of(normal, first);
    }
    List<String> parts = List.of(normal);
    for (Pattern cut : cuts) {
      parts = parts.stream().flatMap(part -> cut(cut, part).stream()).toList();
    }
    for (String part : parts) {
      if (!part.isEmpty()) {
        encodeWord(ofBytes ? ByteLetters.of(part.getBytes(StandardCharsets.UTF_8)) : part, tokens);
      }
    }
  }

  /** The matches of a pattern and what lies between them. */
  private static List<String> cut(Pattern pattern, String text) {
    List<String> parts = new ArrayList<>();
    Matcher found = pattern.matcher(text);
    int at = 0;
    while (found.find()) {
      parts.add(text.substring(at, found.start()));
      parts.add(found.group());
      at = found.end();
    }
    parts.add(text.substring(at));
    return parts;
  }

  private void encodeWord(String word, List<Integer> tokens) {
    Integer whole = wholeWords ? vocabulary.get(word) : null;
    if (whole != null) {
      tokens.add(whole);
      return;
    }
    int[] parts =
        word.codePoints().mapToObj(Character::toString).flatMapToInt(this::parts).toArray();
    merge(parts);
    Arrays.stream(parts).filter(part -> part >= 0).forEach(tokens::add);
  }

  /** The token of a character, or those of its bytes. */
  private IntStream parts(String character) {
    Integer whole = vocabulary.get(character);
    if (whole != null) {
      return IntStream.of(whole);
    }
    byte[] bytes = fallsBack ? character.getBytes(StandardCharsets.UTF_8) : new byte[0];
    List<Integer> tokens = new ArrayList<>();
    for (byte each : bytes) {
      Integer token = vocabulary.get(String.format(Locale.ROOT, "<0x%02X>", each));
      if (token != null) {
        tokens.add(token);
      }
    }
    if (tokens.isEmpty() || tokens.size() < bytes.length) {
      return unknown.stream().mapToInt(Integer::intValue);
    }
    return tokens.stream().mapToInt(Integer::intValue);
  }

  /**
   * Merges the neighbours that were learnt first, the leftmost ones of equal pairs, until none are
   * left. A merged part stands at its left one's place; the right one becomes -1.
   */
  private void merge(int[] parts) {
    int[] left = new int[parts.length + 1];
    int[] right = new int[parts.length];
    PriorityQueue<Join> joins =
        new PriorityQueue<>(
            Comparator.comparingInt((Join join) -> join.merge().rank()).thenComparingInt(Join::at));
    for (int i = 0; i < parts.length; i++) {
      left[i] = i - 1;
      right[i] = i + 1;
      join(parts, i, i + 1).ifPresent(joins::add);
    }
    for (Join join = joins.poll(); join != null; join = joins.poll()) {
      int at = join.at();
      int gone = right[at];
      if (!join(parts, at, gone).equals(Optional.of(join))) {
        continue;
      }
      parts[at] = join.merge().into();
      parts[gone] = -1;
      right[at] = right[gone];
      left[right[at]] = at;
      join(parts, left[at], at).ifPresent(joins::add);
      join(parts, at, right[at]).ifPresent(joins::add);
    }
  }

  private Optional<Join> join(int[] parts, int at, int next) {
    if (at < 0 || next >= parts.length) {
      return Optional.empty();
    }
    Pair pair = new Pair(parts[at], parts[next]);
    return Optional.ofNullable(merges.get(pair)).map(merge -> new Join(at, pair, merge));
  }

  @Override
  public byte[] bytes(int token) {
    return special.bytes(token).orElseGet(() -> plain(token));
  }

  private byte[] plain(int token) {
    String word = words.getOrDefault(token, "");
    if (ofBytes) {
      return ByteLetters.toBytes(word);
    }
    Matcher one = BYTE.matcher(word);
    return one.matches()
        ? new byte[] {(byte) Integer.parseInt(one.group(1), 16)}
        : word.replace(SPACE, " ").getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public String decode(int... tokens) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int token : tokens) {
      bytes.writeBytes(bytes(token));
    }
    String text = bytes.toString(StandardCharsets.UTF_8);
    return strips && text.startsWith(" ") ? text.substring(1) : text;
  }
}
