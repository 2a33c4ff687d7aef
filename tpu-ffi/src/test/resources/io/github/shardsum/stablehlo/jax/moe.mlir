module @jit_moe attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<2x6x4xf32>, %arg1: tensor<4x3xf32>, %arg2: tensor<3x4x8xf32>, %arg3: tensor<3x8x4xf32>) -> (tensor<2x6x4xf32> {jax.result_info = "result"}) {
    %0 = stablehlo.dot_general %arg0, %arg1, contracting_dims = [2] x [0], precision = [DEFAULT, DEFAULT] : (tensor<2x6x4xf32>, tensor<4x3xf32>) -> tensor<2x6x3xf32>
    %cst = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %1 = stablehlo.reduce(%0 init: %cst) applies stablehlo.maximum across dimensions = [2] : (tensor<2x6x3xf32>, tensor<f32>) -> tensor<2x6xf32>
    %cst_0 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x6xf32>
    %3 = stablehlo.maximum %2, %1 : tensor<2x6xf32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [0, 1] : (tensor<2x6xf32>) -> tensor<2x6x1xf32>
    %5 = stablehlo.broadcast_in_dim %4, dims = [0, 1, 2] : (tensor<2x6x1xf32>) -> tensor<2x6x3xf32>
    %6 = stablehlo.subtract %0, %5 : tensor<2x6x3xf32>
    %7 = stablehlo.exponential %6 : tensor<2x6x3xf32>
    %cst_1 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %8 = stablehlo.reduce(%7 init: %cst_1) applies stablehlo.add across dimensions = [2] : (tensor<2x6x3xf32>, tensor<f32>) -> tensor<2x6xf32>
    %9 = stablehlo.broadcast_in_dim %8, dims = [0, 1] : (tensor<2x6xf32>) -> tensor<2x6x1xf32>
    %10 = stablehlo.broadcast_in_dim %9, dims = [0, 1, 2] : (tensor<2x6x1xf32>) -> tensor<2x6x3xf32>
    %11 = stablehlo.divide %7, %10 : tensor<2x6x3xf32>
    %12 = call @argmax(%11) : (tensor<2x6x3xf32>) -> tensor<2x6xi32>
    %13 = call @_one_hot(%12) : (tensor<2x6xi32>) -> tensor<2x6x3xf32>
    %cst_2 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %14 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<2x6x3xf32>
    %15 = stablehlo.subtract %14, %13 : tensor<2x6x3xf32>
    %16 = stablehlo.multiply %11, %15 : tensor<2x6x3xf32>
    %17 = call @argmax(%16) : (tensor<2x6x3xf32>) -> tensor<2x6xi32>
    %18 = call @_one_hot(%17) : (tensor<2x6xi32>) -> tensor<2x6x3xf32>
    %19 = call @cumsum(%13) : (tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
    %20 = stablehlo.subtract %19, %13 : tensor<2x6x3xf32>
    %21 = stablehlo.multiply %20, %13 : tensor<2x6x3xf32>
    %22 = call @cumsum(%18) : (tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
    %23 = stablehlo.subtract %22, %18 : tensor<2x6x3xf32>
    %cst_3 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %24 = stablehlo.reduce(%13 init: %cst_3) applies stablehlo.add across dimensions = [1] : (tensor<2x6x3xf32>, tensor<f32>) -> tensor<2x3xf32>
    %25 = stablehlo.broadcast_in_dim %24, dims = [0, 2] : (tensor<2x3xf32>) -> tensor<2x1x3xf32>
    %26 = stablehlo.broadcast_in_dim %25, dims = [0, 1, 2] : (tensor<2x1x3xf32>) -> tensor<2x6x3xf32>
    %27 = stablehlo.add %23, %26 : tensor<2x6x3xf32>
    %28 = stablehlo.multiply %27, %18 : tensor<2x6x3xf32>
    %cst_4 = stablehlo.constant dense<4.000000e+00> : tensor<f32>
    %29 = stablehlo.broadcast_in_dim %cst_4, dims = [] : (tensor<f32>) -> tensor<2x6x3xf32>
    %30 = stablehlo.compare LT, %21, %29, FLOAT : (tensor<2x6x3xf32>, tensor<2x6x3xf32>) -> tensor<2x6x3xi1>
    %31 = stablehlo.convert %30 : (tensor<2x6x3xi1>) -> tensor<2x6x3xf32>
    %32 = stablehlo.multiply %13, %31 : tensor<2x6x3xf32>
    %33 = stablehlo.multiply %21, %13 : tensor<2x6x3xf32>
    %cst_5 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %34 = stablehlo.reduce(%33 init: %cst_5) applies stablehlo.add across dimensions = [2] : (tensor<2x6x3xf32>, tensor<f32>) -> tensor<2x6xf32>
    %35 = stablehlo.convert %34 : (tensor<2x6xf32>) -> tensor<2x6xi32>
    %36 = call @_one_hot_1(%35) : (tensor<2x6xi32>) -> tensor<2x6x4xf32>
    %37 = stablehlo.multiply %11, %32 : tensor<2x6x3xf32>
    %38 = stablehlo.dot_general %37, %36, batching_dims = [0, 1] x [0, 1], contracting_dims = [] x [], precision = [DEFAULT, DEFAULT] : (tensor<2x6x3xf32>, tensor<2x6x4xf32>) -> tensor<2x6x3x4xf32>
    %cst_6 = stablehlo.constant dense<4.000000e+00> : tensor<f32>
    %39 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x6x3xf32>
    %40 = stablehlo.compare LT, %28, %39, FLOAT : (tensor<2x6x3xf32>, tensor<2x6x3xf32>) -> tensor<2x6x3xi1>
    %41 = stablehlo.convert %40 : (tensor<2x6x3xi1>) -> tensor<2x6x3xf32>
    %42 = stablehlo.multiply %18, %41 : tensor<2x6x3xf32>
    %43 = stablehlo.multiply %28, %18 : tensor<2x6x3xf32>
    %cst_7 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %44 = stablehlo.reduce(%43 init: %cst_7) applies stablehlo.add across dimensions = [2] : (tensor<2x6x3xf32>, tensor<f32>) -> tensor<2x6xf32>
    %45 = stablehlo.convert %44 : (tensor<2x6xf32>) -> tensor<2x6xi32>
    %46 = call @_one_hot_1(%45) : (tensor<2x6xi32>) -> tensor<2x6x4xf32>
    %47 = stablehlo.multiply %11, %42 : tensor<2x6x3xf32>
    %48 = stablehlo.dot_general %47, %46, batching_dims = [0, 1] x [0, 1], contracting_dims = [] x [], precision = [DEFAULT, DEFAULT] : (tensor<2x6x3xf32>, tensor<2x6x4xf32>) -> tensor<2x6x3x4xf32>
    %49 = stablehlo.add %38, %48 : tensor<2x6x3x4xf32>
    %cst_8 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %50 = stablehlo.broadcast_in_dim %cst_8, dims = [] : (tensor<f32>) -> tensor<2x6x3x4xf32>
    %51 = stablehlo.compare GT, %49, %50, FLOAT : (tensor<2x6x3x4xf32>, tensor<2x6x3x4xf32>) -> tensor<2x6x3x4xi1>
    %52 = stablehlo.convert %51 : (tensor<2x6x3x4xi1>) -> tensor<2x6x3x4xf32>
    %53 = stablehlo.dot_general %arg0, %52, batching_dims = [0] x [0], contracting_dims = [1] x [1], precision = [DEFAULT, DEFAULT] : (tensor<2x6x4xf32>, tensor<2x6x3x4xf32>) -> tensor<2x4x3x4xf32>
    %54 = stablehlo.transpose %53, dims = [2, 0, 3, 1] : (tensor<2x4x3x4xf32>) -> tensor<3x2x4x4xf32>
    %55 = stablehlo.dot_general %54, %arg2, batching_dims = [0] x [0], contracting_dims = [3] x [1], precision = [DEFAULT, DEFAULT] : (tensor<3x2x4x4xf32>, tensor<3x4x8xf32>) -> tensor<3x2x4x8xf32>
    %56 = call @relu(%55) : (tensor<3x2x4x8xf32>) -> tensor<3x2x4x8xf32>
    %57 = stablehlo.dot_general %56, %arg3, batching_dims = [0] x [0], contracting_dims = [3] x [1], precision = [DEFAULT, DEFAULT] : (tensor<3x2x4x8xf32>, tensor<3x8x4xf32>) -> tensor<3x2x4x4xf32>
    %58 = stablehlo.dot_general %49, %57, batching_dims = [0] x [1], contracting_dims = [3, 2] x [2, 0], precision = [DEFAULT, DEFAULT] : (tensor<2x6x3x4xf32>, tensor<3x2x4x4xf32>) -> tensor<2x6x4xf32>
    return %58 : tensor<2x6x4xf32>
  }
  func.func private @argmax(%arg0: tensor<2x6x3xf32>) -> tensor<2x6xi32> {
    %0 = stablehlo.iota dim = 2 : tensor<2x6x3xi32>
    %cst = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %c = stablehlo.constant dense<0> : tensor<i32>
    %1:2 = stablehlo.reduce(%arg0 init: %cst), (%0 init: %c) across dimensions = [2] : (tensor<2x6x3xf32>, tensor<2x6x3xi32>, tensor<f32>, tensor<i32>) -> (tensor<2x6xf32>, tensor<2x6xi32>)
     reducer(%arg1: tensor<f32>, %arg3: tensor<f32>) (%arg2: tensor<i32>, %arg4: tensor<i32>)  {
      %2 = stablehlo.compare GT, %arg1, %arg3, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %3 = stablehlo.compare NE, %arg1, %arg1, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %4 = stablehlo.or %2, %3 : tensor<i1>
      %5 = stablehlo.compare EQ, %arg1, %arg3, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %6 = stablehlo.compare LT, %arg2, %arg4, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
      %7 = stablehlo.and %5, %6 : tensor<i1>
      %8 = stablehlo.or %4, %7 : tensor<i1>
      %9 = stablehlo.select %4, %arg1, %arg3 : tensor<i1>, tensor<f32>
      %10 = stablehlo.select %8, %arg2, %arg4 : tensor<i1>, tensor<i32>
      stablehlo.return %9, %10 : tensor<f32>, tensor<i32>
    }
    return %1#1 : tensor<2x6xi32>
  }
  func.func private @_one_hot(%arg0: tensor<2x6xi32>) -> tensor<2x6x3xf32> {
    %0 = stablehlo.broadcast_in_dim %arg0, dims = [0, 1] : (tensor<2x6xi32>) -> tensor<2x6x1xi32>
    %1 = stablehlo.iota dim = 2 : tensor<1x1x3xi32>
    %2 = stablehlo.broadcast_in_dim %0, dims = [0, 1, 2] : (tensor<2x6x1xi32>) -> tensor<2x6x3xi32>
    %3 = stablehlo.broadcast_in_dim %1, dims = [0, 1, 2] : (tensor<1x1x3xi32>) -> tensor<2x6x3xi32>
    %4 = stablehlo.compare EQ, %2, %3, SIGNED : (tensor<2x6x3xi32>, tensor<2x6x3xi32>) -> tensor<2x6x3xi1>
    %5 = stablehlo.convert %4 : (tensor<2x6x3xi1>) -> tensor<2x6x3xf32>
    return %5 : tensor<2x6x3xf32>
  }
  func.func private @cumsum(%arg0: tensor<2x6x3xf32>) -> tensor<2x6x3xf32> {
    %0 = call @cumsum_0(%arg0) : (tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
    return %0 : tensor<2x6x3xf32>
  }
  func.func private @cumsum_0(%arg0: tensor<2x6x3xf32>) -> tensor<2x6x3xf32> {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<f32>
    %1 = "stablehlo.reduce_window"(%arg0, %0) <{base_dilations = array<i64: 1, 1, 1>, padding = dense<[[0, 0], [5, 0], [0, 0]]> : tensor<3x2xi64>, window_dilations = array<i64: 1, 1, 1>, window_dimensions = array<i64: 1, 6, 1>, window_strides = array<i64: 1, 1, 1>}> ({
    ^bb0(%arg1: tensor<f32>, %arg2: tensor<f32>):
      %2 = stablehlo.add %arg1, %arg2 : tensor<f32>
      stablehlo.return %2 : tensor<f32>
    }) : (tensor<2x6x3xf32>, tensor<f32>) -> tensor<2x6x3xf32>
    return %1 : tensor<2x6x3xf32>
  }
  func.func private @_one_hot_1(%arg0: tensor<2x6xi32>) -> tensor<2x6x4xf32> {
    %0 = stablehlo.broadcast_in_dim %arg0, dims = [0, 1] : (tensor<2x6xi32>) -> tensor<2x6x1xi32>
    %1 = stablehlo.iota dim = 2 : tensor<1x1x4xi32>
    %2 = stablehlo.broadcast_in_dim %0, dims = [0, 1, 2] : (tensor<2x6x1xi32>) -> tensor<2x6x4xi32>
    %3 = stablehlo.broadcast_in_dim %1, dims = [0, 1, 2] : (tensor<1x1x4xi32>) -> tensor<2x6x4xi32>
    %4 = stablehlo.compare EQ, %2, %3, SIGNED : (tensor<2x6x4xi32>, tensor<2x6x4xi32>) -> tensor<2x6x4xi1>
    %5 = stablehlo.convert %4 : (tensor<2x6x4xi1>) -> tensor<2x6x4xf32>
    return %5 : tensor<2x6x4xf32>
  }
  func.func private @relu(%arg0: tensor<3x2x4x8xf32>) -> tensor<3x2x4x8xf32> {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<3x2x4x8xf32>
    %1 = stablehlo.maximum %arg0, %0 : tensor<3x2x4x8xf32>
    return %1 : tensor<3x2x4x8xf32>
  }
}
