package io.github.shardsum.cli.corpus.make;

import io.github.shardsum.cli.corpus.read.TranslationReader;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A file of a source.
 *
 * @param source the name of the source
 * @param path the path in the source, with slashes
 * @param file the place of the file
 * @param reader the reader of its format
 */
record SourceFile(String source, String path, Path file, TranslationReader reader) {
  /** The order in which files are read, which does not depend on the file system. */
  private static final Comparator<SourceFile> ORDER =
      Comparator.comparing(SourceFile::path).thenComparing(SourceFile::source);

  /** Names of English in the order in which they are looked for. */
  private static final List<String> ENGLISH =
      List.of("en-US", "en_US", "en", "C", "en-GB", "en_GB");

  /**
   * A file with the place of its English texts.
   *
   * @param language the language that the path names, if it names one
   * @param english the file with the English texts, for a format that has one language a file
   */
  record Paired(SourceFile file, Optional<String> language, Optional<SourceFile> english) {
    private String order() {
      return english.map(each -> each.path() + '\0' + each.source()).orElse(file.path());
    }
  }

  InputStream open() throws IOException {
    return new BufferedInputStream(Files.newInputStream(file));
  }

  /** The files below a folder that a reader knows. Links are not followed. */
  static List<SourceFile> of(String source, Path folder) throws IOException {
    List<SourceFile> files = new ArrayList<>();
    try (Stream<Path> walk = Files.walk(folder)) {
      for (Path file : (Iterable<Path>) walk::iterator) {
        Optional<TranslationReader> reader =
            TranslationReader.of(String.valueOf(file.getFileName()));
        if (reader.isPresent() && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
          String path =
              folder.relativize(file).toString().replace(file.getFileSystem().getSeparator(), "/");
          files.add(new SourceFile(source, path, file, reader.get()));
        }
      }
    }
    return files;
  }

  /**
   * The files that hold translations, each with its English. Files with the same English stand
   * together. A file under keys is left out if no English file has its name.
   */
  static List<Paired> pair(List<SourceFile> files) {
    Map<String, SourceFile> places = new HashMap<>();
    for (SourceFile file : files.stream().sorted(ORDER).toList()) {
      places.put(file.source() + '\0' + file.path(), file);
      places.putIfAbsent(file.path(), file);
    }
    List<Paired> pairs = new ArrayList<>();
    for (SourceFile file : files) {
      switch (file.reader()) {
        case TranslationReader.Aligned _ ->
            pairs.add(new Paired(file, file.languageOfAligned(), Optional.empty()));
        case TranslationReader.Keyed _ -> file.keyed(places).ifPresent(pairs::add);
      }
    }
    pairs.removeIf(pair -> pair.language().filter(LanguageTag::isEnglish).isPresent());
    pairs.sort(Comparator.comparing(Paired::order).thenComparing(Paired::file, ORDER));
    return pairs;
  }

  /** The language of gettext's files: {@code de/LC_MESSAGES/gtk30.mo} or {@code de.po}. */
  private Optional<String> languageOfAligned() {
    String[] parts = path.split("/", -1);
    int last = parts.length - 1;
    if (last >= 2 && parts[last - 1].equals("LC_MESSAGES")) {
      return LanguageTag.of(parts[last - 2]);
    }
    return LanguageTag.of(parts[last].substring(0, parts[last].lastIndexOf('.')));
  }

  /** The part of the path, from the right, that names a language and can be made English. */
  private Optional<Paired> keyed(Map<String, SourceFile> places) {
    int end = path.lastIndexOf('.');
    for (int slash = path.lastIndexOf('/', end); end > 0; slash = path.lastIndexOf('/', end - 1)) {
      for (int from = slash + 1; from < end; from = next(from, end)) {
        Optional<String> language = LanguageTag.of(path.substring(from, end));
        Optional<SourceFile> english =
            language.isEmpty() ? Optional.empty() : english(from, end, places);
        if (english.isPresent()) {
          return Optional.of(new Paired(this, language, english));
        }
      }
      end = slash;
    }
    return Optional.empty();
  }

  /** The place after the next separator within a name, as in {@code messages_pt_BR}. */
  private int next(int from, int end) {
    for (int i = from; i < end; i++) {
      if ("_-.@".indexOf(path.charAt(i)) >= 0) {
        return i + 1;
      }
    }
    return end;
  }

  private Optional<SourceFile> english(int from, int end, Map<String, SourceFile> places) {
    List<String> names = new ArrayList<>();
    ENGLISH.forEach(name -> names.add(path.substring(0, from) + name + path.substring(end)));
    if (from > 0 && path.charAt(from - 1) != '/') {
      names.add(path.substring(0, from - 1) + path.substring(end));
    }
    return names.stream()
        .flatMap(name -> Stream.of(source + '\0' + name, name))
        .map(places::get)
        .flatMap(found -> Stream.ofNullable(found))
        .findFirst();
  }
}
