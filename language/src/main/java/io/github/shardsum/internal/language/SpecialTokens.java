package io.github.shardsum.internal.language;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The tokens of {@code tokenizer.json} that are found in a text as they are, or put around it. */
final class SpecialTokens {
  /** Encodes a part of a text, which may be the first one, onto the end of a list. */
  @FunctionalInterface
  interface Part {
    void encode(String text, boolean first, List<Integer> tokens);
  }

  private final Map<String, Integer> added = new HashMap<>();
  private final Map<Integer, byte[]> texts = new HashMap<>();
  private final List<Integer> before = new ArrayList<>();
  private final List<Integer> behind = new ArrayList<>();
  private final Optional<Pattern> any;

  SpecialTokens(Settings file) {
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
      texts.put(id, each.isOn("special") ? new byte[0] : content.getBytes(StandardCharsets.UTF_8));
    }
    String all =
        String.join(
            "|",
            added.keySet().stream()
                .sorted(Comparator.comparingInt(String::length).reversed().thenComparing(x -> x))
                .map(Pattern::quote)
                .toList());
    this.any = added.isEmpty() ? Optional.empty() : Optional.of(Pattern.compile(all));
    file.group("post_processor").ifPresent(this::readTemplate);
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

  /** The tokens of a text, whose other parts are encoded by a tokenizer. */
  int[] encode(String text, Part part) {
    List<Integer> tokens = new ArrayList<>(before);
    int at = 0;
    if (any.isPresent()) {
      Matcher found = any.get().matcher(text);
      while (found.find()) {
        part.encode(text.substring(at, found.start()), at == 0, tokens);
        Integer id = added.get(found.group());
        if (id != null) {
          tokens.add(id);
        }
        at = found.end();
      }
    }
    part.encode(text.substring(at), at == 0, tokens);
    tokens.addAll(behind);
    return tokens.stream().mapToInt(Integer::intValue).toArray();
  }

  /** The bytes of an added token, none for special ones; empty for other tokens. */
  Optional<byte[]> bytes(int token) {
    return Optional.ofNullable(texts.get(token)).map(byte[]::clone);
  }

  /** The number of tokens that are put behind a text. */
  int countBehind() {
    return behind.size();
  }
}
