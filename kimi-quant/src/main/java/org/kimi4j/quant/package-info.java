/**
 * Producing quantised checkpoints ({@link org.kimi4j.quant.Quantizer}), and measuring what they lose ({@link
 * org.kimi4j.quant.Perplexity}).
 */
@NullMarked
package org.kimi4j.quant;

import org.jspecify.annotations.NullMarked;
