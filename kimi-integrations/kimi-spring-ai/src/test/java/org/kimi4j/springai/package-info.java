@NullMarked
package org.kimi4j.springai;

import org.jspecify.annotations.NullMarked;
