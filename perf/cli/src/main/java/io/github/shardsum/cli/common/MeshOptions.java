package io.github.shardsum.cli.common;

import static io.github.shardsum.cli.common.UsageErrors.usageError;
import static io.github.shardsum.measure.Texts.wrongArgument;

import io.github.shardsum.collective.CollectiveOptions;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Annotation;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code --mesh} and {@code --annotate} of commands that run, a mixin. */
public final class MeshOptions {
  /** The most devices: more than any machine has, and few enough for a run or a plan in seconds. */
  public static final int MOST_DEVICES = 1 << 16;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--mesh",
      paramLabel = "AXES",
      description =
          "The mesh, such as x=8: virtual devices of this process, or under shardsum launch the"
              + " devices of all processes.")
  private Optional<String> mesh = Optional.empty();

  @Option(
      names = "--annotate",
      paramLabel = "NAME=LAYOUT",
      description = "Annotate a value, as in dispatched=E@x; may be given again.")
  private Map<String, String> annotations = Map.of();

  /**
   * The mesh, if there is one.
   *
   * @throws ParameterException if there are annotations without a mesh, or if the text is not a
   *     mesh
   */
  public Optional<Mesh> mesh() {
    if (mesh.isEmpty() && !annotations.isEmpty()) {
      throw usageError(spec, "--annotate: must be given with --mesh, got none");
    }
    return mesh.map(this::parsed);
  }

  /**
   * The mesh of a run, if there is one.
   *
   * @throws ParameterException as {@link #mesh()}, or if the mesh has too many devices
   */
  public Optional<Mesh> meshOfRun() {
    mesh.ifPresent(notation -> ofRun(spec, notation));
    return mesh();
  }

  /**
   * The mesh of the command line, or the given mesh if there is none.
   *
   * @throws ParameterException if the text is not a mesh
   */
  public Mesh meshOr(Supplier<Mesh> otherwise) {
    return mesh.map(this::parsed).orElseGet(otherwise);
  }

  private Mesh parsed(String notation) {
    return OptionValue.of(spec, "--mesh", () -> Mesh.parse(notation));
  }

  /** Whether a mesh or annotations were given. */
  public boolean isGiven() {
    return mesh.isPresent() || !annotations.isEmpty();
  }

  /**
   * The program with the annotations of the command line.
   *
   * @throws ParameterException if a value is annotated twice, or an annotation does not fit it or
   *     the mesh, or there is no mesh
   */
  public Program annotated(Program program) {
    return annotations.isEmpty() ? program : annotated(program, mesh().orElseThrow());
  }

  /**
   * The program with the annotations of the command line.
   *
   * @param on the mesh for which the program is planned
   * @throws ParameterException if a value is annotated twice, or an annotation does not fit it or
   *     the mesh
   */
  public Program annotated(Program program, Mesh on) {
    RepeatedOptions.refuse(spec, "--annotate");
    return annotated(spec, "--annotate", annotations, program, on);
  }

  /**
   * The program with the annotations of a command's own option.
   *
   * @param spec the command
   * @param option the option's name, {@code --annotate}
   * @param layouts the notation of an annotation by the value's name
   * @param program the program
   * @param on the mesh for which the program is planned
   * @throws ParameterException if an annotation does not fit its value or the mesh
   */
  public static Program annotated(
      CommandSpec spec, String option, Map<String, String> layouts, Program program, Mesh on) {
    return OptionValue.of(
        spec,
        option,
        () -> {
          Annotations given = Annotations.of(layouts);
          Program annotated = given.apply(program);
          given.byName().forEach((name, annotation) -> checkAxes(name, annotation, on));
          return annotated;
        });
  }

  private static void checkAxes(String name, Annotation annotation, Mesh on) {
    Stream.concat(
            annotation.labels().stream().flatMap(label -> label.axes().stream()),
            annotation.partial().stream())
        .filter(axis -> !on.axisNames().contains(axis))
        .findFirst()
        .ifPresent(
            axis -> {
              throw wrongArgument(
                  "annotation of %s: a mesh axis must be one of mesh \"%s\", got \"%s\"",
                  name, on.notation(), axis);
            });
  }

  /**
   * Refuses a mesh on which a run, or a plan with uneven chunks, would take very long.
   *
   * @param on the mesh of the plan or of the run
   * @throws IllegalArgumentException if the mesh has too many devices
   */
  public static void checkSize(Mesh on) {
    if (on.size() > MOST_DEVICES) {
      throw wrongArgument("mesh: must have at most %d devices, got %d", MOST_DEVICES, on.size());
    }
  }

  /**
   * The mesh that a command's own {@code --mesh} names, for a run.
   *
   * @param spec the command
   * @param notation the mesh, such as {@code x=2,y=4}
   * @throws ParameterException if the text is not a mesh, or if the mesh has too many devices
   */
  public static Mesh ofRun(CommandSpec spec, String notation) {
    return OptionValue.of(
        spec,
        "--mesh",
        () -> {
          Mesh parsed = Mesh.parse(notation);
          checkSize(parsed);
          return parsed;
        });
  }

  /**
   * Whether this process is one of a job, as {@code shardsum launch} starts them.
   *
   * @param environment the variables of the launcher; a system property overrides them
   */
  public static boolean isJob(Map<String, String> environment) {
    String engine = environment.getOrDefault("SHARDSUM_ENGINE", "local");
    return System.getProperty("shardsum.engine", engine).equals("mpi");
  }

  /**
   * Opens an engine on the devices of this process, or of all processes of a job.
   *
   * @param on the mesh
   * @param workers threads, kept open by the caller
   * @return the engine, to be closed
   * @throws IllegalArgumentException if the job's processes do not divide the mesh
   */
  public static Collectives open(Mesh on, Workers workers) {
    checkSize(on);
    return Collectives.open(on, workers, CollectiveOptions.defaults());
  }
}
