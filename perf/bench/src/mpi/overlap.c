/*
 * The overlap of OverlapBenchmark in C: a collective that does not block, a product of about its time, and the wait. With "thread" a
 * progress thread tests the request meanwhile, and sleeps while nothing is in flight: a thread that polls then would share the core of
 * the product alone too, and what it takes from there would count as hidden. Prints "name bytes t_pure t_cpu t_ovrl" in microseconds, medians over batches.
 * Built and run by perf/bench/overlap.
 */
#include <mpi.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 256, ROWS = 256, MOST_STEPS = 4096 };
enum { ALL_GATHER, REDUCE_SCATTER, KINDS };
enum { PURE, CPU, BOTH };

static const char *names[] = {"all-gather", "reduce-scatter"};
static float rows[ROWS][SIDE], matrix[SIDE][SIDE], sums[ROWS][SIDE];
static MPI_Request request;
static atomic_int in_flight, ends;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wakes = PTHREAD_COND_INITIALIZER;
static int threaded;

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void *progress(void *unused) {
  (void)unused;
  for (;;) {
    pthread_mutex_lock(&lock);
    while (!atomic_load(&in_flight) && !atomic_load(&ends)) pthread_cond_wait(&wakes, &lock);
    pthread_mutex_unlock(&lock);
    if (atomic_load(&ends)) return NULL;
    while (atomic_load(&in_flight)) {
      int done = 0;
      MPI_Test(&request, &done, MPI_STATUS_IGNORE);
      if (done) atomic_store(&in_flight, 0);
      else sched_yield();
    }
  }
}

static void wake(atomic_int *what) {
  pthread_mutex_lock(&lock);
  atomic_store(what, 1);
  pthread_cond_signal(&wakes);
  pthread_mutex_unlock(&lock);
}

static void product(int steps) {
  for (int step = 0; step < steps; step++) {
    memset(sums, 0, sizeof sums);
    for (int r = 0; r < ROWS; r += 4)
      for (int k = 0; k < SIDE; k++)
        for (int n = 0; n < SIDE; n++)
          for (int i = 0; i < 4; i++) sums[r + i][n] += rows[r + i][k] * matrix[k][n];
    __asm__ volatile("" ::: "memory");
  }
}

static void start(int kind, float *in, float *out, int part) {
  if (kind == ALL_GATHER)
    MPI_Iallgather(in, part, MPI_FLOAT, out, part, MPI_FLOAT, MPI_COMM_WORLD, &request);
  else
    MPI_Ireduce_scatter_block(in, out, part, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD, &request);
}

static void run(int what, int kind, float *in, float *out, int part, int steps) {
  if (what != CPU) {
    start(kind, in, out, part);
    if (threaded) wake(&in_flight);
  }
  if (what != PURE) product(steps);
  if (what == CPU) return;
  if (threaded)
    while (atomic_load(&in_flight)) sched_yield();
  else
    MPI_Wait(&request, MPI_STATUS_IGNORE);
}

static double median(int what, int kind, float *in, float *out, int part, int steps, int batches) {
  double times[batches];
  for (int batch = -batches; batch < batches; batch++) {
    MPI_Barrier(MPI_COMM_WORLD);
    double begin = MPI_Wtime();
    run(what, kind, in, out, part, steps);
    times[batch < 0 ? 0 : batch] = (MPI_Wtime() - begin) * 1e6;
  }
  qsort(times, batches, sizeof(double), ascending);
  return times[batches / 2];
}

int main(int count, char **arguments) {
  int rank, size, given, batches = atoi(arguments[2]);
  pthread_t thread;
  threaded = strcmp(arguments[1], "thread") == 0;
  MPI_Init_thread(&count, &arguments, threaded ? MPI_THREAD_MULTIPLE : MPI_THREAD_SINGLE, &given);
  if (threaded && given < MPI_THREAD_MULTIPLE) {
    fprintf(stderr, "MPI: expected MPI_THREAD_MULTIPLE\n");
    MPI_Abort(MPI_COMM_WORLD, 1);
  }
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  for (int i = 0; i < ROWS * SIDE; i++) ((float *)rows)[i] = 1;
  for (int i = 0; i < SIDE * SIDE; i++) ((float *)matrix)[i] = 1;
  if (threaded) pthread_create(&thread, NULL, progress, NULL);
  for (int bytes = 1 << 20; bytes <= 16 << 20; bytes *= 4) {
    float *in = aligned_alloc(64, bytes), *out = aligned_alloc(64, bytes);
    for (int i = 0; i < bytes / 4; i++) in[i] = 1, out[i] = 0;
    for (int kind = 0; kind < KINDS; kind++) {
      int part = bytes / 4 / size;
      double pure = median(PURE, kind, in, out, part, 0, batches), step = median(CPU, kind, in, out, part, 1, batches);
      double ratio = pure / step;
      MPI_Bcast(&ratio, 1, MPI_DOUBLE, 0, MPI_COMM_WORLD);
      int steps = ratio < 1 ? 1 : ratio > MOST_STEPS ? MOST_STEPS : (int)(ratio + 0.5);
      double cpu = median(CPU, kind, in, out, part, steps, batches);
      double both = median(BOTH, kind, in, out, part, steps, batches);
      float last = kind == ALL_GATHER ? out[size * part - 1] : out[part - 1];
      if (sums[ROWS - 1][SIDE - 1] != SIDE || last != (kind == ALL_GATHER ? 1 : size)) {
        fprintf(stderr, "%s: wrong result\n", names[kind]);
        MPI_Abort(MPI_COMM_WORLD, 1);
      }
      if (rank == 0) printf("%s %d %.1f %.1f %.1f\n", names[kind], bytes, pure, cpu, both);
    }
    free(in);
    free(out);
  }
  if (threaded) {
    wake(&ends);
    pthread_join(thread, NULL);
  }
  MPI_Finalize();
  return 0;
}
