package io.github.shardsum.internal.memory;

/**
 * Rows of another memory in the order of a table, as if they followed one another: the element at a
 * row and a column has position {@code row * width + column}. Read-only.
 *
 * @param source the memory of the rows
 * @param origin added to each start
 * @param starts the first element of each row
 * @param step distance between neighbours in a row
 * @param width number of elements of a row, at least 1
 */
public record TableRowsMemory(Memory source, long origin, long[] starts, long step, int width)
    implements Memory {
  private long place(long at) {
    return origin + starts[(int) (at / width)] + at % width * step;
  }

  /** The number of the n elements that are in the row of the first one. */
  private int run(long at, long stride, int n) {
    if (stride == 0) {
      return n;
    }
    long column = at % width;
    long after = stride > 0 ? (width - 1 - column) / stride : column / -stride;
    return (int) Math.min(n, after + 1);
  }

  @Override
  public Object exactArray(int n) {
    return source.exactArray(n);
  }

  @Override
  public double getDouble(long at) {
    return source.getDouble(place(at));
  }

  @Override
  public long getLong(long at) {
    return source.getLong(place(at));
  }

  @Override
  public void load(long at, long stride, int n, float[] to, int toAt, int toStride) {
    for (int done = 0, some; done < n; done += some) {
      long next = at + done * stride;
      some = run(next, stride, n - done);
      source.load(place(next), stride * step, some, to, toAt + done * toStride, toStride);
    }
  }

  @Override
  public void load(long at, long stride, int n, double[] to, int toAt, int toStride) {
    for (int done = 0, some; done < n; done += some) {
      long next = at + done * stride;
      some = run(next, stride, n - done);
      source.load(place(next), stride * step, some, to, toAt + done * toStride, toStride);
    }
  }

  @Override
  public void load(long at, long stride, int n, long[] to, int toAt, int toStride) {
    for (int done = 0, some; done < n; done += some) {
      long next = at + done * stride;
      some = run(next, stride, n - done);
      source.load(place(next), stride * step, some, to, toAt + done * toStride, toStride);
    }
  }

  private static UnsupportedOperationException readOnly() {
    return new UnsupportedOperationException("rows of a table are read, not written");
  }

  @Override
  public void set(long at, double value) {
    throw readOnly();
  }

  @Override
  public void set(long at, long value) {
    throw readOnly();
  }

  @Override
  public void store(long at, long stride, int n, float[] from, int fromAt, int fromStride) {
    throw readOnly();
  }

  @Override
  public void store(long at, long stride, int n, double[] from, int fromAt, int fromStride) {
    throw readOnly();
  }

  @Override
  public void store(long at, long stride, int n, long[] from, int fromAt, int fromStride) {
    throw readOnly();
  }
}
