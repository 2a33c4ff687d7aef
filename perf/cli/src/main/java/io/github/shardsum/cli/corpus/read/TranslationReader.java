package io.github.shardsum.cli.corpus.read;

import io.github.shardsum.cli.common.Abbreviation;
import io.github.shardsum.cli.common.JsonErrors;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A format of files with translations. All readers throw {@link IllegalArgumentException} or {@link
 * IOException} for a file that is not of the format.
 */
public sealed interface TranslationReader {
  /** A format whose files have the English text beside each translation. */
  sealed interface Aligned extends TranslationReader
      permits MoReader, PoReader, TmxReader, TsvReader {
    /**
     * Reads a file from start to end.
     *
     * @param sink gets each translation; a damaged file may give some before the exception
     */
    void read(InputStream in, Consumer<Translation> sink) throws IOException;
  }

  /** A format whose files have texts of one language under keys; English is another file. */
  sealed interface Keyed extends TranslationReader
      permits DtdReader, FluentReader, JsonReader, PakReader, PropertiesReader {
    /** The texts by key. */
    Map<String, String> read(InputStream in) throws IOException;
  }

  /**
   * A text in two languages.
   *
   * @param language the name of the other language in the file, or nothing if the file's path must
   *     have it
   * @param english the English text
   * @param text the text in the other language, empty if it is not translated
   */
  record Translation(String language, String english, String text) {}

  /** The reader of a file, by the ending of its name. */
  static Optional<TranslationReader> of(String fileName) {
    String ending = fileName.substring(fileName.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return Optional.ofNullable(
        switch (ending) {
          case "mo", "gmo" -> new MoReader();
          case "po" -> new PoReader();
          case "tmx" -> new TmxReader();
          case "tsv" -> new TsvReader();
          case "dtd" -> new DtdReader();
          case "ftl" -> new FluentReader();
          case "json" -> new JsonReader();
          case "pak" -> new PakReader();
          case "properties" -> new PropertiesReader();
          default -> null;
        });
  }

  /** Mozilla's declarations of entities: {@code <!ENTITY key "text">}. */
  record DtdReader() implements TranslationReader.Keyed {
    private static final Pattern COMMENT = Pattern.compile("<!--.*?(?:-->|\\z)", Pattern.DOTALL);
    private static final Pattern ENTITY =
        Pattern.compile("<!ENTITY\\s++([\\w.:-]++)\\s++(?:\"([^\"]*+)\"|'([^']*+)')\\s*+>");

    @Override
    public Map<String, String> read(InputStream in) throws IOException {
      Map<String, String> texts = new HashMap<>();
      Matcher entity = ENTITY.matcher(COMMENT.matcher(WholeText.utf8(in)).replaceAll(""));
      while (entity.find()) {
        texts.put(entity.group(1), entity.group(2) != null ? entity.group(2) : entity.group(3));
      }
      return texts;
    }
  }

  /** Java's and Mozilla's property files: UTF-8, or Latin-1 if they are not UTF-8. */
  record PropertiesReader() implements TranslationReader.Keyed {
    @Override
    public Map<String, String> read(InputStream in) throws IOException {
      byte[] bytes = WholeText.bytes(in);
      String text;
      try {
        text = WholeText.decode(bytes, StandardCharsets.UTF_8);
      } catch (IllegalArgumentException latin) {
        text = WholeText.decode(bytes, StandardCharsets.ISO_8859_1);
      }
      Properties properties = new Properties();
      properties.load(new StringReader(text));
      Map<String, String> texts = new HashMap<>();
      for (String key : properties.stringPropertyNames()) {
        // A message format doubles an apostrophe.
        texts.put(key, properties.getProperty(key, "").replace("''", "'"));
      }
      return texts;
    }
  }

  /** Lines of language, text and English with tabs between them, as of {@code train --data}. */
  record TsvReader() implements TranslationReader.Aligned {
    private static final int COLUMNS = 3;

    @Override
    public void read(InputStream in, Consumer<Translation> sink) throws IOException {
      BufferedReader lines =
          new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()));
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.isBlank()) {
          continue;
        }
        String[] columns = line.split("\t", -1);
        if (columns.length != COLUMNS || columns[0].isBlank()) {
          throw new IllegalArgumentException(
              "a line must be language, text and English with tabs between them, got "
                  + Abbreviation.text(line));
        }
        sink.accept(new Translation(columns[0].strip(), columns[2], columns[1]));
      }
    }
  }

  /**
   * MediaWiki's messages, and those of browser extensions: an object of texts. The key of a text in
   * an inner object has the names of all objects around it.
   */
  record JsonReader() implements TranslationReader.Keyed {

    @Override
    public Map<String, String> read(InputStream in) throws IOException {
      Map<String, String> texts = new HashMap<>();
      try {
        add("", JsonMapper.shared().readTree(WholeText.utf8(in)), texts);
      } catch (JacksonException malformed) {
        throw new IllegalArgumentException(
            "must be JSON, got " + JsonErrors.describe(malformed), malformed);
      }
      return texts;
    }

    private static void add(String key, JsonNode node, Map<String, String> texts) {
      if (node.isString()) {
        texts.put(key, node.stringValue());
      }
      node.properties().stream()
          .filter(each -> !isMeta(each.getKey()))
          .forEach(each -> add(key + "." + each.getKey(), each.getValue(), texts));
    }

    private static boolean isMeta(String name) {
      return switch (name) {
        case "@metadata", "description", "placeholders" -> true;
        default -> false;
      };
    }
  }
}
