package io.github.shardsum.cli.differ;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.cli.common.PluginChoice;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.pjrt.PjrtClient;
import io.github.shardsum.pjrt.PjrtException;
import io.github.shardsum.pjrt.PjrtPlugin;
import io.github.shardsum.pjrt.backend.PjrtBackend;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.Tensor;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * The process that has the plugin: takes programs and inputs from a socket and answers with outputs
 * or with the reason why there are none. A plugin may end it.
 */
public final class DifferPluginChild {
  /** Precedes the outputs. */
  static final int RESULT = 0;

  /** Precedes the reason why there are no outputs. */
  static final int REFUSED = 1;

  private DifferPluginChild() {}

  /**
   * Serves until the socket is closed.
   *
   * @param arguments the socket, the plugin's file, and the mesh in its notation
   */
  public static void main(String[] arguments) throws IOException {
    Mesh mesh = Mesh.parse(arguments[2]);
    try (SocketChannel socket = SocketChannel.open(UnixDomainSocketAddress.of(arguments[0]));
        PjrtClient client =
            PluginChoice.client(PjrtPlugin.open(Path.of(arguments[1])), mesh.size());
        PjrtBackend backend = PjrtBackend.of(client, mesh)) {
      serve(
          backend,
          new DataInputStream(new BufferedInputStream(Channels.newInputStream(socket))),
          new DataOutputStream(new BufferedOutputStream(Channels.newOutputStream(socket))));
    } catch (IllegalArgumentException | PjrtException refused) {
      // Without a trace: the last lines of this process's output are shown as the reason.
      System.err.println(refused.getMessage());
      Runtime.getRuntime().halt(1);
    }
    // Threads of a plugin may still run; nothing waits for them.
    Runtime.getRuntime().halt(0);
  }

  private static void serve(PjrtBackend backend, DataInputStream in, DataOutputStream out)
      throws IOException {
    // The plugin is loaded and has its devices.
    out.writeInt(RESULT);
    out.flush();
    while (true) {
      Program program;
      try {
        program = Program.parse(text(in));
      } catch (EOFException _) {
        return;
      }
      List<Tensor> inputs = DifferTensorStream.read(in, program.inputs());
      try (Executable executable = backend.compile(program)) {
        List<Tensor> outputs = executable.run(inputs);
        out.writeInt(RESULT);
        DifferTensorStream.write(out, outputs);
      } catch (RuntimeException refused) {
        out.writeInt(REFUSED);
        write(out, String.valueOf(refused.getMessage()));
      }
      out.flush();
    }
  }

  /** Reads a text of any length; {@code readUTF} limits it to 65,535 bytes. */
  static String text(DataInputStream in) throws IOException {
    return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
  }

  static void write(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }
}
