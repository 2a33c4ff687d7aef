/*
 * The collectives of MpiBenchmark in C, over the same bytes and in as many repetitions: what the MPI
 * library alone takes, up to the bytes given and in
 * as many batches. Prints "name bytes microseconds", the median over batches of their mean.
 * Built and run by perf/bench/mpi.
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SMALLEST = 64 << 10 };

static const char *names[] = {"all-to-all", "all-gather", "permute", "reduce-scatter", "all-reduce"};
enum { ALL_TO_ALL, ALL_GATHER, PERMUTE, REDUCE_SCATTER, ALL_REDUCE, KINDS };

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void run(int kind, char *in, char *out, int bytes, int rank, int size) {
  int floats = bytes / 4, part = floats / size;
  switch (kind) {
    case ALL_TO_ALL:
      MPI_Alltoall(in, part, MPI_FLOAT, out, part, MPI_FLOAT, MPI_COMM_WORLD);
      break;
    case ALL_GATHER:
      MPI_Allgather(in, part, MPI_FLOAT, out, part, MPI_FLOAT, MPI_COMM_WORLD);
      break;
    case PERMUTE:
      MPI_Sendrecv(in, floats, MPI_FLOAT, (rank + 1) % size, 0, out, floats, MPI_FLOAT, (rank + size - 1) % size, 0,
                   MPI_COMM_WORLD, MPI_STATUS_IGNORE);
      break;
    case REDUCE_SCATTER:
      MPI_Reduce_scatter_block(in, out, part, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
      break;
    default:
      MPI_Allreduce(in, out, floats, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
  }
}

int main(int count, char **arguments) {
  int rank, size, largest = atoi(arguments[1]), batches = atoi(arguments[2]);
  MPI_Init(&count, &arguments);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  char *in = aligned_alloc(64, largest), *out = aligned_alloc(64, largest);
  memset(in, 1, largest);
  memset(out, 1, largest);
  for (int bytes = SMALLEST; bytes <= largest; bytes *= 4) {
    int repetitions = (64 << 20) / bytes < 400 ? (64 << 20) / bytes : 400;
    for (int kind = 0; kind < KINDS; kind++) {
      double times[batches];
      for (int batch = -batches / 3; batch < batches; batch++) {
        MPI_Barrier(MPI_COMM_WORLD);
        double begin = MPI_Wtime();
        for (int i = 0; i < repetitions; i++) run(kind, in, out, bytes, rank, size);
        if (batch >= 0) times[batch] = (MPI_Wtime() - begin) / repetitions;
      }
      qsort(times, batches, sizeof(double), ascending);
      if (rank == 0) printf("%s %d %.3f\n", names[kind], bytes, times[batches / 2] * 1e6);
    }
  }
  MPI_Finalize();
  return 0;
}
