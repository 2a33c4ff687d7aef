// HPTT's interface over plain loops, for whole tensors in row-major order: HPTT itself is in no package registry.
#define TRANSPOSE(name, T)                                                                          \
  void name(const int *perm, int dim, T alpha, const T *a, const int *sizes, const int *outerA,     \
            T beta, T *b, const int *outerB, int threads, int rowMajor) {                           \
    long strides[16], count = 1;                                                                    \
    for (int i = dim - 1; i >= 0; i--) {                                                            \
      strides[i] = count;                                                                           \
      count *= sizes[i];                                                                            \
    }                                                                                               \
    for (long at = 0; at < count; at++) {                                                           \
      long rest = at, from = 0;                                                                     \
      for (int i = dim - 1; i >= 0; i--) {                                                          \
        from += rest % sizes[perm[i]] * strides[perm[i]];                                           \
        rest /= sizes[perm[i]];                                                                     \
      }                                                                                             \
      b[at] = alpha * a[from] + (beta == 0 ? 0 : beta * b[at]);                                     \
    }                                                                                               \
  }

TRANSPOSE(sTensorTranspose, float)
TRANSPOSE(dTensorTranspose, double)
