package io.github.shardsum.einsum;

import io.github.shardsum.tensor.Operand;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/** The compiled einsums behind {@link Einsum#einsum}; thread-safe, bounded. */
final class PlanCache {
  /** Most plans kept; one more empties the cache, so that plans in use come back soon. */
  static final int MOST = 1024;

  private static final ConcurrentHashMap<Key, Einsum> PLANS = new ConcurrentHashMap<>();

  private PlanCache() {}

  private record Key(String equation, List<Signature> operands) {}

  private static List<Signature> signatures(Operand[] operands) {
    Signature[] signatures = new Signature[operands.length];
    for (int i = 0; i < operands.length; i++) {
      signatures[i] = Signature.of(operands[i]);
    }
    return List.of(signatures);
  }

  static Einsum get(String equation, Operand... operands) {
    Key key = new Key(equation, signatures(operands));
    Einsum known = PLANS.get(key);
    if (known != null) {
      return known;
    }
    Einsum fresh =
        Einsum.compile(Equation.parse(equation), EinsumOptions.defaults(), key.operands());
    if (PLANS.size() >= MOST) {
      PLANS.clear();
    }
    PLANS.put(key, fresh);
    return fresh;
  }
}
