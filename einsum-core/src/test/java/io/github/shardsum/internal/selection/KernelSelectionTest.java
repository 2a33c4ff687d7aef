package io.github.shardsum.internal.selection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.internal.kernel.Bf16Rows;
import io.github.shardsum.internal.kernel.BlockRows;
import io.github.shardsum.internal.kernel.ByteRows;
import io.github.shardsum.internal.kernel.DoubleArithmetic;
import io.github.shardsum.internal.kernel.DoubleRows;
import io.github.shardsum.internal.kernel.FloatArithmetic;
import io.github.shardsum.internal.kernel.FloatRows;
import io.github.shardsum.internal.kernel.Fma;
import io.github.shardsum.internal.kernel.GemmKernels;
import io.github.shardsum.internal.kernel.KernelSet;
import io.github.shardsum.internal.kernel.LongArithmetic;
import io.github.shardsum.internal.kernel.LongRows;
import io.github.shardsum.ops.KernelInfo;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The choice is that of the JVM the tests run in, and says so. */
class KernelSelectionTest {
  private static final String MODE = System.getProperty("shardsum.test.mode");

  @Test
  void theWidthIsThatOfTheMode() {
    KernelSet best = KernelSelection.best();
    if (MODE.equals("scalar") || !Fma.IN_HARDWARE) {
      assertSame(KernelSelection.scalar(), best);
    } else {
      assertEquals("vector-" + best.bits(), best.name());
      assertTrue(best.bits() >= 128 && best.bits() <= 512);
    }
    if (MODE.equals("128")) {
      assertEquals(128, best.bits());
    }
  }

  @Test
  void theChoiceIsMadeOnce() {
    assertSame(KernelSelection.best(), KernelSelection.best());
    assertSame(KernelSelection.made().kernels(), KernelSelection.best());
  }

  @Test
  void anUnknownWishIsWarnedOf() {
    for (String known : List.of("", "scalar", "vector")) {
      assertEquals(Optional.empty(), KernelSelection.complaint(known));
    }
    assertEquals(
        Optional.of("shardsum.kernels: expected scalar or vector, got \"Vector\"; it is ignored"),
        KernelSelection.complaint("Vector"));
  }

  @Test
  void theInfoHasAWidth() {
    IllegalArgumentException thrown =
        assertThrows(
            IllegalArgumentException.class,
            () -> new KernelInfo("scalar", -1, "none", Optional.empty()));
    assertEquals(
        "kernels: expected vectors of at least 0 bits, 0 for scalar, got -1", thrown.getMessage());
    assertThrows(
        NullPointerException.class, () -> new KernelInfo("scalar", 0, null, Optional.empty()));
  }

  @Test
  void theInfoNamesTheRemedyWhereTheModuleIsMissing() {
    KernelInfo info = KernelInfo.current();
    assertEquals(KernelSelection.best().name(), info.name());
    assertEquals(KernelSelection.best().bits(), info.vectorBits());
    assertFalse(info.reason().isEmpty());
    if (MODE.equals("scalar")) {
      assertTrue(info.toString().contains("--add-modules jdk.incubator.vector"), info::toString);
    }
  }

  /** Kernels of which one kind is another. */
  private record Changed(KernelSet rest, Bf16Rows bf16) implements KernelSet {
    @Override
    public String name() {
      return "changed";
    }

    @Override
    public int bits() {
      return 512;
    }

    @Override
    public FloatRows floats() {
      return rest.floats();
    }

    @Override
    public DoubleRows doubles() {
      return rest.doubles();
    }

    @Override
    public LongRows longs() {
      return rest.longs();
    }

    @Override
    public FloatArithmetic floatArithmetic() {
      return rest.floatArithmetic();
    }

    @Override
    public DoubleArithmetic doubleArithmetic() {
      return rest.doubleArithmetic();
    }

    @Override
    public LongArithmetic longArithmetic() {
      return rest.longArithmetic();
    }

    @Override
    public BlockRows blocks() {
      return rest.blocks();
    }

    @Override
    public ByteRows bytes() {
      return rest.bytes();
    }

    @Override
    public GemmKernels gemm() {
      return rest.gemm();
    }
  }

  /** Conversions that fail, or give the number before. */
  private record Wrong(boolean fails) implements Bf16Rows {
    @Override
    public void widen(short[] x, int xAt, float[] to, int toAt, int n) {
      KernelSelection.scalar().bf16().widen(x, xAt, to, toAt, n);
    }

    @Override
    public void narrow(float[] x, int xAt, short[] to, int toAt, int n) {
      if (fails) {
        throw new NoSuchMethodError("convertShape");
      }
      KernelSelection.scalar().bf16().narrow(x, xAt, to, toAt, n);
      to[toAt]--;
    }
  }

  @Test
  void theSelfTestPassesHere() {
    assertEquals(Optional.empty(), KernelInfo.selfTest());
    assertEquals(Optional.empty(), KernelSelfTest.failure(KernelSelection.scalar()));
  }

  @Test
  void onAnotherJdkTheSelfTestDecides() {
    KernelSet best = KernelSelection.best();
    KernelSelection passed = KernelSelection.trusted(26, best);
    assertSame(best, passed.kernels());
    assertTrue(passed.reason().endsWith("the self-test passed on JDK 26"), passed::reason);
    assertEquals(Optional.empty(), passed.remedy());
    KernelSelection failed = KernelSelection.trusted(26, new Changed(best, new Wrong(false)));
    assertSame(KernelSelection.scalar(), failed.kernels());
    assertEquals(
        "the self-test failed on JDK 26: conversion to bf16 and back differs from the plain loops",
        failed.reason());
    assertEquals(Optional.of("run it on JDK 25"), failed.remedy());
    KernelSelection gone = KernelSelection.trusted(26, new Changed(best, new Wrong(true)));
    assertSame(KernelSelection.scalar(), gone.kernels());
    assertTrue(gone.reason().contains("NoSuchMethodError: convertShape"), gone::reason);
  }

  @Test
  void onTheTriedJdkNoTimeIsSpentOnIt() {
    KernelSet broken = new Changed(KernelSelection.best(), new Wrong(true));
    assertSame(broken, KernelSelection.trusted(25, broken).kernels());
  }
}
