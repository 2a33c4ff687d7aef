import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions.Style;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

/** Checks or rewrites the format of every Java source of the repository that is not generated. */
final class Format {
  private Format() {}

  /**
   * Ends with status 1 if a file is not formatted and {@code check} was asked for.
   *
   * @param args the root folder, then {@code check} or {@code write}
   */
  public static void main(String[] args) throws IOException, FormatterException {
    Path root = Path.of(args[0]);
    boolean write = args[1].equals("write");
    List<Path> unformatted = new ArrayList<>();
    for (Path file : sourcesUnder(root)) {
      String source = Files.readString(file);
      String formatted = format(file, source);
      if (!formatted.equals(source)) {
        unformatted.add(root.relativize(file));
        if (write) {
          Files.writeString(file, formatted);
        }
      }
    }
    if (write) {
      System.out.println("rewritten: " + unformatted.size());
    } else if (!unformatted.isEmpty()) {
      System.err.println(
          "not in google-java-format, run `mvn -q -N -Pformat initialize`: " + unformatted);
      System.exit(1);
    }
  }

  private static String format(Path file, String source) throws FormatterException {
    try {
      String ordered = ImportOrderer.reorderImports(source, Style.GOOGLE);
      return new Formatter().formatSource(RemoveUnusedImports.removeUnusedImports(ordered));
    } catch (FormatterException e) {
      System.err.println("cannot be parsed: " + file);
      throw e;
    }
  }

  private static List<Path> sourcesUnder(Path root) throws IOException {
    List<Path> sources = new ArrayList<>();
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            String name = folder.getFileName().toString();
            boolean skipped = name.equals("target") || name.startsWith(".") && !folder.equals(root);
            return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (file.toString().endsWith(".java")) {
              sources.add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return sources;
  }
}
