import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.SAXException;

/**
 * Holds a folder in the layout of a Maven repository against what Maven Central demands of a
 * component, and what Shardsum promises beyond: one prefix, flattened POMs, LICENSE and NOTICE in
 * the jars, an SBOM, a BOM of all artifacts. {@code java build/CentralRules.java FOLDER VERSION
 * MODULES}; prints every rule that is broken, and fails if there is one.
 */
final class CentralRules {
  private static final String GROUP = "io/github/shardsum";
  private static final Map<String, String> SUMS = Map.of("md5", "MD5", "sha1", "SHA-1");

  private final Path group;
  private final String version;
  private final List<String> broken = new ArrayList<>();
  private int files;

  private CentralRules(Path repository, String version) {
    this.group = repository.resolve(GROUP);
    this.version = version;
  }

  public static void main(String[] args) throws Exception {
    if (args.length != 3) {
      System.err.println("usage: java CentralRules.java FOLDER VERSION MODULES");
      System.exit(2);
    }
    var rules = new CentralRules(Path.of(args[0]), args[1]);
    Set<String> artifacts = rules.artifacts();
    int expected = args[2].split(",").length;
    rules.require(
        artifacts.size() == expected, "expected " + expected + " artifacts, got " + artifacts);
    for (String artifact : artifacts) {
      rules.check(artifact);
    }
    rules.bomHasAll(artifacts);
    rules.broken.forEach(System.err::println);
    System.out.println(
        artifacts.size()
            + " artifacts, "
            + rules.files
            + " files, "
            + rules.broken.size()
            + " rules broken");
    System.exit(rules.broken.isEmpty() ? 0 : 1);
  }

  private void require(boolean holds, String rule) {
    if (!holds) {
      broken.add(rule);
    }
  }

  private Set<String> artifacts() throws IOException {
    try (Stream<Path> folders = Files.list(group)) {
      return new TreeSet<>(folders.map(folder -> folder.getFileName().toString()).toList());
    }
  }

  private void check(String artifact) throws Exception {
    require(
        artifact.matches("shardsum-[a-z]+"),
        artifact + ": an artifact's name must be shardsum- and a word");
    Path folder = group.resolve(artifact).resolve(version);
    String stem = artifact + "-" + version;
    Path pom = folder.resolve(stem + ".pom");
    if (!Files.exists(pom)) {
      broken.add(artifact + ": must have " + pom.getFileName());
      return;
    }
    Element project = xml(pom).getDocumentElement();
    pom(artifact, project);
    List<String> wanted = new ArrayList<>(List.of(".pom", "-cyclonedx.json", "-cyclonedx.xml"));
    if (!text(project, "packaging").equals("pom")) {
      wanted.addAll(List.of(".jar", "-sources.jar", "-javadoc.jar"));
    }
    boolean all = true;
    for (String suffix : wanted) {
      all &= complete(folder.resolve(stem + suffix));
    }
    if (all) {
      sbom(artifact, Files.readString(folder.resolve(stem + "-cyclonedx.json")));
      if (wanted.contains(".jar")) {
        jars(artifact, folder, stem);
      }
    }
  }

  /**
   * Name, description, url, licence, developers, scm; no snapshot, and nothing that must be looked
   * up elsewhere.
   */
  private void pom(String artifact, Element project) {
    require(
        text(project, "groupId").equals("io.github.shardsum"),
        artifact + ": groupId must be io.github.shardsum");
    require(
        text(project, "artifactId").equals(artifact),
        artifact + ": artifactId must be the folder's name");
    require(text(project, "version").equals(version), artifact + ": version must be " + version);
    for (String path :
        List.of(
            "name",
            "description",
            "url",
            "licenses/license/name",
            "licenses/license/url",
            "developers/developer/name",
            "developers/developer/url",
            "scm/connection",
            "scm/developerConnection",
            "scm/url")) {
      require(!text(project, path.split("/")).isEmpty(), artifact + ": the POM must have " + path);
    }
    require(
        text(project, "licenses", "license", "name").equals("Apache-2.0"),
        artifact + ": the licence must be the SPDX identifier Apache-2.0");
    for (String none :
        List.of(
            "parent",
            "build",
            "profiles",
            "repositories",
            "pluginRepositories",
            "modules",
            "properties")) {
      require(
          children(project, none).isEmpty(), artifact + ": a flattened POM must not have " + none);
    }
    dependencies(artifact, project);
  }

  private void dependencies(String artifact, Element project) {
    for (Element list : children(project, "dependencies")) {
      for (Element dependency : children(list, "dependency")) {
        String name = artifact + " on " + text(dependency, "artifactId");
        String scope = text(dependency, "scope");
        require(
            text(dependency, "version").matches("[0-9][^$]*")
                && !text(dependency, "version").endsWith("-SNAPSHOT"),
            name + ": must have the version of a release");
        require(
            !scope.equals("test") && !scope.equals("system"),
            name + ": scope must be compile, runtime or provided, got " + scope);
        require(
            text(dependency, "groupId").equals("io.github.shardsum")
                || !scope.equals("compile")
                || !artifact.matches("shardsum-(core|collectives|sharded|moe|tpu)")
                || text(dependency, "optional").equals("true"),
            name + ": a library needs nothing at run time but Shardsum");
      }
    }
  }

  private void jars(String artifact, Path folder, String stem) throws IOException {
    for (String suffix : List.of(".jar", "-sources.jar")) {
      try (var jar = new ZipFile(folder.resolve(stem + suffix).toFile())) {
        for (String entry : List.of("META-INF/LICENSE", "META-INF/NOTICE")) {
          require(jar.getEntry(entry) != null, stem + suffix + ": must hold " + entry);
        }
        String descriptor = suffix.equals(".jar") ? "module-info.class" : "module-info.java";
        require(jar.getEntry(descriptor) != null, stem + suffix + ": must hold " + descriptor);
        String ending = suffix.equals(".jar") ? ".class" : ".java";
        require(
            jar.stream().filter(entry -> entry.getName().endsWith(ending)).count() > 2,
            stem + suffix + ": must hold files " + ending);
      }
    }
    try (var jar = new ZipFile(folder.resolve(stem + "-javadoc.jar").toFile())) {
      require(
          jar.getEntry("index.html") != null, artifact + ": the javadoc must have an index.html");
      require(
          jar.stream().noneMatch(entry -> entry.getName().contains("shardsum/internal/")),
          artifact + ": the javadoc must not show internal packages");
    }
  }

  private void sbom(String artifact, String json) {
    for (String text :
        List.of(
            "\"bomFormat\" : \"CycloneDX\"",
            "pkg:maven/io.github.shardsum/" + artifact + "@" + version,
            "Apache-2.0")) {
      require(json.contains(text), artifact + ": the SBOM must have " + text);
    }
  }

  /** The file is there, and then with its two sums, which are true, and its signature. */
  private boolean complete(Path file) throws IOException, NoSuchAlgorithmException {
    String name = file.getFileName().toString();
    if (!Files.exists(file)) {
      broken.add(name + ": missing");
      return false;
    }
    files++;
    for (var sum : SUMS.entrySet()) {
      Path beside = file.resolveSibling(name + "." + sum.getKey());
      String actual =
          HexFormat.of()
              .formatHex(
                  MessageDigest.getInstance(sum.getValue()).digest(Files.readAllBytes(file)));
      require(
          Files.exists(beside) && Files.readString(beside).strip().equals(actual),
          name + ": must have a true ." + sum.getKey());
    }
    Path signature = file.resolveSibling(name + ".asc");
    require(
        Files.exists(signature)
            && Files.readString(signature).startsWith("-----BEGIN PGP SIGNATURE-----"),
        name + ": must have a signature, " + name + ".asc");
    return true;
  }

  private void bomHasAll(Set<String> artifacts) throws Exception {
    Path bom =
        group.resolve("shardsum-bom").resolve(version).resolve("shardsum-bom-" + version + ".pom");
    Set<String> managed = new TreeSet<>(List.of("shardsum-bom"));
    for (Element management : children(xml(bom).getDocumentElement(), "dependencyManagement")) {
      for (Element dependency :
          children(children(management, "dependencies").getFirst(), "dependency")) {
        managed.add(text(dependency, "artifactId"));
        String its = text(dependency, "version");
        require(
            its.equals(version) || its.equals("${project.version}"),
            "the BOM's version of "
                + text(dependency, "artifactId")
                + " must be "
                + version
                + ", got "
                + its);
      }
    }
    require(managed.equals(artifacts), "the BOM must manage " + artifacts + ", got " + managed);
  }

  private static Document xml(Path file)
      throws ParserConfigurationException, IOException, SAXException {
    return DocumentBuilderFactory.newDefaultInstance().newDocumentBuilder().parse(file.toFile());
  }

  private static List<Element> children(Element parent, String name) {
    List<Element> found = new ArrayList<>();
    for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
      if (node instanceof Element element && element.getTagName().equals(name)) {
        found.add(element);
      }
    }
    return found;
  }

  /** The text of the first element along a path, or none. */
  private static String text(Element from, String... path) {
    Element element = from;
    for (String name : path) {
      List<Element> next = children(element, name);
      if (next.isEmpty()) {
        return "";
      }
      element = next.getFirst();
    }
    return element.getTextContent().strip();
  }
}
