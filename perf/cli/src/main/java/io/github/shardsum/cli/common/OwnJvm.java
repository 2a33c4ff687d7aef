package io.github.shardsum.cli.common;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Parts of a command that starts a class of this module in another JVM, with the code of this JVM.
 */
public final class OwnJvm {
  /** This module. */
  public static final String MODULE = "io.github.shardsum.cli";

  /** The command line's class, by name, since that class depends on all packages. */
  public static final String MAIN = MODULE + ".Main";

  /** The modules that call native code. */
  private static final String NATIVE =
      MODULE + ",io.github.shardsum.collectives,io.github.shardsum.tpu";

  private OwnJvm() {}

  /** The path of this JVM's {@code java}. */
  public static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /** Whether this JVM was started from modules, as the launcher does. */
  public static boolean hasModules() {
    return OwnJvm.class.getModule().isNamed() && !modules().isEmpty();
  }

  private static String modules() {
    return System.getProperty("jdk.module.path", "");
  }

  /**
   * The class path or module path, and then the name of a class: the last options of the JVM.
   *
   * @param main name of a class of this module
   */
  public static List<String> main(String main) {
    List<String> command = new ArrayList<>();
    if (hasModules()) {
      command.addAll(List.of("--enable-native-access=" + NATIVE, "--module-path", modules()));
      command.addAll(List.of("--module", MODULE + "/" + main));
    } else {
      command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--class-path"));
      command.addAll(List.of(System.getProperty("java.class.path"), main));
    }
    return command;
  }
}
