package io.github.shardsum.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.spi.ToolProvider;

/**
 * Runs what pages show: Java in this JVM, with one compiler for all, and commands one after another
 * in one other JVM, whose working folder is theirs.
 */
final class PageRunner implements AutoCloseable {
  private final Path classes;
  private final ToolProvider javac = ToolProvider.findFirst("javac").orElseThrow();
  private final URLClassLoader libraries;
  private final Process commands;
  private final DataOutputStream asked;
  private final DataInputStream answered;

  /**
   * Starts the JVM of commands.
   *
   * @param home the working folder of commands
   * @param classes a folder for compiled programs
   */
  PageRunner(Path home, Path classes) throws IOException {
    this.classes = classes;
    List<URL> path = new ArrayList<>();
    for (String entry : Documentation.path().split(File.pathSeparator, -1)) {
      path.add(Path.of(entry).toUri().toURL());
    }
    // Libraries on the class path, as a user may have them, and not the modules of this JVM.
    libraries = new URLClassLoader(path.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
    commands =
        new ProcessBuilder(Documentation.javaCommand(PageRunner.class.getName()))
            .directory(home.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    asked = new DataOutputStream(commands.getOutputStream());
    answered = new DataInputStream(commands.getInputStream());
  }

  /** Returns what the main method of a source file prints. */
  String java(Path source) throws Exception {
    Path own = Files.createTempDirectory(classes, "program");
    StringWriter said = new StringWriter();
    PrintWriter to = new PrintWriter(said, true);
    int status =
        javac.run(
            to,
            to,
            "-proc:none",
            "--add-modules",
            "jdk.incubator.vector",
            "-d",
            own.toString(),
            "-cp",
            Documentation.path(),
            source.toString());
    assertEquals(0, status, () -> source + "\n" + said);
    String name = source.getFileName().toString().replace(".java", "");
    PrintStream out = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    try (URLClassLoader loader = new URLClassLoader(new URL[] {own.toUri().toURL()}, libraries)) {
      System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
      start(loader.loadClass(name));
    } finally {
      System.setOut(out);
    }
    return printed.toString(StandardCharsets.UTF_8);
  }

  /** Calls the main method as the JDK's launcher does, of an instance or static. */
  private static void start(Class<?> program) throws Exception {
    Method main =
        Arrays.stream(program.getDeclaredMethods())
            .filter(method -> method.getName().equals("main"))
            .findFirst()
            .orElseThrow();
    main.setAccessible(true);
    Object self = null;
    if (!Modifier.isStatic(main.getModifiers())) {
      Constructor<?> constructor = program.getDeclaredConstructor();
      constructor.setAccessible(true);
      self = constructor.newInstance();
    }
    try {
      main.invoke(
          self, main.getParameterCount() == 0 ? new Object[0] : new Object[] {new String[0]});
    } catch (InvocationTargetException e) {
      throw new AssertionError(program.getName() + " failed: " + e.getCause(), e.getCause());
    }
  }

  /** Returns what a command prints that must succeed. */
  String command(List<String> arguments) throws IOException {
    asked.writeInt(arguments.size());
    for (String argument : arguments) {
      asked.writeUTF(argument);
    }
    asked.flush();
    int status = answered.readInt();
    String out = text(answered);
    String err = text(answered);
    assertEquals(0, status, () -> "shardsum " + String.join(" ", arguments) + "\n" + err);
    return out;
  }

  private static String text(DataInputStream in) throws IOException {
    return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    asked.close();
    assertEquals(0, commands.onExit().join().exitValue());
    libraries.close();
  }

  /** The JVM of commands: reads arguments, answers with status, output and errors. */
  public static void main(String[] ignored) throws IOException {
    DataInputStream asked = new DataInputStream(System.in);
    DataOutputStream answers = new DataOutputStream(System.out);
    System.setIn(new ByteArrayInputStream(new byte[0]));
    while (true) {
      String[] arguments;
      try {
        arguments = new String[asked.readInt()];
      } catch (EOFException end) {
        return;
      }
      for (int i = 0; i < arguments.length; i++) {
        arguments[i] = asked.readUTF();
      }
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      ByteArrayOutputStream err = new ByteArrayOutputStream();
      System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
      answers.writeInt(Main.run(Main.commandLine(), System.out, System.err, arguments));
      for (ByteArrayOutputStream each : List.of(out, err)) {
        answers.writeInt(each.size());
        each.writeTo(answers);
      }
      answers.flush();
    }
  }
}
