// A product of matrices, a trace and a permutation, in NumPy's notation.
// java --add-modules jdk.incubator.vector -cp shardsum-core.jar Example01Einsum.java
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.tensor.Tensor;

void main() {
  Tensor a = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
  Tensor b = Tensor.of(new float[] {1, 0, 0, 1, 1, 1}, 3, 2);
  Tensor product = Einsum.einsum("ij,jk->ik", a, b);
  IO.println("product " + Arrays.toString(product.toFloatArray()));
  IO.println("trace " + Einsum.einsum("ii->", product).toFloatArray()[0]);
  IO.println("transposed " + Arrays.toString(Einsum.einsum("ij->ji", a).toFloatArray()));
}
