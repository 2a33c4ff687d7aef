package io.github.shardsum.cli.corpus.make;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The licences of a source.
 *
 * @param names as a file of Debian's machine-readable format has them, in its fields {@code
 *     License}
 * @param file the file in the source's folder; empty if there is none
 */
record SourceLicences(List<String> names, String file) {
  private static final Pattern FILE = Pattern.compile("copyright|(COPYING|LICEN[CS]E)([.-].*)?");
  private static final Pattern FIELD = Pattern.compile("(?m)^License:[ \\t]*(\\S.*?)\\s*$");

  /** The first file of licences by depth and name, and what it names. */
  static SourceLicences of(Path folder) throws IOException {
    Optional<Path> file;
    try (Stream<Path> walk = Files.walk(folder)) {
      file =
          walk.filter(each -> FILE.matcher(String.valueOf(each.getFileName())).matches())
              .filter(each -> Files.isRegularFile(each, LinkOption.NOFOLLOW_LINKS))
              .min(Comparator.comparingInt(Path::getNameCount).thenComparing(Path::toString));
    }
    if (file.isEmpty()) {
      return new SourceLicences(List.of(), "");
    }
    String text = new String(Files.readAllBytes(file.get()), StandardCharsets.UTF_8);
    List<String> names =
        FIELD.matcher(text).results().map(MatchResult::group).map(SourceLicences::name).toList();
    return new SourceLicences(
        names.stream().distinct().sorted().toList(), folder.relativize(file.get()).toString());
  }

  private static String name(String field) {
    return field.substring(field.indexOf(':') + 1).strip();
  }
}
