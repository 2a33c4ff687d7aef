/* Peers of MoeLayerComparison: rows of tokens gathered, rows of tokens summed, memory read. Each on some threads, which take blocks of
   rows from a counter and meet after each call. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#ifdef __AVX__
#include <immintrin.h>
#endif

enum { GATHER, GATHER_STREAM, COMBINE, COMBINE_STREAM, READ };
enum { BLOCK = 64, WORDS = 8192, AWAKE = 2000 };

struct job {
  int kind, threads;
  long calls, count, width;
  const float *x;
  const int *index;
  float *out;
  atomic_long next;
  atomic_int arrived, meetings;
  atomic_ullong sum;
};

/* Whether there are stores past the caches, of rows of a multiple of this many elements. */
long moe_rows_stream(void) {
#ifdef __AVX__
  return 8;
#else
  return 0;
#endif
}

static void copy_stream(float *restrict to, const float *restrict from, long n) {
#ifdef __AVX__
  for (long i = 0; i < n; i += 8) _mm256_stream_ps(to + i, _mm256_loadu_ps(from + i));
#else
  memcpy(to, from, n * sizeof *to);
#endif
}

static void gather(struct job *job, long begin, long end, int stream) {
  long width = job->width;
  for (long row = begin; row < end; row++) {
    const float *from = job->x + job->index[row] * width;
    if (stream) copy_stream(job->out + row * width, from, width);
    else memcpy(job->out + row * width, from, width * sizeof *from);
  }
}

/* out = a + b */
static void sum_two(float *restrict out, const float *restrict a, const float *restrict b, long n, int stream) {
#ifdef __AVX__
  if (stream) {
    for (long i = 0; i < n; i += 8) _mm256_stream_ps(out + i, _mm256_add_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i)));
    return;
  }
#endif
  for (long i = 0; i < n; i++) out[i] = a[i] + b[i];
}

static void combine(struct job *job, long begin, long end, int stream) {
  long width = job->width;
  for (long token = begin; token < end; token++) {
    const int *row = job->index + 2 * token;
    sum_two(job->out + token * width, job->x + row[0] * width, job->x + row[1] * width, width, stream);
  }
}

static void read_words(struct job *job, long begin, long end) {
  const uint64_t *x = (const uint64_t *)job->x;
  uint64_t sum = 0;
  for (long i = begin; i < end; i++) sum += x[i];
  atomic_fetch_add(&job->sum, sum);
}

static void call(struct job *job) {
  long block = job->kind == READ ? WORDS : BLOCK;
  for (;;) {
    long begin = atomic_fetch_add(&job->next, block), end = begin + block;
    if (begin >= job->count) break;
    if (end > job->count) end = job->count;
    switch (job->kind) {
      case GATHER: gather(job, begin, end, 0); break;
      case GATHER_STREAM: gather(job, begin, end, 1); break;
      case COMBINE: combine(job, begin, end, 0); break;
      case COMBINE_STREAM: combine(job, begin, end, 1); break;
      default: read_words(job, begin, end);
    }
  }
#ifdef __AVX__
  if (job->kind == GATHER_STREAM || job->kind == COMBINE_STREAM) _mm_sfence();
#endif
}

static void meet(struct job *job) {
  int meeting = atomic_load(&job->meetings);
  if (atomic_fetch_add(&job->arrived, 1) + 1 == job->threads) {
    atomic_store(&job->arrived, 0);
    atomic_store(&job->next, 0);
    atomic_fetch_add(&job->meetings, 1);
    return;
  }
  for (int i = 0; atomic_load(&job->meetings) == meeting; i++)
    if (i > AWAKE) sched_yield();
}

static void *work(void *given) {
  struct job *job = given;
  for (long i = 0; i < job->calls; i++) {
    call(job);
    meet(job);
  }
  return NULL;
}

/* Makes the calls; the sum of what was read, or 0; all ones if a thread cannot be started. */
unsigned long long moe_rows_run(int kind, int threads, long calls, long count, long width, const float *x, const int *index,
                                float *out) {
  struct job job = {.kind = kind, .threads = threads, .calls = calls, .count = count, .width = width, .x = x, .index = index,
                    .out = out};
  if (threads < 1 || threads > 64) return ~0ULL;
  pthread_t others[64];
  for (int i = 1; i < threads; i++)
    if (pthread_create(&others[i], NULL, work, &job)) return ~0ULL;
  work(&job);
  for (int i = 1; i < threads; i++) pthread_join(others[i], NULL);
  return atomic_load(&job.sum);
}
