package io.github.shardsum.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A comment of main code begins with a noun or a verb, never with "What". */
class CommentsTest {
  private static final Set<String> SOURCES = Set.of("java", "template", "c", "py");
  private static final Set<String> SKIPPED = Set.of("target", ".git", "test");

  /** The first words of a comment: behind its mark, or in the line below the mark alone. */
  private static final Pattern WHAT =
      Pattern.compile("(?:/\\*\\*?|//|#)\\s*(?:\\n\\s*\\*\\s*)?What\\b");

  @TempDir Path folder;

  @Test
  void noCommentBeginsWithWhat() throws IOException {
    assertEquals(List.of(), found(Documentation.ROOT));
  }

  @Test
  void sourcesOfEveryModuleAreRead() throws IOException {
    long count = sources(Documentation.ROOT).size();
    assertTrue(count > 900, () -> "expected more than 900 sources, got " + count);
  }

  @Test
  void suchACommentIsSeen() throws IOException {
    Files.writeString(folder.resolve("A.java"), "/** What it is. */\nclass A {}\n");
    Files.writeString(folder.resolve("B.java"), "class B {\n  /**\n   * What it is.\n   */\n}\n");
    Files.writeString(folder.resolve("C.java"), "class C {\n  // What it is.\n}\n");
    Files.writeString(folder.resolve("D.java"), "/** The name. What it is. */\nclass D {}\n");
    assertEquals(List.of("A.java", "B.java", "C.java"), found(folder));
  }

  private static List<String> found(Path root) throws IOException {
    List<String> found = new ArrayList<>();
    for (Path file : sources(root)) {
      if (WHAT.matcher(Files.readString(file)).find()) {
        found.add(root.relativize(file).toString());
      }
    }
    return found.stream().sorted().toList();
  }

  private static List<Path> sources(Path root) throws IOException {
    List<Path> sources = new ArrayList<>();
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path each, BasicFileAttributes attributes) {
            return !each.equals(root) && SKIPPED.contains(String.valueOf(each.getFileName()))
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            String name = String.valueOf(file.getFileName());
            if (SOURCES.contains(name.substring(name.lastIndexOf('.') + 1))) {
              sources.add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return sources;
  }
}
