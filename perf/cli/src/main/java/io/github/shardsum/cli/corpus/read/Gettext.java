package io.github.shardsum.cli.corpus.read;

import io.github.shardsum.cli.corpus.read.TranslationReader.Translation;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Messages of gettext, which {@code .po} files hold as text and {@code .mo} files in binary. */
final class Gettext {
  private Gettext() {}

  /** A field of the header, which is the translation of the empty text; empty if there is none. */
  static String field(String header, String name) {
    Matcher field = Pattern.compile("(?mi)^" + name + ":[ \\t]*([^\\r\\n]*)$").matcher(header);
    return field.find() ? field.group(1).strip() : "";
  }

  /**
   * Passes on a message. Of one with plural forms, the English plural belongs to the last form; the
   * singular belongs to the first one, if there are just two forms.
   *
   * @param english the English text and, if there are forms, its plural
   * @param forms the translation in each form
   */
  static void message(
      String language, List<String> english, List<String> forms, Consumer<Translation> sink) {
    if (forms.isEmpty()) {
      throw new IllegalArgumentException("a message must have a translation, got none");
    }
    if (english.size() == 1 || forms.size() == 2) {
      sink.accept(new Translation(language, english.getFirst(), forms.getFirst()));
    }
    if (english.size() > 1) {
      sink.accept(new Translation(language, english.get(1), forms.getLast()));
    }
  }
}
