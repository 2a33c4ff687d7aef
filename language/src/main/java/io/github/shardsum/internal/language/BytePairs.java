package io.github.shardsum.internal.language;

import io.github.shardsum.language.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Byte-level BPE (Sennrich et al., 2016; GPT-2) from {@code tokenizer.json}. A text is cut at
 * special tokens, then into words by patterns. The bytes of a word are merged pair by pair, the
 * pair that was learnt first first.
 */
public final class BytePairs implements Tokenizer {
  /** The pattern of ByteLevel's own cut. */
  private static final String GPT2 =
      "'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

  private record Pair(int left, int right) {}

  private record Merge(int rank, int into) {}

  private record Join(int at, Pair pair, Merge merge) {}

  private final Map<String, Integer> vocabulary = new HashMap<>();
  private final Map<Integer, String> words = new HashMap<>();
  private final Map<Pair, Merge> merges = new HashMap<>();
  private final Map<String, Integer> added = new HashMap<>();
  private final Map<Integer, byte[]> plainAdded = new HashMap<>();
  private final List<Pattern> cuts = new ArrayList<>();
  private final List<Integer> before = new ArrayList<>();
  private final List<Integer> behind = new ArrayList<>();
  private final Optional<Pattern> special;
  private final boolean composed;
  private final boolean wholeWords;

  private BytePairs(Settings file) {
    Settings model = need(file, "model");
    model.must("type", "BPE");
    model.must("byte_fallback", false);
    model.must("continuing_subword_prefix", "");
    model.must("end_of_word_suffix", "");
    this.wholeWords = model.isOn("ignore_merges");
    Settings ids = need(model, "vocab");
    for (String word : ids.values().keySet()) {
      int id = ids.needWhole(word);
      vocabulary.put(word, id);
      words.put(id, word);
    }
    readMerges(model);
    this.composed = readNormalizer(file);
    Settings before = need(file, "pre_tokenizer");
    readCuts(before);
    this.special = readAdded(file);
    file.group("post_processor").ifPresent(this::readTemplate);
  }

  /**
   * Reads a file.
   *
   * @throws IllegalArgumentException if it holds something that is not supported
   */
  public static BytePairs of(Path file) throws IOException {
    return new BytePairs(Settings.of(file));
  }

  private static Settings need(Settings from, String name) {
    return from.group(name).orElseThrow(() -> from.wrong(name, "there", "nothing"));
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

  /** Whether texts are composed (NFC) first. */
  private static boolean readNormalizer(Settings file) {
    Optional<Settings> normalizer = file.group("normalizer");
    if (normalizer.isEmpty()) {
      return false;
    }
    String type = normalizer.get().needText("type");
    boolean none = type.equals("Sequence") && normalizer.get().groups("normalizers").isEmpty();
    if (!none && !type.equals("NFC")) {
      throw normalizer.get().wrong("type", "NFC to be supported", type);
    }
    return !none;
  }

  private void readCuts(Settings own) {
    String type = own.needText("type");
    switch (type) {
      case "Sequence" -> own.groups("pretokenizers").forEach(this::readCuts);
      case "ByteLevel" -> {
        own.must("add_prefix_space", false);
        if (own.flag("use_regex").orElse(true)) {
          cuts.add(compiled(own, GPT2));
        }
      }
      case "Split" -> {
        own.must("behavior", "Isolated");
        own.must("invert", false);
        Settings pattern = need(own, "pattern");
        String regex =
            pattern.text("Regex").orElseGet(() -> Pattern.quote(pattern.needText("String")));
        cuts.add(compiled(pattern, regex));
      }
      case "Digits" ->
          cuts.add(compiled(own, own.isOn("individual_digits") ? "\\p{N}" : "\\p{N}+"));
      default -> throw own.wrong("type", "Sequence, Split, Digits or ByteLevel", type);
    }
  }

  private static Pattern compiled(Settings place, String regex) {
    try {
      return Pattern.compile(regex, Pattern.UNICODE_CHARACTER_CLASS);
    } catch (PatternSyntaxException e) {
      throw place.wrong("Regex", "a pattern that Java reads", regex);
    }
  }

  private Optional<Pattern> readAdded(Settings file) {
    for (Settings each : file.groups("added_tokens")) {
      String content = each.needText("content");
      int id = each.needWhole("id");
      for (String option : List.of("lstrip", "rstrip", "single_word")) {
        each.must(option, false);
      }
      if (content.isEmpty()) {
        throw each.wrong("content", "at least one character", "none");
      }
      added.put(content, id);
      words.remove(id);
      if (!each.isOn("special")) {
        plainAdded.put(id, content.getBytes(StandardCharsets.UTF_8));
      }
    }
    String any =
        String.join(
            "|",
            added.keySet().stream()
                .sorted(Comparator.comparingInt(String::length).reversed().thenComparing(x -> x))
                .map(Pattern::quote)
                .toList());
    return added.isEmpty() ? Optional.empty() : Optional.of(Pattern.compile(any));
  }

  /** Reads which tokens are put around each text. */
  private void readTemplate(Settings own) {
    String type = own.needText("type");
    switch (type) {
      case "Sequence" -> own.groups("processors").forEach(this::readTemplate);
      case "ByteLevel" -> {}
      case "TemplateProcessing" -> {
        List<Integer> to = before;
        for (Settings part : own.groups("single")) {
          Optional<Settings> token = part.group("SpecialToken");
          if (token.isEmpty()) {
            to = behind;
            continue;
          }
          String name = token.get().needText("id");
          Integer id = added.get(name);
          if (id == null) {
            throw token.get().wrong("id", "an added token", name);
          }
          to.add(id);
        }
      }
      default -> throw own.wrong("type", "Sequence, ByteLevel or TemplateProcessing", type);
    }
  }

  @Override
  public int[] encode(String text) {
    List<Integer> tokens = new ArrayList<>(before);
    int at = 0;
    if (special.isPresent()) {
      Matcher found = special.get().matcher(text);
      while (found.find()) {
        encodePlain(text.substring(at, found.start()), tokens);
        Integer id = added.get(found.group());
        if (id != null) {
          tokens.add(id);
        }
        at = found.end();
      }
    }
    encodePlain(text.substring(at), tokens);
    tokens.addAll(behind);
    return tokens.stream().mapToInt(Integer::intValue).toArray();
  }

  private void encodePlain(String text, List<Integer> tokens) {
    List<String> parts = List.of(composed ? Normalizer.normalize(text, Normalizer.Form.NFC) : text);
    for (Pattern cut : cuts) {
      parts = parts.stream().flatMap(part -> cut(cut, part).stream()).toList();
    }
    for (String part : parts) {
      if (!part.isEmpty()) {
        encodeWord(ByteLetters.of(part.getBytes(StandardCharsets.UTF_8)), tokens);
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
        word.chars()
            .mapToObj(letter -> vocabulary.get(Character.toString(letter)))
            .filter(Objects::nonNull)
            .mapToInt(Integer::intValue)
            .toArray();
    merge(parts);
    Arrays.stream(parts).filter(part -> part >= 0).forEach(tokens::add);
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
    byte[] plain = plainAdded.get(token);
    return plain != null ? plain.clone() : ByteLetters.toBytes(words.getOrDefault(token, ""));
  }

  @Override
  public String decode(int... tokens) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int token : tokens) {
      bytes.writeBytes(bytes(token));
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
