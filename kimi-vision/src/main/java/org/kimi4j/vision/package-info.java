/**
 * Pictures and videos for Kimi K2.5: decoding, preprocessing equal to the official processor, and the MoonViT tower's
 * input patches.
 */
@NullMarked
package org.kimi4j.vision;

import org.jspecify.annotations.NullMarked;
