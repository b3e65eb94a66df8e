@NullMarked
package org.kimi4j.nativecpu;

import org.jspecify.annotations.NullMarked;
