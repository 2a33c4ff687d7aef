package org.example;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;

/**
 * A user's program: compares one einsum with plain loops, and prints whether kernels use vectors.
 */
public final class Consumer {
  private Consumer() {}

  public static void main(String[] args) {
    int n = 37;
    float[] a = new float[n * n];
    float[] b = new float[n * n];
    for (int i = 0; i < a.length; i++) {
      a[i] = i % 7 - 3;
      b[i] = i % 5 - 2;
    }
    float[] sums = new float[n * n];
    Einsum.compile("ij,jk->ik", Tensor.of(a, n, n), Tensor.of(b, n, n))
        .runInto(Tensor.of(sums, n, n), Tensor.of(a, n, n), Tensor.of(b, n, n));
    System.out.println(
        "einsum " + (Arrays.equals(loops(a, b, n), sums) ? "equals loops" : "differs"));
    System.out.println("mesh " + Mesh.parse("x=4,y=2").size());
    boolean vectors = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    System.out.println("vectors " + vectors);
  }

  private static float[] loops(float[] a, float[] b, int n) {
    float[] sums = new float[n * n];
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < n; k++) {
        for (int j = 0; j < n; j++) {
          sums[i * n + k] += a[i * n + j] * b[j * n + k];
        }
      }
    }
    return sums;
  }
}
