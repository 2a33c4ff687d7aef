package io.github.shardsum.cli.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class MoeSampleTextTest {
  @Test
  void theNamesAreInOverAHundredLanguagesAndAlwaysInOneOrder() {
    AtomicInteger done = new AtomicInteger();
    MoeSampleText text = MoeSampleText.gather(Workers.sequential(), done::addAndGet);
    assertEquals(MoeSampleText.languageCount(), done.get());
    assertTrue(text.languages() > 100, text.languages() + " languages");
    List<String> names = new String(text.bytes(), StandardCharsets.UTF_8).lines().toList();
    for (String name : List.of("German", "Deutsch", "allemand", "Schweiz", "日本円", "اليابان")) {
      assertTrue(names.contains(name), name);
    }
    try (Workers workers = Workers.of(2)) {
      assertArrayEquals(text.bytes(), MoeSampleText.gather(workers, _ -> {}).bytes());
    }
  }
}
