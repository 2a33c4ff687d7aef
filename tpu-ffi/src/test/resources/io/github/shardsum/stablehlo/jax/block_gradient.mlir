module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<2x5x4xf32>, %arg1: tensor<4x4xf32>, %arg2: tensor<4x4xf32>, %arg3: tensor<4x4xf32>, %arg4: tensor<4x4xf32>, %arg5: tensor<4x8xf32>, %arg6: tensor<8x4xf32>, %arg7: tensor<4xf32>, %arg8: tensor<4xf32>) -> (tensor<2x5x4xf32> {jax.result_info = "result[0]"}, tensor<4x4xf32> {jax.result_info = "result[1]"}, tensor<4x4xf32> {jax.result_info = "result[2]"}, tensor<4x4xf32> {jax.result_info = "result[3]"}, tensor<4x4xf32> {jax.result_info = "result[4]"}, tensor<4x8xf32> {jax.result_info = "result[5]"}, tensor<8x4xf32> {jax.result_info = "result[6]"}, tensor<4xf32> {jax.result_info = "result[7]"}, tensor<4xf32> {jax.result_info = "result[8]"}) {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %0 = stablehlo.reduce(%arg0 init: %cst) applies stablehlo.add across dimensions = [2] : (tensor<2x5x4xf32>, tensor<f32>) -> tensor<2x5xf32>
    %1 = stablehlo.broadcast_in_dim %0, dims = [0, 1] : (tensor<2x5xf32>) -> tensor<2x5x1xf32>
    %cst_0 = stablehlo.constant dense<4.000000e+00> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x5x1xf32>
    %3 = stablehlo.divide %1, %2 : tensor<2x5x1xf32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [0, 1, 2] : (tensor<2x5x1xf32>) -> tensor<2x5x4xf32>
    %5 = stablehlo.subtract %arg0, %4 : tensor<2x5x4xf32>
    %6 = stablehlo.multiply %5, %5 : tensor<2x5x4xf32>
    %cst_1 = stablehlo.constant dense<2.000000e+00> : tensor<f32>
    %7 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<2x5x4xf32>
    %8 = stablehlo.multiply %7, %5 : tensor<2x5x4xf32>
    %cst_2 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %9 = stablehlo.reduce(%6 init: %cst_2) applies stablehlo.add across dimensions = [2] : (tensor<2x5x4xf32>, tensor<f32>) -> tensor<2x5xf32>
    %10 = stablehlo.broadcast_in_dim %9, dims = [0, 1] : (tensor<2x5xf32>) -> tensor<2x5x1xf32>
    %cst_3 = stablehlo.constant dense<4.000000e+00> : tensor<f32>
    %11 = stablehlo.broadcast_in_dim %cst_3, dims = [] : (tensor<f32>) -> tensor<2x5x1xf32>
    %12 = stablehlo.divide %10, %11 : tensor<2x5x1xf32>
    %13 = stablehlo.broadcast_in_dim %3, dims = [0, 1, 2] : (tensor<2x5x1xf32>) -> tensor<2x5x4xf32>
    %14 = stablehlo.subtract %arg0, %13 : tensor<2x5x4xf32>
    %cst_4 = stablehlo.constant dense<9.99999974E-6> : tensor<f32>
    %15 = stablehlo.broadcast_in_dim %cst_4, dims = [] : (tensor<f32>) -> tensor<2x5x1xf32>
    %16 = stablehlo.add %12, %15 : tensor<2x5x1xf32>
    %17 = stablehlo.rsqrt %16 : tensor<2x5x1xf32>
    %18 = stablehlo.divide %17, %16 : tensor<2x5x1xf32>
    %cst_5 = stablehlo.constant dense<-5.000000e-01> : tensor<f32>
    %19 = stablehlo.broadcast_in_dim %cst_5, dims = [] : (tensor<f32>) -> tensor<2x5x1xf32>
    %20 = stablehlo.multiply %19, %18 : tensor<2x5x1xf32>
    %21 = stablehlo.broadcast_in_dim %17, dims = [0, 1, 2] : (tensor<2x5x1xf32>) -> tensor<2x5x4xf32>
    %22 = stablehlo.multiply %14, %21 : tensor<2x5x4xf32>
    %23 = stablehlo.broadcast_in_dim %arg7, dims = [2] : (tensor<4xf32>) -> tensor<1x1x4xf32>
    %24 = stablehlo.broadcast_in_dim %23, dims = [0, 1, 2] : (tensor<1x1x4xf32>) -> tensor<2x5x4xf32>
    %25 = stablehlo.multiply %22, %24 : tensor<2x5x4xf32>
    %26 = stablehlo.dot_general %25, %arg1, contracting_dims = [2] x [0], precision = [DEFAULT, DEFAULT] : (tensor<2x5x4xf32>, tensor<4x4xf32>) -> tensor<2x5x4xf32>
    %27 = stablehlo.reshape %26 : (tensor<2x5x4xf32>) -> tensor<2x5x2x2xf32>
    %28 = stablehlo.dot_general %25, %arg2, contracting_dims = [2] x [0], precision = [DEFAULT, DEFAULT] : (tensor<2x5x4xf32>, tensor<4x4xf32>) -> tensor<2x5x4xf32>
    %29 = stablehlo.reshape %28 : (tensor<2x5x4xf32>) -> tensor<2x5x2x2xf32>
    %30 = stablehlo.dot_general %25, %arg3, contracting_dims = [2] x [0], precision = [DEFAULT, DEFAULT] : (tensor<2x5x4xf32>, tensor<4x4xf32>) -> tensor<2x5x4xf32>
    %31 = stablehlo.reshape %30 : (tensor<2x5x4xf32>) -> tensor<2x5x2x2xf32>
    %32 = stablehlo.dot_general %27, %29, batching_dims = [0, 2] x [0, 2], contracting_dims = [3] x [3], precision = [DEFAULT, DEFAULT] : (tensor<2x5x2x2xf32>, tensor<2x5x2x2xf32>) -> tensor<2x2x5x5xf32>
    %cst_6 = stablehlo.constant dense<1.41421354> : tensor<f32>
    %33 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x2x5x5xf32>
    %34 = stablehlo.divide %32, %33 : tensor<2x2x5x5xf32>
    %c = stablehlo.constant dense<true> : tensor<i1>
    %35 = stablehlo.broadcast_in_dim %c, dims = [] : (tensor<i1>) -> tensor<5x5xi1>
    %36 = call @tril(%35) : (tensor<5x5xi1>) -> tensor<5x5xi1>
    %cst_7 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %37:3 = call @_where(%36, %34, %cst_7) : (tensor<5x5xi1>, tensor<2x2x5x5xf32>, tensor<f32>) -> (tensor<2x2x5x5xf32>, tensor<2x2x5x5xi1>, tensor<2x2x5x5xf32>)
    %cst_8 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %38 = stablehlo.reduce(%37#0 init: %cst_8) applies stablehlo.maximum across dimensions = [3] : (tensor<2x2x5x5xf32>, tensor<f32>) -> tensor<2x2x5xf32>
    %39 = stablehlo.reshape %38 : (tensor<2x2x5xf32>) -> tensor<2x2x5x1xf32>
    %40 = stablehlo.broadcast_in_dim %39, dims = [0, 1, 2, 3] : (tensor<2x2x5x1xf32>) -> tensor<2x2x5x5xf32>
    %41 = stablehlo.compare EQ, %37#0, %40, FLOAT : (tensor<2x2x5x5xf32>, tensor<2x2x5x5xf32>) -> tensor<2x2x5x5xi1>
    %42 = stablehlo.convert %41 : (tensor<2x2x5x5xi1>) -> tensor<2x2x5x5xf32>
    %cst_9 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %43 = stablehlo.reduce(%42 init: %cst_9) applies stablehlo.add across dimensions = [3] : (tensor<2x2x5x5xf32>, tensor<f32>) -> tensor<2x2x5xf32>
    %cst_10 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %44 = stablehlo.broadcast_in_dim %cst_10, dims = [] : (tensor<f32>) -> tensor<2x2x5xf32>
    %45 = stablehlo.maximum %44, %38 : tensor<2x2x5xf32>
    %46 = stablehlo.compare EQ, %38, %45, FLOAT : (tensor<2x2x5xf32>, tensor<2x2x5xf32>) -> tensor<2x2x5xi1>
    %cst_11 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %47 = stablehlo.broadcast_in_dim %cst_11, dims = [] : (tensor<f32>) -> tensor<2x2x5xf32>
    %cst_12 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %48 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<2x2x5xf32>
    %49 = stablehlo.select %46, %47, %48 : tensor<2x2x5xi1>, tensor<2x2x5xf32>
    %cst_13 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %50 = stablehlo.broadcast_in_dim %cst_13, dims = [] : (tensor<f32>) -> tensor<2x2x5xf32>
    %51 = stablehlo.compare EQ, %50, %45, FLOAT : (tensor<2x2x5xf32>, tensor<2x2x5xf32>) -> tensor<2x2x5xi1>
    %cst_14 = stablehlo.constant dense<2.000000e+00> : tensor<f32>
    %52 = stablehlo.broadcast_in_dim %cst_14, dims = [] : (tensor<f32>) -> tensor<2x2x5xf32>
    %cst_15 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %53 = stablehlo.broadcast_in_dim %cst_15, dims = [] : (tensor<f32>) -> tensor<2x2x5xf32>
    %54 = stablehlo.select %51, %52, %53 : tensor<2x2x5xi1>, tensor<2x2x5xf32>
    %55 = stablehlo.divide %49, %54 : tensor<2x2x5xf32>
    %56 = stablehlo.broadcast_in_dim %45, dims = [0, 1, 2] : (tensor<2x2x5xf32>) -> tensor<2x2x5x1xf32>
    %57 = stablehlo.broadcast_in_dim %56, dims = [0, 1, 2, 3] : (tensor<2x2x5x1xf32>) -> tensor<2x2x5x5xf32>
    %58 = stablehlo.subtract %37#0, %57 : tensor<2x2x5x5xf32>
    %59 = stablehlo.exponential %58 : tensor<2x2x5x5xf32>
    %cst_16 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %60 = stablehlo.reduce(%59 init: %cst_16) applies stablehlo.add across dimensions = [3] : (tensor<2x2x5x5xf32>, tensor<f32>) -> tensor<2x2x5xf32>
    %61 = stablehlo.broadcast_in_dim %60, dims = [0, 1, 2] : (tensor<2x2x5xf32>) -> tensor<2x2x5x1xf32>
    %62 = stablehlo.broadcast_in_dim %61, dims = [0, 1, 2, 3] : (tensor<2x2x5x1xf32>) -> tensor<2x2x5x5xf32>
    %63 = stablehlo.divide %59, %62 : tensor<2x2x5x5xf32>
    %64 = stablehlo.multiply %61, %61 : tensor<2x2x5x1xf32>
    %cst_17 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %65 = stablehlo.broadcast_in_dim %cst_17, dims = [] : (tensor<f32>) -> tensor<2x2x5x1xf32>
    %66 = stablehlo.divide %65, %64 : tensor<2x2x5x1xf32>
    %67 = stablehlo.dot_general %31, %63, batching_dims = [0, 2] x [0, 1], contracting_dims = [1] x [3], precision = [DEFAULT, DEFAULT] : (tensor<2x5x2x2xf32>, tensor<2x2x5x5xf32>) -> tensor<2x2x2x5xf32>
    %68 = stablehlo.transpose %67, dims = [0, 3, 1, 2] : (tensor<2x2x2x5xf32>) -> tensor<2x5x2x2xf32>
    %69 = stablehlo.reshape %68 : (tensor<2x5x2x2xf32>) -> tensor<2x5x4xf32>
    %70 = stablehlo.dot_general %69, %arg4, contracting_dims = [2] x [0], precision = [DEFAULT, DEFAULT] : (tensor<2x5x4xf32>, tensor<4x4xf32>) -> tensor<2x5x4xf32>
    %71 = stablehlo.add %arg0, %70 : tensor<2x5x4xf32>
    %cst_18 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %72 = stablehlo.reduce(%71 init: %cst_18) applies stablehlo.add across dimensions = [2] : (tensor<2x5x4xf32>, tensor<f32>) -> tensor<2x5xf32>
    %73 = stablehlo.broadcast_in_dim %72, dims = [0, 1] : (tensor<2x5xf32>) -> tensor<2x5x1xf32>
    %cst_19 = stablehlo.constant dense<4.000000e+00> : tensor<f32>
    %74 = stablehlo.broadcast_in_dim %cst_19, dims = [] : (tensor<f32>) -> tensor<2x5x1xf32>
    %75 = stablehlo.divide %73, %74 : tensor<2x5x1xf32>
    %76 = stablehlo.broadcast_in_dim %75, dims = [0, 1, 2] : (tensor<2x5x1xf32>) -> tensor<2x5x4xf32>
    %77 = stablehlo.subtract %71, %76 : tensor<2x5x4xf32>
    %78 = stablehlo.multiply %77, %77 : tensor<2x5x4xf32>
    %cst_20 = stablehlo.constant dense<2.000000e+00> : tensor<f32>
    %79 = stablehlo.broadcast_in_dim %cst_20, dims = [] : (tensor<f32>) -> tensor<2x5x4xf32>
    %80 = stablehlo.multiply %79, %77 : tensor<2x5x4xf32>
    %cst_21 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %81 = stablehlo.reduce(%78 init: %cst_21) applies stablehlo.add across dimensions = [2] : (tensor<2x5x4xf32>, tensor<f32>) -> tensor<2x5xf32>
    %82 = stablehlo.broadcast_in_dim %81, dims = [0, 1] : (tensor<2x5xf32>) -> tensor<2x5x1xf32>
    %cst_22 = stablehlo.constant dense<4.000000e+00> : tensor<f32>
    %83 = stablehlo.broadcast_in_dim %cst_22, dims = [] : (tensor<f32>) -> tensor<2x5x1xf32>
    %84 = stablehlo.divide %82, %83 : tensor<2x5x1xf32>
    %85 = stablehlo.broadcast_in_dim %75, dims = [0, 1, 2] : (tensor<2x5x1xf32>) -> tensor<2x5x4xf32>
    %86 = stablehlo.subtract %71, %85 : tensor<2x5x4xf32>
    %cst_23 = stablehlo.constant dense<9.99999974E-6> : tensor<f32>
    %87 = stablehlo.broadcast_in_dim %cst_23, dims = [] : (tensor<f32>) -> tensor<2x5x1xf32>
    %88 = stablehlo.add %84, %87 : tensor<2x5x1xf32>
    %89 = stablehlo.rsqrt %88 : tensor<2x5x1xf32>
    %90 = stablehlo.divide %89, %88 : tensor<2x5x1xf32>
    %cst_24 = stablehlo.constant dense<-5.000000e-01> : tensor<f32>
    %91 = stablehlo.broadcast_in_dim %cst_24, dims = [] : (tensor<f32>) -> tensor<2x5x1xf32>
    %92 = stablehlo.multiply %91, %90 : tensor<2x5x1xf32>
    %93 = stablehlo.broadcast_in_dim %89, dims = [0, 1, 2] : (tensor<2x5x1xf32>) -> tensor<2x5x4xf32>
    %94 = stablehlo.multiply %86, %93 : tensor<2x5x4xf32>
    %95 = stablehlo.broadcast_in_dim %arg8, dims = [2] : (tensor<4xf32>) -> tensor<1x1x4xf32>
    %96 = stablehlo.broadcast_in_dim %95, dims = [0, 1, 2] : (tensor<1x1x4xf32>) -> tensor<2x5x4xf32>
    %97 = stablehlo.multiply %94, %96 : tensor<2x5x4xf32>
    %98 = stablehlo.dot_general %97, %arg5, contracting_dims = [2] x [0], precision = [DEFAULT, DEFAULT] : (tensor<2x5x4xf32>, tensor<4x8xf32>) -> tensor<2x5x8xf32>
    %99 = stablehlo.multiply %98, %98 : tensor<2x5x8xf32>
    %100 = stablehlo.multiply %99, %98 : tensor<2x5x8xf32>
    %101 = stablehlo.multiply %98, %98 : tensor<2x5x8xf32>
    %cst_25 = stablehlo.constant dense<3.000000e+00> : tensor<f32>
    %102 = stablehlo.broadcast_in_dim %cst_25, dims = [] : (tensor<f32>) -> tensor<2x5x8xf32>
    %103 = stablehlo.multiply %102, %101 : tensor<2x5x8xf32>
    %cst_26 = stablehlo.constant dense<4.471500e-02> : tensor<f32>
    %104 = stablehlo.broadcast_in_dim %cst_26, dims = [] : (tensor<f32>) -> tensor<2x5x8xf32>
    %105 = stablehlo.multiply %104, %100 : tensor<2x5x8xf32>
    %106 = stablehlo.add %98, %105 : tensor<2x5x8xf32>
    %cst_27 = stablehlo.constant dense<0.797884583> : tensor<f32>
    %107 = stablehlo.broadcast_in_dim %cst_27, dims = [] : (tensor<f32>) -> tensor<2x5x8xf32>
    %108 = stablehlo.multiply %107, %106 : tensor<2x5x8xf32>
    %109 = stablehlo.tanh %108 : tensor<2x5x8xf32>
    %cst_28 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %110 = stablehlo.broadcast_in_dim %cst_28, dims = [] : (tensor<f32>) -> tensor<2x5x8xf32>
    %111 = stablehlo.subtract %110, %109 : tensor<2x5x8xf32>
    %cst_29 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %112 = stablehlo.broadcast_in_dim %cst_29, dims = [] : (tensor<f32>) -> tensor<2x5x8xf32>
    %113 = stablehlo.add %112, %109 : tensor<2x5x8xf32>
    %cst_30 = stablehlo.constant dense<5.000000e-01> : tensor<f32>
    %114 = stablehlo.broadcast_in_dim %cst_30, dims = [] : (tensor<f32>) -> tensor<2x5x8xf32>
    %115 = stablehlo.multiply %114, %113 : tensor<2x5x8xf32>
    %116 = stablehlo.multiply %98, %115 : tensor<2x5x8xf32>
    %117 = stablehlo.dot_general %116, %arg6, contracting_dims = [2] x [0], precision = [DEFAULT, DEFAULT] : (tensor<2x5x8xf32>, tensor<8x4xf32>) -> tensor<2x5x4xf32>
    %118 = stablehlo.add %71, %117 : tensor<2x5x4xf32>
    %119 = stablehlo.multiply %118, %118 : tensor<2x5x4xf32>
    %cst_31 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %120 = stablehlo.reduce(%119 init: %cst_31) applies stablehlo.add across dimensions = [0, 1, 2] : (tensor<2x5x4xf32>, tensor<f32>) -> tensor<f32>
    %cst_32 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %121 = stablehlo.add %cst_32, %120 : tensor<f32>
    %cst_33 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %122 = stablehlo.broadcast_in_dim %cst_33, dims = [] : (tensor<f32>) -> tensor<2x5x4xf32>
    %123 = stablehlo.multiply %118, %122 : tensor<2x5x4xf32>
    %124 = stablehlo.multiply %122, %118 : tensor<2x5x4xf32>
    %125 = stablehlo.add %123, %124 : tensor<2x5x4xf32>
    %126 = stablehlo.dot_general %125, %116, contracting_dims = [0, 1] x [0, 1], precision = [DEFAULT, DEFAULT] : (tensor<2x5x4xf32>, tensor<2x5x8xf32>) -> tensor<4x8xf32>
    %127 = stablehlo.transpose %126, dims = [1, 0] : (tensor<4x8xf32>) -> tensor<8x4xf32>
    %128 = stablehlo.dot_general %125, %arg6, contracting_dims = [2] x [1], precision = [DEFAULT, DEFAULT] : (tensor<2x5x4xf32>, tensor<8x4xf32>) -> tensor<2x5x8xf32>
    %129 = stablehlo.multiply %98, %128 : tensor<2x5x8xf32>
    %130 = stablehlo.multiply %128, %115 : tensor<2x5x8xf32>
    %cst_34 = stablehlo.constant dense<5.000000e-01> : tensor<f32>
    %131 = stablehlo.broadcast_in_dim %cst_34, dims = [] : (tensor<f32>) -> tensor<2x5x8xf32>
    %132 = stablehlo.multiply %131, %129 : tensor<2x5x8xf32>
    %133 = stablehlo.multiply %132, %111 : tensor<2x5x8xf32>
    %134 = stablehlo.multiply %133, %109 : tensor<2x5x8xf32>
    %135 = stablehlo.add %133, %134 : tensor<2x5x8xf32>
    %cst_35 = stablehlo.constant dense<0.797884583> : tensor<f32>
    %136 = stablehlo.broadcast_in_dim %cst_35, dims = [] : (tensor<f32>) -> tensor<2x5x8xf32>
    %137 = stablehlo.multiply %136, %135 : tensor<2x5x8xf32>
    %138 = stablehlo.add %130, %137 : tensor<2x5x8xf32>
    %cst_36 = stablehlo.constant dense<4.471500e-02> : tensor<f32>
    %139 = stablehlo.broadcast_in_dim %cst_36, dims = [] : (tensor<f32>) -> tensor<2x5x8xf32>
    %140 = stablehlo.multiply %139, %137 : tensor<2x5x8xf32>
    %141 = stablehlo.multiply %140, %103 : tensor<2x5x8xf32>
    %142 = stablehlo.add %138, %141 : tensor<2x5x8xf32>
    %143 = stablehlo.dot_general %142, %97, contracting_dims = [0, 1] x [0, 1], precision = [DEFAULT, DEFAULT] : (tensor<2x5x8xf32>, tensor<2x5x4xf32>) -> tensor<8x4xf32>
    %144 = stablehlo.transpose %143, dims = [1, 0] : (tensor<8x4xf32>) -> tensor<4x8xf32>
    %145 = stablehlo.dot_general %142, %arg5, contracting_dims = [2] x [1], precision = [DEFAULT, DEFAULT] : (tensor<2x5x8xf32>, tensor<4x8xf32>) -> tensor<2x5x4xf32>
    %146 = stablehlo.multiply %94, %145 : tensor<2x5x4xf32>
    %cst_37 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %147 = stablehlo.reduce(%146 init: %cst_37) applies stablehlo.add across dimensions = [0, 1] : (tensor<2x5x4xf32>, tensor<f32>) -> tensor<4xf32>
    %148 = stablehlo.reshape %147 : (tensor<4xf32>) -> tensor<1x1x4xf32>
    %149 = stablehlo.broadcast_in_dim %95, dims = [0, 1, 2] : (tensor<1x1x4xf32>) -> tensor<2x5x4xf32>
    %150 = stablehlo.multiply %145, %149 : tensor<2x5x4xf32>
    %cst_38 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %151 = stablehlo.reduce(%148 init: %cst_38) applies stablehlo.add across dimensions = [0, 1] : (tensor<1x1x4xf32>, tensor<f32>) -> tensor<4xf32>
    %152 = stablehlo.multiply %86, %150 : tensor<2x5x4xf32>
    %cst_39 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %153 = stablehlo.reduce(%152 init: %cst_39) applies stablehlo.add across dimensions = [2] : (tensor<2x5x4xf32>, tensor<f32>) -> tensor<2x5xf32>
    %154 = stablehlo.reshape %153 : (tensor<2x5xf32>) -> tensor<2x5x1xf32>
    %155 = stablehlo.broadcast_in_dim %89, dims = [0, 1, 2] : (tensor<2x5x1xf32>) -> tensor<2x5x4xf32>
    %156 = stablehlo.multiply %150, %155 : tensor<2x5x4xf32>
    %157 = stablehlo.multiply %154, %92 : tensor<2x5x1xf32>
    %158 = stablehlo.negate %156 : tensor<2x5x4xf32>
    %cst_40 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %159 = stablehlo.reduce(%158 init: %cst_40) applies stablehlo.add across dimensions = [2] : (tensor<2x5x4xf32>, tensor<f32>) -> tensor<2x5xf32>
    %160 = stablehlo.reshape %159 : (tensor<2x5xf32>) -> tensor<2x5x1xf32>
    %161 = stablehlo.add %125, %156 : tensor<2x5x4xf32>
    %cst_41 = stablehlo.constant dense<4.000000e+00> : tensor<f32>
    %162 = stablehlo.broadcast_in_dim %cst_41, dims = [] : (tensor<f32>) -> tensor<2x5x1xf32>
    %163 = stablehlo.divide %157, %162 : tensor<2x5x1xf32>
    %cst_42 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %164 = stablehlo.reduce(%163 init: %cst_42) applies stablehlo.add across dimensions = [2] : (tensor<2x5x1xf32>, tensor<f32>) -> tensor<2x5xf32>
    %165 = stablehlo.broadcast_in_dim %164, dims = [0, 1] : (tensor<2x5xf32>) -> tensor<2x5x4xf32>
    %166 = stablehlo.multiply %165, %80 : tensor<2x5x4xf32>
    %167 = stablehlo.negate %166 : tensor<2x5x4xf32>
    %cst_43 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %168 = stablehlo.reduce(%167 init: %cst_43) applies stablehlo.add across dimensions = [2] : (tensor<2x5x4xf32>, tensor<f32>) -> tensor<2x5xf32>
    %169 = stablehlo.reshape %168 : (tensor<2x5xf32>) -> tensor<2x5x1xf32>
    %170 = stablehlo.add %161, %166 : tensor<2x5x4xf32>
    %171 = stablehlo.add %160, %169 : tensor<2x5x1xf32>
    %cst_44 = stablehlo.constant dense<4.000000e+00> : tensor<f32>
    %172 = stablehlo.broadcast_in_dim %cst_44, dims = [] : (tensor<f32>) -> tensor<2x5x1xf32>
    %173 = stablehlo.divide %171, %172 : tensor<2x5x1xf32>
    %cst_45 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %174 = stablehlo.reduce(%173 init: %cst_45) applies stablehlo.add across dimensions = [2] : (tensor<2x5x1xf32>, tensor<f32>) -> tensor<2x5xf32>
    %175 = stablehlo.broadcast_in_dim %174, dims = [0, 1] : (tensor<2x5xf32>) -> tensor<2x5x4xf32>
    %176 = stablehlo.add %170, %175 : tensor<2x5x4xf32>
    %177 = stablehlo.dot_general %176, %69, contracting_dims = [0, 1] x [0, 1], precision = [DEFAULT, DEFAULT] : (tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<4x4xf32>
    %178 = stablehlo.transpose %177, dims = [1, 0] : (tensor<4x4xf32>) -> tensor<4x4xf32>
    %179 = stablehlo.dot_general %176, %arg4, contracting_dims = [2] x [1], precision = [DEFAULT, DEFAULT] : (tensor<2x5x4xf32>, tensor<4x4xf32>) -> tensor<2x5x4xf32>
    %180 = stablehlo.reshape %179 : (tensor<2x5x4xf32>) -> tensor<2x5x2x2xf32>
    %181 = stablehlo.transpose %180, dims = [0, 2, 3, 1] : (tensor<2x5x2x2xf32>) -> tensor<2x2x2x5xf32>
    %182 = stablehlo.dot_general %181, %31, batching_dims = [0, 1] x [0, 2], contracting_dims = [2] x [3], precision = [DEFAULT, DEFAULT] : (tensor<2x2x2x5xf32>, tensor<2x5x2x2xf32>) -> tensor<2x2x5x5xf32>
    %183 = stablehlo.dot_general %181, %63, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2], precision = [DEFAULT, DEFAULT] : (tensor<2x2x2x5xf32>, tensor<2x2x5x5xf32>) -> tensor<2x2x2x5xf32>
    %184 = stablehlo.transpose %183, dims = [0, 3, 1, 2] : (tensor<2x2x2x5xf32>) -> tensor<2x5x2x2xf32>
    %185 = stablehlo.broadcast_in_dim %66, dims = [0, 1, 2, 3] : (tensor<2x2x5x1xf32>) -> tensor<2x2x5x5xf32>
    %186 = stablehlo.multiply %182, %185 : tensor<2x2x5x5xf32>
    %187 = stablehlo.multiply %186, %59 : tensor<2x2x5x5xf32>
    %cst_46 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %188 = stablehlo.reduce(%187 init: %cst_46) applies stablehlo.add across dimensions = [3] : (tensor<2x2x5x5xf32>, tensor<f32>) -> tensor<2x2x5xf32>
    %189 = stablehlo.reshape %188 : (tensor<2x2x5xf32>) -> tensor<2x2x5x1xf32>
    %190 = stablehlo.negate %189 : tensor<2x2x5x1xf32>
    %191 = stablehlo.broadcast_in_dim %61, dims = [0, 1, 2, 3] : (tensor<2x2x5x1xf32>) -> tensor<2x2x5x5xf32>
    %192 = stablehlo.divide %182, %191 : tensor<2x2x5x5xf32>
    %cst_47 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %193 = stablehlo.reduce(%190 init: %cst_47) applies stablehlo.add across dimensions = [3] : (tensor<2x2x5x1xf32>, tensor<f32>) -> tensor<2x2x5xf32>
    %194 = stablehlo.broadcast_in_dim %193, dims = [0, 1, 2] : (tensor<2x2x5xf32>) -> tensor<2x2x5x5xf32>
    %195 = stablehlo.add %192, %194 : tensor<2x2x5x5xf32>
    %196 = stablehlo.multiply %195, %59 : tensor<2x2x5x5xf32>
    %197 = call @_where_0(%37#1, %37#2, %196) : (tensor<2x2x5x5xi1>, tensor<2x2x5x5xf32>, tensor<2x2x5x5xf32>) -> tensor<2x2x5x5xf32>
    %cst_48 = stablehlo.constant dense<1.41421354> : tensor<f32>
    %198 = stablehlo.broadcast_in_dim %cst_48, dims = [] : (tensor<f32>) -> tensor<2x2x5x5xf32>
    %199 = stablehlo.divide %197, %198 : tensor<2x2x5x5xf32>
    %200 = stablehlo.dot_general %199, %27, batching_dims = [0, 1] x [0, 2], contracting_dims = [2] x [1], precision = [DEFAULT, DEFAULT] : (tensor<2x2x5x5xf32>, tensor<2x5x2x2xf32>) -> tensor<2x2x5x2xf32>
    %201 = stablehlo.transpose %200, dims = [0, 2, 1, 3] : (tensor<2x2x5x2xf32>) -> tensor<2x5x2x2xf32>
    %202 = stablehlo.dot_general %199, %29, batching_dims = [0, 1] x [0, 2], contracting_dims = [3] x [1], precision = [DEFAULT, DEFAULT] : (tensor<2x2x5x5xf32>, tensor<2x5x2x2xf32>) -> tensor<2x2x5x2xf32>
    %203 = stablehlo.transpose %202, dims = [0, 2, 1, 3] : (tensor<2x2x5x2xf32>) -> tensor<2x5x2x2xf32>
    %204 = stablehlo.reshape %184 : (tensor<2x5x2x2xf32>) -> tensor<2x5x4xf32>
    %205 = stablehlo.dot_general %204, %25, contracting_dims = [0, 1] x [0, 1], precision = [DEFAULT, DEFAULT] : (tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<4x4xf32>
    %206 = stablehlo.transpose %205, dims = [1, 0] : (tensor<4x4xf32>) -> tensor<4x4xf32>
    %207 = stablehlo.dot_general %204, %arg3, contracting_dims = [2] x [1], precision = [DEFAULT, DEFAULT] : (tensor<2x5x4xf32>, tensor<4x4xf32>) -> tensor<2x5x4xf32>
    %208 = stablehlo.reshape %201 : (tensor<2x5x2x2xf32>) -> tensor<2x5x4xf32>
    %209 = stablehlo.dot_general %208, %25, contracting_dims = [0, 1] x [0, 1], precision = [DEFAULT, DEFAULT] : (tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<4x4xf32>
    %210 = stablehlo.transpose %209, dims = [1, 0] : (tensor<4x4xf32>) -> tensor<4x4xf32>
    %211 = stablehlo.dot_general %208, %arg2, contracting_dims = [2] x [1], precision = [DEFAULT, DEFAULT] : (tensor<2x5x4xf32>, tensor<4x4xf32>) -> tensor<2x5x4xf32>
    %212 = stablehlo.add %207, %211 : tensor<2x5x4xf32>
    %213 = stablehlo.reshape %203 : (tensor<2x5x2x2xf32>) -> tensor<2x5x4xf32>
    %214 = stablehlo.dot_general %213, %25, contracting_dims = [0, 1] x [0, 1], precision = [DEFAULT, DEFAULT] : (tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<4x4xf32>
    %215 = stablehlo.transpose %214, dims = [1, 0] : (tensor<4x4xf32>) -> tensor<4x4xf32>
    %216 = stablehlo.dot_general %213, %arg1, contracting_dims = [2] x [1], precision = [DEFAULT, DEFAULT] : (tensor<2x5x4xf32>, tensor<4x4xf32>) -> tensor<2x5x4xf32>
    %217 = stablehlo.add %212, %216 : tensor<2x5x4xf32>
    %218 = stablehlo.multiply %22, %217 : tensor<2x5x4xf32>
    %cst_49 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %219 = stablehlo.reduce(%218 init: %cst_49) applies stablehlo.add across dimensions = [0, 1] : (tensor<2x5x4xf32>, tensor<f32>) -> tensor<4xf32>
    %220 = stablehlo.reshape %219 : (tensor<4xf32>) -> tensor<1x1x4xf32>
    %221 = stablehlo.broadcast_in_dim %23, dims = [0, 1, 2] : (tensor<1x1x4xf32>) -> tensor<2x5x4xf32>
    %222 = stablehlo.multiply %217, %221 : tensor<2x5x4xf32>
    %cst_50 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %223 = stablehlo.reduce(%220 init: %cst_50) applies stablehlo.add across dimensions = [0, 1] : (tensor<1x1x4xf32>, tensor<f32>) -> tensor<4xf32>
    %224 = stablehlo.multiply %14, %222 : tensor<2x5x4xf32>
    %cst_51 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %225 = stablehlo.reduce(%224 init: %cst_51) applies stablehlo.add across dimensions = [2] : (tensor<2x5x4xf32>, tensor<f32>) -> tensor<2x5xf32>
    %226 = stablehlo.reshape %225 : (tensor<2x5xf32>) -> tensor<2x5x1xf32>
    %227 = stablehlo.broadcast_in_dim %17, dims = [0, 1, 2] : (tensor<2x5x1xf32>) -> tensor<2x5x4xf32>
    %228 = stablehlo.multiply %222, %227 : tensor<2x5x4xf32>
    %229 = stablehlo.multiply %226, %20 : tensor<2x5x1xf32>
    %230 = stablehlo.negate %228 : tensor<2x5x4xf32>
    %cst_52 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %231 = stablehlo.reduce(%230 init: %cst_52) applies stablehlo.add across dimensions = [2] : (tensor<2x5x4xf32>, tensor<f32>) -> tensor<2x5xf32>
    %232 = stablehlo.reshape %231 : (tensor<2x5xf32>) -> tensor<2x5x1xf32>
    %233 = stablehlo.add %176, %228 : tensor<2x5x4xf32>
    %cst_53 = stablehlo.constant dense<4.000000e+00> : tensor<f32>
    %234 = stablehlo.broadcast_in_dim %cst_53, dims = [] : (tensor<f32>) -> tensor<2x5x1xf32>
    %235 = stablehlo.divide %229, %234 : tensor<2x5x1xf32>
    %cst_54 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %236 = stablehlo.reduce(%235 init: %cst_54) applies stablehlo.add across dimensions = [2] : (tensor<2x5x1xf32>, tensor<f32>) -> tensor<2x5xf32>
    %237 = stablehlo.broadcast_in_dim %236, dims = [0, 1] : (tensor<2x5xf32>) -> tensor<2x5x4xf32>
    %238 = stablehlo.multiply %237, %8 : tensor<2x5x4xf32>
    %239 = stablehlo.negate %238 : tensor<2x5x4xf32>
    %cst_55 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %240 = stablehlo.reduce(%239 init: %cst_55) applies stablehlo.add across dimensions = [2] : (tensor<2x5x4xf32>, tensor<f32>) -> tensor<2x5xf32>
    %241 = stablehlo.reshape %240 : (tensor<2x5xf32>) -> tensor<2x5x1xf32>
    %242 = stablehlo.add %233, %238 : tensor<2x5x4xf32>
    %243 = stablehlo.add %232, %241 : tensor<2x5x1xf32>
    %cst_56 = stablehlo.constant dense<4.000000e+00> : tensor<f32>
    %244 = stablehlo.broadcast_in_dim %cst_56, dims = [] : (tensor<f32>) -> tensor<2x5x1xf32>
    %245 = stablehlo.divide %243, %244 : tensor<2x5x1xf32>
    %cst_57 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %246 = stablehlo.reduce(%245 init: %cst_57) applies stablehlo.add across dimensions = [2] : (tensor<2x5x1xf32>, tensor<f32>) -> tensor<2x5xf32>
    %247 = stablehlo.broadcast_in_dim %246, dims = [0, 1] : (tensor<2x5xf32>) -> tensor<2x5x4xf32>
    %248 = stablehlo.add %242, %247 : tensor<2x5x4xf32>
    return %248, %215, %210, %206, %178, %144, %127, %223, %151 : tensor<2x5x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x8xf32>, tensor<8x4xf32>, tensor<4xf32>, tensor<4xf32>
  }
  func.func private @tril(%arg0: tensor<5x5xi1>) -> tensor<5x5xi1> {
    %0 = stablehlo.iota dim = 0 : tensor<5x5xi32>
    %c = stablehlo.constant dense<0> : tensor<i32>
    %1 = stablehlo.broadcast_in_dim %c, dims = [] : (tensor<i32>) -> tensor<5x5xi32>
    %2 = stablehlo.add %0, %1 : tensor<5x5xi32>
    %3 = stablehlo.iota dim = 1 : tensor<5x5xi32>
    %4 = stablehlo.compare GE, %2, %3, SIGNED : (tensor<5x5xi32>, tensor<5x5xi32>) -> tensor<5x5xi1>
    %c_0 = stablehlo.constant dense<false> : tensor<i1>
    %5 = stablehlo.broadcast_in_dim %c_0, dims = [] : (tensor<i1>) -> tensor<5x5xi1>
    %6 = stablehlo.select %4, %arg0, %5 : tensor<5x5xi1>, tensor<5x5xi1>
    return %6 : tensor<5x5xi1>
  }
  func.func private @_where(%arg0: tensor<5x5xi1>, %arg1: tensor<2x2x5x5xf32>, %arg2: tensor<f32>) -> (tensor<2x2x5x5xf32>, tensor<2x2x5x5xi1>, tensor<2x2x5x5xf32>) {
    %0 = stablehlo.convert %arg2 : tensor<f32>
    %1 = stablehlo.broadcast_in_dim %arg0, dims = [2, 3] : (tensor<5x5xi1>) -> tensor<2x2x5x5xi1>
    %2 = stablehlo.broadcast_in_dim %0, dims = [] : (tensor<f32>) -> tensor<2x2x5x5xf32>
    %3 = stablehlo.select %1, %arg1, %2 : tensor<2x2x5x5xi1>, tensor<2x2x5x5xf32>
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %4 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x2x5x5xf32>
    return %3, %1, %4 : tensor<2x2x5x5xf32>, tensor<2x2x5x5xi1>, tensor<2x2x5x5xf32>
  }
  func.func private @_where_0(%arg0: tensor<2x2x5x5xi1>, %arg1: tensor<2x2x5x5xf32>, %arg2: tensor<2x2x5x5xf32>) -> tensor<2x2x5x5xf32> {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x2x5x5xf32>
    %1 = stablehlo.select %arg0, %arg2, %0 : tensor<2x2x5x5xi1>, tensor<2x2x5x5xf32>
    return %1 : tensor<2x2x5x5xf32>
  }
}
