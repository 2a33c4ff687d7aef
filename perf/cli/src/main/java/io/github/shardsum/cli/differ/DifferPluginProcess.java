package io.github.shardsum.cli.differ;

import io.github.shardsum.cli.common.OwnJvm;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.Differ;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A plugin in a separate process. A program may end that process, as XLA's checks do, or never
 * return; the process is then started again for the next program. Not thread-safe.
 */
final class DifferPluginProcess implements Differ.Runner, AutoCloseable {
  private static final int TAIL = 600;
  private static final String SOCKET = "socket";
  private static final String LOG = "log";
  private static final List<String> FILES = List.of(SOCKET, LOG);

  private final Path library;
  private final Mesh mesh;
  private final Duration deadline;
  private final Path folder;
  private Optional<Child> child = Optional.empty();

  /**
   * Starts the first process.
   *
   * @param deadline the time for one program, in whole seconds
   * @throws IOException if the plugin does not load or has too few devices; the message contains
   *     its output
   */
  DifferPluginProcess(Path library, Mesh mesh, Duration deadline) throws IOException {
    this.library = library;
    this.mesh = mesh;
    this.deadline = deadline;
    this.folder = Files.createTempDirectory("shardsum-differ-");
    // The JVM deletes in reverse order if a signal ends this process meanwhile.
    folder.toFile().deleteOnExit();
    FILES.forEach(name -> folder.resolve(name).toFile().deleteOnExit());
    try {
      this.child = Optional.of(started());
    } catch (IOException failed) {
      close();
      throw failed;
    }
  }

  /** The plugin refuses the program. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    Refused(String message) {
      super(message);
    }
  }

  /** The plugin ends the process. */
  static final class Ended extends Exception {
    private static final long serialVersionUID = 1;

    Ended(String message) {
      super(message);
    }
  }

  /** A process and the socket to it. */
  private record Child(
      Process process, SocketChannel socket, DataInputStream in, DataOutputStream out, Path log) {}

  @Override
  public List<Tensor> run(Program program, List<Tensor> inputs) throws Refused, Ended, IOException {
    Child running = child.isPresent() ? child.get() : started();
    child = Optional.of(running);
    AtomicBoolean late = new AtomicBoolean();
    Thread watch = Thread.ofVirtual().start(() -> watch(running, late));
    try {
      DifferPluginChild.write(running.out(), program.toString());
      DifferTensorStream.write(running.out(), inputs);
      running.out().flush();
      if (running.in().readInt() == DifferPluginChild.REFUSED) {
        throw new Refused(DifferPluginChild.text(running.in()));
      }
      return DifferTensorStream.read(running.in(), program.outputs());
    } catch (IOException ended) {
      child = Optional.empty();
      throw new Ended(late.get() ? "no answer in " + deadline.toSeconds() + " s" : end(running));
    } finally {
      watch.interrupt();
    }
  }

  /**
   * Ends the process if it has not answered in time. Seconds are counted one by one, since both
   * processes may be suspended for a while, and then no answer is possible.
   */
  private void watch(Child running, AtomicBoolean late) {
    try {
      for (long second = 0; second < deadline.toSeconds(); second++) {
        Thread.sleep(Duration.ofSeconds(1));
      }
      late.set(true);
      running.process().destroyForcibly();
    } catch (InterruptedException _) {
      // It has answered.
    }
  }

  /** The end of a process in words: its status and its last lines of output. */
  private static String end(Child ended) throws IOException {
    try {
      ended.socket().close();
      if (!ended.process().waitFor(10, TimeUnit.SECONDS)) {
        ended.process().destroyForcibly().waitFor();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    String printed = printed(ended.log());
    // The plugin's own message stands before the JVM's report of the signal.
    String said = printed.split("#\\s*\\R#", 2)[0].strip();
    String shown = said.isEmpty() ? printed : said;
    return String.format(
        Locale.ROOT,
        "the process ended with status %d: %s",
        ended.process().isAlive() ? -1 : ended.process().exitValue(),
        shown.substring(Math.max(0, shown.length() - TAIL)));
  }

  /** Bytes that are not UTF-8 must not hide the rest. */
  private static String printed(Path log) throws IOException {
    return new String(Files.readAllBytes(log), StandardCharsets.UTF_8).strip();
  }

  private Child started() throws IOException {
    Path address = folder.resolve(SOCKET);
    Path log = folder.resolve(LOG);
    Files.deleteIfExists(address);
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(address));
      Process process =
          new ProcessBuilder(command(address))
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      // Without this check, a process that ends before it connects would be awaited forever.
      var _ = process.onExit().thenRun(() -> closed(server));
      SocketChannel socket;
      try {
        socket = server.accept();
      } catch (IOException ended) {
        throw new IOException("plugin " + library + ": its process ended: " + printed(log), ended);
      }
      Child started =
          new Child(
              process,
              socket,
              new DataInputStream(new BufferedInputStream(Channels.newInputStream(socket))),
              new DataOutputStream(new BufferedOutputStream(Channels.newOutputStream(socket))),
              log);
      try {
        int _ = started.in().readInt();
      } catch (IOException refused) {
        throw new IOException("plugin " + library + ": " + end(started), refused);
      }
      return started;
    }
  }

  private static void closed(ServerSocketChannel server) {
    try {
      server.close();
    } catch (IOException _) {
      // The process was useless by then.
    }
  }

  private List<String> command(Path address) {
    List<String> command = new ArrayList<>();
    command.add(OwnJvm.java());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    // The output already has the report of a dying JVM; a file in the user's folder would be of no
    // use.
    command.addAll(List.of("-XX:ErrorFile=/dev/null", "-XX:-CreateCoredumpOnCrash"));
    command.addAll(OwnJvm.main(DifferPluginChild.class.getName()));
    command.addAll(
        List.of(address.toString(), library.toAbsolutePath().toString(), mesh.notation()));
    return command;
  }

  /** Ends the process. */
  @Override
  public void close() throws IOException {
    if (child.isPresent()) {
      child.get().socket().close();
      child.get().process().destroyForcibly();
    }
    for (String name : FILES) {
      Files.deleteIfExists(folder.resolve(name));
    }
    Files.deleteIfExists(folder);
  }
}
