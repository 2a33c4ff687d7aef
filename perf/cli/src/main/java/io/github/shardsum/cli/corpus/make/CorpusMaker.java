package io.github.shardsum.cli.corpus.make;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.shardsum.cli.corpus.data.CorpusManifest;
import io.github.shardsum.cli.corpus.data.CorpusManifest.Language;
import io.github.shardsum.cli.corpus.data.CorpusManifest.Source;
import io.github.shardsum.cli.corpus.data.CorpusPair;
import io.github.shardsum.cli.corpus.make.SourceFile.Paired;
import io.github.shardsum.cli.corpus.read.TranslationReader;
import io.github.shardsum.cli.corpus.read.TranslationReader.Translation;
import io.github.shardsum.cli.train.data.TextHash;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Makes a corpus in two passes. The first reads the sources, cleans, and writes all pairs, those
 * held out into their own file; the second leaves out sentences that are nearly held out. Besides
 * one file's texts only hashes and the held-out English are in memory.
 */
public final class CorpusMaker {
  private static final String WITHOUT_ENGLISH = "no English text";
  private static final String WITHOUT_LANGUAGE = "no known language";
  private static final String DUPLICATE = "duplicate";
  private static final String NEAR = "near a held-out sentence";

  private final Consumer<String> warn;
  private final CorpusCounts counts = new CorpusCounts();
  private final Fingerprints pairs = new Fingerprints();
  private final HeldOut heldOut = new HeldOut();

  private CorpusMaker(Consumer<String> warn) {
    this.warn = warn;
  }

  /** The folders of sources, by name: the last part of each path. */
  public static SortedMap<String, Path> sources(List<Path> folders) throws IOException {
    SortedMap<String, Path> sources = new TreeMap<>();
    for (Path folder : folders) {
      if (!Files.isDirectory(folder)) {
        throw new IllegalArgumentException("--from: must be folders, got " + folder);
      }
      String name = String.valueOf(folder.toRealPath().getFileName()).replaceAll("\\s", " ");
      Path other = sources.put(name, folder);
      if (other != null) {
        throw new IllegalArgumentException(
            "--from: folders must have different names, got " + other + " and " + folder);
      }
    }
    return sources;
  }

  /**
   * Makes a corpus. The folder appears when all of it is written.
   *
   * @param sources folders by the name of the source
   * @param folder a free name
   * @param warn gets a line for each file that cannot be read
   * @param done runs after each file that was read
   */
  public static CorpusManifest make(
      SortedMap<String, Path> sources, Path folder, Consumer<String> warn, Runnable done)
      throws IOException {
    if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileAlreadyExistsException(folder.toString());
    }
    Path parent = folder.toAbsolutePath().normalize().getParent();
    if (parent == null || !Files.isDirectory(parent)) {
      throw new NoSuchFileException(folder.toString(), null, "its folder does not exist");
    }
    Path part = parent.resolve(folder.getFileName() + ".part-" + ProcessHandle.current().pid());
    Files.createDirectory(part);
    try {
      CorpusManifest manifest = new CorpusMaker(warn).write(sources, part, done);
      manifest.write(part);
      Files.move(part, folder);
      return manifest;
    } finally {
      remove(part);
    }
  }

  private static void remove(Path folder) throws IOException {
    if (Files.exists(folder)) {
      List<Path> files;
      try (Stream<Path> list = Files.list(folder)) {
        files = list.toList();
      }
      for (Path file : files) {
        Files.delete(file);
      }
      Files.delete(folder);
    }
  }

  /** A file of pairs that is being written. */
  private record Output(BufferedWriter lines, MessageDigest digest) implements AutoCloseable {
    static Output of(Path file) throws IOException {
      MessageDigest digest = TextHash.sha256();
      return new Output(
          new BufferedWriter(
              new OutputStreamWriter(
                  new DigestOutputStream(Files.newOutputStream(file), digest), UTF_8)),
          digest);
    }

    void write(CorpusPair pair) {
      try {
        lines.write(pair.line());
        lines.write('\n');
      } catch (IOException full) {
        throw new UncheckedIOException(full);
      }
    }

    String sha256() {
      return HexFormat.of().formatHex(digest.digest());
    }

    @Override
    public void close() throws IOException {
      lines.close();
    }
  }

  private CorpusManifest write(SortedMap<String, Path> sources, Path folder, Runnable done)
      throws IOException {
    List<SourceFile> files = new ArrayList<>();
    for (Map.Entry<String, Path> source : sources.entrySet()) {
      files.addAll(SourceFile.of(source.getKey(), source.getValue()));
    }
    Path all = folder.resolve("all.tsv");
    SortedMap<String, String> sha256 = new TreeMap<>();
    try (Output rest = Output.of(all);
        Output held = Output.of(folder.resolve(CorpusManifest.HELD_OUT))) {
      read(SourceFile.pair(files), pair -> split(pair, rest, held), done);
      held.lines().flush();
      sha256.put(CorpusManifest.HELD_OUT, held.sha256());
    }
    try (Output training = Output.of(folder.resolve(CorpusManifest.TRAINING))) {
      leaveOutNear(all, training);
      training.lines().flush();
      sha256.put(CorpusManifest.TRAINING, training.sha256());
    }
    Files.delete(all);
    SortedMap<String, CorpusManifest.Source> counted = new TreeMap<>();
    for (Map.Entry<String, Path> source : sources.entrySet()) {
      counted.put(
          source.getKey(), counts.source(source.getKey(), SourceLicences.of(source.getValue())));
    }
    return new CorpusManifest(CorpusManifest.VERSION, counts.languages(), counted, sha256);
  }

  /** Reads all files; those with the same English follow each other, so that it is read once. */
  private void read(List<Paired> files, Consumer<CorpusPair> sink, Runnable done) {
    Optional<SourceFile> last = Optional.empty();
    Map<String, String> english = Map.of();
    for (Paired paired : files) {
      SourceFile file = paired.file();
      boolean read =
          switch (file.reader()) {
            case TranslationReader.Aligned aligned ->
                attempt(file, in -> aligned.read(in, each -> add(paired, each, sink)));
            case TranslationReader.Keyed keyed -> {
              if (!paired.english().equals(last)) {
                last = paired.english();
                english = english(last.orElseThrow());
              }
              Map<String, String> texts = english;
              yield attempt(file, in -> add(paired, new TreeMap<>(keyed.read(in)), texts, sink));
            }
          };
      counts.file(file.source(), !read);
      done.run();
    }
  }

  private Map<String, String> english(SourceFile file) {
    Map<String, String> texts = new TreeMap<>();
    if (file.reader() instanceof TranslationReader.Keyed keyed) {
      attempt(file, in -> texts.putAll(keyed.read(in)));
    }
    return texts;
  }

  /** Reads a stream. */
  @FunctionalInterface
  private interface Reading {
    void read(InputStream in) throws IOException;
  }

  /** Reads a file if possible; a warning says what is wrong with it. */
  private boolean attempt(SourceFile file, Reading reading) {
    String wrong;
    try (InputStream in = file.open()) {
      reading.read(in);
      return true;
    } catch (CharacterCodingException other) {
      wrong = "must be text in UTF-8, got other bytes";
    } catch (IOException | IllegalArgumentException damaged) {
      wrong = String.valueOf(damaged.getMessage());
    }
    warn.accept(file.file() + ": " + wrong);
    return false;
  }

  private void add(
      Paired paired,
      SortedMap<String, String> texts,
      Map<String, String> english,
      Consumer<CorpusPair> sink) {
    texts.forEach(
        (key, text) -> {
          String source = english.get(key);
          if (source == null) {
            counts.dropped(paired.file().source(), WITHOUT_ENGLISH);
          } else {
            add(paired, new Translation("", source, text), sink);
          }
        });
  }

  /** Cleans a pair, and passes it on if no rule drops it. */
  private void add(Paired paired, Translation each, Consumer<CorpusPair> sink) {
    String source = paired.file().source();
    Optional<String> language =
        paired
            .language()
            .or(() -> LanguageTag.of(each.language()))
            .filter(tag -> !LanguageTag.isEnglish(tag));
    if (language.isEmpty()) {
      counts.dropped(source, WITHOUT_LANGUAGE);
      return;
    }
    CleaningRule.Candidate candidate =
        CleaningRule.Candidate.of(language.get(), each.english(), each.text());
    Optional<String> reason = CleaningRule.reason(candidate);
    String english = candidate.plain().english();
    String text = candidate.plain().text();
    if (reason.isPresent()) {
      counts.dropped(source, reason.get());
    } else if (!pairs.add(
        TextHash.of(
            language.get(), english.toLowerCase(Locale.ROOT), text.toLowerCase(Locale.ROOT)))) {
      counts.dropped(source, DUPLICATE);
    } else {
      sink.accept(new CorpusPair(language.get(), source, english, text));
    }
  }

  private void split(CorpusPair pair, Output rest, Output held) {
    String folded = HeldOut.folded(pair.english());
    if (HeldOut.isHeldOut(folded)) {
      heldOut.add(folded);
      counts.kept(pair, true);
      held.write(pair);
    } else {
      rest.write(pair);
    }
  }

  private void leaveOutNear(Path all, Output training) throws IOException {
    Fingerprints seen = new Fingerprints();
    Fingerprints near = new Fingerprints();
    try (BufferedReader lines = Files.newBufferedReader(all)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        CorpusPair pair = CorpusPair.parse(line);
        String folded = HeldOut.folded(pair.english());
        long hash = TextHash.of(folded);
        if (seen.add(hash) && heldOut.isNear(folded)) {
          near.add(hash);
        }
        if (near.contains(hash)) {
          counts.dropped(pair.source(), NEAR);
        } else {
          counts.kept(pair, false);
          training.write(pair);
        }
      }
    }
  }

  /** The counts of a corpus while it is made. */
  private static final class CorpusCounts {
    private static final String FILES = "files";
    private static final String DAMAGED = "damaged";
    private static final String TRAINING = "training";
    private static final String HELD_OUT = "held out";
    private static final String ENGLISH_WORDS = "words of English";
    private static final String WORDS = "words";

    private final Map<String, Map<String, Long>> sources = new HashMap<>();
    private final Map<String, Map<String, Long>> languages = new HashMap<>();
    private final Map<String, Map<String, Long>> dropped = new HashMap<>();

    private static void add(
        Map<String, Map<String, Long>> counts, String of, String what, long more) {
      counts.computeIfAbsent(of, _ -> new HashMap<>()).merge(what, more, Long::sum);
    }

    void file(String source, boolean damaged) {
      add(sources, source, FILES, 1);
      add(sources, source, DAMAGED, damaged ? 1 : 0);
    }

    void dropped(String source, String reason) {
      add(dropped, source, reason, 1);
    }

    void kept(CorpusPair pair, boolean heldOut) {
      String split = heldOut ? HELD_OUT : TRAINING;
      add(sources, pair.source(), split, 1);
      add(languages, pair.language(), split, 1);
      add(languages, pair.language(), ENGLISH_WORDS, CleaningRule.words(pair.english()));
      add(languages, pair.language(), WORDS, CleaningRule.words(pair.text()));
    }

    SortedMap<String, Language> languages() {
      SortedMap<String, Language> all = new TreeMap<>();
      languages.forEach(
          (tag, counts) ->
              all.put(
                  tag,
                  new Language(
                      counts.getOrDefault(TRAINING, 0L),
                      counts.getOrDefault(HELD_OUT, 0L),
                      counts.getOrDefault(ENGLISH_WORDS, 0L),
                      counts.getOrDefault(WORDS, 0L))));
      return all;
    }

    Source source(String name, SourceLicences licences) {
      Map<String, Long> counts = sources.getOrDefault(name, Map.of());
      return new Source(
          counts.getOrDefault(FILES, 0L),
          counts.getOrDefault(DAMAGED, 0L),
          counts.getOrDefault(TRAINING, 0L),
          counts.getOrDefault(HELD_OUT, 0L),
          new TreeMap<>(dropped.getOrDefault(name, Map.of())),
          licences.names(),
          licences.file());
    }
  }
}
