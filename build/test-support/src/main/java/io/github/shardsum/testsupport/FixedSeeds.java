package io.github.shardsum.testsupport;

import net.jqwik.api.lifecycle.AroundPropertyHook;
import net.jqwik.api.lifecycle.PropagationMode;
import net.jqwik.api.lifecycle.PropertyAttributes;
import net.jqwik.api.lifecycle.PropertyExecutionResult;
import net.jqwik.api.lifecycle.PropertyExecutor;
import net.jqwik.api.lifecycle.PropertyLifecycleContext;

/**
 * Gives every jqwik property a seed made from its class and method name, so that two runs try the
 * same values. At the exhaustive depth this holds for two runs with the same rotation. The number
 * of tries follows {@link TestDepth}. A seed written in {@code @Property} stays as it is.
 */
public final class FixedSeeds implements AroundPropertyHook {
  /** More tries would make the suite too slow for CI on two cores. */
  private static final int EXHAUSTIVE_FACTOR = 2;

  /** Properties with fewer tries keep all of them at the short depth. */
  private static final int FEW_TRIES = 20;

  /** The number of tries of a property that names none, as in junit-platform.properties. */
  private static final int DEFAULT_TRIES = 200;

  /** Made by jqwik's service loader. */
  public FixedSeeds() {}

  @Override
  public PropertyExecutionResult aroundProperty(
      PropertyLifecycleContext context, PropertyExecutor property) {
    PropertyAttributes attributes = context.attributes();
    if (attributes.seed().isEmpty()) {
      attributes.setSeed(Long.toString(TestDepth.seed(seedOf(context))));
    }
    attributes.setTries(tries(attributes.tries().orElse(DEFAULT_TRIES)));
    return property.execute();
  }

  private static int tries(int tries) {
    return switch (TestDepth.current()) {
      case SHORT -> tries < FEW_TRIES ? tries : Math.max(FEW_TRIES, tries / 4);
      case FULL -> tries;
      case EXHAUSTIVE -> tries > 1 ? Math.multiplyExact(tries, EXHAUSTIVE_FACTOR) : tries;
    };
  }

  private static long seedOf(PropertyLifecycleContext context) {
    String name = context.containerClass().getName() + "#" + context.targetMethod().getName();
    long hash = 1125899906842597L;
    for (int i = 0; i < name.length(); i++) {
      hash = 31 * hash + name.charAt(i);
    }
    return hash;
  }

  @Override
  public PropagationMode propagateTo() {
    return PropagationMode.ALL_DESCENDANTS;
  }

  /** Outermost, so that every other hook sees the seed. */
  @Override
  public int aroundPropertyProximity() {
    return -100;
  }
}
