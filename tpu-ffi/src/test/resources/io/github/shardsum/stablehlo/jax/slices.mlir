module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<5x6xf32>) -> (tensor<4x3xf32> {jax.result_info = "result[0]"}, tensor<5x6xf32> {jax.result_info = "result[1]"}, tensor<5x6xf32> {jax.result_info = "result[2]"}, tensor<2x6xf32> {jax.result_info = "result[3]"}, tensor<4x6xf32> {jax.result_info = "result[4]"}) {
    %0 = stablehlo.slice %arg0 [1:5, 0:6:2] : (tensor<5x6xf32>) -> tensor<4x3xf32>
    %1 = stablehlo.reverse %arg0, dims = [0] : tensor<5x6xf32>
    %2 = stablehlo.reverse %arg0, dims = [1] : tensor<5x6xf32>
    %3 = stablehlo.slice %arg0 [3:5, 0:6] : (tensor<5x6xf32>) -> tensor<2x6xf32>
    %4 = stablehlo.slice %arg0 [1:5, 0:6] : (tensor<5x6xf32>) -> tensor<4x6xf32>
    %5 = stablehlo.slice %arg0 [0:4, 0:6] : (tensor<5x6xf32>) -> tensor<4x6xf32>
    %6 = stablehlo.subtract %4, %5 : tensor<4x6xf32>
    return %0, %1, %2, %3, %6 : tensor<4x3xf32>, tensor<5x6xf32>, tensor<5x6xf32>, tensor<2x6xf32>, tensor<4x6xf32>
  }
}
