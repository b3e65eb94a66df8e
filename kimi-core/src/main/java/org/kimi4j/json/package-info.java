/** JSON as a small immutable tree; the only package that sees the JSON library. */
@NullMarked
package org.kimi4j.json;

import org.jspecify.annotations.NullMarked;
