/**
 * Reports for a reader: pages of HTML and pictures of SVG without script, for light and dark
 * screens, with axes and units. Builders are not thread-safe; the texts that they return are plain
 * strings.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.picture;

import org.jspecify.annotations.NullMarked;
