package io.github.shardsum.cli.launch;

import io.github.shardsum.cli.Main;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A program of a job each process of which gives {@code shardsum run} the same wrong inputs, one
 * kind after the other, and prints what it is told. Its argument is the program's file, beside
 * which are folders of inputs.
 */
final class WrongInputs {
  private WrongInputs() {}

  /** Kinds of wrong input. */
  enum Kind {
    UNDIVIDED_MESH("choose a number of processes that divides the devices", "--mesh", "x=4"),
    MESH_AXIS_TWICE("every axis must have a name of its own, got x twice", "--mesh", "x=2,x=3"),
    UNKNOWN_AXIS(
        "a mesh axis must be one of mesh \"x=3\", got \"z\"",
        "--mesh",
        "x=3",
        "--annotate",
        "h=E@z"),
    REPEATED_AXIS(
        "a mesh axis splits one label, or is summed over, once; got x twice",
        "--mesh",
        "x=3",
        "--annotate",
        "h=E@x H@x"),
    WRONG_LABEL(
        "labels of a layout must be of [E, H], got Q", "--mesh", "x=3", "--annotate", "h=Q@x"),
    LAYOUT_OF_ANOTHER_RANK(
        "labels of a layout must be of [E, H], got M", "--mesh", "x=3", "--annotate", "h=E@x M H"),
    ANOTHER_RANK("expected input x: f32[E=8 M=6], got ", "--mesh", "x=3"),
    ANOTHER_SIZE("expected input x: f32[E=8 M=6], got ", "--mesh", "x=3");

    private final String words;
    private final String options;

    Kind(String words, String... options) {
      this.words = words;
      this.options = String.join(";", options);
    }

    /** Words of the error. */
    String words() {
      return words;
    }

    private String folder() {
      return switch (this) {
        case ANOTHER_RANK -> "of-another-rank";
        case ANOTHER_SIZE -> "of-another-size";
        default -> "right";
      };
    }
  }

  public static void main(String[] arguments) {
    Path program = Path.of(arguments[0]);
    for (Kind kind : Kind.values()) {
      List<String> line = new ArrayList<>(List.of("run", program.toString(), "--in"));
      line.add(program.resolveSibling(kind.folder()).toString());
      line.addAll(List.of(kind.options.split(";", -1)));
      StringWriter told = new StringWriter();
      int status =
          Main.commandLine()
              .setErr(new PrintWriter(told, true))
              .execute(line.toArray(String[]::new));
      System.out.println(kind + ": " + (status == 0 ? "no error" : told.toString().strip()));
    }
  }
}
