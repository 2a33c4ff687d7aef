package io.github.shardsum.cli;

import java.io.IOException;
import java.io.OutputStream;

/** A pipe whose reader is gone, as behind {@code | head -1}. */
public final class ClosedPipe extends OutputStream {
  @Override
  public void write(int b) throws IOException {
    throw new IOException("Broken pipe");
  }
}
