package io.github.shardsum.internal.engine;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.engine.transfer.ExchangeBuffers;
import io.github.shardsum.internal.engine.transfer.LocalTransport;
import io.github.shardsum.internal.engine.transfer.OverlappedTasks;
import io.github.shardsum.internal.engine.transfer.Phase;
import io.github.shardsum.internal.engine.transfer.ProcessDevices;
import io.github.shardsum.internal.engine.transfer.TransferContext;
import io.github.shardsum.internal.engine.transfer.TransferGroups;
import io.github.shardsum.mesh.Mesh;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** Stress tests of shared state, except the rendezvous: workers, phases, layouts, results. */
public final class SharedStress {
  private SharedStress() {}

  /** Two threads begin regions on the same workers: each sees all of its own tasks done. */
  @JCStressTest
  @State
  @Outcome(id = "3, 3", expect = Expect.ACCEPTABLE, desc = "both regions whole")
  @Outcome(expect = Expect.FORBIDDEN, desc = "a task was lost, or its write not seen")
  public static class TwoRegions {
    private final Workers workers = Workers.of(2, Runnable::run);
    private final int[] first = new int[3];
    private final int[] second = new int[3];

    /** For jcstress. */
    public TwoRegions() {}

    /** One caller. */
    @Actor
    public void first(II_Result result) {
      result.r1 = region(first);
    }

    /** Another one. */
    @Actor
    public void second(II_Result result) {
      result.r2 = region(second);
    }

    private int region(int[] done) {
      workers.run(done.length, (task, _) -> done[task] = 1);
      return done[0] + done[1] + done[2];
    }
  }

  /** One thread opens the tasks of a wait, another helps: every task is done once. */
  @JCStressTest
  @State
  @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "each task once")
  @Outcome(expect = Expect.FORBIDDEN, desc = "a task was lost or done twice")
  public static class OpenAndHelp {
    private final AtomicInteger[] done = {new AtomicInteger(), new AtomicInteger()};
    private final OverlappedTasks meanwhile =
        new OverlappedTasks(2, task -> done[task].incrementAndGet());

    /** For jcstress. */
    public OpenAndHelp() {}

    /** The thread that exchanges. */
    @Actor
    public void open() {
      meanwhile.open();
      meanwhile.help();
    }

    /** A worker that helps, and may come too early. */
    @Actor
    public void help() {
      meanwhile.help();
    }

    /** Checks the tasks that were done. */
    @Arbiter
    public void look(II_Result result) {
      result.r1 = done[0].get();
      result.r2 = done[1].get();
    }
  }

  /** Two participants share phases: every task runs once, and a phase sees the one before it. */
  @JCStressTest
  @State
  @Outcome(id = "4", expect = Expect.ACCEPTABLE, desc = "each task once, in order")
  @Outcome(expect = Expect.FORBIDDEN, desc = "a task was lost, ran twice or too early")
  public static class TwoParticipants {
    private final int[] written = new int[2];
    private final AtomicInteger good = new AtomicInteger();
    private final List<Phase.Tasks> phases =
        List.of(
            new Phase.Tasks("write", 2, (task, _) -> written[task]++),
            new Phase.Tasks(
                "read", 2, (task, _) -> good.addAndGet(written[task] + written[1 - task])));
    private final Supersteps steps = Supersteps.shared(phases, 2);

    /** For jcstress. */
    public TwoParticipants() {}

    /** The thread that runs the plan. */
    @Actor
    public void first() {
      participate(0);
    }

    /** A worker that helps. */
    @Actor
    public void second() {
      participate(1);
    }

    private void participate(int participant) {
      Workers.sequential().run(1, (_, scratch) -> steps.participate(participant, scratch));
    }

    /** Checks the tasks that were done. */
    @Arbiter
    public void look(I_Result result) {
      result.r1 = good.get();
    }
  }

  /** Two participants share a superstep of a collective in flight and of a computation. */
  @JCStressTest
  @State
  @Outcome(id = "2, 4", expect = Expect.ACCEPTABLE, desc = "each task once, and then what follows")
  @Outcome(expect = Expect.FORBIDDEN, desc = "a task was lost, ran twice, or its write not seen")
  public static class SuperstepInFlight {
    private final int[] computed = new int[2];
    private final int[] moved = new int[2];
    private final AtomicInteger good = new AtomicInteger();
    private final PendingCollectives flights = new PendingCollectives(Workers.sequential());
    private final Supersteps steps;

    /** For jcstress. */
    public SuperstepInFlight() {
      TransferContext context =
          new TransferContext(
              new LocalTransport(),
              new ExchangeBuffers(),
              new ProcessDevices(Mesh.of("x", 2), 1, 0),
              Duration.ofSeconds(1),
              false,
              1,
              new AtomicBoolean());
      List<Phase> phases =
          List.of(
              new Phase.Tasks("move", 2, (task, _) -> moved[task]++),
              new Phase.Tasks(
                  "read", 2, (task, _) -> good.addAndGet(moved[task] + moved[1 - task])));
      flights.start("it", context, new LoweredCollective(phases, List.of()), List.of());
      Phase.Tasks compute = new Phase.Tasks("compute", 2, (task, _) -> computed[task]++);
      steps = Supersteps.shared(List.of(flights.superstep(compute)), 2);
    }

    /** The thread that runs the plan. */
    @Actor
    public void first() {
      participate(0);
    }

    /** A worker that helps. */
    @Actor
    public void second() {
      participate(1);
    }

    private void participate(int participant) {
      Workers.sequential().run(1, (_, scratch) -> steps.participate(participant, scratch));
    }

    /** Awaits the collective in flight, and checks the tasks that were done. */
    @Arbiter
    public void look(II_Result result) {
      flights.finish("it");
      result.r1 = computed[0] + computed[1];
      result.r2 = good.get();
    }
  }

  /** Two threads request new groups at the same time: they see the same, complete groups. */
  @JCStressTest
  @State
  @Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "whole")
  @Outcome(expect = Expect.FORBIDDEN, desc = "a layout was seen before it was made")
  public static class TwoLayouts {
    private static final Mesh MESH = Mesh.of("x", 2, "y", 2);
    private final ProcessDevices placement = new ProcessDevices(MESH, 1, 0);

    /** For jcstress. */
    public TwoLayouts() {}

    /** One device. */
    @Actor
    public void first(ZZ_Result result) {
      result.r1 = isWhole();
    }

    /** Another one. */
    @Actor
    public void second(ZZ_Result result) {
      result.r2 = isWhole();
    }

    private boolean isWhole() {
      TransferGroups layout = placement.layout(List.of("x"));
      return layout.size() == 2 && layout.local().size() == 2 && layout.peers().size() == 1;
    }
  }

  /** A thread that sees that a collective has ended sees all that it wrote. */
  @JCStressTest
  @State
  @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "it had not ended yet")
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "its result is seen")
  @Outcome(expect = Expect.FORBIDDEN, desc = "a result was seen before it was written")
  public static class ResultsAreWhole {
    private final Rendezvous rendezvous = new Rendezvous(0, 1);
    private int memory;

    /** For jcstress. */
    public ResultsAreWhole() {}

    /** The thread that holds the rendezvous. */
    @Actor
    public void hold() {
      memory = 1;
      rendezvous.end(List.of());
    }

    /** The thread that asks whether it has ended. */
    @Actor
    public void look(I_Result result) {
      result.r1 = rendezvous.results() == null ? 0 : memory == 1 ? 1 : 2;
    }
  }
}
