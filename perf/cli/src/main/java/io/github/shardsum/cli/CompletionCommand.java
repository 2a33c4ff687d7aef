package io.github.shardsum.cli;

import java.io.PrintWriter;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code shardsum completion}: a script with which a shell completes command lines. */
@Command(
    name = "completion",
    description = {
      "Print a script that has bash and zsh complete commands and options.",
      "%nFor this shell: source <(shardsum completion). For all: shardsum completion >"
          + " ~/.local/share/bash-completion/completions/shardsum%n"
    })
final class CompletionCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    PrintWriter out = spec.commandLine().getOut();
    out.print(AutoComplete.bash("shardsum", spec.root().commandLine()));
    out.print('\n');
    out.flush();
  }
}
