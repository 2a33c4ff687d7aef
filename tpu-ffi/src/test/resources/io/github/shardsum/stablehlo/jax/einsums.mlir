module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<2x3xf32>, %arg1: tensor<3x4xf32>, %arg2: tensor<4x5xf32>) -> (tensor<2x5xf32> {jax.result_info = "result[0]"}, tensor<4xf32> {jax.result_info = "result[1]"}, tensor<2x5x3x4xf32> {jax.result_info = "result[2]"}, tensor<2xf32> {jax.result_info = "result[3]"}) {
    %0 = stablehlo.dot_general %arg1, %arg0, contracting_dims = [0] x [1], precision = [DEFAULT, DEFAULT] : (tensor<3x4xf32>, tensor<2x3xf32>) -> tensor<4x2xf32>
    %1 = stablehlo.dot_general %0, %arg2, contracting_dims = [0] x [0], precision = [DEFAULT, DEFAULT] : (tensor<4x2xf32>, tensor<4x5xf32>) -> tensor<2x5xf32>
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %2 = stablehlo.reduce(%arg0 init: %cst) applies stablehlo.add across dimensions = [0] : (tensor<2x3xf32>, tensor<f32>) -> tensor<3xf32>
    %3 = stablehlo.dot_general %2, %arg1, contracting_dims = [0] x [0], precision = [DEFAULT, DEFAULT] : (tensor<3xf32>, tensor<3x4xf32>) -> tensor<4xf32>
    %4 = stablehlo.dot_general %arg2, %arg0, contracting_dims = [] x [], precision = [DEFAULT, DEFAULT] : (tensor<4x5xf32>, tensor<2x3xf32>) -> tensor<4x5x2x3xf32>
    %5 = stablehlo.transpose %4, dims = [2, 1, 3, 0] : (tensor<4x5x2x3xf32>) -> tensor<2x5x3x4xf32>
    %6 = stablehlo.slice %arg0 [0:2, 0:2] : (tensor<2x3xf32>) -> tensor<2x2xf32>
    %7 = stablehlo.broadcast_in_dim %6, dims = [1, 2] : (tensor<2x2xf32>) -> tensor<1x2x2xf32>
    %8 = stablehlo.broadcast_in_dim %6, dims = [1, 2] : (tensor<2x2xf32>) -> tensor<1x2x2xf32>
    %9 = stablehlo.concatenate %7, %8, dim = 0 : (tensor<1x2x2xf32>, tensor<1x2x2xf32>) -> tensor<2x2x2xf32>
    %10 = stablehlo.iota dim = 0 : tensor<2x2xui32>
    %11 = stablehlo.iota dim = 1 : tensor<2x2xui32>
    %12 = stablehlo.compare EQ, %10, %11, UNSIGNED : (tensor<2x2xui32>, tensor<2x2xui32>) -> tensor<2x2xi1>
    %13 = stablehlo.broadcast_in_dim %12, dims = [0, 1] : (tensor<2x2xi1>) -> tensor<2x2x2xi1>
    %cst_0 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %14 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x2x2xf32>
    %15 = stablehlo.select %13, %9, %14 : tensor<2x2x2xi1>, tensor<2x2x2xf32>
    %cst_1 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %16 = stablehlo.reduce(%15 init: %cst_1) applies stablehlo.add across dimensions = [0, 1] : (tensor<2x2x2xf32>, tensor<f32>) -> tensor<2xf32>
    return %1, %3, %5, %16 : tensor<2x5xf32>, tensor<4xf32>, tensor<2x5x3x4xf32>, tensor<2xf32>
  }
}
