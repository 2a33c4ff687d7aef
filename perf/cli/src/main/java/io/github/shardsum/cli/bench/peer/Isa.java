package io.github.shardsum.cli.bench.peer;

import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The instruction set to which the flags of this JVM restrict all competitors. */
public enum Isa {
  /** All instructions of the processor. */
  NATIVE,

  /** 256-bit vectors. */
  AVX2;

  /** The flag that restricts this JVM, and by {@link #flags()} those of peers. */
  private static final String FLAG = "-XX:UseAVX=2";

  /** The instruction set of this JVM: of a peer it is the same. */
  public static Isa ofThisJvm() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().contains(FLAG) ? AVX2 : NATIVE;
  }

  /**
   * Environment variables that restrict a peer to this instruction set. A library reads them when
   * it is loaded. An empty value removes a variable. NumPy's newer and older names of its levels
   * are both given, since it ignores names that it does not know. BLIS reads the number of an
   * architecture, which differs between versions, and ends the process if it has no such kernels;
   * so the user must give it.
   */
  Map<String, String> variables() {
    return switch (this) {
      case NATIVE -> Map.of();
      case AVX2 ->
          Map.of(
              "OPENBLAS_CORETYPE",
              "Haswell",
              "BLIS_ARCH_TYPE",
              Objects.requireNonNullElse(System.getenv("BLIS_ARCH_TYPE"), ""),
              "ONEDNN_MAX_CPU_ISA",
              "AVX2",
              "MKL_ENABLE_INSTRUCTIONS",
              "AVX2",
              "ATEN_CPU_CAPABILITY",
              "avx2",
              "FAISS_OPT_LEVEL",
              "avx2",
              "NPY_DISABLE_CPU_FEATURES",
              "X86_V4 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR");
    };
  }

  /** Flags of a JVM that is restricted to it. */
  public List<String> flags() {
    return this == AVX2 ? List.of(FLAG) : List.of();
  }
}
