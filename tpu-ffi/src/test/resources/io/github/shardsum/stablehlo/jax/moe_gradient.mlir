module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<2x6x4xf32>, %arg1: tensor<4x3xf32>, %arg2: tensor<3x4x8xf32>, %arg3: tensor<3x8x4xf32>) -> (tensor<2x6x4xf32> {jax.result_info = "result[0]"}, tensor<4x3xf32> {jax.result_info = "result[1]"}, tensor<3x4x8xf32> {jax.result_info = "result[2]"}, tensor<3x8x4xf32> {jax.result_info = "result[3]"}) {
    %0 = stablehlo.dot_general %arg0, %arg1, contracting_dims = [2] x [0], precision = [DEFAULT, DEFAULT] : (tensor<2x6x4xf32>, tensor<4x3xf32>) -> tensor<2x6x3xf32>
    %cst = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %1 = stablehlo.reduce(%0 init: %cst) applies stablehlo.maximum across dimensions = [2] : (tensor<2x6x3xf32>, tensor<f32>) -> tensor<2x6xf32>
    %2 = stablehlo.reshape %1 : (tensor<2x6xf32>) -> tensor<2x6x1xf32>
    %3 = stablehlo.broadcast_in_dim %2, dims = [0, 1, 2] : (tensor<2x6x1xf32>) -> tensor<2x6x3xf32>
    %4 = stablehlo.compare EQ, %0, %3, FLOAT : (tensor<2x6x3xf32>, tensor<2x6x3xf32>) -> tensor<2x6x3xi1>
    %5 = stablehlo.convert %4 : (tensor<2x6x3xi1>) -> tensor<2x6x3xf32>
    %cst_0 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %6 = stablehlo.reduce(%5 init: %cst_0) applies stablehlo.add across dimensions = [2] : (tensor<2x6x3xf32>, tensor<f32>) -> tensor<2x6xf32>
    %cst_1 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %7 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<2x6xf32>
    %8 = stablehlo.maximum %7, %1 : tensor<2x6xf32>
    %9 = stablehlo.compare EQ, %1, %8, FLOAT : (tensor<2x6xf32>, tensor<2x6xf32>) -> tensor<2x6xi1>
    %cst_2 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %10 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<2x6xf32>
    %cst_3 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %11 = stablehlo.broadcast_in_dim %cst_3, dims = [] : (tensor<f32>) -> tensor<2x6xf32>
    %12 = stablehlo.select %9, %10, %11 : tensor<2x6xi1>, tensor<2x6xf32>
    %cst_4 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %13 = stablehlo.broadcast_in_dim %cst_4, dims = [] : (tensor<f32>) -> tensor<2x6xf32>
    %14 = stablehlo.compare EQ, %13, %8, FLOAT : (tensor<2x6xf32>, tensor<2x6xf32>) -> tensor<2x6xi1>
    %cst_5 = stablehlo.constant dense<2.000000e+00> : tensor<f32>
    %15 = stablehlo.broadcast_in_dim %cst_5, dims = [] : (tensor<f32>) -> tensor<2x6xf32>
    %cst_6 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %16 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x6xf32>
    %17 = stablehlo.select %14, %15, %16 : tensor<2x6xi1>, tensor<2x6xf32>
    %18 = stablehlo.divide %12, %17 : tensor<2x6xf32>
    %19 = stablehlo.broadcast_in_dim %8, dims = [0, 1] : (tensor<2x6xf32>) -> tensor<2x6x1xf32>
    %20 = stablehlo.broadcast_in_dim %19, dims = [0, 1, 2] : (tensor<2x6x1xf32>) -> tensor<2x6x3xf32>
    %21 = stablehlo.subtract %0, %20 : tensor<2x6x3xf32>
    %22 = stablehlo.exponential %21 : tensor<2x6x3xf32>
    %cst_7 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %23 = stablehlo.reduce(%22 init: %cst_7) applies stablehlo.add across dimensions = [2] : (tensor<2x6x3xf32>, tensor<f32>) -> tensor<2x6xf32>
    %24 = stablehlo.broadcast_in_dim %23, dims = [0, 1] : (tensor<2x6xf32>) -> tensor<2x6x1xf32>
    %25 = stablehlo.broadcast_in_dim %24, dims = [0, 1, 2] : (tensor<2x6x1xf32>) -> tensor<2x6x3xf32>
    %26 = stablehlo.divide %22, %25 : tensor<2x6x3xf32>
    %27 = stablehlo.multiply %24, %24 : tensor<2x6x1xf32>
    %cst_8 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %28 = stablehlo.broadcast_in_dim %cst_8, dims = [] : (tensor<f32>) -> tensor<2x6x1xf32>
    %29 = stablehlo.divide %28, %27 : tensor<2x6x1xf32>
    %30 = call @argmax(%26) : (tensor<2x6x3xf32>) -> tensor<2x6xi32>
    %31 = call @_one_hot(%30) : (tensor<2x6xi32>) -> tensor<2x6x3xf32>
    %cst_9 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %32 = stablehlo.broadcast_in_dim %cst_9, dims = [] : (tensor<f32>) -> tensor<2x6x3xf32>
    %33 = stablehlo.subtract %32, %31 : tensor<2x6x3xf32>
    %34 = stablehlo.multiply %26, %33 : tensor<2x6x3xf32>
    %35 = call @argmax(%34) : (tensor<2x6x3xf32>) -> tensor<2x6xi32>
    %36 = call @_one_hot(%35) : (tensor<2x6xi32>) -> tensor<2x6x3xf32>
    %37 = call @cumsum(%31) : (tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
    %38 = stablehlo.subtract %37, %31 : tensor<2x6x3xf32>
    %39 = stablehlo.multiply %38, %31 : tensor<2x6x3xf32>
    %40 = call @cumsum(%36) : (tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
    %41 = stablehlo.subtract %40, %36 : tensor<2x6x3xf32>
    %cst_10 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %42 = stablehlo.reduce(%31 init: %cst_10) applies stablehlo.add across dimensions = [1] : (tensor<2x6x3xf32>, tensor<f32>) -> tensor<2x3xf32>
    %43 = stablehlo.broadcast_in_dim %42, dims = [0, 2] : (tensor<2x3xf32>) -> tensor<2x1x3xf32>
    %44 = stablehlo.broadcast_in_dim %43, dims = [0, 1, 2] : (tensor<2x1x3xf32>) -> tensor<2x6x3xf32>
    %45 = stablehlo.add %41, %44 : tensor<2x6x3xf32>
    %46 = stablehlo.multiply %45, %36 : tensor<2x6x3xf32>
    %cst_11 = stablehlo.constant dense<4.000000e+00> : tensor<f32>
    %47 = stablehlo.broadcast_in_dim %cst_11, dims = [] : (tensor<f32>) -> tensor<2x6x3xf32>
    %48 = stablehlo.compare LT, %39, %47, FLOAT : (tensor<2x6x3xf32>, tensor<2x6x3xf32>) -> tensor<2x6x3xi1>
    %49 = stablehlo.convert %48 : (tensor<2x6x3xi1>) -> tensor<2x6x3xf32>
    %50 = stablehlo.multiply %31, %49 : tensor<2x6x3xf32>
    %51 = stablehlo.multiply %39, %31 : tensor<2x6x3xf32>
    %cst_12 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %52 = stablehlo.reduce(%51 init: %cst_12) applies stablehlo.add across dimensions = [2] : (tensor<2x6x3xf32>, tensor<f32>) -> tensor<2x6xf32>
    %53 = stablehlo.convert %52 : (tensor<2x6xf32>) -> tensor<2x6xi32>
    %54 = call @_one_hot_1(%53) : (tensor<2x6xi32>) -> tensor<2x6x4xf32>
    %55 = stablehlo.multiply %26, %50 : tensor<2x6x3xf32>
    %56 = stablehlo.dot_general %55, %54, batching_dims = [0, 1] x [0, 1], contracting_dims = [] x [], precision = [DEFAULT, DEFAULT] : (tensor<2x6x3xf32>, tensor<2x6x4xf32>) -> tensor<2x6x3x4xf32>
    %cst_13 = stablehlo.constant dense<4.000000e+00> : tensor<f32>
    %57 = stablehlo.broadcast_in_dim %cst_13, dims = [] : (tensor<f32>) -> tensor<2x6x3xf32>
    %58 = stablehlo.compare LT, %46, %57, FLOAT : (tensor<2x6x3xf32>, tensor<2x6x3xf32>) -> tensor<2x6x3xi1>
    %59 = stablehlo.convert %58 : (tensor<2x6x3xi1>) -> tensor<2x6x3xf32>
    %60 = stablehlo.multiply %36, %59 : tensor<2x6x3xf32>
    %61 = stablehlo.multiply %46, %36 : tensor<2x6x3xf32>
    %cst_14 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %62 = stablehlo.reduce(%61 init: %cst_14) applies stablehlo.add across dimensions = [2] : (tensor<2x6x3xf32>, tensor<f32>) -> tensor<2x6xf32>
    %63 = stablehlo.convert %62 : (tensor<2x6xf32>) -> tensor<2x6xi32>
    %64 = call @_one_hot_1(%63) : (tensor<2x6xi32>) -> tensor<2x6x4xf32>
    %65 = stablehlo.multiply %26, %60 : tensor<2x6x3xf32>
    %66 = stablehlo.dot_general %65, %64, batching_dims = [0, 1] x [0, 1], contracting_dims = [] x [], precision = [DEFAULT, DEFAULT] : (tensor<2x6x3xf32>, tensor<2x6x4xf32>) -> tensor<2x6x3x4xf32>
    %67 = stablehlo.add %56, %66 : tensor<2x6x3x4xf32>
    %cst_15 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %68 = stablehlo.broadcast_in_dim %cst_15, dims = [] : (tensor<f32>) -> tensor<2x6x3x4xf32>
    %69 = stablehlo.compare GT, %67, %68, FLOAT : (tensor<2x6x3x4xf32>, tensor<2x6x3x4xf32>) -> tensor<2x6x3x4xi1>
    %70 = stablehlo.convert %69 : (tensor<2x6x3x4xi1>) -> tensor<2x6x3x4xf32>
    %71 = stablehlo.dot_general %arg0, %70, batching_dims = [0] x [0], contracting_dims = [1] x [1], precision = [DEFAULT, DEFAULT] : (tensor<2x6x4xf32>, tensor<2x6x3x4xf32>) -> tensor<2x4x3x4xf32>
    %72 = stablehlo.transpose %71, dims = [2, 0, 3, 1] : (tensor<2x4x3x4xf32>) -> tensor<3x2x4x4xf32>
    %73 = stablehlo.dot_general %72, %arg2, batching_dims = [0] x [0], contracting_dims = [3] x [1], precision = [DEFAULT, DEFAULT] : (tensor<3x2x4x4xf32>, tensor<3x4x8xf32>) -> tensor<3x2x4x8xf32>
    %74 = call @relu(%73) : (tensor<3x2x4x8xf32>) -> tensor<3x2x4x8xf32>
    %cst_16 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %75 = stablehlo.broadcast_in_dim %cst_16, dims = [] : (tensor<f32>) -> tensor<3x2x4x8xf32>
    %76 = stablehlo.compare GT, %73, %75, FLOAT : (tensor<3x2x4x8xf32>, tensor<3x2x4x8xf32>) -> tensor<3x2x4x8xi1>
    %cst_17 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %77 = stablehlo.broadcast_in_dim %cst_17, dims = [] : (tensor<f32>) -> tensor<3x2x4x8xf32>
    %78 = stablehlo.dot_general %74, %arg3, batching_dims = [0] x [0], contracting_dims = [3] x [1], precision = [DEFAULT, DEFAULT] : (tensor<3x2x4x8xf32>, tensor<3x8x4xf32>) -> tensor<3x2x4x4xf32>
    %79 = stablehlo.dot_general %67, %78, batching_dims = [0] x [1], contracting_dims = [3, 2] x [2, 0], precision = [DEFAULT, DEFAULT] : (tensor<2x6x3x4xf32>, tensor<3x2x4x4xf32>) -> tensor<2x6x4xf32>
    %80 = stablehlo.multiply %79, %79 : tensor<2x6x4xf32>
    %cst_18 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %81 = stablehlo.reduce(%80 init: %cst_18) applies stablehlo.add across dimensions = [0, 1, 2] : (tensor<2x6x4xf32>, tensor<f32>) -> tensor<f32>
    %cst_19 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %82 = stablehlo.add %cst_19, %81 : tensor<f32>
    %cst_20 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %83 = stablehlo.broadcast_in_dim %cst_20, dims = [] : (tensor<f32>) -> tensor<2x6x4xf32>
    %84 = stablehlo.multiply %79, %83 : tensor<2x6x4xf32>
    %85 = stablehlo.multiply %83, %79 : tensor<2x6x4xf32>
    %86 = stablehlo.add %84, %85 : tensor<2x6x4xf32>
    %87 = stablehlo.dot_general %86, %67, batching_dims = [0] x [0], contracting_dims = [1] x [1], precision = [DEFAULT, DEFAULT] : (tensor<2x6x4xf32>, tensor<2x6x3x4xf32>) -> tensor<2x4x3x4xf32>
    %88 = stablehlo.transpose %87, dims = [2, 0, 3, 1] : (tensor<2x4x3x4xf32>) -> tensor<3x2x4x4xf32>
    %89 = stablehlo.dot_general %86, %78, batching_dims = [0] x [1], contracting_dims = [2] x [3], precision = [DEFAULT, DEFAULT] : (tensor<2x6x4xf32>, tensor<3x2x4x4xf32>) -> tensor<2x6x3x4xf32>
    %90 = stablehlo.dot_general %88, %74, batching_dims = [0] x [0], contracting_dims = [1, 2] x [1, 2], precision = [DEFAULT, DEFAULT] : (tensor<3x2x4x4xf32>, tensor<3x2x4x8xf32>) -> tensor<3x4x8xf32>
    %91 = stablehlo.transpose %90, dims = [0, 2, 1] : (tensor<3x4x8xf32>) -> tensor<3x8x4xf32>
    %92 = stablehlo.dot_general %88, %arg3, batching_dims = [0] x [0], contracting_dims = [3] x [2], precision = [DEFAULT, DEFAULT] : (tensor<3x2x4x4xf32>, tensor<3x8x4xf32>) -> tensor<3x2x4x8xf32>
    %cst_21 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %93 = stablehlo.broadcast_in_dim %cst_21, dims = [] : (tensor<f32>) -> tensor<3x2x4x8xf32>
    %94 = stablehlo.select %76, %92, %93 : tensor<3x2x4x8xi1>, tensor<3x2x4x8xf32>
    %95 = stablehlo.dot_general %94, %72, batching_dims = [0] x [0], contracting_dims = [1, 2] x [1, 2], precision = [DEFAULT, DEFAULT] : (tensor<3x2x4x8xf32>, tensor<3x2x4x4xf32>) -> tensor<3x8x4xf32>
    %96 = stablehlo.transpose %95, dims = [0, 2, 1] : (tensor<3x8x4xf32>) -> tensor<3x4x8xf32>
    %97 = stablehlo.dot_general %94, %arg2, batching_dims = [0] x [0], contracting_dims = [3] x [2], precision = [DEFAULT, DEFAULT] : (tensor<3x2x4x8xf32>, tensor<3x4x8xf32>) -> tensor<3x2x4x4xf32>
    %98 = stablehlo.transpose %97, dims = [1, 3, 0, 2] : (tensor<3x2x4x4xf32>) -> tensor<2x4x3x4xf32>
    %99 = stablehlo.dot_general %98, %70, batching_dims = [0] x [0], contracting_dims = [2, 3] x [2, 3], precision = [DEFAULT, DEFAULT] : (tensor<2x4x3x4xf32>, tensor<2x6x3x4xf32>) -> tensor<2x4x6xf32>
    %100 = stablehlo.transpose %99, dims = [0, 2, 1] : (tensor<2x4x6xf32>) -> tensor<2x6x4xf32>
    %101 = stablehlo.dot_general %89, %64, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2], precision = [DEFAULT, DEFAULT] : (tensor<2x6x3x4xf32>, tensor<2x6x4xf32>) -> tensor<2x6x3xf32>
    %102 = stablehlo.multiply %101, %60 : tensor<2x6x3xf32>
    %103 = stablehlo.dot_general %89, %54, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2], precision = [DEFAULT, DEFAULT] : (tensor<2x6x3x4xf32>, tensor<2x6x4xf32>) -> tensor<2x6x3xf32>
    %104 = stablehlo.multiply %103, %50 : tensor<2x6x3xf32>
    %105 = stablehlo.add %102, %104 : tensor<2x6x3xf32>
    %106 = stablehlo.broadcast_in_dim %29, dims = [0, 1, 2] : (tensor<2x6x1xf32>) -> tensor<2x6x3xf32>
    %107 = stablehlo.multiply %105, %106 : tensor<2x6x3xf32>
    %108 = stablehlo.multiply %107, %22 : tensor<2x6x3xf32>
    %cst_22 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %109 = stablehlo.reduce(%108 init: %cst_22) applies stablehlo.add across dimensions = [2] : (tensor<2x6x3xf32>, tensor<f32>) -> tensor<2x6xf32>
    %110 = stablehlo.reshape %109 : (tensor<2x6xf32>) -> tensor<2x6x1xf32>
    %111 = stablehlo.negate %110 : tensor<2x6x1xf32>
    %112 = stablehlo.broadcast_in_dim %24, dims = [0, 1, 2] : (tensor<2x6x1xf32>) -> tensor<2x6x3xf32>
    %113 = stablehlo.divide %105, %112 : tensor<2x6x3xf32>
    %cst_23 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %114 = stablehlo.reduce(%111 init: %cst_23) applies stablehlo.add across dimensions = [2] : (tensor<2x6x1xf32>, tensor<f32>) -> tensor<2x6xf32>
    %115 = stablehlo.broadcast_in_dim %114, dims = [0, 1] : (tensor<2x6xf32>) -> tensor<2x6x3xf32>
    %116 = stablehlo.add %113, %115 : tensor<2x6x3xf32>
    %117 = stablehlo.multiply %116, %22 : tensor<2x6x3xf32>
    %118 = stablehlo.dot_general %117, %arg0, contracting_dims = [0, 1] x [0, 1], precision = [DEFAULT, DEFAULT] : (tensor<2x6x3xf32>, tensor<2x6x4xf32>) -> tensor<3x4xf32>
    %119 = stablehlo.transpose %118, dims = [1, 0] : (tensor<3x4xf32>) -> tensor<4x3xf32>
    %120 = stablehlo.dot_general %117, %arg1, contracting_dims = [2] x [1], precision = [DEFAULT, DEFAULT] : (tensor<2x6x3xf32>, tensor<4x3xf32>) -> tensor<2x6x4xf32>
    %121 = stablehlo.add %100, %120 : tensor<2x6x4xf32>
    return %121, %119, %96, %91 : tensor<2x6x4xf32>, tensor<4x3xf32>, tensor<3x4x8xf32>, tensor<3x8x4xf32>
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
