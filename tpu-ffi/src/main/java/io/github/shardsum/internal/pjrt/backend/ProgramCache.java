package io.github.shardsum.internal.pjrt.backend;

import io.github.shardsum.program.Program;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/** A cache of compiled programs, with the number of executables that use each. Thread-safe. */
public final class ProgramCache {
  private static final int MOST_UNUSED = 32;

  private static final class Entry {
    final CompiledProgram compiled;
    int uses;

    Entry(CompiledProgram compiled) {
      this.compiled = compiled;
    }
  }

  private final Lock lock = new ReentrantLock();

  /** The cached programs, the least recently taken first. */
  private final Map<Program, Entry> entries = new LinkedHashMap<>();

  private boolean closed;

  public ProgramCache() {}

  /**
   * Takes a program, compiled now or earlier, which must be given back. Programs are compiled one
   * at a time.
   */
  public CompiledProgram take(Program program, Function<Program, CompiledProgram> compile) {
    lock.lock();
    try {
      if (closed) {
        throw new IllegalStateException("backend: is closed; use it before close()");
      }
      Entry known = entries.remove(program);
      Entry entry = known == null ? new Entry(compile.apply(program)) : known;
      entries.put(program, entry);
      entry.uses++;
      return entry.compiled;
    } finally {
      lock.unlock();
    }
  }

  /** Gives a program back. */
  public void give(CompiledProgram compiled) {
    lock.lock();
    try {
      for (Entry entry : entries.values()) {
        if (entry.compiled == compiled) {
          entry.uses--;
        }
      }
      evicted().forEach(CompiledProgram::close);
    } finally {
      lock.unlock();
    }
  }

  private List<CompiledProgram> evicted() {
    long unused = entries.values().stream().filter(entry -> entry.uses == 0).count();
    long over = closed ? unused : unused - MOST_UNUSED;
    List<CompiledProgram> gone = new ArrayList<>();
    for (Iterator<Entry> each = entries.values().iterator(); each.hasNext() && over > 0; ) {
      Entry entry = each.next();
      if (entry.uses == 0) {
        each.remove();
        gone.add(entry.compiled);
        over--;
      }
    }
    return gone;
  }

  /** Closes the programs that are not in use. A program in use is closed when it is given back. */
  public void close() {
    lock.lock();
    try {
      closed = true;
      evicted().forEach(CompiledProgram::close);
    } finally {
      lock.unlock();
    }
  }
}
