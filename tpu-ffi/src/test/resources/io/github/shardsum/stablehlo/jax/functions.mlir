module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<5x7xf32>) -> (tensor<5x7xf32> {jax.result_info = "result[0]"}, tensor<5x7xf32> {jax.result_info = "result[1]"}, tensor<5x7xf32> {jax.result_info = "result[2]"}, tensor<5x7xf32> {jax.result_info = "result[3]"}, tensor<5x7xf32> {jax.result_info = "result[4]"}, tensor<5x7xf32> {jax.result_info = "result[5]"}, tensor<5x7xf32> {jax.result_info = "result[6]"}, tensor<5x7xf32> {jax.result_info = "result[7]"}, tensor<5x7xf32> {jax.result_info = "result[8]"}, tensor<5x7xf32> {jax.result_info = "result[9]"}, tensor<5x7xf32> {jax.result_info = "result[10]"}, tensor<5x7xf32> {jax.result_info = "result[11]"}, tensor<5x7xf32> {jax.result_info = "result[12]"}, tensor<5x7xf32> {jax.result_info = "result[13]"}, tensor<5x7xf32> {jax.result_info = "result[14]"}) {
    %0 = stablehlo.exponential %arg0 : tensor<5x7xf32>
    %1 = stablehlo.abs %arg0 : tensor<5x7xf32>
    %cst = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<5x7xf32>
    %3 = stablehlo.add %1, %2 : tensor<5x7xf32>
    %4 = stablehlo.log %3 : tensor<5x7xf32>
    %5 = stablehlo.abs %arg0 : tensor<5x7xf32>
    %6 = stablehlo.sqrt %5 : tensor<5x7xf32>
    %7 = stablehlo.sine %arg0 : tensor<5x7xf32>
    %8 = stablehlo.cosine %arg0 : tensor<5x7xf32>
    %cst_0 = stablehlo.constant dense<3.000000e+00> : tensor<f32>
    %9 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<5x7xf32>
    %10 = stablehlo.multiply %arg0, %9 : tensor<5x7xf32>
    %11 = stablehlo.floor %10 : tensor<5x7xf32>
    %cst_1 = stablehlo.constant dense<3.000000e+00> : tensor<f32>
    %12 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<5x7xf32>
    %13 = stablehlo.multiply %arg0, %12 : tensor<5x7xf32>
    %14 = stablehlo.ceil %13 : tensor<5x7xf32>
    %cst_2 = stablehlo.constant dense<4.000000e+00> : tensor<f32>
    %15 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<5x7xf32>
    %16 = stablehlo.multiply %arg0, %15 : tensor<5x7xf32>
    %17 = call @round(%16) : (tensor<5x7xf32>) -> tensor<5x7xf32>
    %18 = stablehlo.sign %arg0 : tensor<5x7xf32>
    %19 = stablehlo.exponential_minus_one %arg0 : tensor<5x7xf32>
    %cst_3 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %20 = stablehlo.broadcast_in_dim %cst_3, dims = [] : (tensor<f32>) -> tensor<5x7xf32>
    %21 = stablehlo.add %arg0, %20 : tensor<5x7xf32>
    %22 = stablehlo.log_plus_one %21 : tensor<5x7xf32>
    %23 = chlo.square %arg0 : tensor<5x7xf32> -> tensor<5x7xf32>
    %24 = stablehlo.tan %arg0 : tensor<5x7xf32>
    %cst_4 = stablehlo.constant dense<3.000000e+00> : tensor<f32>
    %25 = stablehlo.broadcast_in_dim %cst_4, dims = [] : (tensor<f32>) -> tensor<5x7xf32>
    %26 = stablehlo.multiply %25, %arg0 : tensor<5x7xf32>
    %27 = chlo.erf %26 : tensor<5x7xf32> -> tensor<5x7xf32>
    %cst_5 = stablehlo.constant dense<3.000000e+00> : tensor<f32>
    %28 = stablehlo.broadcast_in_dim %cst_5, dims = [] : (tensor<f32>) -> tensor<5x7xf32>
    %29 = stablehlo.multiply %28, %arg0 : tensor<5x7xf32>
    %30 = chlo.erfc %29 : tensor<5x7xf32> -> tensor<5x7xf32>
    return %0, %4, %6, %7, %8, %11, %14, %17, %18, %19, %22, %23, %24, %27, %30 : tensor<5x7xf32>, tensor<5x7xf32>, tensor<5x7xf32>, tensor<5x7xf32>, tensor<5x7xf32>, tensor<5x7xf32>, tensor<5x7xf32>, tensor<5x7xf32>, tensor<5x7xf32>, tensor<5x7xf32>, tensor<5x7xf32>, tensor<5x7xf32>, tensor<5x7xf32>, tensor<5x7xf32>, tensor<5x7xf32>
  }
  func.func private @round(%arg0: tensor<5x7xf32>) -> tensor<5x7xf32> {
    %0 = stablehlo.round_nearest_even %arg0 : tensor<5x7xf32>
    return %0 : tensor<5x7xf32>
  }
}
