package io.github.shardsum.cli.moe;

import io.github.shardsum.cli.common.JsonJobs;
import io.github.shardsum.cli.common.ProgressOption;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code shardsum route}: the routes of tokens with given logits. */
@Command(
    name = "route",
    customSynopsis = "shardsum route --jobs FILE",
    description = {
      "%nRoute the tokens of given logits, in f64. Prints the expert, the slot and the"
          + " weight of each choice, and the losses.",
      "%nA job is a line {\"id\":..,\"router\":\"top1|top2|topk|expert-choice\",\"k\":..,"
          + "\"logits\":[[[..]]],\"capacity\":C,\"uniform\":[[..]],\"nonpadding\":[[..]],"
          + "\"second\":\"all|none|threshold:t|random:t|sample\","
          + "\"normalize\":\"before|after|none\",\"rejectedKeepsSlot\":true,"
          + "\"order\":\"choice|token|probability\",\"aux\":\"paper|e2\",\"auxChoices\":1,"
          + "\"auxPadding\":\"group|real|included\"}: logits [G][S][E], uniform and nonpadding"
          + " [G][S]. logits and capacity are required; other members default to the GShard"
          + " paper's. Instead of single members,"
          + " \"options\":\"top2 second=all capacity=factor:2\" sets all options.",
      "%nFor each job one line is printed, {\"id\":..,\"combine\":[[g,s,e,c,weight],..],\"aux\":..,"
          + "\"zLoss\":..,\"load\":[..],\"dropped\":..}, or {\"id\":..,\"error\":\"..\"}. A job"
          + " that fails does not stop the others; docs/moe.md explains the members.%n"
    })
public final class RouteCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--jobs",
      paramLabel = "FILE",
      required = true,
      description = "A file of JSON lines, one job a line; - for standard input.")
  private Path jobs = Path.of("-");

  @Mixin private ProgressOption progress = new ProgressOption();

  @Override
  public Integer call() throws IOException {
    new JsonJobs(spec.commandLine().getOut(), false, (job, answer) -> RouteJob.of(job).run(answer))
        .run(jobs, progress);
    return 0;
  }
}
