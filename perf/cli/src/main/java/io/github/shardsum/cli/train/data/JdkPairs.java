package io.github.shardsum.cli.train.data;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.exec.Workers;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntConsumer;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * All pairs of the JDK: names and phrases in the languages in which it has many names. Gathering
 * them takes half a minute, so they are kept in a file.
 */
public final class JdkPairs {
  /** A number that changes with the contents, so that an older file is not used. */
  private static final int VERSION = 2;

  /** Least number of names of a language that is used. */
  static final int FEWEST_NAMES = 800;

  /** Phrases of each kind of each language. */
  private static final int PHRASES = 160;

  /** Dates of each kind and language that are all held back. */
  private static final int FAR_DATES = 8;

  private static final long SEED = 47;
  private static final int COLUMNS = 5;

  private JdkPairs() {}

  /**
   * The file in which pairs are kept, under the folder of the variable XDG_CACHE_HOME or of the
   * user.
   */
  public static Path file(Map<String, String> environment, String home) {
    String cache = environment.getOrDefault("XDG_CACHE_HOME", "");
    // By the XDG specification a relative path is ignored.
    Path folder =
        cache.startsWith("/") ? Path.of(cache) : Path.of(home.isEmpty() ? "." : home, ".cache");
    String name = format("pairs-%s-v%d.tsv.gz", System.getProperty("java.version"), VERSION);
    return folder.resolve("shardsum").resolve(name);
  }

  /** Languages of a run that is over soon: of several families and scripts. */
  public static final List<Locale> FEW =
      Stream.of("de", "es", "fr", "id", "nl", "pl", "pt", "ru", "sv", "tr")
          .map(Locale::of)
          .toList();

  /**
   * The pairs, from the file; or gathered, and written to the file if possible.
   *
   * @param begin receives the number of languages, if pairs must be gathered
   * @param done gets 1 after each language, from any thread
   */
  public static List<Pair> load(Path file, Workers workers, IntConsumer begin, IntConsumer done) {
    if (Files.isRegularFile(file)) {
      try {
        return read(file);
      } catch (IOException | IllegalArgumentException broken) {
        // The file is written anew.
      }
    }
    begin.accept(JdkNames.languages().size());
    List<Pair> pairs = gather(JdkNames.languages(), workers, done);
    try {
      write(file, pairs);
    } catch (IOException unwritable) {
      // The next start gathers again.
    }
    return pairs;
  }

  /** Gathers the pairs of the languages that have many names. */
  public static List<Pair> gather(List<Locale> languages, Workers workers, IntConsumer done) {
    List<JdkNames.Named> names = JdkNames.all();
    JdkPhrases phrases =
        new JdkPhrases(
            SEED,
            Stream.of(Locale.getISOLanguages())
                .filter(code -> !Locale.of(code).getDisplayLanguage(Locale.ENGLISH).equals(code))
                .filter(
                    code ->
                        !PairSplit.isWithheld(Locale.of(code).getDisplayLanguage(Locale.ENGLISH)))
                .sorted()
                .toList(),
            Stream.of(Locale.getISOCountries())
                .filter(
                    code ->
                        !PairSplit.isWithheld(
                            Locale.of("", code).getDisplayCountry(Locale.ENGLISH)))
                .sorted()
                .toList());
    List<List<Pair>> found = new ArrayList<>(Collections.nCopies(languages.size(), List.of()));
    workers.run(
        languages.size(),
        (index, _) -> {
          Locale language = languages.get(index);
          List<Pair> pairs = new ArrayList<>(JdkNames.pairs(language, names));
          if (pairs.size() >= FEWEST_NAMES) {
            // Each language has other phrases, so that few compositions occur in two languages.
            pairs.addAll(phrases.pairs(language, (long) index * PHRASES, PHRASES));
            pairs.addAll(phrases.farDates(language, (long) index * FAR_DATES, FAR_DATES));
            found.set(index, pairs);
          }
          done.accept(1);
        });
    return found.stream().flatMap(List::stream).distinct().toList();
  }

  static void write(Path file, List<Pair> pairs) throws IOException {
    Files.createDirectories(file.getParent());
    Path fresh = Files.createTempFile(file.getParent(), "pairs", ".part");
    try {
      try (Writer out =
          new OutputStreamWriter(
              new GZIPOutputStream(Files.newOutputStream(fresh)), StandardCharsets.UTF_8)) {
        for (Pair pair : pairs) {
          out.write(
              String.join(
                      "\t",
                      pair.kind().name(),
                      pair.language(),
                      pair.source(),
                      pair.target(),
                      pair.key())
                  + "\n");
        }
      }
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  static List<Pair> read(Path file) throws IOException {
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
      return in.lines().map(JdkPairs::pair).toList();
    } catch (UncheckedIOException torn) {
      throw torn.getCause();
    }
  }

  private static Pair pair(String line) {
    String[] columns = line.split("\t", -1);
    if (columns.length != COLUMNS) {
      throw new IllegalArgumentException("pairs: a line must have 5 columns, got " + line);
    }
    return new Pair(Pair.Kind.valueOf(columns[0]), columns[1], columns[2], columns[3], columns[4]);
  }
}
