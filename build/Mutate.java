import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/**
 * Applies faults of one line, each to a copy of its file, and runs the tests that must see it;
 * started by {@code build/mutate} on compiled classes.
 *
 * <p>A table {@code build/faults/NAME.faults} has a line {@code file PATH} and a line {@code tests
 * CLASS CLASS}, which hold until the next, and for each fault {@code - TEXT}, which the file has
 * exactly once, and {@code + REPLACEMENT}. A line {@code = REASON} behind them says why no test can
 * see the fault. A fault in a template changes every class that is made from it.
 */
final class Mutate {
  /** Seconds for the tests of a fault. Tests that run longer have seen it: an endless loop, say. */
  private static final int LIMIT_SECONDS = 300;

  private final Path root;
  private final Path console;
  private final Path scratch;

  private record Fault(
      String table, Path file, String text, String replacement, List<String> tests, String reason) {
    boolean isTemplate() {
      return file.toString().endsWith(".template");
    }

    String name() {
      return file.getFileName() + ": " + text + "  ->  " + replacement;
    }
  }

  private enum Verdict {
    KILLED,
    SURVIVED,
    EXCUSED,
    OUT_OF_DATE
  }

  private Mutate(Path root, Path console, Path scratch) {
    this.root = root;
    this.console = console;
    this.scratch = scratch;
  }

  /**
   * Ends with status 1 if a fault survives that has no reason, or if a table is out of date.
   *
   * @param args the root folder, the jar of JUnit's console launcher, then names of tables or parts
   *     of paths, or {@code --part N/K} for each K-th fault, or {@code --check} to look only
   *     whether the tables are up to date
   */
  public static void main(String[] args) throws Exception {
    Path root = Path.of(args[0]).toAbsolutePath().normalize();
    List<String> options = List.of(args).subList(2, args.length);
    if (options.equals(List.of("--check"))) {
      System.exit(allAreThere(root, chosen(root, List.of())) ? 0 : 1);
    }
    List<Fault> chosen = chosen(root, options);
    Path scratch = Files.createTempDirectory("mutate");
    boolean good;
    try {
      good = new Mutate(root, Path.of(args[1]).toAbsolutePath(), scratch).run(chosen);
    } finally {
      delete(scratch);
    }
    System.exit(good ? 0 : 1);
  }

  private static List<Fault> chosen(Path root, List<String> arguments) throws IOException {
    List<Fault> all = new ArrayList<>();
    try (Stream<Path> tables = Files.list(root.resolve("build/faults"))) {
      for (Path table :
          tables.filter(path -> path.toString().endsWith(".faults")).sorted().toList()) {
        all.addAll(faults(table));
      }
    }
    int part = arguments.indexOf("--part");
    if (part < 0) {
      return all.stream()
          .filter(fault -> arguments.isEmpty() || isNamed(fault, arguments))
          .toList();
    }
    String[] share = arguments.get(part + 1).split("/");
    int first = Integer.parseInt(share[0]) - 1;
    int step = Integer.parseInt(share[1]);
    List<Fault> each = new ArrayList<>();
    for (int index = first; index < all.size(); index += step) {
      each.add(all.get(index));
    }
    return each;
  }

  private static boolean isNamed(Fault fault, List<String> names) {
    return names.stream()
        .anyMatch(name -> fault.table().equals(name) || fault.file().toString().contains(name));
  }

  private static List<Fault> faults(Path table) throws IOException {
    String name = table.getFileName().toString().replace(".faults", "");
    List<Fault> faults = new ArrayList<>();
    Path file = Path.of("");
    List<String> tests = List.of();
    String text = "";
    for (String line : Files.readAllLines(table)) {
      String rest = line.replaceFirst("^\\S+\\s*", "").strip();
      switch (line.strip().split("\\s+")[0]) {
        case "file" -> file = Path.of(rest);
        case "tests" -> tests = List.of(rest.split("\\s+"));
        case "-" -> text = rest;
        case "+" -> faults.add(new Fault(name, file, text, rest, tests, ""));
        case "=" -> {
          Fault last = faults.removeLast();
          faults.add(
              new Fault(name, last.file(), last.text(), last.replacement(), last.tests(), rest));
        }
        case "", "#" -> {}
        default ->
            throw new IOException(table + ": expected file, tests, -, +, = or #, got " + line);
      }
    }
    return faults;
  }

  /** Whether each fault's text is once in its file. */
  private static boolean allAreThere(Path root, List<Fault> faults) throws IOException {
    boolean all = true;
    for (Fault fault : faults) {
      all &= changed(root, fault).isPresent();
    }
    return all;
  }

  /** The text of a file with its fault. */
  private static Optional<String> changed(Path root, Fault fault) throws IOException {
    Path file = root.resolve(fault.file());
    String text = Files.exists(file) ? Files.readString(file) : "";
    int at = text.indexOf(fault.text());
    if (fault.text().isEmpty() || at < 0 || text.indexOf(fault.text(), at + 1) >= 0) {
      System.err.println(
          fault.table() + ".faults: expected once in " + fault.file() + ": " + fault.text());
      return Optional.empty();
    }
    int end = at + fault.text().length();
    return Optional.of(text.substring(0, at) + fault.replacement() + text.substring(end));
  }

  private boolean run(List<Fault> faults) throws Exception {
    if (faults.isEmpty()) {
      System.err.println(
          "no such faults: expected the name of a table in build/faults or of a file");
      return false;
    }
    if (!passesWithoutFaults(faults)) {
      return false;
    }
    Map<Verdict, Integer> counts = new TreeMap<>();
    for (Fault fault : faults) {
      long begin = System.nanoTime();
      Verdict verdict = verdict(fault);
      counts.merge(verdict, 1, Integer::sum);
      System.out.printf(
          Locale.ROOT,
          "%-12s %5.1f s  %s%n",
          verdict.toString().toLowerCase(Locale.ROOT).replace('_', ' '),
          (System.nanoTime() - begin) / 1e9,
          fault.name() + (verdict == Verdict.EXCUSED ? "  = " + fault.reason() : ""));
    }
    int survived = counts.getOrDefault(Verdict.SURVIVED, 0);
    int outOfDate = counts.getOrDefault(Verdict.OUT_OF_DATE, 0);
    System.out.printf(
        Locale.ROOT,
        "%d killed, %d survived, %d survived with a reason, %d out of date%n",
        counts.getOrDefault(Verdict.KILLED, 0),
        survived,
        counts.getOrDefault(Verdict.EXCUSED, 0),
        outOfDate);
    return survived == 0 && outOfDate == 0;
  }

  private boolean passesWithoutFaults(List<Fault> faults) throws Exception {
    Set<String> tests = new LinkedHashSet<>();
    faults.forEach(fault -> tests.addAll(fault.tests()));
    Path none = Files.createDirectories(scratch.resolve("none"));
    for (Map.Entry<Path, List<Path>> each : byModule(tests).entrySet()) {
      int limit = LIMIT_SECONDS * each.getValue().size();
      if (status(each.getKey(), each.getValue(), none, limit) != 0) {
        System.err.println(Files.readString(scratch.resolve("log")));
        System.err.println(
            "expected tests that pass without a fault, got failures in " + each.getKey());
        return false;
      }
    }
    return true;
  }

  private Verdict verdict(Fault fault) throws Exception {
    Path classes = scratch.resolve("classes");
    delete(classes);
    Files.createDirectories(classes);
    if (!compile(fault, classes)) {
      return Verdict.OUT_OF_DATE;
    }
    for (Map.Entry<Path, List<Path>> each : byModule(fault.tests()).entrySet()) {
      if (status(each.getKey(), each.getValue(), classes, LIMIT_SECONDS) != 0) {
        return Verdict.KILLED;
      }
    }
    return fault.reason().isEmpty() ? Verdict.SURVIVED : Verdict.EXCUSED;
  }

  private boolean compile(Fault fault, Path classes) throws Exception {
    Optional<String> changed = changed(root, fault);
    if (changed.isEmpty()) {
      return false;
    }
    List<Path> sources =
        fault.isTemplate() ? expanded(fault, changed.get()) : List.of(source(fault, changed.get()));
    Path module = module(fault.file());
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "-proc:none",
                "-nowarn",
                "--release",
                "25",
                "--add-modules",
                "jdk.incubator.vector"));
    arguments.addAll(List.of("-d", classes.toString(), "-cp", classPath(module)));
    sources.forEach(source -> arguments.add(source.toString()));
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    int status =
        ToolProvider.getSystemJavaCompiler()
            .run(null, said, said, arguments.toArray(String[]::new));
    if (status != 0 || sources.isEmpty()) {
      System.err.println("a fault must change classes and compile: " + fault.name() + "\n" + said);
      return false;
    }
    return true;
  }

  private Path source(Fault fault, String text) throws IOException {
    Path folder = Files.createDirectories(scratch.resolve("source"));
    return Files.writeString(folder.resolve(fault.file().getFileName()), text);
  }

  /** The classes made from the templates of a module that are not as they were. */
  private List<Path> expanded(Fault fault, String text) throws Exception {
    Path templates = scratch.resolve("templates");
    Path output = scratch.resolve("generated");
    delete(templates);
    Files.createDirectories(templates);
    Path from = root.resolve(fault.file()).getParent();
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(
            file, templates.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    Files.writeString(templates.resolve(fault.file().getFileName()), text);
    String generator =
        root.resolve("einsum-core/src/generator/java/GenerateKernels.java").toString();
    Path log = scratch.resolve("generator");
    start(root, log, List.of(java(), generator, templates.toString(), output.toString())).waitFor();
    Path before = root.resolve(module(fault.file())).resolve("target/generated-sources/kernels");
    List<Path> changed = new ArrayList<>();
    try (Stream<Path> files = Files.walk(output)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (Files.mismatch(file, before.resolve(output.relativize(file))) >= 0) {
          changed.add(file);
        }
      }
    }
    return changed;
  }

  /** Test files by the module that has them. */
  private Map<Path, List<Path>> byModule(Iterable<String> tests) throws IOException {
    Map<Path, List<Path>> byModule = new TreeMap<>();
    for (String test : tests) {
      Path file = testFile(test);
      byModule.computeIfAbsent(module(file), _ -> new ArrayList<>()).add(file);
    }
    return byModule;
  }

  private Path testFile(String name) throws IOException {
    for (String module :
        List.of(
            "einsum-core",
            "collectives",
            "sharded-einsum",
            "sharded-einsum/testkit",
            "moe-ops",
            "language")) {
      try (Stream<Path> files = Files.walk(root.resolve(module).resolve("src/test/java"))) {
        Optional<Path> found = files.filter(file -> file.endsWith(name + ".java")).findFirst();
        if (found.isPresent()) {
          return root.relativize(found.get());
        }
      }
    }
    throw new IOException("expected the name of a test class of a library, got " + name);
  }

  private static Path module(Path file) {
    String path = file.toString().replace(File.separatorChar, '/');
    return Path.of(path.substring(0, path.indexOf("/src/")));
  }

  private String classPath(Path module) throws IOException {
    Path target = root.resolve(module).resolve("target");
    return String.join(
        File.pathSeparator,
        target.resolve("test-classes").toString(),
        target.resolve("classes").toString(),
        Files.readString(target.resolve("test.classpath")).strip());
  }

  /** 0 if all tests pass within a limit with these classes before all others. */
  private int status(Path module, List<Path> tests, Path classes, int limitSeconds)
      throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                java(), "-XX:+UseSerialGC", "-Xmx1g", "-ea", "--add-modules=jdk.incubator.vector"));
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-Dshardsum.test.mode=native"));
    command.addAll(
        List.of("-Dshardsum.test.depth=short", "-Dbasedir=" + root.resolve(module), "-cp"));
    command.add(
        String.join(File.pathSeparator, classes.toString(), classPath(module), console.toString()));
    command.addAll(List.of("org.junit.platform.console.ConsoleLauncher", "execute", "--fail-fast"));
    command.addAll(List.of("--fail-if-no-tests", "--disable-banner", "--details=none"));
    for (Path test : tests) {
      command.addAll(List.of("-c", className(test)));
    }
    Process process = start(root.resolve(module), scratch.resolve("log"), command);
    if (!process.waitFor(limitSeconds, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
      return 1;
    }
    return process.exitValue();
  }

  private static String className(Path test) {
    String path = test.toString().replace(File.separatorChar, '/');
    return path.substring(path.indexOf("/java/") + 6).replace(".java", "").replace('/', '.');
  }

  private static Process start(Path folder, Path log, List<String> command) throws IOException {
    return new ProcessBuilder(command)
        .directory(folder.toFile())
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted((a, b) -> b.compareTo(a)).collect(Collectors.toList())) {
        Files.delete(file);
      }
    }
  }
}
