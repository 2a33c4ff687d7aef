package io.github.shardsum.cli.corpus.data;

import static io.github.shardsum.measure.Texts.wrongArgument;

import io.github.shardsum.cli.common.JsonErrors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The counts of a corpus, which its file {@code manifest.json} holds.
 *
 * @param version of the layout of the folder
 * @param languages by BCP 47 tag
 * @param sources by name
 * @param sha256 of each file of pairs, in hexadecimal
 */
public record CorpusManifest(
    int version,
    SortedMap<String, Language> languages,
    SortedMap<String, Source> sources,
    SortedMap<String, String> sha256) {
  public static final int VERSION = 1;

  /** The file of pairs to learn from. */
  public static final String TRAINING = "training.tsv";

  /** The file of pairs whose English sentence is in no pair of {@link #TRAINING}. */
  public static final String HELD_OUT = "held-out.tsv";

  private static final String FILE = "manifest.json";
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  /**
   * The counts of a language.
   *
   * @param training pairs to learn from
   * @param heldOut pairs that are held out
   * @param englishWords words of the English sides of all pairs
   * @param words words of the other sides
   */
  public record Language(long training, long heldOut, long englishWords, long words) {}

  /**
   * The counts of a source.
   *
   * @param files files with translations that were read
   * @param damaged files of which at least a part could not be read
   * @param training pairs to learn from
   * @param heldOut pairs that are held out
   * @param dropped pairs that were dropped, by reason
   * @param licences the licences that the source's own file of licences names
   * @param licenceFile that file, in the source's folder; empty if there is none
   */
  public record Source(
      long files,
      long damaged,
      long training,
      long heldOut,
      SortedMap<String, Long> dropped,
      List<String> licences,
      String licenceFile) {
    public Source {
      dropped = Collections.unmodifiableSortedMap(new TreeMap<>(dropped));
      licences = List.copyOf(licences);
      Objects.requireNonNull(licenceFile, "licenceFile");
    }
  }

  public CorpusManifest {
    languages = Collections.unmodifiableSortedMap(new TreeMap<>(languages));
    sources = Collections.unmodifiableSortedMap(new TreeMap<>(sources));
    sha256 = Collections.unmodifiableSortedMap(new TreeMap<>(sha256));
  }

  /** All pairs that were dropped, by reason. */
  public SortedMap<String, Long> dropped() {
    SortedMap<String, Long> all = new TreeMap<>();
    sources
        .values()
        .forEach(each -> each.dropped().forEach((why, n) -> all.merge(why, n, Long::sum)));
    return all;
  }

  /** One JSON object on one line, in ASCII. */
  public String json() {
    return JSON.writeValueAsString(this);
  }

  /** Writes the manifest into a folder. */
  public void write(Path folder) throws IOException {
    Files.writeString(folder.resolve(FILE), json() + "\n");
  }

  /**
   * Reads the manifest of a corpus.
   *
   * @throws IllegalArgumentException if it is not a manifest of this version
   */
  public static CorpusManifest read(Path folder) throws IOException {
    Path file = folder.resolve(FILE);
    CorpusManifest manifest;
    try {
      manifest =
          JSON.readValue(
              new String(Files.readAllBytes(file), StandardCharsets.UTF_8), CorpusManifest.class);
    } catch (JacksonException malformed) {
      throw new IllegalArgumentException(
          file + ": must be the manifest of a corpus, got " + JsonErrors.describe(malformed),
          malformed);
    }
    if (manifest == null || manifest.version() != VERSION) {
      throw wrongArgument(
          "%s: must be of version %d, got %s; make the corpus again",
          file, VERSION, manifest == null ? "null" : manifest.version());
    }
    return manifest;
  }
}
