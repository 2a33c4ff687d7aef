package io.github.shardsum.internal.einsum;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.tensor.Operand;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/** The compiled einsums behind {@link Einsum#einsum}; thread-safe, bounded. */
public final class PlanCache {
  /** The largest number of plans kept. One more empties the cache; plans in use soon return. */
  public static final int MOST = 1024;

  private static final ConcurrentHashMap<Key, Einsum> PLANS = new ConcurrentHashMap<>();

  private PlanCache() {}

  private record Key(String equation, List<OperandSpec> operands) {
    // Written out, since a JVM takes 10 ms to generate the first such method of a record.
    @Override
    public boolean equals(Object other) {
      return other instanceof Key that
          && equation.equals(that.equation)
          && operands.equals(that.operands);
    }

    @Override
    public int hashCode() {
      return 31 * equation.hashCode() + operands.hashCode();
    }
  }

  public static Einsum get(String equation, Operand... operands) {
    Key key =
        new Key(Objects.requireNonNull(equation, "equation"), List.of(OperandSpec.like(operands)));
    Einsum known = PLANS.get(key);
    if (known != null) {
      return known;
    }
    Einsum fresh =
        Einsum.compile(
            equation, EinsumOptions.defaults(), key.operands().toArray(OperandSpec[]::new));
    if (PLANS.size() >= MOST) {
      PLANS.clear();
    }
    PLANS.put(key, fresh);
    return fresh;
  }
}
