package io.github.shardsum.cli;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleDescriptor.Requires;
import java.lang.module.ModuleReference;
import java.lang.module.ResolvedModule;
import java.net.URI;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Formatter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
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
  private static final String TESTKIT = ROOT + "testkit";

  /** The modules of this house that each module may depend on. */
  private static final Map<String, Set<String>> ARROWS =
      Map.of(
          CORE,
          Set.of(),
          ROOT + "collectives",
          Set.of(CORE),
          ROOT + "sharded",
          Set.of(CORE, ROOT + "collectives"),
          TESTKIT,
          Set.of(CORE, ROOT + "collectives", ROOT + "sharded"),
          ROOT + "moe",
          Set.of(CORE, ROOT + "collectives", ROOT + "sharded"),
          ROOT + "language",
          Set.of(CORE, ROOT + "collectives", ROOT + "sharded", ROOT + "moe"),
          ROOT + "tpu",
          Set.of(CORE, ROOT + "collectives", ROOT + "sharded"),
          MEASURE,
          Set.of(CORE),
          CLI,
          Set.of(
              CORE,
              ROOT + "collectives",
              ROOT + "sharded",
              TESTKIT,
              ROOT + "moe",
              ROOT + "language",
              ROOT + "tpu",
              MEASURE));

  /** All of the house, read once: reading is most of what these tests do. */
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .importLocations(
              house().stream()
                  .map(ResolvedModule::reference)
                  .map(ModuleReference::location)
                  .map(location -> Location.of(asArchive(location.orElseThrow())))
                  .toList());

  private static final ArchRule ONE_PACKAGE_OF_KERNELS_AND_ONE_OF_PROBES_NAME_THE_INCUBATOR =
      noClasses()
          .that()
          .resideOutsideOfPackages(ROOT + "internal.vector..", ROOT + "measure.vector..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("jdk.incubator.vector..")
          .because("without its module such a class does not load");

  /** Of the libraries, without the root. */
  private static final Set<String> PUBLIC_PACKAGES =
      libraries().stream()
          .flatMap(module -> module.reference().descriptor().exports().stream())
          .map(export -> export.source().substring(ROOT.length()))
          .collect(toSet());

  private static final ArchRule NO_STATIC_MUTABLE_STATE =
      fields().that().areStatic().should().beFinal();

  private static final ArchRule NO_REFLECTION =
      noClasses().should().dependOnClassesThat().resideInAPackage("java.lang.reflect..");

  /** Digits, signs and the case of letters otherwise are those of whoever runs it. */
  private static final ArchRule NO_TEXT_DEPENDS_ON_THE_LOCALE =
      noClasses()
          .should()
          .callMethod(String.class, "formatted", Object[].class)
          .orShould()
          .callMethod(String.class, "format", String.class, Object[].class)
          .orShould()
          .callMethod(PrintStream.class, "printf", String.class, Object[].class)
          .orShould()
          .callMethod(PrintStream.class, "format", String.class, Object[].class)
          .orShould()
          .callMethod(PrintWriter.class, "printf", String.class, Object[].class)
          .orShould()
          .callMethod(PrintWriter.class, "format", String.class, Object[].class)
          .orShould()
          .callMethod(String.class, "toLowerCase")
          .orShould()
          .callMethod(String.class, "toUpperCase")
          .orShould()
          .callConstructor(Formatter.class)
          .orShould()
          .callConstructor(Formatter.class, Appendable.class);

  /** Inside sharded-einsum these stand on einsum-core alone. */
  private static final String[] ON_CORE_ALONE = {
    ROOT + "program..",
    ROOT + "internal.program..",
    ROOT + "internal.reference..",
    ROOT + "internal.local..",
    ROOT + "internal.backend",
    ROOT + "backend"
  };

  private static final ArchRule PROGRAMS_AND_THEIR_LOCAL_BACKENDS_STAND_ON_CORE_ALONE =
      noClasses()
          .that()
          .resideInAnyPackage(ON_CORE_ALONE)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              ROOT + "mesh..",
              ROOT + "collective..",
              ROOT + "topology..",
              ROOT + "layout..",
              ROOT + "propagation..",
              ROOT + "partition..",
              ROOT + "internal.engine..",
              ROOT + "internal.reduce..",
              ROOT + "internal.mpi..",
              ROOT + "internal.layout..",
              ROOT + "internal.propagate..",
              ROOT + "internal.reshard..",
              ROOT + "internal.partition..",
              ROOT + "internal.certify..",
              ROOT + "backend.mesh..")
          .because("a program is written once, as if for a single device");

  private static final ArchRule PLANS_ARE_RUN_AND_PRINTED_WITHOUT_THEIR_PLANNER =
      noClasses()
          .that()
          .resideInAnyPackage(ROOT + "internal.partition.run..", ROOT + "internal.partition.text..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage(ROOT + "internal.partition.plan..")
          .because("a plan is a value that runs wherever it comes from");

  private static final ArchRule PLANNERS_DO_NOT_KNOW_THE_SEARCH_FOR_ANNOTATIONS =
      noClasses()
          .that()
          .resideOutsideOfPackages(ROOT + "auto..", ROOT + "internal.auto..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(ROOT + "auto..", ROOT + "internal.auto..")
          .because("the search asks planners for plans, and never the other way round");

  private static final ArchRule ASSIGNMENTS_STAND_ON_THE_JDK_ALONE =
      noClasses()
          .that()
          .resideInAnyPackage(ROOT + "assign..", ROOT + "internal.assign..")
          .should()
          .dependOnClassesThat(
              describe(
                  "are of the house and not of assignments",
                  type ->
                      type.getPackageName().startsWith(ROOT)
                          && !isIn(type.getPackageName(), ROOT + "assign")
                          && !isIn(type.getPackageName(), ROOT + "internal.assign")))
          .because("the solver knows of graphs, not of programs");

  private static final ArchRule PICTURES_STAND_ON_THE_JDK_ALONE =
      noClasses()
          .that()
          .resideInAPackage(ROOT + "picture")
          .should()
          .dependOnClassesThat(
              describe(
                  "are of the house and not of pictures",
                  type ->
                      type.getPackageName().startsWith(ROOT)
                          && !type.getPackageName().equals(ROOT + "picture")))
          .because("every page is drawn by it, whatever the page shows");

  /**
   * A public package and {@code internal.<its name>} are one slice: the one calls the other, which
   * uses its types. These internal packages have another name than the public one.
   */
  private static final Map<String, String> OTHER_NAMES =
      Map.of(
          "internal.propagate", "propagation",
          "internal.reshard", "partition",
          "internal.certify", "partition");

  private static final ArchRule NO_CYCLES =
      slices()
          .assignedFrom(assignment("packages, each facade with its own", HouseTest::withFacade))
          .should()
          .beFreeOfCycles();

  private static final ArchRule NO_CYCLES_INSIDE =
      slices()
          .assignedFrom(assignment("internal packages", HouseTest::internalPackage))
          .should()
          .beFreeOfCycles();

  /** A type that only another type of its package uses is internal, so that users do not see it. */
  private static final ArchRule PUBLIC_PACKAGES_HOLD_PUBLIC_TYPES =
      classes()
          .that()
          .resideInAPackage(ROOT + "*..")
          .and()
          .resideOutsideOfPackage(ROOT + "internal..")
          .and()
          .areTopLevelClasses()
          .and()
          .doNotHaveSimpleName("package-info")
          .should()
          .bePublic();

  private static SliceAssignment assignment(
      String what, Function<String, Optional<String>> sliceOf) {
    return new SliceAssignment() {
      @Override
      public String getDescription() {
        return what;
      }

      @Override
      public SliceIdentifier getIdentifierOf(JavaClass type) {
        String name = type.getPackageName();
        return name.startsWith(ROOT)
            ? sliceOf
                .apply(name.substring(ROOT.length()))
                .map(SliceIdentifier::of)
                .orElseGet(SliceIdentifier::ignore)
            : SliceIdentifier.ignore();
      }
    };
  }

  private static boolean isIn(String name, String parent) {
    return name.equals(parent) || name.startsWith(parent + ".");
  }

  private static Optional<String> withFacade(String name) {
    for (Map.Entry<String, String> other : OTHER_NAMES.entrySet()) {
      if (isIn(name, other.getKey())) {
        return Optional.of(other.getValue());
      }
    }
    return Optional.of(
        PUBLIC_PACKAGES.stream()
            .filter(shown -> isIn(name, "internal." + shown))
            .max(Comparator.comparingInt(String::length))
            .orElse(name));
  }

  private static Optional<String> internalPackage(String name) {
    return isIn(name, "internal") ? Optional.of(name) : Optional.empty();
  }

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
          classesOf(List.of(module)).stream()
              .filter(type -> !type.getSimpleName().equals("package-info"))
              .map(type -> type.getPackageName())
              .filter(name -> !name.isEmpty() && !name.startsWith(ROOT + "internal"))
              .collect(toSet());
      assertEquals(shown, exported, module.name());
    }
  }

  @Test
  void onlyTheKernelsAndTheProbesNameTheIncubator() {
    ONE_PACKAGE_OF_KERNELS_AND_ONE_OF_PROBES_NAME_THE_INCUBATOR.check(classesOf(house()));
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
    NO_STATIC_MUTABLE_STATE.check(classesOf(libraries()));
  }

  @Test
  void aStaticFieldThatIsNotFinalIsSeen() throws IOException {
    assertBreaks(
        NO_STATIC_MUTABLE_STATE,
        ROOT + "tensor.Offender",
        type -> type.withField("count", ClassDesc.ofDescriptor("I"), ClassFile.ACC_STATIC));
  }

  /** The test kit reads the kinds of operations off the records of their family. */
  @Test
  void noLibraryUsesReflection() {
    NO_REFLECTION.check(
        classesOf(libraries().stream().filter(module -> !module.name().equals(TESTKIT)).toList()));
  }

  @Test
  void noTextDependsOnTheLocale() {
    NO_TEXT_DEPENDS_ON_THE_LOCALE.check(classesOf(house()));
  }

  @Test
  void aTextThatDependsOnTheLocaleIsSeen() throws IOException {
    MethodTypeDesc formatted =
        MethodTypeDesc.ofDescriptor("([Ljava/lang/Object;)Ljava/lang/String;");
    assertBreaks(
        NO_TEXT_DEPENDS_ON_THE_LOCALE,
        ROOT + "tensor.Offender",
        type ->
            type.withMethodBody(
                "text",
                MethodTypeDesc.of(ConstantDescs.CD_String),
                ClassFile.ACC_STATIC,
                code ->
                    code.ldc("%d")
                        .aconst_null()
                        .invokevirtual(ConstantDescs.CD_String, "formatted", formatted)
                        .areturn()));
  }

  @Test
  void packagesFormNoCycle() {
    for (ResolvedModule module : house()) {
      NO_CYCLES.allowEmptyShould(true).check(classesOf(List.of(module)));
    }
  }

  @Test
  void internalPackagesFormNoCycleAmongThemselves() {
    for (ResolvedModule module : libraries()) {
      NO_CYCLES_INSIDE.allowEmptyShould(true).check(classesOf(List.of(module)));
    }
  }

  @Test
  void aCycleBelowInternalIsSeen() throws IOException {
    ClassDesc one = ClassDesc.of(ROOT + "internal.one.Offender");
    ClassDesc other = ClassDesc.of(ROOT + "internal.other.Accomplice");
    ClassFile.of()
        .buildTo(
            folder.resolve("Accomplice.class"),
            other,
            type -> type.withField("back", one, ClassFile.ACC_PRIVATE));
    assertBreaks(
        NO_CYCLES_INSIDE,
        ROOT + "internal.one.Offender",
        type -> type.withField("there", other, ClassFile.ACC_PRIVATE));
  }

  @Test
  void programsAndTheirLocalBackendsStandOnCoreAlone() {
    PROGRAMS_AND_THEIR_LOCAL_BACKENDS_STAND_ON_CORE_ALONE.check(classesOf(libraries()));
  }

  @Test
  void aLocalBackendThatSeesCollectivesIsSeen() throws IOException {
    ClassDesc mesh = ClassDesc.of(ROOT + "mesh.Mesh");
    assertBreaks(
        PROGRAMS_AND_THEIR_LOCAL_BACKENDS_STAND_ON_CORE_ALONE,
        ROOT + "internal.local.run.Offender",
        type -> type.withField("mesh", mesh, ClassFile.ACC_PRIVATE));
  }

  @Test
  void plansAreRunAndPrintedWithoutTheirPlanner() {
    PLANS_ARE_RUN_AND_PRINTED_WITHOUT_THEIR_PLANNER.check(classesOf(libraries()));
  }

  @Test
  void aRunnerThatSeesThePlannerIsSeen() throws IOException {
    ClassDesc planner = ClassDesc.of(ROOT + "internal.partition.plan.ProgramPlanner");
    assertBreaks(
        PLANS_ARE_RUN_AND_PRINTED_WITHOUT_THEIR_PLANNER,
        ROOT + "internal.partition.run.Offender",
        type -> type.withField("planner", planner, ClassFile.ACC_PRIVATE));
  }

  @Test
  void assignmentsStandOnTheJdkAlone() {
    ASSIGNMENTS_STAND_ON_THE_JDK_ALONE.check(classesOf(libraries()));
  }

  @Test
  void anAssignmentThatSeesLayoutsIsSeen() throws IOException {
    ClassDesc layout = ClassDesc.of(ROOT + "layout.Layout");
    assertBreaks(
        ASSIGNMENTS_STAND_ON_THE_JDK_ALONE,
        ROOT + "internal.assign.Offender",
        type -> type.withField("layout", layout, ClassFile.ACC_PRIVATE));
  }

  @Test
  void plannersDoNotKnowTheSearchForAnnotations() {
    PLANNERS_DO_NOT_KNOW_THE_SEARCH_FOR_ANNOTATIONS.check(classesOf(libraries()));
  }

  @Test
  void aPlannerThatKnowsTheSearchIsSeen() throws IOException {
    assertBreaks(
        PLANNERS_DO_NOT_KNOW_THE_SEARCH_FOR_ANNOTATIONS,
        ROOT + "internal.partition.Offender",
        type ->
            type.withField(
                "options", ClassDesc.of(ROOT + "auto.AutoOptions"), ClassFile.ACC_PRIVATE));
  }

  @Test
  void picturesStandOnTheJdkAlone() {
    PICTURES_STAND_ON_THE_JDK_ALONE.check(classesOf(libraries()));
  }

  @Test
  void aPictureThatSeesPlansIsSeen() throws IOException {
    ClassDesc plan = ClassDesc.of(ROOT + "partition.SpmdPlan");
    assertBreaks(
        PICTURES_STAND_ON_THE_JDK_ALONE,
        ROOT + "picture.Offender",
        type -> type.withField("plan", plan, ClassFile.ACC_PRIVATE));
  }

  @Test
  void publicPackagesHoldPublicTypes() {
    PUBLIC_PACKAGES_HOLD_PUBLIC_TYPES.check(
        classesOf(house().stream().filter(module -> !module.name().equals(CLI)).toList()));
  }

  @Test
  void aHelperInAPublicPackageIsSeen() throws IOException {
    assertBreaks(
        PUBLIC_PACKAGES_HOLD_PUBLIC_TYPES,
        ROOT + "tensor.Offender",
        type -> type.withFlags(ClassFile.ACC_FINAL));
  }

  @Test
  void exportsAreUnqualified() {
    for (ResolvedModule module : house()) {
      assertEquals(
          Set.of(),
          module.reference().descriptor().exports().stream()
              .filter(ModuleDescriptor.Exports::isQualified)
              .collect(toSet()),
          module.name());
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

  private static JavaClasses classesOf(List<ResolvedModule> modules) {
    Set<String> packages =
        modules.stream()
            .flatMap(module -> module.reference().descriptor().packages().stream())
            .collect(toSet());
    return CLASSES.that(describe("of modules", type -> packages.contains(type.getPackageName())));
  }

  private static URI asArchive(URI location) {
    return location.getPath().endsWith(".jar") ? URI.create("jar:" + location + "!/") : location;
  }
}
