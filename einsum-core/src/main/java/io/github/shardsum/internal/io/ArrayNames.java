package io.github.shardsum.internal.io;

import io.github.shardsum.tensor.Tensor;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Names of arrays in a file. */
public final class ArrayNames {
  /** The largest number of names that a message lists; a file may have thousands. */
  private static final int LISTED = 20;

  private ArrayNames() {}

  /** The error for a name that a file does not have. */
  public static IllegalArgumentException missing(
      FileLocation place, List<String> names, String name) {
    return new IllegalArgumentException(
        place + ": expected one of " + list(names) + ", got " + FileLocation.quote(name));
  }

  public static String list(List<String> names) {
    StringBuilder text = new StringBuilder("[");
    for (int i = 0; i < Math.min(LISTED, names.size()); i++) {
      text.append(i == 0 ? "" : ", ").append(FileLocation.quote(names.get(i)));
    }
    return text.append(names.size() > LISTED ? ", ... of " + names.size() + "]" : "]").toString();
  }

  /**
   * The tensors in their order, copied so that a concurrent change of the map cannot corrupt the
   * file.
   */
  public static Map<String, Tensor> checked(
      Map<String, Tensor> tensors, String format, int longest) {
    for (String name : tensors.keySet()) {
      int length = utf8(name, format).length;
      if (length == 0 || length > longest) {
        throw new IllegalArgumentException(
            format
                + ": expected a name of 1 to "
                + longest
                + " bytes, got "
                + length
                + " in "
                + FileLocation.quote(name));
      }
    }
    return new LinkedHashMap<>(tensors);
  }

  public static byte[] utf8(String name, String format) {
    try {
      var bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(name));
      byte[] array = new byte[bytes.remaining()];
      bytes.get(array);
      return array;
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(
          format + ": expected a name of whole Unicode characters, got " + FileLocation.quote(name),
          e);
    }
  }
}
