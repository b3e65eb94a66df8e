/** The text model: weights as records that mirror the checkpoint, and the forward pass. */
@NullMarked
package org.kimi4j.model;

import org.jspecify.annotations.NullMarked;
