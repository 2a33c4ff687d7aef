package io.github.shardsum.cli.tpu;

import static io.github.shardsum.cli.common.UsageErrors.usageError;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code shardsum tpu}: PJRT plugins, for TPUs and all other devices. */
@Command(
    name = "tpu",
    description = "Run and compile StableHLO on a TPU, or on any other device with a PJRT plugin.",
    synopsisSubcommandLabel = "devices|run|compile",
    subcommands = {TpuDevices.class, TpuRun.class, TpuCompile.class})
public final class TpuCommand implements Runnable {
  @Spec private CommandSpec spec;

  /** Made by picocli. */
  public TpuCommand() {}

  @Override
  public void run() {
    throw usageError(spec, "tpu: must be one of devices, run, compile, got none");
  }
}
