package io.github.shardsum.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleDescriptor.Requires;
import java.lang.module.ModuleReference;
import java.lang.module.ResolvedModule;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The arrows of the house point down: modules by their descriptors, the rest by their class files.
 */
class HouseTest {
  private static final String ROOT = "io.github.shardsum.";
  private static final String CORE = ROOT + "core";
  private static final String MEASURE = ROOT + "measure";
  private static final String CLI = ROOT + "cli";

  /** What a module may stand on, of this house. */
  private static final Map<String, Set<String>> ARROWS =
      Map.of(
          CORE,
          Set.of(),
          ROOT + "collectives",
          Set.of(CORE),
          ROOT + "sharded",
          Set.of(CORE, ROOT + "collectives"),
          ROOT + "moe",
          Set.of(CORE, ROOT + "collectives", ROOT + "sharded"),
          ROOT + "tpu",
          Set.of(CORE, ROOT + "collectives", ROOT + "sharded"),
          MEASURE,
          Set.of(CORE),
          CLI,
          Set.of(
              CORE, ROOT + "collectives", ROOT + "sharded", ROOT + "moe", ROOT + "tpu", MEASURE));

  private static final ArchRule ONE_PACKAGE_OF_KERNELS_AND_ONE_OF_PROBES_NAME_THE_INCUBATOR =
      noClasses()
          .that()
          .resideOutsideOfPackages(ROOT + "internal.vector..", ROOT + "measure.vector..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("jdk.incubator.vector..")
          .because("without its module such a class does not load");

  private static final ArchRule NO_STATIC_MUTABLE_STATE =
      fields().that().areStatic().should().beFinal();

  private static final ArchRule NO_REFLECTION =
      noClasses().should().dependOnClassesThat().resideInAPackage("java.lang.reflect..");

  private static final ArchRule NO_CYCLES =
      slices().matching(ROOT + "(*)").should().beFreeOfCycles();

  @TempDir Path folder;

  @Test
  void everyModuleOfTheHouseIsSeen() {
    assertEquals(ARROWS.keySet(), house().stream().map(ResolvedModule::name).collect(toSet()));
  }

  @Test
  void modulesStandOnlyOnThoseBelow() {
    for (ResolvedModule module : house()) {
      assertEquals(Set.of(), wrongArrows(module.reference().descriptor()), module.name());
    }
  }

  @Test
  void anArrowThatPointsUpIsSeen() {
    ModuleDescriptor wrong =
        ModuleDescriptor.newModule(CORE).requires("java.base").requires(ROOT + "moe").build();
    assertEquals(Set.of(ROOT + "moe"), wrongArrows(wrong));
  }

  @Test
  void aLibraryStandsOnTheJdkAlone() {
    for (ResolvedModule module : libraries()) {
      assertEquals(Set.of(), foreign(module.reference().descriptor()), module.name());
    }
  }

  @Test
  void aRunTimeDependencyIsSeen() {
    ModuleDescriptor wrong = ModuleDescriptor.newModule(CORE).requires("info.picocli").build();
    assertEquals(Set.of("info.picocli"), foreign(wrong));
  }

  @Test
  void whatIsNotInternalIsExportedToEverybody() {
    for (ResolvedModule module : libraries()) {
      ModuleDescriptor descriptor = module.reference().descriptor();
      Set<String> exported =
          descriptor.exports().stream()
              .filter(export -> !export.isQualified())
              .map(ModuleDescriptor.Exports::source)
              .collect(toSet());
      Set<String> shown =
          classes(List.of(module)).stream()
              .filter(type -> !type.getSimpleName().equals("package-info"))
              .map(type -> type.getPackageName())
              .filter(name -> !name.isEmpty() && !name.startsWith(ROOT + "internal"))
              .collect(toSet());
      assertEquals(shown, exported, module.name());
    }
  }

  @Test
  void onlyTheKernelsAndTheProbesNameTheIncubator() {
    ONE_PACKAGE_OF_KERNELS_AND_ONE_OF_PROBES_NAME_THE_INCUBATOR.check(classes(house()));
  }

  @Test
  void aClassElsewhereThatNamesTheIncubatorIsSeen() throws IOException {
    ClassDesc vector = ClassDesc.of("jdk.incubator.vector.FloatVector");
    assertBreaks(
        ONE_PACKAGE_OF_KERNELS_AND_ONE_OF_PROBES_NAME_THE_INCUBATOR,
        ROOT + "tensor.Offender",
        type -> type.withField("lanes", vector, ClassFile.ACC_PRIVATE));
  }

  @Test
  void noClassHasStaticMutableState() {
    NO_STATIC_MUTABLE_STATE.check(classes(libraries()));
  }

  @Test
  void aStaticFieldThatIsNotFinalIsSeen() throws IOException {
    assertBreaks(
        NO_STATIC_MUTABLE_STATE,
        ROOT + "tensor.Offender",
        type -> type.withField("count", ClassDesc.ofDescriptor("I"), ClassFile.ACC_STATIC));
  }

  @Test
  void noLibraryUsesReflection() {
    NO_REFLECTION.check(classes(libraries()));
  }

  @Test
  void publicPackagesFormNoCycle() {
    for (ResolvedModule module : libraries()) {
      NO_CYCLES.allowEmptyShould(true).check(classes(List.of(module)));
    }
  }

  private void assertBreaks(
      ArchRule rule, String name, Consumer<java.lang.classfile.ClassBuilder> body)
      throws IOException {
    ClassFile.of().buildTo(folder.resolve("Offender.class"), ClassDesc.of(name), body);
    JavaClasses offender = new ClassFileImporter().importPath(folder);
    assertThrows(AssertionError.class, () -> rule.check(offender));
  }

  private static Set<String> wrongArrows(ModuleDescriptor module) {
    return module.requires().stream()
        .map(Requires::name)
        .filter(name -> name.startsWith(ROOT))
        .filter(name -> !ARROWS.getOrDefault(module.name(), Set.of()).contains(name))
        .collect(toSet());
  }

  private static Set<String> foreign(ModuleDescriptor module) {
    return module.requires().stream()
        .filter(requires -> !requires.modifiers().contains(Requires.Modifier.STATIC))
        .map(Requires::name)
        .filter(name -> !name.startsWith("java.") && !name.startsWith(ROOT))
        .collect(toSet());
  }

  private static List<ResolvedModule> house() {
    return ModuleLayer.boot().configuration().modules().stream()
        .filter(module -> module.name().startsWith(ROOT))
        .toList();
  }

  private static List<ResolvedModule> libraries() {
    return house().stream()
        .filter(module -> !module.name().equals(CLI) && !module.name().equals(MEASURE))
        .toList();
  }

  private static JavaClasses classes(List<ResolvedModule> modules) {
    return new ClassFileImporter()
        .importLocations(
            modules.stream()
                .map(ResolvedModule::reference)
                .map(ModuleReference::location)
                .map(location -> Location.of(asArchive(location.orElseThrow())))
                .toList());
  }

  private static URI asArchive(URI location) {
    return location.getPath().endsWith(".jar") ? URI.create("jar:" + location + "!/") : location;
  }
}
