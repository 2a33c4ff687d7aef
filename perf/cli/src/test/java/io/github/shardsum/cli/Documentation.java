package io.github.shardsum.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.program.Program;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** README, the pages of docs, and the examples, as tests read and run them. */
final class Documentation {
  static final Path ROOT = Path.of(System.getProperty("basedir", "")).resolve("../..");
  private static final Pattern FENCE = Pattern.compile("^```(\\w*) ?(.*)$");

  private static final String IMPORTS = "imports";

  private static final String LAUNCHER = "./shardsum ";

  private Documentation() {}

  /**
   * One fenced block.
   *
   * @param language the first word behind the fence
   * @param mark the rest behind it; {@code by-hand} if the block takes long or needs what a test
   *     has not
   */
  record Block(int line, int end, String language, String mark, String text) {
    boolean isByHand() {
      return mark.startsWith("by-hand");
    }

    /** Whether these are the imports of the page's blocks. */
    boolean isImports() {
      return language.equals("java") && mark.equals(IMPORTS);
    }

    /** Whether the next block is what this one prints: at most two lines lie between. */
    boolean isShownBy(Block next) {
      return next.language().equals("text")
          && next.line() - end <= 4
          && !isByHand()
          && List.of("java", "sh").contains(language);
    }

    /** Whether this has commands of the launcher alone, which need no shell. */
    boolean isPlain() {
      return commandLines()
          .allMatch(
              line ->
                  line.startsWith(LAUNCHER)
                      && !line.matches(".*\\S['\"].*")
                      && !line.replaceAll("'[^']*'", "").matches(".*[|<>;&$`*(){}\\\\].*"));
    }

    private Stream<String> commandLines() {
      return text.replace("\\\n", " ")
          .lines()
          .map(line -> line.replaceFirst("(^|\\s+)#.*$", "").strip())
          .filter(line -> !line.isEmpty());
    }

    /** The arguments of each {@code ./shardsum} in a shell block. */
    List<List<String>> commands() {
      return commandLines()
          .filter(
              line -> language.equals("sh") && line.startsWith(LAUNCHER) && !isPlaceholder(line))
          .map(line -> words(line).stream().skip(1).takeWhile(w -> !w.matches("[|>&]+")).toList())
          .toList();
    }

    private static boolean isPlaceholder(String command) {
      return command.contains("...") || command.contains("$");
    }

    private static List<String> words(String command) {
      Matcher word = Pattern.compile("'([^']*)'|\"([^\"]*)\"|(\\S+)").matcher(command);
      List<String> words = new ArrayList<>();
      while (word.find()) {
        words.add(Stream.of(1, 2, 3).map(word::group).filter(g -> g != null).findFirst().get());
      }
      return words;
    }
  }

  record Page(String name, String text, List<Block> blocks, List<String> prose) {}

  static List<Page> pages() throws IOException {
    List<Path> files = new ArrayList<>(List.of(ROOT.resolve("README.md")));
    try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
      docs.filter(file -> file.toString().endsWith(".md")).sorted().forEach(files::add);
    }
    List<Page> pages = new ArrayList<>();
    for (Path file : files) {
      pages.add(page(ROOT.relativize(file).toString(), Files.readString(file)));
    }
    return pages;
  }

  static List<Path> examples() throws IOException {
    try (Stream<Path> files = Files.list(ROOT.resolve("examples"))) {
      return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
    }
  }

  /** Simple names of the classes in the sources, templates, and tests of the build. */
  static Set<String> classes() throws IOException {
    try (Stream<Path> files = Files.walk(ROOT)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".java") || name.endsWith(".java.template"))
          .map(name -> name.substring(0, name.indexOf(".java")))
          .collect(Collectors.toSet());
    }
  }

  private static Page page(String name, String text) {
    List<Block> blocks = new ArrayList<>();
    List<String> prose = new ArrayList<>();
    List<String> lines = text.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      Matcher fence = FENCE.matcher(lines.get(i));
      if (!fence.matches()) {
        if (!lines.get(i).startsWith("|")) {
          prose.add(lines.get(i));
        }
        continue;
      }
      int start = i + 1;
      int end = start;
      while (!lines.get(end).equals("```")) {
        end++;
      }
      String body = String.join("\n", lines.subList(start, end)) + "\n";
      blocks.add(new Block(start, end + 1, fence.group(1), fence.group(2), body));
      i = end;
    }
    return new Page(name, text, blocks, prose);
  }

  /** A program is a file for the commands after it, named after itself. */
  static String writeProgram(Program program, Block block, Path home) throws IOException {
    Files.writeString(home.resolve(program.name() + ".program"), block.text());
    return "";
  }

  /** The imports that a page shows; of a page without such a block none. */
  static String imports(Page page) {
    return page.blocks().stream()
        .filter(Block::isImports)
        .map(Block::text)
        .collect(Collectors.joining());
  }

  /** A block without a main method is the body of one, below the imports of its page. */
  static Path source(String imports, Block block, Path home) throws IOException {
    boolean whole = block.text().contains("void main()");
    String source =
        whole ? block.text() : imports + "void main() throws Exception {\n" + block.text() + "}\n";
    return Files.writeString(home.resolve("Block" + block.line() + ".java"), source);
  }

  /** As a reader would: the JDK's own launcher compiles the file. */
  static String launchJava(Path source, Path home) throws IOException, InterruptedException {
    return run(home, javaCommand(source.toAbsolutePath().toString()));
  }

  /** With the launcher played by the classes of this build, in the folder of the page. */
  static String runShell(Block block, Path home) throws IOException, InterruptedException {
    Path launcher = home.resolve("shardsum");
    Files.writeString(
        launcher,
        "#!/bin/sh\nexec " + String.join(" ", javaCommand(Main.class.getName())) + " \"$@\"\n");
    launcher.toFile().setExecutable(true);
    return run(home, List.of("bash", "-euo", "pipefail", "-c", block.text()));
  }

  private static String run(Path home, List<String> command)
      throws IOException, InterruptedException {
    Path errors = Files.createTempFile(home, "errors", "");
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(home.toFile()).redirectError(errors.toFile());
    Process process = builder.redirectInput(new File("/dev/null")).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), () -> String.join(" ", command) + "\n" + read(errors));
    return said;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** A JVM that runs the class or source file of this name. */
  static List<String> javaCommand(String program) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--add-modules",
        "jdk.incubator.vector",
        "--enable-native-access=ALL-UNNAMED",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        path(),
        program);
  }

  /** Modules and libraries as one class path: a program of a user need not be modular. */
  static String path() {
    return Stream.of("jdk.module.path", "java.class.path")
        .map(name -> System.getProperty(name, ""))
        .filter(paths -> !paths.isEmpty())
        .collect(Collectors.joining(File.pathSeparator));
  }
}
