package io.github.shardsum.cli.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.Main;
import io.github.shardsum.cli.launch.Mpirun.Flavor;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class LaunchTest {
  @Test
  void versionsAreToldApart() {
    assertEquals(Optional.of(Flavor.OPEN_MPI_4), Mpirun.flavor("mpirun.openmpi (OpenRTE) 4.1.4\n"));
    assertEquals(Optional.of(Flavor.OPEN_MPI_4), Mpirun.flavor("mpirun (Open MPI) 4.1.6\n"));
    assertEquals(Optional.of(Flavor.OPEN_MPI_5), Mpirun.flavor("mpirun (Open MPI) 5.0.11\n"));
    assertEquals(
        Optional.of(Flavor.HYDRA), Mpirun.flavor("HYDRA build details:\n    Version: 4.0.2\n"));
    assertEquals(Optional.empty(), Mpirun.flavor("srun: 23.02"));
  }

  @Test
  void withoutAnMpirunTheErrorSaysWhatToInstall() {
    String message =
        assertThrows(
                IllegalArgumentException.class, () -> Mpirun.find("auto", Map.of("PATH", "/none")))
            .getMessage();
    assertTrue(message.contains("apt-get install openmpi-bin"), message);
  }

  @Test
  void openMpiGetsTheSettingsThatWorkOnOneHost() {
    String line = String.join(" ", launch(Flavor.OPEN_MPI_4, Optional.empty()).arguments());
    assertTrue(line.startsWith("/usr/bin/mpirun "), line);
    assertTrue(line.contains("--oversubscribe"), line);
    assertTrue(line.contains("--bind-to none"), line);
    assertTrue(line.contains("--mca btl ^tcp,ofi"), line);
    // With its value: what --dry-run prints runs over MPI from any shell.
    assertTrue(line.contains("-x SHARDSUM_ENGINE=mpi"), line);
    assertTrue(line.endsWith("-n 3"), line);
  }

  @Test
  void severalHostsAreReachedOverTheGivenInterfaceAndShell() {
    Optional<Path> hosts = Optional.of(Path.of("hosts"));
    String four = String.join(" ", launch(Flavor.OPEN_MPI_4, hosts).arguments());
    assertTrue(four.contains("--hostfile hosts"), four);
    assertTrue(four.contains("--mca plm_rsh_agent shell"), four);
    assertTrue(four.contains("--mca btl_tcp_if_include eth7"), four);
    assertFalse(four.contains("^tcp"), four);
    String five = String.join(" ", launch(Flavor.OPEN_MPI_5, hosts).arguments());
    assertTrue(five.contains("--prtemca plm_ssh_agent shell"), five);
    String hydra = String.join(" ", launch(Flavor.HYDRA, hosts).arguments());
    assertTrue(hydra.contains("-launcher-exec shell"), hydra);
    assertTrue(hydra.contains("-genv SHARDSUM_ENGINE mpi"), hydra);
  }

  @Test
  void aCommandOfShardsumNeedsItsLauncher() {
    StringWriter err = new StringWriter();
    CommandLine line = Main.commandLine().setErr(new PrintWriter(err, true));
    assertEquals(2, line.execute("launch", "-n", "2", "propagate", "--mesh", "x=2"));
    assertTrue(
        err.toString().contains("must be a program, such as ./shardsum propagate"), err::toString);
  }

  /** An mpirun that writes down with what it was started. */
  private static final String RECORDER =
      """
      #!/bin/sh
      if [ "$1" = --version ]; then
        echo 'mpirun (Open MPI) 4.1.4'
        exit
      fi
      printf '%s\\0' "$@" >"$0.arguments"
      env | grep -E '^(SHARDSUM|OMPI)_' | sort >"$0.environment"
      """;

  @Test
  void aDryRunPrintsAllThatRuns(@TempDir Path folder) throws Exception {
    Path mpirun = Files.writeString(folder.resolve("my mpirun"), RECORDER);
    Files.setPosixFilePermissions(mpirun, PosixFilePermissions.fromString("rwx------"));
    String[] command = {"say", "it's", "", "a  b", "$HOME", "*", "back\\slash", "two\nlines"};
    StringWriter out = new StringWriter();
    assertEquals(0, run(out, mpirun, command));
    List<String> ran = recorded(mpirun);
    assertEquals(0, run(out, mpirun, Stream.concat(Stream.of("--dry-run"), Stream.of(command))));
    assertEquals(List.of(), recorded(mpirun));
    assertEquals(0, new ProcessBuilder("sh", "-c", out.toString()).inheritIO().start().waitFor());
    assertEquals(ran, recorded(mpirun));
    assertTrue(ran.getFirst().contains("PATH=" + System.getenv("PATH")), ran::getFirst);
    assertTrue(ran.getFirst().endsWith("\0shardsum-rank\0" + String.join("\0", command) + "\0"));
  }

  @Test
  void moreProcessesThanARunHasDevicesAreRefused() {
    for (String count : List.of("0", "65537", "1000000")) {
      StringWriter err = new StringWriter();
      int status =
          new CommandLine(new LaunchCommand())
              .setErr(new PrintWriter(err))
              .execute("-n", count, "--mpi", "/nowhere/mpirun", "true");
      assertEquals(2, status);
      assertTrue(
          err.toString().contains("--processes: must be 1 to 65536, got " + count), err::toString);
    }
  }

  private static int run(StringWriter out, Path mpirun, String... command) {
    return run(out, mpirun, Stream.of(command));
  }

  private static int run(StringWriter out, Path mpirun, Stream<String> rest) {
    Stream<String> options = Stream.of("-n", "2", "--mpi", mpirun.toString());
    return new CommandLine(new LaunchCommand())
        .setStopAtPositional(true)
        .setOut(new PrintWriter(out))
        .execute(Stream.concat(options, rest).toArray(String[]::new));
  }

  /** Reads and deletes the files that the recorder wrote. */
  private static List<String> recorded(Path mpirun) throws IOException {
    List<String> texts = new ArrayList<>();
    for (String what : List.of(".arguments", ".environment")) {
      Path file = Path.of(mpirun + what);
      if (Files.exists(file)) {
        texts.add(Files.readString(file));
        Files.delete(file);
      }
    }
    return texts;
  }

  private static Launch launch(Flavor flavor, Optional<Path> hosts) {
    boolean several = hosts.isPresent();
    return new Launch(
        new Mpirun(Path.of("/usr/bin/mpirun"), flavor, "libmpi.so.40"),
        3,
        hosts,
        several ? Optional.of("shell") : Optional.empty(),
        several ? Optional.of("eth7") : Optional.empty(),
        List.of("java", "Main"));
  }
}
