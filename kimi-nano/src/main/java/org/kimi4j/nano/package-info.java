/** The bundled model: a small trained checkpoint in the layout of Kimi K2.5. */
@NullMarked
package org.kimi4j.nano;

import org.jspecify.annotations.NullMarked;
