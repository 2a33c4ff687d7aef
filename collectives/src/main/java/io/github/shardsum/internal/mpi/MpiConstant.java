package io.github.shardsum.internal.mpi;

/**
 * Handles that every MPI predefines: addresses of variables in Open MPI, numbers in the others.
 *
 * <p>Sources: mpi.h of Open MPI 4.1.4 and 5.0.11, of MPICH 4.0.2 and 5.0.2; mpi_abi.h of the MPI-5
 * standard (chapter 20) as MPICH 5.0.2 installs it.
 */
enum MpiConstant {
  COMM_WORLD("ompi_mpi_comm_world", 0x44000000, 0x101),
  COMM_SELF("ompi_mpi_comm_self", 0x44000001, 0x102),
  ERRORS_RETURN("ompi_mpi_errors_return", 0x54000001, 0x143),
  BYTE("ompi_mpi_byte", 0x4c00010d, 0x247),
  INT32("ompi_mpi_int32_t", 0x4c000439, 0x250),
  INT64("ompi_mpi_int64_t", 0x4c00083a, 0x258),
  FLOAT("ompi_mpi_float", 0x4c00040a, 0x210),
  DOUBLE("ompi_mpi_double", 0x4c00080b, 0x214),
  SUM("ompi_mpi_op_sum", 0x58000003, 0x21),
  MIN("ompi_mpi_op_min", 0x58000002, 0x22),
  MAX("ompi_mpi_op_max", 0x58000001, 0x23),
  PROD("ompi_mpi_op_prod", 0x58000004, 0x24);

  private final String openMpiSymbol;
  private final int mpich;
  private final int standard;

  MpiConstant(String openMpiSymbol, int mpich, int standard) {
    this.openMpiSymbol = openMpiSymbol;
    this.mpich = mpich;
    this.standard = standard;
  }

  String openMpiSymbol() {
    return openMpiSymbol;
  }

  int mpich() {
    return mpich;
  }

  int standard() {
    return standard;
  }
}
