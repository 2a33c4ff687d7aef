/** Parts of files: headers of .npy and safetensors, entries of archives, atomic writes. */
@NullMarked
package io.github.shardsum.internal.io;

import org.jspecify.annotations.NullMarked;
