package io.github.shardsum.internal.engine;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.internal.engine.check.DeviceCall;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Mode;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.Signal;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.Z_Result;

/** The rendezvous of SPMD code under jcstress. */
public final class RendezvousStress {
  private static final Tensor NOTHING = Tensor.zeros(DType.BOOL, 0);
  private static final DeviceCall CALL =
      new DeviceCall(new Collective.Barrier(), NOTHING, Optional.empty(), Optional.empty());

  private RendezvousStress() {}

  private static Rendezvous.Entry entry() {
    return new Rendezvous.Entry(CALL, Thread.currentThread(), "");
  }

  /** Two devices enter: one of them is the last, and it sees what the other wrote before. */
  @JCStressTest
  @State
  @Outcome(id = "0, 2", expect = Expect.ACCEPTABLE, desc = "the second was the last")
  @Outcome(id = "2, 0", expect = Expect.ACCEPTABLE, desc = "the first was the last")
  @Outcome(expect = Expect.FORBIDDEN, desc = "none or both were last, or a write was not seen")
  public static class OneIsTheLast {
    private final Rendezvous rendezvous = new Rendezvous(0, 2);
    private int first;
    private int second;

    /** For jcstress. */
    public OneIsTheLast() {}

    /** The first device. */
    @Actor
    public void first(II_Result result) {
      first = 1;
      result.r1 = rendezvous.enter(0, entry()) ? 1 + second : 0;
    }

    /** The second device. */
    @Actor
    public void second(II_Result result) {
      second = 1;
      result.r2 = rendezvous.enter(1, entry()) ? 1 + first : 0;
    }
  }

  /** Two devices proceed at the same time: they find the same next rendezvous. */
  @JCStressTest
  @State
  @Outcome(id = "true", expect = Expect.ACCEPTABLE, desc = "the same")
  @Outcome(id = "false", expect = Expect.FORBIDDEN, desc = "the chain forked")
  public static class OneChain {
    private final Rendezvous rendezvous = new Rendezvous(0, 2);
    private final Rendezvous[] next = new Rendezvous[2];

    /** For jcstress. */
    public OneChain() {}

    /** The first device. */
    @Actor
    public void first() {
      next[0] = rendezvous.next();
    }

    /** The second device. */
    @Actor
    public void second() {
      next[1] = rendezvous.next();
    }

    /** Compares the two. */
    @Arbiter
    public void compare(Z_Result result) {
      result.r1 = next[0] == next[1] && next[0].number() == 1;
    }
  }

  /** A device waits for the end of a rendezvous: it is woken. */
  @JCStressTest(Mode.Termination)
  @State
  @Outcome(id = "TERMINATED", expect = Expect.ACCEPTABLE, desc = "woken")
  @Outcome(id = "STALE", expect = Expect.FORBIDDEN, desc = "a wake-up was lost")
  public static class NoLostWakeUp {
    private final Rendezvous rendezvous = new Rendezvous(0, 1);

    /** For jcstress. */
    public NoLostWakeUp() {}

    /** The device that waits. */
    @Actor
    public void await() {
      rendezvous.enter(0, entry());
      while (rendezvous.results() == null) {
        LockSupport.park(rendezvous);
      }
    }

    /** The thread that runs the rendezvous once it is full. */
    @Signal
    public void hold() {
      while (!rendezvous.isFull()) {
        Thread.onSpinWait();
      }
      rendezvous.end(List.of(NOTHING));
    }
  }
}
