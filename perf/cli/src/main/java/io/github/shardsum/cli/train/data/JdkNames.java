package io.github.shardsum.cli.train.data;

import static io.github.shardsum.measure.Texts.format;

import java.time.DayOfWeek;
import java.time.Month;
import java.time.ZoneId;
import java.time.format.TextStyle;
import java.util.ArrayList;
import java.util.Currency;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TimeZone;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Names that the JDK carries in many languages, from the Unicode CLDR: of languages, countries,
 * regions, scripts, currencies, months, days and time zones.
 */
final class JdkNames {
  /**
   * One thing that has a name.
   *
   * @param key its kind and code
   * @param code the JDK's answer if it has no name
   * @param english its English name
   * @param in its name in a language
   */
  record Named(String key, String code, String english, Function<Locale, String> in) {}

  private JdkNames() {}

  /** The languages other than English in which the JDK has names, by code. */
  static List<Locale> languages() {
    TreeSet<String> codes = new TreeSet<>();
    for (Locale locale : Locale.getAvailableLocales()) {
      codes.add(locale.getLanguage());
    }
    codes.removeAll(List.of("", "en", "und"));
    return codes.stream().map(Locale::of).toList();
  }

  /** All things that have an English name, in an order that depends only on the JDK. */
  static List<Named> all() {
    List<Named> all = new ArrayList<>();
    for (String code : sorted(Locale.getISOLanguages())) {
      add(all, "language", code, Locale.of(code)::getDisplayLanguage);
    }
    letters("", 3).filter(code -> code.length() == 3).forEach(code -> language(all, code));
    for (String code : sorted(Locale.getISOCountries())) {
      add(all, "country", code, Locale.of("", code)::getDisplayCountry);
    }
    for (int region = 1; region < 1000; region++) {
      String code = format("%03d", region);
      add(all, "region", code, Locale.of("", code)::getDisplayCountry);
    }
    for (Locale locale : scripts()) {
      add(all, "script", locale.getScript(), locale::getDisplayScript);
    }
    Currency.getAvailableCurrencies().stream()
        .sorted((x, y) -> x.getCurrencyCode().compareTo(y.getCurrencyCode()))
        .forEach(each -> add(all, "currency", each.getCurrencyCode(), each::getDisplayName));
    for (Month month : Month.values()) {
      Function<Locale, String> name = in -> month.getDisplayName(TextStyle.FULL_STANDALONE, in);
      add(all, "month", Integer.toString(month.getValue()), name);
    }
    for (DayOfWeek day : DayOfWeek.values()) {
      Function<Locale, String> name = in -> day.getDisplayName(TextStyle.FULL_STANDALONE, in);
      add(all, "day", Integer.toString(day.getValue()), name);
    }
    zones(all);
    return all;
  }

  private static void language(List<Named> all, String code) {
    Locale locale = Locale.of(code);
    if (locale.getLanguage().equals(code)) {
      add(all, "language", code, locale::getDisplayLanguage);
    }
  }

  private static Stream<String> letters(String prefix, int more) {
    Stream<String> self = Stream.of(prefix);
    return more == 0
        ? self
        : Stream.concat(
            self,
            Stream.iterate('a', letter -> letter <= 'z', letter -> (char) (letter + 1))
                .flatMap(letter -> letters(prefix + letter, more - 1)));
  }

  /** The scripts of which Unicode has characters, by their codes of ISO 15924. */
  private static List<Locale> scripts() {
    List<Locale> scripts = new ArrayList<>();
    for (char first = 'A'; first <= 'Z'; first++) {
      String capital = Character.toString(first);
      letters(capital, 3)
          .filter(code -> code.length() == 4 && isScript(code))
          .forEach(code -> scripts.add(new Locale.Builder().setScript(code).build()));
    }
    return scripts;
  }

  /**
   * Whether a code is a script; few of half a million are, and this is faster than a look-up of the
   * name.
   */
  private static boolean isScript(String code) {
    try {
      Character.UnicodeScript.forName(code);
      return true;
    } catch (IllegalArgumentException none) {
      return false;
    }
  }

  /** The long names of time zones, each once: many zones share one. */
  private static void zones(List<Named> all) {
    Set<String> seen = new HashSet<>();
    for (String id : sorted(ZoneId.getAvailableZoneIds().toArray(String[]::new))) {
      TimeZone zone = TimeZone.getTimeZone(ZoneId.of(id));
      for (boolean daylight : new boolean[] {false, true}) {
        Function<Locale, String> name = in -> zone.getDisplayName(daylight, TimeZone.LONG, in);
        String english = name.apply(Locale.ENGLISH);
        if (english.contains(" ") && seen.add(english)) {
          all.add(new Named("zone " + english, id, english, name));
        }
      }
    }
  }

  private static void add(List<Named> all, String kind, String code, Function<Locale, String> in) {
    String english = in.apply(Locale.ENGLISH);
    if (!english.equalsIgnoreCase(code) && !english.isEmpty()) {
      all.add(new Named(kind + " " + code, code, english, in));
    }
  }

  private static List<String> sorted(String... codes) {
    return Stream.of(codes).sorted().toList();
  }

  /** The pairs of a language: the names that differ from the English name and from the code. */
  static List<Pair> pairs(Locale language, List<Named> all) {
    List<Pair> pairs = new ArrayList<>();
    for (Named named : all) {
      String name = named.in().apply(language);
      boolean own = !name.equals(named.english()) && !name.equalsIgnoreCase(named.code());
      if (own && isPlain(name)) {
        String code = language.getLanguage();
        pairs.add(new Pair(Pair.Kind.NAME, code, name, named.english(), named.key()));
      }
    }
    return pairs;
  }

  /** Whether a text has a letter, and no character that a line of a file cannot hold. */
  static boolean isPlain(String text) {
    return text.chars().anyMatch(Character::isLetter)
        && text.chars().noneMatch(Character::isISOControl)
        && text.equals(text.strip());
  }
}
