package io.github.shardsum.cli.train.data;

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
 * dates, "German (Switzerland)", lists, numbers in words. Their number is unlimited; a
 * counter-based generator draws the phrases of each language.
 */
final class JdkPhrases {
  /** Years of dates, from the first to the one before the last. */
  static final Range YEARS = new Range(1000, 2500);

  /** Years of dates that are all held back. */
  static final Range FAR_YEARS = new Range(2500, 3000);

  private static final int DAYS = 365;
  private static final int DECADE = 10;

  /**
   * The first stream of random numbers for years that are all held back; the kinds have lower
   * streams.
   */
  private static final long FAR_STREAMS = 100;

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

  /** Whole numbers from one to below another. */
  record Range(int from, int to) {
    boolean contains(int number) {
      return from <= number && number < to;
    }
  }

  /** The kinds of phrases. */
  enum Kind {
    FULL_DATE,
    LONG_DATE,
    MONTH_AND_YEAR,
    LANGUAGE_OF_COUNTRY,
    AND_LIST,
    OR_LIST,
    NUMBER;

    private boolean isDate() {
      return this == FULL_DATE || this == LONG_DATE || this == MONTH_AND_YEAR;
    }
  }

  /** The parts of a phrase, drawn by its index: the same in every language. */
  private record Parts(LocalDate date, Locale locale, List<Integer> names, long number) {}

  private Parts parts(long stream, long index, Range years) {
    int year = years.from() + draw(8 * index, stream, years.to() - years.from());
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
   * @param language the language
   * @param from the first index
   * @param count phrases of each kind; fewer where the language has none of its own
   */
  List<Pair> pairs(Locale language, long from, int count) {
    List<Pair> pairs = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      for (long index = from; index < from + count; index++) {
        Parts parts = parts(kind.ordinal(), index, YEARS);
        phrase(language, kind, parts).ifPresent(pairs::add);
      }
    }
    return pairs;
  }

  /** Dates of held-back years, a number of each kind. */
  List<Pair> farDates(Locale language, long from, int count) {
    List<Pair> pairs = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      for (long index = from; kind.isDate() && index < from + count; index++) {
        Parts parts = parts(FAR_STREAMS + kind.ordinal(), index, FAR_YEARS);
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
              && hasNumbers(kind, parts, source, target)
              && named(language, kind, parts).noneMatch(PairSplit::isHeldBack);
      return own
          ? Optional.of(
              new Pair(
                  pairKind(kind, parts),
                  language.getLanguage(),
                  source,
                  target,
                  key(kind, parts, target)))
          : Optional.empty();
    } catch (DateTimeException | IllegalArgumentException none) {
      return Optional.empty();
    }
  }

  /**
   * Whether the source has the numbers of its translation; dates of another calendar have other
   * numbers.
   */
  private static boolean hasNumbers(Kind kind, Parts parts, String source, String target) {
    if (kind.isDate()) {
      return digits(source).contains(Integer.toString(parts.date().getYear()));
    }
    return kind != Kind.NUMBER || digits(source).equals(digits(target));
  }

  private static Pair.Kind pairKind(Kind kind, Parts parts) {
    return switch (kind) {
      case FULL_DATE, LONG_DATE, MONTH_AND_YEAR ->
          YEARS.contains(parts.date().getYear()) ? Pair.Kind.DATE : Pair.Kind.FAR_DATE;
      case LANGUAGE_OF_COUNTRY -> Pair.Kind.REGION;
      case AND_LIST, OR_LIST ->
          parts.names().size() == 2 ? Pair.Kind.LIST_OF_TWO : Pair.Kind.LIST_OF_THREE;
      case NUMBER -> Pair.Kind.NUMBER;
    };
  }

  /**
   * The decimal digits of a text in any script. They differ if a language groups digits in another
   * way, as in lakhs.
   */
  private static String digits(String text) {
    StringBuilder digits = new StringBuilder();
    text.codePoints()
        .map(point -> Character.digit(point, 10))
        .filter(digit -> digit >= 0)
        .forEach(digits::append);
    return digits.toString();
  }

  /** The names in a phrase; a name that is held back is in no phrase. */
  private Stream<String> named(Locale in, Kind kind, Parts parts) {
    return switch (kind) {
      case LANGUAGE_OF_COUNTRY ->
          Stream.of(parts.locale().getDisplayLanguage(in), parts.locale().getDisplayCountry(in));
      case AND_LIST, OR_LIST -> names(in, parts).stream();
      default -> Stream.of();
    };
  }

  /** Dates are held back by their decade, other phrases by their English text. */
  private static String key(Kind kind, Parts parts, String target) {
    return switch (kind) {
      case FULL_DATE, LONG_DATE, MONTH_AND_YEAR -> "decade " + parts.date().getYear() / DECADE;
      default -> kind + " " + target;
    };
  }

  private String text(Locale in, Kind kind, Parts parts) {
    return switch (kind) {
      case FULL_DATE ->
          DateTimeFormatter.ofLocalizedDate(FormatStyle.FULL).localizedBy(in).format(parts.date());
      case LONG_DATE ->
          DateTimeFormatter.ofLocalizedDate(FormatStyle.LONG).localizedBy(in).format(parts.date());
      case MONTH_AND_YEAR -> monthAndYear(in, parts.date());
      case LANGUAGE_OF_COUNTRY -> parts.locale().getDisplayName(in);
      case AND_LIST -> list(in, ListFormat.Type.STANDARD, parts);
      case OR_LIST -> list(in, ListFormat.Type.OR, parts);
      case NUMBER ->
          NumberFormat.getCompactNumberInstance(in, NumberFormat.Style.LONG).format(parts.number());
    };
  }

  /**
   * One thread at a time: the JDK fills a static table of patterns at the first use, and another
   * thread that finds the table half filled fails with a NullPointerException.
   */
  private static synchronized String monthAndYear(Locale in, LocalDate date) {
    return DateTimeFormatter.ofLocalizedPattern("yMMMM").localizedBy(in).format(date);
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
