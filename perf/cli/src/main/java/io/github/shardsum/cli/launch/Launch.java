package io.github.shardsum.cli.launch;

import io.github.shardsum.cli.launch.Mpirun.Flavor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A launch of processes by mpirun.
 *
 * @param mpirun the launcher
 * @param processes how many processes
 * @param hosts the file that lists the hosts; without it, only this host
 * @param remoteShell the program that runs a command on another host, if not ssh
 * @param networkInterface the network interface between hosts, if not MPI's choice
 * @param command the command that each process runs
 */
record Launch(
    Mpirun mpirun,
    int processes,
    Optional<Path> hosts,
    Optional<String> remoteShell,
    Optional<String> networkInterface,
    List<String> command) {
  /** The variable that says which thread calls MPI; the engine reads it. */
  private static final String THREAD = "SHARDSUM_MPI_THREAD";

  /** The settings that work, each with its reason. */
  List<String> arguments() {
    List<String> arguments = new ArrayList<>();
    arguments.add(mpirun.file().toString());
    switch (mpirun.flavor()) {
      case OPEN_MPI_4, OPEN_MPI_5 -> addOpenMpi(arguments);
      case HYDRA -> addHydra(arguments);
    }
    arguments.addAll(List.of("-n", Integer.toString(processes)));
    return arguments;
  }

  private void addOpenMpi(List<String> arguments) {
    // Open MPI refuses more processes than cores by default. A waiting process yields its core.
    arguments.addAll(List.of("--oversubscribe", "--mca", "mpi_yield_when_idle", "1"));
    // If a process is bound to one core, the threads of its JVM share that core.
    arguments.addAll(List.of("--bind-to", "none"));
    boolean old = mpirun.flavor() == Flavor.OPEN_MPI_4;
    if (old) {
      // Open MPI's long report of a process's end repeats ours; version 5 cannot suppress it.
      arguments.add("--quiet");
    }
    if (hosts.isEmpty()) {
      // On one host TCP is never used, but its transport warns if interfaces cannot reach each
      // other. The libfabric transport would be polled at every exchange, which takes a
      // microsecond.
      arguments.addAll(List.of("--mca", "btl", "^tcp,ofi"));
    }
    hosts.ifPresent(file -> arguments.addAll(List.of("--hostfile", file.toString())));
    remoteShell.ifPresent(
        shell ->
            arguments.addAll(
                old
                    ? List.of("--mca", "plm_rsh_agent", shell)
                    : List.of("--prtemca", "plm_ssh_agent", shell)));
    networkInterface.ifPresent(
        name -> {
          // ob1 over TCP: the newer transports choose their interface by themselves.
          arguments.addAll(List.of("--mca", "pml", "ob1", "--mca", "btl_tcp_if_include", name));
          arguments.addAll(List.of(old ? "--mca" : "--prtemca", "oob_tcp_if_include", name));
        });
    environment().forEach((name, value) -> arguments.addAll(List.of("-x", name + "=" + value)));
  }

  private void addHydra(List<String> arguments) {
    hosts.ifPresent(file -> arguments.addAll(List.of("-f", file.toString())));
    remoteShell.ifPresent(
        shell -> arguments.addAll(List.of("-launcher", "ssh", "-launcher-exec", shell)));
    networkInterface.ifPresent(
        name -> {
          arguments.addAll(List.of("-iface", name));
          arguments.addAll(List.of("-genv", "UCX_TLS", "tcp", "-genv", "UCX_NET_DEVICES", name));
        });
    environment().forEach((name, value) -> arguments.addAll(List.of("-genv", name, value)));
  }

  /** Variables that the processes get in addition to the inherited environment. */
  Map<String, String> environment() {
    Map<String, String> given = new TreeMap<>();
    given.put("SHARDSUM_ENGINE", "mpi");
    given.put("SHARDSUM_MPI_LIBRARY", mpirun.library());
    // A variable of this environment reaches the processes of this host, but not the processes of
    // all hosts.
    Optional.ofNullable(System.getenv(THREAD)).ifPresent(value -> given.put(THREAD, value));
    return given;
  }
}
