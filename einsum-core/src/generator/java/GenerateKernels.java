import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Writes the kernel sources that differ only in element type. */
final class GenerateKernels {
  private static final String SUFFIX = ".java.template";

  private GenerateKernels() {}

  /**
   * Generates one source file for each template.
   *
   * @param args the folder of the templates, then the folder to write to
   */
  public static void main(String[] args) throws IOException {
    if (args.length != 2) {
      throw new IllegalArgumentException(
          "arguments: wanted TEMPLATES OUT, got " + args.length + " of them");
    }
    Path templates = Path.of(args[0]);
    Path out = Path.of(args[1]);
    Files.createDirectories(out);
    for (Path template : templatesIn(templates)) {
      String name = template.getFileName().toString();
      String source = name.substring(0, name.length() - ".template".length());
      Files.copy(template, out.resolve(source));
    }
  }

  private static List<Path> templatesIn(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (var files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(SUFFIX)).sorted().toList();
    }
  }
}
