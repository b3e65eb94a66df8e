/**
 * The weight files of a checkpoint: safetensors headers, the shard index, the mapping, and the cursor that weight records
 * are read with. The only code that opens weight files. It knows names, types and shapes, not what they are for.
 */
@NullMarked
package org.kimi4j.checkpoint;

import org.jspecify.annotations.NullMarked;
