/* Rows of a table, as a C programmer would write it. */
#include <stdint.h>
#include <string.h>

void gather_rows(const float *table, const int64_t *index, float *out, int64_t rows, int64_t width) {
  for (int64_t row = 0; row < rows; row++) {
    memcpy(out + row * width, table + index[row] * width, width * sizeof(float));
  }
}
