package io.github.shardsum.lab;

import static io.github.shardsum.cli.common.UsageErrors.usageError;

import io.github.shardsum.cli.Main;
import io.github.shardsum.lab.auto.IopddlCommand;
import io.github.shardsum.lab.compare.CollectiveComparison;
import io.github.shardsum.lab.compare.Comparison;
import io.github.shardsum.lab.compare.ComparisonCommand;
import io.github.shardsum.lab.compare.EverydayComparison;
import io.github.shardsum.lab.compare.MeshComparison;
import io.github.shardsum.lab.compare.MoeLayerComparison;
import io.github.shardsum.lab.compare.PanelComparison;
import io.github.shardsum.lab.compare.PathComparison;
import io.github.shardsum.lab.compare.ProgramComparison;
import io.github.shardsum.lab.compare.TrainingComparison;
import io.github.shardsum.lab.compare.WindowComparison;
import io.github.shardsum.lab.compare.pjrt.PjrtComparison;
import io.github.shardsum.lab.scaling.ScalingCommand;
import io.github.shardsum.lab.simulate.HoldoutReport.HoldoutCommand;
import io.github.shardsum.lab.simulate.PaperReport.PaperCommand;
import io.github.shardsum.lab.simulate.ScaleFigure.ScaleFigureCommand;
import io.github.shardsum.lab.topology.Figure9Report.Figure9Command;
import io.github.shardsum.lab.train.BaselinesCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The laboratory's command line, {@code perf/lab/run}. */
@Command(
    name = "perf/lab/run",
    description = "Experiments, and comparisons with other libraries and other people's figures.",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    subcommands = {
      ScalingCommand.class,
      HoldoutCommand.class,
      PaperCommand.class,
      ScaleFigureCommand.class,
      Figure9Command.class,
      IopddlCommand.class,
      BaselinesCommand.class
    })
public final class Lab implements Runnable {
  /** The name of this class, for another JVM. */
  public static final String NAME = "io.github.shardsum.lab.Lab";

  @Spec private CommandSpec spec;

  private Lab() {}

  /**
   * Runs one experiment and ends the JVM with its status.
   *
   * @param args the name of the experiment and its arguments
   */
  public static void main(String[] args) {
    System.exit(Main.run(commandLine(), System.out, System.err, args));
  }

  /** Returns the whole command line. */
  public static CommandLine commandLine() {
    CommandLine line = new CommandLine(new Lab());
    add(line, "collectives", CollectiveComparison::compare, "Collectives and copies in process.");
    add(line, "everyday", EverydayComparison::compare, "Operations on tensors and NumPy's.");
    add(line, "mesh", MeshComparison::compare, "A mesh and one device, planner and checker.");
    add(line, "moe-layer", MoeLayerComparison::compare, "The layer, its products, C and torch.");
    add(line, "panels", PanelComparison::compare, "The tile kernel and registers.");
    add(line, "paths", PathComparison::compare, "Contraction paths and cotengra's.");
    add(line, "pjrt", PjrtComparison::compare, "PJRT by the binding, from C and by JAX.");
    add(line, "programs", ProgramComparison::compare, "Programs and their kernels by hand.");
    add(line, "training", TrainingComparison::compare, "A training step, torch and meshes.");
    add(line, "windows", WindowComparison::compare, "Einsums in windows and whole.");
    return Main.withErrors(line);
  }

  private static void add(CommandLine line, String name, Comparison comparison, String sides) {
    line.addSubcommand(name, ComparisonCommand.of(comparison, sides));
  }

  @Override
  public void run() {
    throw usageError(
        spec, "must be one of " + String.join(", ", spec.subcommands().keySet()) + ", got none");
  }
}
