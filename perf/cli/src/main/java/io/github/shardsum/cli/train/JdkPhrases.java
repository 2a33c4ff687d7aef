package io.github.shardsum.cli.train;

import io.github.shardsum.random.Philox;
import java.text.ListFormat;
import java.text.NumberFormat;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.time.format.FormatStyle;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Phrases that the JDK's formatters compose in a language and, of the same parts, in English:
 * dates, "German (Switzerland)", lists, numbers in words. There is no end of them: those of a
 * language are drawn by a counter-based generator.
 */
final class JdkPhrases {
  private static final int FIRST_YEAR = 1900;
  private static final int YEARS = 200;
  private static final int DAYS = 365;

  /** Numbers are of 1 to 999 thousands, millions or billions. */
  private static final long[] MAGNITUDES = {1_000, 1_000_000, 1_000_000_000};

  private static final int MOST = 999;

  private final Philox random;
  private final List<String> languages;
  private final List<String> countries;

  /** Phrases of a seed, over languages and countries of these codes. */
  JdkPhrases(long seed, List<String> languages, List<String> countries) {
    this.random = new Philox(seed);
    this.languages = List.copyOf(languages);
    this.countries = List.copyOf(countries);
  }

  /** The kinds of phrases. */
  enum Kind {
    FULL_DATE,
    LONG_DATE,
    MONTH_AND_YEAR,
    LANGUAGE_OF_COUNTRY,
    AND_LIST,
    OR_LIST,
    NUMBER
  }

  /** What a phrase is made of, drawn by its index: the same in every language. */
  private record Parts(LocalDate date, Locale locale, List<Integer> names, long number) {}

  private Parts parts(Kind kind, long index) {
    long stream = kind.ordinal();
    int year = FIRST_YEAR + draw(8 * index, stream, YEARS);
    LocalDate date = LocalDate.ofYearDay(year, 1 + draw(8 * index + 1, stream, DAYS));
    String language = languages.get(draw(8 * index + 2, stream, languages.size()));
    String country = countries.get(draw(8 * index + 3, stream, countries.size()));
    List<Integer> names = new ArrayList<>();
    int count = 2 + draw(8 * index + 4, stream, 2);
    for (int i = 0; i < count; i++) {
      names.add(draw(8 * index + 5 + i, stream, countries.size()));
    }
    long magnitude = MAGNITUDES[draw(8 * index + 6, stream, MAGNITUDES.length)];
    long number = magnitude * (1 + draw(8 * index + 7, stream, MOST));
    return new Parts(date, Locale.of(language, country), names, number);
  }

  private int draw(long index, long stream, int below) {
    return (int) (random.uniform(index, stream) * below);
  }

  /**
   * The phrases of a language.
   *
   * @param language which one
   * @param from the first index
   * @param count phrases of each kind; fewer where the language has none of its own
   */
  List<Pair> pairs(Locale language, long from, int count) {
    List<Pair> pairs = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      for (long index = from; index < from + count; index++) {
        Parts parts = parts(kind, index);
        phrase(language, kind, parts).ifPresent(pairs::add);
      }
    }
    return pairs;
  }

  private Optional<Pair> phrase(Locale language, Kind kind, Parts parts) {
    try {
      String source = text(language, kind, parts);
      String target = text(Locale.ENGLISH, kind, parts);
      String root = text(Locale.ROOT, kind, parts);
      boolean own =
          !source.equals(target)
              && !source.equals(root)
              && JdkNames.isPlain(source)
              && (kind != Kind.NUMBER || digits(source).equals(digits(target)))
              && named(language, kind, parts).noneMatch(Split::isHeldBack);
      return own
          ? Optional.of(
              new Pair(
                  Pair.Kind.PHRASE,
                  language.getLanguage(),
                  source,
                  target,
                  key(kind, parts, target)))
          : Optional.empty();
    } catch (DateTimeException | IllegalArgumentException none) {
      return Optional.empty();
    }
  }

  /** The decimal digits of a text, in whatever script: two lakh are no 224 thousand. */
  private static String digits(String text) {
    StringBuilder digits = new StringBuilder();
    text.codePoints()
        .map(point -> Character.digit(point, 10))
        .filter(digit -> digit >= 0)
        .forEach(digits::append);
    return digits.toString();
  }

  /** The names that a phrase is made of: one that is held back is in no phrase. */
  private Stream<String> named(Locale in, Kind kind, Parts parts) {
    return switch (kind) {
      case LANGUAGE_OF_COUNTRY ->
          Stream.of(parts.locale().getDisplayLanguage(in), parts.locale().getDisplayCountry(in));
      case AND_LIST, OR_LIST -> names(in, parts).stream();
      default -> Stream.of();
    };
  }

  /** Dates are put aside by their year, the rest by what it is in English. */
  private static String key(Kind kind, Parts parts, String target) {
    return switch (kind) {
      case FULL_DATE, LONG_DATE, MONTH_AND_YEAR -> "year " + parts.date().getYear();
      default -> kind + " " + target;
    };
  }

  private String text(Locale in, Kind kind, Parts parts) {
    return switch (kind) {
      case FULL_DATE ->
          DateTimeFormatter.ofLocalizedDate(FormatStyle.FULL).localizedBy(in).format(parts.date());
      case LONG_DATE ->
          DateTimeFormatter.ofLocalizedDate(FormatStyle.LONG).localizedBy(in).format(parts.date());
      case MONTH_AND_YEAR ->
          DateTimeFormatter.ofLocalizedPattern("yMMMM").localizedBy(in).format(parts.date());
      case LANGUAGE_OF_COUNTRY -> parts.locale().getDisplayName(in);
      case AND_LIST -> list(in, ListFormat.Type.STANDARD, parts);
      case OR_LIST -> list(in, ListFormat.Type.OR, parts);
      case NUMBER ->
          NumberFormat.getCompactNumberInstance(in, NumberFormat.Style.LONG).format(parts.number());
    };
  }

  private String list(Locale in, ListFormat.Type type, Parts parts) {
    return ListFormat.getInstance(in, type, ListFormat.Style.FULL).format(names(in, parts));
  }

  private List<String> names(Locale in, Parts parts) {
    return parts.names().stream()
        .map(index -> Locale.of("", countries.get(index)).getDisplayCountry(in))
        .toList();
  }
}
