package io.github.shardsum.cli.corpus.read;

import io.github.shardsum.cli.common.Abbreviation;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Messages of gettext as text in UTF-8. Fuzzy and obsolete messages are left out. */
record PoReader() implements TranslationReader.Aligned {
  private static final Pattern FIELD =
      Pattern.compile("(?:(msgctxt|msgid|msgid_plural|msgstr(?:\\[\\d\\])?)\\s+)?\"(.*)\"\\s*");
  private static final Pattern ESCAPE = Pattern.compile("\\\\(.)");

  @Override
  public void read(InputStream in, Consumer<Translation> sink) throws IOException {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()));
    Message message = new Message(sink);
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String text = line.startsWith("\ufeff") ? line.substring(1).strip() : line.strip();
      if (text.startsWith("#") || text.isEmpty()) {
        message.end();
        message.fuzzy |= text.startsWith("#,") && text.contains("fuzzy");
        continue;
      }
      Matcher field = FIELD.matcher(text);
      if (!field.matches()) {
        throw new IllegalArgumentException(
            "a line must be a comment, a field of a message or a text, got "
                + Abbreviation.text(text));
      }
      message.add(field.group(1) == null ? "" : field.group(1), unescaped(field.group(2)));
    }
    message.end();
  }

  private static String unescaped(String text) {
    return ESCAPE
        .matcher(text)
        .replaceAll(
            escape ->
                Matcher.quoteReplacement(
                    switch (escape.group(1)) {
                      case "n" -> "\n";
                      case "t" -> "\t";
                      case "r" -> "\r";
                      default -> escape.group(1);
                    }));
  }

  /** The message that is being read. */
  private static final class Message {
    private final Consumer<Translation> sink;
    private final Map<String, StringBuilder> fields = new LinkedHashMap<>();
    private StringBuilder open = new StringBuilder();
    private String language = "";
    private boolean fuzzy;

    Message(Consumer<Translation> sink) {
      this.sink = sink;
    }

    /** Begins a field, or continues the last one if the name is empty. */
    void add(String name, String text) {
      boolean begins = name.equals("msgctxt") || name.equals("msgid");
      if (begins && fields.keySet().stream().anyMatch(field -> field.startsWith("msgstr"))) {
        end();
      }
      if (!name.isEmpty()) {
        open = new StringBuilder();
        fields.put(name, open);
      }
      open.append(text);
    }

    void end() {
      List<String> forms = texts("msgstr");
      if (forms.isEmpty()) {
        return;
      }
      List<String> english = texts("msgid");
      if (english.isEmpty()) {
        throw new IllegalArgumentException("a message must have a msgid, got none");
      }
      if (english.getFirst().isEmpty()) {
        language = Gettext.field(forms.getFirst(), "Language");
      } else if (!fuzzy) {
        Gettext.message(language, english, forms, sink);
      }
      fields.clear();
      fuzzy = false;
    }

    private List<String> texts(String prefix) {
      return fields.entrySet().stream()
          .filter(field -> field.getKey().startsWith(prefix))
          .map(field -> field.getValue().toString())
          .toList();
    }
  }
}
