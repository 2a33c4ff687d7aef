package io.github.shardsum.cli.moe;

import java.util.List;
import java.util.Locale;
import tools.jackson.databind.JsonNode;

/** The names of the JSON members of a route job: a misspelling is refused. */
final class RouteJobMembers {
  /** Least length of a name that is compared: shorter names are near too many words. */
  private static final int LEAST_LENGTH = 5;

  private RouteJobMembers() {}

  /**
   * Refuses a member whose name is a misspelling of a known one: ignored, it would change the
   * answer without a word.
   *
   * @throws IllegalArgumentException if there is such a member
   */
  static void check(JsonNode job, List<String> known) {
    for (String name : job.propertyNames()) {
      for (String one : known) {
        if (!known.contains(name) && one.length() >= LEAST_LENGTH && isNear(name, one)) {
          throw new IllegalArgumentException(
              "job: must have member \"" + one + "\", got \"" + name + "\"");
        }
      }
    }
  }

  /**
   * Whether two names are equal apart from case, hyphens, underscores and one slip. A slip is a
   * letter that is missing, added or changed, or two neighbours that are swapped.
   */
  static boolean isNear(String name, String other) {
    String a = plain(name);
    String b = plain(other);
    int both = Math.min(a.length(), b.length());
    int head = 0;
    while (head < both && a.charAt(head) == b.charAt(head)) {
      head++;
    }
    int tail = 0;
    while (tail < both - head
        && a.charAt(a.length() - 1 - tail) == b.charAt(b.length() - 1 - tail)) {
      tail++;
    }
    String ofA = a.substring(head, a.length() - tail);
    String ofB = b.substring(head, b.length() - tail);
    boolean swapped = ofA.length() == 2 && ofB.contentEquals(new StringBuilder(ofA).reverse());
    return swapped || Math.max(ofA.length(), ofB.length()) <= 1;
  }

  private static String plain(String name) {
    return name.toLowerCase(Locale.ROOT).replaceAll("[-_]", "");
  }
}
