package io.github.shardsum.internal.io;

import io.github.shardsum.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The header of a safetensors file: a length and a JSON object, checked against the file and
 * against itself.
 *
 * @param tensors the tensors by name, in the order of their bytes
 */
public record SafetensorsHeader(
    Map<String, SafetensorsInfo> tensors, Map<String, String> metadata, long dataOffset) {
  public static final String METADATA = "__metadata__";

  /** The format's own limit. */
  private static final long LONGEST = 100_000_000;

  public static SafetensorsHeader read(FileRange file) throws IOException {
    FileLocation place = file.place();
    if (file.size() < 8) {
      throw place.broken("expected 8 bytes of header length", 0, file.size() + " bytes");
    }
    byte[] start = file.bytes(0, 8);
    long length = ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).getLong();
    long longest = Math.min(LONGEST, file.size() - 8);
    if (length < 0 || length > longest) {
      throw place.broken(
          "expected a header of at most " + longest + " bytes",
          0,
          "a length of " + Long.toUnsignedString(length) + FileStart.remark(start, file.size()));
    }
    FileHeaderJson json = FileHeaderJson.of(place, 8, file.bytes(8, (int) length));
    Parser parser = new Parser(json);
    parser.parse();
    Map<String, SafetensorsInfo> tensors = inOrder(parser.tensors);
    checkCover(place, tensors, file.size() - 8 - length, 8 + length);
    return new SafetensorsHeader(tensors, parser.metadata, 8 + length);
  }

  private static Map<String, SafetensorsInfo> inOrder(Map<String, SafetensorsInfo> tensors) {
    List<SafetensorsInfo> infos = new ArrayList<>(tensors.values());
    infos.sort(
        Comparator.comparingLong(SafetensorsInfo::start).thenComparingLong(SafetensorsInfo::end));
    Map<String, SafetensorsInfo> ordered = new LinkedHashMap<>();
    infos.forEach(info -> ordered.put(info.name(), info));
    return ordered;
  }

  /** Checks that the tensors follow one another and fill the data: no hole, no overlap, no rest. */
  private static void checkCover(
      FileLocation place, Map<String, SafetensorsInfo> tensors, long size, long dataOffset) {
    long end = 0;
    for (SafetensorsInfo info : tensors.values()) {
      if (info.start() != end || info.end() < info.start()) {
        throw place.broken(
            "expected offsets of tensor "
                + FileLocation.quote(info.name())
                + " that begin at "
                + end
                + " (no hole, no overlap)",
            info.offset(),
            "[" + info.start() + ", " + info.end() + "]");
      }
      if (!info.fits()) {
        throw place.broken(
            "expected as many bytes as shape "
                + info.shape()
                + " of "
                + info.dtype()
                + " has for "
                + "tensor "
                + FileLocation.quote(info.name()),
            info.offset(),
            info.end() - info.start() + " bytes");
      }
      end = info.end();
    }
    if (end != size) {
      throw place.broken(
          "expected data of " + end + " bytes, as the header says", dataOffset, size + " bytes");
    }
  }

  /** Reads the object; the depth of the grammar is fixed, so nothing recurses. */
  private static final class Parser {
    private final FileHeaderJson json;
    private final Map<String, SafetensorsInfo> tensors = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();

    Parser(FileHeaderJson json) {
      this.json = json;
    }

    void parse() {
      boolean metadataSeen = false;
      json.object();
      for (String name : json.keys()) {
        if (!name.equals(METADATA)) {
          json.once(!tensors.containsKey(name));
          tensors.put(name, tensor(name));
        } else {
          json.once(!metadataSeen);
          metadataSeen = true;
          metadata();
        }
      }
      json.end();
    }

    private void metadata() {
      json.object();
      for (String key : json.keys()) {
        json.once(!metadata.containsKey(key));
        metadata.put(key, json.string());
      }
    }

    private SafetensorsInfo tensor(String name) {
      long offset = json.object();
      String dtype = "";
      List<Long> shape = List.of();
      List<Long> range = List.of();
      List<String> seen = new ArrayList<>();
      for (String key : json.keys()) {
        json.once(!seen.contains(key));
        seen.add(key);
        switch (key) {
          case "dtype" -> dtype = dtype();
          case "shape" -> shape = json.naturals();
          case "data_offsets" -> range = json.naturals();
          default ->
              throw json.broken("expected dtype, shape or data_offsets", FileLocation.quote(key));
        }
      }
      if (seen.size() != 3 || range.size() != 2) {
        throw json.brokenAt(
            offset,
            "expected a dtype, a shape and data_offsets of two numbers for tensor "
                + FileLocation.quote(name),
            seen + ", " + range.size() + " offsets");
      }
      return new SafetensorsInfo(
          name, dtype, shape(shape, offset), range.get(0), range.get(1), offset);
    }

    private String dtype() {
      String dtype = json.string();
      if (!SafetensorsInfo.isDType(dtype)) {
        throw json.broken(
            "expected a dtype of the format such as \"F32\"", FileLocation.quote(dtype));
      }
      return dtype;
    }

    private Shape shape(List<Long> sizes, long offset) {
      try {
        return Shape.of(sizes.stream().mapToLong(Long::longValue).toArray());
      } catch (IllegalArgumentException tooMany) {
        throw json.brokenAt(offset, "expected a shape of fewer than 2^62 elements", sizes);
      }
    }
  }
}
