/*
 * The limits of a machine, measured in C; Shardsum's own probes are compared with them.
 *
 *     cc -O3 -march=native -ffast-math -pthread limits.c -o limits && ./limits THREADS [NAME=BYTES]...
 *
 * Prints a line "NAME RATE" for each limit: multiply-adds on registers (FLOP/s, two a multiply-add), and for each NAME=BYTES how
 * fast BYTES a thread are read, multiplied, copied and filled (bytes/s, those read and written alike). All threads begin together;
 * the fastest of many runs counts. "streaming" is a fill that goes past the caches, which no Java code can do.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__AVX512F__)
#define WIDTH 64
#elif defined(__AVX__)
#define WIDTH 32
#else
#define WIDTH 16
#endif
#define CHAINS 12          /* latency 4 and two units a cycle want 8 chains; register files have room for 12 */
#define STEPS 40000
#define STREAMS 4          /* hardware prefetches stop at a page's end; other streams go on meanwhile */
#define LEAST_RUN_BYTES (4 << 20) /* a larger footprint is moved whole: its parts may still be in a cache */
#define SECONDS 0.3

typedef float singles __attribute__((vector_size(WIDTH), aligned(WIDTH)));
typedef double doubles __attribute__((vector_size(WIDTH), aligned(WIDTH)));
typedef int integers __attribute__((vector_size(WIDTH), aligned(WIDTH)));

enum kind { SINGLES, DOUBLES, READ, TRIAD, COPY, FILL, STREAMING, KINDS };
static const char *const NAMES[] = {"f32", "f64", "read", "triad", "copy", "fill", "streaming"};
static const int ARRAYS[] = {0, 0, 1, 3, 2, 1, 1};

struct task {
  enum kind kind;
  size_t elements, sweeps;
  float *arrays[3];
  volatile double result;
};

static int threads;
static pthread_barrier_t barrier;
static struct task *tasks;
static volatile int over;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

#define MULTIPLY_ADDS(vector, scalar)                       \
  vector x[CHAINS], a, b, sum;                              \
  for (size_t l = 0; l < WIDTH / sizeof(scalar); l++) {     \
    a[l] = (scalar)0.999, b[l] = (scalar)0.001, sum[l] = 0; \
  }                                                         \
  for (int c = 0; c < CHAINS; c++) x[c] = a * (scalar)c;    \
  for (int s = 0; s < STEPS; s++) {                         \
    _Pragma("GCC unroll 12") for (int c = 0; c < CHAINS; c++) x[c] = x[c] * a + b; \
  }                                                         \
  for (int c = 0; c < CHAINS; c++) sum += x[c];             \
  return sum[0];

static double singles_run(void) { MULTIPLY_ADDS(singles, float) }
static double doubles_run(void) { MULTIPLY_ADDS(doubles, double) }

/* Each stream its own stretch of memory and its own sums. */
static double read_run(const float *from, size_t n) {
  size_t part = n / STREAMS / (2 * WIDTH / 4) * (2 * WIDTH / 4);
  integers sums[2 * STREAMS];
  memset(sums, 0, sizeof sums);
  for (size_t i = 0; i < part; i += 2 * WIDTH / 4) {
    _Pragma("GCC unroll 4") for (int s = 0; s < STREAMS; s++) {
      sums[2 * s] += *(const integers *)(from + s * part + i);
      sums[2 * s + 1] += *(const integers *)(from + s * part + i + WIDTH / 4);
    }
  }
  for (int s = 1; s < 2 * STREAMS; s++) sums[0] += sums[s];
  return sums[0][0];
}

static void triad_run(const float *restrict a, const float *restrict b, float *restrict c, size_t n) {
  for (size_t i = 0; i < n; i++) c[i] = a[i] * b[i];
}

/* As plain stores: memcpy and memset would stream from some size on. */
static void copy_run(const float *restrict a, float *restrict b, size_t n) {
  for (size_t i = 0; i < n; i += WIDTH / 4) {
    *(singles *)(b + i) = *(const singles *)(a + i);
    __asm__("" ::: "memory");
  }
}

static void fill_run(float *a, size_t n) {
  singles one = {1};
  for (size_t i = 0; i < n; i += WIDTH / 4) {
    *(singles *)(a + i) = one;
    __asm__("" ::: "memory");
  }
}

#ifdef __x86_64__
#include <immintrin.h>
static void streaming_run(float *a, size_t n) {
  __m128 one = _mm_set1_ps(1);
  for (size_t i = 0; i < n; i += 4) _mm_stream_ps(a + i, one);
  _mm_sfence();
}
#else
static void streaming_run(float *a, size_t n) { memset(a, 1, 4 * n); }
#endif

static void run(struct task *t) {
  if (t->kind == SINGLES) t->result = singles_run();
  if (t->kind == DOUBLES) t->result = doubles_run();
  for (size_t sweep = 0; sweep < t->sweeps; sweep++) {
    float *a = t->arrays[0];
    switch (t->kind) {
      case READ: t->result = read_run(a, t->elements); break;
      case TRIAD: triad_run(a, t->arrays[1], t->arrays[2], t->elements); break;
      case COPY: copy_run(a, t->arrays[1], t->elements); break;
      case FILL: fill_run(a, t->elements); break;
      default: streaming_run(a, t->elements);
    }
  }
}

static void *follow(void *task) {
  for (;;) {
    pthread_barrier_wait(&barrier);
    if (over) return NULL;
    run(task);
    pthread_barrier_wait(&barrier);
  }
}

static double best(void) {
  pthread_t others[threads];
  over = 0;
  pthread_barrier_init(&barrier, NULL, threads);
  for (int i = 1; i < threads; i++) pthread_create(&others[i], NULL, follow, &tasks[i]);
  double fastest = 1e9, begin = now();
  while (now() - begin < SECONDS) {
    double start = now();
    if (threads > 1) pthread_barrier_wait(&barrier);
    run(&tasks[0]);
    if (threads > 1) pthread_barrier_wait(&barrier);
    double took = now() - start;
    if (took < fastest) fastest = took;
  }
  over = 1;
  if (threads > 1) pthread_barrier_wait(&barrier);
  for (int i = 1; i < threads; i++) pthread_join(others[i], NULL);
  return fastest;
}

static double bandwidth(enum kind kind, size_t bytes) {
  size_t lines = 1 << 10; /* elements: a multiple of every vector and stream */
  size_t elements = bytes / 4 / ARRAYS[kind] / lines * lines;
  if (elements == 0) elements = lines;
  size_t sweeps = (LEAST_RUN_BYTES / 4 / ARRAYS[kind] + elements - 1) / elements;
  for (int i = 0; i < threads; i++) {
    tasks[i] = (struct task){kind, elements, sweeps, {0}, 0};
    for (int a = 0; a < ARRAYS[kind]; a++) {
      if (posix_memalign((void **)&tasks[i].arrays[a], 4096, 4 * elements)) exit(3);
      memset(tasks[i].arrays[a], 0, 4 * elements);
    }
  }
  double moved = 4.0 * ARRAYS[kind] * elements * sweeps * threads;
  double rate = moved / best();
  for (int i = 0; i < threads; i++) {
    for (int a = 0; a < ARRAYS[kind]; a++) free(tasks[i].arrays[a]);
  }
  return rate;
}

static double flops(enum kind kind) {
  for (int i = 0; i < threads; i++) tasks[i] = (struct task){.kind = kind};
  double lanes = WIDTH / (kind == SINGLES ? 4.0 : 8.0);
  return 2.0 * lanes * CHAINS * STEPS * threads / best();
}

int main(int count, char **words) {
  if (count < 2 || (threads = atoi(words[1])) < 1) {
    fprintf(stderr, "usage: limits THREADS [NAME=BYTES]...\n");
    return 2;
  }
  tasks = calloc(threads, sizeof *tasks);
  for (enum kind kind = SINGLES; kind <= DOUBLES; kind++) printf("%s %.6e\n", NAMES[kind], flops(kind));
  for (int i = 2; i < count; i++) {
    char *bytes = strchr(words[i], '=');
    if (!bytes) continue;
    *bytes++ = 0;
    for (enum kind kind = READ; kind < KINDS; kind++) {
      printf("%s %s %.6e\n", NAMES[kind], words[i], bandwidth(kind, strtoull(bytes, NULL, 10)));
    }
  }
  return 0;
}
