package io.github.shardsum.internal.language;

import io.github.shardsum.io.Gguf;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * The tokenizer of a GGUF file, as the {@code tokenizer.json} that it was made from. The pattern of
 * words is not in the file, only a name ({@code tokenizer.ggml.pre}) that llama.cpp gives it.
 */
final class GgufTokenizer {
  private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
  private static final String SPACES = "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String LETTERS = CONTRACTIONS + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|";
  private static final String SIGNS = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*";
  private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String FIRST = "[^\\r\\n\\p{L}\\p{N}]?";

  /**
   * Names and their tokenizers.
   *
   * @param composed whether texts are composed (NFC) first
   * @param whole whether a word of the vocabulary is taken as it is
   * @param begins whether a text begins with a token, where the file does not say it
   * @param cuts the patterns in order
   */
  private record Words(boolean composed, boolean whole, boolean begins, List<String> cuts) {}

  private static final Words LLAMA3 =
      new Words(false, true, true, List.of(LETTERS + "\\p{N}{1,3}" + SIGNS + SPACES));
  private static final Words QWEN =
      new Words(true, false, false, List.of(LETTERS + "\\p{N}" + SIGNS + SPACES));
  private static final Words GPT4O =
      new Words(false, false, false, List.of(cases(CONTRACTIONS + "?", "\\p{N}{1,3}")));
  private static final Map<String, Words> WORDS =
      Map.of(
          "llama-bpe", LLAMA3,
          "llama3", LLAMA3,
          "qwen2", QWEN,
          "deepseek-r1-qwen", QWEN,
          "gpt-4o", GPT4O,
          "llama4", GPT4O,
          "tekken", new Words(false, true, true, List.of(cases("", "\\p{N}"))),
          "olmo", new Words(true, false, false, List.of(BytePairs.GPT2)),
          "gpt-2", new Words(false, false, false, List.of(BytePairs.GPT2)),
          "deepseek-v3",
              new Words(
                  false,
                  false,
                  false,
                  List.of(
                      "\\p{N}{1,3}",
                      "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+",
                      "[!-/:-@\\[-`{-~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
                          + "| ?[\\p{P}\\p{S}]+[\\r\\n]*"
                          + SPACES)));

  /** Tokens that end a text or a turn, beside those that keys name. */
  private static final Set<String> ENDS =
      Set.of(
          "</s>",
          "<|endoftext|>",
          "<|end_of_text|>",
          "<|eot_id|>",
          "<|eom_id|>",
          "<|im_end|>",
          "<|eot|>",
          "<|return|>",
          "<|call|>");

  private static final long CONTROL = 3;
  private static final long USER_DEFINED = 4;
  private static final String KEY = "tokenizer.ggml.";

  private final Settings file;
  private final List<String> tokens;
  private final List<Long> types;

  private GgufTokenizer(Path path, Gguf file) {
    this.file = new Settings(path.toString(), file.metadata(), Map.of());
    this.tokens = this.file.list(KEY + "tokens", String.class).orElse(List.of());
    this.types = this.file.list(KEY + "token_type", Long.class).orElse(List.of());
  }

  /** Words in lower case behind ones in upper case, numbers, and signs with a slash behind them. */
  private static String cases(String behind, String numbers) {
    return FIRST
        + (UPPER + "*" + LOWER + "+" + behind + "|" + FIRST)
        + (UPPER + "+" + LOWER + "*" + behind + "|" + numbers)
        + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*"
        + SPACES;
  }

  /**
   * The settings of {@code tokenizer.json}.
   *
   * @throws IllegalArgumentException if the file has no tokenizer, or one that is not supported
   */
  static Settings of(Path path, Gguf file) {
    return new GgufTokenizer(path, file).settings();
  }

  /** The tokens that end a text. */
  static Set<Integer> ends(Path path, Gguf file) {
    GgufTokenizer own = new GgufTokenizer(path, file);
    Set<Integer> ends = new HashSet<>();
    for (String name : List.of("eos", "eot", "eom")) {
      own.file.whole(KEY + name + "_token_id").ifPresent(ends::add);
    }
    for (int id = 0; id < own.tokens.size(); id++) {
      if (own.type(id) == CONTROL && ENDS.contains(own.tokens.get(id))) {
        ends.add(id);
      }
    }
    return Set.copyOf(ends);
  }

  private long type(int id) {
    return id < types.size() ? types.get(id) : 1;
  }

  private Settings settings() {
    Map<String, Object> vocabulary = new LinkedHashMap<>();
    List<Object> added = new ArrayList<>();
    for (int id = 0; id < tokens.size(); id++) {
      String token = tokens.get(id);
      if (type(id) == CONTROL || type(id) == USER_DEFINED) {
        added.add(Map.of("content", token, "id", (long) id, "special", type(id) == CONTROL));
      } else {
        vocabulary.put(token, (long) id);
      }
    }
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("added_tokens", added);
    String model = file.needText(KEY + "model");
    switch (model) {
      case "gpt2" -> ofBytes(all, vocabulary);
      case "llama" -> ofCharacters(all, vocabulary);
      default -> throw file.wrong(KEY + "model", "gpt2 or llama (or give --tokens)", model);
    }
    return new Settings(file.toString(), all, Map.of());
  }

  private void ofBytes(Map<String, Object> all, Map<String, Object> vocabulary) {
    String name = file.text(KEY + "pre").orElse("gpt-2");
    Words words = WORDS.get(name);
    if (words == null) {
      String known = new TreeSet<>(WORDS.keySet()).toString();
      throw file.wrong(KEY + "pre", "one of " + known + " (or give --tokens)", name);
    }
    List<String> merges = file.list(KEY + "merges", String.class).orElse(List.of());
    all.put(
        "model",
        Map.of(
            "type", "BPE", "vocab", vocabulary, "merges", merges, "ignore_merges", words.whole()));
    if (words.composed()) {
      all.put("normalizer", Map.of("type", "NFC"));
    }
    List<Object> cuts = new ArrayList<>();
    for (String cut : words.cuts()) {
      cuts.add(Map.of("type", "Split", "pattern", Map.of("Regex", cut)));
    }
    cuts.add(Map.of("type", "ByteLevel", "use_regex", false));
    all.put("pre_tokenizer", Map.of("type", "Sequence", "pretokenizers", cuts));
    all.put("post_processor", template(words.begins()));
  }

  /** SentencePiece's BPE: two parts may be merged if the result is a token; its score ranks it. */
  private void ofCharacters(Map<String, Object> all, Map<String, Object> vocabulary) {
    List<Double> scores = file.list(KEY + "scores", Double.class).orElse(List.of());
    if (scores.size() != tokens.size()) {
      throw file.wrong(KEY + "scores", tokens.size() + " numbers", scores.size());
    }
    int unknown = file.whole(KEY + "unknown_token_id").orElse(0);
    all.put(
        "model",
        Map.of(
            "type",
            "BPE",
            "vocab",
            vocabulary,
            "merges",
            merges(vocabulary, scores),
            "byte_fallback",
            true,
            "unk_token",
            unknown < tokens.size() ? tokens.get(unknown) : ""));
    List<Object> normals = new ArrayList<>();
    if (file.flag(KEY + "add_space_prefix").orElse(true)) {
      normals.add(Map.of("type", "Prepend", "prepend", BytePairs.SPACE));
      all.put("decoder", Map.of("type", "Strip", "start", 1L));
    }
    normals.add(
        Map.of("type", "Replace", "pattern", Map.of("String", " "), "content", BytePairs.SPACE));
    all.put("normalizer", Map.of("type", "Sequence", "normalizers", normals));
    all.put("post_processor", template(true));
  }

  private List<Object> merges(Map<String, Object> vocabulary, List<Double> scores) {
    List<Object> merges = new ArrayList<>();
    IntStream.range(0, tokens.size())
        .boxed()
        .filter(id -> vocabulary.containsKey(tokens.get(id)))
        .sorted(Comparator.comparingDouble(id -> -scores.get(id)))
        .map(tokens::get)
        .forEach(
            token -> {
              for (int cut = 1; cut < token.length(); cut++) {
                String left = token.substring(0, cut);
                String right = token.substring(cut);
                if (vocabulary.containsKey(left) && vocabulary.containsKey(right)) {
                  merges.add(List.of(left, right));
                }
              }
            });
    return merges;
  }

  /** The tokens around a text. */
  private Map<String, Object> template(boolean begins) {
    List<Object> parts = new ArrayList<>();
    if (file.flag(KEY + "add_bos_token").orElse(begins)) {
      parts.add(special("bos_token_id"));
    }
    parts.add(Map.of("Sequence", Map.of()));
    if (file.flag(KEY + "add_eos_token").orElse(false)) {
      parts.add(special("eos_token_id"));
    }
    return Map.of("type", "TemplateProcessing", "single", parts);
  }

  private Map<String, Object> special(String name) {
    int id = file.needWhole(KEY + name);
    if (id >= tokens.size()) {
      throw file.wrong(KEY + name, "below " + tokens.size(), id);
    }
    return Map.of("SpecialToken", Map.of("id", tokens.get(id)));
  }
}
