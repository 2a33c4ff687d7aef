module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<2x5x4xf32>) -> (tensor<2x5x4xf32> {jax.result_info = "result"}) {
    %0 = stablehlo.slice %arg0 [0:2, 0:5, 0:2] : (tensor<2x5x4xf32>) -> tensor<2x5x2xf32>
    %1 = stablehlo.iota dim = 0 : tensor<5xf32>
    %2 = stablehlo.cosine %1 : tensor<5xf32>
    %3 = stablehlo.broadcast_in_dim %2, dims = [0] : (tensor<5xf32>) -> tensor<5x1xf32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [1, 2] : (tensor<5x1xf32>) -> tensor<1x5x1xf32>
    %5 = stablehlo.broadcast_in_dim %4, dims = [0, 1, 2] : (tensor<1x5x1xf32>) -> tensor<2x5x2xf32>
    %6 = stablehlo.multiply %0, %5 : tensor<2x5x2xf32>
    %7 = stablehlo.slice %arg0 [0:2, 0:5, 2:4] : (tensor<2x5x4xf32>) -> tensor<2x5x2xf32>
    %8 = stablehlo.iota dim = 0 : tensor<5xf32>
    %9 = stablehlo.sine %8 : tensor<5xf32>
    %10 = stablehlo.broadcast_in_dim %9, dims = [0] : (tensor<5xf32>) -> tensor<5x1xf32>
    %11 = stablehlo.broadcast_in_dim %10, dims = [1, 2] : (tensor<5x1xf32>) -> tensor<1x5x1xf32>
    %12 = stablehlo.broadcast_in_dim %11, dims = [0, 1, 2] : (tensor<1x5x1xf32>) -> tensor<2x5x2xf32>
    %13 = stablehlo.multiply %7, %12 : tensor<2x5x2xf32>
    %14 = stablehlo.subtract %6, %13 : tensor<2x5x2xf32>
    %15 = stablehlo.slice %arg0 [0:2, 0:5, 2:4] : (tensor<2x5x4xf32>) -> tensor<2x5x2xf32>
    %16 = stablehlo.iota dim = 0 : tensor<5xf32>
    %17 = stablehlo.cosine %16 : tensor<5xf32>
    %18 = stablehlo.broadcast_in_dim %17, dims = [0] : (tensor<5xf32>) -> tensor<5x1xf32>
    %19 = stablehlo.broadcast_in_dim %18, dims = [1, 2] : (tensor<5x1xf32>) -> tensor<1x5x1xf32>
    %20 = stablehlo.broadcast_in_dim %19, dims = [0, 1, 2] : (tensor<1x5x1xf32>) -> tensor<2x5x2xf32>
    %21 = stablehlo.multiply %15, %20 : tensor<2x5x2xf32>
    %22 = stablehlo.slice %arg0 [0:2, 0:5, 0:2] : (tensor<2x5x4xf32>) -> tensor<2x5x2xf32>
    %23 = stablehlo.iota dim = 0 : tensor<5xf32>
    %24 = stablehlo.sine %23 : tensor<5xf32>
    %25 = stablehlo.broadcast_in_dim %24, dims = [0] : (tensor<5xf32>) -> tensor<5x1xf32>
    %26 = stablehlo.broadcast_in_dim %25, dims = [1, 2] : (tensor<5x1xf32>) -> tensor<1x5x1xf32>
    %27 = stablehlo.broadcast_in_dim %26, dims = [0, 1, 2] : (tensor<1x5x1xf32>) -> tensor<2x5x2xf32>
    %28 = stablehlo.multiply %22, %27 : tensor<2x5x2xf32>
    %29 = stablehlo.add %21, %28 : tensor<2x5x2xf32>
    %30 = stablehlo.concatenate %14, %29, dim = 2 : (tensor<2x5x2xf32>, tensor<2x5x2xf32>) -> tensor<2x5x4xf32>
    return %30 : tensor<2x5x4xf32>
  }
}
