package io.github.shardsum.pjrt;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A store that processes share by a folder. */
record FolderStore(Path folder) implements KeyValueStore {
  @Override
  public Optional<byte[]> get(byte[] key, Duration timeout) throws InterruptedException {
    long end = System.nanoTime() + timeout.toNanos();
    Optional<byte[]> value = tryGet(key);
    while (value.isEmpty() && System.nanoTime() < end) {
      TimeUnit.MILLISECONDS.sleep(5);
      value = tryGet(key);
    }
    return value;
  }

  @Override
  public Optional<byte[]> tryGet(byte[] key) {
    try {
      return Optional.of(Files.readAllBytes(file(key)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void put(byte[] key, byte[] value) {
    try {
      Path whole = Files.write(Files.createTempFile(folder, "put", ""), value);
      Files.move(whole, file(key), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path file(byte[] key) {
    return folder.resolve(HexFormat.of().formatHex(key));
  }
}
