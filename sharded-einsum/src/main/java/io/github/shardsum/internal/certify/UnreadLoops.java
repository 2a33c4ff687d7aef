package io.github.shardsum.internal.certify;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The requests for bodies of loops that no output needs. Each is for one such loop of a plan, so
 * two loops cannot both fulfil a request that was made for one.
 */
final class UnreadLoops {
  private final Map<CheckedTerms.Body, List<CheckedRequest>> requests = new HashMap<>();

  /** For each request that a loop has, all requests that this loop fulfils. */
  private final IdentityHashMap<CheckedRequest, List<CheckedRequest>> taken =
      new IdentityHashMap<>();

  void add(CheckedTerms.Body loop, List<CheckedRequest> more) {
    requests.computeIfAbsent(loop, _ -> new ArrayList<>()).addAll(more);
  }

  /** The requests for loops that compute the same. */
  List<CheckedRequest> of(CheckedTerms.Body loop) {
    return requests.getOrDefault(loop, List.of());
  }

  List<CheckedRequest> all() {
    return requests.values().stream().flatMap(List::stream).toList();
  }

  /**
   * Assigns one of the requests to another loop of the plan; earlier loops may get other requests
   * than before.
   *
   * @param fulfilled the requests that the loop fulfils
   * @return whether each loop has a request of its own
   */
  boolean take(List<CheckedRequest> fulfilled) {
    return take(fulfilled, Collections.newSetFromMap(new IdentityHashMap<>()));
  }

  private boolean take(List<CheckedRequest> fulfilled, Set<CheckedRequest> tried) {
    for (CheckedRequest request : fulfilled) {
      if (tried.add(request)) {
        List<CheckedRequest> others = taken.get(request);
        if (others == null || take(others, tried)) {
          taken.put(request, fulfilled);
          return true;
        }
      }
    }
    return false;
  }
}
