package io.github.shardsum.layout;

import io.github.shardsum.tensor.Shape;

/**
 * One of the shapes of a value's shards; there are few for any number of devices.
 *
 * @param shape the local shape
 * @param devices number of devices whose shard has the shape
 */
public record SizeClass(Shape shape, int devices) {}
