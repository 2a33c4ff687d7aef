package io.github.shardsum.cli.moe;

import io.github.shardsum.exec.Workers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Currency;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.stream.Stream;

/**
 * Real text that every JDK has: the names of languages, countries and currencies, in all its
 * languages; one name a line, UTF-8, in an order that depends only on the JDK.
 *
 * @param languages the number of languages of the names
 * @param bytes the text
 */
record MoeSampleText(int languages, byte[] bytes) {
  /** The language of the JDK's answer if it has no name in the requested one. */
  private static final Locale FALLBACK = Locale.ENGLISH;

  /** A language counts if at least this share of its names are its own. */
  private static final double OWN_SHARE = 0.5;

  /**
   * Gathers the text.
   *
   * @param workers languages are read in parallel
   * @param done gets 1 after each language, from any thread
   */
  static MoeSampleText gather(Workers workers, IntConsumer done) {
    List<Locale> languages = languagesOf(Locale.getAvailableLocales());
    List<Function<Locale, String>> names = names();
    List<String> fallbacks = names.stream().map(name -> name.apply(FALLBACK)).toList();
    String[] texts = new String[languages.size()];
    workers.run(
        texts.length,
        (index, _) -> {
          texts[index] = text(languages.get(index), names, fallbacks);
          done.accept(1);
        });
    String all = String.join("", texts);
    int counted = (int) Stream.of(texts).filter(text -> !text.isEmpty()).count();
    return new MoeSampleText(counted, all.getBytes(StandardCharsets.UTF_8));
  }

  static int languageCount() {
    return languagesOf(Locale.getAvailableLocales()).size();
  }

  private static List<Locale> languagesOf(Locale... locales) {
    TreeSet<String> codes = new TreeSet<>();
    for (Locale locale : locales) {
      codes.add(locale.getLanguage());
    }
    codes.remove("");
    return codes.stream().map(Locale::of).toList();
  }

  private static List<Function<Locale, String>> names() {
    List<Function<Locale, String>> names = new ArrayList<>();
    for (String language : sorted(Locale.getISOLanguages())) {
      names.add(Locale.of(language)::getDisplayLanguage);
    }
    for (String country : sorted(Locale.getISOCountries())) {
      names.add(Locale.of("", country)::getDisplayCountry);
    }
    Currency.getAvailableCurrencies().stream()
        .sorted(Comparator.comparing(Currency::getCurrencyCode))
        .forEach(currency -> names.add(currency::getDisplayName));
    return names;
  }

  private static List<String> sorted(String... codes) {
    return Stream.of(codes).sorted().toList();
  }

  /** The language's own names; empty if it has too few. */
  private static String text(
      Locale language, List<Function<Locale, String>> names, List<String> fallbacks) {
    StringBuilder text = new StringBuilder();
    int own = 0;
    for (int i = 0; i < names.size(); i++) {
      String name = Objects.requireNonNull(names.get(i).apply(language));
      if (!name.equals(fallbacks.get(i)) || language.equals(FALLBACK)) {
        text.append(name).append('\n');
        own++;
      }
    }
    return own >= OWN_SHARE * names.size() ? text.toString() : "";
  }
}
