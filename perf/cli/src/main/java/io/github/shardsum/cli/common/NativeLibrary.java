package io.github.shardsum.cli.common;

import java.util.List;

/**
 * A native library that Shardsum can use or be compared with. None is needed.
 *
 * @param name its usual name
 * @param files the names of its shared library, without the part after {@code .so}
 * @param use its purpose
 * @param remedy a way to get the library
 */
public record NativeLibrary(String name, List<String> files, String use, String remedy) {
  public static final List<NativeLibrary> ALL =
      List.of(
          new NativeLibrary(
              "OpenBLAS",
              List.of("libopenblas.so"),
              "a peer in benchmarks",
              "apt-get install libopenblas0-pthread"),
          new NativeLibrary(
              "BLIS", List.of("libblis.so"), "a peer in benchmarks", "apt-get install libblis4"),
          new NativeLibrary(
              "oneDNN",
              List.of("libdnnl.so"),
              "a peer in benchmarks",
              "apt-get install libdnnl-dev"),
          new NativeLibrary(
              "Open MPI",
              List.of("libmpi.so.40", "libmpi.so.80"),
              "collectives across processes",
              "apt-get install openmpi-bin libopenmpi-dev"),
          new NativeLibrary(
              "MPICH",
              List.of("libmpich.so", "libmpi.so.12"),
              "collectives across processes",
              "apt-get install mpich libmpich-dev"),
          new NativeLibrary(
              "libtpu",
              List.of("libtpu.so"),
              "programs on a TPU",
              "pip install libtpu, then set TPU_LIBRARY_PATH to its libtpu.so"),
          new NativeLibrary(
              "PJRT plugin",
              List.of("pjrt_c_api_cpu_plugin.so", "pjrt_plugin.so"),
              "programs through XLA on this machine",
              "set PJRT_NAMES_AND_LIBRARY_PATHS to cpu:PATH of a plugin's shared library (docs/tpu.md)"));
}
