@NullMarked
package org.kimi4j.quant;

import org.jspecify.annotations.NullMarked;
