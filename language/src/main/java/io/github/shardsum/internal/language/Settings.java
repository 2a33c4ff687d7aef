package io.github.shardsum.internal.language;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Settings of a file by name, with their types checked as they are read. Names that nothing has
 * read are known, so that a setting without effect can be refused. Not thread-safe.
 */
final class Settings {
  private final String place;
  private final Map<String, Object> values;
  private final Map<String, String> names;
  private final Set<String> read = new HashSet<>();

  /**
   * Settings.
   *
   * @param place the file and the path of the settings in it, for errors
   * @param values Boolean, Long, Double, String, List or Map by the file's name
   * @param names the file's names of settings that are asked for by others; errors have them
   */
  Settings(String place, Map<String, Object> values, Map<String, String> names) {
    this.place = place;
    this.values = values;
    this.names = names;
  }

  /** The settings of a file of JSON. */
  static Settings of(Path file) throws IOException {
    return new Settings(file.toString(), Json.read(file), Map.of());
  }

  private String key(String name) {
    return names.getOrDefault(name, name);
  }

  /** The error of a setting that must be something else. */
  IllegalArgumentException wrong(String name, String rule, Object got) {
    return new IllegalArgumentException(
        place + ": " + key(name) + " must be " + rule + ", got " + got);
  }

  private <T> Optional<T> optional(String name, Class<T> type, String rule) {
    read.add(key(name));
    Object value = values.get(key(name));
    if (value == null) {
      return Optional.empty();
    }
    if (!type.isInstance(value)) {
      throw wrong(name, rule, value);
    }
    return Optional.of(type.cast(value));
  }

  private <T> T required(String name, Optional<T> value) {
    return value.orElseThrow(() -> wrong(name, "there", "nothing"));
  }

  /** A whole number from 0 to 2^31 - 1. */
  Optional<Integer> whole(String name) {
    return optional(name, Long.class, "a whole number")
        .map(
            value -> {
              if (value < 0 || value > Integer.MAX_VALUE) {
                throw wrong(name, "0 to 2^31 - 1", value);
              }
              return value.intValue();
            });
  }

  int needWhole(String name) {
    return required(name, whole(name));
  }

  Optional<Double> number(String name) {
    return optional(name, Number.class, "a number").map(Number::doubleValue);
  }

  double needNumber(String name) {
    return required(name, number(name));
  }

  Optional<Boolean> flag(String name) {
    return optional(name, Boolean.class, "true or false");
  }

  boolean isOn(String name) {
    return flag(name).orElse(false);
  }

  Optional<String> text(String name) {
    return optional(name, String.class, "a text");
  }

  String needText(String name) {
    return required(name, text(name));
  }

  /** The elements of a list, all of one type. */
  <T> Optional<List<T>> list(String name, Class<T> type) {
    return optional(name, List.class, "a list")
        .map(
            list -> {
              List<T> checked = new ArrayList<>();
              for (Object each : (List<?>) list) {
                if (!type.isInstance(each)) {
                  throw wrong(name, "a list of " + type.getSimpleName(), each);
                }
                checked.add(type.cast(each));
              }
              return checked;
            });
  }

  /** Settings under a name. */
  Optional<Settings> group(String name) {
    return optional(name, Map.class, "an object")
        .map(map -> new Settings(place + ": " + key(name), of(map), names));
  }

  /** Settings under a name, which must be there. */
  Settings need(String name) {
    return required(name, group(name));
  }

  /** The settings of a list of objects. */
  List<Settings> groups(String name) {
    return list(name, Map.class).orElse(List.of()).stream()
        .map(map -> new Settings(place + ": " + key(name), of(map), names))
        .toList();
  }

  /** All names with their values. */
  Map<String, Object> values() {
    return values;
  }

  private static Map<String, Object> of(Map<?, ?> map) {
    Map<String, Object> named = new LinkedHashMap<>();
    map.forEach((key, value) -> named.put((String) key, value));
    return named;
  }

  /** Refuses a value other than the given one; a setting that is absent has it. */
  void must(String name, Object only) {
    read.add(key(name));
    Object value = values.getOrDefault(key(name), only);
    boolean same =
        (only instanceof Number wanted && value instanceof Number number)
            ? wanted.doubleValue() == number.doubleValue()
            : only.equals(value);
    if (!same) {
      throw wrong(name, only + " to be supported", value);
    }
  }

  /** Refuses settings that were not read and are not known to be without effect. */
  void checkRead(Set<String> harmless) {
    for (String name : values.keySet()) {
      if (!read.contains(name) && !harmless.contains(name)) {
        throw wrong(name, "absent, since it is not supported", values.get(name));
      }
    }
  }

  @Override
  public String toString() {
    return place;
  }
}
