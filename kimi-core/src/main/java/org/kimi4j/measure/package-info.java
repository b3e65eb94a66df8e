/** What measuring needs and applications do not; open to this project's own tools only. */
@NullMarked
package org.kimi4j.measure;

import org.jspecify.annotations.NullMarked;
