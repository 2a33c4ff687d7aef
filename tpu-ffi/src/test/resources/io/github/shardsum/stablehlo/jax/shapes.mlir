module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<3x4x5xf32>) -> (tensor<4x15xf32> {jax.result_info = "result[0]"}, tensor<6x10xf32> {jax.result_info = "result[1]"}, tensor<60xf32> {jax.result_info = "result[2]"}, tensor<5x4x3xf32> {jax.result_info = "result[3]"}, tensor<4x3x5xf32> {jax.result_info = "result[4]"}, tensor<3x1x4x5xf32> {jax.result_info = "result[5]"}, tensor<4x5xf32> {jax.result_info = "result[6]"}, tensor<5x12xf32> {jax.result_info = "result[7]"}, tensor<2x4x5xf32> {jax.result_info = "result[8]"}) {
    %0 = stablehlo.reshape %arg0 : (tensor<3x4x5xf32>) -> tensor<4x15xf32>
    %1 = stablehlo.reshape %arg0 : (tensor<3x4x5xf32>) -> tensor<6x10xf32>
    %2 = stablehlo.reshape %arg0 : (tensor<3x4x5xf32>) -> tensor<60xf32>
    %3 = stablehlo.transpose %arg0, dims = [2, 1, 0] : (tensor<3x4x5xf32>) -> tensor<5x4x3xf32>
    %4 = stablehlo.transpose %arg0, dims = [1, 0, 2] : (tensor<3x4x5xf32>) -> tensor<4x3x5xf32>
    %5 = stablehlo.broadcast_in_dim %arg0, dims = [0, 2, 3] : (tensor<3x4x5xf32>) -> tensor<3x1x4x5xf32>
    %6 = stablehlo.slice %arg0 [0:1, 0:4, 0:5] : (tensor<3x4x5xf32>) -> tensor<1x4x5xf32>
    %7 = stablehlo.reshape %6 : (tensor<1x4x5xf32>) -> tensor<4x5xf32>
    %8 = stablehlo.transpose %arg0, dims = [2, 1, 0] : (tensor<3x4x5xf32>) -> tensor<5x4x3xf32>
    %9 = stablehlo.reshape %8 : (tensor<5x4x3xf32>) -> tensor<5x12xf32>
    %10 = stablehlo.slice %arg0 [0:1, 0:4, 0:5] : (tensor<3x4x5xf32>) -> tensor<1x4x5xf32>
    %11 = stablehlo.reshape %10 : (tensor<1x4x5xf32>) -> tensor<4x5xf32>
    %12 = stablehlo.broadcast_in_dim %11, dims = [1, 2] : (tensor<4x5xf32>) -> tensor<2x4x5xf32>
    return %0, %1, %2, %3, %4, %5, %7, %9, %12 : tensor<4x15xf32>, tensor<6x10xf32>, tensor<60xf32>, tensor<5x4x3xf32>, tensor<4x3x5xf32>, tensor<3x1x4x5xf32>, tensor<4x5xf32>, tensor<5x12xf32>, tensor<2x4x5xf32>
  }
}
