package io.github.shardsum.internal.io;

import io.github.shardsum.io.TensorFileException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** The inflated bytes of a deflated region. Holds native memory until it is closed. */
public final class InflatedSource implements ByteSource, AutoCloseable {
  private static final int BLOCK = 1 << 16;

  private final FileLocation place;
  private final FileRange deflated;
  private final Inflater inflater = new Inflater(true);
  private final CRC32 crc = new CRC32();
  private long taken;

  public InflatedSource(FileRange deflated) {
    this.deflated = deflated;
    this.place = new FileLocation(deflated.place().file(), deflated.place().entry(), 0);
  }

  /** The location of the inflated bytes, whose offsets count from 0. */
  public FileLocation place() {
    return place;
  }

  @Override
  public void read(ByteBuffer into) throws IOException {
    while (into.hasRemaining()) {
      if (inflate(into) == 0) {
        throw broken("expected more bytes", "the end of the deflated ones");
      }
    }
  }

  /** Inflates some bytes; returns 0 only at the end. */
  private int inflate(ByteBuffer into) throws IOException {
    int from = into.position();
    try {
      while (into.position() == from && !inflater.finished()) {
        inflater.inflate(into);
        if (into.position() == from && !inflater.finished()) {
          feed();
        }
      }
    } catch (DataFormatException e) {
      throw broken("expected deflated bytes", "others (" + e.getMessage() + ")");
    }
    crc.update(into.slice(from, into.position() - from));
    return into.position() - from;
  }

  private void feed() throws IOException {
    int count = (int) Math.min(BLOCK, deflated.size() - taken);
    if (count == 0 || inflater.needsDictionary()) {
      throw broken("expected deflated bytes that end", "the end of the entry");
    }
    inflater.setInput(deflated.bytes(taken, count));
    taken += count;
  }

  /** Inflates the rest and checks its size and checksum, in a small buffer. */
  public void drain(long size, int wantedCrc) throws IOException {
    ByteBuffer block = ByteBuffer.allocate(BLOCK);
    int count;
    do {
      count = inflate(block.clear());
    } while (count > 0 && inflater.getBytesWritten() <= size);
    if (inflater.getBytesWritten() != size) {
      throw broken(
          "expected as many inflated bytes as the directory says (" + size + ")",
          inflater.finished() ? "the end" : "more");
    }
    if (inflater.getBytesRead() != deflated.size()) {
      throw deflated
          .place()
          .broken(
              "expected deflated bytes that fill their entry",
              inflater.getBytesRead(),
              deflated.size() - inflater.getBytesRead() + " more");
    }
    ChecksummedSource.check(place, crc, wantedCrc);
  }

  private TensorFileException broken(String rule, String found) {
    return place.broken(rule, inflater.getBytesWritten(), found);
  }

  @Override
  public void close() {
    inflater.end();
  }
}
