package io.github.shardsum.cli.corpus.make;

import java.util.IllformedLocaleException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Names of languages in paths, as {@code pt_BR} and {@code sr@latin}, and their BCP 47 tags. */
final class LanguageTag {
  private static final Pattern NAME =
      Pattern.compile("([a-z]{2,3}(?:[_-][A-Za-z0-9]{2,8}){0,3})(?:\\.[\\w-]{1,12})?(?:@(\\w+))?");

  private LanguageTag() {}

  /** The tag of a name, if the JDK knows its language. */
  static Optional<String> of(String name) {
    Matcher parts = NAME.matcher(name);
    if (!parts.matches()) {
      return Optional.empty();
    }
    String tag = parts.group(1).replace('_', '-');
    String modifier = parts.group(2) == null ? "" : parts.group(2);
    // A script stands before the region.
    String script =
        modifier.contains("latin")
            ? "-Latn"
            : modifier.contains("cyrillic")
                ? "-Cyrl"
                : modifier.contains("devanagari") ? "-Deva" : "";
    int end = tag.indexOf('-') < 0 ? tag.length() : tag.indexOf('-');
    String variant = modifier.matches("valencia|tarask") ? "-" + modifier : "";
    try {
      Locale locale =
          new Locale.Builder()
              .setLanguageTag(tag.substring(0, end) + script + tag.substring(end) + variant)
              .build();
      boolean known = !locale.getDisplayLanguage(Locale.ENGLISH).equals(locale.getLanguage());
      return known ? Optional.of(locale.toLanguageTag()) : Optional.empty();
    } catch (IllformedLocaleException other) {
      return Optional.empty();
    }
  }

  static boolean isEnglish(String tag) {
    return tag.equals("en") || tag.startsWith("en-");
  }
}
